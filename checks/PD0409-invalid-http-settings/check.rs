//! Authorization, OAuth 2 and proxy settings that lack something or exclude each other (OP-REJ-H).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0409",
    name: "invalid-http-settings",
    summary: "authorization, OAuth 2 or proxy settings are invalid",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Http { .. }));
}
