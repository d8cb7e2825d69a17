//! A job as every shard of its server reads it: the same text, with other values for `$(SHARD)` and the like.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::config::{Job, REDACTED};
use super::env::{env_names, expand_env};
use super::relabel::{Labels, Patterns, Semantics, Step};
use super::target::{Fate, JobSettings, TargetMaker};

/// A job, ready to judge targets on all shards.
#[derive(Clone, Debug)]
pub struct ShardedJob {
    /// The job as the first shard reads it.
    pub job: Job,
    /// What cannot be told of it: variables of single pods, discovery that differs between shards.
    pub unknown: Vec<String>,
    /// One per shard; a single one where all shards read the same.
    makers: Vec<TargetMaker>,
    /// Whether a credential stood somewhere in it, which is not kept.
    redacted: bool,
}

/// Where a discovered target ends up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The shard that scrapes it, else the first; 0 too where all shards read the same job.
    pub shard: usize,
    /// What becomes of it there.
    pub fate: Fate,
}

impl ShardedJob {
    /// Prepares a job (an entry of `scrape_configs` and the `global` section of its file) for each shard's variables.
    /// `of_pods` are variables that are set to something unknown.
    pub fn new(
        job: &Value,
        global: &Value,
        shards: &[BTreeMap<String, String>],
        of_pods: &[&str],
        semantics: Semantics,
        patterns: &mut Patterns,
    ) -> Self {
        let mut all = Vec::new();
        texts(job, &mut all);
        let names: BTreeSet<&str> = all.iter().flat_map(|text| env_names(text)).collect();
        let mut unknown: Vec<String> = of_pods
            .iter()
            .filter(|name| names.contains(*name))
            .map(|name| format!("$({name}) differs from pod to pod"))
            .collect();
        let alone = [BTreeMap::new()];
        let differs = shards.iter().flatten().any(|(name, _)| names.contains(name.as_str()));
        let shards = if differs { shards } else { &alone };
        let jobs: Vec<Job> = shards.iter().map(|variables| Job::read(&expanded(job, variables))).collect();
        let same = |key: &str| jobs.iter().all(|job| job.redacted.get(key) == jobs[0].redacted.get(key));
        if !["kubernetes_sd_configs", "static_configs"].into_iter().all(same) {
            unknown.push("what is discovered differs from shard to shard".to_owned());
        }
        let maker = |job: &Job| TargetMaker::with(JobSettings::read(&job.redacted, global), &job.rules, semantics, patterns);
        let makers = jobs.iter().map(maker).collect();
        let redacted = all.iter().any(|text| text.contains(REDACTED));
        Self { redacted, job: jobs.into_iter().next().unwrap_or_default(), unknown, makers }
    }

    /// What becomes of a discovered target: it is scraped if any shard keeps it.
    pub fn place(&self, labels: &Labels) -> Placed {
        if let Some(label) = self.hidden(labels) {
            let why = format!("a rule looks at {label}, whose value is a credential and not kept");
            return Placed { shard: 0, fate: Fate::Unknown { rule: None, why } };
        }
        let mut lost: Option<Placed> = None;
        for (shard, maker) in self.makers.iter().enumerate() {
            let placed = Placed { shard, fate: maker.fate(labels) };
            match placed.fate {
                Fate::Active(_) | Fate::Unknown { .. } => return placed,
                Fate::Dropped { .. } | Fate::Invalid(_) => drop(lost.get_or_insert(placed)),
            }
        }
        lost.unwrap_or(Placed { shard: 0, fate: Fate::Invalid("there is no shard".to_owned()) })
    }

    /// The label of a target whose value is not known and that a rule looks at.
    fn hidden(&self, labels: &Labels) -> Option<String> {
        if !self.redacted {
            return None;
        }
        let discovered = self.discovered(labels);
        let hidden = |label: &&String| discovered.get(*label).is_some_and(|value| value.contains(REDACTED));
        self.job.rules.iter().flat_map(|rule| &rule.source_labels).find(hidden).cloned()
    }

    /// The shards that scrape a target; all of them where it says that it is not to be divided.
    pub fn shards_of(&self, labels: &Labels) -> Vec<usize> {
        let active = |(_, maker): &(usize, &TargetMaker)| matches!(maker.fate(labels), Fate::Active(_));
        self.makers.iter().enumerate().filter(active).map(|(shard, _)| shard).collect()
    }

    /// The labels that a target goes into relabeling with.
    pub fn discovered(&self, labels: &Labels) -> Labels {
        self.makers.first().map(|maker| maker.discovered(labels)).unwrap_or_default()
    }

    /// What each rule does to a target on a shard.
    pub fn trace(&self, shard: usize, labels: &Labels) -> Vec<Step> {
        self.makers.get(shard).map(|maker| maker.trace(labels)).unwrap_or_default()
    }

    /// Whether shards read the job in different ways.
    pub fn is_sharded(&self) -> bool {
        self.makers.len() > 1
    }
}

/// All texts of a value, keys left out: the reloader expands those too, but none is ever written there.
fn texts<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(map) => map.values().for_each(|value| texts(value, out)),
        _ => {}
    }
}

/// A value with its variables put in.
fn expanded(value: &Value, variables: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) if text.contains("$(") => Value::String(expand_env(text, variables)),
        Value::Array(items) => items.iter().map(|item| expanded(item, variables)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), expanded(value, variables))).collect(),
        other => other.clone(),
    }
}
