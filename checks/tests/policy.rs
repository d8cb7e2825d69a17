//! Suppressions over all the broken worlds of the pages: each way of suppressing hides all of a report and is then of
//! use, and one that is meant for something else is told.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::files::{Bundle, Reading, Settings as FileSettings, lint};
use prom_doctor_checks::policy::{self, Asked, Baseline, Choices, Settings};
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::report::{Finding, Link, LinkState, Mode, Position, Report, Run, Severity, SuppressedBy, Verdict};
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::World;
use serde_json::{Value, json};

use crate::kit::{closed_world, complete::complete, diagnose, objects, page_world, shows_files};
use crate::pages::blocks;

/// The broken blocks of all pages: code, name, text.
fn broken() -> impl Iterator<Item = (&'static str, String, String)> {
    let blocks =
        CHECKS.iter().flat_map(|check| blocks(check.explain).into_iter().map(move |(name, text)| (check.code, name, text)));
    blocks.filter(|(_, name, _)| name.starts_with("broken"))
}

/// All broken worlds. Those of pages about manifests show files, which no API server has seen yet.
fn worlds() -> Vec<(String, World)> {
    let world = |(code, name, text): (&str, String, String)| {
        (format!("{code} {name}"), page_world(code, &complete(objects(&text)), Some(&text)))
    };
    let worlds: Vec<_> = broken().map(world).collect();
    assert!(worlds.len() > 80, "only {} worlds", worlds.len());
    worlds
}

/// The objects of all broken worlds that an API server has taken.
fn taken() -> Vec<(String, Vec<Value>)> {
    let taken = broken().filter(|(code, ..)| !shows_files(code));
    taken.map(|(code, name, text)| (format!("{code} {name}"), complete(objects(&text)))).collect()
}

fn settings() -> Settings {
    Settings {
        choices: Choices::default(),
        severity: BTreeMap::new(),
        suppressions: Vec::new(),
        suppress: true,
        baseline: None,
        today: policy::date("2026-12-01").unwrap(),
    }
}

fn all() -> Asked {
    Asked::from(&Question::default())
}

fn apply(report: &Report, world: &World, settings: &Settings, files: &[(&str, &str)]) -> Report {
    let mut report = report.clone();
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let bundle = Bundle::read(files, &Reading::default());
    policy::apply(&mut report, world, all(), settings, Some(&bundle));
    consistent(&report);
    report
}

/// What holds of every report: order, ids, references, counts.
fn consistent(report: &Report) {
    let ids: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    let wanted: Vec<String> = (1..=ids.len()).map(|number| format!("f{number}")).collect();
    assert_eq!(ids, wanted);
    assert!(report.findings.is_sorted_by_key(|finding| finding.severity));
    assert!(report.findings.iter().all(|finding| finding.suppressed == finding.suppression.is_some()));
    for subject in &report.subjects {
        let links = subject.chains.iter().flat_map(|chain| &chain.links).flat_map(|link| &link.findings);
        for id in subject.findings.iter().chain(&subject.cause).chain(links) {
            let finding = report.findings.iter().find(|finding| finding.id == *id).unwrap();
            let told = finding.affects.contains(&subject.reference) || finding.subject == subject.reference;
            assert!(told, "{} is not about {}", finding.code, subject.reference);
        }
        assert_eq!(subject.cause.is_some(), matches!(subject.verdict, Verdict::Failed | Verdict::Partial));
    }
    let summary = &report.summary;
    let shown = summary.findings.error + summary.findings.warning + summary.findings.info;
    assert_eq!(shown, report.findings.iter().filter(|finding| !finding.suppressed).count());
    assert_eq!(shown + summary.suppressed + summary.in_baseline + summary.not_selected, report.findings.len());
}

fn shown(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| !finding.suppressed).collect()
}

fn verdicts(report: &Report) -> Vec<(String, Verdict, Option<String>)> {
    let code = |id: &String| report.findings.iter().find(|finding| finding.id == *id).unwrap().code.clone();
    let subjects = report.subjects.iter();
    subjects.map(|one| (one.reference.to_string(), one.verdict, one.cause.as_ref().map(code))).collect()
}

/// A configuration that lets all findings of a report be, each by itself.
fn entries(report: &Report) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let mut text = "suppressions:\n".to_owned();
    let named: BTreeSet<String> = report
        .findings
        .iter()
        .map(|finding| {
            let subject = &finding.subject;
            // What is no object is of a kind of its own; a name with marks of patterns cannot be told apart from one.
            let (namespace, name) = (quoted(&subject.namespace), quoted(&subject.name));
            format!("  - {{check: {}, kind: {}, namespace: {namespace}, name: {name}, reason: r}}\n", finding.code, subject.kind)
        })
        .collect();
    named.iter().for_each(|entry| text += entry);
    text
}

