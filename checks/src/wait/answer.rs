//! What `wait` answers to other programs: how it ended, where the change stands, and what happened on the way.

use serde::Serialize;

use super::Standing;
use crate::pipeline::{Expect, StepName};
use crate::report::{Link, Ref, Report, Run, Tool};

/// The JSON Schema of [`WaitResult`].
pub const SCHEMA: &str = include_str!("schema.json");

/// How the waiting for a monitor ended.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WaitResult {
    /// `promdoctor/v1`.
    pub api_version: &'static str,
    /// `WaitResult`.
    pub kind: &'static str,
    /// The program.
    pub tool: Tool,
    /// How it was run.
    pub run: Run,
    /// The monitor.
    pub monitor: Ref,
    /// What was waited for.
    pub wanted: Wanted,
    /// How it ended.
    pub end: End,
    /// Where the change stood when it was last looked at; none where the cluster has never answered.
    pub stands: Option<Stand>,
    /// What happened on the way, in order.
    pub events: Vec<Event>,
    /// All that was found about the monitor at the last look.
    pub report: Option<Report>,
}

impl WaitResult {
    /// Puts it together.
    pub fn new(run: Run, monitor: Ref, wanted: Wanted, end: End, events: Vec<Event>) -> Self {
        let tool = Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") };
        let (api_version, kind) = ("promdoctor/v1", "WaitResult");
        Self { api_version, kind, tool, run, monitor, wanted, end, stands: None, events, report: None }
    }
}

/// What was waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// How far it was to come: `generated`, `loaded`, `discovered`, `up`.
    pub state: &'static str,
    /// With how many targets on each server; none for all that are expected.
    pub targets: Option<usize>,
    /// How long it had for that, in seconds; 0 for one look.
    pub timeout_seconds: u64,
}

/// How the waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// It is there.
    Reached,
    /// It is not, and the time is over.
    Timeout,
    /// It is not, and time alone will not mend it.
    Stuck,
    /// That cannot be known.
    Unknowable,
}

/// Where a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stand {
    /// The number of the step of `pipeline`, from 1 on; the last one that was needed, where it is there.
    pub step: usize,
    /// Its name.
    pub name: StepName,
    /// The link of the chain, as `why` names it.
    pub link: Link,
    /// How it stands there.
    pub says: String,
    /// The finding in the report that explains it, by its id.
    pub cause: Option<String>,
    /// What is to come next.
    pub expect: Option<Expect>,
    /// What was not checked on the way, though it is there.
    pub not_checked: Vec<String>,
}

impl From<&Standing> for Stand {
    fn from(standing: &Standing) -> Self {
        Self {
            step: standing.step.number(),
            name: standing.step,
            link: standing.link,
            says: standing.says.clone(),
            cause: standing.cause.clone(),
            expect: standing.expect.clone(),
            not_checked: standing.unchecked.clone(),
        }
    }
}

/// Something that happened while it was waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub kind: EventKind,
    /// The number of the step at which the change stands since then; none for what happened to the cluster.
    pub step: Option<usize>,
    /// The link.
    pub link: Option<Link>,
    /// In words.
    pub says: String,
    /// The check that explains it.
    pub code: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The change stands at another step, or for another reason.
    Stands,
    /// The cluster does not answer any more.
    Lost,
    /// It answers again.
    Back,
    /// The change has come as far as it was to.
    Reached,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_that_of_the_types() {
        crate::report::hold_schema::<super::WaitResult>("src/wait/schema.json");
    }
}
