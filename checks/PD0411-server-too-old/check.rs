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
    for (chain, rejection) in view.rejected().filter(|(_, rejection)| matches!(rejection.reason, Reason::Version { .. })) {
        out.rejected(&CHECK, view, chain, rejection);
    }
}
