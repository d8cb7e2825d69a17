//! What the operator makes of a change: the configurations that it will write.
//!
//! What lies in a Secret was written from the objects as they are. For those that change it says nothing any more, and
//! all else of it holds: so what the operator would write is worked out before and after, and only where the two differ
//! it takes the place of what is there. Where the operator writes nothing (OP-SYNC-4), all stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::{Change, ChangeKind, Note, Says};
use crate::chain::{
    Chain, ConfigSight, EndpointJob, ServerFacts, State, Walk, WatchTrouble, Written, choice, is_job_of, other_accepted,
};
use crate::operator::find::operators;
use crate::prometheus::config::{Config, Foretold, GeneratedConfig, Job, Payload};
use crate::world::{CONFIG_KEY, KeyFact, KeyStore, Kind, Meta, MonitorStatus, ObjectId, Server, Table, Unjudged, World};

type Changes = BTreeMap<ObjectId, Change>;

/// Lets the operator react to what was laid over a world.
pub(super) fn sync(before: &World, after: &mut World, changes: &Changes, grace: i64) -> Vec<Note> {
    let changed: BTreeSet<&ObjectId> =
        changes.iter().filter(|(_, change)| change.kind != ChangeKind::Unchanged).map(|(id, _)| id).collect();
    if !concerns_operator(before, after, &changed) {
        return Vec::new();
    }
    let was = Walk::matching(before, grace, None);
    let mended = mended(&was, after, grace);
    for id in &mended {
        let monitors: Vec<_> =
            after.monitors.named(&id.namespace, &id.name).filter(|monitor| monitor.kind == id.kind).cloned().collect();
        for mut monitor in monitors {
            monitor.status = MonitorStatus::default();
            after.monitors.put(monitor);
        }
    }
    let mut notes = Vec::new();
    let mut stores = Vec::new();
    let mut servers = Vec::new();
    {
        let is = Walk::matching(after, grace, None);
        for facts in &is.servers {
            let id = facts.id();
            let old = was.servers.iter().find(|old| old.id() == id);
            let sync = Sync { was: &was, is: &is, old, facts, changed: &changed };
            if let Some(config) = sync.run(&mut notes) {
                stores.push(store(facts, config));
                // What kept the operator from it is mended, and with it what it said about that.
                let said = |server: &Server| server.condition("Reconciled").is_some_and(|condition| condition.status == "False");
                if said(facts.server) {
                    let mut server = facts.server.clone();
                    if let Some(status) = &mut server.status {
                        status.conditions.retain(|condition| condition.kind != "Reconciled");
                    }
                    servers.push(server);
                }
            }
        }
    }
    stores.into_iter().for_each(|store| after.secrets.put(store));
    servers.into_iter().for_each(|server| after.servers.put(server));
    notes.sort();
    notes.dedup();
    notes
}

/// Whether anything changed that the operator looks at: its own kinds, namespaces, what monitors refer to, its rights,
/// and itself.
fn concerns_operator(before: &World, after: &World, changed: &BTreeSet<&ObjectId>) -> bool {
    let looked_at = |id: &&&ObjectId| {
        id.kind.is_monitoring() && id.kind != Kind::PrometheusRule
            || matches!(
                id.kind,
                Kind::Namespace
                    | Kind::Secret
                    | Kind::ConfigMap
                    | Kind::Role
                    | Kind::ClusterRole
                    | Kind::RoleBinding
                    | Kind::ClusterRoleBinding
                    | Kind::CustomResourceDefinition
            )
    };
    let itself = || {
        let ids: BTreeSet<ObjectId> = [before, after].into_iter().flat_map(operators).map(|operator| operator.id).collect();
        changed.iter().any(|id| ids.contains(*id))
    };
    changed.iter().any(|id| looked_at(&id)) || itself()
}

/// Monitors that the operator said it refuses, for a reason that we know and that the change does away with.
fn mended(was: &Walk<'_>, after: &World, grace: i64) -> Vec<ObjectId> {
    let refused =
        |chain: &&Chain<'_>| chain.accepted.word.refuses().is_some() && !chain.accepted.examination.rejections.is_empty();
    let of = |walk: &Walk<'_>| -> BTreeSet<ObjectId> {
        walk.monitors
            .iter()
            .filter(|facts| facts.chains.iter().any(|chain| refused(&chain)))
            .map(|facts| facts.monitor.id())
            .collect()
    };
    let before = of(was);
    if before.is_empty() {
        return before.into_iter().collect();
    }
    let still = of(&Walk::matching(after, grace, None));
    before.into_iter().filter(|id| !still.contains(id)).collect()
}

