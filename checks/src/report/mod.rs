//! The report: the only thing that renderers get, and the form that other programs read.
//!
//! Its fields are fixed; adding is allowed, renaming and removing is not. The JSON Schema beside this file is
//! written from these types by a test.

mod finding;
mod fix;
mod link;
mod suppressed;
mod verdict;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::world::UnseenReason;

pub use self::finding::{
    At, Confidence, Evidence, Finding, Fix, Patch, PatchRef, PatchType, Position, Ref, Related, Safety, Severity, evidence_at,
};
pub use self::fix::{kubectl, quoted};
pub use self::link::{Link, LinkState};
pub use self::suppressed::{BaselineUse, Known, Suppressed, SuppressedBy};
pub use self::verdict::Verdict;

/// The JSON Schema of [`Report`].
pub const SCHEMA: &str = include_str!("schema.json");

/// What a run found out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `promdoctor/v1`.
    pub api_version: &'static str,
    /// `Report`.
    pub kind: &'static str,
    /// The program.
    pub tool: Tool,
    /// How it was run; the only part that may differ between two runs over the same objects.
    pub run: Run,
    /// Counts.
    pub summary: Summary,
    /// The monitors that were asked about.
    pub subjects: Vec<Subject>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// What could not be judged, and which right or input is missing.
    pub not_checked: Vec<NotChecked>,
    /// The application that was asked about, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The baseline that was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineUse>,
    /// What is only counted, in [`Summary::standing`].
    #[serde(skip)]
    pub standing: Vec<Finding>,
}

impl Report {
    /// The findings that were not there before, or not as bad.
    pub(crate) fn news<'r>(&'r self, before: &Self) -> impl Iterator<Item = &'r Finding> + use<'r> {
        let known: BTreeMap<String, Severity> =
            before.findings.iter().map(|finding| (finding.fingerprint.clone(), finding.severity)).collect();
        self.findings.iter().filter(move |finding| known.get(&finding.fingerprint).is_none_or(|was| finding.severity < *was))
    }

    /// Leaves out findings, and with them what refers to them.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Finding) -> bool) {
        let gone: std::collections::BTreeSet<String> =
            self.findings.iter().filter(|finding| !keep(finding)).map(|finding| finding.id.clone()).collect();
        self.findings.retain(|finding| !gone.contains(&finding.id));
        for subject in &mut self.subjects {
            subject.findings.retain(|id| !gone.contains(id));
            subject.cause.take_if(|id| gone.contains(id));
            for link in subject.chains.iter_mut().flat_map(|chain| &mut chain.links) {
                link.findings.retain(|id| !gone.contains(id));
            }
        }
        self.count();
    }

    /// Takes findings out of the report for others, by their ids: what refers to the former refers to the latter.
    pub(crate) fn replace(&mut self, by: &BTreeMap<String, String>) {
        self.findings.retain(|finding| !by.contains_key(&finding.id));
        let replace = |ids: &mut Vec<String>| {
            let mut seen = std::collections::BTreeSet::new();
            ids.iter_mut().for_each(|id| by.get(id).into_iter().for_each(|new| id.clone_from(new)));
            ids.retain(|id| seen.insert(id.clone()));
        };
        for subject in &mut self.subjects {
            replace(&mut subject.findings);
            subject.cause.iter_mut().for_each(|id| by.get(id).into_iter().for_each(|new| id.clone_from(new)));
            subject.chains.iter_mut().flat_map(|chain| &mut chain.links).for_each(|link| replace(&mut link.findings));
        }
        self.count();
    }

    /// Adds what another judgement of the same objects found besides; a monitor is as well as in the worse of the two.
    pub(crate) fn join(&mut self, mut other: Self) {
        let mut next = self.last_number();
        let mut ids = std::collections::BTreeMap::new();
        for finding in &mut other.findings {
            next += 1;
            let id = format!("f{next}");
            ids.insert(std::mem::replace(&mut finding.id, id.clone()), id);
        }
        let new = |id: &String| ids.get(id).cloned();
        for theirs in other.subjects {
            let Some(own) = self.subjects.iter_mut().find(|own| own.reference == theirs.reference) else { continue };
            own.findings.extend(theirs.findings.iter().filter_map(new));
            let failed = |verdict: Verdict| matches!(verdict, Verdict::Failed | Verdict::Partial);
            if let Some(cause) = theirs.cause.as_ref().and_then(new).filter(|_| failed(theirs.verdict) && !failed(own.verdict)) {
                (own.verdict, own.cause) = (theirs.verdict, Some(cause));
            }
        }
        self.findings.append(&mut other.findings);
        self.count();
    }

    /// Adds findings that no monitor's chain tells of.
    pub(crate) fn add(&mut self, findings: Vec<Finding>) {
        let mut next = self.last_number();
        self.findings.extend(findings.into_iter().map(|finding| {
            next += 1;
            Finding { id: format!("f{next}"), ..finding }
        }));
        self.count();
    }

    fn last_number(&self) -> usize {
        let number = |finding: &Finding| finding.id.trim_start_matches('f').parse().unwrap_or_default();
        self.findings.iter().map(number).max().unwrap_or_default()
    }

    /// Counts anew.
    pub(crate) fn count(&mut self) {
        self.summary.findings = SeverityCounts::of(&self.findings);
        self.summary.monitors = VerdictCounts::of(&self.subjects);
    }
}

