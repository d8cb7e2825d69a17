//! Two ways to authenticate at one endpoint (OP-REJ-H): looked for since operator 0.86, 0.88 for ServiceMonitors.

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0404",
    name: "conflicting-auth",
    summary: "an endpoint has more than one way to authenticate",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::AuthConflict { .. }));
}
