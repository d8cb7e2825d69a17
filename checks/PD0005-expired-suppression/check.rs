//! A wish that findings be let be, whose last day is over. The finding is made where wishes are heard, after all checks
//! have run.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0005",
    name: "expired-suppression",
    summary: "the last day of a suppression is over, and what it suppressed shows again",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run: |_, _| {},
};