#[test]
fn entries_of_the_configuration_let_all_be() {
    for (name, world) in worlds() {
        let report = diagnose(&world);
        let config = policy::read(&entries(&report), "c.yaml").unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let after = apply(&report, &world, &Settings { suppressions: config.suppressions, ..settings() }, &[]);
        assert!(shown(&after).is_empty(), "{name}: {:#?}", shown(&after));
        assert_eq!(verdicts(&after), verdicts(&report), "{name}: nothing is mended by not looking");
        assert_eq!(after.summary.suppressed, report.findings.len());
    }
}

/// A file with a line for each finding, which then stands there, and a comment above or behind it.
fn with_comments(report: &mut Report, comment: impl Fn(&str) -> String, above: bool) -> String {
    let mut text = "a:\n".to_owned();
    for finding in &mut report.findings {
        let comment = comment(&finding.code);
        text += &if above { format!("  # {comment}\n\n  - b\n") } else { format!("  - b # {comment}\n") };
        let line = text.lines().count();
        finding.location =
            Some(Position { file: "f.yaml".to_owned(), line, column: 5, end_line: line, end_column: 6, source: None });
    }
    text
}

#[test]
fn comments_let_all_be() {
    for (name, world) in worlds() {
        for above in [true, false] {
            let mut report = diagnose(&world);
            let text = with_comments(&mut report, |code| format!("prom-doctor: ignore[{code}] known"), above);
            let after = apply(&report, &world, &settings(), &[("f.yaml", &text)]);
            assert!(shown(&after).is_empty(), "{name}: {:#?}", shown(&after));
            assert!(after.findings.iter().all(|finding| finding.suppression.as_ref().unwrap().by == SuppressedBy::Comment));
            let other = apply(&report, &world, &settings(), &[("g.yaml", &text)]);
            assert!(other.findings.iter().all(|finding| !finding.suppressed), "a comment in another file");
            let seen = apply(&report, &world, &Settings { suppress: false, ..settings() }, &[("f.yaml", &text)]);
            assert_eq!(shown(&seen).len(), report.findings.len(), "{name}: nothing is suppressed");
        }
        let mut report = diagnose(&world);
        let codes: BTreeSet<String> = report.findings.iter().map(|finding| finding.code.clone()).collect();
        let codes = codes.into_iter().collect::<Vec<_>>().join(",");
        let text = with_comments(&mut report, |_| "nothing".to_owned(), true);
        let text = format!("# prom-doctor: ignore-file[{codes}]\n{text}");
        let after = apply(&report, &world, &settings(), &[("f.yaml", &text)]);
        assert!(shown(&after).is_empty(), "{name}: {:#?}", shown(&after));
    }
}

#[test]
fn comments_for_something_else_are_told() {
    let mut told = 0;
    for (name, world) in worlds() {
        let mut report = diagnose(&world);
        // These are found by looking at all that was read, so that they surely could be.
        let other = if report.findings.iter().any(|finding| finding.code == "PD0001") { continue } else { "PD0001" };
        let text = with_comments(&mut report, |code| format!("prom-doctor: ignore[{code}, {other}]"), true);
        let after = apply(&report, &world, &settings(), &[("f.yaml", &text)]);
        let left = shown(&after);
        assert_eq!(left.len(), report.findings.len(), "{name}: one for each comment");
        let fingerprints: BTreeSet<&str> = left.iter().map(|finding| finding.fingerprint.as_str()).collect();
        assert_eq!(fingerprints.len(), left.len());
        for finding in left {
            told += 1;
            assert_eq!((finding.code.as_str(), finding.severity), ("PD0004", Severity::Info));
            assert_eq!(
                finding.message,
                format!("the comment ignore[{other}] suppresses nothing: {other} was looked for and not found")
            );
            let line = finding.location.as_ref().unwrap().line;
            assert!(text.lines().nth(line - 1).unwrap().contains("prom-doctor"));
        }
        // Lines that come or go above do not make another finding of it.
        let longer = format!("x: y\n{text}");
        let lower = |finding: &mut Finding| finding.location.as_mut().into_iter().for_each(|at| at.line += 1);
        let mut moved = report.clone();
        moved.findings.iter_mut().for_each(lower);
        let moved = apply(&moved, &world, &settings(), &[("f.yaml", &longer)]);
        let moved: BTreeSet<String> =
            moved.findings.iter().filter(|one| one.code == "PD0004").map(|one| one.fingerprint.clone()).collect();
        assert!(fingerprints.iter().all(|fingerprint| moved.contains(*fingerprint)), "{name}");
    }
    assert!(told > 100, "only {told}");
}

