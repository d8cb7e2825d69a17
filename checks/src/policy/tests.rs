//! Configuration files and comments, as they are read.

use std::collections::BTreeSet;

use super::comment::comments;
use super::config::{KEYS, SUPPRESSION_KEYS, form};
use super::suppression::{Scope, Suppression};
use super::{Baseline, Choice, Choices, FailOn, read};
use crate::registry::CHECKS;
use crate::report::Severity;

const WHOLE: &str = "\
# yaml-language-server: $schema=…
select: [PD, pd13]
ignore: same-target-in-servers
severity: {PD1301: error, port-name-missing: info}
fail-on: never
operator-version: 0.90
suppressions:
  - check: [PD1302, PD10]
    kind: smon
    namespace: shop
    name: legacy-*
    path: spec.endpoints[0]
    file: deploy/**/*.yaml
    reason: both are wanted
    until: 2027-01-31
  - {check: PD0301, reason: known}
";

fn comments_of(text: &str) -> Vec<Suppression> {
    comments(&crate::files::File::new("f.yaml".to_owned(), text.to_owned()))
}

#[test]
fn the_schema_is_that_of_the_form() {
    let read = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
    crate::report::hold_schema_of::<form::ConfigFile>("src/policy/schema.json", read);
    let schema: serde_json::Value = serde_json::from_str(super::SCHEMA).unwrap();
    let keys =
        |value: &serde_json::Value| -> BTreeSet<String> { value["properties"].as_object().unwrap().keys().cloned().collect() };
    let known = |keys: &[&str]| -> BTreeSet<String> { keys.iter().map(|key| (*key).to_owned()).collect() };
    assert_eq!(keys(&schema), known(KEYS));
    assert_eq!(keys(&schema["$defs"]["Suppression"]), known(SUPPRESSION_KEYS));
}

#[test]
fn the_form_takes_what_the_reader_takes() {
    let written = crate::yaml::parse(WHOLE).documents[0].to_json().unwrap();
    let form: form::ConfigFile = serde_json::from_value(written.clone()).unwrap();
    let again = serde_json::to_value(form).unwrap();
    let kept = written.as_object().unwrap().iter().find(|(key, value)| key.as_str() != "suppressions" && again[*key] != **value);
    assert_eq!(kept, None);
}

