//! Whole-program tests.

mod face;
