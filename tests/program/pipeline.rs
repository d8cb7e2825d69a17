//! `pipeline`: as it reads, its JSON, its exit codes, and what it asks.

use std::path::Path;

use prom_doctor::render::{self, Detail, Style};
use prom_doctor_checks::pipeline::{SCHEMA, pipelines};
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::wants::Question;
use serde_json::{Value, json};

use super::running::{prometheus, with_pod};
use super::shop::{Shop, find, folder, no_panic, objects};
use crate::kit::page;
use crate::kit::run::{Ran, prom_doctor_with};

const REFUSED: &str = "tests/cases/047-one-monitor-blocks-reload";
const DENIED: &str = "tests/cases/038-no-role-in-app-namespace";

fn ran(arguments: &[&str]) -> Ran {
    let ran = prom_doctor_with(Path::new(env!("CARGO_MANIFEST_DIR")), &[&["pipeline"], arguments].concat(), &[], "");
    no_panic(&ran);
    ran
}

macro_rules! shows {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "seen"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn the_steps_read_well() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(REFUSED);
    let mut world = prom_doctor::snapshot::read(&path, &prom_doctor::snapshot::Options::default()).unwrap();
    let newest = world.monitors.iter().filter_map(|monitor| monitor.metadata.changed_at()).max();
    world.observed_at = newest.map(|at| at + 3600);
    let run = Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let answer = pipelines(&world, &Question::default(), run);
    let style = |ascii, colour| Style { colour, ascii, width: Some(80), program: "prom-doctor".to_owned() };
    let detail = |wide, only_findings| Detail { wide, only_findings, no_headers: false };
    let shown = render::pipelines(&answer, detail(false, false), &style(false, false));
    // Commands are to be copied, and stay in one piece.
    assert!(shown.lines().all(|line| line.chars().count() <= 80 || line.starts_with("      kubectl")), "{shown}");
    shows!("pipeline", shown);
    shows!("pipeline-wide", render::pipelines(&answer, detail(true, false), &style(false, false)));
    shows!("pipeline-ascii", render::pipelines(&answer, detail(false, false), &style(true, false)));
    shows!("pipeline-quiet", render::pipelines(&answer, detail(false, true), &style(false, false)));
    prom_doctor::render::colour::push(true);
    let coloured = render::pipelines(&answer, detail(false, false), &style(false, true));
    shows!("pipeline-coloured", coloured.replace('\u{1b}', "␛"));
}

#[test]
fn the_answer_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for case in [REFUSED, DENIED, "examples/clusters/shop"] {
        let ran = ran(&["--snapshot", case, "-o", "json"]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{case}: {errors:?}");
        assert_eq!(answer["servers"][0]["steps"].as_array().map(Vec::len), Some(9));
    }
    let printed = prom_doctor_with(Path::new("."), &["schema", "pipeline"], &[], "");
    assert_eq!(printed.stdout, SCHEMA);
}

#[test]
fn exit_codes_tell_stuck_from_not_known() {
    assert_eq!(ran(&["--snapshot", REFUSED]).code, Some(1));
    assert_eq!(ran(&["--snapshot", DENIED, "-qq"]).code, Some(1));
    assert_eq!(ran(&["--snapshot", DENIED, "-qq"]).stdout, "");
    assert_eq!(ran(&["--snapshot", REFUSED, "--exit-zero"]).code, Some(0));
    assert_eq!(ran(&["prometheus/nobody", "--snapshot", REFUSED]).code, Some(3));
    assert_eq!(ran(&["servicemonitor/cart", "--snapshot", REFUSED]).code, Some(2));
    assert_eq!(ran(&["prometheus/k8s", "--prometheus", "monitoring/k8s", "--snapshot", REFUSED]).code, Some(2));
    let unknown = ran(&["prometheus/k8s", "--snapshot", "tests/cases/016-selector-written-for-pods"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
}

#[test]
fn all_that_a_pod_tells_is_asked_of_it_and_of_its_reloader() {
    let mut all = objects();
    all.push(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "prometheus-k8s-0", "namespace": "monitoring", "labels": {"operator.prometheus.io/name": "k8s"}},
        "spec": {"containers": [{"name": "prometheus", "ports": [{"name": "web", "containerPort": 9090}]},
            {"name": "config-reloader", "ports": [{"name": "reloader-web", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": "10.244.1.9"}}));
    let shop = Shop::of(all);
    let asked = |arguments: &[&str]| {
        let before = shop.server.requests().len();
        let ran = shop.live(arguments);
        no_panic(&ran);
        let requests = shop.server.requests();
        let paths = requests[before..].iter().filter_map(|request| Some(request.path.split_once("/pods/")?.1.to_owned()));
        let mut paths: Vec<String> = paths.filter(|path| path.contains("/proxy")).collect();
        paths.sort();
        paths.dedup();
        paths
    };
    let paths = asked(&["pipeline", "prometheus/k8s"]);
    for path in ["prometheus-k8s-0:9090/proxy/api/v1/status/config", "prometheus-k8s-0:8080/proxy/metrics"] {
        assert!(paths.iter().any(|found| found == path), "{path}: {paths:?}");
    }
    assert_eq!(asked(&["pipeline", "prometheus/k8s", "--no-live"]), Vec::<String>::new());
    // An audit of an account that asks for nothing live does not pay for it.
    assert_eq!(asked(&["audit"]), Vec::<String>::new());
}

/// A reloader that tells what it counts, on a port of this machine, for as long as the tests run.
fn reloader(counts: &'static str) -> u16 {
    page::serve(move |_| ("200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8".to_owned(), counts))
}

#[test]
fn what_a_reloader_counts_comes_through_the_proxy() {
    let mut all = with_pod(json!({}));
    // Before the load that the stand-in tells of.
    find(&mut all, "Secret", "prometheus-k8s")["metadata"]["creationTimestamp"] = "2025-12-31T00:00:00Z".into();
    let containers = &mut find(&mut all, "Pod", "prometheus-k8s-0")["spec"]["containers"];
    let own = json!({"name": "config-reloader", "ports": [{"name": "reloader-web", "containerPort": 8080}]});
    containers.as_array_mut().unwrap().push(own);
    let shop = Shop::of(all);
    let targets = std::fs::read(folder().join("prometheus-targets.json")).unwrap();
    let targets: Value = serde_json::from_slice(&targets).unwrap();
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets, None));
    let counts = "# TYPE reloader_last_reload_success_timestamp_seconds gauge\n\
        reloader_last_reload_success_timestamp_seconds 1.767225601e+09\nreloader_last_reload_successful 1\n\
        reloader_reloads_total 3\n";
    shop.server.stand_in("monitoring", "prometheus-k8s-0:8080", reloader(counts));
    let ran = shop.live(&["pipeline", "prometheus/k8s", "-n=monitoring", "-o=json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let sixth = &answer["servers"][0]["steps"][5];
    assert_eq!((&sixth["state"], &sixth["at"]), (&json!("done"), &json!("2026-01-01T00:00:01Z")), "{answer:#}");
}
