//! An object that files hold more than once: applied in their order, only the last copy stays. The finding is made where
//! files are read, as the world holds each object once.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1409",
    name: "object-written-twice",
    summary: "files hold an object more than once: only the last copy stays",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run: |_, _| {},
};
