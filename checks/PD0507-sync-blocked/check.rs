//! Something on the server makes every sync fail, so that its last configuration stays for all monitors (OP-SYNC-4).

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0507",
    name: "sync-blocked",
    summary: "every sync of a server fails, so its last configuration stays",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for facts in view.servers() {
        let stuck = |chain: &&Chain<'_>| {
            let other = matches!(facts.config, ConfigSight::Undecodable(_)) || chain.generated.not_for_daemon_set;
            chain.failed(Link::Generated) && !other
        };
        for blocker in &facts.blocked {
            // Monitors that an invalid selector would choose are told of at that selector.
            let of_selector = blocker.path.contains("elector.match");
            let told = |chain: &&Chain<'_>| of_selector && chain.selected.state.is_failed();
            let chains: Vec<&Chain<'_>> = view.chains_of(facts).filter(|chain| !told(chain)).collect();
            let bites: Vec<&Chain<'_>> = chains.iter().copied().filter(stuck).collect();
            if chains.is_empty() {
                continue;
            }
            let server = facts.id();
            let field = blocker.path.strip_prefix("spec.").unwrap_or(&blocker.path);
            let message = format!("every sync fails, the last configuration stays: {field}: {}", blocker.why);
            let finding = out.finding(&CHECK, &server, line(&message, 200));
            finding.key(&blocker.path);
            if bites.is_empty() {
                finding.severity(Severity::Warning);
            }
            // What was written before the trouble began is still scraped; without the Secret nobody can tell.
            finding.likely_if(matches!(facts.config, ConfigSight::Unseen(_)));
            for chain in if bites.is_empty() { &chains } else { &bites } {
                finding.on(chain);
            }
            let found = match server_value(facts, &blocker.path) {
                Some(value) => vec![line(&value, 120)],
                None => Vec::new(),
            };
            match &blocker.reference {
                Some((id, key)) => {
                    let keys = view.world().secrets.get(&id.namespace, &id.name);
                    let keys: Vec<String> = keys.map(|store| store.keys.keys().cloned().collect()).unwrap_or_default();
                    finding.compared(&server, blocker.path.as_str(), key.as_str(), keys, Some((id, "data".to_owned())));
                }
                None => {
                    finding.says(&server, blocker.path.as_str(), found);
                }
            }
            finding.fixes(fixes(view, facts, blocker));
        }
    }
}

fn at<'s>(facts: &'s ServerFacts<'_>, path: &str) -> Option<&'s serde_json::Value> {
    facts.server.raw.pointer(crate::path::pointer(path).strip_prefix("/spec")?)
}

fn server_value(facts: &ServerFacts<'_>, path: &str) -> Option<String> {
    match at(facts, path)? {
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn fixes(view: &View<'_>, facts: &ServerFacts<'_>, blocker: &Blocker) -> Vec<Fix> {
    let (server, path) = (facts.id(), blocker.path.as_str());
    let set = |title: String, path: &str, value: serde_json::Value| {
        Fix::json(title, &server, vec![json!({"op": "add", "path": crate::path::pointer(path), "value": value})])
    };
    let remove =
        |title: &str, path: &str| Fix::json(title, &server, vec![json!({"op": "remove", "path": crate::path::pointer(path)})]);
    let mut out = Vec::new();
    if let Some((id, key)) = &blocker.reference {
        let store = view.world().secrets.get(&id.namespace, &id.name);
        let keys = store.into_iter().flat_map(|store| store.keys.keys()).filter(|other| *other != key);
        if let Some(near) = nearest(key, keys.map(String::as_str)) {
            out.push(set(format!("name the key {near:?}, which is there"), &format!("{path}.key"), json!(near)));
        }
        let has_key = store.is_some_and(|store| store.keys.contains_key(key));
        if path.starts_with("spec.additional") && !has_key {
            let title = "mark it as optional: what it adds is then left out".to_owned();
            out.push(set(title, &format!("{path}.optional"), json!(true)));
        } else if path.starts_with("spec.additional") {
            out.push(remove("go without it", path).widens("what it adds is then left out"));
        }
        let command = kubectl("edit", id);
        out.push(Fix::advice(format!("put {key:?} into Secret {}, as a YAML list where one is asked for", id.path()), command));
        return out;
    }
    match path {
        "spec.scrapeTimeout" => {
            let interval = facts.server.scrape_interval();
            out.push(set(format!("lower the timeout to the interval, {interval}"), path, json!(interval)));
        }
        "spec.version" => {
            out.push(remove("leave the version to the operator", path).widens("the operator then runs its default version"));
        }
        "spec.scrapeClasses" => {
            let defaults = facts.server.spec.scrape_classes.iter().enumerate().filter(|(_, class)| class.default == Some(true));
            let others =
                defaults.skip(1).map(|(at, _)| json!({"op": "remove", "path": format!("/spec/scrapeClasses/{at}/default")}));
            let fix = Fix::json("keep only the first default class", &server, others.collect());
            out.push(fix.widens("monitors without a class then get that one"));
        }
        _ if path.contains("elabelings[") => {
            let end = path.rfind(']').map_or(path.len(), |end| end + 1);
            out.push(remove("drop the rule", &path[..end]).widens("targets and samples then look as they do without it"));
        }
        _ if path.contains("elector.match") => {
            out.push(remove("drop the requirement", path).widens("everything that meets the rest is then selected"));
        }
        _ => {}
    }
    out
}
