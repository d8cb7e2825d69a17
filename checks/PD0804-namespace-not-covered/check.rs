//! What the monitor asks for stands in a namespace where nobody looks: without a `namespaceSelector` that is every
//! namespace but the monitor's own (OP-MON-2).

use std::collections::BTreeSet;

use crate::assumed::name_in_words;
use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0804",
    name: "namespace-not-covered",
    summary: "what a monitor selects stands in a namespace that it does not look into",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Matched).filter(|chain| chain.matched.why == Some(Mismatch::NotCovered)) {
        let Some(first) = chain.matched.elsewhere.first() else { continue };
        let monitor = chain.monitor.id();
        let (covered, what) = (chain.namespaces.words(), if first.kind == Kind::Pod { "pod" } else { "Service" });
        let namespaces: BTreeSet<String> = chain.matched.elsewhere.iter().map(|id| id.namespace.clone()).collect();
        let namespaces: Vec<String> = namespaces.into_iter().collect();
        let found = match chain.matched.elsewhere.as_slice() {
            [one] if view.world().assumed.contains_key(one) => {
                format!("{} in {}", name_in_words(view.world(), one), one.namespace)
            }
            [one] => format!("{what} {}", one.path()),
            several => format!("{} in {}", count(several.len(), what), list(&namespaces, 3)),
        };
        let unset = chain.monitor.spec.namespace_selector.match_names.is_empty();
        let own = if unset { ", its own namespace" } else { "" };
        let message = format!("{found} would match, but the monitor looks in {covered} only{own}");
        let short = || format!("{found} would match, but the monitor does not look there");
        let finding = out.finding(&CHECK, &monitor, mend::short(message, short));
        finding.on(chain);
        let path = if unset { "spec.namespaceSelector" } else { "spec.namespaceSelector.matchNames" };
        for id in chain.matched.elsewhere.iter().take(3) {
            let at = Some((id, "metadata.namespace".to_owned()));
            finding.compared(&monitor, path, chain.namespaces.names(), id.namespace.as_str(), at);
        }
        if chain.server.spec.ignore_namespace_selectors {
            let server = chain.server.id();
            finding.says(&server, "spec.ignoreNamespaceSelectors", "true");
        } else if namespaces.len() <= 5 {
            let names: BTreeSet<&String> = chain.namespaces.names().iter().chain(&namespaces).collect();
            let body = json!({"spec": {"namespaceSelector": {"matchNames": names}}});
            let fix = Fix::merge(format!("look into {} too", list(&namespaces, 3)), &monitor, body);
            finding.fix(
                mend::also_allowed(view.world(), chain, &namespaces, fix)
                    .widens(format!("everything that matches in {} is then scraped", list(&namespaces, 3))),
            );
        }
        if let [one] = namespaces.as_slice() {
            finding.fix(mend::move_monitor(chain, one));
        }
    }
}
