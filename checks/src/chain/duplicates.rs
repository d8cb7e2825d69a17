//! Beside the chain: the same thing scraped twice (OP-SM-10, OP-CAUSE-42).

use std::collections::{BTreeMap, BTreeSet};

use super::Chain;
use super::ports::Wanted;
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
            Self::Services { monitor, .. } | Self::Endpoints { monitor, .. } => vec![monitor],
            Self::Monitors { monitors } | Self::Servers { monitors, .. } => monitors.iter().collect(),
        }
    }
}

/// Who fetches an address: chain, endpoint, Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Scrape {
    monitor: ObjectId,
    endpoint: usize,
    service: Option<ObjectId>,
    portless: bool,
}

/// Finds what is scraped twice among the chains of all servers.
pub(super) fn duplicates(chains: &[&Chain<'_>]) -> Vec<Duplicate> {
    let mut by_server: BTreeMap<ObjectId, BTreeMap<&str, Vec<Scrape>>> = BTreeMap::new();
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
                };
                by_server.entry(chain.server.id()).or_default().entry(target.fetched.as_str()).or_default().push(scrape);
            }
        }
    }
    let mut found: BTreeMap<(ObjectId, DuplicateKind), (usize, String)> = BTreeMap::new();
    for (server, addresses) in &by_server {
        for (fetched, scrapes) in addresses {
            for kind in kinds(scrapes) {
                let entry = found.entry((server.clone(), kind)).or_insert_with(|| (0, (*fetched).to_owned()));
                entry.0 += 1;
            }
        }
    }
    let servers: Vec<&ObjectId> = by_server.keys().collect();
    for (at, server) in servers.iter().enumerate() {
        for other in &servers[at + 1..] {
            let same = by_server[*server].iter().filter(|(fetched, _)| by_server[*other].contains_key(*fetched));
            let same: Vec<_> = same.collect();
            if let Some((fetched, _)) = same.first() {
                let monitors: BTreeSet<&ObjectId> =
                    same.iter().flat_map(|(_, scrapes)| scrapes.iter().map(|scrape| &scrape.monitor)).collect();
                let monitors = monitors.into_iter().cloned().collect();
                let kind = DuplicateKind::Servers { other: (*other).clone(), monitors };
                found.insert(((*server).clone(), kind), (same.len(), (**fetched).to_owned()));
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
            let services: Vec<ObjectId> = scrapes.iter().filter_map(|scrape| scrape.service.clone()).collect();
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
