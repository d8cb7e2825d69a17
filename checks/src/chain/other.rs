//! Probes, ScrapeConfigs and PrometheusRules: no chain is walked for them, but whether a server takes them, whether its
//! operator accepts them, and whether its shards share them out is told.

use serde_json::Value;

use super::selected::{Selected, selected};
use super::server::{ConfigSight, ServerFacts};
use super::{Chain, State, Walk, Word, Written, choice};
use crate::operator::accept::{Acceptance, Reason, examine_other};
use crate::operator::shard;
use crate::prometheus::config::Job;
use crate::world::{Kind, Meta, ObjectId, Server, Table, Unjudged, World};

/// A Probe or ScrapeConfig by the eyes of the operator of a server that takes it.
#[derive(Debug)]
pub struct Other<'w> {
    /// Which it is.
    pub id: ObjectId,
    /// Its spec as it was read.
    pub raw: &'w Value,
    /// The server.
    pub server: &'w Server,
    /// Whether the server is known to take it.
    pub taken: bool,
    /// What is known of its being accepted.
    pub acceptance: Acceptance,
    /// What the operator itself says.
    pub word: Word,
}

/// An object that no server takes, by the eyes of the server that comes nearest.
#[derive(Clone, Debug)]
pub struct Unselected<'w> {
    /// Which it is.
    pub id: ObjectId,
    /// Its metadata.
    pub metadata: &'w Meta,
    /// The server.
    pub server: &'w Server,
    /// How its selectors look at it.
    pub selected: Selected,
    /// The chain of a ServiceMonitor or PodMonitor.
    pub chain: Option<&'w Chain<'w>>,
}

impl Unselected<'_> {
    /// What to call it in a sentence.
    pub fn noun(&self) -> &'static str {
        if self.id.kind == Kind::PrometheusRule { "PrometheusRule" } else { "monitor" }
    }

    /// What a server does with what it takes.
    pub fn fate(&self) -> &'static str {
        if self.id.kind == Kind::PrometheusRule { "evaluated" } else { "scraped" }
    }
}

/// A Probe or ScrapeConfig of which each shard of a server scrapes all targets.
#[derive(Clone, Debug)]
pub struct InEveryShard<'w> {
    /// Which it is.
    pub id: ObjectId,
    /// Its spec as it was read.
    pub raw: &'w Value,
    /// The server.
    pub server: &'w Server,
    /// How many shards it has.
    pub shards: i64,
    /// The minor version of the first operator that shares them out.
    pub since: u32,
    /// Whether the configuration shows it, rather than the version of the operator.
    pub shown: bool,
}

impl<'w> Walk<'w> {
    /// The Probes, ScrapeConfigs and PrometheusRules that no server takes; none where a server may be that was not seen.
    pub(crate) fn unselected_others(&self) -> Vec<Unselected<'w>> {
        let world = self.world;
        if self.unseen_server.is_some() || world.sight.is_open() {
            return Vec::new();
        }
        let rules = world.unjudged.get(&Kind::PrometheusRule).into_iter().flat_map(Table::iter);
        let rules = rules.filter(|_| !has_ruler(world)).map(|object| (Kind::PrometheusRule, object));
        others(world).chain(rules).filter_map(|(kind, object)| self.unselected_by_all(kind, object)).collect()
    }

    fn unselected_by_all(&self, kind: Kind, object: &'w Unjudged) -> Option<Unselected<'w>> {
        let metadata = &object.metadata;
        let fits = |facts: &&ServerFacts<'w>| match kind {
            // An agent evaluates nothing.
            Kind::PrometheusRule => facts.server.kind == Kind::Prometheus,
            // An operator that does not know the kind reads no selector for it.
            Kind::ScrapeConfig => facts.since(SCRAPE_CONFIG) && !facts.unmanaged && !facts.server.is_daemon_set(),
            _ => !facts.unmanaged && !facts.server.is_daemon_set(),
        };
        let all = self.servers.iter().filter(fits);
        let all: Vec<(&ServerFacts<'w>, Selected)> =
            all.map(|facts| (facts, selected(self.world, kind, metadata, facts.server, false))).collect();
        if all.iter().any(|(_, selected)| !selected.state.is_failed()) {
            return None;
        }
        // Of equals the first, as with monitors.
        let (facts, selected) = all.into_iter().min_by_key(|(_, selected)| selected.distance())?;
        Some(Unselected { id: metadata.id(kind), metadata, server: facts.server, selected, chain: None })
    }

    /// The Probes and ScrapeConfigs that every shard of a server scrapes whole (OP-SHD-4).
    pub(crate) fn in_every_shard(&self) -> Vec<InEveryShard<'w>> {
        let mut out = Vec::new();
        for facts in self.servers.iter().filter(|facts| !facts.unmanaged && shard::shards(facts.server) > 1) {
            for (kind, object) in others(self.world) {
                let written = Written { kind, metadata: &object.metadata, raw: &object.raw };
                let since = shared_out_since(kind, &object.raw);
                let (whole, shown) = match job_of(facts, written) {
                    Some(job) => (!job.rules.iter().any(|rule| rule.action.eq_ignore_ascii_case("hashmod")), true),
                    None => (facts.operator_version.is_some() && !facts.since(since) && !shards_itself(&object.raw), false),
                };
                let known = kind != Kind::ScrapeConfig || facts.since(SCRAPE_CONFIG);
                let taken = || matches!(choice(self.world, kind, &object.metadata, facts.server), State::Passed);
                let refused = || !shown && !accepted(self.world, written, facts).rejections.is_empty();
                if whole && known && taken() && !refused() {
                    let (id, raw, server) = (object.metadata.id(kind), &object.raw, facts.server);
                    out.push(InEveryShard { id, raw, server, shards: shard::shards(server), since, shown });
                }
            }
        }
        out
    }

    /// The Probes and ScrapeConfigs that the operator refuses for a server that takes them, or for one that may be there and was not
    /// seen; not where the configuration holds their job all the same.
    pub(crate) fn refused_others(&self) -> Vec<Other<'w>> {
        let mut out = Vec::new();
        for (kind, object) in others(self.world) {
            let written = Written { kind, metadata: &object.metadata, raw: &object.raw };
            let taken = |facts: &&ServerFacts<'_>| !facts.unmanaged && !facts.server.is_daemon_set();
            let choices =
                self.servers.iter().filter(taken).map(|facts| (facts, choice(self.world, kind, &object.metadata, facts.server)));
            let mut takers: Vec<(&ServerFacts<'w>, bool)> = choices
                .filter(|(_, state)| !state.is_failed())
                .map(|(facts, state)| (facts, matches!(state, State::Passed)))
                .collect();
            if takers.is_empty() {
                takers.extend(self.unseen_server.as_ref().map(|facts| (facts, true)));
            }
            for (facts, taken) in takers {
                let mut acceptance = accepted(self.world, written, facts);
                let word = Word::of(self.world, kind, &object.metadata, &object.bindings, facts.server);
                if word == Word::Accepts {
                    acceptance.rejections.clear();
                }
                // An event alone may be of the past, unless the configuration shows that it still holds.
                let refused = word.refuses().is_some_and(|refuses| refuses.status || facts.decoded().is_some());
                if (refused || !acceptance.rejections.is_empty()) && !holds(facts, written) {
                    let (id, raw, server) = (object.metadata.id(kind), &object.raw, facts.server);
                    out.push(Other { id, raw, server, taken, acceptance, word });
                }
            }
        }
        out
    }
}

