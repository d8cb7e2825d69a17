//! Link `loaded`, as far as the Secret or the monitors tell: a configuration that Prometheus refuses as a whole
//! (OP-SYNC-5, OP-RLD-6). What is really loaded only the running server knows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::selected::selected;
use super::server::ServerFacts;
use super::state::State;
use crate::operator::accept::{Reason, Rejection, examine, let_through};
use crate::prometheus::config::{Config, Job, Rule};
use crate::prometheus::duration::millis;
use crate::prometheus::re2::{Compiles, compiles};
use crate::prometheus::relabel::Action;
use crate::world::{Monitor, ObjectId, Unseen, UnseenReason, World};

/// Something that makes Prometheus refuse all of its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the job; empty where no configuration was seen.
    pub job: String,
    /// The monitor that brought it, where the job is one's.
    pub monitor: Option<ObjectId>,
    /// The field of the monitor: `spec.endpoints[0].scrapeTimeout`; of a job of nobody, the field of the job.
    pub path: String,
    /// Why.
    pub reason: Reason,
    /// Whether the configuration itself was seen, or is only told from the monitor.
    pub seen: bool,
}

/// What Prometheus would refuse in the configuration of a server: as it lies in the Secret, or, where that was not
/// seen, as the monitors that the server takes will make it.
pub(super) fn refusals(world: &World, facts: &ServerFacts<'_>) -> Vec<Refusal> {
    let Some(config) = facts.decoded() else {
        let takes = |monitor: &&Monitor| {
            !selected(world, monitor.kind, &monitor.metadata, facts.server, facts.unmanaged).state.is_failed()
        };
        let accepts = |monitor: &Monitor| {
            let version = facts.operator_version;
            examine(world, monitor, facts.server, version, facts.prometheus_version).rejections.is_empty()
        };
        let of = |monitor: &Monitor| Some(predicted(world, monitor, facts)).filter(|all| !all.is_empty() && accepts(monitor));
        return world.monitors.iter().filter(takes).filter_map(of).flatten().collect();
    };
    let default = config.redacted.pointer("/global/scrape_interval").and_then(Value::as_str).unwrap_or("1m");
    let bad = config.jobs.iter().filter_map(|job| Some((job, bad_job(job, default)?)));
    let mut out: Vec<Refusal> = bad.map(|(job, (field, reason))| of_job(world, facts, job, field, reason)).collect();
    out.extend(doubles(world, config));
    out
}

/// What the configuration would be refused for because of one monitor, should it get there as it is.
pub(super) fn predicted(world: &World, monitor: &Monitor, facts: &ServerFacts<'_>) -> Vec<Refusal> {
    let found = let_through(world, monitor, facts.server, facts.operator_version, facts.prometheus_version);
    let refusal =
        |Rejection { reason, path, .. }| Refusal { job: String::new(), monitor: Some(monitor.id()), path, reason, seen: false };
    found.into_iter().map(refusal).collect()
}

/// The monitor of a job.
fn owner<'w>(world: &'w World, job: &Job) -> Option<&'w Monitor> {
    let origin = job.origin.as_ref()?;
    let of = |monitor: &&Monitor| super::generated::is_job_of(job, monitor, origin.endpoint);
    world.monitors.named(&origin.namespace, &origin.name).find(of)
}

/// The monitor still says what the job says: then the field is known to the letter.
fn of_job(world: &World, facts: &ServerFacts<'_>, job: &Job, field: String, reason: Reason) -> Refusal {
    let refusal = |monitor, path, reason| Refusal { job: job.name.clone(), monitor, path, reason, seen: true };
    let Some(monitor) = owner(world, job) else {
        return refusal(None, field, reason);
    };
    let endpoint = job.origin.as_ref().map_or(0, |origin| origin.endpoint);
    let prefix = format!("spec.{}[{endpoint}]", monitor.endpoints_field());
    let own = predicted(world, monitor, facts).into_iter().find(|own| own.path.starts_with(&prefix));
    match own {
        Some(own) => refusal(Some(monitor.id()), own.path, own.reason),
        None if field.is_empty() => refusal(Some(monitor.id()), prefix, reason),
        None => refusal(Some(monitor.id()), format!("{prefix}.{field}"), reason),
    }
}

