//! The server ignores the `namespaceSelector` of every monitor and looks in the monitor's own namespace (OP-ENF-2).

use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0805",
    name: "namespace-selector-ignored",
    summary: "the server ignores the namespaceSelector of a monitor, which would have found something",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Matched).filter(|chain| chain.matched.why == Some(Mismatch::Ignored)) {
        let (monitor, server, wished) = (chain.monitor.id(), chain.server.id(), SdNamespaces::wished(chain.monitor));
        let there: Vec<&ObjectId> = chain.matched.elsewhere.iter().filter(|id| wished.contains(&id.namespace)).collect();
        let Some(first) = there.first() else { continue };
        let own = &monitor.namespace;
        let message = format!("{server} ignores namespaceSelectors and looks in {own} only, not in {}", first.namespace);
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on(chain).key(server.path()).says(&server, "spec.ignoreNamespaceSelectors", "true");
        let (path, wanted) = match &wished {
            SdNamespaces::All => ("spec.namespaceSelector.any", vec!["true".to_owned()]),
            SdNamespaces::These(names) => ("spec.namespaceSelector.matchNames", names.clone()),
        };
        finding.says(&monitor, path, wanted);
        for id in there.iter().take(3) {
            let other = Some((*id, "metadata.namespace".to_owned()));
            finding.compared(&monitor, "metadata.namespace", own.as_str(), id.namespace.as_str(), other);
        }
        finding.fix(mend::move_monitor(chain, &first.namespace));
        let body = json!({"spec": {"ignoreNamespaceSelectors": false}});
        let why = "every monitor may then look outside of its own namespace";
        let fix = Fix::merge(format!("let {server} heed namespaceSelectors"), &server, body);
        let names = if wished == SdNamespaces::All { &[] } else { wished.names() };
        finding.fix(mend::also_allowed(view.world(), chain, names, fix).widens(why));
    }
}
