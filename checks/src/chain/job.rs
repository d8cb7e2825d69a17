//! The job behind an endpoint of a monitor: as it lies in the Secret, else as the operator would write it there; and for
//! each of its relabel rules the field that it comes from.

use std::cell::OnceCell;

use serde_json::Value;

use super::generated::Generated;
use super::server::ServerFacts;
use crate::operator::scrape_config::difference::{Difference, differences};
use crate::operator::scrape_config::{NEWEST, RuleField, Writer, WrittenJob};
use crate::operator::version::Version;
use crate::prometheus::config::{Job, KubernetesSd, Rule, items, redacted};
use crate::world::{Kind, Meta, Monitor};

/// The job of an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointJob<'w> {
    source: Source<'w>,
    fields: OnceCell<Vec<Option<RuleField>>>,
}

#[derive(Clone, Debug)]
enum Source<'w> {
    /// It lies in the Secret; what writes it is known by the version of the operator, or is tried out.
    Live { job: &'w Job, writing: Option<Writing<'w>> },
    /// The operator would write it.
    Written(WrittenJob),
}

/// What a job is written from.
#[derive(Clone, Debug)]
struct Writing<'w> {
    writers: Vec<Writer<'w>>,
    object: Written<'w>,
    endpoint: usize,
}

/// An object that jobs are written from: a monitor of any of the four kinds.
#[derive(Clone, Copy, Debug)]
pub struct Written<'w> {
    /// Its kind.
    pub kind: Kind,
    /// Its metadata.
    pub metadata: &'w Meta,
    /// Its spec as it was read.
    pub raw: &'w Value,
}

impl<'w> From<&'w Monitor> for Written<'w> {
    fn from(monitor: &'w Monitor) -> Self {
        Self { kind: monitor.kind, metadata: &monitor.metadata, raw: &monitor.raw }
    }
}

impl<'w> EndpointJob<'w> {
    /// The jobs of a monitor's endpoints, in their order. `holds`: those in the Secret are those of the monitor as it is.
    pub(super) fn all(
        facts: &ServerFacts<'w>,
        monitor: &'w Monitor,
        generated: &Generated<'w>,
        holds: bool,
    ) -> Vec<Option<Self>> {
        if holds {
            let live = |at: usize| {
                let (_, job) = generated.jobs.iter().find(|(index, _)| *index == at)?;
                Some(Self::live(facts, job, Some((monitor.into(), at))))
            };
            return (0..monitor.spec.endpoints.len()).map(live).collect();
        }
        let mut written = Self::predicted(facts, monitor.into());
        let at = |at: usize| written.extract_if(.., |(endpoint, _)| *endpoint == at).next().map(|(_, job)| job);
        (0..monitor.spec.endpoints.len()).map(at).collect()
    }

    /// A job in the Secret, and the object and endpoint that it is written from, where they are known.
    pub fn live(facts: &ServerFacts<'w>, job: &'w Job, from: Option<(Written<'w>, usize)>) -> Self {
        let writing = from.map(|(object, endpoint)| Writing { writers: writers(facts), object, endpoint });
        Self { source: Source::Live { job, writing }, fields: OnceCell::new() }
    }

    /// The jobs that the operator would write from an object, with their endpoints; none where its version is not known.
    pub fn predicted(facts: &ServerFacts<'w>, object: Written<'w>) -> Vec<(usize, Self)> {
        if facts.operator_version.is_none() {
            return Vec::new();
        }
        let jobs = writers(facts).first().map(|writer| write(writer, object)).unwrap_or_default();
        let new = |mut job: WrittenJob| {
            job.value = redacted(job.value);
            (job.endpoint, Self { source: Source::Written(job), fields: OnceCell::new() })
        };
        jobs.into_iter().map(new).collect()
    }

    /// The job, an entry of `scrape_configs`.
    pub fn value(&self) -> &Value {
        match &self.source {
            Source::Live { job, .. } => &job.redacted,
            Source::Written(job) => &job.value,
        }
    }

    /// Its Kubernetes discovery, entry by entry.
    pub fn discovery(&self) -> impl Iterator<Item = KubernetesSd> {
        items(self.value(), "kubernetes_sd_configs").map(KubernetesSd::read)
    }

    /// Whether it lies in the Secret.
    pub fn is_live(&self) -> bool {
        matches!(self.source, Source::Live { .. })
    }

    /// Whether its rules could be told from what the operator writes.
    pub fn knows_fields(&self) -> bool {
        self.fields.get_or_init(|| self.fields()).iter().any(Option::is_some)
    }

    /// The field behind a relabel rule, by the rule's place; `None` where that is not known.
    pub fn field(&self, rule: usize) -> Option<&RuleField> {
        self.fields.get_or_init(|| self.fields()).get(rule)?.as_ref()
    }

    /// Where a job in the Secret says something else than the operator writes from its monitor today, in what the monitor
    /// decides alone: relabelings and what is fetched how often. Nothing is said where the operator's version is not known,
    /// is newer than those that were looked at, or any version that was writes the job as it is.
    pub fn edited(&self) -> Vec<Difference> {
        let Source::Live { job, writing: Some(writing) } = &self.source else { return Vec::new() };
        let [writer] = writing.writers.as_slice() else { return Vec::new() };
        if writer.operator > NEWEST {
            return Vec::new();
        }
        let found = |writer: &Writer<'_>| {
            let written = write(writer, writing.object).into_iter().find(|job| job.endpoint == writing.endpoint)?;
            Some(differences(&written, &job.redacted).into_iter().filter(|found| is_own(found, writing.object)).collect())
        };
        let own: Vec<Difference> = found(writer).unwrap_or_default();
        let of_other = |version: &Version| {
            let other = Writer::new(writer.server, *version, writer.prometheus);
            other.and_then(|other| found(&other)).is_some_and(|found: Vec<Difference>| found.is_empty())
        };
        if own.is_empty() || FORMS.iter().any(of_other) { Vec::new() } else { own }
    }

