//! The Service has the port, its Endpoints or slices call it otherwise (OP-PORT-10). Controllers copy the names, so
//! somebody made these by hand, or they are old.

use crate::prelude::*;
use crate::world::{EndpointPort, SERVICE_NAME_LABEL, Service};

pub(crate) const CHECK: Check = Check {
    code: "PD1010",
    name: "endpoints-port-differs",
    summary: "the Service has the port, but its Endpoints give it another name",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Endpoints, Kind::EndpointSlice],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            let Some(PortTrouble::EndpointsDiffer { service, offered }) = &endpoint.trouble else { continue };
            differ(view, chain, endpoint, (service, offered), out);
        }
    }
}

fn differ(
    view: &View<'_>,
    chain: &Chain<'_>,
    endpoint: &EndpointFacts<'_>,
    (service, offered): (&Service, &[String]),
    out: &mut Out,
) {
    let wanted = endpoint.wanted.text();
    let (id, rename) = holder(view, chain, service, &wanted);
    let named: Vec<String> = offered.iter().filter(|name| !name.is_empty()).map(|name| format!("{name:?}")).collect();
    let there = if named.is_empty() { "has no name".to_owned() } else { format!("is called {}", list(&named, 3)) };
    let message = format!("port {wanted:?} of Service {} {there} in {} {}", service.metadata.name, id.kind, id.name);
    let finding = out.finding(&CHECK, &id, message);
    finding.on(chain).key(&wanted);
    finding.endpoint = Some(endpoint.index);
    let other = Some((&id, if id.kind == Kind::Endpoints { "subsets[*].ports[*].name" } else { "ports[*].name" }.to_owned()));
    let at = service.spec.ports.iter().position(|port| port.name() == wanted).unwrap_or_default();
    finding.compared(&service.metadata.id(Kind::Service), format!("spec.ports[{at}].name"), wanted.as_str(), offered, other);
    if service.selector().is_some() {
        let command = format!("kubectl -n {} get {},service {} -o yaml", id.namespace, id.kind.resource(), service.metadata.name);
        let title = "the Service has a selector, so a controller writes these: look why they are old";
        finding.confidence(Confidence::Likely).fix(Fix::advice(title, command));
    } else if !rename.is_empty() {
        finding.fix(Fix::json(format!("call the port {wanted:?} there too"), &id, rename));
    }
}

/// The object that holds the addresses, and the patch that gives its port the name of the Service's port: the port
/// of the same number, else the only one.
fn holder(view: &View<'_>, chain: &Chain<'_>, service: &Service, wanted: &str) -> (ObjectId, Vec<serde_json::Value>) {
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    let number = service.spec.ports.iter().find(|port| port.name() == wanted).map(|port| port.target().to_string());
    let find = |ports: &[EndpointPort]| {
        let same = |port: &EndpointPort| port.port.map(|port| port.to_string()) == number;
        ports.iter().position(same).or(if ports.len() == 1 { Some(0) } else { None })
    };
    let add = |path: String| json!({"op": "add", "path": format!("{path}/name"), "value": wanted});
    if chain.role == Role::EndpointSlice {
        let slices = view.world().slices.in_namespace(namespace);
        let mut own = slices.filter(|slice| slice.metadata.labels.get(SERVICE_NAME_LABEL) == Some(name));
        if let Some(slice) = own.next() {
            let rename = find(&slice.ports).map(|at| add(format!("/ports/{at}")));
            return (slice.metadata.id(Kind::EndpointSlice), rename.into_iter().collect());
        }
    }
    let subsets = view.world().endpoints.get(namespace, name).map(|endpoints| endpoints.subsets.as_slice()).unwrap_or_default();
    let rename = subsets
        .iter()
        .enumerate()
        .filter_map(|(subset, ports)| Some(add(format!("/subsets/{subset}/ports/{}", find(&ports.ports)?))));
    (ObjectId::new(Kind::Endpoints, namespace, name), rename.collect())
}
