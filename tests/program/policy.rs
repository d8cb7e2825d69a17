//! What a project wants to hear: configuration, suppressions and baselines, as the program takes them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::shop::{find, list, no_panic, objects, report, verdict, verdicts};
use crate::kit::run::{Ran, prom_doctor, prom_doctor_with};

/// A repository with the example in `shop.yaml`, and this configuration.
fn with(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("shop.yaml"), list(&objects())).unwrap();
    if !config.is_empty() {
        fs::write(folder.path().join(".prom-doctor.yaml"), config).unwrap();
    }
    folder
}

fn audit(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = prom_doctor(folder, &[&["audit", "-A", "--snapshot", "shop.yaml"], arguments].concat());
    no_panic(&ran);
    ran
}

fn findings<'r>(report: &'r Value, code: &str) -> Vec<&'r Value> {
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == code).collect()
}

/// How many findings show, and how many are set aside.
fn counts(report: &Value) -> (usize, usize) {
    let all = report["findings"].as_array().unwrap();
    let aside = all.iter().filter(|finding| finding["suppressed"] == true).count();
    (all.len() - aside, aside)
}

fn last_line(ran: &Ran) -> &str {
    ran.stdout.lines().last().unwrap_or_default()
}

#[test]
fn a_configuration_sets_findings_aside_and_mends_nothing() {
    let plain = with("");
    let before = report(&audit(plain.path(), &["-o", "json"]));
    let config = "ignore: PD1001\nsuppressions:\n  - {check: selector-label-mismatch, kind: smon, name: car*, reason: later}\n";
    let folder = with(config);
    let ran = audit(folder.path(), &["-o", "json"]);
    let after = report(&ran);
    assert_eq!(verdicts(&before), verdicts(&after));
    assert_eq!(verdict(&after, "cart"), "failed");
    let cart = findings(&after, "PD0301");
    assert_eq!(cart[0]["suppressed"], true);
    let why = &cart[0]["suppression"];
    assert_eq!((why["by"].as_str(), why["reason"].as_str()), (Some("configuration"), Some("later")), "{why}");
    assert_eq!((why["at"]["file"].as_str(), why["at"]["line"].as_u64()), (Some(".prom-doctor.yaml"), Some(3)));
    assert!(findings(&after, "PD1001").iter().all(|finding| finding["suppression"]["by"] == "selection"));
    assert_eq!(after["summary"]["suppressed"], cart.len());
    assert!(findings(&after, "PD0004").is_empty());

    let human = audit(folder.path(), &[]);
    assert!(!human.stdout.contains("error[PD0301]") && !human.stdout.contains("error[PD1001]"), "{}", human.stdout);
    assert!(human.stdout.contains("PD0301 selector-label-mismatch (suppressed)"), "{}", human.stdout);
    assert!(last_line(&human).contains(", 1 suppressed, 1 of checks that are not selected"), "{}", last_line(&human));
    // Nobody is told that all is well.
    let everything = with("suppressions: [{check: PD, reason: all of it}]");
    let quiet = audit(everything.path(), &[]);
    assert_eq!(quiet.code, Some(0), "{quiet:?}");
    assert!(
        last_line(&quiet).starts_with("0 errors, 0 warnings") && !quiet.stdout.contains("nothing is wrong"),
        "{}",
        quiet.stdout
    );

    let seen = report(&audit(folder.path(), &["-o", "json", "--no-ignores"]));
    assert_eq!(findings(&seen, "PD0301")[0]["suppressed"], false);
    let without = report(&audit(folder.path(), &["-o", "json", "--no-config"]));
    assert_eq!(counts(&without), counts(&before));
}

