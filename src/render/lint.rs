//! What was found in files: every finding with the lines that it is about, the counts last.

use prom_doctor_checks::files::Bundle;
use prom_doctor_checks::report::Report;
use prom_doctor_checks::text;

use super::plain::standing;
use super::text::{Paint, clean};
use super::{Detail, Style, View};
use crate::exit::Asked;

/// A report on files, for people. `against` says what else was known.
pub fn lint(report: &Report, bundle: &Bundle, against: &str, detail: Detail, style: &Style) -> String {
    let view = View::on_files(report, bundle, style);
    let findings = view.findings();
    if detail.only_findings {
        return findings;
    }
    let mut parts = Vec::new();
    if detail.wide && !report.subjects.is_empty() {
        parts.push(view.top(Asked::Audit, detail));
    }
    parts.push(findings);
    if detail.wide {
        parts.push(view.open(Asked::Audit));
    }
    parts.push(view.gone());
    parts.push(view.linted(bundle, against));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

impl View<'_> {
    /// How much was read, against what, and how many findings.
    fn linted(&self, bundle: &Bundle, against: &str) -> String {
        let objects = text::count(bundle.objects, "object");
        let files = text::count(bundle.files.len(), "file");
        let mut line = format!("linted {objects} in {files} {against}");
        match bundle.patches() {
            0 => {}
            1 => line.push_str("; 1 patch of kustomize is judged field by field"),
            many => line.push_str(&format!("; {many} patches of kustomize are judged field by field")),
        }
        if bundle.items.is_empty() && bundle.objects > 0 && bundle.patches() == 0 {
            line.push_str("; nothing in them concerns prometheus-operator");
        }
        let found = self.report.summary.findings;
        let mut out = self.style.hang("", 0, &clean(&line));
        if let Some(standing) = standing(self.report) {
            out += &self.style.hang("", 0, &format!("{standing}: not shown (see --show-standing)"));
        }
        if found.error + found.warning == 0 && self.set_aside().is_empty() && !bundle.items.is_empty() {
            out.push_str(&self.style.paint("nothing is wrong, as far as the files tell", Paint::Good));
            out.push('\n');
        }
        out + &self.counts().join(", ") + "\n"
    }
}
