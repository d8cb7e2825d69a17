//! A monitor names a key of a Secret or ConfigMap that is not there (OP-REJ-3: in its own namespace, and `optional` does
//! not help).

use crate::operator::accept::Reason;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0401",
    name: "missing-secret-key",
    summary: "a monitor names a Secret or ConfigMap, or a key in it, that is not there",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret, Kind::ConfigMap],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    crate::refused::report(&CHECK, view, out, |reason| matches!(reason, Reason::MissingKey { .. }));
}
