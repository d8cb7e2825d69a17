//! What the tests stand on.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part, and may use all of it")]

pub mod apiserver;
pub mod cases;
pub mod page;
pub mod run;
pub mod sarif;
// What Kubernetes' controllers and an API server make of a fix; the checks' own tests use the same.
#[path = "../../checks/tests/kit/controllers.rs"]
pub mod controllers;
#[path = "../../checks/tests/kit/patch.rs"]
pub mod patch;

/// Says that a test did nothing, on the real standard error: what is printed by macros, `cargo test` keeps to itself.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped {test}: {why}");
}

/// Where this is set, a program that a test needs must be there.
const REQUIRE: &str = "PROM_DOCTOR_TEST_REQUIRE";

/// Says that a test did nothing, or not all, for want of a program; a failure where that is demanded.
pub fn missing(test: &str, why: &str) {
    assert!(std::env::var_os(REQUIRE).is_none_or(|value| value.is_empty()), "{REQUIRE} is set, but {why}");
    skipped(test, why);
}
