//! A link is broken and no check says why. The finding is made where verdicts are given their cause, so that a
//! failed monitor is never shown without an error.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0003",
    name: "cause-unknown",
    summary: "a link of a monitor is broken and no check knows why",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run: |_, _| {},
};
