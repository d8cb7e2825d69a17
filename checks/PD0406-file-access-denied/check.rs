//! A ServiceMonitor names a file of the Prometheus pod where that is forbidden (OP-ENF-6).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0406",
    name: "file-access-denied",
    summary: "a ServiceMonitor names a file, and the server forbids that",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::FileAccess { .. }));
}
