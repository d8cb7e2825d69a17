//! The operator has not looked at the newest spec of a server.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0207",
    name: "server-not-reconciled",
    summary: "the operator has not yet acted upon the newest spec of a server",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        let WatchTrouble::Behind { generation, observed } = troubled.trouble else { continue };
        let id = troubled.server.id();
        let message =
            format!("the operator has seen generation {observed} of this server, its spec is at generation {generation}");
        let finding = troubled.finding(&CHECK, out, &id, message);
        let conditions = troubled.server.server.status.iter().flat_map(|status| &status.conditions);
        let newest = |condition: &crate::world::Condition| condition.observed_generation == Some(*observed);
        let at = conditions.enumerate().find(|(_, condition)| newest(condition)).map_or(0, |(at, _)| at);
        let other = Some((&id, format!("status.conditions[{at}].observedGeneration")));
        finding.compared(&id, "metadata.generation", generation.to_string(), observed.to_string(), other);
        if let Some(operator) = troubled.server.managers.first().map(|&at| view.operator(at)) {
            let (namespace, resource, name) = (&operator.id.namespace, operator.id.kind.resource(), &operator.id.name);
            let command = format!("kubectl -n {namespace} logs {resource}/{name}");
            finding.fix(Fix::advice(
                "see in its log why the operator does not come round to it, and restart it if it hangs",
                command,
            ));
        }
    }
}
