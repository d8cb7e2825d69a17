//! What applying files would do to the targets: those of every server before and after, and what differs; and the
//! verdicts and findings that come and go with it. Nothing is applied.

mod because;
mod diff;
mod side;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::because::Because;
use self::side::Side;
use crate::files::{Among, Bundle, apply, judged_alone, locate, operator_of, overwritten, refused, standing as stood};
use crate::overlay::{Change, ChangeKind, Note, Refused, Says, unasked};
use crate::policy;
use crate::report::{Finding, NotChecked, Ref, Report, Run, Severity, Subject, Tool, Verdict};
use crate::targets::LabelChange;
use crate::wants::Question;
use crate::world::{Labels, Manifest, World};

/// The JSON Schema of [`Plan`].
pub const SCHEMA: &str = include_str!("schema.json");

/// What applying files would do.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// `promdoctor/v1`.
    pub api_version: &'static str,
    /// `Plan`.
    pub kind: &'static str,
    /// The program.
    pub tool: Tool,
    /// How it was run.
    pub run: Run,
    /// What the files were laid over: `the cluster of context prod`.
    pub against: String,
    /// Counts.
    pub summary: Summary,
    /// What the files do to each of their objects.
    pub changes: Vec<Change>,
    /// Objects of the files that the API server would not take.
    pub refused: Vec<Refused>,
    /// The servers.
    pub servers: Vec<ServerPlan>,
    /// Monitors whose verdict becomes another.
    pub verdicts: Vec<VerdictChange>,
    /// Findings that come and go.
    pub findings: Findings,
    /// What to know about the way from the files to that outcome.
    pub notes: Vec<Note>,
    /// What could not be simulated: there, targets may come and go that are not listed.
    pub not_known: Vec<NotKnown>,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Targets that are new.
    pub added: usize,
    /// Targets that are scraped no more.
    pub removed: usize,
    /// Targets whose series get other labels.
    pub relabeled: usize,
    /// What is scraped more often than before, and more than once.
    pub doubled: usize,
    /// Targets that stay as they are.
    pub kept: usize,
    /// Errors that are new.
    pub new_errors: usize,
    /// Findings that are new, errors among them.
    pub new_findings: usize,
    /// Findings that are gone.
    pub gone_findings: usize,
    /// Objects that the API server would not take.
    pub refused: usize,
    /// Entries of `notKnown`.
    pub not_known: usize,
}

/// What becomes of the targets of a server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServerPlan {
    /// The server.
    pub server: Ref,
    /// Whether the files bring it.
    pub new: bool,
    /// Targets that are new.
    pub added: usize,
    /// Targets that are scraped no more.
    pub removed: usize,
    /// Targets whose series get other labels.
    pub relabeled: usize,
    /// Targets that stay as they are.
    pub kept: usize,
    /// Targets that stay as they are, and are scraped by another shard than before.
    pub moved: usize,
    /// Why Prometheus would not load the configuration, so that it goes on with the one it has until it restarts.
    pub not_loaded: Option<String>,
    /// The jobs whose targets change.
    pub jobs: Vec<JobPlan>,
    /// What is scraped more often than before, and more than once.
    pub doubled: Vec<Doubled>,
}

/// What becomes of the targets of a job.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobPlan {
    /// Its name.
    pub job: String,
    /// The monitor behind it.
    pub monitor: Option<Ref>,
    /// Whether the job itself comes, goes or stays.
    pub change: JobChange,
    /// The objects of the files that bring it about.
    pub because: Vec<Ref>,
    /// The finding that says why targets are missing.
    pub finding: Option<String>,
    /// Targets that are new.
    pub added: Vec<PlannedTarget>,
    /// Targets that are scraped no more.
    pub removed: Vec<PlannedTarget>,
    /// Targets whose series get other labels.
    pub relabeled: Vec<Relabeled>,
    /// How many stay as they are.
    pub kept: usize,
    /// What leaves it open whether the server may discover these targets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
}

/// Whether a job comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum JobChange {
    /// It is new.
    Added,
    /// It is there no more.
    Removed,
    /// It is there before and after.
    Stays,
}

/// A target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlannedTarget {
    /// What is scraped.
    pub url: String,
    /// The object that it is discovered from.
    pub object: String,
    /// The labels of its series.
    pub labels: Labels,
}

