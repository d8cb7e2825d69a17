//! Whole-program tests.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not inside a #[test], where it would be allowed")]

mod collect;
mod differential;
mod face;
mod kit;
mod lint;
mod live;
mod program;
mod readme;
mod selector;
mod snapshot;
mod trouble;
