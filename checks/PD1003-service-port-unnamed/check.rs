//! An endpoint asks for a port name, and the Service's port has none (OP-PORT-6).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1003",
    name: "service-port-unnamed",
    summary: "an endpoint asks for a port by name, but the Service's port has no name",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            let Some(PortTrouble::Unnamed { ports }) = &endpoint.trouble else { continue };
            unnamed(chain, endpoint, ports, out);
        }
    }
}

fn unnamed(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, ports: &[(&crate::world::Service, usize)], out: &mut Out) {
    let monitor = chain.monitor.id();
    let (wanted, name) = (endpoint.wanted.text(), endpoint.name(chain.monitor));
    let what = match ports {
        [(service, at)] => format!("port {} of Service {} has", service.spec.ports[*at].port, service.metadata.name),
        several => format!("the ports of the {} matched Services have", several.len()),
    };
    let finding = out.finding(&CHECK, &monitor, format!("{name} asks for port {wanted:?}, but {what} no name"));
    finding.on(chain).endpoint(endpoint.index).likely_if(chain.backed.spots.is_empty());
    for (service, at) in ports.iter().take(3) {
        let other = Some((&service.metadata.id(Kind::Service), format!("spec.ports[{at}].name")));
        finding.compared(&monitor, format!("{}.port", endpoint.path(chain.monitor)), wanted.as_str(), Vec::new(), other);
    }
    if let Some(number) = ports.iter().find_map(|(service, at)| mend::declared_behind(chain, &service.spec.ports[*at])) {
        finding.fix(mend::ask_for(chain, endpoint, "targetPort", number));
    }
    // What is asked for may be no name that a Service port can have.
    let fit = wanted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let names = ports.iter().map(|(service, at)| {
        let operation = json!({"op": "add", "path": format!("/spec/ports/{at}/name"), "value": wanted});
        let title = format!("name the port of the Service {wanted:?}");
        Fix::json(title, &service.metadata.id(Kind::Service), vec![operation])
    });
    if let Some(fix) = names.reduce(Fix::and).filter(|_| fit) {
        finding.fix(fix);
    }
}