/// A target whose series get other labels.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Relabeled {
    /// What is scraped.
    pub url: String,
    /// What was scraped before, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_before: Option<String>,
    /// The job that it was scraped by, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_before: Option<String>,
    /// The labels that differ.
    pub labels: Vec<LabelChange>,
}

/// Something that is scraped more often than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Doubled {
    /// What is scraped.
    pub url: String,
    /// How often it was scraped at each interval.
    pub before: usize,
    /// How often it will be.
    pub after: usize,
    /// By which jobs.
    pub jobs: Vec<String>,
}

/// A monitor whose verdict becomes another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerdictChange {
    /// The monitor.
    #[serde(rename = "ref")]
    pub monitor: Ref,
    /// Before; none where the files bring it.
    pub before: Option<Verdict>,
    /// After.
    pub after: Verdict,
    /// The finding that decides.
    pub cause: Option<String>,
}

/// Findings that come and go.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Findings {
    /// Those that are not there now, or milder.
    pub new: Vec<Finding>,
    /// Those that will not be there any more.
    pub gone: Vec<Finding>,
    /// Those that are there before and after, as far as a verdict or a job here refers to them.
    pub standing: Vec<Finding>,
}

/// Something that could not be simulated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotKnown {
    /// The server; none where it concerns all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Ref>,
    /// The job, or the monitor whose jobs it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Why.
    pub why: String,
}

/// What is asked of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What the world is that the files are laid over, in words.
    pub against: &'a str,
    /// Which server, and how old an object has to be.
    pub question: &'a Question,
    /// What of the findings is to be heard; all where nothing is said.
    pub policy: Option<&'a policy::Settings>,
}

impl Plan {
    /// The finding of an id: one that is new, or one that stands.
    pub fn finding(&self, id: Option<&str>) -> Option<&Finding> {
        let mut all = self.findings.new.iter().chain(&self.findings.standing);
        all.find(|finding| Some(finding.id.as_str()) == id)
    }

    /// Whether a target is lost, an object is refused, or a finding of at least this severity is new.
    pub fn harms(&self, least: Severity) -> bool {
        let counts = |finding: &Finding| !finding.suppressed && finding.severity <= least;
        self.summary.removed > 0 || self.summary.refused > 0 || self.findings.new.iter().any(counts)
    }

    /// Whether targets may come or go that could not be told.
    pub fn is_open(&self) -> bool {
        !self.not_known.is_empty()
    }
}

