//! A check that panicked. The others ran; the finding is made where checks are run.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0002",
    name: "check-crashed",
    summary: "a check crashed, which is a defect of prom-doctor",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run: |_, _| {},
};
