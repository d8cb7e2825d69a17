//! `plan` and `lint --against`, on the example cluster: live, as a snapshot, and for people.

use std::fs;
use std::path::Path;

use prom_doctor::render::{self, Detail, Style};
use prom_doctor_checks::files::{Bundle, Reading};
use prom_doctor_checks::plan::{Asking, SCHEMA, plan as simulate};
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::wants::Question;
use serde_json::{Value, json};

use super::shop::{Shop, find, no_panic, objects, report};
use crate::kit::run::{Ran, prom_doctor_with};

const RELEASE: &str = "examples/changes/release.yaml";
const SHOP: &str = "examples/clusters/shop";

/// Runs it where the examples are.
fn ran(arguments: &[&str], input: &str) -> Ran {
    let ran = prom_doctor_with(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, &[], input);
    no_panic(&ran);
    ran
}

fn plan(arguments: &[&str]) -> Ran {
    ran(&[&["plan"], arguments].concat(), "")
}

macro_rules! shows {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "seen"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn the_release_reads_well() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let world = prom_doctor::snapshot::read(&root.join(SHOP), &prom_doctor::snapshot::Options::default()).unwrap();
    let text = fs::read_to_string(root.join(RELEASE)).unwrap();
    let bundle = Bundle::read(vec![(RELEASE.to_owned(), text)], &Reading::default());
    let run = Run { mode: Mode::Overlay, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let against = format!("the snapshot {SHOP}");
    let asking = Asking { against: &against, question: &Question::default(), policy: None };
    let release = simulate(&world, &bundle, &asking, run);
    let style = |ascii, colour| Style { colour, ascii, width: Some(80), program: "prom-doctor".to_owned() };
    let detail = |wide| Detail { wide, only_findings: false, no_headers: false };
    let shown = render::plan(&release, detail(false), &style(false, false));
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    shows!("plan", shown);
    shows!("plan-ascii", render::plan(&release, detail(false), &style(true, false)));
    shows!("plan-wide", render::plan(&release, detail(true), &style(false, false)));
    render::colour::push(true);
    shows!("plan-coloured", render::plan(&release, detail(false), &style(false, true)).replace('\u{1b}', "␛"));
    // The program says the same, without a terminal in one line each.
    let ran = plan(&["-f", RELEASE, "--against", SHOP]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    let unwrapped = Style { width: None, ..style(false, false) };
    assert_eq!(ran.stdout, render::plan(&release, detail(false), &unwrapped));
}

#[test]
fn a_cluster_and_its_dump_have_the_same_plan() {
    let mut all = objects();
    all.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "status": {}}));
    for (kind, version) in [
        ("StatefulSet", "apps/v1"),
        ("DaemonSet", "apps/v1"),
        ("ReplicaSet", "apps/v1"),
        ("Job", "batch/v1"),
        ("CronJob", "batch/v1"),
        ("Ingress", "networking.k8s.io/v1"),
    ] {
        all.push(json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": "geo", "name": "other"}, "spec": {}}));
    }
    let shop = Shop::of(all);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASE);
    let file = file.to_str().unwrap();
    let live = shop.live(&["plan", "-f", file, "-o", "json"]);
    let dump = shop.dump(&["plan", "-f", file, "-o", "json"]);
    assert_eq!((live.code, dump.code), (Some(1), Some(1)), "{live:?} {dump:?}");
    let (mut live, mut dump) = (report(&live), report(&dump));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&live).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for plan in [&mut live, &mut dump] {
        assert!(plan.as_object_mut().unwrap().remove("run").is_some());
        assert!(plan.as_object_mut().unwrap().remove("against").is_some());
    }
    assert_eq!(live, dump);
    let summary = &live["summary"];
    assert_eq!((&summary["added"], &summary["removed"]), (&json!(5), &json!(3)), "{summary}");
    assert_eq!((&summary["relabeled"], &summary["doubled"]), (&json!(2), &json!(2)), "{summary}");
    assert_eq!((&summary["newErrors"], &summary["notKnown"]), (&json!(1), &json!(0)), "{summary}");
    let job = &live["servers"][0]["jobs"];
    let lost = job.as_array().unwrap().iter().find(|job| job["job"] == "serviceMonitor/shop/frontend/0").unwrap();
    assert_eq!(lost["because"][0]["name"], "frontend");
    let finding = live["findings"]["new"].as_array().unwrap().iter().find(|finding| finding["id"] == lost["finding"]).unwrap();
    assert_eq!(finding["severity"], "error");
    let changed = live["verdicts"].as_array().unwrap().iter().find(|change| change["ref"]["name"] == "cart").unwrap();
    assert_eq!((&changed["before"], &changed["after"]), (&json!("failed"), &json!("ok")));
}

