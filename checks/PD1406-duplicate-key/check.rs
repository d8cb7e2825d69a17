//! A key stands twice in a mapping: the last one counts, and the others are lost before the API server sees them, even one
//! that is asked to refuse what is written twice. So are whole objects where `---` is missing between two.

use crate::manifest::{explain, finding, problems};
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1406",
    name: "duplicate-key",
    summary: "a key stands twice in a mapping of a manifest: only the last one counts",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (manifest, problem) in problems(view, |problem| matches!(problem.fault, Fault::RepeatedKey { .. })) {
        let differs = problem.fault == Fault::RepeatedKey { differs: true };
        let path = &problem.path;
        let what = if differs { "what stood before is lost" } else { "what stands before says the same" };
        let message = format!("{path} is written twice: only the last one counts, {what}");
        let ours = manifest.api_version.starts_with("monitoring.coreos.com");
        let scrapes = path.starts_with("spec") || path == "metadata.labels";
        let finding = finding(&CHECK, manifest, problem, message, out);
        finding.severity(match differs {
            true if ours && scrapes => Severity::Error,
            false if !ours => Severity::Info,
            _ => Severity::Warning,
        });
        let title = if differs { "put what both say under one key" } else { "take one of the two out" };
        finding.fix(Fix::advice(title, explain(manifest, path)));
    }
    for (manifest, problem) in problems(view, |problem| problem.fault == Fault::Joined) {
        let above = &problem.found;
        let message =
            format!("a document begins here without `---`: kubectl reads it and {above} as one object, and {above} is lost");
        let finding = finding(&CHECK, manifest, problem, message, out);
        finding.key("---").severity(Severity::Error);
        finding.fix(Fix::advice("write `---` on a line of its own above it", explain(manifest, "")));
    }
}