/// The Secret of a server with another configuration.
fn store(facts: &ServerFacts<'_>, config: Config) -> KeyStore {
    let Server { metadata, .. } = facts.server;
    let size = if let ConfigSight::Decoded(_, size) = facts.config { size } else { 0 };
    KeyStore {
        metadata: Meta { name: facts.server.config_secret(), namespace: metadata.namespace.clone(), ..Meta::default() },
        keys: [(CONFIG_KEY.to_owned(), KeyFact { size, ..KeyFact::default() })].into(),
        config: Some(GeneratedConfig { size, payload: Payload::Decoded(config) }),
        masked: false,
    }
}

/// Whether an operator acts upon a change.
enum Acts {
    Yes,
    /// It does not, and why.
    No(String),
    /// That is not known; it is taken to act.
    Unknown(String),
}

/// Whether a server takes an object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
    Unknown(String),
}

/// What the operator makes of an object for a server.
#[derive(Clone, Debug, PartialEq)]
struct Will {
    taken: Taken,
    /// The jobs that it would write; `None` where they are not known.
    jobs: Option<Vec<Value>>,
}

/// The next sync of one server.
struct Sync<'s, 'w> {
    was: &'s Walk<'w>,
    is: &'s Walk<'w>,
    old: Option<&'s ServerFacts<'w>>,
    facts: &'s ServerFacts<'w>,
    changed: &'s BTreeSet<&'s ObjectId>,
}

