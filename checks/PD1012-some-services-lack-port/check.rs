//! Some of the matched Services have the port that an endpoint asks for, some have not.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1012",
    name: "some-services-lack-port",
    summary: "some of the matched Services lack the port that an endpoint asks for",
    severity: Severity::Info,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for endpoint in chain.endpoints.iter().filter(|endpoint| !endpoint.lacking.is_empty()) {
            let monitor = chain.monitor.id();
            let wanted = endpoint.wanted.text();
            let names: Vec<&str> = endpoint.lacking.iter().map(|service| service.metadata.name.as_str()).collect();
            let message = match names.as_slice() {
                [name] => format!("Service {name} has no port {wanted:?} and yields nothing there"),
                _ => format!("Services {} have no port {wanted:?} and yield nothing there", list(&names, 2)),
            };
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index);
            let path = format!("{}.{}", endpoint.path(chain.monitor), endpoint.field(chain.monitor));
            for service in endpoint.lacking.iter().take(3) {
                let found: Vec<String> = service.spec.ports.iter().map(|port| port.name().to_owned()).collect();
                let other = Some((&service.metadata.id(Kind::Service), "spec.ports[*].name".to_owned()));
                finding.compared(&monitor, path.as_str(), wanted.as_str(), found, other);
            }
        }
    }
}