/// The program that wrote a report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// `prom-doctor`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Where the objects came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "named as the report names them")]
pub enum Mode {
    Live,
    Snapshot,
    Files,
    Overlay,
}

/// How the program was run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Where the objects came from.
    pub mode: Mode,
    /// The kubeconfig context, live; the path of the snapshot otherwise.
    pub context: Option<String>,
    /// When the objects were seen, RFC 3339.
    pub observed_at: Option<String>,
    /// Milliseconds from start to report.
    pub duration_ms: u64,
    /// Operators that were found.
    pub operators: Vec<OperatorSeen>,
}

/// An operator that was found.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OperatorSeen {
    /// Namespace.
    pub namespace: String,
    /// Name of its Deployment.
    pub name: String,
    /// Version, where its image tells.
    pub version: Option<String>,
}

/// Counts.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Monitors by verdict.
    pub monitors: VerdictCounts,
    /// Findings by severity.
    pub findings: SeverityCounts,
    /// Findings that were suppressed, by comments, annotations or the configuration. They are not counted above.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub in_baseline: usize,
    /// Findings of checks that are not selected.
    pub not_selected: usize,
    /// Findings that were there before the files that are judged on top of a cluster, and have nothing to do with them:
    /// they are left out.
    pub standing: SeverityCounts,
    /// Entries of `notChecked`.
    pub not_checked: usize,
    /// Objects of kinds that this version counts but does not judge.
    pub not_judged: NotJudged,
}

/// Monitors by verdict.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "named as the verdicts")]
pub struct VerdictCounts {
    pub ok: usize,
    pub partial: usize,
    pub failed: usize,
    pub unknown: usize,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "named as the severities")]
pub struct SeverityCounts {
    pub error: usize,
    pub warning: usize,
    pub info: usize,
}

impl VerdictCounts {
    /// How many monitors of each verdict there are.
    pub(crate) fn of(subjects: &[Subject]) -> Self {
        let count = |verdict: Verdict| subjects.iter().filter(|subject| subject.verdict == verdict).count();
        let (ok, partial) = (count(Verdict::Ok), count(Verdict::Partial));
        Self { ok, partial, failed: count(Verdict::Failed), unknown: count(Verdict::Unknown) }
    }
}

impl SeverityCounts {
    /// How many findings of each severity are not set aside.
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let of = |severity: Severity| move |finding: &&Finding| !finding.suppressed && finding.severity == severity;
        let count = |severity: Severity| findings.iter().filter(of(severity)).count();
        Self { error: count(Severity::Error), warning: count(Severity::Warning), info: count(Severity::Info) }
    }
}