/// Simulates what applying a bundle to a world would do.
pub fn plan(before: &World, bundle: &Bundle, asking: &Asking<'_>, run: Run) -> Plan {
    let question = asking.question;
    let overlay = apply(before, bundle, question.grace);
    let side = |world: &World, of_files: Vec<Finding>| {
        let mut side = Side::of(world, question, run.clone());
        side.report.add(of_files);
        if let Some(policy) = asking.policy {
            policy::apply(&mut side.report, world, policy::Asked::from(question), policy, Some(bundle));
        }
        side
    };
    let operator = operator_of(before, bundle);
    let known = judged_alone(stood(before, &overlay, operator), operator, &run).collect();
    let was = side(&unasked(before), known);
    let mut of_copies = refused(bundle, operator, &run);
    of_copies.extend(overwritten(bundle, Among::AllFiles));
    // What is no object, or is refused, changes nothing, and is told all the same.
    let unread = !bundle.world.malformed.is_empty();
    let differs = overlay.changes_anything() || unread || !overlay.world.manifests.is_empty() || !of_copies.is_empty();
    let is = differs.then(|| side(&overlay.world, of_copies));
    let is = is.as_ref().unwrap_or(&was);
    let mut findings = findings(&was.report, &is.report);
    // Of a manifest that loses a field other things are said than of what came of it.
    let loses = |manifest: &Manifest| manifest.problems.iter().any(|problem| problem.is_pruned() || problem.refused);
    let misread = |object: &Ref| {
        let manifests = overlay.world.manifests.iter().filter(|manifest| !manifest.kept_out);
        manifests.into_iter().any(|manifest| manifest.reference == *object && loses(manifest))
    };
    findings.gone.retain(|finding| !misread(&finding.subject) && !finding.affects.iter().any(misread));
    let unplaced = |finding: &&mut Finding| finding.location.is_none();
    findings.new.iter_mut().filter(unplaced).for_each(|finding| locate(finding, bundle));
    let because = Because { overlay: &overlay, report: &is.report, new: &findings.new };
    let mut not_known = Vec::new();
    let servers: Vec<ServerPlan> = diff::servers(&was, is, &because, &mut not_known);
    let on_servers = |note: &Note| note.says == Says::NotKnown;
    let told = overlay.notes.iter().filter(|note| on_servers(note)).map(|note| NotKnown {
        server: note.server.clone(),
        of: None,
        why: note.text.clone(),
    });
    not_known.extend(told);
    not_known.sort();
    not_known.dedup();
    let sum = |count: fn(&ServerPlan) -> usize| servers.iter().map(count).sum();
    let verdicts = verdicts(&was.report, &is.report);
    findings.standing = standing(&is.report, &findings, &servers, &verdicts);
    let summary = Summary {
        added: sum(|server| server.added),
        removed: sum(|server| server.removed),
        relabeled: sum(|server| server.relabeled),
        doubled: sum(|server| server.doubled.len()),
        kept: sum(|server| server.kept),
        new_errors: findings.new.iter().filter(|finding| finding.severity == Severity::Error && !finding.suppressed).count(),
        new_findings: findings.new.len(),
        gone_findings: findings.gone.len(),
        refused: overlay.refused.len(),
        not_known: not_known.len(),
    };
    Plan {
        api_version: "promdoctor/v1",
        kind: "Plan",
        tool: Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") },
        run: Run { operators: is.report.run.operators.clone(), ..run },
        against: asking.against.to_owned(),
        summary,
        changes: overlay.changes.into_values().collect(),
        refused: overlay.refused,
        servers,
        verdicts,
        findings,
        notes: overlay.notes.into_iter().filter(|note| note.says != Says::NotKnown).collect(),
        not_known,
    }
}

/// Findings that are new or worse, and those that are gone.
fn findings(was: &Report, is: &Report) -> Findings {
    let after: BTreeSet<&str> = is.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let is_gone = |finding: &&Finding| !after.contains(finding.fingerprint.as_str());
    let gone = was.findings.iter().filter(is_gone).cloned().enumerate();
    Findings {
        new: is.news(was).cloned().collect(),
        gone: gone.map(|(at, finding)| Finding { id: format!("g{}", at + 1), ..finding }).collect(),
        standing: Vec::new(),
    }
}

/// Findings that something refers to and that are not new.
fn standing(is: &Report, findings: &Findings, servers: &[ServerPlan], verdicts: &[VerdictChange]) -> Vec<Finding> {
    let jobs = servers.iter().flat_map(|server| &server.jobs).filter_map(|job| job.finding.as_ref());
    let named: BTreeSet<&String> = jobs.chain(verdicts.iter().filter_map(|change| change.cause.as_ref())).collect();
    let new: BTreeSet<&String> = findings.new.iter().map(|finding| &finding.id).collect();
    is.findings.iter().filter(|finding| named.contains(&finding.id) && !new.contains(&finding.id)).cloned().collect()
}

fn verdicts(was: &Report, is: &Report) -> Vec<VerdictChange> {
    let before: BTreeMap<&Ref, Verdict> = was.subjects.iter().map(|subject| (&subject.reference, subject.verdict)).collect();
    let change = |subject: &Subject| VerdictChange {
        monitor: subject.reference.clone(),
        before: before.get(&subject.reference).copied(),
        after: subject.verdict,
        cause: subject.cause.clone(),
    };
    is.subjects.iter().map(change).filter(|change| change.before != Some(change.after)).collect()
}

/// What leaves it open what is scraped at all.
fn unseen(report: &Report) -> impl Iterator<Item = &NotChecked> {
    report.not_checked.iter().filter(|open| open.link == crate::report::Link::Exists)
}

/// Whether files change an object.
fn is_change(change: &Change) -> bool {
    change.kind != ChangeKind::Unchanged
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_that_of_the_types() {
        crate::report::hold_schema::<super::Plan>("src/plan/schema.json");
    }
}
