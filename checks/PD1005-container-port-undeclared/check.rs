//! The container port that is asked for, or that a Service port leads to by name, is declared in no pod (OP-SD-3,
//! OP-PM-5): then Prometheus does not know of it, even if the container listens there.

use crate::prelude::*;
use crate::world::{Pod, Service};

pub(crate) const CHECK: Check = Check {
    code: "PD1005",
    name: "container-port-undeclared",
    summary: "the container port that an endpoint asks for is declared by no container",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            match &endpoint.trouble {
                Some(PortTrouble::Undeclared { nearest, through_service, pod, .. }) => {
                    undeclared(view, chain, endpoint, (nearest.as_deref(), *through_service, *pod), out);
                }
                Some(PortTrouble::LeadsNowhere { service, port, pod }) => {
                    nowhere(view, chain, endpoint, (service, *port, pod), out)
                }
                Some(PortTrouble::NotPods { offered }) => not_pods(chain, endpoint, offered, out),
                _ => {}
            }
        }
    }
}

type Known<'a, 'w> = (Option<&'a str>, Option<(&'w Service, usize)>, Option<&'w Pod>);

fn undeclared(
    view: &View<'_>,
    chain: &Chain<'_>,
    endpoint: &EndpointFacts<'_>,
    (nearest, through_service, pod): Known<'_, '_>,
    out: &mut Out,
) {
    let (wanted, field) = (endpoint.wanted.text(), endpoint.field(chain.monitor));
    let monitor = chain.monitor.id();
    let declared = pod.map(mend::declared).unwrap_or_default();
    let there = if declared.is_empty() { "none is declared".to_owned() } else { format!("there is {}", list(&declared, 4)) };
    let quoted = if matches!(endpoint.wanted, Wanted::ContainerNumber(_)) { wanted.clone() } else { format!("{wanted:?}") };
    let message =
        format!("{}.{field} is {quoted}, but no container declares that containerPort: {there}", endpoint.name(chain.monitor));
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).endpoint(endpoint.index);
    let path = format!("{}.{field}", endpoint.path(chain.monitor));
    match pod {
        Some(pod) => {
            let other = Some((&pod.metadata.id(Kind::Pod), "spec.containers[*].ports".to_owned()));
            finding.compared(&monitor, path, wanted.as_str(), declared, other);
        }
        None => {
            finding.says(&monitor, path, wanted.as_str());
        }
    }
    if let Some(name) = nearest {
        finding.fixes(mend::ask_or_drop(chain, endpoint, field, name));
    }
    if let Some((service, at)) = through_service {
        let port = service.spec.ports[at].name();
        let leads = format!("port {port:?} of Service {} leads to {}", service.metadata.name, service.spec.ports[at].target());
        finding.fix(mend::ask_for(chain, endpoint, "port", port).note(leads));
    }
    if let Some(number) = unnamed(chain, pod) {
        // PodMonitors know portNumber since operator 0.79; before, targetPort takes the number.
        let field = if view.server(chain).is_none_or(|server| server.since(79)) { "portNumber" } else { "targetPort" };
        finding.fix(mend::ask_for(chain, endpoint, field, number).note("the declared port has no name"));
    }
    let Wanted::ContainerNumber(number) = endpoint.wanted else { return };
    let port = json!({"containerPort": number, "protocol": "TCP"});
    match pod.map(|pod| (pod, mend::declare(view, pod, &port))) {
        Some((_, Some(fix))) => finding.fix(fix),
        Some((pod, None)) => {
            let command = kubectl("get", &pod.metadata.id(Kind::Pod)) + " -o yaml";
            finding.fix(Fix::advice(format!("declare containerPort {number} where the pods' template is"), command))
        }
        None => finding,
    };
    if let Some(fix) = publish(chain, endpoint, number).filter(|_| through_service.is_none()) {
        finding.fix(fix);
    }
}

/// The one port that a PodMonitor's pods declare, where it has no name.
fn unnamed(chain: &Chain<'_>, pod: Option<&Pod>) -> Option<i64> {
    let mut ports = pod?.spec.containers.iter().flat_map(|container| &container.ports);
    let only = ports.next().filter(|port| chain.monitor.is_pod_monitor() && port.name().is_empty())?;
    ports.next().is_none().then_some(only.container_port)
}

