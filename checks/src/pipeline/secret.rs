//! Steps 1 to 4: from a saved object to the Secret of the server.

use super::pods::Loaded;
use super::{Expect, Part, Scope, time};
use crate::chain::{Chain, ConfigSight, DifferentJob, Jobs, ServerFacts, WatchTrouble, is_job_of, of_nobody, selects};
use crate::operator::find::Operator;
use crate::prometheus::config::{Config, SECRET_LIMIT};
use crate::report::{Confidence, kubectl};
use crate::text::{count, line, list};
use crate::world::{Answer, HasMeta as _, Kind, Monitor, ObjectId, Server, Table};

/// From this share of the limit on a Secret counts as nearly full, in hundredths.
const NEARLY_FULL: usize = 70;

/// The four steps.
pub(super) fn parts(scope: &Scope<'_, '_>, loaded: &Loaded<'_>) -> [Part; 4] {
    let written = Written::of(scope);
    // What is written, or what Prometheus has loaded, shows that the operator has done its work.
    let shown = match &scope.facts.config {
        ConfigSight::Decoded(..) => written.is_current(),
        ConfigSight::Unseen(_) => loaded.holds_objects,
        _ => scope.facts.unmanaged,
    };
    let [seen, translated] = operator(scope, shown);
    let fourth = fourth(scope, &written, loaded);
    [saved(scope), seen, translated, fourth]
}

/// The newest change of what the configuration is made of.
fn newest(scope: &Scope<'_, '_>) -> Option<(ObjectId, i64)> {
    let (world, server) = (scope.walk.world, scope.facts.server);
    let of_monitors = scope.chains().filter(|chain| scope.only.is_some() || !chain.selected.state.is_failed());
    let mut all: Vec<(ObjectId, i64)> =
        of_monitors.filter_map(|chain| Some((chain.monitor.id(), chain.monitor.metadata.changed_at()?))).collect();
    if scope.only.is_none() {
        for kind in [Kind::Probe, Kind::ScrapeConfig] {
            let objects = world.unjudged.get(&kind).into_iter().flat_map(Table::iter);
            let taken = objects.filter(|object| selects(world, kind, object.meta(), server));
            all.extend(taken.filter_map(|object| Some((object.meta().id(kind), object.meta().changed_at()?))));
        }
        all.extend(server.metadata.changed_at().map(|at| (server.id(), at)));
        let additional = server.spec.additional_scrape_configs.as_ref();
        let secret = additional.and_then(|reference| world.secrets.get(&server.metadata.namespace, &reference.name));
        all.extend(secret.and_then(|secret| Some((secret.metadata.id(Kind::Secret), secret.metadata.changed_at()?))));
    }
    all.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))
}

fn saved(scope: &Scope<'_, '_>) -> Part {
    let Some((id, at)) = newest(scope) else {
        return Part::done("the objects are there; when they were changed they do not say");
    };
    let value = time(Some(at)).unwrap_or_default();
    Part::done(format!("newest change: {id}")).at(Some(at)).shows(Some(&id), "metadata.managedFields", value)
}

