//! Annotations in the log of a GitHub workflow.

use prom_doctor_checks::report::{Finding, Report, Severity};

use super::places::Places;
use super::plain::{counts as counts_of, details, live, sentence};
use super::text::clean;

/// GitHub shows so many annotations of a level for each step; the rest stands in the log only.
const SHOWN: usize = 10;

/// A workflow command for each finding, worst first, then the counts.
pub(super) fn github(report: &Report, places: &Places) -> String {
    let mut out: String = live(report).map(|finding| annotation(finding, places)).collect();
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let number = live(report).filter(|finding| finding.severity == severity).count();
        (level(severity), number)
    });
    for (level, number) in counts.into_iter().filter(|(_, number)| *number > SHOWN) {
        out.push_str(&format!("GitHub shows {SHOWN} annotations of the level {level}; all {number} stand in this log\n"));
    }
    let counts = counts_of(report);
    out + &if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") } + "\n"
}

fn annotation(finding: &Finding, places: &Places) -> String {
    let mut properties = Vec::new();
    if finding.location.is_some() {
        let place = places.of(finding);
        properties.push(("file", clean(&place.path).into_owned()));
        if let Some(span) = place.span {
            properties.push(("line", span.line.to_string()));
            properties.push(("endLine", span.end_line.to_string()));
            // Columns of a span over several lines are refused.
            if span.line == span.end_line {
                properties.push(("col", span.column.to_string()));
                properties.push(("endColumn", span.end_column.to_string()));
            }
        }
    }
    properties.push(("title", format!("{} {}", clean(&finding.code), clean(&finding.name))));
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let mut lines = vec![sentence(finding)];
    lines.extend(details(finding));
    format!("::{} {}::{}\n", level(finding.severity), properties.join(","), data(&lines.join("\n")))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// Text behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which also ends at `,` and `:`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the runner makes of a value again.
    fn decoded(text: &str) -> String {
        text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    }

    proptest! {
        #[test]
        fn escapes_lose_nothing(text in "([%:,\r\n0-9A-D]|.){0,40}") {
            prop_assert_eq!(decoded(&data(&text)), text.clone());
            prop_assert_eq!(decoded(&property(&text)), text.clone());
            prop_assert!(!data(&text).contains(['\r', '\n']));
            prop_assert!(!property(&text).contains(['\r', '\n', ':', ',']));
        }
    }
}