    fn fields(&self) -> Vec<Option<RuleField>> {
        match &self.source {
            Source::Written(job) => job.fields.iter().cloned().map(Some).collect(),
            Source::Live { writing: None, .. } => Vec::new(),
            Source::Live { job, writing: Some(writing) } => {
                let known = |fields: &Vec<Option<RuleField>>| fields.iter().flatten().count();
                let of = |writer: &Writer<'_>| {
                    let written = write(writer, writing.object).into_iter().find(|job| job.endpoint == writing.endpoint)?;
                    Some(aligned(&job.rules, &written))
                };
                writing.writers.iter().filter_map(of).max_by_key(known).unwrap_or_default()
            }
        }
    }
}

/// Versions that stand for the ways in which operators have written rules, where the version is not known.
const FORMS: [Version; 6] = [
    Version::new(0, 93, 0),
    Version::new(0, 83, 0),
    Version::new(0, 79, 0),
    Version::new(0, 61, 0),
    Version::new(0, 52, 1),
    Version::new(0, 44, 0),
];

/// Keys of a job that come from fields of the monitor, whatever the server and the operator's settings are.
const OWN_KEYS: &[&str] =
    &["scrape_interval", "scrape_timeout", "metrics_path", "scheme", "params", "honor_labels", "metric_relabel_configs"];

/// Whether a difference is in what the monitor decides.
fn is_own(found: &Difference, object: Written<'_>) -> bool {
    let key = found.path.split(['[', '.']).next().unwrap_or_default();
    let of_monitor = |field: &RuleField| field.object == object.metadata.id(object.kind) && field.is_relabeling();
    // A rule that nobody's field explains was added by hand, or its field is gone; those of shards depend on gates.
    let foreign = key == "relabel_configs" && found.written.is_null() && found.field.is_none();
    let of_shards = found.live.to_string().contains("__tmp_");
    OWN_KEYS.contains(&key) || foreign && !of_shards || found.field.as_ref().is_some_and(of_monitor)
}

/// Above this many pairs rules are not aligned: that takes room for each pair.
const MOST_PAIRS: usize = 250_000;

fn writers<'w>(facts: &ServerFacts<'w>) -> Vec<Writer<'w>> {
    let Some(prometheus) = facts.prometheus_version else { return Vec::new() };
    let versions = facts.operator_version.map_or(FORMS.to_vec(), |version| vec![version]);
    versions.into_iter().filter_map(|version| Writer::new(facts.server, version, prometheus)).collect()
}

fn write(writer: &Writer<'_>, object: Written<'_>) -> Vec<WrittenJob> {
    writer.jobs(object.kind, object.metadata, object.raw)
}

/// The field of each rule of a live job: of the rule in the written one that says the same, in the same order.
fn aligned(live: &[Rule], written: &WrittenJob) -> Vec<Option<RuleField>> {
    // Credentials are taken out of the live job: out of this one too, for them to be alike.
    let written_value = redacted(written.value.clone());
    let rules: Vec<Rule> = items(&written_value, "relabel_configs").map(Rule::read).collect();
    // Nobody has so many rules; then none is known to come from a field.
    if live.len().saturating_mul(rules.len()) > MOST_PAIRS {
        return vec![None; live.len()];
    }
    // The longest sequence of rules that both have, by its length from every pair of places on.
    let mut longest = vec![vec![0usize; rules.len() + 1]; live.len() + 1];
    for at in (0..live.len()).rev() {
        for other in (0..rules.len()).rev() {
            longest[at][other] = if live[at] == rules[other] {
                longest[at + 1][other + 1] + 1
            } else {
                longest[at + 1][other].max(longest[at][other + 1])
            };
        }
    }
    let mut fields = vec![None; live.len()];
    let (mut at, mut other) = (0, 0);
    while at < live.len() && other < rules.len() {
        if live[at] == rules[other] {
            fields[at] = written.fields.get(other).cloned();
            (at, other) = (at + 1, other + 1);
        } else if longest[at + 1][other] >= longest[at][other + 1] {
            at += 1;
        } else {
            other += 1;
        }
    }
    fields
}
