//! Whole-program tests.

mod snapshot;
