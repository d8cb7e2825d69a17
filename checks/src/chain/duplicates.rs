//! Beside the chain: the same thing scraped twice (OP-SM-10, OP-CAUSE-42).

use std::collections::{BTreeMap, BTreeSet};

use super::Chain;
use super::ports::{Target, Wanted};
use crate::prometheus::relabel::Action;
use crate::world::{ObjectId, RelabelConfig};

/// Things that one server scrapes more than once, or that two servers scrape.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// Why.
    pub kind: DuplicateKind,
    /// The server.
    pub server: ObjectId,
    /// How many addresses it concerns.
    pub addresses: usize,
    /// One of them.
    pub example: String,
}

/// Why something is scraped twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DuplicateKind {
    /// One endpoint of a monitor reaches the same pods through several Services.
    Services {
        /// The monitor.
        monitor: ObjectId,
        /// The endpoint.
        endpoint: usize,
        /// The Services.
        services: Vec<ObjectId>,
    },
    /// One endpoint reaches pods behind a Service by an IPv4 and by an IPv6 address.
    Families {
        /// The monitor.
        monitor: ObjectId,
        /// The endpoint.
        endpoint: usize,
        /// The Service.
        service: ObjectId,
    },
    /// Two endpoints of one monitor.
    Endpoints {
        /// The monitor.
        monitor: ObjectId,
        /// The endpoints.
        endpoints: Vec<usize>,
    },
    /// Two monitors.
    Monitors {
        /// The monitors.
        monitors: Vec<ObjectId>,
    },
    /// Another server scrapes the same.
    Servers {
        /// The other server.
        other: ObjectId,
        /// The monitors by which this one does.
        monitors: Vec<ObjectId>,
    },
}

impl DuplicateKind {
    /// The monitors that are concerned.
    pub fn monitors(&self) -> Vec<&ObjectId> {
        match self {
            Self::Services { monitor, .. } | Self::Families { monitor, .. } | Self::Endpoints { monitor, .. } => vec![monitor],
            Self::Monitors { monitors } | Self::Servers { monitors, .. } => monitors.iter().collect(),
        }
    }
}

/// Who fetches an address: chain, endpoint, Service; and what is fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Scrape {
    monitor: ObjectId,
    endpoint: usize,
    service: Option<ObjectId>,
    portless: bool,
    ipv6: bool,
    fetched: String,
}

/// Finds what is scraped twice among the chains of all servers.
pub(super) fn duplicates(chains: &[&Chain<'_>]) -> Vec<Duplicate> {
    // What is behind an address counts, not the address: a pod has one of each family (SD-EPS-7).
    let mut pods: BTreeMap<&str, String> = BTreeMap::new();
    for spot in chains.iter().flat_map(|chain| &chain.endpoints).flat_map(|facts| &facts.targets).map(|target| &target.spot) {
        if let Some(pod) = spot.pod {
            let name = || format!("pod {}/{}", pod.metadata.namespace, pod.metadata.name);
            pods.entry(spot.host.as_str()).or_insert_with(name);
        }
    }
    let behind = |target: &Target<'_>| match (pods.get(target.spot.host.as_str()), target.spot.port) {
        (Some(pod), Some(port)) => target.fetched.replacen(&target.spot.address(), &format!("{pod}:{port}"), 1),
        _ => target.fetched.clone(),
    };
    let mut by_server: BTreeMap<ObjectId, BTreeMap<String, Vec<Scrape>>> = BTreeMap::new();
    for chain in chains.iter().filter(|chain| chain.yields()) {
        for facts in &chain.endpoints {
            let endpoint = &chain.monitor.spec.endpoints[facts.index];
            // Rules of the user may make two scrapes of one address differ, or drop one of them.
            let class = super::scrape_class(chain.monitor, chain.server).into_iter().flat_map(|class| &class.relabelings);
            if endpoint.relabelings.iter().chain(class).any(changes_targets) {
                continue;
            }
            for target in facts.targets.iter().filter(|target| chain.may_list(target.spot.namespace)) {
                let scrape = Scrape {
                    monitor: chain.monitor.id(),
                    endpoint: facts.index,
                    service: target.spot.service.map(|service| service.metadata.id(crate::world::Kind::Service)),
                    portless: facts.wanted == Wanted::Any,
                    ipv6: target.spot.host.contains(':'),
                    fetched: target.fetched.clone(),
                };
                by_server.entry(chain.server.id()).or_default().entry(behind(target)).or_default().push(scrape);
            }
        }
    }
    let mut found: BTreeMap<(ObjectId, DuplicateKind), (usize, String)> = BTreeMap::new();
    for (server, addresses) in &by_server {
        for scrapes in addresses.values() {
            for kind in kinds(scrapes) {
                let entry = found.entry((server.clone(), kind)).or_insert_with(|| (0, scrapes[0].fetched.clone()));
                entry.0 += 1;
            }
        }
    }
    let servers: Vec<&ObjectId> = by_server.keys().collect();
    for (at, server) in servers.iter().enumerate() {
        for other in &servers[at + 1..] {
            let same = by_server[*server].iter().filter(|(fetched, _)| by_server[*other].contains_key(fetched.as_str()));
            let same: Vec<_> = same.collect();
            if let Some((_, scrapes)) = same.first() {
                let monitors: BTreeSet<&ObjectId> =
                    same.iter().flat_map(|(_, scrapes)| scrapes.iter().map(|scrape| &scrape.monitor)).collect();
                let monitors = monitors.into_iter().cloned().collect();
                let kind = DuplicateKind::Servers { other: (*other).clone(), monitors };
                found.insert(((*server).clone(), kind), (same.len(), scrapes[0].fetched.clone()));
            }
        }
    }
    let duplicate = |((server, kind), (addresses, example))| Duplicate { kind, server, addresses, example };
    found.into_iter().map(duplicate).collect()
}

