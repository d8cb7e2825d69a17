//! Link `loaded`, as far as the Secret tells: a configuration that Prometheus would refuse as a whole (OP-SYNC-5,
//! OP-RLD-6). What is really loaded only the running server knows.

use std::collections::BTreeMap;

use super::selected::Selected;
use super::server::ServerFacts;
use super::state::State;
use crate::prometheus::config::{Config, Job, Rule};
use crate::prometheus::duration::millis;
use crate::prometheus::re2::{Compiles, compiles};
use crate::world::{Kind, Monitor, Unseen, UnseenReason};

/// Something in the configuration that makes Prometheus refuse all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the job.
    pub job: String,
    /// The field of the monitor's endpoint that wrote it: `scrapeTimeout`, `metricRelabelings[0].action`.
    pub field: String,
    /// Why.
    pub why: String,
    /// What the field says.
    pub found: String,
}

/// What Prometheus would refuse in a configuration.
pub fn refusals(config: &Config) -> Vec<Refusal> {
    let mut out: Vec<Refusal> = config.jobs.iter().filter_map(of_job).collect();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    config.jobs.iter().for_each(|job| *names.entry(job.name.as_str()).or_default() += 1);
    out.extend(names.into_iter().filter(|(_, count)| *count > 1).map(|(job, count)| Refusal {
        job: job.to_owned(),
        field: String::new(),
        why: format!("{count} jobs have the name {job:?}"),
        found: job.to_owned(),
    }));
    out
}

fn of_job(job: &Job) -> Option<Refusal> {
    let refusal = |field: String, why: String, found: String| Refusal { job: job.name.clone(), field, why, found };
    if let (Some(timeout), Some(interval)) = (&job.timeout, &job.interval)
        && millis(timeout) > millis(interval)
        && millis(interval).is_some()
    {
        let why = format!("scrape timeout {timeout} is greater than scrape interval {interval}");
        return Some(refusal("scrapeTimeout".to_owned(), why, timeout.clone()));
    }
    // The operator puts its own rules first; how many a user wrote is known by counting from the end only for
    // samples, where all rules are the user's.
    let metric = job.metric_rules.iter().enumerate().find_map(|(at, rule)| Some((at, bad_rule(rule)?)));
    if let Some((at, (field, why, found))) = metric {
        return Some(refusal(format!("metricRelabelings[{at}].{field}"), why, found));
    }
    let (field, why, found) = job.rules.iter().find_map(bad_rule)?;
    Some(refusal(format!("relabelings.{field}"), why, found))
}

fn bad_rule(rule: &Rule) -> Option<(&'static str, String, String)> {
    const ACTIONS: &[&str] = &[
        "replace",
        "keep",
        "drop",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
        "keepequal",
        "dropequal",
    ];
    let action = rule.action.to_ascii_lowercase();
    if !ACTIONS.contains(&action.as_str()) {
        return Some(("action", format!("unknown relabel action {:?}", rule.action), rule.action.clone()));
    }
    if action == "hashmod" && rule.modulus == 0 {
        return Some(("modulus", "relabel action hashmod without a modulus".to_owned(), "0".to_owned()));
    }
    if matches!(action.as_str(), "replace" | "hashmod" | "lowercase" | "uppercase") && rule.target_label.is_empty() {
        return Some(("targetLabel", format!("relabel action {action} without a target label"), String::new()));
    }
    match rule.regex.as_deref().map(compiles) {
        Some(Compiles::No(why)) => {
            let regex = rule.regex.clone().unwrap_or_default();
            Some(("regex", format!("the pattern {regex:?} is invalid: {why}"), regex))
        }
        _ => None,
    }
}

/// What can be said of a monitor's being loaded.
pub(super) fn state(facts: &ServerFacts<'_>, monitor: &Monitor, selected: &Selected) -> State {
    let refused = facts.decoded().map(refusals).unwrap_or_default();
    if refused.is_empty() || selected.state.is_failed() {
        let need = "what is loaded only the running Prometheus knows, and it was not asked".to_owned();
        return State::unknown(Unseen { reason: UnseenReason::NotJudged, need });
    }
    let prefix = |kind: &str| format!("{kind}{}/{}/", monitor.metadata.namespace, monitor.metadata.name);
    let kind = if monitor.kind == Kind::PodMonitor { "podMonitor/" } else { "serviceMonitor/" };
    if refused.iter().any(|refusal| refusal.job.starts_with(&prefix(kind)) || refusal.job.starts_with(&prefix(""))) {
        return State::Failed;
    }
    let need = "Prometheus refuses the configuration because of another job; what it loaded before is not known".to_owned();
    State::unknown(Unseen { reason: UnseenReason::NotAsked, need })
}
