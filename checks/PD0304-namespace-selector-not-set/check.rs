//! Without a namespace selector a server looks into its own namespace only (OP-SEL-3).

use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use crate::operator::fields::pruned;
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0304",
    name: "namespace-selector-not-set",
    summary: "a server has no namespace selector, so it looks into its own namespace only",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Namespace],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut by_server: BTreeMap<(ObjectId, Kind), Vec<Unselected<'_>>> = BTreeMap::new();
    for found in view.untaken() {
        if found.selected.namespace == Choice::Null && !found.selected.unmanaged {
            by_server.entry((found.server.id(), found.id.kind)).or_default().push(found);
        }
    }
    for ((id, kind), untaken) in by_server {
        let field = Server::namespace_selector_field(kind);
        let server = untaken[0].server;
        let lost = pruned(id.kind, &server.metadata, &server.raw).into_iter().find(|lost| lost.meant == Some(field));
        let hint = lost.as_ref().map(|lost| format!(" ({} was sent, which is no field)", lost.path)).unwrap_or_default();
        let message = format!("spec.{field} is not set, so {id} takes {kind}s of its own namespace {} only{hint}", id.namespace);
        let finding = out.finding(&CHECK, &id, message);
        finding.key(field);
        let mut names: BTreeSet<&str> = [id.namespace.as_str()].into();
        for found in &untaken {
            names.insert(&found.metadata.namespace);
            finding.on_unselected(found);
        }
        for found in untaken.iter().take(10) {
            let (monitor, other) = (&found.id, Some((&id, format!("spec.{field}"))));
            finding.compared(monitor, "metadata.namespace", monitor.namespace.as_str(), Vec::new(), other);
        }
        if let Some(lost) = &lost {
            finding.says(&id, lost.path.as_str(), lost.words());
        }
        let named = |name: &&str| view.namespace_labels(name).is_some_and(|labels| labels.contains_key(NAME_LABEL));
        if names.iter().all(named) {
            let body = json!({"spec": {field: {"matchExpressions": [{"key": NAME_LABEL, "operator": "In", "values": names}]}}});
            let shown: Vec<&str> = names.iter().copied().collect();
            finding.fix(
                Fix::merge(format!("let {id} look into {}", list(&shown, 4)), &id, body)
                    .widens(format!("every {kind} there that its labels select is then {}", untaken[0].fate())),
            );
        }
        finding.fix(
            Fix::merge(format!("let {id} look into every namespace"), &id, json!({"spec": {field: {}}}))
                .widens(format!("every {kind} of the cluster that its labels select is then {}", untaken[0].fate())),
        );
    }
}
