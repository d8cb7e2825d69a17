//! Only an init container (perhaps a sidecar) declares the port, and Prometheus looks there since 3.0 only (SD-EP-9).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1009",
    name: "init-container-port",
    summary: "only an init container declares the port, and Prometheus before 3.0 ignores those",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Ports) {
        for endpoint in &chain.endpoints {
            let Some(PortTrouble::InitContainerOnly { pod, container }) = &endpoint.trouble else { continue };
            let monitor = chain.monitor.id();
            let version = view.server(chain).and_then(|server| server.prometheus_version);
            let version = version.map(|version| version.to_string()).unwrap_or_default();
            let field = endpoint.field(chain.monitor);
            let wanted = endpoint.wanted.text();
            let message = format!(
                "{}.{field} is {wanted}, which only init container {} declares; Prometheus {version} ignores those",
                endpoint.name(chain.monitor),
                container.name
            );
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index);
            let other = Some((&pod.metadata.id(Kind::Pod), "spec.initContainers[*].ports".to_owned()));
            let path = format!("{}.{field}", endpoint.path(chain.monitor));
            finding.compared(&monitor, path, wanted.as_str(), container.name.as_str(), other);
            finding.says(&chain.server.id(), "spec.version", version);
            // A port of the Service that leads there is found whatever the container is.
            let fits = |declared: &&crate::world::ContainerPort| match &endpoint.wanted {
                Wanted::ContainerNumber(number) => declared.container_port == *number,
                wanted => declared.name() == wanted.text(),
            };
            let number = container.ports.iter().find(fits).map(|declared| declared.container_port);
            let exposed = chain.backed.spots.iter().filter(|spot| spot.port == number);
            let name = exposed.filter_map(|spot| spot.endpoint_port.as_deref()).find(|name| !name.is_empty());
            if let Some(name) = name {
                finding.fix(mend::ask_for(chain, endpoint, "port", name));
            }
            let body = json!({"spec": {"version": "v3.5.0"}});
            let fix = Fix::merge("run Prometheus 3, which knows ports of init containers", &chain.server.id(), body);
            finding.fix(fix.widens("a new major version: read its migration guide first"));
        }
    }
}
