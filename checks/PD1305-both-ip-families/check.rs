//! A dual-stack Service has a slice for each family, and Prometheus before 3.11 takes both (SD-EPS-7).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1305",
    name: "both-ip-families",
    summary: "a monitor scrapes the same pods over IPv4 and over IPv6",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for duplicate in view.duplicates() {
        let DuplicateKind::Families { monitor, endpoint, service } = &duplicate.kind else { continue };
        let Some(chain) = view.chain(monitor, &duplicate.server) else { continue };
        let message = format!("the pods behind Service {} are scraped twice, over IPv4 and over IPv6", service.name);
        let short = || "the pods behind a dual-stack Service are scraped twice, over IPv4 and over IPv6".to_owned();
        let finding = out.finding(&CHECK, monitor, mend::short(message, short));
        finding.on(chain).endpoint(*endpoint).key(service.to_string());
        if let Some(found) = view.service(&service.namespace, &service.name) {
            finding.says(service, "spec.ipFamilies", found.spec.ip_families.clone());
        }
        let note = format!("{} scraped twice, for instance {}", count(duplicate.addresses, "pod"), duplicate.example);
        finding.evidence(Evidence {
            reference: Some(monitor.into()),
            path: format!("spec.{}[{endpoint}]", chain.monitor.endpoints_field()),
            note: Some(note),
            ..Evidence::default()
        });
        let command = format!(
            "kubectl -n {} edit {} {}",
            duplicate.server.namespace,
            duplicate.server.kind.resource(),
            duplicate.server.name
        );
        finding.fix(Fix::advice("let the server run Prometheus 3.11 or newer, which takes the first family only", command));
        let command = format!("kubectl -n {} edit service {}", service.namespace, service.name);
        finding.fix(Fix::advice("give the Service one family (spec.ipFamilyPolicy: SingleStack)", command));
    }
}
