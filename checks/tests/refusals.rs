//! Each monitor that a real operator refused gets a finding, and each proposed fix mends what it is for.

use std::collections::BTreeSet;

use prom_doctor_checks::report::{Finding, Report, Severity};
use prom_doctor_checks::yaml;
use serde_json::{Value, json};

use crate::kit::{closed_world, complete::complete, diagnose, patch};

/// What the operator answered, with the monitors that were asked about.
const ANSWERS: &str = include_str!("../src/operator/accept/answers.jsonl");

/// The objects around one answer.
fn objects(answer: &Value) -> Vec<Value> {
    let kind = &answer["kind"];
    let field = if kind == "PodMonitor" { "podMetricsEndpoints" } else { "endpoints" };
    let mut endpoint = json!({"port": "web"});
    json_patch::merge(&mut endpoint, answer.get("endpoint").unwrap_or(&json!({})));
    let mut spec = json!({"selector": {"matchLabels": {"app": "x"}}, field: [endpoint]});
    for (key, value) in answer["spec"].as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    let group = "monitoring.coreos.com/v1";
    let select = json!({"serviceAccountName": "prometheus-k8s", "serviceMonitorSelector": {}, "podMonitorSelector": {},
        "serviceMonitorNamespaceSelector": {}, "podMonitorNamespaceSelector": {}});
    let mut server = match answer["server"].as_str() {
        Some("old") => json!({"version": "v2.30.0"}),
        Some("v2") => json!({"version": "v2.55.0"}),
        Some("ancient") => json!({"version": "v2.15.0"}),
        Some("strict") => json!({"version": "v3.5.0", "scrapeInterval": "1m", "scrapeClasses": [{"name": "known"}],
            "arbitraryFSAccessThroughSMs": {"deny": true}}),
        _ => json!({"version": "v3.5.0"}),
    };
    json_patch::merge(&mut server, &select);
    let ports = json!([{"name": "web", "containerPort": 80}]);
    complete(vec![
        json!({"apiVersion": group, "kind": kind, "metadata": {"name": "cart", "namespace": "shop"}, "spec": spec}),
        json!({"apiVersion": group, "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": server}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "auth", "namespace": "shop"},
            "stringData": {"user": "u", "password": "p", "token": "t"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "shop"},
            "stringData": {"ca": "-----BEGIN CERTIFICATE-----", "cert": "-----BEGIN CERTIFICATE-----",
                "key": "-----BEGIN PRIVATE KEY-----", "other": "-----BEGIN PRIVATE KEY-----", "junk": "x",
                "broken": "-----BEGIN CERTIFICATE-----", "odd": "-----BEGIN FOO-----"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm", "namespace": "shop"},
            "data": {"ca": "-----BEGIN CERTIFICATE-----", "id": "x", "junk": "x"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "x", "a": "x"}},
            "spec": {"selector": {"app": "x"}, "ports": [{"name": "web", "port": 80}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "x", "a": "x"}},
            "spec": {"containers": [{"name": "cart", "image": "x", "ports": ports}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1"}}),
    ])
}

fn errors(report: &Report) -> BTreeSet<String> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} {} {}", finding.code, finding.fingerprint, finding.message)).collect()
}

/// Makes each fix of some findings alone: the finding must be gone, and no error may be new, but for what was `hidden`.
/// How many fixes were tried.
fn mend(
    name: &str,
    before: &[Value],
    report: &Report,
    ours: impl Fn(&Finding) -> bool,
    hidden: impl Fn(&Finding, &str) -> bool,
    wrong: &mut Vec<String>,
) -> usize {
    let (known, mut tried) = (errors(report), 0);
    for finding in report.findings.iter().filter(|finding| ours(finding)) {
        for fix in finding.fixes.iter().filter(|fix| !fix.patch.is_empty()) {
            tried += 1;
            let mut after = before.to_vec();
            patch::apply(&mut after, &fix.patch);
            let mended = diagnose(&closed_world(&after));
            if mended.findings.iter().any(|other| other.fingerprint == finding.fingerprint) {
                wrong.push(format!("{name}: {} is still there after {:?}", finding.code, fix.title));
            }
            for new in errors(&mended).difference(&known).filter(|new| !hidden(finding, new)) {
                wrong.push(format!("{name}: {:?} brings {new}", fix.title));
            }
        }
    }
    tried
}

#[test]
fn what_an_operator_refuses_is_told_and_can_be_mended() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for line in ANSWERS.lines() {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        let name = format!("{} {}", answer["kind"], answer["name"]);
        let before = objects(&answer);
        let report = diagnose(&closed_world(&before));
        if let Some(unknown) = report.findings.iter().find(|finding| finding.code == "PD0003") {
            wrong.push(format!("{name}: {}", unknown.message));
        }
        let ours = |code: &str| ("PD0400".."PD0700").contains(&code);
        // A relabeling that is accepted now does what it says: that it drops the target was hidden before.
        let hidden = |finding: &Finding, new: &str| finding.code == "PD0403" && new.starts_with("PD11");
        tried += mend(&name, &before, &report, |finding| ours(&finding.code), hidden, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
    assert!(tried > 300, "{tried}");
}

/// Probes and ScrapeConfigs that were put before real operators: name and objects of each case.
pub(crate) fn others() -> Vec<(String, Vec<Value>)> {
    let corpus = yaml::parse(include_str!("../src/operator/accept/others.yaml")).documents[0].to_json().unwrap();
    let shared = corpus["shared"].as_array().unwrap();
    let case = |case: &Value| {
        let group = "monitoring.coreos.com";
        let kind = case["kind"].as_str().unwrap();
        let version = if kind == "Probe" { "v1" } else { "v1alpha1" };
        let mut objects = vec![
            json!({"apiVersion": format!("{group}/{version}"), "kind": kind, "metadata": {"name": "cart", "namespace": "shop"},
                "spec": case["spec"]}),
            json!({"apiVersion": format!("{group}/v1"), "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring"},
                "spec": {"version": case["version"], "serviceAccountName": "prometheus-k8s", "scrapeInterval": "30s",
                    "scrapeClasses": [{"name": "known"}], "probeSelector": {}, "probeNamespaceSelector": {},
                    "scrapeConfigSelector": {}, "scrapeConfigNamespaceSelector": {}}}),
        ];
        objects.extend(shared.iter().cloned());
        for store in &mut objects {
            let kind = if store["kind"] == "Secret" { "stringData" } else { "data" };
            let data = store.get_mut(kind).and_then(Value::as_object_mut);
            for value in data.into_iter().flat_map(|data| data.values_mut()) {
                let pem = match value.as_str() {
                    Some("(certificate)") => "-----BEGIN CERTIFICATE-----",
                    Some("(key)") => "-----BEGIN PRIVATE KEY-----",
                    _ => continue,
                };
                *value = json!(pem);
            }
        }
        (case["name"].as_str().unwrap().to_owned(), objects)
    };
    corpus["cases"].as_array().unwrap().iter().map(case).collect()
}

#[test]
fn what_is_refused_of_probes_and_scrape_configs_can_be_mended() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (name, objects) in others() {
        let before = complete(objects);
        let report = diagnose(&closed_world(&before));
        tried += mend(&name, &before, &report, |finding| finding.subject.name == "cart", |_, _| false, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
    assert!(tried > 100, "{tried}");
}