#[test]
fn a_whole_configuration() {
    let config = read(WHOLE, ".prom-doctor.yaml").unwrap();
    let words = |choices: &[Choice]| choices.iter().map(|choice| choice.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(words(config.select.as_deref().unwrap()), ["PD", "PD13"]);
    assert_eq!(words(config.ignore.as_deref().unwrap()), ["PD1304"]);
    assert_eq!(config.severity["PD1301"], Severity::Error);
    assert_eq!(config.severity["PD1001"], Severity::Info);
    assert_eq!(config.fail_on, Some(FailOn::Never));
    assert_eq!(config.operator_version.as_deref(), Some("0.90"), "not the number 0.9");
    let [long, short] = config.suppressions.as_slice() else { panic!("{:?}", config.suppressions) };
    assert_eq!(long.until.unwrap().to_string(), "2027-01-31");
    assert_eq!(words(&long.checks), ["PD1302", "PD10"]);
    let at = |at: &Option<crate::report::Position>| at.as_ref().map(|at| (at.line, at.column)).unwrap();
    assert_eq!(at(&long.at), (8, 5));
    assert_eq!(at(&short.at), (16, 5));
    assert!(read("", "x").unwrap().select.is_none());
    assert!(read("select:\nsuppressions: []\n", "x").unwrap().select.is_none());
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("selct: []", "1:1: unknown key `selct` in the configuration (did you mean `select`?)"),
        ("failOn: error", "1:1: unknown key `failOn` in the configuration (did you mean `fail-on`?)"),
        ("\nfail-on: eror", "2:10: `eror` is no severity (did you mean `error`?)"),
        ("fail-on: 3", "1:10: one of error, warning, info, never is wanted, and this is a number"),
        ("select: [PD9999]", "1:10: there is no check \"PD9999\""),
        ("select: [PD0311]", "1:10: there is no check \"PD0311\" (did you mean PD0301?)"),
        ("ignore: port-name-mising", "1:9: there is no check \"port-name-mising\" (did you mean port-name-missing?)"),
        ("select: {a: b}", "1:9: a check is named by its code, its name or the beginning of codes, and this is a mapping"),
        ("severity: {PD13: info}", "1:12: `PD13` means several checks, and a severity is given to each"),
        ("severity: [PD1301]", "1:11: `severity` is a mapping from checks to severities, and this is a list"),
        ("severity: {PD1301: bad}", "1:20: `bad` is no severity (it is one of error, warning, info)"),
        ("operator-version: newest", "1:19: a version of prometheus-operator looks like 0.93 or v0.93.1"),
        ("suppressions: {}", "1:15: `suppressions` is a list, and this is a mapping"),
        ("suppressions:\n  - PD1301", "2:5: a suppression is a mapping, and this is a string"),
        ("suppressions:\n  - {check: PD1301}", "2:5: this suppression has no `reason` (why they are let be)"),
        ("suppressions:\n  - {reason: x}", "2:5: this suppression has no `check` (which findings: `check: PD1301`)"),
        ("suppressions:\n  - {check: PD1301, reason: ' '}", "2:29: this reason is empty"),
        (
            "suppressions: [{code: PD1301, check: PD1301, reason: x}]",
            "1:17: unknown key `code` in a suppression (did you mean `check`?)",
        ),
        (
            "suppressions: [{check: PD1301, reason: x, expires: 2027-01-31}]",
            "1:43: unknown key `expires` in a suppression (did you mean `until`?)",
        ),
        ("suppressions: [{check: PD1301, reason: x, until: 2027-02-30}]", "1:50: this is no day (write it as 2027-01-31)"),
        ("suppressions: [{check: PD1301, reason: x, until: 31.01.2027}]", "1:50: this is no day (write it as 2027-01-31)"),
        (
            "suppressions: [{check: PD1301, reason: x, until: 2027-01-31T10:00:00Z}]",
            "1:50: this is no day (write it as 2027-01-31)",
        ),
        (
            "suppressions: [{check: PD1301, reason: x, kind: ServiceMonitr}]",
            "1:49: there is no kind `ServiceMonitr` (did you mean ServiceMonitor?)",
        ),
        (
            "suppressions: [{check: PD1301, reason: x, name: 'a[b'}]",
            "1:49: `a[b` is no pattern: unclosed character class; missing ']'",
        ),
        (
            "suppressions: [{check: PD1301, reason: x, path: 'a..b'}]",
            "1:49: this is no path (a path looks like spec.endpoints[0].port)",
        ),
        ("- a", "1:1: the configuration is a mapping, and this is a list"),
        ("ignore: [PD]\nignore: [PD13]", "2:1: the key `ignore` stands twice in one mapping"),
        ("ignore: [PD]\n---\nignore: [PD13]", "3:1: a second document begins here, and a configuration is one"),
        ("ignore: [PD", "1:9: `[` is never closed"),
    ];
    for (text, told) in cases {
        let problems = read(text, "x").expect_err(text);
        assert_eq!(problems[0].to_string(), told, "{text}");
    }
    let all = read("selct: 1\nseverity: {PD1301: bad}\nfail-on: x\n", "x").unwrap_err();
    assert_eq!(all.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 2, 3], "all mistakes at once");
}

#[test]
fn the_longer_word_decides() {
    let choices = |words: &[&str]| words.iter().map(|word| Choice::parse(word).unwrap()).collect::<Vec<_>>();
    let take = |select: Option<&[&str]>, ignore: &[&str], code: &str| {
        Choices { select: select.map(&choices), ignore: choices(ignore) }.take(code)
    };
    assert!(take(None, &[], "PD1301"));
    assert!(!take(None, &["PD13"], "PD1301"));
    assert!(!take(Some(&["PD10"]), &[], "PD1301"));
    assert!(take(Some(&["PD1301"]), &["PD13"], "PD1301"));
    assert!(!take(Some(&["PD13"]), &["PD1301"], "PD1301"));
    assert!(!take(Some(&["PD1301"]), &["PD1301"], "PD1301"), "ignoring wins where both are as long");
    for check in CHECKS {
        assert!(Choice::parse(check.name).unwrap().takes(check.code) && Choice::parse(check.code).unwrap().is_one());
    }
    assert!(Choice::parse("").is_err() && Choice::parse("P").is_err());
}

