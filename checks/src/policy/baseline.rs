//! What was found before, and is let be until somebody has time for it: findings by their fingerprints.

use serde::{Deserialize, Serialize};

use crate::report::{Known, Report, SuppressedBy};

/// A file of known findings.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// What it is called.
    pub file: String,
    /// The findings.
    pub known: Vec<Known>,
}

#[derive(Deserialize)]
struct Given {
    kind: Option<String>,
    findings: Option<Vec<Known>>,
}

impl Baseline {
    /// Reads what [`baseline`] wrote. A whole report will do as well.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(text: &str, file: &str) -> Result<Self, String> {
        let given: Given = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match (given.kind.as_deref(), given.findings) {
            (Some("Baseline" | "Report"), Some(known)) => Ok(Self { file: file.to_owned(), known }),
            (Some("Baseline" | "Report"), None) => Err("it has no `findings`".to_owned()),
            (Some(kind), _) => Err(format!("its kind is {kind:?}, not Baseline")),
            (None, _) => Err("it has no `kind`".to_owned()),
        }
    }
}

/// What a new baseline of a report knows: all that shows, and what is in the old one and still there.
pub fn baseline(report: &Report) -> Vec<Known> {
    let counts = |by: Option<SuppressedBy>| by.is_none_or(|by| by == SuppressedBy::Baseline);
    let findings = report.findings.iter().filter(|finding| counts(finding.suppression.as_ref().map(|why| why.by)));
    let mut known: Vec<Known> = findings
        .map(|finding| Known {
            fingerprint: finding.fingerprint.clone(),
            code: finding.code.clone(),
            subject: finding.subject.clone(),
            message: finding.message.clone(),
        })
        .collect();
    // An order in which a change is a small difference.
    known.sort_by(|a, b| (&a.code, &a.subject, &a.fingerprint).cmp(&(&b.code, &b.subject, &b.fingerprint)));
    known.dedup_by(|a, b| a.fingerprint == b.fingerprint);
    known
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'k> {
    api_version: &'static str,
    kind: &'static str,
    findings: &'k [Known],
}

impl Baseline {
    /// The text of the file.
    ///
    /// # Errors
    /// When it cannot be put into JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let written = Written { api_version: "promdoctor/v1", kind: "Baseline", findings: &self.known };
        serde_json::to_string_pretty(&written).map(|text| text + "\n")
    }
}