/// Steps 2 and 3: what keeps the operator from seeing, or from translating. What does not keep back anything now is a
/// warning.
fn operator(scope: &Scope<'_, '_>, shown: bool) -> [Part; 2] {
    let facts = scope.facts;
    let managers: Vec<&Operator> = facts.managers.iter().map(|&at| &scope.walk.operators[at]).collect();
    let named = |operator: &&Operator| {
        let version = operator.version.map(|version| format!(" {version}")).unwrap_or_default();
        format!("{}{version}", operator.id.path())
    };
    let names: Vec<String> = managers.iter().map(named).collect();
    let generation = facts.server.metadata.generation;
    let looked = match (facts.current, generation) {
        (true, Some(generation)) => format!(", it looked at generation {generation}"),
        _ => String::new(),
    };
    let mut seen = if managers.is_empty() && !shown {
        let why = facts.unknown.first().map_or_else(|| "no operator was seen".to_owned(), ToString::to_string);
        Part::unknown("whether an operator sees it is not known", why)
    } else if managers.is_empty() {
        Part::done(format!("the configuration shows it{looked}"))
    } else {
        Part::done(format!("by {}{looked}", list(&names, 3)))
    };
    // A status is written by whoever looked.
    let status = facts.server.metadata.managed_fields.iter().filter(|field| field.subresource == "status");
    seen.at = status.filter_map(|field| crate::world::seconds(field.time.as_deref()?)).max();
    for manager in &managers {
        let available = manager.available.map_or_else(|| "unknown".to_owned(), |available| available.to_string());
        seen = seen.shows(Some(&manager.id), "status.availableReplicas", format!("{available} of {}", manager.replicas));
    }
    let mut translated = Part::done("");
    for trouble in &facts.trouble {
        let (at_translation, words, fact, advice) = told(scope, trouble);
        let part = if at_translation { &mut translated } else { &mut seen };
        let matters = match trouble {
            // The operator was not found, and its traces are there.
            WatchTrouble::NoOperator | WatchTrouble::NotManaged => !shown && (!facts.current || facts.decoded().is_some()),
            // That is told of where the configuration is written.
            WatchTrouble::Several(_) => false,
            _ => !shown,
        };
        if matters && part.state != super::StepState::Stuck {
            let mut stuck = Part::stuck(words).at(part.at);
            stuck.evidence.extend(fact);
            stuck.advice.push(advice);
            stuck.warnings = std::mem::take(&mut part.warnings);
            *part = stuck;
        } else if !matters {
            part.warnings.push(format!("{words}: the next change will stop here"));
        }
    }
    if let Some(chain) = scope.only.and_then(|_| scope.chains().next())
        && chain.watched.namespace_unwatched
        && !chain.watched.held
    {
        let words = format!("the operator does not watch namespace {}", chain.monitor.metadata.namespace);
        seen = Part::stuck(words).shows(managers.first().map(|operator| &operator.id), "args", "--namespaces");
    }
    let said = translated.says.clone();
    if said.is_empty() {
        translated = blocked(scope, shown, translated);
    }
    let [seen, translated] = counted(scope, seen, translated);
    let (mut seen, mut translated) = (seen, translated);
    if matches!(facts.config, ConfigSight::Unseen(_)) {
        // The Secret may hold what was changed before the trouble began.
        seen.confidence = Confidence::Likely;
        translated.confidence = Confidence::Likely;
    }
    [seen, translated]
}

/// What the operator itself counts, beside what follows from the objects.
fn counted(scope: &Scope<'_, '_>, mut seen: Part, mut translated: Part) -> [Part; 2] {
    let facts = scope.facts;
    let [manager] = facts.managers.as_slice() else { return [seen, translated] };
    let id = &scope.walk.operators[*manager].id;
    let counts = match scope.walk.world.measures.get(id) {
        Some(Answer::Given(measures)) => measures.of(facts.server.kind),
        Some(Answer::Failed(why)) => {
            return [seen.shows(Some(id), "/metrics", format!("not checked: {why}")), translated];
        }
        _ => None,
    };
    let Some(counts) = counts else { return [seen, translated] };
    if let Some(ready) = counts.ready {
        seen = seen.shows(Some(id), "prometheus_operator_ready", u8::from(ready).to_string());
        if !ready {
            seen.warnings.push("the operator says that it is not ready: it starts, or may not read what it needs".to_owned());
        }
    }
    if counts.failed_lists > 0 {
        let value = format!("{} since it started", counts.failed_lists);
        seen = seen.shows(Some(id), "prometheus_operator_{list,watch}_operations_failed_total", value);
    }
    let alone = scope.walk.world.servers.iter().filter(|other| other.kind == facts.server.kind).count() == 1;
    if let (Some(synced), Some(failing)) = (counts.synced, counts.failing) {
        let of = synced + failing;
        translated = translated.shows(Some(id), "prometheus_operator_syncs{status=\"failed\"}", format!("{failing} of {of}"));
        let fails =
            !facts.blocked.is_empty() || facts.trouble.iter().any(|trouble| matches!(trouble, WatchTrouble::ReconcileFailed(_)));
        if fails && failing == 0 && !facts.server.spec.paused {
            translated.warnings.push("the operator says otherwise: by its own count no sync fails".to_owned());
        } else if !fails && failing > 0 && alone {
            translated
                .warnings
                .push("the operator counts its last sync as failed, which nothing here explains: its log says why".to_owned());
        }
    }
    for kind in [Kind::ServiceMonitor, Kind::PodMonitor] {
        let Some(&says) = counts.refused.get(&kind) else { continue };
        let Some(expected) = refused(scope, kind) else {
            translated = translated.shows(Some(id), format!("{kind}s that it refuses"), says.to_string());
            continue;
        };
        if says == expected {
            translated = translated.shows(Some(id), format!("{kind}s that it refuses"), format!("{says}, as expected"));
        } else {
            let number = count(says, kind.name());
            let words = format!("the operator refuses {number} by its own count, where {expected} are expected");
            translated.warnings.push(words);
        }
    }
    [seen, translated]
}

