//! An endpoint without any port takes every port of every pod (OP-SM-4, OP-PM-4). Often it is the second half of the
//! endpoint beside it, split off by a stray dash.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::prelude::*;
use crate::prometheus::relabel::Action;
use crate::world::RelabelConfig;

pub(crate) const CHECK: Check = Check {
    code: "PD1006",
    name: "no-port-selected",
    summary: "an endpoint asks for no port, so that every port is scraped",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for endpoint in chain.endpoints.iter().filter(|endpoint| endpoint.wanted == Wanted::Any) {
            judge(chain, endpoint, out);
        }
    }
}

fn judge(chain: &Chain<'_>, endpoint: &EndpointFacts<'_>, out: &mut Out) {
    let neighbour = torn_off(chain, endpoint.index);
    let ports = ports(endpoint);
    // Whoever keeps or drops targets by rules of their own has chosen.
    let chooses = |rule: &RelabelConfig| rule.action().is_some_and(Action::chooses_targets);
    let chosen = chain.monitor.spec.endpoints[endpoint.index].relabelings.iter().any(chooses);
    let several = takes_several(endpoint) && !chosen;
    // Whatever port the neighbour takes is then scraped a second time.
    let fetches_the_same = own(chain, endpoint.index).is_some_and(|own| own.keys().all(|key| is_tuning(key)));
    if !several && (neighbour.is_none() || !fetches_the_same) {
        return;
    }
    let monitor = chain.monitor.id();
    let name = endpoint.name(chain.monitor);
    let shown: Vec<String> = ports.iter().cloned().collect();
    let containers = containers(endpoint);
    let takes = match (shown.as_slice(), containers.as_slice()) {
        ([], []) => "every port".to_owned(),
        ([], containers) => format!("every container ({})", list(containers, 4)),
        (ports, _) => format!("every port ({})", list(ports, 4)),
    };
    let field = chain.monitor.endpoints_field();
    let torn = neighbour.map(|other| format!("; it looks like part of {field}[{other}], split off by a dash"));
    let message = format!("{name} asks for no port and so takes {takes}{}", torn.unwrap_or_default());
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).endpoint(endpoint.index).likely_if(!several);
    let taken = shown.into_iter().chain(containers.into_iter().map(|name| format!("container {name}")));
    finding.says(&monitor, endpoint.path(chain.monitor), taken.collect::<Vec<_>>());
    if let Some(fix) = neighbour.and_then(|other| merged(chain, endpoint.index, other)) {
        finding.fix(fix);
    }
    let names: BTreeSet<String> = endpoint.targets.iter().filter_map(|target| name_of(chain, target)).collect();
    if let Some(name) = guess_port("metrics", &names.into_iter().collect::<Vec<_>>()) {
        finding.fix(mend::ask_for(chain, endpoint, "port", name));
    }
}

/// Whether a field of an endpoint plays no role for what is fetched.
fn is_tuning(field: &str) -> bool {
    field.ends_with("elabelings") || ["interval", "scrapeTimeout", "honorLabels", "honorTimestamps"].contains(&field)
}

/// The name by which `port` would ask for a target.
fn name_of(chain: &Chain<'_>, target: &Target<'_>) -> Option<String> {
    let declared = target.spot.container_port.map(|port| port.name().to_owned());
    let name = if chain.monitor.is_pod_monitor() { declared } else { target.spot.endpoint_port.clone() };
    name.filter(|name| !name.is_empty())
}

/// Numbers with names.
fn ports(endpoint: &EndpointFacts<'_>) -> BTreeSet<String> {
    let words = |target: &Target<'_>| {
        let name = target.spot.endpoint_port.clone().filter(|name| !name.is_empty());
        let name = name.or_else(|| target.spot.container_port.map(|port| port.name().to_owned())).unwrap_or_default();
        Some(format!("{} {name}", target.spot.port?).trim().to_owned())
    };
    endpoint.targets.iter().filter_map(words).collect()
}

/// Containers that are taken without a port, because they declare none.
fn containers(endpoint: &EndpointFacts<'_>) -> Vec<String> {
    let portless = endpoint.targets.iter().filter(|target| target.spot.port.is_none());
    let names: BTreeSet<&str> = portless.filter_map(|target| Some(target.spot.container?.name.as_str())).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Whether some address is scraped by several ports, or by one that no Service port leads to.
fn takes_several(endpoint: &EndpointFacts<'_>) -> bool {
    type Ports<'a> = BTreeSet<(Option<i64>, &'a str)>;
    let mut of_host: BTreeMap<(&str, &str), Ports<'_>> = BTreeMap::new();
    for target in &endpoint.targets {
        let spot = &target.spot;
        let container = spot.container.map(|container| container.name.as_str()).filter(|_| spot.port.is_none());
        let service = spot.service.map(|service| service.metadata.name.as_str()).unwrap_or_default();
        of_host.entry((spot.host.as_str(), service)).or_default().insert((spot.port, container.unwrap_or_default()));
    }
    of_host.values().any(|ports| ports.len() > 1)
}

fn own<'a>(chain: &'a Chain<'_>, index: usize) -> Option<&'a Map<String, Value>> {
    chain.monitor.raw.get(chain.monitor.endpoints_field())?.get(index)?.as_object()
}

/// The endpoint beside it that has a port and that it completes: none of its fields is set in both.
fn torn_off(chain: &Chain<'_>, index: usize) -> Option<usize> {
    let mine = own(chain, index)?;
    [index.checked_sub(1), Some(index + 1)].into_iter().flatten().find(|&other| {
        let asks = chain.endpoints.get(other).is_some_and(|other| other.wanted != Wanted::Any);
        asks && !mine.is_empty() && own(chain, other).is_some_and(|theirs| !mine.keys().any(|key| theirs.contains_key(key)))
    })
}

fn merged(chain: &Chain<'_>, index: usize, other: usize) -> Option<Fix> {
    let mut body = own(chain, other)?.clone();
    body.extend(own(chain, index)?.clone());
    let at = format!("/spec/{}", chain.monitor.endpoints_field());
    let operations = vec![
        json!({"op": "replace", "path": format!("{at}/{other}"), "value": body}),
        json!({"op": "remove", "path": format!("{at}/{index}")}),
    ];
    let field = chain.monitor.endpoints_field();
    Some(Fix::json(format!("make {field}[{index}] part of {field}[{other}]: drop the dash"), &chain.monitor.id(), operations))
}
