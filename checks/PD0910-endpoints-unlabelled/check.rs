//! A monitor with `selectorMechanism: RoleSelector` lets the API server select Endpoints or slices by their own labels;
//! those made by hand lack them (OP-SM-2, OP-CAUSE-27).

use crate::prelude::*;
use crate::selector::{Miss, Operator};
use crate::world::SERVICE_NAME_LABEL;

pub(crate) const CHECK: Check = Check {
    code: "PD0910",
    name: "endpoints-unlabelled",
    summary: "an Endpoints object lacks the labels by which a RoleSelector monitor asks for it",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::EndpointSlice],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::Unlabelled(id, misses) = found.empty else { continue };
            let wanted: Vec<String> = misses.iter().map(words).collect();
            let message = format!("{} {} must have {} too: the monitor uses RoleSelector", id.kind, id.name, list(&wanted, 3));
            let finding = out.finding(&CHECK, id, message);
            finding.on(chain).weigh(&found);
            finding.missed(&chain.monitor.id(), "spec.selector", misses, id, "metadata.labels");
            finding.says(&chain.monitor.id(), "spec.selectorMechanism", "RoleSelector");
            if let Some(labels) = misses.iter().map(label).collect::<Option<Vec<_>>>() {
                let all = holders(view, id, &found.service.metadata.name);
                let fixes = all.iter().map(|id| Fix::label("give it the labels of its Service", id, &labels));
                if let Some(fix) = fixes.reduce(Fix::and) {
                    finding.fix(fix);
                }
            }
            let body = json!({"spec": {"selectorMechanism": "RelabelConfig"}});
            finding.fix(Fix::merge("select by the Service's labels only", &chain.monitor.id(), body));
        }
    }
}

fn words(miss: &Miss) -> String {
    let requirement = &miss.requirement;
    match requirement.values.first() {
        Some(value) if requirement.operator == Operator::In => format!("label {}={value}", requirement.key),
        _ => format!("label {} ({})", requirement.key, requirement.operator.as_str()),
    }
}

fn label(miss: &Miss) -> Option<(String, String)> {
    let requirement = &miss.requirement;
    match requirement.operator {
        Operator::In => Some((requirement.key.clone(), requirement.values.first()?.clone())),
        Operator::Exists => Some((requirement.key.clone(), "true".to_owned())),
        Operator::NotIn | Operator::DoesNotExist => None,
    }
}

/// All slices of the Service, or its Endpoints.
fn holders(view: &View<'_>, id: &ObjectId, service: &str) -> Vec<ObjectId> {
    if id.kind != Kind::EndpointSlice {
        return vec![id.clone()];
    }
    let slices = view.world().slices.in_namespace(&id.namespace);
    let own = slices.filter(|slice| slice.metadata.labels.get(SERVICE_NAME_LABEL).is_some_and(|name| name == service));
    own.map(|slice| slice.metadata.id(Kind::EndpointSlice)).collect()
}