impl<'w> Sync<'_, 'w> {
    /// The configuration that will be written; `None` where what lies in the Secret stays, or was not seen.
    fn run(&self, notes: &mut Vec<Note>) -> Option<Config> {
        let id = self.facts.id();
        let note = |says: Says, text: String| Note { server: Some((&id).into()), says, text };
        let acts = self.acts();
        // What was held up until now gets in together with the change.
        let held_up = self.old.is_some_and(|old| matches!(self.acted(old), Acts::No(_)));
        let (config, fresh) = match (&self.facts.config, self.old) {
            (ConfigSight::Decoded(config, _), Some(old)) if !old.unmanaged => (Some(*config), false),
            (ConfigSight::Unseen(_), Some(_)) => return None,
            // A Secret that should be there and is not will not come by itself.
            (ConfigSight::Missing | ConfigSight::NoKey(_) | ConfigSight::Empty | ConfigSight::Undecodable(_), Some(_))
                if !held_up =>
            {
                return None;
            }
            _ => (None, true),
        };
        let mut plan = Rewrite { config, fresh, held_up, ..Rewrite::default() };
        for monitor in self.is.world.monitors.iter() {
            self.monitor(&monitor.id(), &mut plan);
        }
        for kind in [Kind::Probe, Kind::ScrapeConfig] {
            for object in self.is.world.unjudged.get(&kind).into_iter().flat_map(Table::iter) {
                self.other(kind, object, &mut plan);
            }
        }
        let additional = self.additional(fresh).map(|text| note(Says::NotKnown, text));
        if plan.is_nothing() && !fresh && !self.global_differs() {
            notes.extend(additional.filter(|_| !matches!(acts, Acts::No(_))));
            return None;
        }
        match acts {
            Acts::No(_) if !plan.differs && !self.global_differs() && self.old.is_some() => return None,
            Acts::No(why) => {
                notes.push(note(Says::NoEffect, format!("its configuration stays as it is: {why}")));
                return None;
            }
            Acts::Unknown(why) => {
                notes.push(note(Says::NotKnown, format!("whether the operator acts upon the change is not known: {why}")));
            }
            Acts::Yes => {}
        }
        notes.extend(additional);
        for (open, why) in &plan.foretold.open {
            notes.push(note(Says::NotKnown, format!("the jobs of {open} are not known: {why}")));
        }
        let mut config = match config {
            Some(config) => config.rewritten(&plan.without, plan.jobs, plan.foretold),
            None => Config::foretold(self.global(), plan.jobs, plan.foretold),
        };
        if self.global_differs()
            && let (Value::Object(new), Some(global)) = (self.global(), config.redacted.get_mut("global"))
        {
            new.into_iter().for_each(|(key, value)| global[&key] = value);
        }
        Some(config)
    }

    /// What stands in front of the jobs, as far as it matters to targets.
    fn global(&self) -> Value {
        let spec = &self.facts.server.spec;
        let mut global = json!({"scrape_interval": self.facts.server.scrape_interval()});
        if !spec.scrape_timeout.is_empty() {
            global["scrape_timeout"] = json!(spec.scrape_timeout);
        }
        if let Some(scheme) = self.facts.server.raw.get("nameValidationScheme").and_then(Value::as_str) {
            global["metric_name_validation_scheme"] = json!(scheme.to_ascii_lowercase());
        }
        global
    }

    fn global_differs(&self) -> bool {
        let of = |server: &Server| {
            let scheme = server.raw.get("nameValidationScheme").cloned();
            (server.scrape_interval().to_owned(), server.spec.scrape_timeout.clone(), scheme)
        };
        self.old.is_some_and(|old| of(old.server) != of(self.facts.server))
    }

    /// Jobs that come from no monitor, where they change too.
    fn additional(&self, fresh: bool) -> Option<String> {
        let reference = self.facts.server.spec.additional_scrape_configs.as_ref();
        let before = self.old.and_then(|old| old.server.spec.additional_scrape_configs.as_ref());
        let secret =
            reference.map(|reference| ObjectId::new(Kind::Secret, &self.facts.server.metadata.namespace, &reference.name));
        let touched = secret.as_ref().is_some_and(|secret| self.changed.contains(secret));
        let named = |reference: &crate::world::KeyRef| format!("key {:?} of Secret {}", reference.key, reference.name);
        match reference {
            Some(reference) if fresh || touched || before != Some(reference) => {
                Some(format!("the jobs of spec.additionalScrapeConfigs ({}) are not known", named(reference)))
            }
            None if before.is_some() => Some("which jobs came from spec.additionalScrapeConfigs is not known".to_owned()),
            _ => None,
        }
    }

    /// Whether the operator acted upon a server as it was.
    fn acted(&self, old: &ServerFacts<'_>) -> Acts {
        acts(old, None, false)
    }

    fn acts(&self) -> Acts {
        acts(self.facts, self.old, self.changed.contains(&self.facts.id()))
    }

    fn monitor(&self, id: &ObjectId, plan: &mut Rewrite<'_>) {
        let Some((is, facts)) = chain(self.is, self.facts, id) else { return };
        let was = self.old.and_then(|old| chain(self.was, old, id));
        let changed = self.changed.contains(id);
        let before = was.map(|(chain, old)| will(chain, old, false, Some(chain)));
        let after = will(is, facts, changed, was.map(|(chain, _)| chain));
        let live: Vec<usize> =
            plan.places(|job| is_job_of(job, is.monitor, job.origin.as_ref().map_or(0, |origin| origin.endpoint)));
        // Nothing but the monitor's own fields changes: then what it is selected by is what it was selected by.
        let labels = was.is_some_and(|(was, _)| was.monitor.metadata.labels == is.monitor.metadata.labels);
        let stale = is.generated.trouble.is_some();
        plan.decide(id, Case { before, after, live, stale, labels, object: changed, server: self.server_changed() });
    }

    fn server_changed(&self) -> bool {
        self.changed.contains(&self.facts.id()) || self.old.map(|old| old.operator_version) != Some(self.facts.operator_version)
    }

    /// A Probe or ScrapeConfig.
    fn other(&self, kind: Kind, object: &Unjudged, plan: &mut Rewrite<'_>) {
        let id = object.metadata.id(kind);
        let will = |walk: &Walk<'w>, facts: &ServerFacts<'w>| {
            let object = walk.world.unjudged.get(&kind)?.get(&id.namespace, &id.name)?;
            let seen = facts.managers.iter().map(|&at| &walk.operators[at]).collect::<Vec<_>>();
            let unwatched = !seen.is_empty() && seen.iter().all(|operator| !operator.sees_monitors_in(&id.namespace));
            let taken = match choice(walk.world, kind, &object.metadata, facts.server) {
                _ if facts.unmanaged || unwatched || facts.server.is_daemon_set() => Taken::No,
                State::Failed => Taken::No,
                State::Unknown(why) => Taken::Unknown(why.first().map(ToString::to_string).unwrap_or_default()),
                _ => Taken::Yes,
            };
            let written = Written { kind, metadata: &object.metadata, raw: &object.raw };
            let refusals = other_accepted(walk.world, written, facts).rejections;
            let taken = match refusals.iter().find(|one| one.certain).or(refusals.first()) {
                Some(one) if taken == Taken::Yes && one.certain => Taken::No,
                Some(one) if taken != Taken::No => Taken::Unknown(format!("the operator may refuse it: {}", one.reason.text())),
                _ => taken,
            };
            let jobs = written_jobs(facts, written, usize::from(taken != Taken::No));
            Some(Will { taken, jobs })
        };
        let before = self.old.and_then(|old| will(self.was, old));
        let Some(after) = will(self.is, self.facts) else { return };
        let own = |job: &Job| {
            job.origin
                .as_ref()
                .is_some_and(|origin| origin.kind == Some(kind) && origin.namespace == id.namespace && origin.name == id.name)
        };
        let live = plan.places(own);
        let old = self.was.world.unjudged.get(&kind).and_then(|table| table.get(&id.namespace, &id.name));
        let labels = old.is_some_and(|old| old.metadata.labels == object.metadata.labels);
        let case =
            Case { before, after, live, stale: false, labels, object: self.changed.contains(&id), server: self.server_changed() };
        plan.decide(&id, case);
    }
}

