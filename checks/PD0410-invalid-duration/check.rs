//! An interval or timeout that does not parse; the operator looks at both only where a timeout is set (OP-REJ-I).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0410",
    name: "invalid-duration",
    summary: "an interval or timeout is not a duration",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Duration { .. }));
}
