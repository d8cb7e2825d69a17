//! SARIF 2.1.0, such that GitHub's code scanning takes it.

use std::collections::BTreeMap;

use prom_doctor_checks::check::Check;
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::report::{Confidence, Finding, Link, Report, Severity, Verdict};
use prom_doctor_checks::text;
use serde_json::{Value, json};

use super::places::{Fingerprints, Place, Places};
use super::plain::{details, live, open, verdict};
use super::text::clean;

/// GitHub refuses a run with more results.
const RESULTS: usize = 25_000;
/// It refuses a result with more than 1,000 locations and shows the first hundred.
const RELATED: usize = 100;
/// It refuses longer descriptions.
const DESCRIPTION: usize = 1_024;

/// The report as a SARIF log of one run.
pub(super) fn sarif(report: &Report, places: &Places) -> Value {
    // Worst first, as they stand in the report. What is suppressed is left out: SARIF has a word for it, but GitHub does
    // not read it and would open an alert for what somebody chose to ignore.
    let all: Vec<&Finding> = live(report).collect();
    let shown = &all[..all.len().min(RESULTS)];
    let mut rules: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in shown {
        rules.entry(&finding.code).or_default().push(finding);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, code)| (*code, at)).collect();
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> = shown
        .iter()
        .map(|finding| {
            let at = index.get(finding.code.as_str()).copied().unwrap_or_default();
            result(finding, at, &fingerprints.next(finding), places)
        })
        .collect();
    let rules: Vec<Value> = rules.values().map(|findings| rule(findings)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": report.tool.name, "semanticVersion": report.tool.version, "rules": rules}},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report, all.len() - shown.len()),
            }],
            // Ours are counted in characters, not in UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What the results cannot say: what is unknown, and what was left out.
fn notifications(report: &Report, left_out: usize) -> Vec<Value> {
    let notification = |level: &str, text: String| json!({"level": level, "message": {"text": literal(&text)}});
    let open = open(report).iter().map(|open| format!("not checked: {} ({})", clean(&open.need), open.link));
    let unknown = report.subjects.iter().filter(|subject| verdict(report, subject) == Some(Verdict::Unknown));
    let unknown = unknown.map(|subject| format!("not known whether {} has targets", clean(&subject.reference.to_string())));
    let mut all: Vec<Value> = unknown.chain(open).map(|text| notification("note", text)).collect();
    let aside = report.findings.iter().filter(|finding| finding.suppressed).count();
    if aside > 0 {
        all.push(notification("note", format!("{} left out: suppressed", text::count(aside, "finding"))));
    }
    if left_out > 0 {
        all.push(notification("warning", format!("{left_out} more results were left out: a run may have {RESULTS}")));
    }
    all
}

/// A check as a rule; its page is the help. `findings` are those of this run.
fn rule(findings: &[&Finding]) -> Value {
    let Some(first) = findings.first() else { return Value::Null };
    let check = CHECKS.iter().find(|check| check.code == first.code);
    let summary = check.map_or(first.name.as_str(), |check| check.summary);
    let help = check.map_or(first.docs.as_str(), |check| check.explain);
    // Rules have a precision at GitHub, not results: that of the least sure one.
    let precision = match findings.iter().map(|finding| finding.confidence).max() {
        Some(Confidence::Certain) | None => "very-high",
        Some(Confidence::Likely) => "high",
        Some(Confidence::Possible) => "medium",
    };
    let severity = check.map_or(first.severity, |check| check.severity);
    let problem = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    };
    json!({
        "id": first.code,
        "name": first.name,
        "shortDescription": {"text": literal(summary)},
        "fullDescription": {"text": literal(&check.map_or_else(|| summary.to_owned(), |check| meaning(check)))},
        "help": {"text": literal(help), "markdown": help},
        "defaultConfiguration": {"level": level(severity)},
        "properties": {
            "tags": ["prometheus-operator", Link::of_code(&first.code).unwrap_or(Link::Tool).as_str()],
            "precision": precision,
            "problem.severity": problem,
        },
    })
}

/// The first paragraph of what a page says behind its summary.
fn meaning(check: &Check) -> String {
    let after = check.explain.split("## What it means").nth(1).unwrap_or_default();
    let paragraph = after.trim_start().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if line.is_empty() { check.summary.to_owned() } else { line };
    text.chars().take(DESCRIPTION).collect()
}

fn result(finding: &Finding, rule: usize, fingerprint: &str, places: &Places) -> Value {
    let mut lines = vec![clean(&finding.message).into_owned()];
    lines.extend(details(finding));
    let subject = clean(&finding.subject.to_string()).into_owned();
    let mut location = location(&places.of(finding));
    location["logicalLocations"] =
        json!([{"name": clean(&finding.subject.name), "fullyQualifiedName": subject, "kind": "object"}]);
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": literal(&lines.join("\n"))},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    });
    let related = finding.related.iter().take(RELATED).enumerate().map(|(at, related)| {
        let mut location = self::location(&places.position(&related.location));
        location["id"] = (at + 1).into();
        location["message"] = json!({"text": literal(&clean(&related.message))});
        location
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn location(place: &Place) -> Value {
    let region = match place.span {
        Some(span) => json!({
            "startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column,
        }),
        None => json!({"startLine": 1}),
    };
    json!({"physicalLocation": {"artifactLocation": {"uri": place.uri()}, "region": region}})
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A text that stands for itself: `[a](b)` is a link in a SARIF message, and names from a cluster are to make none.
fn literal(text: &str) -> String {
    if text.contains("](") { text.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]") } else { text.to_owned() }
}
