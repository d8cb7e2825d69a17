//! A scrape class that is none of the server (OP-ENF-7).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0405",
    name: "unknown-scrape-class",
    summary: "a monitor asks for a scrape class that the server does not have",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::ScrapeClass { .. }));
}
