//! The port that an endpoint asks for, the API in which it is looked up, and ports that pods declare.

use serde_json::{Value, json};

use crate::chain::{Chain, EndpointFacts, ServerFacts};
use crate::path::pointer;
use crate::report::Fix;
use crate::view::View;
use crate::world::{Kind, Pod, ServicePort};

/// Lets an endpoint ask for a port in another way: `field` gets the value, the field that asked so far goes.
pub fn ask_for(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, field: &str, value: impl Into<Value>) -> Fix {
    let at = pointer(&endpoint.path(chain.monitor));
    let old = endpoint.field(chain.monitor);
    let value: Value = value.into();
    let title = format!("ask for {field} {value}");
    let mut operations = Vec::new();
    if !old.is_empty() && old != field {
        operations.push(json!({"op": "remove", "path": format!("{at}/{old}")}));
    }
    operations.push(json!({"op": "add", "path": format!("{at}/{field}"), "value": value}));
    Fix::json(title, &chain.monitor.id(), operations)
}

/// Lets an endpoint ask for a port that no other endpoint of the monitor asks for with the same path: where one does, it
/// would only be scraped twice, so that the endpoint may go instead, or the port that it meant be exposed.
pub fn ask_or_drop(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, field: &str, value: &str) -> Vec<Fix> {
    let monitor = chain.monitor;
    let path = |at: usize| {
        let endpoint = &monitor.spec.endpoints[at];
        let path = if endpoint.path.is_empty() { "/metrics" } else { &endpoint.path };
        (path, &endpoint.params)
    };
    let asks = |other: &&EndpointFacts<'_>| {
        other.index != endpoint.index
            && other.field(monitor) == field
            && other.wanted.text() == value
            && path(other.index) == path(endpoint.index)
    };
    let Some(other) = chain.endpoints.iter().find(asks) else { return vec![ask_for(chain, endpoint, field, value)] };
    let meant = endpoint.wanted.text();
    let mut out = Vec::new();
    if let [service, ..] = chain.matched.services.as_slice() {
        let meta = &service.metadata;
        let title = format!("expose the port that {meant:?} means in Service {}, if it was not left out on purpose", meta.name);
        out.push(Fix::advice(title, format!("kubectl -n {} edit services {}", meta.namespace, meta.name)));
    }
    let operation = json!({"op": "remove", "path": pointer(&endpoint.path(monitor))});
    let title = format!("drop {}: {} asks for {value:?} already", endpoint.name(monitor), other.name(monitor));
    out.push(Fix::json(title, &monitor.id(), vec![operation]).widens("what it was to scrape is then not asked for any more"));
    out
}

/// Lets the addresses be looked up in the other API: for this monitor (operator 0.86), or for all of the server
/// (0.76). None where the operator is older.
pub fn look_in(chain: &Chain<'_>, server: Option<&ServerFacts<'_>>, kind: Kind) -> Vec<Fix> {
    let since = |minor| server.is_some_and(|server| server.since(minor));
    let body = json!({"spec": {"serviceDiscoveryRole": kind.name()}});
    let mut fixes = Vec::new();
    let note = format!("the server's account must be allowed to list {}", kind.resource());
    if since(86) {
        let title = format!("let this monitor look in {kind} objects");
        fixes.push(Fix::merge(title, &chain.monitor.id(), body.clone()).note(&note));
    }
    if since(76) && (chain.monitor.spec.service_discovery_role.is_empty() || !since(86)) {
        let server = chain.server.id();
        let fix = Fix::merge(format!("let {server} look in {kind} objects"), &server, body);
        fixes.push(fix.widens("it then finds the targets of all its ServiceMonitors that way").note(note));
    }
    fixes
}

/// The number of a container port that a Service port leads to and that a pod there declares.
pub fn declared_behind(chain: &Chain<'_>, port: &ServicePort) -> Option<i64> {
    chain.backed.spots.iter().filter_map(|spot| spot.pod).find_map(|pod| {
        let number = port.resolve(pod)?;
        let declares = pod.spec.containers.iter().flat_map(|container| &container.ports);
        declares.into_iter().any(|declared| declared.container_port == number).then_some(number)
    })
}

/// Declares a port in the template that a pod comes from, where it is clear which workload and container that is.
pub fn declare(view: &View<'_>, pod: &Pod, port: &Value) -> Option<Fix> {
    let (id, workload) = view.workload_of(pod)?;
    let containers = &workload.template().spec.containers;
    let at = match containers.len() {
        1 => 0,
        _ => containers.iter().position(|container| container.name == workload.metadata.name)?,
    };
    let path = format!("/spec/template/spec/containers/{at}/ports");
    let operation = if containers[at].ports.is_empty() {
        json!({"op": "add", "path": path, "value": [port]})
    } else {
        json!({"op": "add", "path": format!("{path}/-"), "value": port})
    };
    let fix = Fix::json(format!("declare the port in container {} of {id}", containers[at].name), &id, vec![operation]);
    Some(fix.note("its pods are replaced"))
}

/// What is declared in a pod, for evidence: `http 8080`.
pub fn declared(pod: &Pod) -> Vec<String> {
    let ports = pod.all_containers().flat_map(|container| &container.ports);
    let words = ports.map(|port| format!("{} {}", port.name(), port.container_port).trim().to_owned());
    words.collect()
}