/// How many monitors of a kind the operator should refuse, over all servers of the kind as it counts them; `None` where that
/// is not known for all, or may be about to change.
fn refused(scope: &Scope<'_, '_>, kind: Kind) -> Option<usize> {
    let walk = scope.walk;
    let of_kind = |server: &Server| server.kind == scope.facts.server.kind;
    let managed = |facts: &ServerFacts<'_>| facts.managers == scope.facts.managers;
    let looked_at = walk.servers.iter().filter(|facts| of_kind(facts.server) && managed(facts)).count();
    if looked_at < walk.world.servers.iter().filter(|server| of_kind(server)).count() {
        return None;
    }
    walk.world.sight.whole(kind, None).ok()?;
    let mut number = 0;
    for chain in walk.monitors.iter().filter(|facts| facts.monitor.kind == kind).flat_map(|facts| &facts.chains) {
        if !of_kind(chain.server) || chain.selected.state.is_failed() || chain.watched.namespace_unwatched {
            continue;
        }
        let accepted = &chain.accepted.state;
        if !chain.selected.state.is_fine() || !accepted.is_failed() && !accepted.is_fine() || chain.young.is_some() {
            return None;
        }
        number += usize::from(accepted.is_failed());
    }
    Some(number)
}

/// What a trouble is in words; whether it keeps the operator from translating rather than from seeing; what shows it and
/// what to do.
fn told(scope: &Scope<'_, '_>, trouble: &WatchTrouble) -> (bool, String, Option<super::Fact>, super::Advice) {
    let server = scope.facts.id();
    let fact =
        |id: &ObjectId, path: &str, value: String| Some(super::Fact { object: Some(id.into()), path: path.to_owned(), value });
    let advice = |title: &str, command: Option<String>| super::Advice { title: title.to_owned(), command };
    let operator = |at: usize| scope.walk.operators.get(at);
    match trouble {
        WatchTrouble::NoOperator => (false, "there is no operator".to_owned(), None, advice("install prometheus-operator", None)),
        WatchTrouble::NotManaged => {
            let others = scope.facts.others.first().and_then(|(at, _)| operator(*at));
            let fact = others.and_then(|operator| fact(&operator.id, &operator.args_path, line(&operator.args.join(" "), 80)));
            (false, "no operator manages this server".to_owned(), fact, advice("let an operator manage it", None))
        }
        WatchTrouble::Down(at) => {
            let id = operator(*at).map_or_else(|| server.clone(), |operator| operator.id.clone());
            let words = format!("the operator that manages it has no running pod: {}", id.path());
            let replicas = operator(*at).map_or(0, |operator| operator.replicas);
            let found = fact(&id, "status.availableReplicas", format!("0 of {replicas}"));
            (false, words, found, advice("bring the operator back", Some(kubectl("describe", &id))))
        }
        WatchTrouble::Several(managers) => {
            let names: Vec<String> = managers.iter().filter_map(|at| operator(*at)).map(|operator| operator.id.path()).collect();
            let words = format!("{} manage it and write in turn: {}", count(names.len(), "operator"), list(&names, 3));
            (false, words, None, advice("leave it to one of them", None))
        }
        WatchTrouble::Paused => {
            let words = "it is paused: the operator leaves it alone".to_owned();
            let found = fact(&server, "spec.paused", "true".to_owned());
            (true, words, found, advice("set spec.paused to false", Some(kubectl("edit", &server))))
        }
        WatchTrouble::ReconcileFailed(message) => {
            let words = format!("the operator's sync fails: {}", line(message, 160));
            let found = fact(&server, "status.conditions[Reconciled]", "False".to_owned());
            (true, words, found, advice("mend what the message names", Some(kubectl("describe", &server))))
        }
        WatchTrouble::Behind { generation, observed } => {
            let words = format!("the operator has not looked at generation {generation} yet, only at {observed}");
            let found = fact(&server, "status.conditions[*].observedGeneration", format!("{observed}, not {generation}"));
            (false, words, found, advice("read the log of the operator", None))
        }
        WatchTrouble::OperatorForbidden { operator: at, kinds, namespace, .. } => {
            let id = operator(*at).map_or_else(|| server.clone(), |operator| operator.id.clone());
            let plurals: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
            let place = namespace.as_ref().map_or_else(|| "everywhere".to_owned(), |namespace| format!("in {namespace}"));
            let words = format!("the operator may not list {} {place}", list(&plurals, 3));
            (false, words, None, advice("give its account the right", Some(kubectl("describe", &id))))
        }
    }
}