/// The chain of a monitor and a server.
fn chain<'s, 'w>(walk: &'s Walk<'w>, facts: &'s ServerFacts<'w>, id: &ObjectId) -> Option<(&'s Chain<'w>, &'s ServerFacts<'w>)> {
    let found = &walk.monitors[walk.place_of(id)?];
    let own = found.chains.iter().find(|chain| std::ptr::eq(chain.server, facts.server))?;
    Some((own, facts))
}

fn written_jobs(facts: &ServerFacts<'_>, object: Written<'_>, expected: usize) -> Option<Vec<Value>> {
    let jobs: Vec<Value> = EndpointJob::predicted(facts, object).iter().map(|(_, job)| job.value().clone()).collect();
    (jobs.len() >= expected).then_some(jobs)
}

/// What the operator makes of a monitor. `before`: the chain as it was; where the configuration shows that the operator
/// takes a monitor that we would refuse, it goes on to do so as long as nothing changes.
fn will(chain: &Chain<'_>, facts: &ServerFacts<'_>, changed: bool, before: Option<&Chain<'_>>) -> Will {
    let found = &chain.accepted.examination.rejections;
    let as_before =
        !changed && before.is_some_and(|old| old.accepted.examination.rejections == *found && !old.accepted.state.is_failed());
    let refused = chain.accepted.word.refuses().is_some() || !found.is_empty() && !as_before;
    let unwatched = chain.watched.namespace_unwatched;
    let taken = if chain.selected.state.is_failed() || chain.generated.not_for_daemon_set || unwatched || refused {
        Taken::No
    } else if let State::Unknown(why) = &chain.selected.state {
        Taken::Unknown(why.first().map(ToString::to_string).unwrap_or_default())
    } else {
        Taken::Yes
    };
    let endpoints = if taken == Taken::No { 0 } else { chain.monitor.spec.endpoints.len() };
    Will { jobs: written_jobs(facts, chain.monitor.into(), endpoints), taken }
}