/// The ways in which the scrapes of one address double each other.
fn kinds(scrapes: &[Scrape]) -> Vec<DuplicateKind> {
    let mut scrapes = scrapes.to_vec();
    scrapes.sort();
    scrapes.dedup();
    let mut out = Vec::new();
    let mut by_monitor: BTreeMap<&ObjectId, BTreeMap<usize, Vec<&Scrape>>> = BTreeMap::new();
    for scrape in &scrapes {
        by_monitor.entry(&scrape.monitor).or_default().entry(scrape.endpoint).or_default().push(scrape);
    }
    for (monitor, endpoints) in &by_monitor {
        for (endpoint, scrapes) in endpoints {
            let mut services: Vec<ObjectId> = scrapes.iter().filter_map(|scrape| scrape.service.clone()).collect();
            services.dedup();
            for service in &services {
                let of =
                    |ipv6: bool| scrapes.iter().any(|scrape| scrape.ipv6 == ipv6 && scrape.service.as_ref() == Some(service));
                if of(false) && of(true) {
                    let (monitor, endpoint, service) = ((*monitor).clone(), *endpoint, service.clone());
                    out.push(DuplicateKind::Families { monitor, endpoint, service });
                }
            }
            if services.len() > 1 {
                out.push(DuplicateKind::Services { monitor: (*monitor).clone(), endpoint: *endpoint, services });
            }
        }
        // An endpoint without a port takes everything: that is a matter of the link `ports`.
        let named: Vec<usize> = endpoints.iter().filter(|(_, scrapes)| !scrapes[0].portless).map(|(at, _)| *at).collect();
        if named.len() > 1 {
            out.push(DuplicateKind::Endpoints { monitor: (*monitor).clone(), endpoints: named });
        }
    }
    if by_monitor.len() > 1 {
        out.push(DuplicateKind::Monitors { monitors: by_monitor.keys().map(|id| (*id).clone()).collect() });
    }
    out
}

/// Whether a rule of the user may drop targets, change what is fetched, or make two targets the same by writing the
/// label that tells their Services apart.
pub fn changes_targets(rule: &RelabelConfig) -> bool {
    match rule.action() {
        Some(action) if action.may_drop_targets() => true,
        Some(Action::HashMod | Action::LabelMap | Action::LabelDrop) => true,
        _ => rule.target_label == "service" || rule.target_label.starts_with("__") || rule.target_label.contains('$'),
    }
}
