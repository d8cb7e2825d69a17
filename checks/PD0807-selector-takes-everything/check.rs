//! An empty selector takes everything in the namespaces that are looked at. It is often what is left of a misspelt
//! one: the API server drops fields that it does not know (OP-MON-1, OP-CAUSE-17).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mend;
use crate::operator::scope::pruned_fields;
use crate::prelude::*;
use crate::world::LAST_APPLIED;

pub(crate) const CHECK: Check = Check {
    code: "PD0807",
    name: "selector-takes-everything",
    summary: "the selector of a monitor is empty and takes every Service or pod",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.matched.empty_selector) {
        let (monitor, meta) = (chain.monitor.id(), &chain.monitor.metadata);
        let (number, what) = match chain.matched.services.len() {
            0 => (chain.matched.pods.len(), "pod"),
            services => (services, "Service"),
        };
        let pruned: Vec<String> = pruned_fields(&meta.annotations, &chain.monitor.raw)
            .into_iter()
            .filter(|path| path.starts_with("spec.selector"))
            .collect();
        if number < 2 && (pruned.is_empty() || number == 0) {
            continue;
        }
        let place = mend::place(chain);
        let message = match pruned.first() {
            Some(path) => format!("the selector is empty and takes every {what}{place}: {path} is no field and was dropped"),
            None => format!("the selector is empty and takes every {what}{place}"),
        };
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on(chain).compared(&monitor, "spec.selector", Vec::new(), "{}", None);
        for path in &pruned {
            finding.says(&monitor, path.as_str(), "not kept by the API server; sent with kubectl apply");
        }
        let sent = meta.annotations.get(LAST_APPLIED).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let sent = sent.as_ref().and_then(|sent| sent.pointer("/spec/selector"));
        if pruned.is_empty() && sent.is_some() {
            // It was written like that.
            finding.severity(Severity::Info);
        }
        if let Some(labels) = sent.filter(|_| !pruned.is_empty()).and_then(meant) {
            let body = json!({"spec": {"selector": {"matchLabels": labels}}});
            let names: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            finding.fix(Fix::merge(format!("ask for {} under matchLabels", list(&names, 3)), &monitor, body));
        } else {
            let command = format!("kubectl -n {} edit {} {}", monitor.namespace, monitor.kind.resource(), monitor.name);
            finding.fix(Fix::advice(format!("name under matchLabels the labels of the {what} that is meant"), command));
        }
    }
}

/// The labels that were meant: they stood directly below `selector`, or below a misspelt `matchLabels`.
fn meant(sent: &Value) -> Option<BTreeMap<String, String>> {
    let labels = |value: &Value| -> Option<BTreeMap<String, String>> {
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        value.as_object()?.iter().map(text).collect()
    };
    labels(sent).or_else(|| sent.as_object()?.values().find_map(labels)).filter(|labels| !labels.is_empty())
}