/// The minor version of the first operator that reads ScrapeConfigs.
const SCRAPE_CONFIG: u32 = 65;

/// The minor version of the first operator that shares the targets of an object out among shards (OP-SHD-4).
fn shared_out_since(kind: Kind, spec: &Value) -> u32 {
    match kind {
        Kind::ScrapeConfig => 72,
        _ if spec.pointer("/targets/staticConfig").is_some_and(|targets| !targets.is_null()) => 68,
        _ => 55,
    }
}

/// Whether relabelings of the object share its targets out.
fn shards_itself(spec: &Value) -> bool {
    let lists = ["/relabelings", "/targets/staticConfig/relabelingConfigs", "/targets/ingress/relabelingConfigs"];
    let rules = lists.iter().filter_map(|list| spec.pointer(list)).filter_map(Value::as_array).flatten();
    rules.filter_map(|rule| rule["action"].as_str()).any(|action| action.eq_ignore_ascii_case("hashmod"))
}

/// Whether a ThanosRuler runs, which takes PrometheusRules too: such objects are not read, but their pods are.
fn has_ruler(world: &World) -> bool {
    let is_ruler = |labels: &crate::world::Labels| {
        labels.contains_key("thanos-ruler") || labels.get("app.kubernetes.io/name").is_some_and(|name| name == "thanos-ruler")
    };
    world.pods.iter().any(|pod| is_ruler(&pod.metadata.labels))
}

fn others(world: &World) -> impl Iterator<Item = (Kind, &Unjudged)> {
    [Kind::Probe, Kind::ScrapeConfig]
        .into_iter()
        .flat_map(|kind| world.unjudged.get(&kind).into_iter().flat_map(Table::iter).map(move |object| (kind, object)))
}

/// What the operator of a server makes of a Probe or ScrapeConfig.
pub(crate) fn accepted(world: &World, object: Written<'_>, facts: &ServerFacts<'_>) -> Acceptance {
    let mut found = examine_other(world, object, facts.server, facts.operator_version, facts.prometheus_version);
    if !facts.unseen.is_empty() {
        // Which classes and which interval an unseen server has is not known; what any server refuses is.
        let of_server = |reason: &Reason| matches!(reason, Reason::ScrapeClass { .. } | Reason::Timeout { of_server: true, .. });
        found.rejections.retain(|rejection| !of_server(&rejection.reason));
        found.unknown.extend(facts.unseen.iter().cloned());
    }
    found
}

/// Whether the configuration that lies in the Secret holds a job of the object.
fn holds(facts: &ServerFacts<'_>, object: Written<'_>) -> bool {
    job_of(facts, object).is_some()
}

/// The job of the object in the configuration that lies in the Secret.
fn job_of<'f>(facts: &'f ServerFacts<'_>, object: Written<'_>) -> Option<&'f Job> {
    let ConfigSight::Decoded(config, _) = &facts.config else { return None };
    let own = |origin: &crate::prometheus::config::Origin| {
        origin.kind == Some(object.kind) && origin.namespace == object.metadata.namespace && origin.name == object.metadata.name
    };
    config.jobs.iter().find(|job| job.origin.as_ref().is_some_and(own))
}
