//! A field, kind or API version that the installed definitions do not know yet, or no longer (OP-CAUSE-16).

use crate::manifest::{effect, finding, problems, untaken};
use crate::operator::find::version_of;
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1408",
    name: "field-newer-than-operator",
    summary: "a manifest has a field of another operator version: the API server drops it",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let yours = version_of(view.world());
    let yours = format!("{}.{}", yours.major, yours.minor);
    for (manifest, problem) in problems(view, |problem| matches!(problem.fault, Fault::Newer { .. } | Fault::Removed { .. })) {
        let path = short(&problem.path, 80);
        let effect = effect(view, manifest, problem);
        let (when, then) = match &problem.fault {
            Fault::Newer { since, .. } => (format!("from operator {}.{} on", since.major, since.minor), "upgrade"),
            Fault::Removed { until, .. } => (format!("up to operator {}.{} only", until.major, until.minor), "leave it out"),
            _ => continue,
        };
        // A kind that is too new has nobody to drop its fields.
        let loss = match effect {
            _ if !problem.is_pruned() => "it is refused".to_owned(),
            Some(ref effect) => format!("it is dropped, and {effect}"),
            None => "it is dropped".to_owned(),
        };
        let what = if problem.is_pruned() { path.clone() } else { format!("{path} {}", problem.found) };
        let message = format!("{what} is known {when}, this is {yours}: {loss}");
        let severity = if effect.is_some() || problem.refused { Severity::Error } else { Severity::Warning };
        let finding = finding(&CHECK, manifest, problem, message, out);
        finding.severity(severity);
        untaken(view, manifest, problem, finding);
        let fix = match then {
            "upgrade" => Fix::advice(
                format!("upgrade the operator and its definitions, or do without {path}"),
                "kubectl get crd -o custom-columns='NAME:.metadata.name,VERSION:.metadata.annotations.operator\\.prometheus\\.io/version'",
            ),
            _ => Fix::advice(
                format!("take {path} out: the operator no longer reads it"),
                crate::manifest::explain(manifest, problem.parent()),
            ),
        };
        finding.fix(fix);
    }
}
