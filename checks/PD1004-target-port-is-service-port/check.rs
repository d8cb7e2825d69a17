//! `targetPort` holds the Service's own port, where the container's is compared (OP-PORT-5).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1004",
    name: "target-port-is-service-port",
    summary: "targetPort holds a port of the Service, where the container's port is compared",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            let Some(PortTrouble::IsServicePort { service, port }) = &endpoint.trouble else { continue };
            let monitor = chain.monitor.id();
            let (wanted, name) = (endpoint.wanted.text(), endpoint.name(chain.monitor));
            let port = (*port, &service.spec.ports[*port]);
            let message = format!(
                "{name}.targetPort is {wanted}, a port of Service {}; it takes the container port that this leads to ({})",
                service.metadata.name,
                port.1.target()
            );
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index);
            let field = if wanted == port.1.name() { "name" } else { "port" };
            let other = Some((&service.metadata.id(Kind::Service), format!("spec.ports[{}].targetPort", port.0)));
            let path = format!("{}.{}", endpoint.path(chain.monitor), endpoint.field(chain.monitor));
            finding.compared(&monitor, path, wanted.as_str(), port.1.target().to_string(), other);
            finding.says(&service.metadata.id(Kind::Service), format!("spec.ports[{}].{field}", port.0), wanted.as_str());
            if !port.1.name().is_empty() {
                finding.fix(mend::ask_for(chain, endpoint, "port", port.1.name()));
            }
            if let Some(number) = mend::declared_behind(chain, port.1) {
                finding.fix(mend::ask_for(chain, endpoint, "targetPort", number));
            }
        }
    }
}