/// Step 3: what makes syncs fail, and monitors that the operator refuses.
fn blocked(scope: &Scope<'_, '_>, shown: bool, translated: Part) -> Part {
    let facts = scope.facts;
    let server = facts.id();
    if facts.unmanaged {
        return Part::done("left to the user: no selector of the server is set").warns(translated.warnings);
    }
    let field = |path: &str| path.strip_prefix("spec.").unwrap_or(path).to_owned();
    if let Some(blocker) = facts.blocked.first() {
        let words = format!("every sync fails: {}: {}", field(&blocker.path), line(&blocker.why, 140));
        if !shown {
            let path = blocker.path.clone();
            return Part::stuck(words)
                .shows(Some(&server), path, blocker.why.clone())
                .warns(translated.warnings)
                .advises(format!("mend {}", blocker.path), kubectl("edit", &server));
        }
        return Part::done("what lies in the Secret was translated before")
            .warns(translated.warnings)
            .warns([format!("{words}: the next change will stop here")]);
    }
    if let Some(chain) = scope.only.and_then(|_| scope.chains().next()) {
        if chain.selected.state.is_failed() {
            let words = format!("the server does not select {}", chain.monitor.id());
            return Part::stuck(words)
                .shows(
                    Some(&server),
                    format!("spec.{}", crate::world::Server::object_selector_field(chain.monitor.kind)),
                    "no match",
                )
                .advises("see which requirement is missed", Some(why(chain.monitor)));
        }
        if chain.generated.not_for_daemon_set {
            return Part::stuck("an agent in DaemonSet mode takes PodMonitors only").shows(
                Some(&server),
                "spec.mode",
                "DaemonSet",
            );
        }
    }
    let refused: Vec<&Chain<'_>> =
        scope.chains().filter(|chain| !chain.selected.state.is_failed() && chain.accepted.state.is_failed()).collect();
    let reason = |chain: &Chain<'_>| {
        let found = chain.accepted.examination.rejections.first();
        let own = found.map(|rejection| (rejection.path.clone(), rejection.reason.text()));
        let said = || chain.accepted.word.refuses().map(|refuses| (refuses.place(), refuses.text.clone()));
        own.or_else(said).unwrap_or_default()
    };
    if let Some(chain) = refused.first() {
        let (path, text) = reason(chain);
        let id = chain.monitor.id();
        let words = format!("the operator refuses {id}: {}", line(&text, 120));
        if scope.only.is_some() {
            return Part::stuck(words).shows(Some(&id), path, text).advises("mend the monitor", Some(why(chain.monitor)));
        }
        let all = count(refused.len(), "monitor");
        let words = if refused.len() > 1 { format!("it refuses {all}, such as {id}: {}", line(&text, 120)) } else { words };
        return Part::done("all but what the operator refuses").warns(translated.warnings).warns([words]);
    }
    let unseen: Vec<String> = facts.blocked_unknown.iter().map(ToString::to_string).collect();
    if !shown && !unseen.is_empty() {
        return Part::unknown("whether the sync succeeds is not known", list(&unseen, 2)).warns(translated.warnings);
    }
    let number = scope.taken().count();
    let words = if scope.only.is_some() {
        "the server selects it, the operator accepts it".to_owned()
    } else {
        format!("{} selected and accepted", count(number, "monitor"))
    };
    let says = facts.server.condition("Reconciled").filter(|condition| condition.status == "True");
    let mut part = Part::done(words).warns(translated.warnings);
    if says.is_some() {
        part = part.shows(Some(&server), "status.conditions[Reconciled]", "True");
    }
    part
}

fn why(monitor: &Monitor) -> String {
    let meta = &monitor.metadata;
    format!("kubectl prom-doctor why {}/{} -n {}", monitor.kind.name().to_lowercase(), meta.name, meta.namespace)
}

/// How the Secret differs from the objects.
#[derive(Default)]
struct Written {
    jobs: Jobs,
    /// How many jobs of monitors there should be.
    wanted: usize,
    /// Whether all that differs is too young to be judged.
    young: bool,
    /// What could not be compared.
    open: Vec<String>,
}

