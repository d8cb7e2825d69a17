//! There is no such kind, or not in that version of the API: the API server has nobody to give the object to.

use crate::manifest::{finding, fix, problems};
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1407",
    name: "wrong-api-version-or-kind",
    summary: "a manifest names a kind or API version that the operator does not have",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (manifest, problem) in problems(view, |problem| matches!(problem.fault, Fault::ApiVersion | Fault::Kind)) {
        let (kind, found) = (&manifest.reference.kind, short(&problem.found, 60));
        let message = match (&problem.fault, &problem.meant) {
            (Fault::ApiVersion, _) if found.is_empty() => {
                format!("{kind} has no apiVersion: it is refused, it takes {}", either(&problem.wanted, 3))
            }
            (Fault::ApiVersion, _) => {
                format!("there is no {kind} in {found}: it is refused, it takes {}", either(&problem.wanted, 3))
            }
            (_, None) if found.is_empty() => "an object without a kind: it is refused".to_owned(),
            (_, Some(meant)) => {
                format!("there is no kind {found}, but {}: it is refused", meant.value.as_deref().unwrap_or_default())
            }
            _ => format!("there is no kind {found} in monitoring.coreos.com: it is refused"),
        };
        let finding = finding(&CHECK, manifest, problem, message, out);
        let clear = problem.meant.as_ref().and_then(|meant| {
            let value = meant.value.as_deref()?;
            fix(manifest, meant, format!("write {}: {value}", meant.path))
        });
        let command = "kubectl api-resources --api-group=monitoring.coreos.com";
        finding.fix(
            clear.unwrap_or_else(|| Fix::advice(format!("write {} as {}", problem.path, either(&problem.wanted, 12)), command)),
        );
    }
}