#[test]
fn exit_codes_tell_whether_something_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let fine = folder.path().join("fine.yaml");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASE)).unwrap();
    fs::write(&fine, text.split("---").nth(1).unwrap()).unwrap();
    let fine = fine.to_str().unwrap();
    let code = |arguments: &[&str]| plan(arguments).code;
    assert_eq!(code(&["-f", fine, "--against", SHOP]), Some(0));
    assert_eq!(code(&["-f", fine, "--snapshot", SHOP]), Some(0));
    assert_eq!(code(&["-f", RELEASE, "--against", SHOP, "-qq"]), Some(1));
    assert_eq!(code(&["-f", RELEASE, "--against", SHOP, "--exit-zero"]), Some(0));
    assert_eq!(code(&["-f", RELEASE, "--against", SHOP, "-o", "yaml"]), Some(1));
    // Without the Secret, the operator and what they show nobody knows which jobs there are.
    let mut all = objects();
    let of_operator = |object: &Value| object["metadata"]["name"].as_str().unwrap().starts_with("prometheus-operator");
    all.retain(|object| !["Secret", "StatefulSet"].contains(&object["kind"].as_str().unwrap()) && !of_operator(object));
    find(&mut all, "Prometheus", "k8s").as_object_mut().unwrap().remove("status");
    let shop = Shop::of(all);
    let partial = &["--assume-partial", "secrets,deployments"];
    assert_eq!(shop.dump(&[&["plan", "-f", fine], &partial[..]].concat()).code, Some(0));
    assert_eq!(shop.dump(&[&["plan", "-f", fine, "--strict"], &partial[..]].concat()).code, Some(3));
    let human = shop.dump(&[&["plan", "-f", fine], &partial[..]].concat()).stdout;
    assert!(human.contains("not known"), "{human}");
}

#[test]
fn wrong_usage_is_told() {
    for (arguments, code, said) in [
        (&["plan"][..], 2, "--filename"),
        (&["plan", "-f", RELEASE, "--against", "nowhere"], 3, "nowhere"),
        (&["plan", "-f", RELEASE, "--against", SHOP, "--snapshot", SHOP], 2, "--against"),
        (&["plan", "-f", RELEASE, "--against", SHOP, "-l", "a=b"], 2, "everything"),
        (&["plan", "-f", RELEASE, "--against", SHOP, "-o", "sarif"], 2, "sarif"),
        (&["plan", "-f", RELEASE, "--against", SHOP, "--context", "prod"], 2, "--context"),
        (&["plan", "-f", RELEASE, "--against", "cluster", "--assume-whole", "pods"], 2, "--assume-whole"),
        (&["plan", "-f", RELEASE, "--against", SHOP, "--prometheus", "monitoring/none"], 3, "monitoring/none"),
        (&["plan", "-f", "nothing.yaml", "--against", SHOP], 3, "nothing.yaml"),
    ] {
        let ran = ran(arguments, "");
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

/// Nothing is written to the cluster; and what only the files refer to is read.
#[test]
fn a_plan_only_reads() {
    let shop = Shop::new();
    let file = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: new, labels: {release: kps}}\n\
        spec:\n  selector: {matchLabels: {app: frontend}}\n  endpoints:\n  - port: metrics\n\
        \x20   basicAuth: {username: {name: shop-auth, key: user}, password: {name: shop-auth, key: nothing}}\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("new.yaml"), file).unwrap();
    let path = folder.path().join("new.yaml");
    let live = shop.live(&["plan", "-f", path.to_str().unwrap(), "-n", "shop", "-o", "json"]);
    let plan = report(&live);
    assert_eq!(plan["changes"][0]["ref"]["namespace"], "shop", "{live:?}");
    // The Secret that only the file names was asked for, and is not there.
    let codes: Vec<&str> =
        plan["findings"]["new"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"PD0401"), "{codes:?}");
    assert_eq!(plan["summary"]["added"], 0);
}

