//! No Service in the namespaces that are looked at has the labels that the monitor asks for (OP-MON-1).

use crate::mend;
use crate::prelude::*;
use crate::selector::miss_words;

pub(crate) const CHECK: Check = Check {
    code: "PD0801",
    name: "service-labels-mismatch",
    summary: "no Service has the labels that a ServiceMonitor asks for",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mismatch = |chain: &&Chain<'_>| chain.matched.why == Some(Mismatch::Labels) && !chain.monitor.is_pod_monitor();
    for chain in view.broken(Link::Matched).filter(mismatch) {
        let monitor = chain.monitor.id();
        let place = mend::place(chain);
        let message = match chain.matched.near.first() {
            Some(near) => format!("no Service{place} matches; the nearest, {}, {}", near.id.name, miss_words(&near.misses)),
            None => format!("no Service{place} matches or comes near: {} asked for", mend::asked(chain)),
        };
        let finding =
            out.finding(&CHECK, &monitor, mend::short(message, || format!("no Service{place} has the labels asked for")));
        finding.on(chain);
        for near in chain.matched.near.iter().take(2) {
            finding.missed(&monitor, "spec.selector", &near.misses, &near.id, "metadata.labels");
        }
        if chain.matched.near.is_empty() {
            for requirement in chain.monitor.spec.selector.requirements() {
                finding.compared(&monitor, format!("spec.selector.{}", requirement.path), requirement.values, Vec::new(), None);
            }
        }
        let Some(near) = chain.matched.near.first() else {
            finding.fix(mend::look(chain));
            continue;
        };
        let Some(service) = view.service(&near.id.namespace, &near.id.name) else { continue };
        let labels = &service.metadata.labels;
        let fixes = [mend::fit_selector(view, chain, &near.id, labels), mend::label(chain, &near.id, &near.misses)];
        finding.fixes(fixes.into_iter().flatten());
    }
}
