//! The pages of checks, and their list.

use prom_doctor_checks::check::Check;
use serde_json::{Value, json};

use super::table::{lines, painted, plain};
use super::text::{Paint, Style, clean};

/// All checks, a line each.
pub fn list(checks: &[&Check], headers: bool, style: &Style) -> String {
    let mut table = plain(style, headers.then_some(&["CODE", "NAME", "SEVERITY", "SUMMARY"]));
    for check in checks {
        table.add_row([
            painted(style, check.code, Paint::Strong),
            painted(style, check.name, Paint::Code),
            painted(style, check.severity.as_str(), check.severity.into()),
            comfy_table::Cell::new(check.summary),
        ]);
    }
    lines(table)
}

/// The page of a check: its Markdown, untouched for a pipe, lightly styled for a terminal.
pub fn page(check: &Check, style: &Style) -> String {
    let facts = format!("{} · link {} · since {}", check.severity.as_str(), check.link(), check.since);
    let facts = if style.ascii { facts.replace('·', "-") } else { facts };
    // The page's own title and first sentence say what stands here already.
    let body = check.explain.find("\n## ").map_or(check.explain, |at| &check.explain[at + 1..]);
    let mut out = format!(
        "{} {}\n{}\n{}\n\n",
        style.paint(check.code, check.severity.into()),
        style.paint(check.name, Paint::Strong),
        check.summary,
        style.paint(&facts, Paint::Dim),
    );
    let mut fenced = false;
    for line in body.trim().lines() {
        let line = &*clean(line);
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        let text = match line {
            _ if fence => style.paint(line, Paint::Dim),
            _ if fenced => style.paint(line, Paint::Code),
            _ if line.starts_with('#') => style.paint(line, Paint::Strong),
            _ => line.to_owned(),
        };
        out.push_str(&text);
        out.push('\n');
    }
    out
}

/// A check as data.
pub fn data(check: &Check, whole: bool) -> Value {
    let mut value = json!({
        "code": check.code,
        "name": check.name,
        "link": check.link().as_str(),
        "severity": check.severity.as_str(),
        "summary": check.summary,
        "since": check.since,
    });
    if whole {
        value["explain"] = check.explain.into();
    }
    value
}
