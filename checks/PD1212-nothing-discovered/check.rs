//! A pool without active and without dropped targets: discovery yields nothing (SD-RUN-2).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1212",
    name: "nothing-discovered",
    summary: "the running Prometheus has a job and discovers nothing for it",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Scraped) {
        for endpoint in &chain.scraped.endpoints {
            let Some(Surprise::NothingDiscovered { expected }) = chain.surprise(endpoint.index) else { continue };
            let (monitor, server) = (chain.monitor.id(), chain.server.id());
            let message = format!(
                "the running {server} discovers nothing at all for {}[{}], while {} there",
                chain.monitor.endpoints_field(),
                endpoint.index,
                if expected == 1 { "1 target is".to_owned() } else { format!("{expected} targets are") },
            );
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index).confidence(Confidence::Likely);
            finding.says(&server, "spec.serviceAccountName", chain.server.service_account());
            let account = format!("system:serviceaccount:{}:{}", server.namespace, chain.server.service_account());
            let namespace = chain.namespaces.names().first().cloned().unwrap_or_else(|| chain.monitor.metadata.namespace.clone());
            let kind = chain.role.kind().resource();
            let title = "see whether the account may list there, and give it the right if it may not";
            finding.fix(Fix::advice(title, format!("kubectl auth can-i list {kind} -n {namespace} --as={account}")));
        }
    }
}
