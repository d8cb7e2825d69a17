//! Reports for other programs: each is read with what its readers use.

use std::collections::BTreeSet;

use prom_doctor::exit::Asked;
use prom_doctor::render::text::acts;
use prom_doctor::render::{Format, at_least};
use prom_doctor_checks::report::{Mode, NotChecked, Position, Related, Report, Severity};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::{AS_IS, sample, style};
use crate::kit;

fn write(report: &Report, format: Format) -> String {
    format.write(report, Asked::Audit, AS_IS, &style()).unwrap()
}

/// An audit whose findings stand in files, too.
fn linted() -> Report {
    let mut report = sample::audit();
    let places = [("./deploy/smon.yaml", 7, 5, 7, 14), ("deploy/a b,c:d%.yaml", 3, 1, 5, 2)];
    for (finding, (file, line, column, end_line, end_column)) in report.findings.iter_mut().zip(places) {
        finding.location = Some(Position { file: file.into(), line, column, end_line, end_column, source: None });
        let other =
            Position { file: "deploy/service.yaml".into(), line: 9, column: 3, end_line: 9, end_column: 20, source: None };
        finding.related = vec![Related { location: other, message: "the Service has port = http".into() }];
    }
    report
}

/// Every kind of report, the hostile one in files as well.
fn all() -> Vec<Report> {
    let mut hostile = sample::hostile();
    let evil =
        "\r\n::error file=x::y\n%0A::stop-commands::x\n|<b>&amp;`a`\n```\n[a](http://x)]]>\"'\u{0}\u{fffe}\u{ffff}@all --><!--";
    for finding in &mut hostile.findings {
        finding.message.push_str(evil);
        finding.subject.name.push_str(evil);
        for fix in &mut finding.fixes {
            fix.title.push_str(evil);
            fix.command.push_str(evil);
        }
        let file = format!("a{}b.yaml", finding.message);
        finding.location = Some(Position { file, line: 1, column: 1, end_line: 1, end_column: 2, source: None });
    }
    let empty = sample::report(Vec::new(), Vec::new());
    let mut all = vec![linted(), sample::audit(), sample::why(), sample::why_partial(), sample::unknown(), sample::well()];
    all.extend([sample::app(), sample::hostile(), hostile, sample::many(120), empty]);
    let mut suppressed = sample::why();
    suppressed.findings[0].suppressed = true;
    all.push(suppressed);
    all.push(at_least(&linted(), Severity::Error).into_owned());
    all
}

fn parsed(report: &Report, format: Format) -> Value {
    serde_json::from_str(&write(report, format)).unwrap()
}

macro_rules! shows {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "seen"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn formats_for_people_and_shells() {
    shows!("short", write(&linted(), Format::Short));
    shows!("name", write(&linted(), Format::Name));
    shows!("github", write(&linted(), Format::Github));
    shows!("markdown", write(&linted(), Format::Markdown));
    shows!("markdown-well", write(&sample::well(), Format::Markdown));
    shows!("junit", write(&linted(), Format::Junit));
    shows!("gitlab", write(&linted(), Format::Gitlab));
    let mut sarif = parsed(&linted(), Format::Sarif);
    for rule in sarif["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        let help = rule["help"].as_object_mut().unwrap();
        assert!(help.values().all(|text| !text.as_str().unwrap().is_empty()));
        help.values_mut().for_each(|text| *text = "the page".into());
    }
    shows!("sarif", serde_json::to_string_pretty(&sarif).unwrap());
}

#[test]
fn sarif_is_sarif() {
    let Some(schema) = kit::sarif::schema() else {
        let how = "the schema is not here: cargo fetch --locked --manifest-path tests/sarif/Cargo.toml";
        return kit::missing("sarif_is_sarif", how);
    };
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(!schema.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{"results": []}]})), "a run without a tool");
    for report in all() {
        let log = parsed(&report, Format::Sarif);
        let errors: Vec<String> = schema.iter_errors(&log).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn sarif_is_what_github_takes() {
    for report in all() {
        let log = parsed(&report, Format::Sarif);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
            }
            assert!(rule["fullDescription"]["text"].as_str().unwrap().chars().count() <= 1_024);
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
        }
        let results = run["results"].as_array().unwrap();
        // What is suppressed would be an open alert at GitHub.
        let live: Vec<_> = report.findings.iter().filter(|finding| !finding.suppressed).collect();
        assert_eq!(results.len(), live.len());
        let mut fingerprints = BTreeSet::new();
        for (result, finding) in results.iter().zip(live) {
            let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[at]["id"], result["ruleId"]);
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1);
            let place = &locations[0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
            assert!(!uri.starts_with(['/', '.']) && uri.chars().all(plain), "{uri}");
            assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
            assert!(fingerprints.insert(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap()));
            assert_eq!(result["ruleId"], finding.code.as_str());
        }
    }
}

#[test]
fn sarif_has_no_more_results_than_github_takes() {
    let mut report = sample::why();
    report.findings[0].evidence.clear();
    report.findings[0].fixes.clear();
    report.findings = vec![report.findings[0].clone(); 25_003];
    report.findings[0].suppressed = true;
    let log = parsed(&report, Format::Sarif);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("2 more results were left out") && notes.contains("1 finding left out: suppressed"), "{notes}");
}

/// Elements by name, each with its attributes, as a parser reads them.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    let mut depth = 0;
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref().to_owned();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap();
                    (key, value.into_owned())
                });
                let attributes = attributes.collect();
                found.push((tag.name().as_ref().to_owned(), attributes));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "not closed");
    found
}

