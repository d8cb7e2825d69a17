//! Two Services over the same pods, both selected by one monitor: each pod is scraped once for each, and only the
//! label `service` differs (OP-SM-10).

use std::collections::{BTreeMap, BTreeSet};

use crate::mend;
use crate::prelude::*;
use crate::selector::{Expression, IDENTITY, LabelSelector, VOLATILE};
use crate::world::Service;

pub(crate) const CHECK: Check = Check {
    code: "PD1301",
    name: "same-pods-through-services",
    summary: "a monitor scrapes the same pods through more than one Service",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for duplicate in view.duplicates() {
        let DuplicateKind::Services { monitor, services, .. } = &duplicate.kind else { continue };
        let Some(chain) = view.chain(monitor, &duplicate.server) else { continue };
        let found: Vec<&Service> = services.iter().filter_map(|id| view.service(&id.namespace, &id.name)).collect();
        let names: Vec<&str> = services.iter().map(|id| id.name.as_str()).collect();
        let headless: Vec<&str> =
            found.iter().filter(|service| service.is_headless()).map(|service| service.metadata.name.as_str()).collect();
        let pair = match headless.as_slice() {
            [one] => format!(" ({one} is headless)"),
            _ => String::new(),
        };
        let message = format!("Services {}{pair} lead to the same pods, and the monitor selects them all", list(&names, 4));
        let short = || format!("{} lead to the same pods, and the monitor selects them all", count(names.len(), "Service"));
        let finding = out.finding(&CHECK, monitor, mend::short(message, short));
        finding.on(chain).key(names.join(","));
        for (service, id) in found.iter().zip(services) {
            let pairs: Vec<String> =
                service.spec.selector.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
            finding.says(id, "spec.selector", pairs);
        }
        let note =
            format!("{} scraped more than once, for instance {}", count(duplicate.addresses, "address"), duplicate.example);
        finding.evidence(Evidence {
            reference: Some(monitor.into()),
            path: "spec.selector".to_owned(),
            note: Some(note),
            ..Evidence::default()
        });
        match narrow(chain, &found).or_else(|| mark(chain, &found)) {
            Some(fix) => {
                finding.fix(fix);
            }
            None => {
                let command = format!("kubectl -n {} get services --show-labels", services[0].namespace);
                finding.fix(Fix::advice("select only one of the Services, by a label that the others lack", command));
            }
        }
    }
}

/// Whether a selector in place of the monitor's own keeps every address, each by one Service per endpoint.
fn keeps_each_once(chain: &Chain<'_>, keeps: impl Fn(&Service) -> bool) -> bool {
    chain.endpoints.iter().all(|endpoint| {
        let mut through: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for target in &endpoint.targets {
            let services = through.entry(target.fetched.as_str()).or_default();
            services.extend(target.spot.service.filter(|service| keeps(service)).map(|service| service.metadata.name.as_str()));
        }
        through.values().all(|services| services.len() == 1)
    })
}

/// Asks for one label more that only the Services to keep have, or for the absence of one that they lack.
fn narrow(chain: &Chain<'_>, doubled: &[&Service]) -> Option<Fix> {
    let selector = &chain.monitor.spec.selector;
    // First those that keep no headless Service, then those that ask for a label rather than exclude one.
    let mut tried: Vec<((bool, bool, u8), LabelSelector, String)> = Vec::new();
    for service in doubled {
        for (key, value) in &service.metadata.labels {
            if VOLATILE.contains(&key.as_str()) || selector.match_labels.contains_key(key) {
                continue;
            }
            let mut with = selector.clone();
            with.match_labels.insert(key.clone(), value.clone());
            tried.push((
                (service.is_headless(), false, rank(key)),
                with,
                format!("ask for {key}={value}, which of these only {} has", service.metadata.name),
            ));
            let others = || doubled.iter().filter(|other| !std::ptr::eq(**other, *service));
            let alone = !others().any(|other| other.metadata.labels.contains_key(key));
            let (operator, values) = if alone { ("DoesNotExist", Vec::new()) } else { ("NotIn", vec![value.clone()]) };
            let mut without = selector.clone();
            without.match_expressions.push(Expression { key: key.clone(), operator: operator.to_owned(), values });
            let rank = (others().any(|other| other.is_headless()), true, rank(key));
            tried.push((rank, without, format!("leave out {}, which has {key}={value}", service.metadata.name)));
        }
    }
    tried.sort_by_key(|tried| tried.0);
    let fits = |with: &LabelSelector| keeps_each_once(chain, |service| with.matches(&service.metadata.labels));
    let (_, with, title) = tried.into_iter().find(|(_, with, _)| fits(with))?;
    let body = json!({"spec": {"selector": selector.patch_to(&with)}});
    Some(Fix::merge(title, &chain.monitor.id(), body))
}

/// A label that was made to mark what is monitored tells more than one that names a component or the object.
fn rank(key: &str) -> u8 {
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    match () {
        () if has(&["monitor", "metric", "scrape", "prometheus"]) => 0,
        () if has(&["component", "role", "tier"]) => 1,
        () if IDENTITY.contains(&key) || has(&["instance", "release"]) => 3,
        () => 2,
    }
}

/// Marks one of the Services and asks for the mark.
fn mark(chain: &Chain<'_>, doubled: &[&Service]) -> Option<Fix> {
    let mut services = doubled.to_vec();
    services.sort_by_key(|service| service.is_headless());
    let keep = services.into_iter().find(|kept| keeps_each_once(chain, |service| std::ptr::eq(service, *kept)))?;
    let pair = ("monitoring".to_owned(), "true".to_owned());
    if chain.matched.services.iter().any(|service| service.metadata.labels.contains_key(&pair.0)) {
        return None;
    }
    let id = keep.metadata.id(Kind::Service);
    let body = json!({"spec": {"selector": {"matchLabels": {pair.0.as_str(): pair.1.as_str()}}}});
    let fix = Fix::label(format!("mark {id} with a label and select by it"), &id, &[pair]);
    Some(fix.and(Fix::merge("", &chain.monitor.id(), body)))
}