/// Whether the operator writes what it makes of a change.
fn acts(facts: &ServerFacts<'_>, old: Option<&ServerFacts<'_>>, changed: bool) -> Acts {
    if facts.unmanaged {
        return Acts::No("none of its selectors is set, so that the operator leaves the configuration to the user".to_owned());
    }
    if let Some(blocker) = facts.blocked.first() {
        return Acts::No(format!("every sync fails because of {}: {}", blocker.path, blocker.why));
    }
    let explained = old.is_some_and(|old| !old.blocked.is_empty());
    let mut open = None;
    for trouble in &facts.trouble {
        match trouble {
            WatchTrouble::Behind { .. } => {}
            WatchTrouble::Paused => return Acts::No("it is paused (spec.paused)".to_owned()),
            WatchTrouble::Down(_) => return Acts::No("the operator that manages it has no running pod".to_owned()),
            WatchTrouble::NoOperator | WatchTrouble::NotManaged if facts.current => {
                open = Some("an operator that was not found has looked at it".to_owned());
            }
            WatchTrouble::NoOperator => return Acts::No("there is no operator".to_owned()),
            WatchTrouble::NotManaged => return Acts::No("no operator manages it".to_owned()),
            WatchTrouble::Several(_) => open = Some("several operators manage it and undo each other's work".to_owned()),
            WatchTrouble::ReconcileFailed(_) if explained => {}
            WatchTrouble::ReconcileFailed(_) if changed => {
                open = Some("its last sync failed, and whether the change mends that cannot be told".to_owned());
            }
            WatchTrouble::ReconcileFailed(message) => {
                return Acts::No(format!("the operator says that its sync fails: {message}"));
            }
            WatchTrouble::OperatorForbidden { .. } => return Acts::No("the operator may not list what it needs".to_owned()),
        }
    }
    let unseen = facts.unknown.iter().chain(&facts.blocked_unknown).next();
    // Where it works today and nothing of it changes, it works tomorrow.
    let works = !changed && facts.server.condition("Reconciled").is_some_and(|condition| condition.status == "True");
    match open.or_else(|| unseen.filter(|_| !works).map(ToString::to_string)) {
        Some(why) => Acts::Unknown(why),
        None => Acts::Yes,
    }
}

/// What was and what will be of one object in the configuration of a server.
struct Case {
    before: Option<Will>,
    after: Will,
    /// The places of its jobs.
    live: Vec<usize>,
    /// Whether its jobs are missing or say something else than the object.
    stale: bool,
    /// Whether its labels are the same.
    labels: bool,
    /// Whether the object changes.
    object: bool,
    /// Whether the server changes, or who writes for it.
    server: bool,
}

impl Case {
    fn is_same(&self) -> bool {
        let Some(before) = &self.before else { return false };
        let jobs = match (&before.jobs, &self.after.jobs) {
            (Some(before), Some(after)) => before == after,
            (None, None) => !self.object && !self.server,
            _ => false,
        };
        before.taken == self.after.taken && (jobs || self.after.taken == Taken::No)
    }
}

/// A configuration in the making.
#[derive(Default)]
struct Rewrite<'c> {
    config: Option<&'c Config>,
    /// Nothing of what there is stays.
    fresh: bool,
    held_up: bool,
    /// Whether the change makes any difference to what the operator would write.
    differs: bool,
    without: BTreeSet<usize>,
    jobs: Vec<Value>,
    foretold: Foretold,
}

impl Rewrite<'_> {
    fn is_nothing(&self) -> bool {
        self.without.is_empty() && self.jobs.is_empty() && self.foretold == Foretold::default()
    }

    fn places(&self, own: impl Fn(&Job) -> bool) -> Vec<usize> {
        let jobs = self.config.into_iter().flat_map(|config| config.jobs.iter().enumerate());
        jobs.filter(|(_, job)| own(job)).map(|(at, _)| at).collect()
    }

    fn decide(&mut self, id: &ObjectId, case: Case) {
        let overdue = self.held_up && case.after.taken == Taken::Yes && (case.live.is_empty() || case.stale);
        let left_over = self.held_up && case.after.taken == Taken::No && !case.live.is_empty();
        self.differs |= !case.is_same();
        if case.is_same() && !self.fresh && !overdue && !left_over {
            return;
        }
        let selected = match (&case.after.taken, &case.before) {
            // The configuration shows that it is selected, and nothing of what selects it changes.
            (Taken::Unknown(_), Some(before))
                if matches!(before.taken, Taken::Unknown(_)) && !case.live.is_empty() && case.labels && !case.server =>
            {
                &Taken::Yes
            }
            (taken, _) => taken,
        };
        self.without.extend(case.live.iter().copied());
        match (selected, case.after.jobs) {
            (Taken::No, _) => {}
            (Taken::Yes, Some(jobs)) => {
                self.jobs.extend(jobs);
                self.foretold.written.insert(id.clone());
            }
            (Taken::Yes, None) => {
                let why = "what the operator would write is not known, as its version is not".to_owned();
                self.foretold.open.insert(id.clone(), why);
            }
            (Taken::Unknown(why), _) => {
                self.foretold.open.insert(id.clone(), format!("whether the server selects it is not known: {why}"));
            }
        }
    }
}
