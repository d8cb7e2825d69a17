//! Suppressions in comments of YAML files: `# prom-doctor: ignore[PD1301] reason`, on the line or above it, and
//! `# prom-doctor: ignore-file[PD1301] reason` at the top of a file.

use super::read::date;
use super::suppression::{Scope, Suppression, choices};
use crate::files::File;
use crate::report::SuppressedBy;
use crate::yaml;

const MARK: &str = "prom-doctor:";

/// The suppressions in the comments of a file.
pub(super) fn comments(file: &File) -> Vec<Suppression> {
    let (name, text) = (&file.name, file.text.as_str());
    // Nearly all files have none, and finding the comments means reading the YAML once more.
    if !text.contains(MARK) {
        return Vec::new();
    }
    let mut found: Vec<Suppression> = Vec::new();
    let top = top(text);
    for (start, comment) in comments_of(text, top) {
        let Some(words) = comment.trim_start_matches('#').trim().strip_prefix(MARK) else { continue };
        let at = file.position(start..start + comment.len());
        let scope = Scope::Line { file: name.clone(), line: target(file, at.line, start) };
        let blank = Suppression {
            by: SuppressedBy::Comment,
            checks: Vec::new(),
            scope,
            reason: None,
            until: None,
            at: Some(at),
            problem: None,
        };
        found.push(read(words.trim(), blank, name, start < top));
    }
    found
}

/// Where the content of a text begins: what stands above are comments, blank lines and marks of documents.
fn top(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches('\u{feff}').trim();
        let idle = bare.is_empty() || bare.starts_with(['#', '%']) || bare == "---" || bare.starts_with("--- #");
        if !idle {
            break;
        }
        at += line.len();
    }
    at
}

/// The comments of a text with their places. Those at the top are found even where the document below is broken.
fn comments_of(text: &str, top: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text[..top].split_inclusive('\n') {
        if let Some(start) = line.find('#') {
            found.push((at + start, line[start..].trim_end()));
        }
        at += line.len();
    }
    let below = yaml::documents(text).filter_map(Result::ok).flat_map(|document| document.comments);
    let below = below.filter(|comment| comment.span.start >= top);
    found.extend(below.filter_map(|comment| text.get(comment.span.clone()).map(|words| (comment.span.start, words.trim_end()))));
    found
}

/// `ignore[PD1301, PD1002] a reason until=2027-01-31`.
fn read(words: &str, blank: Suppression, file: &str, at_top: bool) -> Suppression {
    const FORM: &str = "it is written `ignore[PD1301] reason` or `ignore-file[PD1301] reason`";
    let wrong = |problem: String| Suppression { problem: Some(problem), ..blank.clone() };
    let Some((verb, rest)) = words.split_once('[') else { return wrong(FORM.to_owned()) };
    let Some((list, rest)) = rest.split_once(']') else { return wrong(FORM.to_owned()) };
    let scope = match (verb.trim(), at_top) {
        ("ignore", _) => blank.scope.clone(),
        ("ignore-file", true) => Scope::File(file.to_owned()),
        ("ignore-file", false) => return wrong("ignore-file stands at the top of a file, above all documents".to_owned()),
        _ => return wrong(FORM.to_owned()),
    };
    let checks = match choices(list) {
        Ok(checks) => checks,
        Err(problem) => return wrong(problem),
    };
    let (mut reason, mut until) = (Vec::new(), None);
    for word in rest.split_whitespace() {
        match word.strip_prefix("until=") {
            None => reason.push(word),
            Some(day) => match date(day) {
                None => return wrong(format!("until={day} names no day, which is written as 2027-01-31")),
                day => until = day,
            },
        }
    }
    let reason = Some(reason.join(" ")).filter(|reason| !reason.is_empty());
    Suppression { checks, scope, reason, until, ..blank }
}

/// The line that a comment speaks of: its own, or if nothing else stands there the next one that says something.
fn target(file: &File, line: usize, comment: usize) -> usize {
    let before = &file.text[file.line(line).start..comment];
    if !before.trim().is_empty() {
        return line;
    }
    let idle = |line: &str| line.is_empty() || line.starts_with('#') || line == "---";
    let mut next = line + 1;
    while next <= file.lines() && idle(file.text[file.line(next)].trim()) {
        next += 1;
    }
    next
}
