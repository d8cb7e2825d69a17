//! Tests of the checks: their folders, their pages, their words.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not inside a #[test], where it would be allowed")]

mod folders;
mod kit;
mod pages;
mod refusals;
