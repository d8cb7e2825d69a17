//! A field that the kind does not know, or not there: the API server drops it without a word (OP-CAUSE-17).

use crate::manifest::{effect, explain, finding, fix, problems, untaken};
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1402",
    name: "unknown-field",
    summary: "a manifest has a field that the kind does not know there: the API server drops it",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (manifest, problem) in problems(view, |problem| matches!(problem.fault, Fault::Unknown { .. })) {
        let (kind, path) = (&manifest.reference.kind, &problem.path);
        let effect = effect(view, manifest, problem);
        let instead = match &problem.meant {
            Some(meant) => format!(", but {}", meant.path),
            None if problem.wanted.len() <= 4 && !problem.wanted.is_empty() => format!(", only {}", list(&problem.wanted, 4)),
            None => String::new(),
        };
        let loss = effect.as_ref().map(|effect| format!(", and {effect}")).unwrap_or_default();
        let message = format!("{kind} has no {}{instead}: it is dropped{loss}", short(path, 80));
        let severity = if effect.is_some() { Severity::Error } else { Severity::Warning };
        let finding = finding(&CHECK, manifest, problem, message, out);
        finding.severity(severity);
        untaken(view, manifest, problem, finding);
        let title = match &problem.meant {
            Some(meant) if meant.path.contains('*') => format!("write it into the item that it is for, as {}", meant.path),
            Some(meant) => format!("write {} instead of {path}", meant.path),
            None => format!("take {path} out, or write what is meant in a field that exists"),
        };
        let patched = problem.meant.as_ref().and_then(|meant| fix(manifest, meant, title.clone()));
        finding.fix(patched.unwrap_or_else(|| Fix::advice(title, explain(manifest, problem.parent()))));
    }
}
