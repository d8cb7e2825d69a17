//! Findings without layout: a line each, the names of what is to be mended, and the lines of a message.

use std::collections::BTreeSet;

use prom_doctor_checks::report::{Finding, Mode, NotChecked, Ref, Report, Subject, SuppressedBy, Verdict};
use prom_doctor_checks::text;
use prom_doctor_checks::world::Kind;

use super::chain::{compared, stands};
use super::places::is_stream;
use super::text::{clean, clean_lines};

/// The findings that count.
pub(super) fn live(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| !finding.suppressed)
}

/// Why a finding is set aside; `None` where it is not.
pub(super) fn aside(finding: &Finding) -> Option<String> {
    if !finding.suppressed {
        return None;
    }
    let Some(why) = &finding.suppression else { return Some("suppressed".to_owned()) };
    let word = match why.by {
        SuppressedBy::Baseline => "in the baseline",
        SuppressedBy::Selection => "its check is not selected",
        SuppressedBy::Comment | SuppressedBy::Annotation | SuppressedBy::Configuration => "suppressed",
    };
    let reason = why.reason.as_deref().filter(|reason| !reason.is_empty());
    Some(reason.map_or_else(|| word.to_owned(), |reason| format!("{word} ({reason})")))
}

/// Whether nobody asked for a finding: its check is not selected.
pub(super) fn unasked(finding: &Finding) -> bool {
    finding.suppressed && finding.suppression.as_ref().is_some_and(|why| why.by == SuppressedBy::Selection)
}

/// What could not be judged. Of files alone much cannot, and nobody can do anything about it: it is left out there.
pub(super) fn open(report: &Report) -> &[NotChecked] {
    if report.run.mode == Mode::Files { &[] } else { &report.not_checked }
}

/// The verdict on a monitor; `None` where it is unknown because only files were read.
pub(super) fn verdict(report: &Report, subject: &Subject) -> Option<Verdict> {
    Some(subject.verdict).filter(|verdict| *verdict != Verdict::Unknown || report.run.mode != Mode::Files)
}

/// What was wrong before and has nothing to do with the files: `3 errors and 1 warning were there before`.
pub(super) fn standing(report: &Report) -> Option<String> {
    let found = report.summary.standing;
    let parts = [
        (found.error, text::count(found.error, "error")),
        (found.warning, text::count(found.warning, "warning")),
        (found.info, format!("{} info", found.info)),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, part)| part).collect();
    let was = if found.error + found.warning + found.info == 1 { "was" } else { "were" };
    (!parts.is_empty()).then(|| format!("{} {was} there before", text::list(&parts, 3)))
}

/// `2 errors, 1 warning`, and what else there is to count; empty where nothing was found.
pub(super) fn counts(report: &Report) -> Vec<String> {
    let found = report.summary.findings;
    let parts = [
        (found.error, text::count(found.error, "error")),
        (found.warning, text::count(found.warning, "warning")),
        (found.info, format!("{} info", found.info)),
        (report.summary.suppressed, format!("{} suppressed", report.summary.suppressed)),
        (report.summary.in_baseline, format!("{} in the baseline", report.summary.in_baseline)),
        (open(report).len(), format!("{} not checked", text::count(open(report).len(), "link"))),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, part)| part);
    parts.chain(standing(report)).collect()
}

/// `deploy/smon.yaml:7:5: error[PD0301]: …`, or the object where there is no file.
pub(super) fn short(report: &Report) -> String {
    let line = |finding: &Finding| {
        let place = match &finding.location {
            Some(at) => format!("{}:{}:{}", at.file, at.line, at.column),
            None => finding.subject.to_string(),
        };
        let severity = finding.severity.as_str();
        let source = finding.location.as_ref().and_then(|at| at.source.as_ref());
        let source = source.map(|source| format!(" (from {})", clean(source))).unwrap_or_default();
        format!("{}: {severity}[{}]: {}{source}\n", clean(&place), clean(&finding.code), clean(&finding.message))
    };
    live(report).map(line).collect()
}

/// The objects to mend, as `kubectl get -o name` writes them, each once.
pub(super) fn names(report: &Report) -> String {
    let mut seen = BTreeSet::new();
    let new = live(report).filter(|finding| seen.insert(&finding.subject));
    new.map(|finding| clean(&name(&finding.subject)).into_owned() + "\n").collect()
}

fn name(object: &Ref) -> String {
    let kind = Kind::all().find(|kind| kind.name() == object.kind);
    let group = kind.map(Kind::group).filter(|group| !group.is_empty());
    let group = group.map(|group| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", object.kind.to_lowercase(), object.name)
}

/// What was compared and how to mend it, for readers of plain text.
pub(super) fn details(finding: &Finding) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = finding.location.as_ref().filter(|at| is_stream(at)) {
        lines.push(format!("at line {}, column {} of what was read from {}", at.line, at.column, at.file));
    }
    for evidence in &finding.evidence {
        for (word, text) in compared(evidence) {
            lines.push(format!("{word}: {text}{}", clean(&stands(word, evidence))));
        }
    }
    for fix in &finding.fixes {
        lines.push(format!("fix: {}", clean(&fix.title)));
        lines.extend(Some(clean_lines(&fix.command)).filter(|command| !command.is_empty()));
        lines.extend(fix.note.as_ref().map(|note| format!("note: {}", clean(note))));
    }
    lines
}

/// The message with its object in front, where no file says which object it is.
pub(super) fn sentence(finding: &Finding) -> String {
    let message = clean(&finding.message);
    match &finding.location {
        Some(_) => message.into_owned(),
        None => format!("{}: {message}", clean(&finding.subject.to_string())),
    }
}
