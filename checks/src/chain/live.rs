//! What the running pods of a server answered, put together: its pools over all shards and replicas.

use std::collections::{BTreeMap, BTreeSet};

use super::server::{ConfigSight, ServerFacts};
use crate::operator::shard;
use crate::prometheus::config::Config;
use crate::world::{Answer, Health, LivePod, LiveTarget, Unseen, UnseenReason, World};

/// The running pods of a server.
#[derive(Clone, Debug, Default)]
pub struct LiveServer<'w> {
    /// Those that were asked, answered or not.
    pub pods: Vec<&'w LivePod>,
    /// What is scraped and dropped, by pool.
    pub pools: BTreeMap<&'w str, LivePool<'w>>,
    /// Whether all pools of the pods that answered are known: one that is not there does not exist.
    pub all_pools: bool,
    /// Why a part of the targets is not known.
    pub missing: Vec<Unseen>,
    /// The pools that were asked about, where that was not all of them.
    pub only: Option<BTreeSet<&'w str>>,
}

/// The targets of a pool.
#[derive(Clone, Debug, Default)]
pub struct LivePool<'w> {
    /// Those that are scraped; one that several replicas scrape stands once, as it is worst.
    pub active: Vec<&'w LiveTarget>,
    /// How many are dropped, in the pod that drops most.
    pub dropped: usize,
    /// How many of the pods that answered have the pool.
    pub pods: usize,
}

impl LiveServer<'_> {
    /// Whether any pod told its targets.
    pub fn answered(&self) -> bool {
        self.pods.iter().any(|pod| pod.targets.given().is_some())
    }

    /// Whether the targets of a pool were asked about.
    pub fn tells_of(&self, pool: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(pool))
    }
}

/// Finds the answers of each server, in the order of the servers. An answer that does not tell whose it is belongs to
/// the only server, or to the one whose configuration holds most of its pools.
pub(super) fn assign<'w>(world: &'w World, servers: &[ServerFacts<'w>]) -> Vec<LiveServer<'w>> {
    let mut out: Vec<Vec<&'w LivePod>> = servers.iter().map(|_| Vec::new()).collect();
    for pod in &world.live {
        let named = |(namespace, name): &(String, String)| {
            servers.iter().position(|facts| facts.server.metadata.namespace == *namespace && facts.server.metadata.name == *name)
        };
        let at = match &pod.server {
            Some(server) => named(server),
            None if servers.len() == 1 => Some(0),
            None => by_pools(pod, servers),
        };
        if let Some(at) = at {
            out[at].push(pod);
        }
    }
    out.into_iter().zip(servers).map(|(pods, facts)| server(pods, facts)).collect()
}

fn by_pools(pod: &LivePod, servers: &[ServerFacts<'_>]) -> Option<usize> {
    let pools = pod.targets.given()?.pools();
    let shared = |config: &Config| config.jobs.iter().filter(|job| pools.contains(job.name.as_str())).count();
    let mut found: Vec<(usize, usize)> = servers
        .iter()
        .enumerate()
        .filter_map(|(at, facts)| match facts.config {
            ConfigSight::Decoded(config, _) => Some((shared(config), at)),
            _ => None,
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    match found.as_slice() {
        [(_, at)] => Some(*at),
        [(most, at), (next, _), ..] if most > next => Some(*at),
        _ => None,
    }
}

/// What tells a target from others of its pool: URL and labels.
type Identity<'w> = (&'w str, Vec<(&'w str, &'w str)>);

fn server<'w>(pods: Vec<&'w LivePod>, facts: &ServerFacts<'_>) -> LiveServer<'w> {
    let mut out = LiveServer { all_pools: true, ..LiveServer::default() };
    let mut seen: BTreeMap<&'w str, BTreeMap<Identity<'w>, &'w LiveTarget>> = BTreeMap::new();
    let mut answered = 0u32;
    for pod in &pods {
        let targets = match &pod.targets {
            Answer::Given(targets) => targets,
            Answer::Failed(why) => {
                let of = if pod.pod.is_empty() { String::new() } else { format!(" of pod {}", pod.pod) };
                out.missing.push(Unseen { reason: UnseenReason::Failed, need: format!("the targets{of}: {why}") });
                continue;
            }
            Answer::NotAsked => continue,
        };
        answered += 1;
        if !targets.only.is_empty() {
            out.only.get_or_insert_default().extend(targets.only.iter().map(String::as_str));
        }
        out.all_pools &= targets.all_pools;
        let mut here: BTreeSet<&'w str> = BTreeSet::new();
        for target in &targets.active {
            here.insert(&target.pool);
            let labels = target.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let kept = seen.entry(&target.pool).or_default().entry((&target.url, labels)).or_insert(target);
            if target.health > kept.health {
                *kept = target;
            }
        }
        for (pool, dropped) in &targets.dropped {
            here.insert(pool);
            let pool = out.pools.entry(pool).or_default();
            pool.dropped = pool.dropped.max(*dropped);
        }
        for pool in here {
            out.pools.entry(pool).or_default().pods += 1;
        }
    }
    for (pool, targets) in seen {
        out.pools.entry(pool).or_default().active = targets.into_values().collect();
    }
    out.all_pools &= answered > 0;
    // Each shard has other targets; an answer alone does not tell of which shard it is.
    let shards = shard::shards(facts.server);
    if answered > 0 && out.missing.is_empty() && i64::from(answered) < shards {
        let need = format!("the targets of all {shards} shards: only {answered} of their pods answered");
        out.missing.push(Unseen { reason: UnseenReason::NotAsked, need });
    }
    out.pods = pods;
    out
}

impl LivePool<'_> {
    /// How many of its targets are of a health.
    pub fn count(&self, health: Health) -> usize {
        self.active.iter().filter(|target| target.health == health).count()
    }
}