#[test]
fn why_says_that_its_cause_is_let_be() {
    let folder = with("suppressions: [{check: PD0301, reason: later}]");
    let ran = prom_doctor(folder.path(), &["why", "smon/cart", "-n", "shop", "--snapshot", "shop.yaml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("cause: PD0301 selector-label-mismatch (suppressed)"), "{}", ran.stdout);
    assert_eq!(last_line(&ran), "0 errors, 0 warnings, 1 suppressed");
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let folder = with("select: PD1001\nfail-on: never\n");
    let codes = |ran: &Ran| {
        let report = report(ran);
        let shown = report["findings"].as_array().unwrap().iter().filter(|finding| finding["suppressed"] == false);
        shown.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let run = |arguments: &[&str], variable: &str| {
        let arguments = [&["audit", "-A", "--snapshot", "shop.yaml", "-o", "json"], arguments].concat();
        prom_doctor_with(folder.path(), &arguments, &[("PROM_DOCTOR_CONFIG", variable)], "")
    };
    fs::write(folder.path().join("other.yaml"), "select: [PD0301]\n").unwrap();
    fs::write(folder.path().join("third.yaml"), "select: [PD04]\n").unwrap();
    let file = run(&[], "");
    assert_eq!((codes(&file), file.code), (vec!["PD1001".to_owned()], Some(0)), "an error, and fail-on says never");
    assert_eq!(run(&["--fail-on", "error"], "").code, Some(1));
    let variable = run(&[], "other.yaml");
    assert_eq!((codes(&variable), variable.code), (vec!["PD0301".to_owned()], Some(1)));
    assert!(codes(&run(&["--config", "third.yaml"], "other.yaml")).iter().all(|code| code.starts_with("PD04")));
    assert_eq!(codes(&run(&["--select", "PD1001,PD0301", "--ignore", "PD0301"], "other.yaml")), ["PD1001"]);
    assert_eq!(run(&["--no-config"], "other.yaml").code, Some(1));
    assert!(codes(&run(&["--no-config"], "other.yaml")).len() > 2);
}

#[test]
fn severities_decide_the_exit_code() {
    let folder = with("select: [PD0301]\nseverity: {PD0301: warning}\n");
    let ran = audit(folder.path(), &["-o", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = report(&ran);
    assert_eq!(findings(&found, "PD0301")[0]["severity"], "warning");
    assert_eq!(
        (found["summary"]["findings"]["error"].as_u64(), found["summary"]["findings"]["warning"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!(verdict(&found, "cart"), "failed");
    assert_eq!(audit(folder.path(), &["--fail-on", "warning"]).code, Some(1));
}

#[test]
fn the_configuration_is_that_of_the_repository() {
    let folder = with("ignore: PD0301\n");
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let ask = |at: &Path| {
        let dump = folder.path().join("shop.yaml");
        let ran = prom_doctor(at, &["audit", "-A", "-o", "json", "--snapshot", dump.to_str().unwrap()]);
        findings(&report(&ran), "PD0301")[0]["suppressed"] == true
    };
    assert!(ask(&below), "found above");
    fs::create_dir(folder.path().join("a/.git")).unwrap();
    assert!(!ask(&below), "another repository");
    fs::write(folder.path().join("a/.prom-doctor.yaml"), "ignore: [PD0301]").unwrap();
    assert!(ask(&below), "at the root of the repository");
}

#[test]
fn what_is_wrong_with_a_configuration_ends_the_run() {
    let folder = with("selct: [PD]\nsuppressions:\n  - check: PD0301\n    until: tomorrow\n");
    let fails = |arguments: &[&str], told: &[&str]| {
        let ran = audit(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        for part in told {
            assert!(ran.stderr.contains(part), "{part:?} is not in {}", ran.stderr);
        }
    };
    fails(
        &[],
        &[
            ".prom-doctor.yaml:1:1: unknown key `selct` in the configuration (did you mean `select`?)",
            ".prom-doctor.yaml:3:5: this suppression has no `reason`",
            ".prom-doctor.yaml:4:12: this is no day (write it as 2027-01-31)",
        ],
    );
    fails(&["--config", "nowhere.yaml"], &["the configuration nowhere.yaml cannot be read"]);
    fails(&["--no-config", "--select", "PD0401,PD9999"], &["--select: there is no check \"PD9999\""]);
    fails(&["--no-config", "--ignore", "selector-label-mismach"], &["did you mean selector-label-mismatch?"]);
    fails(&["--no-config", "--baseline", "nowhere.json"], &["the baseline nowhere.json cannot be read", "--write-baseline"]);
    fails(&["--no-config", "--baseline", "shop.yaml"], &["shop.yaml is no baseline"]);
    fails(&["--no-config", "--write-baseline", "shop.yaml"], &["shop.yaml is there and is no baseline: it is not overwritten"]);
    fails(&["--no-config", "--config", "x"], &["cannot be used with"]);
    assert_eq!(audit(folder.path(), &["--no-config"]).code, Some(1));
}

#[test]
fn the_operator_version_of_the_configuration_holds_on_top_of_a_cluster_too() {
    // Definitions of old operators drop attachMetadata.
    const MONITOR: &str = "\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, attachMetadata: {node: true}, endpoints: [{port: web}]}
";
    let ran = |config: &str, arguments: &[&str]| {
        let folder = with(config);
        fs::write(folder.path().join("monitor.yaml"), MONITOR).unwrap();
        let ran =
            prom_doctor(folder.path(), &[arguments, &["-f", "monitor.yaml", "--against", "shop.yaml", "-o", "json"]].concat());
        no_panic(&ran);
        ran.stdout
    };
    for command in ["lint", "plan"] {
        let dropped = |text: String| text.contains("\"PD1408\"");
        assert!(dropped(ran("operator-version: 0.50", &[command])), "{command}");
        assert!(!dropped(ran("operator-version: 0.90", &[command])), "{command}");
        assert!(!dropped(ran("operator-version: 0.50", &[command, "--operator-version", "0.90"])), "{command}");
    }
}

#[test]
fn annotations_are_heard_and_told_when_over() {
    let mut all = objects();
    find(&mut all, "ServiceMonitor", "cart")["metadata"]["annotations"] = serde_json::json!({
        "prom-doctor.io/ignore": "PD0301, PD1002",
        "prom-doctor.io/ignore-reason": "later",
    });
    find(&mut all, "ServiceMonitor", "catalog")["metadata"]["annotations"] = serde_json::json!({
        "prom-doctor.io/ignore": "port-name-missing",
        "prom-doctor.io/ignore-until": "2000-01-01",
    });
    find(&mut all, "ServiceMonitor", "web")["metadata"]["annotations"] = serde_json::json!({"prom-doctor.io/ignore": "PD0O01"});
    let folder = with("");
    fs::write(folder.path().join("shop.yaml"), list(&all)).unwrap();
    let found = report(&audit(folder.path(), &["-o", "json"]));
    assert_eq!(findings(&found, "PD0301")[0]["suppression"]["by"], "annotation");
    assert_eq!(findings(&found, "PD1001")[0]["suppressed"], false);
    let unused = findings(&found, "PD0004");
    let messages: Vec<&str> = unused.iter().map(|finding| finding["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].starts_with("the annotation prom-doctor.io/ignore suppresses nothing: there is no check \"PD0O01\""));
    assert!(messages[1].starts_with("PD1002 in the annotation prom-doctor.io/ignore suppresses nothing"), "{messages:?}");
    assert_eq!(unused[1]["evidence"][0]["path"], "metadata.annotations[\"prom-doctor.io/ignore\"]");
    let expired = findings(&found, "PD0005");
    assert_eq!(expired.len(), 1);
    let message = expired[0]["message"].as_str().unwrap();
    assert!(message.ends_with("expired on 2000-01-01, and 1 finding shows again"), "{message}");
}

#[test]
fn a_baseline_is_written_compared_and_outlived() {
    let folder = with("");
    let total = counts(&report(&audit(folder.path(), &["-o", "json"]))).0;
    let written = audit(folder.path(), &["--write-baseline", "known.json"]);
    assert_eq!(written.code, Some(0), "what was written is known: {written:?}");
    assert_eq!(written.stderr, format!("{total} findings written into known.json\n"));
    let text = fs::read_to_string(folder.path().join("known.json")).unwrap();
    let known: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((known["kind"].as_str(), known["findings"].as_array().unwrap().len()), (Some("Baseline"), total));

    let same = audit(folder.path(), &["--baseline", "known.json", "--fail-on", "info"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(last_line(&same).contains(&format!("{total} in the baseline")), "{}", last_line(&same));
    // It is put in the place of the old one whole: who has that open goes on reading it.
    let (path, link) = (folder.path().join("known.json"), folder.path().join("old.json"));
    fs::hard_link(&path, &link).unwrap();
    assert_eq!(audit(folder.path(), &["--write-baseline", "known.json", "--ignore", "PD"]).code, Some(0));
    assert_eq!(fs::read_to_string(&link).unwrap(), text);
    fs::rename(&link, &path).unwrap();
    // Written anew over itself it stays the same.
    assert_eq!(audit(folder.path(), &["--baseline", "known.json", "--write-baseline", "known.json"]).code, Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("known.json")).unwrap(), text);

    // One thing is mended, another breaks.
    let mut all = objects();
    let server = find(&mut all, "Prometheus", "k8s")["spec"]["serviceMonitorSelector"].clone();
    find(&mut all, "ServiceMonitor", "cart")["metadata"]["labels"] = server["matchLabels"].clone();
    find(&mut all, "ServiceMonitor", "web")["spec"]["endpoints"][0]["port"] = "nowhere".into();
    fs::write(folder.path().join("shop.yaml"), list(&all)).unwrap();
    let later = audit(folder.path(), &["--baseline", "known.json", "-o", "json"]);
    assert_eq!(later.code, Some(1), "{later:?}");
    let found = report(&later);
    let gone: Vec<&str> = found["baseline"]["gone"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(gone.contains(&"PD0301"), "{gone:?}");
    let shown = found["findings"].as_array().unwrap().iter().filter(|finding| finding["suppressed"] == false);
    assert!(shown.clone().count() > 0 && shown.clone().all(|finding| finding["subject"]["name"] != "catalog"));
    let human = audit(folder.path(), &["--baseline", "known.json"]);
    assert!(human.stdout.contains("mended since the baseline known.json: "), "{}", human.stdout);
    // What was not asked about is not said to be mended.
    let narrow = report(&audit(folder.path(), &["--baseline", "known.json", "-o", "json", "-l", "app=nothing"]));
    assert_eq!(narrow["baseline"]["gone"].as_array().unwrap().len(), 0, "{}", narrow["baseline"]);
}

/// The schema is for editors, the reader for the program: they take and refuse the same, as far as a schema can know.
#[test]
fn the_schema_of_the_configuration_is_what_is_read() {
    let folder = with("");
    let printed = prom_doctor(folder.path(), &["schema", "config"]);
    let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let configs = [
        "select: PD",
        "select: [PD13, port-is-number]",
        "select: 3",
        "select: [[PD]]",
        "ignore: null",
        "severity: {PD1301: error}",
        "severity: {PD1301: fatal}",
        "severity: []",
        "fail-on: never",
        "fail-on: always",
        "failOn: never",
        "operator-version: 0.93",
        "operator-version: v0.93.1",
        "operator-version: [0.93]",
        "suppressions: []",
        "suppressions: {}",
        "suppressions: [{check: PD1301, reason: x}]",
        "suppressions: [{check: [PD1301, PD10], reason: x, kind: smon, namespace: a, name: b*, path: spec, file: '*.yaml', until: '2027-01-31'}]",
        "suppressions: [{check: PD1301}]",
        "suppressions: [{reason: x}]",
        "suppressions: [{check: PD1301, reason: x, object: y}]",
        "suppressions: [{check: PD1301, reason: [x]}]",
        "- PD1301",
    ];
    let mut taken = 0;
    for config in configs {
        fs::write(folder.path().join("c.yaml"), config).unwrap();
        let ran = audit(folder.path(), &["--config", "c.yaml", "--exit-zero", "-qq"]);
        let document = prom_doctor_checks::yaml::parse(config).documents.remove(0).to_json().unwrap();
        assert_eq!(validator.is_valid(&document), ran.code != Some(2), "{config}: {ran:?}");
        taken += usize::from(ran.code != Some(2));
    }
    assert_eq!(taken, 10);
}
