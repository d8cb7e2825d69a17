//! What was predicted for a job against what Prometheus says of it.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::prometheus::relabel::Labels;
use prom_doctor_checks::prometheus::target::{Fate, Target};
use serde_json::Value;

use super::jobs::Job;
use super::prometheus::Targets;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) clusters: usize,
    pub(super) jobs: usize,
    pub(super) active: usize,
    pub(super) duplicates: usize,
    pub(super) dropped: usize,
    pub(super) invalid: usize,
    pub(super) labels: usize,
    /// Jobs of which something is left to chance, or not judged. They are not among the others.
    pub(super) doubtful: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.clusters += other.clusters;
        self.jobs += other.jobs;
        self.active += other.active;
        self.duplicates += other.duplicates;
        self.dropped += other.dropped;
        self.invalid += other.invalid;
        self.labels += other.labels;
        self.doubtful += other.doubtful;
    }
}

/// The fate of all that a job discovers.
pub(super) struct Predicted {
    /// By the labels that Prometheus shows for it; and how often it is discovered.
    fates: BTreeMap<Labels, (Fate, usize)>,
    /// Whether something is left open.
    doubtful: bool,
}

impl Predicted {
    pub(super) fn of(job: &Job) -> Self {
        let mut fates: BTreeMap<Labels, (Fate, usize)> = BTreeMap::new();
        for labels in &job.discovered {
            let shown = job.maker.discovered(labels);
            fates.entry(shown).or_insert_with(|| (job.maker.fate(labels), 0)).1 += 1;
        }
        let unjudged = fates.values().any(|(fate, _)| matches!(fate, Fate::Unknown { .. }));
        Self { doubtful: job.doubt.is_some() || unjudged, fates }
    }

    /// Compares it with what Prometheus says. `Err` are the differences.
    pub(super) fn compare(&self, answer: &Targets) -> Result<Tally, Vec<String>> {
        if self.doubtful {
            return Ok(Tally { doubtful: 1, ..Tally::default() });
        }
        let mut tally = Tally { jobs: 1, ..Tally::default() };
        let mut differences = self.active(&answer.active, &mut tally);
        differences.extend(self.dropped(&answer.dropped, &mut tally));
        tally.invalid = self.count(|fate| matches!(fate, Fate::Invalid(_)));
        tally.duplicates = self.count(|fate| matches!(fate, Fate::Active(_))) - tally.active;
        if differences.is_empty() { Ok(tally) } else { Err(differences) }
    }

    fn count(&self, which: impl Fn(&Fate) -> bool) -> usize {
        self.fates.values().filter(|(fate, _)| which(fate)).map(|(_, times)| times).sum()
    }

    /// Of targets that are the same to Prometheus it shows the labels of any; each is shown once.
    fn active(&self, answer: &[Value], tally: &mut Tally) -> Vec<String> {
        let mut out = Vec::new();
        let mut missing: BTreeSet<&Target> = BTreeSet::new();
        for (fate, _) in self.fates.values() {
            if let Fate::Active(target) = fate {
                missing.insert(target);
            }
        }
        tally.active += missing.len();
        for target in answer {
            let discovered = labels(&target["discoveredLabels"]);
            let public = labels(&target["labels"]);
            tally.labels += discovered.len() + public.len();
            match self.fates.get(&discovered) {
                None => out.push(format!("scraped, but not predicted: {}", self.nearest(&discovered))),
                Some((Fate::Active(wanted), _)) => {
                    if !missing.remove(wanted) {
                        out.push(format!("scraped twice, predicted as one target: {discovered:?}"));
                    }
                    if public != wanted.public() {
                        out.push(format!("labels: {}\n  of {discovered:?}", differs(&wanted.public(), &public)));
                    }
                    let label = |name: &str| wanted.labels.get(name).map_or("", String::as_str);
                    for (key, wanted) in [
                        ("scrapeUrl", &*wanted.url),
                        ("scrapeInterval", label("__scrape_interval__")),
                        ("scrapeTimeout", label("__scrape_timeout__")),
                    ] {
                        if target[key] != wanted {
                            out.push(format!("{key}: predicted {wanted:?}, is {}\n  of {discovered:?}", target[key]));
                        }
                    }
                }
                Some((fate, _)) => out.push(format!("scraped, but predicted as {fate:?}: {discovered:?}")),
            }
        }
        out.extend(missing.into_iter().map(|target| format!("predicted as active, but is not: {target:?}")));
        out
    }

    fn dropped(&self, answer: &[Value], tally: &mut Tally) -> Vec<String> {
        let mut out = Vec::new();
        let mut left: BTreeMap<&Labels, usize> = BTreeMap::new();
        for (discovered, (fate, times)) in &self.fates {
            if matches!(fate, Fate::Dropped { .. }) {
                left.insert(discovered, *times);
                tally.dropped += times;
            }
        }
        for target in answer {
            let discovered = labels(&target["discoveredLabels"]);
            tally.labels += discovered.len();
            match (left.get_mut(&discovered), self.fates.get(&discovered)) {
                (Some(times), _) if *times > 0 => *times -= 1,
                (Some(_), _) => out.push(format!("dropped more often than predicted: {discovered:?}")),
                (None, Some((fate, _))) => out.push(format!("dropped, but predicted as {fate:?}: {discovered:?}")),
                (None, None) => out.push(format!("dropped, but not predicted: {}", self.nearest(&discovered))),
            }
        }
        let left = left.into_iter().filter(|(_, times)| *times > 0);
        out.extend(left.map(|(discovered, times)| format!("predicted as dropped, {times} more than are: {discovered:?}")));
        out
    }

    /// What was discovered, as its difference from what was predicted that is most like it.
    fn nearest(&self, discovered: &Labels) -> String {
        let same = |other: &&Labels| other.iter().filter(|(name, value)| discovered.get(*name) == Some(value)).count();
        match self.fates.keys().max_by_key(same) {
            Some(other) => format!("{}\n  of {discovered:?}", differs(other, discovered)),
            None => format!("{discovered:?}"),
        }
    }
}

fn labels(value: &Value) -> Labels {
    let pair = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
    value.as_object().into_iter().flatten().map(pair).collect()
}

fn differs(predicted: &Labels, is: &Labels) -> String {
    let names: BTreeSet<&String> = predicted.keys().chain(is.keys()).collect();
    let differ = names.into_iter().filter(|name| predicted.get(*name) != is.get(*name));
    differ
        .map(|name| format!("{name}: predicted {:?}, is {:?}", predicted.get(name), is.get(name)))
        .collect::<Vec<_>>()
        .join("; ")
}
