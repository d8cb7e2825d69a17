//! Probes and ScrapeConfigs: no chain is walked for them, but whether the operator accepts them is told.

use serde_json::Value;

use super::server::{ConfigSight, ServerFacts};
use super::{State, Walk, Word, Written, choice};
use crate::operator::accept::{Acceptance, Reason, examine_other};
use crate::world::{Kind, ObjectId, Server, Table, World};

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

impl<'w> Walk<'w> {
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

fn others(world: &World) -> impl Iterator<Item = (Kind, &crate::world::Unjudged)> {
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
    let ConfigSight::Decoded(config, _) = &facts.config else { return false };
    let own = |origin: &crate::prometheus::config::Origin| {
        origin.kind == Some(object.kind) && origin.namespace == object.metadata.namespace && origin.name == object.metadata.name
    };
    config.jobs.iter().any(|job| job.origin.as_ref().is_some_and(own))
}
