//! Markdown for the summary of a workflow and for comments on pull requests.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::report::{Finding, Link, Report, Severity, Verdict};
use prom_doctor_checks::text;

use super::places::Places;
use super::plain::{counts, details, live, open, verdict};
use super::text::clean;

/// A comment on GitHub has room for 65,536 characters; the summary of a step for more.
const ROOM: usize = 60_000;

/// Counts, then a table of findings, how to mend them, and what is not known.
pub(super) fn markdown(report: &Report, places: &Places) -> String {
    let mut out = format!("### prom-doctor: {}\n", headline(report));
    let findings: Vec<&Finding> = live(report).collect();
    let monitors = monitors(report);
    if !monitors.is_empty() {
        out.push_str("\n| monitor | verdict | targets | cause |\n|---|---|---|---|\n");
        rows(&mut out, &monitors, ROOM / 4, "monitor");
    }
    if !findings.is_empty() {
        out.push_str("\n| | check | what | object | where |\n|---|---|---|---|---|\n");
        let lines: Vec<String> = findings.iter().map(|finding| row(finding, places)).collect();
        rows(&mut out, &lines, ROOM * 3 / 5, "finding");
    }
    let mut needs: BTreeMap<&str, BTreeSet<Link>> = BTreeMap::new();
    for open in open(report) {
        needs.entry(&open.need).or_default().insert(open.link);
    }
    let open = needs.iter().map(|(need, links)| {
        let links: Vec<&str> = links.iter().map(|link| link.as_str()).collect();
        format!("- not checked: {} ({})\n", escaped(need), links.join(", "))
    });
    let open: Vec<String> = open.collect();
    if !open.is_empty() {
        out.push('\n');
        rows(&mut out, &open, ROOM * 7 / 10, "link");
    }
    let how: Vec<String> = findings.iter().filter_map(|finding| mending(finding)).collect();
    if !how.is_empty() {
        out.push('\n');
        rows(&mut out, &how, ROOM, "finding");
    }
    out
}

/// Whole rows as long as there is room for them, then how many there would be more.
fn rows(out: &mut String, rows: &[String], room: usize, noun: &str) {
    let before = out.len();
    let fits = |end: usize| end + 80 <= room.max(before);
    let mut shown = 0;
    while let Some(row) = rows.get(shown).filter(|row| fits(out.len() + row.len())) {
        out.push_str(row);
        shown += 1;
    }
    if shown < rows.len() {
        out.push_str(&format!("\n… and {} more than there is room for\n", text::count(rows.len() - shown, noun)));
    }
}

fn headline(report: &Report) -> String {
    let found = report.summary.findings;
    let mut parts = counts(report);
    if found.error + found.warning + found.info == 0 {
        parts.insert(0, "nothing found".to_owned());
    }
    parts.join(", ")
}

/// The monitors that are not well.
fn monitors(report: &Report) -> Vec<String> {
    let well = |verdict: Option<Verdict>| matches!(verdict, None | Some(Verdict::Ok | Verdict::NotTaken));
    let ill = report.subjects.iter().filter(|subject| !well(verdict(report, subject)));
    ill.filter_map(|subject| {
        let cause = subject.cause.as_ref().and_then(|id| report.findings.iter().find(|finding| finding.id == *id));
        if cause.is_some_and(|cause| cause.suppressed) {
            return None;
        }
        let cause = cause.map(|cause| escaped(&format!("{} {}", cause.code, cause.name))).unwrap_or_default();
        let known: Option<Vec<usize>> = subject.chains.iter().map(|chain| chain.targets.predicted).collect();
        let targets = known.map_or_else(|| "?".to_owned(), |all| all.iter().sum::<usize>().to_string());
        Some(format!("| {} | {} | {targets} | {cause} |\n", code(&subject.reference.to_string()), subject.verdict))
    })
    .collect()
}

fn row(finding: &Finding, places: &Places) -> String {
    let mark = match finding.severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Info => "ℹ️ info",
    };
    let place = finding.location.as_ref().map(|at| code(&format!("{}:{}:{}", places.of(finding).path, at.line, at.column)));
    format!(
        "| {mark} | {} {} | {} | {} | {} |\n",
        escaped(&finding.code),
        escaped(&finding.name),
        escaped(&finding.message),
        code(&finding.subject.to_string()),
        place.unwrap_or_default(),
    )
}

/// What was compared and how to mend it, folded away.
fn mending(finding: &Finding) -> Option<String> {
    let lines = details(finding).join("\n");
    if lines.is_empty() {
        return None;
    }
    // A fence ends at one as long as itself: this one is longer than all that stands in it.
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let title = format!("{} {}", escaped(&finding.code), code(&finding.subject.to_string()));
    Some(format!("<details><summary>{title}</summary>\n\n{fence}text\n{lines}\n{fence}\n\n</details>\n"))
}

/// Whether Markdown or HTML would take a character for more than itself, anywhere in a line or in a table.
fn means(character: char) -> bool {
    matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '!' | '#' | '"' | '\'')
}

/// Text from elsewhere as text. References to characters are understood in every dialect and inside tables, where
/// backslashes are not. An `@` would notify whoever is called so, except in code.
fn escaped(text: &str) -> String {
    entities(text, "<code>@</code>")
}

/// Text from elsewhere as code.
fn code(text: &str) -> String {
    format!("<code>{}</code>", entities(text, "@"))
}

fn entities(text: &str, at: &str) -> String {
    let each = |character: char| match character {
        '@' => at.to_owned(),
        _ if means(character) => format!("&#{};", u32::from(character)),
        _ => character.to_string(),
    };
    clean(text).chars().map(each).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a browser shows of it.
    fn shown(text: &str) -> String {
        let text = text.replace("<code>", "").replace("</code>", "");
        let mut parts = text.split("&#");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once(';').unwrap();
            out.push(char::from_u32(number.parse().unwrap()).unwrap());
            out.push_str(rest);
        }
        out
    }

    proptest! {
        #[test]
        fn escapes_lose_nothing_and_leave_nothing(text in "([`*|<&@;#0-9\\\\\\[\\]]|\\PC){0,40}") {
            prop_assert_eq!(shown(&escaped(&text)), clean(&text));
            prop_assert_eq!(shown(&code(&text)), clean(&text));
            let bare = escaped(&text).replace("<code>@</code>", "");
            prop_assert!(!bare.contains(['`', '*', '|', '<', '>', '[', ']', '\\', '@', '\n']), "{}", bare);
            prop_assert!(bare.match_indices('&').all(|(at, _)| bare[at..].starts_with("&#")));
        }
    }
}
