//! Something that needs a newer Prometheus; what counts is `spec.version`, not the image (OP-REJ-6).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0411",
    name: "server-too-old",
    summary: "a monitor asks for something that the version of the server does not know",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Version { .. }));
}
