//! Formats on the command line, and reports in files beside what is shown.

use std::fs;

use serde_json::Value;

use super::shop::folder;
use crate::kit::run::prom_doctor;

const FORMATS: &[&str] =
    &["human", "wide", "short", "name", "json", "json-v1", "jsonl", "yaml", "sarif", "github", "gitlab", "junit", "markdown"];

/// What an audit of the example prints, with these arguments, where it may not differ between two runs.
fn audit(arguments: &[&str]) -> (String, Option<i32>) {
    let ran = prom_doctor(&folder(), &[&["audit", "--snapshot", "."], arguments].concat());
    assert_eq!(ran.stderr, "", "{arguments:?}");
    let stable = |line: &&str| !line.contains("durationMs");
    (ran.stdout.lines().filter(stable).collect::<Vec<_>>().join("\n"), ran.code)
}

#[test]
fn every_format_ends_alike_and_is_the_same_in_a_file() {
    let out = tempfile::tempdir().unwrap();
    let path = |format: &str| format!("{}={}", format, out.path().join(format).display());
    let files: Vec<String> = FORMATS.iter().map(|format| path(format)).collect();
    let mut arguments: Vec<&str> = vec!["-o", "short"];
    files.iter().for_each(|file| arguments.extend(["--report", file]));
    let (shown, code) = audit(&arguments);
    assert_eq!((shown.clone(), code), audit(&["-o", "short"]));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), FORMATS.len(), "something is left beside the reports");
    for format in FORMATS {
        let (shown, code) = audit(&["-o", format]);
        assert_eq!(code, Some(1), "{format}");
        assert_eq!(audit(&["-o", format, "--exit-zero"]).1, Some(0), "{format}");
        let file = fs::read_to_string(out.path().join(format)).unwrap();
        let file: Vec<&str> = file.lines().filter(|line| !line.contains("durationMs")).collect();
        assert_eq!(file.join("\n"), shown, "{format}");
    }
}

#[test]
fn what_is_not_shown_is_not_in_the_files_either() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("a.sarif");
    let (shown, code) = audit(&["-qq", "--min-severity", "error", "--report", &format!("sarif={}", path.display())]);
    assert_eq!((shown.as_str(), code), ("", Some(1)));
    let log: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["level"] == "error"));
}

#[test]
fn one_file_that_cannot_be_written_does_not_stop_the_others() {
    let out = tempfile::tempdir().unwrap();
    let (bad, good) = (out.path().join("no/a.xml"), out.path().join("b.json"));
    let (bad, good) = (format!("junit={}", bad.display()), format!("json={}", good.display()));
    let ran = prom_doctor(&folder(), &["audit", "--snapshot", ".", "--report", &bad, "--report", &good]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("cannot be written to") && ran.stderr.contains("a.xml"), "{}", ran.stderr);
    assert!(ran.stdout.contains("PD1001"), "{}", ran.stdout);
    assert!(out.path().join("b.json").exists());
}

#[test]
fn wrong_formats_are_named() {
    let rows: &[(&[&str], &str)] = &[
        (&["--report", "sarf=a"], "did you mean sarif?"),
        (&["--report", "zzz=a"], "one of human, wide"),
        (&["--report", "a.sarif"], "FORMAT=FILE"),
        (&["--report", "sarif="], "the name of the file is missing"),
        (&["--report", "sarif=-"], "-o sarif writes to standard output"),
        (&["--report", "sarif=a", "--report", "junit=a"], "two reports would be written to a"),
        (&["-o", "sarf"], "sarif"),
        (&["targets", "-o", "sarif"], "targets cannot be written as sarif"),
        (&["explain", "-o", "junit"], "explain cannot be written as junit"),
        (&["version", "--report", "json=a"], "version makes no report"),
        (&["config", "-o", "markdown"], "config cannot be written as markdown"),
    ];
    let out = tempfile::tempdir().unwrap();
    for (arguments, said) in rows {
        let ran = prom_doctor(out.path(), arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}
