//! Tests of the checks: their folders, their pages, their words; and of what they rest upon.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not inside a #[test], where it would be allowed")]

mod agreement;
mod discovery;
mod files;
mod folders;
mod kit;
mod openworld;
mod others;
mod pages;
mod plan;
mod policy;
mod refusals;
mod repair;
