//! The selector of a matched Service chooses no pod: then nothing is behind it, and nothing is discovered.

use crate::prelude::*;
use crate::selector::Near;
use crate::world::Service;

pub(crate) const CHECK: Check = Check {
    code: "PD0901",
    name: "service-selects-no-pods",
    summary: "the selector of a Service matches no pod",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::SelectsNoPods(near, workloads_seen) = found.empty else { continue };
            let finding = no_pods(view, found.service, near, found.decides, out);
            finding.on(chain).weigh(&found).likely_if(!workloads_seen);
        }
    }
}

fn no_pods<'o>(view: &View<'_>, service: &Service, near: &[NearObject], decides: bool, out: &'o mut Out) -> &'o mut Draft {
    let id = service.metadata.id(Kind::Service);
    let pair = |(key, value): (&String, &String)| format!("{key}={value}");
    let Some(nearest) = near.first() else {
        let all: Vec<String> = service.selector().into_iter().flatten().map(pair).collect();
        let message = format!("the selector of Service {} matches no pod: none has {}", id.name, list(&all, 2));
        let finding = out.finding(&CHECK, &id, message);
        let keys = || service.selector().into_iter().flatten().map(|(key, _)| key.as_str());
        return finding.says(&id, "spec.selector", all).fix(look(&id, keys().find(|key| is_of_one_pod(key)), decides));
    };
    let wanted: Vec<String> = nearest.misses.iter().map(|miss| asked(miss).join("=")).collect();
    let has: Vec<String> =
        nearest.misses.iter().filter_map(|miss| Some(format!("{}={}", miss.requirement.key, miss.found.as_ref()?))).collect();
    // In files there are no pods, but templates of them.
    let pods = match view.world().assumed.get(&nearest.id) {
        Some(maker) => format!("the pods of {} {}", maker.kind, maker.name),
        None => "the nearest pods".to_owned(),
    };
    let there = if has.is_empty() { format!("which {pods} lack") } else { format!("{pods} have {}", list(&has, 2)) };
    let message = format!("the selector of Service {} matches no pod: it asks for {}, {there}", id.name, list(&wanted, 2));
    let finding = out.finding(&CHECK, &id, message);
    for miss in &nearest.misses {
        let key = crate::path::key_text(&miss.requirement.key);
        let other = Some((&nearest.id, format!("metadata.labels{key}")));
        let found: Vec<String> = miss.found.iter().cloned().collect();
        finding.compared(&id, format!("spec.selector{key}"), miss.requirement.values.as_slice(), found, other);
        if let (Some(Near::OtherKey { key, value }), Some(last)) = (&miss.near, finding.evidence.last_mut()) {
            last.note = Some(format!("it has {key}={value}"));
        }
    }
    let one = nearest.misses.iter().map(|miss| miss.requirement.key.as_str()).find(|key| is_of_one_pod(key));
    match select(service, nearest).filter(|_| decides && one.is_none()) {
        Some(fix) => finding.fix(fix),
        None => finding.fix(look(&id, one, decides)),
    }
}

/// Advice where the selector is not the thing to change.
fn look(id: &ObjectId, one: Option<&str>, decides: bool) -> Fix {
    let show = one.map_or_else(|| "--show-labels".to_owned(), |key| format!("-L {key}"));
    let command = format!("kubectl -n {} get pods {show}", id.namespace);
    match one {
        Some(key) => Fix::advice(format!("see why no pod has that {key} now"), command)
            .note("leave the selector as it is: it stands for certain pods, not for whichever there are"),
        None if decides => Fix::advice("select by labels that the pods have", command),
        None => Fix::advice("look whether it is empty on purpose", command)
            .note("perhaps it is empty on purpose: other Services of the monitor yield"),
    }
}

fn asked(miss: &crate::selector::Miss) -> [&str; 2] {
    [&miss.requirement.key, miss.requirement.values.first().map(String::as_str).unwrap_or_default()]
}

/// Takes the values that the nearest pod has, and drops the keys that it has not; not if nothing were left, because an
/// empty selector selects nothing.
fn select(service: &Service, nearest: &NearObject) -> Option<Fix> {
    let mut after = service.selector()?.clone();
    let mut change = serde_json::Map::new();
    for miss in &nearest.misses {
        let [key, value] = asked(miss);
        after.remove(key);
        change.insert(key.to_owned(), serde_json::Value::Null);
        let instead = match (&miss.found, &miss.near) {
            (Some(found), _) => Some((key, found.as_str())),
            (None, Some(Near::OtherKey { key, value: found })) if found == value => Some((key.as_str(), found.as_str())),
            _ => None,
        };
        if let Some((key, found)) = instead.filter(|(key, _)| !after.contains_key(*key)) {
            after.insert(key.to_owned(), found.to_owned());
            change.insert(key.to_owned(), found.into());
        }
    }
    if after.is_empty() {
        return None;
    }
    let id = service.metadata.id(Kind::Service);
    let fix = Fix::merge("select by labels that the pods have", &id, json!({"spec": {"selector": change}}));
    Some(fix.widens("the Service then also serves these pods to its other clients"))
}