impl Written {
    fn is_current(&self) -> bool {
        self.jobs.missing.is_empty() && self.jobs.different.is_empty()
    }

    fn of(scope: &Scope<'_, '_>) -> Self {
        let facts = scope.facts;
        let Some(config) = facts.decoded() else { return Self::default() };
        let mut out = Self::default();
        let mut differing = Vec::new();
        for chain in scope.taken() {
            out.wanted += chain.monitor.spec.endpoints.len();
            if chain.watched.held {
                out.edited(chain, &mut differing);
                continue;
            }
            if !chain.selected.state.is_fine() {
                out.open.push(format!("whether the server selects {} is not known", chain.monitor.id()));
                continue;
            }
            let lacking = missing(config, chain.monitor);
            let stale: Vec<DifferentJob> = (0..chain.monitor.spec.endpoints.len())
                .filter_map(|at| {
                    let of = |stale: &crate::chain::Stale| {
                        format!("{}: {} instead of {}", stale.path, list(&stale.job, 3), list(&stale.monitor, 3))
                    };
                    let fields: Vec<String> = chain.generated.stale.iter().filter(|stale| stale.endpoint == at).map(of).collect();
                    (!fields.is_empty()).then(|| DifferentJob { job: facts.job_name(&chain.monitor.id(), at), fields })
                })
                .collect();
            if lacking.is_empty() && stale.is_empty() {
                continue;
            }
            out.jobs.missing.extend(lacking.into_iter().map(|at| facts.job_name(&chain.monitor.id(), at)));
            out.jobs.different.extend(stale);
            differing.push(chain);
        }
        out.young = !differing.is_empty() && differing.iter().all(|chain| scope.is_young(chain));
        if scope.only.is_none() {
            out.jobs.extra = left_over(scope, config);
        }
        out
    }

    /// Differences in what the monitor alone decides, in a job that has its discovery and ports right.
    fn edited<'c, 'w>(&mut self, chain: &'c Chain<'w>, differing: &mut Vec<&'c Chain<'w>>) {
        let before = self.jobs.different.len();
        for (at, job) in chain.jobs.iter().enumerate() {
            let found = job.as_ref().map(|job| job.edited()).unwrap_or_default();
            if found.is_empty() {
                continue;
            }
            let name = chain.generated.jobs.iter().find(|(index, _)| *index == at).map(|(_, job)| job.name.clone());
            let fields = found.iter().map(|one| line(&one.to_string(), 120)).collect();
            self.jobs.different.push(DifferentJob { job: name.unwrap_or_default(), fields });
        }
        if self.jobs.different.len() > before {
            differing.push(chain);
        }
    }
}

/// The endpoints of a monitor that have no job.
fn missing(config: &Config, monitor: &Monitor) -> Vec<usize> {
    let has = |at: usize| config.jobs_of(&monitor.metadata).any(|job| is_job_of(job, monitor, at));
    (0..monitor.spec.endpoints.len()).filter(|at| !has(*at)).collect()
}

/// Jobs of monitors that are gone for certain.
fn left_over(scope: &Scope<'_, '_>, config: &Config) -> Vec<String> {
    let world = scope.walk.world;
    let gone = |job: &&crate::prometheus::config::Job| {
        let Some(origin) = &job.origin else { return false };
        let Some(kind) = origin.kind else { return false };
        let id = ObjectId::new(kind, &origin.namespace, &origin.name);
        let there = match kind {
            Kind::ServiceMonitor | Kind::PodMonitor => world.monitor(&id).is_some(),
            kind => world.unjudged.get(&kind).is_some_and(|table| table.get(&id.namespace, &id.name).is_some()),
        };
        !there && world.sight.whole(kind, Some(&id.namespace)).is_ok()
    };
    config.jobs.iter().filter(gone).map(|job| job.name.clone()).collect()
}

