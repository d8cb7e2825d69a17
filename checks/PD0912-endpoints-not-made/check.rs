//! Pods are behind the Service, but no address with a port comes of it: the Service publishes no port, its ports lead
//! nowhere, or the controller did not do its work.

use crate::prelude::*;
use crate::world::{Pod, Service};

pub(crate) const CHECK: Check = Check {
    code: "PD0912",
    name: "endpoints-not-made",
    summary: "pods are behind the Service, but its endpoints have no address with a port",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let service = found.service;
            let finding = match found.empty {
                Empty::NoPorts | Empty::NoEndpoints if service.spec.ports.is_empty() => no_port(view, chain, service, out),
                Empty::NoPorts => without_ports(chain, service, out),
                Empty::NoEndpoints => not_made(chain, service, out),
                Empty::PortsLeadNowhere(pod) => nowhere(service, pod, out),
                Empty::OtherFamily(family) => other_family(service, family, out),
                _ => continue,
            };
            finding.on(chain).weigh(&found);
        }
    }
}

fn id_of(service: &Service) -> ObjectId {
    service.metadata.id(Kind::Service)
}

/// A Service without ports, as a headless one may be: its endpoints have addresses, but none has a port.
fn no_port<'o>(view: &View<'_>, chain: &Chain<'_>, service: &Service, out: &'o mut Out) -> &'o mut Draft {
    let id = id_of(service);
    let message = format!("Service {} publishes no port, so its endpoints have none to scrape", id.name);
    let finding = out.finding(&CHECK, &id, message);
    finding.says(&id, "spec.ports", Vec::new());
    let pods = view.world().pods.in_namespace(&id.namespace);
    let behind = |pod: &&Pod| service.selector().is_some_and(|selector| contains(&pod.metadata.labels, selector));
    let ports = pods.filter(behind).flat_map(|pod| &pod.spec.containers).flat_map(|container| &container.ports);
    let mut numbers: Vec<i64> = ports.map(|port| port.container_port).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let asked = chain.endpoints.iter().find_map(|endpoint| match &endpoint.wanted {
        Wanted::EndpointName(name) => Some(name.clone()),
        _ => None,
    });
    match numbers.as_slice() {
        [number] => {
            let port = json!({"name": asked.unwrap_or_else(|| "metrics".to_owned()), "port": number, "targetPort": number});
            let operation = json!({"op": "add", "path": "/spec/ports", "value": [port]});
            finding.fix(Fix::json(format!("publish container port {number}"), &id, vec![operation]))
        }
        _ => {
            let command = kubectl("edit", &id);
            finding.fix(Fix::advice("publish the port that serves metrics, with a name", command))
        }
    }
}

fn without_ports<'o>(chain: &Chain<'_>, service: &Service, out: &'o mut Out) -> &'o mut Draft {
    let id = id_of(service);
    let kind = chain.role.kind();
    let message = if chain.open {
        format!("Service {} has no port, so that nothing behind it is found", id.name)
    } else {
        format!("the {kind} of Service {} hold addresses, but no port", id.name)
    };
    let finding = out.finding(&CHECK, &id, message);
    let ports: Vec<String> = service.spec.ports.iter().map(|port| port.port.to_string()).collect();
    finding.says(&id, "spec.ports[*].port", ports);
    let command = format!("kubectl -n {} get {} -o yaml", id.namespace, kind.resource());
    finding.fix(Fix::advice(format!("give the {kind} the ports of the Service, with their names"), command))
}

fn not_made<'o>(chain: &Chain<'_>, service: &Service, out: &'o mut Out) -> &'o mut Draft {
    let id = id_of(service);
    let kind = chain.role.kind();
    let message = format!("running pods match the selector of Service {}, but no {kind} hold them", id.name);
    let finding = out.finding(&CHECK, &id, message);
    finding.says(
        &id,
        "spec.selector",
        service.selector().into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
    );
    let command = kubectl("describe", &id);
    finding.fix(Fix::advice("look whether the cluster's kube-controller-manager runs, and what it logs", command))
}

/// Every port leads to a container port by a name that no pod declares.
fn nowhere<'o>(service: &Service, pod: &Pod, out: &'o mut Out) -> &'o mut Draft {
    let id = id_of(service);
    let targets: Vec<String> = service.spec.ports.iter().map(|port| format!("{:?}", port.target().to_string())).collect();
    let message =
        format!("the ports of Service {} lead to containerPort {}, which no container declares", id.name, list(&targets, 3));
    let finding = out.finding(&CHECK, &id, message);
    let ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
    let names: Vec<String> = ports.map(|port| port.name().to_owned()).collect();
    let mut operations = Vec::new();
    for (at, port) in service.spec.ports.iter().enumerate() {
        let (path, target) = (format!("spec.ports[{at}].targetPort"), port.target().to_string());
        let other = Some((&pod.metadata.id(Kind::Pod), "spec.containers[*].ports".to_owned()));
        finding.compared(&id, path.as_str(), target.as_str(), mend::declared(pod), other);
        if let Some(name) = guess_port(&target, &names) {
            operations.push(json!({"op": "replace", "path": crate::path::pointer(&path), "value": name}));
        }
    }
    if operations.len() == service.spec.ports.len() {
        finding.fix(Fix::json("lead to the container ports that are declared", &id, operations));
    } else {
        let command = format!("kubectl -n {} get pod {} -o yaml", id.namespace, pod.metadata.name);
        finding.fix(Fix::advice("lead to a number, or to a container port that is declared", command));
    }
    finding
}

fn other_family<'o>(service: &Service, family: &str, out: &'o mut Out) -> &'o mut Draft {
    let id = id_of(service);
    let primary = service.spec.ip_families.first().map(String::as_str).unwrap_or_default();
    let message = format!("Service {} has {family} addresses only; Prometheus 3.11 takes its primary family, {primary}", id.name);
    let finding = out.finding(&CHECK, &id, message);
    finding.says(&id, "spec.ipFamilies", service.spec.ip_families.as_slice());
    let command = kubectl("get", &id) + " -o yaml";
    finding.fix(Fix::advice("make EndpointSlices of the primary family, or make the Service SingleStack", command))
}
