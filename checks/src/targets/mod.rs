//! The targets that jobs have: which are scraped, with which labels, which are not, by which rule, and which field of which
//! object wrote that rule. An answer of its own beside the report; [`targets`] makes it.

mod jobs;
mod list;
mod live;
pub(crate) mod mask;
mod scraped;

use serde::Serialize;

pub use self::jobs::targets;
pub(crate) use self::jobs::{is_other, predicted};
pub use self::live::{LiveHealth, LiveJob, LiveRow};
pub(crate) use self::scraped::{Scraped, scraped};
use crate::report::{At, Ref, Run, Tool};
use crate::world::Labels;

/// The JSON Schema of [`TargetList`].
pub const SCHEMA: &str = include_str!("schema.json");

/// What is to be listed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether targets that are not scraped are listed one by one too.
    pub dropped: bool,
    /// Whether one target is traced through every rule: one whose address, URL, object or labels hold this text. With an
    /// empty text the one that explains most: one that is scraped, else the one that got farthest.
    pub trace: Option<String>,
    /// Whether the running servers were to be asked: then it is said why one has nothing to say.
    pub live: bool,
}

/// The targets of jobs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TargetList {
    /// `promdoctor/v1`.
    pub api_version: &'static str,
    /// `TargetList`.
    pub kind: &'static str,
    /// The program.
    pub tool: Tool,
    /// How it was run.
    pub run: Run,
    /// The jobs, by server and name.
    pub jobs: Vec<JobTargets>,
}

/// Where a job was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum JobSource {
    /// It lies in the Secret of the server.
    Secret,
    /// It is what the operator would write.
    Predicted,
}

/// The targets of one job on one server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobTargets {
    /// Its name, which is that of the scrape pool.
    pub job: String,
    /// The server.
    pub server: Ref,
    /// The monitor behind it.
    pub monitor: Option<Ref>,
    /// Index of the monitor's endpoint, for kinds that have several.
    pub endpoint: Option<usize>,
    /// Where it was found.
    pub source: JobSource,
    /// The link at which it breaks off today, so that this is what it would have; none where it holds.
    pub broken: Option<crate::report::Link>,
    /// How many targets are scraped, over all shards.
    pub active: usize,
    /// How many relabel rules drop.
    pub dropped: usize,
    /// How many are no valid targets.
    pub invalid: usize,
    /// How many could not be judged.
    pub unknown: usize,
    /// Whether all was run through the rules that is discovered, or only what the monitor's selector chooses.
    pub whole: bool,
    /// The rules that drop targets, and how many each.
    pub drops: Vec<Drops>,
    /// Why targets may be missing here, or more be listed than there are.
    pub notes: Vec<String>,
    /// Which of the notes say that the targets are not all known.
    #[serde(skip)]
    pub(crate) gaps: Vec<String>,
    /// Which of the notes say that the server may perhaps not discover them.
    #[serde(skip)]
    pub(crate) doubts: Vec<String>,
    /// The targets.
    pub targets: Vec<TargetRow>,
    /// What the running server says of it; left out where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveJob>,
    /// A target's way through the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// How many targets a rule drops.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drops {
    /// The rule.
    pub rule: RuleReport,
    /// How many.
    pub count: usize,
}

/// A relabel rule in a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// Its place in `relabel_configs`.
    pub index: usize,
    /// Its action.
    pub action: String,
    /// Its source labels.
    pub source_labels: Vec<String>,
    /// What joins their values.
    pub separator: String,
    /// Its pattern.
    pub regex: String,
    /// The label that it writes.
    pub target_label: String,
    /// The template of what it writes.
    pub replacement: String,
    /// Its modulus; 0 for other actions than `hashmod`.
    pub modulus: u64,
    /// The field that it comes from; none for what the operator always writes, and where it is not known.
    pub field: Option<At>,
}

/// What becomes of a discovered target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TargetState {
    /// It is scraped.
    Active,
    /// A rule drops it.
    Dropped,
    /// It is no valid target: Prometheus neither scrapes nor lists it.
    Invalid,
    /// That could not be judged.
    Unknown,
}

/// A discovered target.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TargetRow {
    /// What becomes of it.
    pub state: TargetState,
    /// The address with which it was discovered.
    pub address: String,
    /// The object that it was discovered from, as Prometheus names its group: `endpoints/shop/cart`.
    pub object: String,
    /// What is scraped; none where nothing is.
    pub url: Option<String>,
    /// The labels of its series; empty where it is not scraped.
    pub labels: Labels,
    /// The labels with which it went into relabeling.
    pub discovered_labels: Labels,
    /// The shards that scrape it, where the server has several.
    pub shards: Vec<usize>,
    /// The rule that drops it.
    pub rule: Option<RuleReport>,
    /// The values that the rule looked at, joined.
    pub value: Option<String>,
    /// Why it is invalid or unknown.
    pub why: Option<String>,
    /// The same target as the running server has it; left out where that does not have it, or was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveRow>,
}

/// A target's way through the rules of its job.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trace {
    /// The target.
    pub target: TargetRow,
    /// How many other targets meet what was asked for.
    pub others: usize,
    /// The rules that it met, in order.
    pub steps: Vec<TraceStep>,
}

/// What a rule does to a target.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TraceStep {
    /// The rule.
    pub rule: RuleReport,
    /// The values of its source labels, joined.
    pub value: String,
    /// What it does.
    pub effect: StepEffect,
    /// The labels that it changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<LabelChange>,
    /// Why what it does is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a rule does to a target, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum StepEffect {
    /// It changes nothing; a rule that chooses lets it pass.
    None,
    /// It changes labels.
    Changed,
    /// It drops it.
    Dropped,
    /// That is not known.
    Unknown,
}

/// A label that a rule changes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelChange {
    /// The label.
    pub label: String,
    /// Its value before; none where it was absent.
    pub before: Option<String>,
    /// Its value after; none where it is removed.
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_that_of_the_types() {
        crate::report::hold_schema::<super::TargetList>("src/targets/schema.json");
    }
}
