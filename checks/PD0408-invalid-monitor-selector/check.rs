//! A `spec.selector` that is no label selector (OP-SEL-6); API servers store it, the operator refuses it.

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0408",
    name: "invalid-monitor-selector",
    summary: "the selector of a monitor is invalid",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Selector { .. }));
}
