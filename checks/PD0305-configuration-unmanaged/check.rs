//! A Prometheus without any selector is left to the user: the operator writes no configuration (OP-UNM-1).

use crate::prelude::*;
use std::collections::BTreeMap;

use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0305",
    name: "configuration-unmanaged",
    summary: "a server has no selector at all, so the operator leaves its configuration to the user",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut by_server: BTreeMap<ObjectId, Vec<&Chain<'_>>> = BTreeMap::new();
    for (_, chain) in view.unselected().filter(|(_, chain)| chain.selected.unmanaged) {
        by_server.entry(chain.server.id()).or_default().push(chain);
    }
    for (id, chains) in by_server {
        let message = format!("{id} has no selector of any kind, so the operator writes no configuration for it");
        let finding = out.finding(&CHECK, &id, message);
        let mut spec = serde_json::Map::new();
        for chain in &chains {
            finding.on(chain);
            let kind = chain.monitor.kind;
            spec.insert(Server::object_selector_field(kind).to_owned(), json!({}));
            if chain.selected.namespace == Choice::Null {
                spec.insert(Server::namespace_selector_field(kind).to_owned(), json!({}));
            }
        }
        for kind in [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig] {
            let path = format!("spec.{}", Server::object_selector_field(kind));
            let note = Some(format!("{path} is not set"));
            finding.evidence(Evidence { reference: Some((&id).into()), path, note, ..Evidence::default() });
        }
        let secret = chains[0].server.config_secret();
        finding.fix(
            Fix::merge(format!("let {id} select every monitor"), &id, json!({"spec": spec}))
                .widens(format!("the operator then overwrites Secret {}/{secret}, also what was written by hand", id.namespace)),
        );
    }
}