/// Step 4: what lies in the Secret.
fn fourth(scope: &Scope<'_, '_>, written: &Written, loaded: &Loaded<'_>) -> Part {
    let facts = scope.facts;
    let secret = facts.config_secret();
    let store = scope.walk.world.secrets.get(&secret.namespace, &secret.name);
    let at = store.and_then(|store| store.metadata.changed_at());
    let path = facts.config_path();
    let several = facts.trouble.iter().find(|trouble| matches!(trouble, WatchTrouble::Several(_)));
    let several = several.map(|trouble| told(scope, trouble));
    let young = || scope.age(facts.server.metadata.changed_at()).is_some_and(|age| age < scope.walk.usual);
    let absent = |words: String, found: &str| {
        let part = if young() { Part::waiting(words) } else { Part::stuck(words) };
        part.at(at).shows(Some(&secret), path.clone(), found).advises("read the log of the operator", operator_log(scope))
    };
    match &facts.config {
        ConfigSight::Unseen(_) if loaded.holds_objects => {
            Part::done("Prometheus has loaded the jobs of the objects; the Secret was not read")
        }
        ConfigSight::Unseen(unseen) => Part::unknown(format!("Secret {} was not read", secret.path()), unseen.to_string()),
        ConfigSight::Missing => absent(format!("there is no Secret {}", secret.path()), "no such Secret"),
        ConfigSight::NoKey(keys) => {
            absent(format!("Secret {} holds no configuration", secret.path()), &format!("keys: {}", list(keys, 4)))
        }
        ConfigSight::Empty if facts.unmanaged => Part::done("empty, and left to the user to fill").at(at),
        ConfigSight::Empty => absent(format!("the configuration in Secret {} is empty", secret.path()), "empty"),
        ConfigSight::Undecodable(why) => {
            Part::stuck(format!("the configuration in Secret {} cannot be read: {why}", secret.path()))
                .at(at)
                .shows(Some(&secret), path.clone(), why.clone())
                .advises("delete the Secret: the operator writes it anew", kubectl("delete", &secret))
        }
        ConfigSight::Decoded(config, size) => {
            let foreign = of_nobody(config);
            let others = if foreign > 0 && scope.only.is_none() { format!(", {foreign} of no monitor") } else { String::new() };
            let total = if scope.only.is_some() { written.wanted } else { config.jobs.len() };
            let fact = format!("{}, {} KiB packed", count(config.jobs.len(), "job"), size.div_ceil(1024));
            let mut part = if written.is_current() || facts.unmanaged {
                let words = match () {
                    () if facts.unmanaged => ", which is left to the user",
                    () if written.open.is_empty() => " as the objects say",
                    () => "",
                };
                Part::done(format!("{}{others} in Secret {}{words}", count(total, "job"), secret.path()))
            } else {
                let first = written.jobs.first().unwrap_or_default();
                let wrong = Jobs { extra: Vec::new(), ..written.jobs.clone() };
                let words = format!("{} in Secret {}, such as {first}", wrong.words(), secret.path());
                match &several {
                    Some((_, why, ..)) => Part::stuck(format!("{words}; {why}")),
                    None if written.young => Part::waiting(words),
                    None => Part::stuck(words).advises("read the log of the operator", operator_log(scope)),
                }
                .jobs(&written.jobs)
            };
            if !written.jobs.extra.is_empty() {
                let extra = &written.jobs.extra;
                part = part.jobs(&written.jobs).warns([format!(
                    "{} of monitors that are gone: {}",
                    count(extra.len(), "job"),
                    list(extra, 2)
                )]);
            }
            let share = size * 100 / SECRET_LIMIT;
            if share >= NEARLY_FULL {
                part = part.warns([format!("it fills {share} % of what a Secret holds: beyond that every sync fails")]);
            }
            if let Some((_, words, ..)) = several.filter(|_| part.state == super::StepState::Done) {
                part = part.warns([format!("{words}: this may be gone soon")]);
            }
            part.warns(written.open.first().cloned()).at(at).shows(Some(&secret), path, fact)
        }
    }
}

fn operator_log(scope: &Scope<'_, '_>) -> Option<String> {
    let operator = scope.facts.managers.first().map(|&at| &scope.walk.operators[at])?;
    let id = &operator.id;
    Some(format!("kubectl -n {} logs {}/{}", id.namespace, id.kind.name().to_lowercase(), id.name))
}

/// What to expect of an operator that is about to write.
pub(super) fn expect(scope: &Scope<'_, '_>) -> Option<Expect> {
    /// An operator takes seconds; many servers, a slow API server or a restart make it a minute.
    const USUAL: i64 = 60;
    let saved = newest(scope).map(|(_, at)| at);
    let by = saved.map(|at| at + USUAL);
    let within = by.zip(scope.now()).map_or(USUAL, |(by, now)| by - now);
    Some(Expect { what: "the operator writes the Secret".to_owned(), by: time(by), within_seconds: within })
}
