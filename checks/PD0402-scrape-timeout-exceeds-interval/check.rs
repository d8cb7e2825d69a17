//! A timeout longer than the interval (OP-REJ-I): looked at only where an endpoint sets one, since operator 0.54.

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0402",
    name: "scrape-timeout-exceeds-interval",
    summary: "a scrape timeout is longer than the interval",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Timeout { .. }));
}
