//! Operators came to share the targets of Probes and ScrapeConfigs out among shards only later (OP-SHD-4).

use crate::path::pointer;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1307",
    name: "in-every-shard",
    summary: "each shard of a server scrapes all targets of a Probe or ScrapeConfig",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for found in view.in_every_shard() {
        let (id, server) = (&found.id, found.server.id());
        let message = format!(
            "each of the {} shards of {server} scrapes all targets of this {}: operators before 0.{} do not share them out",
            found.shards, id.kind, found.since
        );
        let finding = out.finding(&CHECK, id, message);
        // Several versions may be behind one operator's tag; its configuration is what it wrote.
        finding.affects(id).key(server.to_string()).likely_if(!found.shown);
        finding.says(&server, "spec.shards", found.shards.to_string());
        let command = "kubectl get deployments -A -l app.kubernetes.io/name=prometheus-operator";
        finding.fix(Fix::advice(format!("update the operator to 0.{} or newer", found.since), command));
        finding.fix(
            Fix::json("share them out by relabelings of its own", id, share_out(&found))
                .widens("each target then has one shard: queries must ask all of them"),
        );
    }
}

/// The rules by which a shard keeps its own share, behind those that the object has.
fn share_out(found: &InEveryShard<'_>) -> Vec<serde_json::Value> {
    let static_config = found.raw.pointer("/targets/staticConfig").is_some_and(|targets| !targets.is_null());
    let (label, field) = match found.id.kind {
        Kind::ScrapeConfig => ("__address__", "spec.relabelings"),
        _ if static_config => ("__param_target", "spec.targets.staticConfig.relabelingConfigs"),
        _ => ("__param_target", "spec.targets.ingress.relabelingConfigs"),
    };
    let rules = [
        json!({"sourceLabels": [label], "targetLabel": "__tmp_hash", "modulus": found.shards, "action": "hashmod"}),
        // The reloader of each shard puts its number there.
        json!({"sourceLabels": ["__tmp_hash"], "regex": "$(SHARD)", "action": "keep"}),
    ];
    let path = pointer(field);
    let has_some = found.raw.pointer(path.trim_start_matches("/spec")).is_some_and(serde_json::Value::is_array);
    if has_some {
        rules.into_iter().map(|rule| json!({"op": "add", "path": format!("{path}/-"), "value": rule})).collect()
    } else {
        vec![json!({"op": "add", "path": path, "value": rules})]
    }
}