#[test]
fn annotations_let_all_be_that_is_about_their_objects() {
    let mut tried = 0;
    for (name, objects) in taken() {
        let report = diagnose(&closed_world(&objects));
        let mut annotated = objects.clone();
        let mut marked = BTreeSet::new();
        for object in &mut annotated {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (kind, namespace, own) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
            // Of Secrets and ConfigMaps no annotation is kept, and what is malformed is not there.
            let fits = |finding: &&Finding| {
                let subject = &finding.subject;
                (subject.kind == kind && subject.namespace == namespace && subject.name == own)
                    && !["Secret", "ConfigMap"].contains(&kind.as_str())
                    && !["PD0001", "PD0102"].contains(&finding.code.as_str())
            };
            let codes: BTreeSet<&str> = report.findings.iter().filter(fits).map(|finding| finding.code.as_str()).collect();
            if codes.is_empty() {
                continue;
            }
            marked.extend(report.findings.iter().filter(fits).map(|finding| finding.fingerprint.clone()));
            let codes = codes.into_iter().collect::<Vec<_>>().join(",");
            let metadata = object["metadata"].as_object_mut().unwrap();
            let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
            annotations["prom-doctor.io/ignore"] = codes.into();
            annotations["prom-doctor.io/ignore-reason"] = "known".into();
        }
        let world = closed_world(&annotated);
        let after = apply(&diagnose(&world), &world, &settings(), &[]);
        for finding in &after.findings {
            if marked.contains(&finding.fingerprint) {
                tried += 1;
                let why = finding.suppression.as_ref().unwrap_or_else(|| panic!("{name}: {finding:#?}"));
                assert_eq!((why.by, why.reason.as_deref()), (SuppressedBy::Annotation, Some("known")));
            }
            assert_ne!(finding.code, "PD0004", "{name}: {}", finding.message);
        }
        assert!(marked.iter().all(|one| after.findings.iter().any(|finding| finding.fingerprint == *one)), "{name}");
    }
    assert!(tried > 80, "only {tried}");
}

#[test]
fn annotations_for_something_else_are_told_where_the_check_ran() {
    let (mut told, mut left_out) = (0, 0);
    for (name, mut objects) in taken() {
        let before = diagnose(&closed_world(&objects));
        let found: BTreeSet<String> = before.findings.iter().map(|finding| finding.code.clone()).collect();
        for object in objects.iter_mut().filter(|object| object["kind"] == "ServiceMonitor") {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
                // One of a link that is nearly always known, one of a link that only a running Prometheus knows.
                annotations["prom-doctor.io/ignore"] = "PD1002, PD0601".into();
            }
        }
        let world = closed_world(&objects);
        let after = apply(&diagnose(&world), &world, &settings(), &[]);
        for finding in after.findings.iter().filter(|finding| finding.code == "PD0004") {
            told += 1;
            assert!(finding.message.contains("PD1002"), "{}", finding.message);
            left_out += usize::from(!finding.message.contains("PD0601"));
            assert_eq!(finding.evidence[0].path, "metadata.annotations[\"prom-doctor.io/ignore\"]");
            let is_about = |other: &&Finding| other.code == "PD1002" && other.subject == finding.subject;
            assert!(!before.findings.iter().any(|other| is_about(&other)), "{name}: {found:?}");
            let subject = after.subjects.iter().find(|subject| subject.reference == finding.subject).unwrap();
            for (code, link) in [("PD1002", Link::Ports), ("PD0601", Link::Loaded)] {
                let mut links = subject.chains.iter().flat_map(|chain| &chain.links).filter(|one| one.link == link);
                let open = links.any(|link| link.state == LinkState::Unknown);
                assert!(!open || !finding.message.contains(code), "{name}: {}", finding.message);
            }
        }
    }
    assert!(told > 40 && left_out > 40, "only {told}, {left_out}");
}

