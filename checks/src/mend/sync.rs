//! Another sync of a server.

use crate::chain::ServerFacts;
use crate::report::{Fix, quoted};
use crate::view::View;
use crate::world::Kind;

/// What to do where an operator should have written a configuration and did not: start a sync, read its log.
pub fn sync_again(view: &View<'_>, facts: &ServerFacts<'_>) -> Vec<Fix> {
    let id = facts.id();
    let (namespace, name) = (quoted(&id.namespace), quoted(&id.name));
    let server = format!("{} {name}", id.kind.resource());
    let again = format!("kubectl -n {namespace} annotate {server} prom-doctor/sync-again=\"$(date +%s)\" --overwrite");
    let mut out = vec![Fix::advice("let the operator look again: a changed annotation of the server starts a sync", again)];
    for operator in facts.managers.iter().map(|&at| &view.operator(at).id) {
        let kind = if operator.kind == Kind::Pod { "" } else { "deploy/" };
        let (place, pods) = (quoted(&operator.namespace), quoted(&format!("{kind}{}", operator.name)));
        let log = format!("kubectl -n {place} logs {pods} --tail=-1 | grep {name}");
        out.push(Fix::advice("read what the operator says about it", log));
    }
    out
}
