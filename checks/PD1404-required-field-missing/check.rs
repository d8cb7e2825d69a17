//! A required field is not there: the API server refuses the object.

use crate::manifest::{explain, finding, kind, problems, refusal};
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1404",
    name: "required-field-missing",
    summary: "a required field of a manifest is missing: the API server refuses the object",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (manifest, problem) in problems(view, |problem| problem.fault == Fault::Missing) {
        let path = &problem.path;
        let without = match &problem.belongs {
            Some(_) => refusal(manifest, problem),
            None => format!("without it the {} is refused", kind(manifest)),
        };
        let finding = finding(&CHECK, manifest, problem, format!("{path} is missing: {without}"), out);
        finding.fix(Fix::advice(format!("write {path}, {}", either(&problem.wanted, 2)), explain(manifest, path)));
    }
}
