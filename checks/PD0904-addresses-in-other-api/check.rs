//! The addresses of a Service are in Endpoints and the server looks at EndpointSlices, or the other way (OP-CAUSE-24).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0904",
    name: "addresses-in-other-api",
    summary: "the addresses of a Service are only in the API that the server does not look at",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::OnlyIn(other) = found.empty else { continue };
            let (id, used) = (found.service.metadata.id(Kind::Service), chain.role.kind());
            let message = format!(
                "the addresses of Service {} are only in {}, and {} are looked at",
                id.name,
                plural(*other),
                plural(used)
            );
            let finding = out.finding(&CHECK, &id, message);
            finding.on(chain).weigh(&found).key(used.name());
            let server = view.server(chain);
            let own = !chain.monitor.spec.service_discovery_role.is_empty() && server.is_some_and(|server| server.since(86));
            let asks = if own { chain.monitor.id() } else { chain.server.id() };
            finding.compared(&asks, "spec.serviceDiscoveryRole", used.name(), other.name(), Some((&id, "spec".to_owned())));
            let fixes = mend::look_in(chain, server, *other);
            if fixes.is_empty() {
                finding.fix(Fix::advice(format!("make {} for the Service", plural(used)), ""));
            }
            finding.fixes(fixes);
        }
    }
}

fn plural(kind: Kind) -> &'static str {
    if kind == Kind::Endpoints { "Endpoints" } else { "EndpointSlices" }
}
