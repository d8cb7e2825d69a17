//! A selector of a server is empty only because its fields do not exist: it selects everything (OP-SEL-5).

use crate::operator::fields::{Pruned, pruned};
use crate::prelude::*;
use crate::selector::LabelSelector;
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0307",
    name: "selector-pruned",
    summary: "a selector of a server lost its fields on saving and now selects everything",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Namespace],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for facts in view.servers() {
        let server = facts.server;
        let (id, chains) = (server.id(), view.chains_of(facts).collect::<Vec<_>>());
        if chains.is_empty() && !view.asks_for_all() {
            continue;
        }
        let lost = pruned(id.kind, &server.metadata, &server.raw);
        for kind in [Kind::ServiceMonitor, Kind::PodMonitor] {
            let taken: Vec<&Chain<'_>> =
                chains.iter().filter(|chain| chain.monitor.kind == kind && !chain.failed(Link::Selected)).copied().collect();
            let object = (server.object_selector(kind), Server::object_selector_field(kind), false);
            let namespace = (server.namespace_selector(kind), Server::namespace_selector_field(kind), true);
            for (selector, field, is_namespace) in [object, namespace] {
                let parent = format!("spec.{field}");
                // `any: true` is no field either, but an empty selector is what it asks for.
                let meant_all = |lost: &Pruned| is_namespace && lost.field == "any" && lost.sent == true;
                let mine: Vec<&Pruned> = lost.iter().filter(|lost| lost.parent() == parent && !meant_all(lost)).collect();
                if selector.is_some_and(LabelSelector::is_empty) && !mine.is_empty() {
                    selects_all(view, &id, field, is_namespace, &mine, &taken, out);
                }
            }
        }
    }
}

fn selects_all(
    view: &View<'_>,
    id: &ObjectId,
    field: &str,
    is_namespace: bool,
    lost: &[&Pruned],
    taken: &[&Chain<'_>],
    out: &mut Out,
) {
    let what = if is_namespace { "every namespace" } else { "every monitor" };
    let names: Vec<&str> = lost.iter().map(|lost| lost.field.as_str()).collect();
    let verb = if names.len() == 1 { "is no field" } else { "are no fields" };
    let message =
        format!("{} in spec.{field} {verb} of a label selector: nothing of it is left, it selects {what}", list(&names, 3));
    let finding = out.finding(&CHECK, id, message);
    finding.key(field);
    for chain in taken {
        finding.on(chain);
    }
    for lost in lost {
        finding.says(id, lost.path.as_str(), lost.words());
    }
    let title = format!("write spec.{field} as a label selector");
    let wanted = lost.first().and_then(|lost| selector_for(lost, is_namespace));
    let fits = |selector: &LabelSelector| {
        taken.iter().all(|chain| {
            let meta = &chain.monitor.metadata;
            let labels = if is_namespace { view.namespace_labels(&meta.namespace) } else { Some(&meta.labels) };
            labels.is_some_and(|labels| selector.matches(labels))
        })
    };
    // Monitors that were not asked about could get lost.
    let wanted = wanted.filter(|_| lost.len() == 1 && view.asks_for_all());
    let parsed = wanted.as_ref().and_then(|wanted| serde_json::from_value::<LabelSelector>(wanted.clone()).ok());
    match wanted.filter(|_| parsed.is_some_and(|selector| fits(&selector))) {
        Some(selector) => finding.fix(Fix::merge(title, id, json!({"spec": {field: selector}}))),
        None => {
            let command = kubectl("edit", id);
            let note = format!("look first which monitors are taken only because it selects {what}");
            finding.fix(Fix::advice(format!("{title}, with matchLabels or matchExpressions"), command).note(note))
        }
    };
}

/// What was most probably meant.
fn selector_for(lost: &Pruned, is_namespace: bool) -> Option<serde_json::Value> {
    let by_name = is_namespace && ["matchNames", "matchNamespaces", "names"].contains(&lost.field.as_str());
    if by_name && lost.sent.is_array() {
        return Some(json!({"matchExpressions": [{"key": NAME_LABEL, "operator": "In", "values": lost.sent}]}));
    }
    lost.meant.map(|meant| json!({meant: lost.sent}))
}
