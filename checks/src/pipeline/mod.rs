//! The nine steps by which a change becomes effective, from a saved object to a scraped target, and where it is: which
//! step it has passed, where it waits, and at which one it is stuck. An answer of its own beside the report.
//!
//! A step is judged by what it leaves behind. What lies between the Secret and a running Prometheus cannot be read, so
//! there a later step shows that the earlier ones were passed.

mod pods;
mod reloader;
mod secret;
mod targets;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::chain::{Chain, ServerFacts, Walk};
pub use crate::chain::{DifferentJob, Jobs, differing};
use crate::report::{Confidence, Ref, Run, Tool};
use crate::wants::Question;
use crate::world::{ObjectId, World};

/// The JSON Schema of [`PipelineList`].
pub const SCHEMA: &str = include_str!("schema.json");

/// How long a kubelet takes at most to refresh a mounted Secret, in seconds: its period and the age of its cache (OP-RLD-1).
pub const KUBELET: i64 = 120;

/// How often a reloader looks at the file unless told otherwise, in seconds (OP-RLD-3).
pub const WATCH_INTERVAL: i64 = 180;

/// The steps of servers.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PipelineList {
    /// `promdoctor/v1`.
    pub api_version: &'static str,
    /// `PipelineList`.
    pub kind: &'static str,
    /// The program.
    pub tool: Tool,
    /// How it was run.
    pub run: Run,
    /// The servers.
    pub servers: Vec<Pipeline>,
}

/// The nine steps of a server, or of one monitor's newest change on its way through a server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// The server.
    pub server: Ref,
    /// The monitor whose change is followed; none for all that the server takes.
    pub monitor: Option<Ref>,
    /// How it stands.
    pub state: PipelineState,
    /// The number of the step that it is stuck at: the first one that fails.
    pub stuck: Option<usize>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What to expect next, where it is on its way.
    pub expect: Option<Expect>,
    /// How long a reload takes, and how to have one at once.
    pub reload: Option<Reload>,
}

/// How a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PipelineState {
    /// It has passed all steps.
    Done,
    /// It is on its way, and not for longer than usual.
    Waiting,
    /// Nothing is known to be stuck, and something is not known.
    Unknown,
    /// It is stuck.
    Stuck,
}

/// The steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StepName {
    /// An object was saved.
    Saved,
    /// The operator sees it.
    Seen,
    /// The operator makes a configuration of it.
    Translated,
    /// The configuration lies in the Secret.
    Written,
    /// The kubelet shows it in the pod.
    Mounted,
    /// The reloader unpacks it.
    Unpacked,
    /// Prometheus loads it.
    Reloaded,
    /// It leads to targets.
    Discovered,
    /// The targets answer.
    Scraped,
}

impl StepName {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Saved,
        Self::Seen,
        Self::Translated,
        Self::Written,
        Self::Mounted,
        Self::Unpacked,
        Self::Reloaded,
        Self::Discovered,
        Self::Scraped,
    ];

    /// As in the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Seen => "seen",
            Self::Translated => "translated",
            Self::Written => "written",
            Self::Mounted => "mounted",
            Self::Unpacked => "unpacked",
            Self::Reloaded => "reloaded",
            Self::Discovered => "discovered",
            Self::Scraped => "scraped",
        }
    }

    /// Its number, from 1 on.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|name| *name == self).map_or(0, |at| at + 1)
    }
}

/// How a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It was passed.
    Done,
    /// It is due, and not for longer than usual.
    Waiting,
    /// Here it is stuck, or another step is that comes first.
    Stuck,
    /// It comes after one that is waiting or stuck.
    Behind,
    /// That is not known.
    #[default]
    Unknown,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its number, from 1 on.
    pub number: usize,
    /// Its name.
    pub name: StepName,
    /// How it stands.
    pub state: StepState,
    /// How sure that is.
    pub confidence: Confidence,
    /// What was seen, in one line.
    pub says: String,
    /// When it was passed, as far as something tells; RFC 3339.
    pub at: Option<String>,
    /// Seconds since then.
    pub age_seconds: Option<i64>,
    /// What shows it.
    pub evidence: Vec<Fact>,
    /// What stops nothing now and will, or is odd.
    pub warnings: Vec<String>,
    /// Why it is not known.
    pub why: Vec<String>,
    /// How the jobs differ from what they should be, for `written` and `reloaded`.
    pub jobs: Option<Jobs>,
    /// What to do.
    pub advice: Vec<Advice>,
}

impl Step {
    /// `step 6, unpacked: the pod has no config-reloader`.
    pub fn in_words(&self) -> String {
        format!("step {}, {}: {}", self.number, self.name.as_str(), self.says)
    }
}

/// Something that shows how a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fact {
    /// The object; none for what the running server says.
    pub object: Option<Ref>,
    /// The field, or the path of the API.
    pub path: String,
    /// What it says.
    pub value: String,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Advice {
    /// In words.
    pub title: String,
    /// As a command.
    pub command: Option<String>,
}

