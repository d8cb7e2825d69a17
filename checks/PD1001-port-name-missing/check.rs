//! An endpoint asks for a port name that nothing behind the monitor has (OP-PORT-7, OP-PORT-8).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1001",
    name: "port-name-missing",
    summary: "an endpoint asks for a port name that no matched Service or pod has",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in chain.endpoints.iter().filter(|endpoint| endpoint.state.is_failed()) {
            missing(chain, endpoint, out);
        }
    }
}

fn missing(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, out: &mut Out) {
    // Without anything behind the Service only its own port list can be compared.
    let (offered, nearest_name, on_container) = match &endpoint.trouble {
        Some(PortTrouble::NameMissing { offered, nearest, on_container }) => (offered.clone(), nearest.clone(), *on_container),
        None => {
            let services = chain.matched.services.iter().chain(&chain.mended);
            let names: Vec<String> =
                services.flat_map(|service| &service.spec.ports).map(|port| port.name().to_owned()).collect();
            let near = nearest(&endpoint.wanted.text(), names.iter().map(String::as_str)).map(str::to_owned);
            (names, near, None)
        }
        Some(_) => return,
    };
    let monitor = chain.monitor.id();
    let wanted = endpoint.wanted.text();
    let path = format!("spec.{}[{}]", chain.monitor.endpoints_field(), endpoint.index);
    let shown: Vec<String> =
        offered.iter().map(|name| if name.is_empty() { "(unnamed)".to_owned() } else { name.clone() }).collect();
    let services: Vec<&crate::world::Service> = chain.matched.services.iter().chain(&chain.mended).copied().collect();
    let what = match services.as_slice() {
        [one] => format!("Service {}", one.metadata.name),
        several => format!("the {} matched Services", several.len()),
    };
    let message = match on_container {
        Some((_, container, _)) => {
            format!("no port of {what} is named {wanted:?}; only container {} declares it", container.name)
        }
        None => format!("no port of {what} is named {wanted:?}: there is {}", list(&shown, 4)),
    };
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).endpoint(endpoint.index);
    for service in services.iter().take(3) {
        let other = service.metadata.id(Kind::Service);
        let names: Vec<String> = service.spec.ports.iter().map(|port| port.name().to_owned()).collect();
        finding.compared(
            &monitor,
            format!("{path}.port"),
            wanted.as_str(),
            names,
            Some((&other, "spec.ports[*].name".to_owned())),
        );
    }
    let at = crate::path::pointer(&path);
    if let Some((pod, container, port)) = on_container {
        let number = container.ports[port].container_port;
        finding.says(
            &pod.metadata.id(Kind::Pod),
            format!("spec.containers[{}].ports[{port}]", container.name),
            format!("{wanted} {number}"),
        );
        let operations = vec![
            json!({"op": "remove", "path": format!("{at}/port")}),
            json!({"op": "add", "path": format!("{at}/targetPort"), "value": wanted}),
        ];
        finding.fix(Fix::json("scrape the container port, which the Service need not expose", &monitor, operations));
    }
    if let Some(name) = nearest_name {
        let operations = vec![json!({"op": "replace", "path": format!("{at}/port"), "value": name})];
        finding.fix(Fix::json(format!("ask for port {name:?}"), &monitor, operations));
    }
}
