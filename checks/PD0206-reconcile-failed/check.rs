//! The operator itself says that it cannot bring a server up to date (OP-SYNC-2).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0206",
    name: "reconcile-failed",
    summary: "the operator reports that it could not reconcile a server",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        let WatchTrouble::ReconcileFailed(said) = troubled.trouble else { continue };
        let id = troubled.server.id();
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.trim_end_matches('.');
        let message = match words {
            "" => "the operator could not reconcile this server: its last configuration stays".to_owned(),
            words => format!("the operator could not reconcile this server: {}", short(words, 120)),
        };
        let finding = troubled.finding(&CHECK, out, &id, message);
        let conditions = troubled.server.server.status.iter().flat_map(|status| &status.conditions);
        let at = conditions.enumerate().find(|(_, condition)| condition.kind == "Reconciled").map_or(0, |(at, _)| at);
        finding.says(&id, format!("status.conditions[{at}].message"), said.as_str());
        if let Some(operator) = troubled.server.managers.first().map(|&at| view.operator(at)) {
            let command = mend::log(&operator.id, &[id.path()]);
            finding.fix(Fix::advice("mend what the message names; the operator tries again by itself", command));
        } else {
            let command = kubectl("get", &id) + " -o yaml";
            finding.fix(Fix::advice("mend what the message names; the operator tries again by itself", command));
        }
    }
}