/// What is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Expect {
    /// What.
    pub what: String,
    /// Until when it is usually there; RFC 3339.
    pub by: Option<String>,
    /// How many seconds that is from now; below zero where it is overdue.
    pub within_seconds: i64,
}

/// How long a reload takes, and how to have one at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reload {
    /// How long the kubelet takes at most to refresh the mount.
    pub kubelet_seconds: i64,
    /// How often the reloader looks; none where it is told of changes.
    pub watch_interval_seconds: Option<i64>,
    /// Whether these are the settings of the pod, or what is usual.
    pub seen: bool,
    /// How to trigger a reload by hand. Nothing of it is done by this program.
    pub by_hand: Vec<Advice>,
}

impl Pipeline {
    /// The step that it is stuck at.
    pub fn stuck_at(&self) -> Option<&Step> {
        self.stuck.and_then(|number| self.steps.get(number.checked_sub(1)?))
    }

    /// The step at which it stands among some: the one that it is stuck at, else the first that is not passed.
    pub fn among(&self, steps: RangeInclusive<usize>) -> Option<&Step> {
        let stuck = self.stuck_at().filter(|step| steps.contains(&step.number));
        stuck.or_else(|| self.steps.iter().find(|step| steps.contains(&step.number) && step.state != StepState::Done))
    }

    /// The first step that is not passed.
    pub fn next(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.state != StepState::Done)
    }
}

/// What is known of a step before the steps are put together.
#[derive(Clone, Debug)]
struct Part {
    state: StepState,
    confidence: Confidence,
    says: String,
    at: Option<i64>,
    evidence: Vec<Fact>,
    warnings: Vec<String>,
    why: Vec<String>,
    jobs: Option<Jobs>,
    advice: Vec<Advice>,
}

impl Part {
    fn new(state: StepState, says: impl Into<String>) -> Self {
        Self {
            state,
            confidence: Confidence::Certain,
            says: says.into(),
            at: None,
            evidence: Vec::new(),
            warnings: Vec::new(),
            why: Vec::new(),
            jobs: None,
            advice: Vec::new(),
        }
    }

    fn done(says: impl Into<String>) -> Self {
        Self::new(StepState::Done, says)
    }

    fn stuck(says: impl Into<String>) -> Self {
        Self::new(StepState::Stuck, says)
    }

    fn waiting(says: impl Into<String>) -> Self {
        Self::new(StepState::Waiting, says)
    }

    fn unknown(says: impl Into<String>, why: impl Into<String>) -> Self {
        let mut part = Self::new(StepState::Unknown, says);
        part.why.push(why.into());
        part
    }

    fn at(mut self, at: Option<i64>) -> Self {
        self.at = at;
        self
    }

    fn likely(mut self) -> Self {
        self.confidence = Confidence::Likely;
        self
    }

    fn shows(mut self, object: Option<&ObjectId>, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.evidence.push(Fact { object: object.map(Ref::from), path: path.into(), value: value.into() });
        self
    }

    fn warns(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    fn jobs(mut self, jobs: &Jobs) -> Self {
        self.jobs = Some(jobs.clone());
        self
    }

    fn advises(mut self, title: impl Into<String>, command: impl Into<Option<String>>) -> Self {
        self.advice.push(Advice { title: title.into(), command: command.into() });
        self
    }
}

/// What the steps are worked out from.
struct Scope<'s, 'w> {
    walk: &'s Walk<'w>,
    facts: &'s ServerFacts<'w>,
    only: Option<&'s ObjectId>,
}

impl<'w> Scope<'_, 'w> {
    fn now(&self) -> Option<i64> {
        self.walk.world.observed_at
    }

    fn age(&self, at: Option<i64>) -> Option<i64> {
        Some((self.now()? - at?).max(0))
    }

    /// Whether what is missing of a monitor may still come.
    fn is_young(&self, chain: &Chain<'_>) -> bool {
        let changed = [&chain.monitor.metadata, &self.facts.server.metadata].map(|meta| self.age(meta.changed_at()));
        changed.into_iter().flatten().min().is_some_and(|age| age < self.walk.usual)
    }

    /// The chains of the server, of all monitors or of the one that is followed.
    fn chains(&self) -> impl Iterator<Item = &'_ Chain<'w>> {
        let own = |chain: &&Chain<'_>| std::ptr::eq(chain.server, self.facts.server);
        let asked = |chain: &&Chain<'_>| self.only.is_none_or(|id| *id == chain.monitor.id());
        self.walk.monitors.iter().flat_map(|facts| &facts.chains).filter(own).filter(asked)
    }

    /// Those that the server takes and the operator lets through: what should be in the configuration.
    fn taken(&self) -> impl Iterator<Item = &'_ Chain<'w>> {
        self.chains().filter(|chain| {
            let kept_out = chain.watched.namespace_unwatched && !chain.watched.held || chain.generated.not_for_daemon_set;
            !chain.selected.state.is_failed() && !chain.accepted.state.is_failed() && !kept_out
        })
    }
}

