//! What people and programs see: rendered text, JSON against its schema, exit codes, usage lines.

mod reports;
mod sample;

use std::ffi::OsStr;
use std::process::{Command, Output};

use prom_doctor::exit::{Asked, Exit, Policy, of_report};
use prom_doctor::render::text::{Style, acts};
use prom_doctor::render::{Detail, at_least, colour, human, json, page, yaml};
use prom_doctor_checks::check::Check;
use prom_doctor_checks::report::{Report, SCHEMA, Severity, Verdict};

const AS_IS: Detail = Detail { wide: false, only_findings: false, no_headers: false };
const WIDE: Detail = Detail { wide: true, ..AS_IS };

fn style() -> Style {
    // Whether a style is coloured is the style's business; the library behind it is always ready.
    colour::push(true);
    Style { colour: false, ascii: false, width: Some(80), program: "kubectl prom-doctor".into() }
}

fn coloured() -> Style {
    Style { colour: true, ..style() }
}

fn ascii() -> Style {
    Style { ascii: true, ..style() }
}

/// Escapes are shown so that a snapshot can be read.
fn readable(text: &str) -> String {
    text.replace('\u{1b}', "␛")
}

macro_rules! shows {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "seen"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn why_of_a_monitor() {
    shows!("why", human(&sample::why(), Asked::Monitor, AS_IS, &style()));
    shows!("why-ascii", human(&sample::why(), Asked::Monitor, AS_IS, &ascii()));
    shows!("why-coloured", readable(&human(&sample::why(), Asked::Monitor, AS_IS, &coloured())));
    shows!("why-wide", human(&sample::why(), Asked::Monitor, WIDE, &style()));
    shows!("why-partial", human(&sample::why_partial(), Asked::Monitor, AS_IS, &style()));
    shows!("why-unknown", human(&sample::unknown(), Asked::Monitor, AS_IS, &style()));
    shows!("why-well", human(&sample::well(), Asked::Monitor, AS_IS, &style()));
}

#[test]
fn why_of_an_application() {
    shows!("app", human(&sample::app(), Asked::App, AS_IS, &style()));
}

#[test]
fn audit_of_a_cluster() {
    shows!("audit", human(&sample::audit(), Asked::Audit, AS_IS, &style()));
    shows!("audit-coloured", readable(&human(&sample::audit(), Asked::Audit, AS_IS, &coloured())));
    shows!("audit-ascii", human(&sample::audit(), Asked::Audit, AS_IS, &ascii()));
    shows!("audit-piped", human(&sample::audit(), Asked::Audit, AS_IS, &Style { width: None, ..style() }));
    shows!("audit-wide", human(&sample::audit(), Asked::Audit, WIDE, &style()));
    let empty = sample::report(Vec::new(), Vec::new());
    shows!("audit-empty", human(&empty, Asked::Audit, AS_IS, &style()));
}

#[test]
fn five_hundred_monitors_stay_a_line_each() {
    let text = human(&sample::many(500), Asked::Audit, AS_IS, &style());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("team-")).collect();
    assert_eq!(rows.len(), 500);
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "wider than the terminal");
    let head: Vec<&str> = text.lines().take(12).collect();
    shows!("many", head.join("\n"));
}