/// Job names must be different. Up to operator 0.46 a ServiceMonitor and a PodMonitor of one name made the same.
fn doubles(world: &World, config: &Config) -> Vec<Refusal> {
    let mut names: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
    config.jobs.iter().for_each(|job| names.entry(job.name.as_str()).or_default().push(job));
    let double = |(name, jobs): (&str, Vec<&Job>)| Refusal {
        job: name.to_owned(),
        monitor: jobs.iter().rev().find_map(|job| owner(world, job)).map(Monitor::id),
        path: "metadata.name".to_owned(),
        reason: Reason::Http { why: format!("{} jobs have the name {name:?}", jobs.len()) },
        seen: true,
    };
    names.into_iter().filter(|(_, jobs)| jobs.len() > 1).map(double).collect()
}

/// The field, as a monitor names it, and why.
fn bad_job(job: &Job, default_interval: &str) -> Option<(String, Reason)> {
    let interval = job.interval.as_deref().unwrap_or(default_interval);
    for (text, field) in [(&job.interval, "interval"), (&job.timeout, "scrapeTimeout")] {
        if let Some(text) = text.as_ref().filter(|text| millis(text).is_none()) {
            return Some((field.to_owned(), Reason::Duration { text: text.clone() }));
        }
    }
    if let Some(timeout) = &job.timeout
        && millis(timeout) > millis(interval)
    {
        let of_server = job.interval.is_none();
        let reason = Reason::Timeout { timeout: timeout.clone(), interval: interval.to_owned(), of_server };
        return Some(("scrapeTimeout".to_owned(), reason));
    }
    let names = [
        ("authorization", "authorization"),
        ("basic_auth", "basicAuth"),
        ("bearer_token", "bearerTokenSecret"),
        ("bearer_token_file", "bearerTokenFile"),
        ("oauth2", "oauth2"),
    ];
    let fields: Vec<&'static str> =
        names.into_iter().filter(|(key, _)| job.redacted.get(key).is_some()).map(|(_, field)| field).collect();
    if fields.len() > 1 {
        return Some((String::new(), Reason::AuthConflict { fields }));
    }
    // The operator puts its own rules first; how many a user wrote is known by counting from the end only for
    // samples, where all rules are the user's.
    let metric = job.metric_rules.iter().enumerate().find_map(|(at, rule)| Some((at, bad_rule(rule)?)));
    if let Some((at, (field, why))) = metric {
        return Some((format!("metricRelabelings[{at}].{field}"), Reason::Relabel { why }));
    }
    let (_, why) = job.rules.iter().find_map(bad_rule)?;
    Some(("relabelings".to_owned(), Reason::Relabel { why }))
}

fn bad_rule(rule: &Rule) -> Option<(&'static str, String)> {
    let Some(action) = Action::parse(&rule.action) else {
        return Some(("action", format!("{:?} is not an action of Prometheus", rule.action)));
    };
    if action == Action::HashMod && rule.modulus == 0 {
        return Some(("modulus", "action hashmod needs a modulus".to_owned()));
    }
    if action.needs_target_label() && rule.target_label.is_empty() {
        return Some(("targetLabel", format!("action {action} needs a targetLabel")));
    }
    match rule.regex.as_deref().map(compiles) {
        Some(Compiles::No(why)) => {
            let regex = rule.regex.clone().unwrap_or_default();
            Some(("regex", format!("the pattern {regex:?} is invalid: {why}")))
        }
        _ => None,
    }
}

/// What can be said of a monitor's being loaded, and what it brings that is refused. A monitor that is refused for
/// itself breaks the link; one beside it is only a victim: what Prometheus loaded before is not known.
pub(super) fn loaded(
    world: &World,
    facts: &ServerFacts<'_>,
    monitor: &Monitor,
    taken: bool,
    has_job: bool,
) -> (State, Vec<Refusal>) {
    let id = monitor.id();
    let mut own: Vec<Refusal> = facts.refused.iter().filter(|refusal| refusal.monitor.as_ref() == Some(&id)).cloned().collect();
    // A job that is there and fine shows more than the monitor does.
    if own.is_empty() && !(has_job && facts.decoded().is_some()) {
        own = predicted(world, monitor, facts);
    }
    let state = if !own.is_empty() {
        State::Failed
    } else if facts.refused.is_empty() || !taken {
        let need = "what is loaded only the running Prometheus knows, and it was not asked".to_owned();
        State::unknown(Unseen { reason: UnseenReason::NotJudged, need })
    } else {
        let need = "Prometheus refuses the configuration because of another job; what it loaded before is not known".to_owned();
        State::unknown(Unseen { reason: UnseenReason::Undecided, need })
    };
    (state, own)
}