/// The steps of the servers that are asked about.
pub fn pipelines(world: &World, question: &Question, run: Run) -> PipelineList {
    let walk = Walk::new(world, question.grace, question.server.as_ref());
    let here = |facts: &&ServerFacts<'_>| match (&question.server, &question.namespace) {
        (None, Some(namespace)) => facts.server.metadata.namespace == *namespace,
        _ => true,
    };
    let servers = walk.servers.iter().filter(here).map(|facts| of(&walk, facts)).collect();
    let operators = walk.operators.iter().map(|operator| crate::report::OperatorSeen {
        namespace: operator.id.namespace.clone(),
        name: operator.id.name.clone(),
        version: operator.version.map(|version| version.to_string()),
    });
    PipelineList {
        api_version: "promdoctor/v1",
        kind: "PipelineList",
        tool: Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") },
        run: Run { operators: operators.collect(), ..run },
        servers,
    }
}

/// The steps of a server, over all monitors that it takes.
pub fn of(walk: &Walk<'_>, facts: &ServerFacts<'_>) -> Pipeline {
    follow(&Scope { walk, facts, only: None })
}

/// The steps that the newest change of one monitor has to pass on its way through a server; `None` where the walk holds
/// no such monitor.
pub fn of_monitor(walk: &Walk<'_>, facts: &ServerFacts<'_>, monitor: &ObjectId) -> Option<Pipeline> {
    walk.place_of(monitor)?;
    Some(follow(&Scope { walk, facts, only: Some(monitor) }))
}

fn follow(scope: &Scope<'_, '_>) -> Pipeline {
    let loaded = pods::look(scope);
    let mut parts = secret::parts(scope, &loaded).to_vec();
    let saved = parts[3].at;
    let (three, expect, reload) = pods::parts(scope, &loaded, saved);
    parts.extend(three);
    available(scope, &mut parts[4..]);
    parts.extend(targets::parts(scope));
    let mut expect = expect.filter(|_| parts[..4].iter().all(|part| part.state == StepState::Done));
    if expect.is_none() && parts[3].state == StepState::Waiting {
        expect = secret::expect(scope);
    }
    let stuck = parts.iter().position(|part| part.state == StepState::Stuck);
    let waits = parts.iter().position(|part| part.state == StepState::Waiting);
    // What waits before a step that fails explains it: nothing is stuck before the usual time is over.
    let stuck = stuck.filter(|stuck| waits.is_none_or(|waits| *stuck < waits) || parts[*stuck].confidence == Confidence::Certain);
    let stop = [stuck, waits].into_iter().flatten().min();
    for (at, part) in parts.iter_mut().enumerate() {
        if stop.is_some_and(|stop| at > stop) && Some(at) != stuck {
            part.state = StepState::Behind;
            part.advice.clear();
        }
    }
    let state = match (stuck, waits) {
        (Some(_), _) => PipelineState::Stuck,
        (None, Some(_)) => PipelineState::Waiting,
        (None, None) if parts.iter().any(|part| part.state == StepState::Unknown) => PipelineState::Unknown,
        (None, None) => PipelineState::Done,
    };
    let step = |(at, part): (usize, Part)| Step {
        number: at + 1,
        name: StepName::ALL[at],
        state: part.state,
        confidence: part.confidence,
        says: part.says,
        at: time(part.at),
        age_seconds: scope.age(part.at),
        evidence: part.evidence,
        warnings: part.warnings,
        why: part.why,
        jobs: part.jobs,
        advice: part.advice,
    };
    Pipeline {
        server: scope.facts.id().into(),
        monitor: scope.only.map(Ref::from),
        state,
        stuck: stuck.map(|at| at + 1),
        steps: parts.into_iter().enumerate().map(step).collect(),
        expect: expect.filter(|_| state == PipelineState::Waiting),
        reload,
    }
}

/// What the operator says of the pods, at the first step of theirs that is not passed: they may be out of sight.
fn available(scope: &Scope<'_, '_>, parts: &mut [Part]) {
    let lacking = scope.facts.server.condition("Available").filter(|condition| condition.status != "True");
    let part = parts.iter_mut().find(|part| part.state != StepState::Done);
    if let (Some(condition), Some(part)) = (lacking, part) {
        let words = [&condition.status, &condition.reason, &condition.message];
        let words: Vec<String> =
            words.iter().filter(|word| !word.is_empty()).map(|word| crate::text::without_credentials(word)).collect();
        let value = crate::text::line(&words.join(": "), 200);
        let object = Some(Ref::from(&scope.facts.id()));
        part.evidence.push(Fact { object, path: "status.conditions[Available]".to_owned(), value });
    }
}

fn time(at: Option<i64>) -> Option<String> {
    at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).map(|time| time.to_string())
}

/// `40s`, `3 min`, `2 h`, `5 d`.
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