#[test]
fn less_is_shown_when_less_is_asked_for() {
    let findings = human(&sample::audit(), Asked::Audit, Detail { only_findings: true, ..AS_IS }, &style());
    assert!(findings.starts_with("error[PD0301]") && !findings.contains("NAMESPACE"), "{findings}");
    let bare = human(&sample::audit(), Asked::Audit, Detail { no_headers: true, ..AS_IS }, &style());
    assert!(!bare.contains("NAMESPACE") && bare.contains("smon/cart"), "{bare}");
    let audit = sample::audit();
    let errors = at_least(&audit, Severity::Error);
    let text = human(&errors, Asked::Audit, AS_IS, &style());
    assert!(!text.contains("PD1301") && text.contains("2 not shown"), "{text}");
    assert!(matches!(at_least(&audit, Severity::Info), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn nothing_from_the_cluster_commands_the_terminal() {
    let report = sample::hostile();
    let mut without = report.clone();
    without.app = None;
    for report in [&report, &without] {
        for asked in [Asked::Audit, Asked::Monitor, Asked::App] {
            for style in [style(), Style { width: None, ..style() }, ascii()] {
                let text = human(report, asked, WIDE, &style);
                let bad = text.chars().find(|character| *character != '\n' && acts(*character));
                assert_eq!(bad, None, "{asked:?}");
            }
        }
        for text in [json::json(report).unwrap(), yaml::yaml(report).unwrap()] {
            assert_eq!(text.chars().find(|character| *character != '\n' && acts(*character)), None);
        }
    }
}

#[test]
fn every_report_fits_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let audit = sample::audit();
    let filtered = at_least(&audit, Severity::Error).into_owned();
    let empty = sample::report(Vec::new(), Vec::new());
    let all = [audit, filtered, empty, sample::why(), sample::why_partial(), sample::app(), sample::hostile(), sample::many(3)];
    for report in &all {
        let from_json: serde_json::Value = serde_json::from_str(&json::json(report).unwrap()).unwrap();
        let from_yaml: serde_json::Value = serde_yaml::from_str(&yaml::yaml(report).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&from_json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(from_json, from_yaml);
    }
}

#[test]
fn filtered_reports_refer_to_nothing_that_is_gone() {
    let audit = sample::audit();
    let shown = at_least(&audit, Severity::Error);
    let there = |id: &String| shown.findings.iter().any(|finding| finding.id == *id);
    for subject in &shown.subjects {
        let links = subject.chains.iter().flat_map(|chain| &chain.links);
        assert!(subject.findings.iter().chain(&subject.cause).chain(links.flat_map(|link| &link.findings)).all(there));
    }
}

#[test]
fn exit_codes() {
    let policy = |fail_on, strict| Policy { fail_on, strict };
    let only = |severity: Severity| {
        let reference = sample::reference("ServiceMonitor", "shop", "web");
        let mut report = sample::well();
        report.findings = vec![sample::finding("f1", "PD1301", "same-pods-twice", severity, reference)];
        report
    };
    let mut suppressed = only(Severity::Error);
    suppressed.findings[0].suppressed = true;
    let mut app = sample::app();
    app.findings.clear();
    app.app.as_mut().unwrap().near[0].verdict = Verdict::Unknown;
    let mut unreached = app.clone();
    unreached.app.as_mut().unwrap().reached.clear();
    let (error, warning, info) = (Some(Severity::Error), Some(Severity::Warning), Some(Severity::Info));
    let rows: Vec<(Report, Asked, Policy, Exit)> = vec![
        (sample::well(), Asked::Audit, policy(error, false), Exit::Clean),
        (sample::well(), Asked::Audit, policy(error, true), Exit::Clean),
        (only(Severity::Error), Asked::Audit, policy(error, false), Exit::Findings),
        (only(Severity::Error), Asked::Monitor, policy(None, false), Exit::Clean),
        (only(Severity::Warning), Asked::Audit, policy(error, false), Exit::Clean),
        (only(Severity::Warning), Asked::Audit, policy(warning, false), Exit::Findings),
        (only(Severity::Info), Asked::Audit, policy(warning, false), Exit::Clean),
        (only(Severity::Info), Asked::Audit, policy(info, false), Exit::Findings),
        (suppressed, Asked::Audit, policy(info, false), Exit::Clean),
        (sample::unknown(), Asked::Audit, policy(error, false), Exit::Clean),
        (sample::unknown(), Asked::Audit, policy(error, true), Exit::NoAnswer),
        (sample::unknown(), Asked::Monitor, policy(error, false), Exit::NoAnswer),
        (sample::unknown(), Asked::Monitor, policy(None, false), Exit::NoAnswer),
        // What failed outweighs what is unknown.
        (sample::audit(), Asked::Audit, policy(error, true), Exit::Findings),
        (sample::audit(), Asked::Monitor, policy(error, false), Exit::Findings),
        (sample::audit(), Asked::Audit, policy(None, true), Exit::NoAnswer),
        (app, Asked::App, policy(error, false), Exit::Clean),
        (unreached, Asked::App, policy(error, false), Exit::NoAnswer),
    ];
    for (at, (report, asked, policy, expected)) in rows.into_iter().enumerate() {
        assert_eq!(of_report(&report, asked, policy), expected, "row {at}");
        // What is shown does not matter.
        assert_eq!(of_report(&at_least(&report, Severity::Info), asked, policy), expected, "row {at}");
    }
    let codes = [Exit::Clean, Exit::Findings, Exit::Usage, Exit::NoAnswer, Exit::Interrupted].map(Exit::code);
    assert_eq!(codes, [0, 1, 2, 3, 130]);
}

#[test]
fn pages_of_checks() {
    let check = Check {
        code: "PD0301",
        name: "selector-label-mismatch",
        summary: "a label of the monitor is not what the server's selector asks for",
        severity: Severity::Error,
        since: "0.1.0",
        reads: &[],
        explain: "# What it means\nThe server asks for another value.\n\n```yaml\nkind: ServiceMonitor\n```\n",
        run: |_, _| {},
    };
    shows!("page", page::page(&check, &style()));
    shows!("page-coloured", readable(&page::page(&check, &coloured())));
    shows!("pages", page::list(&[&check, &check], true, &style()));
}

/// Runs the program in an environment of its own: no kubeconfig, no colours, no locale but UTF-8.
fn program(exe: &str, args: &[impl AsRef<OsStr>]) -> Output {
    let mut command = Command::new(exe);
    command.args(args).env_clear().env("LANG", "C.UTF-8").env("HOME", "/nonexistent");
    command.output().expect("runs")
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let output = program(env!("CARGO_BIN_EXE_prom-doctor"), args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn usage_lines_say_what_was_typed() {
    let plugin = program(env!("CARGO_BIN_EXE_kubectl-prom_doctor"), &["why", "--help"]);
    let help = String::from_utf8(plugin.stdout).unwrap();
    assert!(help.contains("Usage: kubectl prom-doctor why"), "{help}");
    let (code, help, _) = run(&["--help"]);
    assert!(help.contains("Usage: prom-doctor "), "{help}");
    assert!(help.contains("No telemetry") && help.contains("It only reads"), "{help}");
    assert_eq!(code, Some(0));
}

#[test]
fn what_needs_no_cluster_works_without() {
    let (code, out, err) = run(&["schema"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), SCHEMA, ""));
    let (code, out, _) = run(&["version"]);
    assert_eq!((code, out), (Some(0), format!("prom-doctor {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, out, _) = run(&["version", "-o", "json"]);
    assert_eq!(code, Some(0));
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
    let (code, out, _) = run(&["explain", "-o", "json"]);
    assert_eq!(code, Some(0));
    assert!(serde_json::from_str::<serde_json::Value>(&out).unwrap().is_array());
    assert_eq!(run(&["explain"]).0, Some(0));
}

#[test]
fn wrong_usage_is_named_and_exits_with_2() {
    let rows: &[(&[&str], &str)] = &[
        (&["why"], "TYPE/NAME"),
        (&["why", "api"], "does not name an object"),
        (&["why", "servicemonitr/api"], "did you mean servicemonitors?"),
        (&["why", "probe/api"], "does not follow a Probe yet"),
        (&["why", "podz/a"], "did you mean pods?"),
        (&["why", "node/a"], "does not explain a Node"),
        (&["why", "secret/a"], "does not explain"),
        (&["why", "smon/api", "-A"], "one namespace"),
        (&["config", "pod/a"], "no configuration is made from a Pod"),
        (&["explain", "PD9999"], "there is no check"),
        (&["-l", "a b"], "no key of a label"),
        (&["--assume-whole", "pods"], "snapshot"),
        (&["--snapshot", "x", "--assume-whole", "podz"], "did you mean pods?"),
        (&["--snapshot", "x", "--assume-whole", "pods", "--assume-partial", "po"], "at the same time"),
        (&["--grace", "5x"], "a duration looks like"),
        (&["--prometheus", "a/b/c"], "NAMESPACE/NAME"),
        (&["-o", "xml"], "xml"),
        (&["frobnicate"], "frobnicate"),
        (&["--min-severity", "warnin"], "did you mean warning?"),
    ];
    for (args, said) in rows {
        let (code, out, err) = run(args);
        assert_eq!(code, Some(2), "{args:?}: {out}{err}");
        assert!(err.contains(said) && out.is_empty(), "{args:?}: {err}");
    }
    let (code, out, err) = run(&["why", "api", "-qq"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(2), "", ""));
}

#[test]
fn flags_may_stand_on_either_side_and_repeat() {
    for args in [&["-vv", "version"][..], &["version", "-v=4"], &["-v", "version", "-v"], &["-n", "x", "version", "--ascii"]] {
        assert_eq!(run(args).0, Some(0), "{args:?}");
    }
}

#[test]
fn errors_take_their_own_colour_decision() {
    let (_, _, err) = run(&["why", "api"]);
    assert!(!err.contains('\u{1b}'), "{err}");
    let (_, _, err) = run(&["why", "api", "--color", "always"]);
    assert!(err.contains('\u{1b}'), "{err}");
    let (_, _, err) = run(&["frobnicate", "--color=always"]);
    assert!(err.contains('\u{1b}'), "{err}");
}
