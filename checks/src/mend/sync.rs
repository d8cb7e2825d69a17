//! What to do where an operator should have written a configuration and did not.

use crate::chain::ServerFacts;
use crate::report::{Fix, quoted};
use crate::view::View;
use crate::world::ObjectId;

/// Start a sync, and read in the operator's log what it says of the monitors and of the server. It names both as
/// `namespace/name`; a name alone is found in nearly every line.
pub fn sync_again(view: &View<'_>, facts: &ServerFacts<'_>, monitors: &[ObjectId]) -> Vec<Fix> {
    let id = facts.id();
    let server = format!("{} {}", id.kind.resource(), quoted(&id.name));
    let again =
        format!("kubectl -n {} annotate {server} prom-doctor/sync-again=\"$(date +%s)\" --overwrite", quoted(&id.namespace));
    let mut out = vec![Fix::advice("let the operator look again: a changed annotation of the server starts a sync", again)];
    let mut words: Vec<String> = monitors.iter().map(ObjectId::path).take(3).collect();
    words.push(id.path());
    words.dedup();
    for operator in facts.managers.iter().map(|&at| &view.operator(at).id) {
        out.push(Fix::advice("read what the operator says about it", log(operator, &words)));
    }
    out
}

/// The lines of an operator's log that hold one of some words.
pub fn log(operator: &ObjectId, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("-e {}", quoted(word))).collect();
    let target = quoted(&format!("{}/{}", operator.kind.resource(), operator.name));
    format!("kubectl -n {} logs {target} --tail=-1 | grep -F {}", quoted(&operator.namespace), words.join(" "))
}
