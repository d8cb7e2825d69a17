//! GitLab's Code Quality report.

use prom_doctor_checks::report::{Finding, Report, Severity};
use serde_json::{Value, json};

use super::places::{Fingerprints, Places, is_stream};
use super::plain::live;
use super::text::clean;

/// The findings as GitLab takes them; those that are suppressed are left out, it has no word for them.
pub(super) fn gitlab(report: &Report, places: &Places) -> Value {
    let mut fingerprints = Fingerprints::default();
    let issues = live(report).map(|finding| {
        let place = places.of(finding);
        json!({
            "description": clean(&format!("{}: {}{}", finding.subject, finding.message, streamed(finding))),
            "check_name": format!("{} {}", finding.code, finding.name),
            "fingerprint": fingerprints.next(finding),
            "severity": severity(finding.severity),
            "location": {"path": place.path, "lines": {"begin": place.line()}},
        })
    });
    issues.collect::<Vec<_>>().into()
}

/// Where in a stream a finding stands whose template is named in its place: lines of the stream are none of the template.
fn streamed(finding: &Finding) -> String {
    let at = finding.location.as_ref().filter(|at| is_stream(at) && at.source.is_some());
    at.map(|at| format!(" (line {} of {})", at.line, at.file)).unwrap_or_default()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Info => "info",
    }
}
