//! A finding, the way cargo shows them.

use prom_doctor_checks::report::{Evidence, Finding, Fix, Ref, Report, Safety};
use prom_doctor_checks::text;

use super::View;
use super::chain::{compared, stands};
use super::excerpt::excerpt;
use super::text::{Paint, Style, clean, clean_lines, columns};

/// How many objects are named before "and n more".
const NAMED: usize = 3;

/// Words longer than this have their text wrapped below themselves, not beside.
const LONG: usize = 12;

/// One finding of a report.
pub fn finding(report: &Report, id: &str, style: &Style) -> Option<String> {
    let view = View::new(report, style);
    view.findings.get(id).map(|finding| view.finding(finding))
}

impl View<'_> {
    /// Every finding that is not suppressed, worst first as the report has them.
    pub(super) fn findings(&self) -> String {
        let live = self.report.findings.iter().filter(|finding| !finding.suppressed);
        live.map(|finding| self.finding(finding)).collect::<Vec<_>>().join("\n")
    }

    fn finding(&self, finding: &Finding) -> String {
        let title = format!("{}[{}]", finding.severity.as_str(), clean(&finding.code));
        let head = format!("{}: ", self.style.paint(&title, finding.severity.into()));
        let mut out = self.style.hang_below(&head, columns(&title) + 2, 2, &clean(&finding.message));
        let mut place = clean(&finding.subject.to_string()).into_owned();
        if let Some(path) = own_path(finding) {
            place.push_str("  ");
            place.push_str(&clean(path));
        }
        let arrow = format!("  {} ", self.style.paint("-->", Paint::Note));
        if let Some(source) = finding.location.as_ref().and_then(|at| at.source.as_ref()) {
            place.push_str(&format!("   from {}", clean(source)));
        }
        let excerpt = self.files.and_then(|files| excerpt(finding, files, self.style));
        if let Some(at) = finding.location.as_ref().filter(|_| excerpt.is_none()) {
            out.push_str(&format!("{arrow}{}:{}:{}\n", clean(&at.file), at.line, at.column));
        }
        // A document that could not be read has no other name than that of its file.
        let nameless = finding.subject.kind == "Document";
        if excerpt.is_none() || !nameless {
            out.push_str(&self.style.hang(&arrow, 6, &place));
        }
        out.push_str(excerpt.as_deref().unwrap_or_default());
        // Where it stands is shown already.
        let placed = nameless || excerpt.is_some() && finding.name == "malformed-object";
        for evidence in &finding.evidence {
            let drawn = excerpt.is_some() && self.is_drawn(evidence);
            for (word, text) in compared(evidence).into_iter().filter(|(word, _)| !drawn || *word == "note" && !placed) {
                out.push_str(&self.item(word, 5, &format!("{text}{}", clean(&stands(word, evidence)))));
            }
        }
        if finding.affects.iter().any(|reference| *reference != finding.subject) {
            let names: Vec<String> = finding.affects.iter().map(Ref::to_string).collect();
            let count = text::count(names.len(), "monitor");
            out.push_str(&self.item("affects", 0, &format!("{count}: {}", clean(&text::list(&names, NAMED)))));
        }
        for (at, fix) in finding.fixes.iter().enumerate() {
            out.push_str(&self.fix(fix, at > 0, finding.fixes.len() > 1));
        }
        let help = format!("{} explain {}", self.style.program, finding.code);
        out.push_str(&self.item("help", 0, &clean(&help)));
        out
    }

    /// Whether both sides of what was compared are marked in excerpts.
    fn is_drawn(&self, evidence: &Evidence) -> bool {
        let there = |reference: &Ref| self.files.is_some_and(|files| files.holds(reference));
        evidence.reference.as_ref().is_none_or(there) && evidence.at.as_ref().is_none_or(|at| there(&at.reference))
    }

    /// `  = word: text`, wrapped below itself.
    fn item(&self, word: &str, pad: usize, text: &str) -> String {
        let head = format!("  {} {:<width$} ", self.style.paint("=", Paint::Note), format!("{word}:"), width = pad + 1);
        let first = 4 + word.len().max(pad) + 2;
        let below = if word.len().max(pad) > LONG { 6 } else { first };
        self.style.hang_below(&head, first, below, text)
    }

    /// A fix. The command is to be copied: it is never wrapped. Its title is left out where it is the only fix
    /// and the command says it.
    fn fix(&self, fix: &Fix, other: bool, several: bool) -> String {
        let mut command = clean_lines(&fix.command);
        // What is written in a file is changed there.
        if self.files.is_some_and(|files| fix.patch.iter().all(|patch| files.holds(&patch.reference.to_ref()))) {
            command.clear();
        }
        let word = match (other, fix.safety) {
            (false, Safety::Safe) => "fix",
            (true, Safety::Safe) => "or",
            (false, Safety::Unsafe) => "fix (unsafe: may change more than this monitor)",
            (true, Safety::Unsafe) => "or (unsafe: may change more than this monitor)",
        };
        // A command that only shows something, or opens an editor, does not say what to change.
        let says = !fix.patch.is_empty() || fix.title.is_empty();
        let short = says && !several && fix.safety == Safety::Safe && !command.contains('\n');
        let mut out = match (short, command.is_empty()) {
            (true, false) => {
                format!("  {} {word}: {}\n", self.style.paint("=", Paint::Note), self.style.paint(&command, Paint::Code))
            }
            _ => self.item(word, 0, &clean(&fix.title)),
        };
        if !short && !command.is_empty() {
            // Documents of several lines stand at the margin: indented, their end mark would not be found.
            let indent = if command.contains('\n') { "" } else { "      " };
            out.push_str(&format!("{indent}{}\n", self.style.paint(&command, Paint::Code)));
        }
        if let Some(note) = &fix.note {
            out.push_str(&self.item("note", 0, &clean(note)));
        }
        out
    }
}

/// The field of the subject that the evidence speaks of: what it asks for, else what was looked at.
fn own_path(finding: &Finding) -> Option<&str> {
    let mut own = finding.evidence.iter().filter_map(|evidence| match &evidence.at {
        _ if evidence.reference.as_ref() == Some(&finding.subject) => Some(evidence.path.as_str()),
        Some(at) if at.reference == finding.subject => Some(at.path.as_str()),
        _ => None,
    });
    own.next().filter(|path| !path.is_empty())
}