#[test]
fn files_are_linted_on_top_of_what_is_there() {
    // By itself nothing is wrong with the Service: whom it breaks only the cluster knows.
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASE)).unwrap();
    let service = text.split("---").nth(2).unwrap();
    let alone = ran(&["lint", "-f", "-", "-o", "json"], service);
    assert_eq!(report(&alone)["findings"], json!([]), "{alone:?}");
    let against = ran(&["lint", "-f", "-", "--against", SHOP, "-o", "json"], service);
    assert_eq!(against.code, Some(1), "{against:?}");
    let found = report(&against);
    assert_eq!(found["run"]["mode"], "overlay");
    assert_eq!(found["subjects"].as_array().unwrap().len(), 1, "old troubles are none of the files'");
    assert_eq!(found["subjects"][0]["ref"]["name"], "frontend");
    assert!(found["findings"][0]["location"]["file"].as_str().is_some(), "{found}");
    let human = ran(&["lint", "-f", "-", "--against", SHOP], service).stdout;
    assert!(human.contains(&format!("the snapshot {SHOP}")), "{human}");
    // Live it is the same.
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("service.yaml"), service).unwrap();
    let live =
        shop.live(&["lint", "-f", folder.path().join("service.yaml").to_str().unwrap(), "--against", "cluster", "-o", "json"]);
    let live = report(&live);
    let codes =
        |report: &Value| report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].clone()).collect::<Vec<_>>();
    assert_eq!(codes(&live), codes(&found));
}

/// A monitor that is as the cluster has it changes nothing, however the API server filled it in.
#[test]
fn what_is_there_already_is_no_change() {
    let mut all = objects();
    let monitor = find(&mut all, "ServiceMonitor", "frontend").clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same.json");
    fs::write(&path, monitor.to_string()).unwrap();
    let same = plan(&["-f", path.to_str().unwrap(), "--against", SHOP, "-o", "json"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    let same = report(&same);
    assert_eq!(same["changes"][0]["change"], "unchanged");
    assert_eq!((&same["summary"]["added"], &same["summary"]["removed"]), (&json!(0), &json!(0)));
}

#[test]
fn what_was_there_before_is_counted_and_shown_on_request() {
    // The Service of a monitor that is broken for another reason, as it is.
    let search = objects().into_iter().find(|object| object["kind"] == "Service" && object["metadata"]["name"] == "search");
    let search = search.unwrap().to_string();
    let lint = |more: &[&str]| ran(&[&["lint", "-f", "-", "--against", SHOP], more].concat(), &search);
    let human = lint(&[]);
    assert_eq!(human.code, Some(0), "{human:?}");
    let line = human.stdout.lines().find(|line| line.contains("there before")).unwrap();
    assert!(line.ends_with("there before: not shown (see --show-standing)"), "{line}");
    let json = report(&lint(&["-o", "json"]));
    let standing = &json["summary"]["standing"];
    assert_eq!(json["findings"], json!([]));
    assert!(line.starts_with(&format!("{} errors", standing["error"])), "{line}");
    let shown = lint(&["--show-standing", "-o", "json"]);
    assert_eq!(shown.code, Some(1), "what is told counts");
    let json = report(&shown);
    assert_eq!(json["summary"]["findings"], *standing);
    assert_eq!(json["summary"]["standing"], json!({"error": 0, "warning": 0, "info": 0}));
    // What the project lets be is not counted there either.
    let ignored = report(&lint(&["--ignore", "PD", "-o", "json"]));
    assert_eq!(ignored["summary"]["standing"], json!({"error": 0, "warning": 0, "info": 0}));
    assert!(lint(&["-o", "markdown"]).stdout.contains("there before"));
    let alone = ran(&["lint", "-f", RELEASE, "--show-standing"], "");
    assert_eq!(alone.code, Some(2), "{alone:?}");
    assert!(alone.stderr.contains("--against"), "{}", alone.stderr);
}
