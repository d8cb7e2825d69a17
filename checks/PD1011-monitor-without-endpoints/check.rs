//! A monitor whose list of endpoints is empty asks for nothing: no job is written for it (OP-CAUSE-22).

use serde_json::Value;

use crate::operator::scope::pruned_fields;
use crate::prelude::*;
use crate::world::LAST_APPLIED;

pub(crate) const CHECK: Check = Check {
    code: "PD1011",
    name: "monitor-without-endpoints",
    summary: "the list of endpoints of a monitor is empty",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.monitor.spec.endpoints.is_empty()) {
        let (monitor, field) = (chain.monitor.id(), chain.monitor.endpoints_field());
        let sent = sent_instead(chain);
        let instead = sent.as_ref().map(|(path, _)| format!("; it was written as {path}, which the API server dropped"));
        let message = format!("spec.{field} is empty: the monitor asks for nothing{}", instead.unwrap_or_default());
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on(chain).says(&monitor, format!("spec.{field}"), Vec::new());
        let at = format!("/spec/{field}");
        if let Some((path, value)) = &sent {
            finding.says(&monitor, format!("metadata.annotations[\"{LAST_APPLIED}\"]"), path.as_str());
            if value.is_array() {
                let operation = json!({"op": "add", "path": at, "value": value});
                finding.fix(Fix::json(format!("write the list under spec.{field}"), &monitor, vec![operation]));
                continue;
            }
        }
        match guess_port("metrics", &names(chain)) {
            Some(name) => {
                let operation = json!({"op": "add", "path": at, "value": [{"port": name}]});
                finding.fix(Fix::json(format!("scrape port {name:?}"), &monitor, vec![operation]));
            }
            None => {
                finding.fix(Fix::advice(format!("add an item with a port to spec.{field}"), edit(&monitor)));
            }
        }
    }
}

fn edit(id: &ObjectId) -> String {
    kubectl("edit", id)
}

/// The names by which `port` could ask.
fn names(chain: &Chain<'_>) -> Vec<String> {
    let name = |spot: &Spot<'_>| match chain.monitor.is_pod_monitor() {
        true => spot.container_port.map(|port| port.name().to_owned()),
        false => spot.endpoint_port.clone(),
    };
    let names: std::collections::BTreeSet<String> = chain.backed.spots.iter().filter_map(name).collect();
    names.into_iter().collect()
}

/// The list under a misspelled name, as `kubectl apply` sent it.
fn sent_instead(chain: &Chain<'_>) -> Option<(String, Value)> {
    let meta = &chain.monitor.metadata;
    let near = |path: &String| path.to_ascii_lowercase().contains("endpoint");
    let path = pruned_fields(&meta.annotations, &chain.monitor.raw).into_iter().find(near)?;
    let sent: Value = serde_json::from_str(meta.annotations.get(LAST_APPLIED)?).ok()?;
    let value = sent.pointer(&crate::path::pointer(&path)).cloned().unwrap_or_default();
    Some((path, value))
}