/// Lets the one matched Service publish the port: what it publishes need not be declared.
fn publish(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, number: i64) -> Option<Fix> {
    let services: Vec<&Service> = chain.matched.services.iter().chain(&chain.mended).copied().collect();
    let [service] = services.as_slice() else { return None };
    let ports = &service.spec.ports;
    let fits = !ports.is_empty() && ports.iter().all(|port| !port.name().is_empty() && port.port != number);
    let name = ["metrics", "http-metrics"].into_iter().find(|name| ports.iter().all(|port| port.name() != *name))?;
    if !fits || service.selector().is_none() {
        return None;
    }
    let port = json!({"name": name, "port": number, "targetPort": number, "protocol": "TCP"});
    let operation = json!({"op": "add", "path": "/spec/ports/-", "value": port});
    let title = format!("publish port {number} in Service {} as {name:?} and ask for that", service.metadata.name);
    let fix = Fix::json(title, &service.metadata.id(Kind::Service), vec![operation]);
    Some(fix.and(mend::ask_for(chain, endpoint, "port", name)).widens("the Service then opens this port to its other clients"))
}

/// The Service has a port of the name asked for, but it leads to a name that no container declares.
fn nowhere(
    view: &View<'_>,
    chain: &Chain<'_>,
    endpoint: &EndpointFacts<'_>,
    (service, at, pod): (&Service, usize, &Pod),
    out: &mut Out,
) {
    let port = &service.spec.ports[at];
    let (id, target) = (service.metadata.id(Kind::Service), port.target().to_string());
    let message = format!(
        "port {:?} of Service {} leads to containerPort {target:?}, which no container declares",
        port.name(),
        service.metadata.name
    );
    let finding = out.finding(&CHECK, &id, message);
    // The subject is the Service: the endpoint is told from others by the port that it asks for.
    finding.on(chain).key(port.name());
    finding.endpoint = Some(endpoint.index);
    let declared = mend::declared(pod);
    let path = format!("spec.ports[{at}].targetPort");
    let other = Some((&pod.metadata.id(Kind::Pod), "spec.containers[*].ports[*].name".to_owned()));
    finding.compared(&id, path.as_str(), target.as_str(), declared, other);
    let ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
    let names: Vec<String> = ports.map(|port| port.name().to_owned()).collect();
    if let Some(name) = guess_port(&target, &names) {
        let operation = json!({"op": "replace", "path": format!("/spec/ports/{at}/targetPort"), "value": name});
        let fix = Fix::json(format!("let the Service's port lead to {name:?}"), &id, vec![operation]);
        finding.fix(fix.widens("every client of the Service's port is then led there"));
    }
    let port = json!({"name": target, "containerPort": port.port, "protocol": "TCP"});
    if let Some(fix) = mend::declare(view, pod, &port) {
        finding.fix(fix.note("the number is a guess from the Service's port"));
    }
}

/// The addresses are not those of pods, so there are no container ports to compare.
fn not_pods(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, offered: &[String], out: &mut Out) {
    let monitor = chain.monitor.id();
    let (wanted, field) = (endpoint.wanted.text(), endpoint.field(chain.monitor));
    let message = format!(
        "{}.{field} is {wanted}, a containerPort, but the addresses behind the Service are not those of known pods",
        endpoint.name(chain.monitor)
    );
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).endpoint(endpoint.index);
    let path = format!("{}.{field}", endpoint.path(chain.monitor));
    match chain.backed.spots.first().and_then(|spot| spot.service) {
        Some(service) => {
            let other = Some((&service.metadata.id(Kind::Service), "spec.ports[*].name".to_owned()));
            finding.compared(&monitor, path, wanted.as_str(), offered, other)
        }
        None => finding.says(&monitor, path, wanted.as_str()),
    };
    match guess_port(&wanted, offered) {
        Some(name) => finding.fix(mend::ask_for(chain, endpoint, "port", name)),
        None => finding.fix(Fix::advice("name the port in the Service and in its Endpoints, and ask for port by that name", "")),
    };
}
