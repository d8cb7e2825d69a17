//! GitLab's Code Quality report.

use prom_doctor_checks::report::{Report, Severity};
use serde_json::{Value, json};

use super::places::{Fingerprints, Places};
use super::plain::live;
use super::text::clean;

/// The findings as GitLab takes them; those that are suppressed are left out, it has no word for them.
pub(super) fn gitlab(report: &Report, places: &Places) -> Value {
    let mut fingerprints = Fingerprints::default();
    let issues = live(report).map(|finding| {
        let place = places.of(finding);
        json!({
            "description": clean(&format!("{}: {}", finding.subject, finding.message)),
            "check_name": format!("{} {}", finding.code, finding.name),
            "fingerprint": fingerprints.next(finding),
            "severity": severity(finding.severity),
            "location": {"path": place.path, "lines": {"begin": place.line()}},
        })
    });
    issues.collect::<Vec<_>>().into()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Info => "info",
    }
}
