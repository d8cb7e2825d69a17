//! A value that an enumeration, a pattern or a limit does not allow: the API server refuses the object.

use crate::manifest::{explain, finding, fix, problems, refusal};
use crate::prelude::*;
use crate::schema::Fault;

pub(crate) const CHECK: Check = Check {
    code: "PD1405",
    name: "invalid-value",
    summary: "a field of a manifest has a value that is not allowed: the API server refuses the object",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let ours = |fault: &Fault| matches!(fault, Fault::Value | Fault::RepeatedItem | Fault::Condition);
    for (manifest, problem) in problems(view, move |problem| ours(&problem.fault)) {
        let (refused, path) = (refusal(manifest, problem), short(&problem.path, 60));
        let wanted = either(&problem.wanted, 6);
        let message = match &problem.fault {
            Fault::RepeatedItem => format!("{path} repeats {}: {refused}", short(&problem.found, 40)),
            Fault::Condition => format!("{path}: {refused}, it may have {wanted}"),
            _ => {
                let meant = problem.meant.as_ref().and_then(|meant| meant.value.as_deref());
                let of_many = meant.filter(|_| problem.wanted.len() > 1).map(|meant| format!("did you mean {meant:?}?"));
                let takes = of_many.unwrap_or_else(|| format!("it takes {}", short(&wanted, 120)));
                format!("{path} is {:?}: {refused}, {takes}", short(&problem.found, 40))
            }
        };
        let finding = finding(&CHECK, manifest, problem, message, out);
        let near = problem.meant.as_ref().and_then(|meant| {
            let value = meant.value.as_deref()?;
            let guess = if meant.safe { "" } else { ", if seconds are meant" };
            fix(manifest, meant, format!("write {value}{guess}"))
        });
        let advice = || match problem.fault {
            Fault::RepeatedItem => Fix::advice("keep one of the two", explain(manifest, problem.parent())),
            Fault::Condition => Fix::advice("take one of the fields out", explain(manifest, problem.parent())),
            _ if problem.found.contains("${") => Fix::advice(
                "put in what the variables stand for, and lint what comes out",
                "envsubst < FILE | prom-doctor lint -f -",
            ),
            _ if problem.wanted.len() > 1 => {
                Fix::advice(format!("write {path} as one of {}", problem.wanted.join(", ")), explain(manifest, &problem.path))
            }
            _ => Fix::advice(format!("write {path} as {}", short(&wanted, 120)), explain(manifest, &problem.path)),
        };
        finding.fix(near.unwrap_or_else(advice));
    }
}