/// Objects that were seen and not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as the kinds")]
pub struct NotJudged {
    pub probes: usize,
    pub scrape_configs: usize,
    pub prometheus_rules: usize,
}

/// A monitor and its way through every server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Subject {
    /// The monitor.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Over all servers.
    pub verdict: Verdict,
    /// The finding that decides.
    pub cause: Option<String>,
    /// All findings that concern it.
    pub findings: Vec<String>,
    /// One per server.
    pub chains: Vec<ChainReport>,
}

/// One monitor's way through one server.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChainReport {
    /// The server.
    pub server: Ref,
    /// For this server.
    pub verdict: Verdict,
    /// The links, in order. A link that also has states per endpoint or namespace stands once as a whole and
    /// then once for each of them that differs.
    pub links: Vec<LinkReport>,
    /// How many targets.
    pub targets: Targets,
}

/// One link of a chain.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinkReport {
    /// Which link.
    pub link: Link,
    /// Its state.
    pub state: LinkState,
    /// Findings at this link.
    pub findings: Vec<String>,
    /// The endpoint of the monitor that this entry is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<usize>,
    /// The namespace that this entry is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether the walk went on as if an earlier link were mended.
    #[serde(skip_serializing_if = "is_false")]
    pub hypothetical: bool,
    /// What was seen, in a few words: `1 Service: cart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why the state is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// How many targets a chain has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    /// With things as they are; `null` where that cannot be told.
    pub predicted: Option<usize>,
    /// With the cause mended; `null` where that cannot be told.
    pub if_mended: Option<usize>,
    /// What the running Prometheus says; `null` if it was not asked.
    pub actual: Option<usize>,
    /// How many of them answer; `null` if it was not asked.
    pub up: Option<usize>,
}

/// Something that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotChecked {
    /// Which link.
    pub link: Link,
    /// What happened.
    pub reason: UnseenReason,
    /// The right or input that is missing: `list rolebindings.rbac.authorization.k8s.io in shop`.
    pub need: String,
    /// Monitors that it leaves open; empty where it concerns all.
    pub affects: Vec<Ref>,
}

/// An application that was asked about: which monitors reach it, and which nearly do.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct App {
    /// The Pod, Service or workload.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Its pods.
    pub pods: Vec<Ref>,
    /// Services in front of them.
    pub services: Vec<Ref>,
    /// Monitors that yield targets for it.
    pub reached: Vec<Reach>,
    /// Monitors that would reach it but for something.
    pub near: Vec<Reach>,
}

/// A monitor that reaches an application, or nearly does.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reach {
    /// The monitor.
    pub monitor: Ref,
    /// Through this Service.
    pub service: Option<Ref>,
    /// Its verdict over all servers.
    pub verdict: Verdict,
    /// Targets of the application.
    pub targets: usize,
    /// What differs, for a near miss.
    pub differs: Vec<Evidence>,
}

/// Holds a schema file to its types, and writes it anew where it differs.
#[cfg(test)]
pub(crate) fn hold_schema<T: schemars::JsonSchema>(file: &str) {
    // What is written, not what would be read: fields that may be left out are not required, `null` ones are.
    hold_schema_of::<T>(file, schemars::generate::SchemaSettings::draft2020_12().for_serialize());
}

/// The same for any side of a type: what is written of it, or what is read.
#[cfg(test)]
pub(crate) fn hold_schema_of<T: schemars::JsonSchema>(file: &str, settings: schemars::generate::SchemaSettings) {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::fs::read_to_string(&path).unwrap_or_default() != text {
        std::fs::write(&path, text).unwrap();
        panic!("the schema was out of date and has been written anew: run the test again");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_that_of_the_types() {
        super::hold_schema::<super::Report>("src/report/schema.json");
    }
}
