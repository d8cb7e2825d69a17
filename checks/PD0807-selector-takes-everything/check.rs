//! An empty selector takes everything in the namespaces that are looked at. It is often what is left of a misspelt
//! one: the API server drops fields that it does not know (OP-MON-1, OP-CAUSE-17).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mend;
use crate::operator::fields::{Pruned, pruned};
use crate::operator::scope::sent_spec;
use crate::prelude::*;

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
        let lost = pruned(monitor.kind, meta, &chain.monitor.raw);
        let lost: Vec<&Pruned> = lost.iter().filter(|lost| lost.parent() == "spec.selector" && !lost.is_known()).collect();
        if chain.matched.services.len().max(chain.matched.pods.len()) < 2 && lost.is_empty() {
            continue;
        }
        let what = if chain.monitor.is_pod_monitor() { "pod" } else { "Service" };
        let place = mend::place(chain);
        let why = lost.first().map(|lost| format!(": {} is no field and was dropped", lost.path)).unwrap_or_default();
        let finding = out.finding(&CHECK, &monitor, format!("the selector is empty and takes every {what}{place}{why}"));
        finding.on(chain).compared(&monitor, "spec.selector", Vec::new(), "{}", None);
        for lost in &lost {
            let note = "in what was last applied, but not in what is stored".to_owned();
            let sent = crate::report::evidence_at(&monitor, lost.path.as_str(), lost.words(), Vec::new(), None);
            finding.evidence(Evidence { note: Some(note), ..sent });
        }
        let sent = sent_spec(&meta.annotations).and_then(|spec| spec.get("selector").cloned());
        // A file is what will be sent.
        let written = chain.monitor.raw.get("selector").filter(|_| chain.open).or(sent.as_ref());
        if written.and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            // It was written like that.
            finding.severity(Severity::Info);
        }
        if let Some(labels) = sent.as_ref().filter(|_| !lost.is_empty()).and_then(meant) {
            let body = json!({"spec": {"selector": {"matchLabels": labels}}});
            let names: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            finding.fix(Fix::merge(format!("ask for {} under matchLabels", list(&names, 3)), &monitor, body));
        } else {
            let command = kubectl("edit", &monitor);
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
