//! The monitor's labels do not meet the object selector of any server (OP-SEL-2).

use crate::prelude::*;
use crate::selector::{Miss, Operator};
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0301",
    name: "selector-label-mismatch",
    summary: "the labels of a monitor do not meet the selector of any server",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (facts, chain) in view.unselected() {
        let Choice::Missed(misses) = &chain.selected.object else { continue };
        let (monitor, server) = (facts.monitor.id(), chain.server.id());
        let field = format!("spec.{}", Server::object_selector_field(facts.monitor.kind));
        let servers =
            if facts.chains.len() == 1 { "the one server".to_owned() } else { format!("none of {} servers", facts.chains.len()) };
        let verb = if facts.chains.len() == 1 { "does not select" } else { "selects" };
        let finding =
            out.finding(&CHECK, &monitor, format!("{servers} {verb} this {}: its labels do not match", facts.monitor.kind));
        finding.on(chain).missed(&server, &field, misses, &monitor, "metadata.labels");
        if let Some(labels) = labels_to_set(misses) {
            finding.fix(Fix::label(format!("give the monitor what {} asks for", server), &monitor, &labels));
        }
        let body =
            json!({"spec": {Server::object_selector_field(facts.monitor.kind): {"matchLabels": null, "matchExpressions": null}}});
        finding.fix(
            Fix::merge(format!("let {server} select every {}", facts.monitor.kind), &server, body)
                .widens("every monitor in the namespaces it looks at is then scraped"),
        );
    }
}

/// The labels that would meet every missed requirement; `None` where some label would have to go.
fn labels_to_set(misses: &[Miss]) -> Option<Vec<(String, String)>> {
    let label = |miss: &Miss| {
        let requirement = &miss.requirement;
        match requirement.operator {
            Operator::In => Some((requirement.key.clone(), requirement.values.first()?.clone())),
            Operator::Exists => Some((requirement.key.clone(), "true".to_owned())),
            Operator::NotIn | Operator::DoesNotExist => None,
        }
    };
    misses.iter().map(label).collect()
}
