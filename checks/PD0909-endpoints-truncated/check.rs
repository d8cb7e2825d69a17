//! An Endpoints object was cut at 1000 addresses (SD-EP-12): the others are not scraped.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0909",
    name: "endpoints-truncated",
    summary: "an Endpoints object was cut at 1000 addresses, so that the rest is not scraped",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for backing in chain.backed.services.iter().filter(|backing| backing.truncated) {
            let meta = &backing.service.metadata;
            let id = ObjectId::new(Kind::Endpoints, &meta.namespace, &meta.name);
            let message = format!("Endpoints {} were cut at 1000 addresses: the other pods are not scraped", id.name);
            let finding = out.finding(&CHECK, &id, message);
            let annotation = "metadata.annotations[\"endpoints.kubernetes.io/over-capacity\"]";
            finding.on(chain).says(&id, annotation, "truncated");
            let fixes = mend::look_in(chain, view.server(chain), Kind::EndpointSlice);
            if fixes.is_empty() {
                finding.fix(Fix::advice("run operator 0.76 or newer, which can look in EndpointSlices", ""));
            }
            finding.fixes(fixes);
        }
    }
}
