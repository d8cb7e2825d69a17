//! A wish that findings be let be, where there are none. The finding is made where wishes are heard, after all checks
//! have run.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0004",
    name: "unused-suppression",
    summary: "a comment, annotation or entry of the configuration suppresses nothing",
    severity: Severity::Info,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run: |_, _| {},
};
