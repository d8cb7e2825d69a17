//! Words for a report. Renderers get the report and nothing else: what is not in it cannot be shown.

mod app;
mod chain;
pub mod colour;
mod diff;
mod excerpt;
mod finding;
mod fixes;
mod format;
mod github;
mod gitlab;
mod human;
pub mod json;
mod junit;
mod lint;
mod markdown;
pub mod page;
mod pipeline;
mod places;
mod plain;
mod plan;
mod policy;
mod rule;
mod sarif;
mod table;
mod targets;
pub mod text;
pub mod width;
pub mod yaml;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::files::Bundle;
use prom_doctor_checks::report::{ChainReport, Finding, LinkState, Report, Severity, Subject, Verdict};

pub use self::diff::diff;
pub use self::finding::finding;
pub use self::fixes::{Did, fixes};
pub use self::format::{DataFormat, Format};
pub use self::human::{Detail, human};
pub use self::lint::lint;
pub use self::pipeline::pipelines;
pub use self::plan::plan;
pub use self::targets::targets;
pub use self::text::Style;

/// A report with what is milder than `least` left out. Causes stay, and so does the summary: it counts what was
/// found, not what is shown.
pub fn at_least(report: &Report, least: Severity) -> Cow<'_, Report> {
    let causes: BTreeSet<&str> = report.subjects.iter().filter_map(|subject| subject.cause.as_deref()).collect();
    let gone: BTreeSet<String> = report
        .findings
        .iter()
        .filter(|finding| finding.severity > least && !causes.contains(finding.id.as_str()))
        .map(|finding| finding.id.clone())
        .collect();
    if gone.is_empty() {
        return Cow::Borrowed(report);
    }
    let mut shown = report.clone();
    shown.findings.retain(|finding| !gone.contains(&finding.id));
    for subject in &mut shown.subjects {
        subject.findings.retain(|id| !gone.contains(id));
        for link in subject.chains.iter_mut().flat_map(|chain| &mut chain.links) {
            link.findings.retain(|id| !gone.contains(id));
        }
    }
    Cow::Owned(shown)
}

/// A report with its findings at hand and a way to write.
struct View<'a> {
    report: &'a Report,
    style: &'a Style,
    /// The files that findings stand in.
    files: Option<&'a Bundle>,
    findings: BTreeMap<&'a str, &'a Finding>,
}

impl<'a> View<'a> {
    fn new(report: &'a Report, style: &'a Style) -> Self {
        let findings = report.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
        Self { report, style, files: None, findings }
    }

    /// A report on files.
    fn on_files(report: &'a Report, files: &'a Bundle, style: &'a Style) -> Self {
        Self { files: Some(files), ..Self::new(report, style) }
    }

    /// The findings behind ids, suppressed ones left out.
    fn live<'s>(&'s self, ids: &'s [String]) -> impl Iterator<Item = &'a Finding> + 's {
        ids.iter().filter_map(|id| self.findings.get(id.as_str()).copied()).filter(|finding| !finding.suppressed)
    }

    /// Whether any of the findings is more than a remark.
    fn warned(&self, ids: &[String]) -> bool {
        self.live(ids).any(|finding| finding.severity <= Severity::Warning)
    }

    fn cause(&self, subject: &Subject) -> Option<&'a Finding> {
        self.findings.get(subject.cause.as_deref()?).copied()
    }

    /// The chain that explains the verdict of a monitor: the one that breaks at its cause, at the server that
    /// the cause speaks of, else one with the same verdict.
    fn deciding<'s>(&self, subject: &'s Subject) -> Option<&'s ChainReport> {
        let breaks = |chain: &&ChainReport| {
            let failed = chain.links.iter().filter(|link| link.state == LinkState::Failed && !link.hypothetical);
            failed.flat_map(|link| &link.findings).any(|id| Some(id) == subject.cause.as_ref())
        };
        let asked = self.cause(subject).and_then(|cause| cause.evidence.first()?.reference.as_ref());
        let chains = || subject.chains.iter();
        chains()
            .find(|chain| breaks(chain) && Some(&chain.server) == asked)
            .or_else(|| chains().find(breaks))
            .or_else(|| chains().find(|chain| chain.verdict == subject.verdict))
            .or_else(|| chains().find(|chain| chain.verdict != Verdict::NotTaken))
            .or_else(|| chains().next())
    }
}
