//! A relabel rule that the operator refuses (OP-REJ-R). It does not look at the action itself: that is for the loading.

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0403",
    name: "invalid-relabeling",
    summary: "a relabel rule is invalid",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Relabel { .. }));
}
