//! Lint on manifests of the public: what well-known charts ship raises no alarm, and what threads describe is caught.
//!
//! In `tests/lint/broken` a comment at the end of a line says what must be found there: `# PD1001`. `# see PD1001` marks
//! the other side, to which the finding must point too. `# missed PD1001: why` stands where nothing is found yet; the
//! test fails as soon as it is. Every error and warning must be marked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prom_doctor_checks::files::{self, Bundle, Reading, Settings};
use prom_doctor_checks::report::{Finding, Mode, Report, Run, Severity};
use prom_doctor_checks::yaml;

/// How many marks say that nothing is found yet, in all files together: it may only shrink.
const MISSED: usize = 2;

fn manifests(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn lint(path: &Path, text: &str) -> Report {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bundle = Bundle::read(vec![(name, text.to_owned())], &Reading::default());
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    files::lint(&bundle, &Settings::default(), run)
}

fn alarms(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.severity != Severity::Info)
}

fn told(finding: &Finding) -> String {
    let line = finding.location.as_ref().map_or(0, |location| location.line);
    format!("line {line}: {} {}: {}", finding.code, finding.subject, finding.message)
}

/// A code and the line at which it stands.
type Mark = (usize, String);

#[derive(Debug, Default)]
struct Marks {
    found: BTreeSet<Mark>,
    seen_from: BTreeSet<Mark>,
    missed: BTreeSet<Mark>,
}

impl Marks {
    fn read(text: &str) -> Self {
        let mut marks = Self::default();
        let mut line_marks = |line: usize, words: &str| {
            let (target, rest) = if let Some(rest) = words.strip_prefix("see ") {
                (&mut marks.seen_from, rest)
            } else if let Some((rest, why)) = words.strip_prefix("missed ").and_then(|rest| rest.split_once(": ")) {
                assert!(!why.trim().is_empty(), "line {line} does not say why it is missed");
                (&mut marks.missed, rest)
            } else {
                (&mut marks.found, words)
            };
            let is_code = |word: &str| word.len() == 6 && word.starts_with("PD");
            if rest.split(' ').all(is_code) {
                target.extend(rest.split(' ').map(|code| (line, code.to_owned())));
            }
        };
        for read in yaml::documents(text) {
            let document = read.unwrap_or_else(|broken| panic!("{broken:?}"));
            // Several marks of a line are parted by semicolons.
            let comments = document.comments.iter();
            comments.for_each(|comment| comment.text.split("; ").for_each(|words| line_marks(comment.line, words)));
        }
        marks
    }
}

#[test]
fn charts_that_work_raise_no_alarm() {
    let all = manifests("clean");
    assert!(all.len() >= 20, "{} charts are few", all.len());
    let mut alarmed = Vec::new();
    for (path, text) in &all {
        let report = lint(path, text);
        // Probes have no chain.
        let judged = !report.subjects.is_empty() || text.contains("kind: Probe");
        assert!(judged, "{}: no monitor was judged", path.display());
        alarmed.extend(alarms(&report).map(|finding| format!("{}: {}", path.display(), told(finding))));
        let failed = report.subjects.iter().filter(|subject| subject.verdict == prom_doctor_checks::report::Verdict::Failed);
        alarmed.extend(failed.map(|subject| format!("{}: {} has failed", path.display(), subject.reference)));
    }
    assert!(alarmed.is_empty(), "{}", alarmed.join("\n"));
}

#[test]
fn what_threads_describe_is_caught() {
    let mut wrong = Vec::new();
    let mut missed = 0;
    for (path, text) in manifests("broken") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(text.contains("# thread: "), "{name} does not say where it was seen");
        let marks = Marks::read(&text);
        assert!(!marks.found.is_empty() || !marks.missed.is_empty(), "{name} marks nothing");
        let report = lint(&path, &text);
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for finding in alarms(&report) {
            let line = finding.location.as_ref().map_or(0, |location| location.line);
            found.insert((line, finding.code.clone()));
            seen.extend(finding.related.iter().map(|related| (related.location.line, finding.code.clone())));
            if !marks.found.contains(&(line, finding.code.clone())) {
                let known = marks.missed.iter().any(|(_, code)| *code == finding.code);
                let why = if known { "is no longer missed" } else { "is not marked" };
                wrong.push(format!("{name} {}: {why}", told(finding)));
            }
        }
        let lost = |marks: &BTreeSet<Mark>, there: &BTreeSet<Mark>, what: &str| {
            let lost = marks.difference(there).map(|(line, code)| format!("{name} line {line}: {code} {what}"));
            lost.collect::<Vec<_>>()
        };
        wrong.extend(lost(&marks.found, &found, "is not found there"));
        wrong.extend(lost(&marks.seen_from, &seen, "does not point there"));
        missed += marks.missed.len();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(missed, MISSED, "the number of things that are missed");
}
