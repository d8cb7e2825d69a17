//! JUnit XML: a case for each monitor and for each finding that is not already the cause of one.

use std::collections::BTreeSet;
use std::io;

use prom_doctor_checks::report::{Finding, Link, Report, Severity, Subject, Verdict};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::places::{Place, Places};
use super::plain::{aside, details, open, unasked, verdict};
use super::text::{clean, clean_lines};

/// What became of a case.
enum Outcome {
    Passed,
    Failed,
    /// The program itself could not do its work.
    Error,
    /// Not known, or suppressed.
    Skipped,
}

struct Case {
    class: String,
    name: String,
    place: Option<Place>,
    outcome: Outcome,
    /// The code of the check, or a word for what is missing.
    kind: String,
    message: String,
    body: String,
}

/// The report as JUnit XML. Errors and warnings fail; what is only worth knowing passes and says so in its output.
pub(super) fn junit(report: &Report, places: &Places) -> io::Result<String> {
    let causes: BTreeSet<&str> = report.subjects.iter().filter_map(|subject| subject.cause.as_deref()).collect();
    let monitors: Vec<Case> = report.subjects.iter().map(|subject| monitor(report, subject, places)).collect();
    let others = report.findings.iter().filter(|finding| !unasked(finding) && !causes.contains(finding.id.as_str()));
    let mut findings: Vec<Case> = others.map(|finding| case(finding, places)).collect();
    // Readers take a file without any case for a run that broke.
    if monitors.is_empty() && findings.is_empty() {
        findings.push(Case::new("prom-doctor", "nothing was found", Outcome::Passed));
    }
    let open = open(report).iter().map(|open| Case {
        kind: "not-checked".to_owned(),
        message: format!("not checked: {}", open.need),
        ..Case::new(open.link.as_str(), &open.need, Outcome::Skipped)
    });
    let suites = [("monitors", monitors), ("findings", findings), ("not checked", open.collect())];

    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = counted(suites.iter().flat_map(|(_, cases)| cases));
    let head = writer.create_element("testsuites").with_attribute(("name", report.tool.name));
    let head = head.with_attributes(counts.iter().map(|(key, value)| (*key, value.as_str())));
    head.write_inner_content(|writer| {
        for (name, cases) in suites.iter().filter(|(_, cases)| !cases.is_empty()) {
            let counts = counted(cases);
            let suite = writer.create_element("testsuite").with_attribute(("name", *name));
            let suite = suite.with_attributes(counts.iter().map(|(key, value)| (*key, value.as_str())));
            suite.write_inner_content(|writer| cases.iter().try_for_each(|case| case.write(writer)))?;
        }
        Ok(())
    })?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}

fn counted<'c>(cases: impl IntoIterator<Item = &'c Case>) -> [(&'static str, String); 4] {
    let mut counts = [0_usize; 4];
    for case in cases {
        counts[0] += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed => counts[1] += 1,
            Outcome::Error => counts[2] += 1,
            Outcome::Skipped => counts[3] += 1,
        }
    }
    let [tests, failures, errors, skipped] = counts.map(|count| count.to_string());
    [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)]
}

/// A monitor: its verdict, and its cause where it has one.
fn monitor(report: &Report, subject: &Subject, places: &Places) -> Case {
    let cause = subject.cause.as_ref().and_then(|id| report.findings.iter().find(|finding| finding.id == *id));
    let suppressed = cause.and_then(aside);
    let outcome = match verdict(report, subject) {
        _ if suppressed.is_some() => Outcome::Skipped,
        Some(Verdict::Failed | Verdict::Partial) => Outcome::Failed,
        Some(Verdict::Unknown) => Outcome::Skipped,
        Some(Verdict::Ok | Verdict::NotTaken) | None => Outcome::Passed,
    };
    let class = format!("{}.{}", subject.reference.kind, subject.reference.namespace);
    let mut case = Case::new(class.trim_end_matches('.'), &subject.reference.name, outcome);
    case.kind = subject.verdict.as_str().to_owned();
    case.message = match (cause, subject.verdict) {
        (None, Verdict::Unknown) => {
            let links = subject.chains.iter().flat_map(|chain| &chain.links);
            let why: BTreeSet<&str> = links.flat_map(|link| &link.why).map(String::as_str).collect();
            let why = why.into_iter().collect::<Vec<_>>().join("; ");
            if why.is_empty() { "not known".to_owned() } else { format!("not known: {why}") }
        }
        (None, verdict) => verdict.to_string(),
        (Some(cause), _) => reason(suppressed, &cause.message),
    };
    if let Some(cause) = cause {
        case.explained(cause, places);
    }
    case
}

fn case(finding: &Finding, places: &Places) -> Case {
    let outcome = match finding.severity {
        _ if finding.suppressed => Outcome::Skipped,
        Severity::Error | Severity::Warning if finding.link == Link::Tool => Outcome::Error,
        Severity::Error | Severity::Warning => Outcome::Failed,
        Severity::Info => Outcome::Passed,
    };
    let class = format!("{}.{}", finding.code, finding.name);
    let mut case = Case::new(&class, &format!("{}: {}", finding.subject, finding.message), outcome);
    case.message = reason(aside(finding), &finding.message);
    case.explained(finding, places);
    case
}

fn reason(aside: Option<String>, message: &str) -> String {
    aside.map_or_else(|| message.to_owned(), |aside| format!("{aside}: {message}"))
}

impl Case {
    fn new(class: &str, name: &str, outcome: Outcome) -> Self {
        let (kind, message, body) = (String::new(), String::new(), String::new());
        Self { class: class.to_owned(), name: name.to_owned(), place: None, outcome, kind, message, body }
    }

    /// Says what a finding says.
    fn explained(&mut self, finding: &Finding, places: &Places) {
        self.kind.clone_from(&finding.code);
        self.place = finding.location.is_some().then(|| places.of(finding));
        let mut lines = vec![format!("{}[{}]: {}", finding.severity.as_str(), finding.code, clean(&finding.message))];
        lines.extend(details(finding));
        lines.push(format!("help: {}", finding.docs));
        self.body = lines.join("\n");
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let (class, name) = (attribute(&self.class), attribute(&self.name));
        let place = self.place.as_ref().map(|place| (attribute(&place.path), place.line().to_string()));
        let element = writer.create_element("testcase").with_attribute(("classname", class.as_str()));
        let mut element = element.with_attribute(("name", name.as_str()));
        if let Some((file, line)) = &place {
            element = element.with_attribute(("file", file.as_str())).with_attribute(("line", line.as_str()));
        }
        let (kind, message, body) = (attribute(&self.kind), attribute(&self.message), xml(&clean_lines(&self.body)));
        let tag = match self.outcome {
            Outcome::Passed if body.is_empty() => return element.write_empty().map(drop),
            Outcome::Passed => "system-out",
            Outcome::Failed => "failure",
            Outcome::Error => "error",
            Outcome::Skipped => "skipped",
        };
        element.write_inner_content(|writer| {
            let inner = writer.create_element(tag);
            let inner = match self.outcome {
                Outcome::Passed => inner,
                // A skipped case has no type and no text in what most readers know.
                Outcome::Skipped => return inner.with_attribute(("message", message.as_str())).write_empty().map(drop),
                _ => inner.with_attribute(("type", kind.as_str())).with_attribute(("message", message.as_str())),
            };
            inner.write_text_content(BytesText::new(&body)).map(drop)
        })?;
        Ok(())
    }
}

fn attribute(text: &str) -> String {
    xml(&clean(text))
}

/// Without the characters that XML 1.0 has no way to write; controls were made visible before.
fn xml(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)).collect()
}
