//! A Service of type ExternalName is only a name in DNS: there are no addresses behind it to scrape (OP-SM-7).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0903",
    name: "external-name-service",
    summary: "a Service of type ExternalName has no addresses that could be scraped",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::ExternalName = found.empty else { continue };
            let id = found.service.metadata.id(Kind::Service);
            let name = found.service.spec.external_name.as_deref().unwrap_or_default();
            let message = format!("Service {} is an ExternalName for {name:?}: Kubernetes keeps no addresses for it", id.name);
            let finding = out.finding(&CHECK, &id, message);
            finding.on(chain).weigh(&found).says(&id, "spec.type", "ExternalName").says(&id, "spec.externalName", name);
            finding.fix(Fix::advice("scrape the name by a ScrapeConfig with staticConfigs or dnsSDConfigs", ""));
            finding.fix(Fix::advice("make it a headless Service without selector, with Endpoints for the addresses", ""));
        }
    }
}
