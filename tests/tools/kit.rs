//! The part of the tests' kit that the case runner needs.

#[path = "../kit/cases.rs"]
pub mod cases;
#[path = "../../checks/tests/kit/controllers.rs"]
pub mod controllers;
#[path = "../../checks/tests/kit/patch.rs"]
pub mod patch;
