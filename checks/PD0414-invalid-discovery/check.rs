//! A Probe or ScrapeConfig that does not say all that targets are found by (OP-REJ-PB, OP-REJ-SC-SD).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0414",
    name: "invalid-discovery",
    summary: "a Probe or ScrapeConfig does not say what its targets are found by",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Discovery { .. }));
}
