//! One mistake that aliases bring to several places is one finding.

use std::collections::{BTreeMap, HashMap};

use crate::path::{Step, parse};
use crate::report::{Finding, Link, Report};
use crate::text::list;

/// So many further places are named.
const NAMED: usize = 3;

/// So much evidence is enough, of whatever number of places.
const EVIDENCE: usize = 20;

/// Merges findings of one check that say the same of the same characters, but for the places in lists from which these
/// are pointed at.
pub(super) fn merge(report: &mut Report) {
    let mut first: HashMap<_, usize> = HashMap::new();
    let mut into: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        let Some(place) = &finding.location else { continue };
        // What is wrong with a text is wrong with all objects that share it.
        let subject = Some(&finding.subject).filter(|_| finding.link != Link::Manifest);
        let kind = &finding.subject.kind;
        let key = (&finding.code, kind, subject, &place.file, place.line, place.column, unnumbered(&finding.message));
        match first.get(&key) {
            Some(first) => into.entry(*first).or_default().push(at),
            None => {
                first.insert(key, at);
            }
        }
    }
    let mut ids = BTreeMap::new();
    for (first, others) in &into {
        let mut also = Vec::new();
        let mut kept = report.findings[*first].clone();
        for other in others.iter().map(|at| &report.findings[*at]) {
            ids.insert(other.id.clone(), kept.id.clone());
            join(&mut kept, other, &mut also);
        }
        if !also.is_empty() {
            kept.message += &format!(" (the same at {})", list(&also, NAMED));
        }
        report.findings[*first] = kept;
    }
    if !ids.is_empty() {
        report.replace(&ids);
    }
}

fn join(kept: &mut Finding, other: &Finding, also: &mut Vec<String>) {
    let path = |finding: &Finding| finding.evidence.first().map(|evidence| evidence.path.clone()).unwrap_or_default();
    let own = other.subject == kept.subject;
    let there = if own { path(other) } else { other.subject.to_string() };
    if !there.is_empty() && there != path(kept) && !also.contains(&there) {
        also.push(there);
    }
    kept.severity = kept.severity.min(other.severity);
    kept.confidence = kept.confidence.min(other.confidence);
    let new = other.evidence.iter().filter(|evidence| !kept.evidence.contains(evidence));
    let room = EVIDENCE.saturating_sub(kept.evidence.len());
    let new: Vec<_> = new.take(room).cloned().collect();
    kept.evidence.extend(new);
    for monitor in &other.affects {
        if !kept.affects.contains(monitor) {
            kept.affects.push(monitor.clone());
        }
    }
    kept.affects.sort();
}

/// A message without the places in lists that the paths in it name.
fn unnumbered(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for (at, word) in message.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let is_path = word.contains("].") || word.ends_with(']');
        match parse(word.trim_end_matches([':', ','])) {
            Ok(steps) if is_path => steps.iter().for_each(|step| {
                out += &match step {
                    Step::Key(key) => format!(".{key}"),
                    Step::Index(_) => "[]".to_owned(),
                };
            }),
            _ => out.push_str(word),
        }
    }
    out
}
