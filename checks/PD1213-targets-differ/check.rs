//! What was worked out and what the running server says differ, and nothing explains it.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1213",
    name: "targets-differ",
    summary: "the running Prometheus has other targets than the objects lead to",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.young.is_none() && chain.verdict != Verdict::NotTaken) {
        for endpoint in &chain.scraped.endpoints {
            let Some(Surprise::Other { expected }) = chain.surprise(endpoint.index) else { continue };
            let (monitor, server) = (chain.monitor.id(), chain.server.id());
            let name = format!("{}[{}]", chain.monitor.endpoints_field(), endpoint.index);
            let has = count(endpoint.active(), "target");
            let message = format!("the running {server} has {has} for {name}, and the objects lead to {expected}");
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(endpoint.index).severity(Severity::Warning).confidence(Confidence::Possible);
            let (wanted, found) = (expected.to_string(), endpoint.active().to_string());
            finding.compared(&monitor, format!("spec.{name}"), wanted, found, Some((&server, "targets".to_owned())));
            let title = "ask again in some minutes; if it stays, please report it with a snapshot of the objects";
            finding.fix(Fix::advice(
                title,
                format!("kubectl prom-doctor targets {}/{} -n {}", monitor.kind.plural(), monitor.name, monitor.namespace),
            ));
        }
    }
}