#[test]
fn a_baseline_lets_all_be_and_tells_what_is_mended() {
    let mut gone = 0;
    let worlds = taken();
    for (at, (name, objects)) in worlds.iter().enumerate() {
        let world = closed_world(objects);
        let report = diagnose(&world);
        let known = policy::baseline(&report);
        assert_eq!(known.len(), report.findings.len(), "{name}");
        let text = Baseline { file: String::new(), known }.text().unwrap();
        let baseline = Baseline::read(&text, "b.json").unwrap();
        let with = Settings { baseline: Some(baseline), ..settings() };
        let after = apply(&report, &world, &with, &[]);
        assert!(shown(&after).is_empty() && after.baseline.as_ref().unwrap().gone.is_empty(), "{name}");
        assert_eq!(verdicts(&after), verdicts(&report), "{name}");
        assert_eq!(policy::baseline(&after).len(), report.findings.len(), "{name}: what is known stays known");
        // The world of another page.
        let other = closed_world(&worlds[(at + 7) % worlds.len()].1);
        let found = diagnose(&other);
        let after = apply(&found, &other, &with, &[]);
        for known in &after.baseline.as_ref().unwrap().gone {
            gone += 1;
            assert!(!found.findings.iter().any(|finding| finding.fingerprint == known.fingerprint));
        }
    }
    assert!(gone > 40, "only {gone}");
}

#[test]
fn what_is_over_shows_again() {
    for (name, world) in worlds() {
        let mut report = diagnose(&world);
        let on = |day: &str| {
            let settings = Settings { today: policy::date(day).unwrap(), ..settings() };
            let text = with_comments(&mut report.clone(), |code| format!("prom-doctor: ignore[{code}] until=2026-12-31"), true);
            let mut located = report.clone();
            with_comments(&mut located, |code| format!("prom-doctor: ignore[{code}] until=2026-12-31"), true);
            apply(&located, &world, &settings, &[("f.yaml", &text)])
        };
        assert!(shown(&on("2026-12-31")).is_empty(), "{name}: the last day counts");
        let after = on("2027-01-01");
        let (expired, again): (Vec<&Finding>, Vec<&Finding>) =
            shown(&after).into_iter().partition(|finding| finding.code == "PD0005");
        assert_eq!((expired.len(), again.len()), (report.findings.len(), report.findings.len()), "{name}");
        assert!(expired.iter().all(|one| one.message.ends_with("expired on 2026-12-31, and 1 finding shows again")));
        report.findings.clear();
    }
}

#[test]
fn severities_and_choices_change_what_counts_and_no_verdict() {
    for (name, world) in worlds() {
        let report = diagnose(&world);
        let code = report.findings[0].code.clone();
        let severity: BTreeMap<String, Severity> =
            report.findings.iter().map(|finding| (finding.code.clone(), Severity::Info)).collect();
        let mild = apply(&report, &world, &Settings { severity, ..settings() }, &[]);
        assert_eq!((mild.summary.findings.error, mild.summary.findings.info), (0, report.findings.len()), "{name}");
        let ignore = vec![policy::Choice::parse(&code).unwrap()];
        let choices = Choices { select: None, ignore };
        let less = apply(&report, &world, &Settings { choices, ..settings() }, &[]);
        assert!(shown(&less).iter().all(|finding| finding.code != code) && less.summary.not_selected > 0, "{name}");
        for after in [mild, less] {
            assert_eq!(verdicts(&after), verdicts(&report), "{name}");
        }
    }
}

#[test]
fn nothing_is_called_unused_where_not_all_was_asked_about() {
    let mut tried = 0;
    for (_, world) in worlds() {
        let config = "suppressions: [{check: PD1002, reason: r}, {check: PD0001, reason: r}]";
        let settings = Settings { suppressions: policy::read(config, "c").unwrap().suppressions, ..settings() };
        let unused = |asked: Asked| {
            let mut report = diagnose(&world);
            policy::apply(&mut report, &world, asked, &settings, None);
            report.findings.iter().filter(|finding| finding.code == "PD0004").count()
        };
        tried += unused(all());
        let question = Question { namespace: Some("elsewhere".to_owned()), ..Question::default() };
        assert_eq!(unused(Asked::from(&question)), 0);
    }
    assert!(tried > 40, "only {tried}");
}

#[test]
fn an_annotation_that_is_of_no_use_is_told_where_it_stands() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  name: a\n  annotations:\n    prom-doctor.io/ignore: PD1002\nspec:\n  selector: {matchLabels: {a: b}}\n  endpoints: [{port: web}]\n";
    let bundle = Bundle::read(vec![("a.yaml".to_owned(), text.to_owned())], &Reading::default());
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let mut report = lint(&bundle, &FileSettings::default(), run);
    policy::apply(&mut report, &bundle.world, all(), &settings(), Some(&bundle));
    let unused = report.findings.iter().find(|finding| finding.code == "PD0004").unwrap();
    let at = unused.location.as_ref().unwrap();
    assert_eq!((at.file.as_str(), at.line, at.column), ("a.yaml", 6, 28));
}