#[test]
fn junit_parses_and_counts_what_it_holds() {
    for report in all() {
        let xml = write(&report, Format::Junit);
        assert!(xml.chars().all(|c| c == '\n' || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')), "not XML");
        let elements = elements(&xml);
        let number = |name: &str| elements.iter().filter(|(tag, _)| tag == name).count().to_string();
        let (head, counts) = &elements[0];
        assert_eq!(head, "testsuites");
        let counted = |key: &str| counts.iter().find(|(name, _)| name == key).unwrap().1.clone();
        assert_eq!(
            ["tests", "failures", "errors", "skipped"].map(counted),
            ["testcase", "failure", "error", "skipped"].map(number),
            "{xml}"
        );
        assert_ne!(number("testcase"), "0");
    }
    let mut suppressed = sample::why();
    suppressed.findings[0].suppressed = true;
    assert!(write(&suppressed, Format::Junit).contains("failures=\"0\" errors=\"0\" skipped=\"2\""));
    let mut files = sample::unknown();
    files.run.mode = Mode::Files;
    // What files cannot tell is no test that was left out.
    assert!(write(&files, Format::Junit).contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""));
    assert!(!write(&files, Format::Sarif).contains("not checked") && !write(&files, Format::Markdown).contains("not checked"));
    let unknown = write(&sample::unknown(), Format::Junit);
    assert!(unknown.contains("<skipped message=\"not known: you may not"), "{unknown}");
}

#[test]
fn gitlab_gets_what_it_asks_for() {
    for report in all() {
        let issues = parsed(&report, Format::Gitlab);
        let issues = issues.as_array().unwrap();
        assert_eq!(issues.len(), report.findings.iter().filter(|finding| !finding.suppressed).count());
        let mut fingerprints = BTreeSet::new();
        for issue in issues {
            assert!(!issue["description"].as_str().unwrap().is_empty() && issue["check_name"].is_string());
            assert!(["info", "minor", "major", "critical", "blocker"].iter().any(|known| issue["severity"] == *known));
            assert!(!issue["location"]["path"].as_str().unwrap().starts_with(['/', '.']), "{issue}");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
            assert!(fingerprints.insert(issue["fingerprint"].as_str().unwrap()), "{issue}");
        }
    }
}

#[test]
fn lines_of_json_are_the_findings() {
    let report = linted();
    let text = write(&report, Format::Jsonl);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, parsed(&report, Format::Json)["findings"].as_array().unwrap().clone());
}

#[test]
fn text_from_elsewhere_is_only_text() {
    for report in all() {
        for format in [
            Format::Short,
            Format::Name,
            Format::Jsonl,
            Format::Sarif,
            Format::Github,
            Format::Gitlab,
            Format::Junit,
            Format::Markdown,
        ] {
            let text = write(&report, format);
            // The sign of a warning has a mark that asks for it in colour.
            let bad = text.chars().find(|character| *character != '\n' && acts(*character));
            assert_eq!(bad, None, "{format}: {text}");
        }
        let live = report.findings.iter().filter(|finding| !finding.suppressed).count();
        assert_eq!(write(&report, Format::Short).lines().count(), live);
        // A line break in a text makes no command of its own, and no command ends early.
        let github = write(&report, Format::Github);
        let (commands, rest): (Vec<&str>, Vec<&str>) = github.lines().partition(|line| line.starts_with("::"));
        assert_eq!(commands.len(), live);
        for command in commands {
            let level = ["::error ", "::warning ", "::notice "].iter().find_map(|level| command.strip_prefix(level));
            let (properties, _) = level.unwrap().split_once("::").unwrap();
            for property in properties.split(',') {
                let (key, value) = property.split_once('=').unwrap();
                assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&key), "{command}");
                assert!(!value.contains(':'), "{command}");
            }
        }
        assert!(
            rest.iter().all(|line| ["GitHub shows ", "1", "2", "3", "nothing found"].iter().any(|head| line.starts_with(head))),
            "{rest:?}"
        );
        // Every row of a table has the cells of its head, and no tag comes from a text.
        let markdown = write(&report, Format::Markdown);
        let mut cells = None;
        let mut fence: Option<&str> = None;
        for line in markdown.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(open) if line == open => fence = None,
                Some(_) => continue,
                None if ticks > 2 => fence = Some(&line[..ticks]),
                None => {}
            }
            let bars = line.matches('|').count();
            match cells {
                Some(number) if bars > 0 => assert_eq!(bars, number, "{line}"),
                _ => cells = (bars > 0).then_some(bars),
            }
            for (at, _) in line.match_indices('<') {
                let tag = ["<code>", "</code>", "<details><summary>", "<summary>", "</summary>", "</details>"];
                assert!(tag.iter().any(|tag| line[at..].starts_with(tag)), "{line}");
            }
        }
        assert_eq!(fence, None, "a fence is left open");
    }
}

#[test]
fn a_comment_has_room_for_it() {
    let mut report = sample::audit();
    report.findings = vec![report.findings[1].clone(); 2_000];
    let open = report.not_checked[0].clone();
    report.not_checked = (0..2_000).map(|at| NotChecked { need: format!("{} {at}", open.need), ..open.clone() }).collect();
    let text = write(&report, Format::Markdown);
    assert!(text.len() < 65_536 && text.contains("more than there is room for"), "{}", text.len());
}