const FILE: &str = "\u{feff}# prom-doctor: ignore-file[PD0801, port-is-number] generated
# prom-doctor: ignore[PD0301] above the document until=2027-01-31
---
# what follows is a monitor
kind: ServiceMonitor
metadata:
  name: a # prom-doctor: ignore[PD0302]
  note: 'no # prom-doctor: ignore[PD0303] comment'
  text: |
    # prom-doctor: ignore[PD0304] none either

  # prom-doctor: ignore[PD1001]
  # and something else

  port: metrics
---
kind: [broken
---
# prom-doctor:ignore [ PD1301 ]
kind: x
# prom-doctor: ignore-file[PD0801] too late
# prom-doctor: ignore
# prom-doctor: ignroe[PD0801]
# prom-doctor: ignore[PD9]
# prom-doctor: ignore[]
# prom-doctor: ignore[PD0801] until=soon
";

#[test]
fn comments_speak_of_the_right_line() {
    for text in [FILE.to_owned(), FILE.replace('\n', "\r\n")] {
        let found = comments_of(&text);
        let told: Vec<String> = found
            .iter()
            .map(|one| {
                let codes = one.checks.iter().map(Choice::as_str).collect::<Vec<_>>().join(" ");
                let line = match &one.scope {
                    Scope::Line { line, .. } => line.to_string(),
                    _ => "file".to_owned(),
                };
                let at = one.at.as_ref().unwrap();
                let said = one.problem.clone().or_else(|| one.reason.clone()).unwrap_or_default();
                format!("{}:{} {line} {codes} {said}", at.line, at.column).trim_end().to_owned()
            })
            .collect();
        let form = "it is written `ignore[PD1301] reason` or `ignore-file[PD1301] reason`";
        assert_eq!(
            told,
            [
                "1:1 file PD0801 PD1002 generated".to_owned(),
                "2:1 5 PD0301 above the document".to_owned(),
                "7:11 7 PD0302".to_owned(),
                "12:3 15 PD1001".to_owned(),
                "19:1 20 PD1301".to_owned(),
                "21:1 28  ignore-file stands at the top of a file, above all documents".to_owned(),
                format!("22:1 28  {form}"),
                format!("23:1 28  {form}"),
                "24:1 28  there is no check \"PD9\"".to_owned(),
                "25:1 28  it names no check".to_owned(),
                "26:1 28  until=soon names no day, which is written as 2027-01-31".to_owned(),
            ],
            "{text:?}"
        );
        assert_eq!(found[1].until.unwrap().to_string(), "2027-01-31");
    }
    assert!(comments_of("a: b # ignore[PD0301]\n").is_empty());
    let broken = comments_of("# prom-doctor: ignore-file[PD0001]\n{{ if .Values.x }}\n");
    assert_eq!(broken.len(), 1, "the top of a file is read even where nothing else can be");
}

#[test]
fn baselines_are_read_and_others_refused() {
    let known = |text: &str| Baseline::read(text, "b.json").map(|baseline| baseline.known.len());
    let entry = r#"{"fingerprint": "0", "code": "PD0301", "subject": {"kind": "Pod", "name": "a"}, "more": 1}"#;
    assert_eq!(known(&format!(r#"{{"kind": "Baseline", "findings": [{entry}]}}"#)), Ok(1));
    assert_eq!(known(&format!(r#"{{"kind": "Report", "findings": [{entry}], "summary": {{}}}}"#)), Ok(1));
    for (text, told) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("[]", "invalid type: sequence"),
        ("{}", "it has no `kind`"),
        (r#"{"kind": "List", "findings": []}"#, "its kind is \"List\", not Baseline"),
        (r#"{"kind": "Baseline"}"#, "it has no `findings`"),
        (r#"{"kind": "Baseline", "findings": [{}]}"#, "missing field `fingerprint`"),
    ] {
        let error = known(text).unwrap_err();
        // A list of two would be taken for the two fields.
        assert!(error.contains(told) || text == "[]", "{text}: {error}");
    }
}
