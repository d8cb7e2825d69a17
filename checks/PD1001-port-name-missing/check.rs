//! An endpoint asks for a port name that nothing behind the monitor has (OP-PORT-7, OP-PORT-8).

use crate::prelude::*;
use crate::world::Service;

pub(crate) const CHECK: Check = Check {
    code: "PD1001",
    name: "port-name-missing",
    summary: "an endpoint asks for a port name that no matched Service has",
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
    let Some(PortTrouble::NameMissing { offered, nearest, on_container }) = &endpoint.trouble else { return };
    let monitor = chain.monitor.id();
    let wanted = endpoint.wanted.text();
    let path = format!("{}.{}", endpoint.path(chain.monitor), endpoint.field(chain.monitor));
    let name = |name: &String| if name.is_empty() { "(unnamed)".to_owned() } else { name.clone() };
    let shown: Vec<String> = offered.iter().map(name).collect();
    let services: Vec<&Service> = chain.matched.services.iter().chain(&chain.mended).copied().collect();
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
    // Without anything behind the Service only its own list of ports was compared.
    finding.on(chain).endpoint(endpoint.index).likely_if(chain.backed.spots.is_empty());
    for service in services.iter().take(3) {
        let other = service.metadata.id(Kind::Service);
        let names: Vec<String> = service.spec.ports.iter().map(|port| port.name().to_owned()).collect();
        finding.compared(&monitor, path.as_str(), wanted.as_str(), names, Some((&other, "spec.ports[*].name".to_owned())));
    }
    if let Some((pod, container, port)) = on_container {
        let number = container.ports[*port].container_port;
        let at = format!("spec.containers[{}].ports[{port}]", container.name);
        finding.says(&pod.metadata.id(Kind::Pod), at, format!("{wanted} {number}"));
        let fix = mend::ask_for(chain, endpoint, "targetPort", wanted);
        finding.fix(fix.note("this reaches the container port, which the Service need not expose"));
    }
    if let Some(name) = nearest {
        finding.fixes(mend::ask_or_drop(chain, endpoint, "port", name));
    }
}
