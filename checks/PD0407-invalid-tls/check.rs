//! TLS settings that the operator refuses (OP-REJ-T).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0407",
    name: "invalid-tls",
    summary: "contradicting TLS settings, or a certificate that does not parse",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret, Kind::ConfigMap],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::Tls { .. }));
}
