//! What the operator itself says: events on what it refuses, and what it counts.

use serde_json::{Value, json};

use super::running::{prometheus, targets, with_pod};
use super::shop::{Shop, codes_of, find, no_panic, objects, report};
use crate::kit::apiserver::ApiServer;
use crate::kit::page;

/// An event of today's operator about a ServiceMonitor of the example.
fn refused(server: &ApiServer, monitor: &str, why: &str, at: &str) {
    server.event(json!({"metadata": {"name": format!("{monitor}.1"), "namespace": "shop"}, "reason": "InvalidConfiguration", "type": "Warning",
        "involvedObject": {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "namespace": "shop", "name": monitor},
        "related": {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "namespace": "monitoring", "name": "k8s"},
        "reportingComponent": "prometheus-controller", "source": {}, "eventTime": at, "lastTimestamp": null,
        "message": format!("\"shop/{monitor}\" was rejected due to invalid configuration: {why}")}));
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn why(shop: &Shop, monitor: &str) -> Value {
    report(&shop.live(&["why", &format!("servicemonitor/{monitor}"), "--no-live", "-o", "json"]))
}

/// The example without the job of a monitor in the configuration.
fn without_job(monitor: &str) -> Vec<Value> {
    use base64::Engine as _;
    let mut all = objects();
    let secret = find(&mut all, "Secret", "prometheus-k8s");
    let (key, packed) =
        secret["data"].as_object().unwrap().iter().next().map(|(key, value)| (key.clone(), value.clone())).unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed.as_str().unwrap()).unwrap();
    let text = if key.ends_with(".gz") {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
        text
    } else {
        String::from_utf8(bytes).unwrap()
    };
    let start = text.find(&format!("- job_name: serviceMonitor/shop/{monitor}/0")).unwrap();
    let end = text[start + 1..].find("\n- job_name:").map_or(text.len(), |end| start + 2 + end);
    let left = format!("{}{}", &text[..start], &text[end..]);
    secret["data"] = json!({"prometheus.yaml": super::shop::encode(&left)});
    all
}

#[test]
fn an_event_bears_out_what_was_found() {
    let shop = Shop::new();
    // The Secret that `auth` names lacks the key.
    let before = codes_of(&why(&shop, "auth"), "auth");
    assert_eq!(before, ["PD0401"]);
    let why_not =
        "endpoints[0]: basicAuth: unable to get https://me:s3cr3t@vault/x: key \"password\" in secret \"auth-metrics\" not found";
    refused(&shop.server, "auth", why_not, &now());
    let after = why(&shop, "auth");
    assert_eq!(codes_of(&after, "auth"), before);
    let text = after.to_string();
    assert!(
        text.contains("the operator says so too, in an event ") && text.contains(" ago: endpoints[0]: basicAuth"),
        "{after:#}"
    );
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[test]
fn an_event_tells_what_objects_do_not_show() {
    let shop = Shop::of(without_job("frontend"));
    refused(&shop.server, "frontend", "a reason that only the operator knows", &now());
    let report = why(&shop, "frontend");
    let codes = codes_of(&report, "frontend");
    assert!(codes.contains(&"PD0412".to_owned()), "{report:#}");
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "PD0412").unwrap();
    assert_eq!(finding["confidence"], "likely");
    assert!(finding["message"].as_str().unwrap().ends_with("a reason that only the operator knows"), "{finding:#}");
    // While its job is there, the operator has long taken it.
    let shop = Shop::new();
    refused(&shop.server, "frontend", "a reason that is gone", &now());
    assert_eq!(codes_of(&why(&shop, "frontend"), "frontend"), Vec::<String>::new());
    // And one about an older state says nothing.
    let mut all = without_job("frontend");
    find(&mut all, "ServiceMonitor", "frontend")["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
    let shop = Shop::of(all);
    refused(&shop.server, "frontend", "a reason of old", "2025-12-31T00:00:00.000000Z");
    let codes = codes_of(&why(&shop, "frontend"), "frontend");
    assert!(!codes.contains(&"PD0412".to_owned()), "{codes:?}");
}

#[test]
fn probes_are_heard_of_as_well() {
    let probe = |status: Value| {
        let mut all = objects();
        all.push(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Probe", "status": status,
            "metadata": {"name": "site", "namespace": "shop", "labels": {"release": "kps"}},
            "spec": {"prober": {"url": "prober.example.com"}, "targets": {"staticConfig": {"static": ["https://a.example.com"]}}}}));
        let server = find(&mut all, "Prometheus", "k8s");
        server["spec"]["probeSelector"] = json!({});
        server["spec"]["probeNamespaceSelector"] = json!({});
        Shop::of(all)
    };
    let codes = |status: &str, message: &str| {
        let conditions = json!([{"type": "Accepted", "status": status, "message": message}]);
        let binding = json!({"resource": "prometheuses", "namespace": "monitoring", "name": "k8s", "conditions": conditions});
        codes_of(&report(&probe(json!({"bindings": [binding]})).live(&["audit", "-A", "-o", "json"])), "site")
    };
    assert_eq!(codes("False", "a reason that only the operator knows"), ["PD0412"]);
    assert_eq!(codes("True", ""), Vec::<String>::new());
}

#[test]
fn who_may_not_read_events_goes_without() {
    let shop = Shop::new();
    refused(&shop.server, "auth", "key \"password\" not found", &now());
    shop.server.fault("/api/v1/namespaces/shop/events", crate::kit::apiserver::Fault::Broken(None));
    let ran = shop.live(&["why", "servicemonitor/auth", "--no-live", "-o", "json"]);
    no_panic(&ran);
    let report = report(&ran);
    assert_eq!(codes_of(&report, "auth"), ["PD0401"]);
    assert!(
        !report.to_string().contains("the operator says") && !report["notChecked"].to_string().contains("events"),
        "{report:#}"
    );
    // Who has nothing to explain does not ask.
    let before = shop.server.requests().len();
    why(&shop, "frontend");
    assert!(!shop.server.requests()[before..].iter().any(|request| request.path.ends_with("/events")));
}

#[test]
fn events_in_a_dump_count_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let event = json!({"kind": "EventList", "apiVersion": "v1", "items": [{"metadata": {"name": "x", "namespace": "shop"},
        "reason": "InvalidConfiguration", "source": {"component": "prometheus-controller"}, "lastTimestamp": now(),
        "involvedObject": {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "namespace": "shop", "name": "auth"},
        "message": "ServiceMonitor auth was rejected due to invalid configuration: key \"password\" in secret \"x\" not found"}]});
    std::fs::write(folder.path().join("events.json"), event.to_string()).unwrap();
    std::fs::write(folder.path().join("dump.yaml"), super::shop::list(&objects())).unwrap();
    let ran = crate::kit::run::prom_doctor(folder.path(), &["audit", "-A", "-o", "json", "--snapshot", "."]);
    assert!(report(&ran).to_string().contains("the operator says so too"), "{}", ran.stdout);
}

/// Tells metrics, as an operator does.
fn metrics(text: &'static str) -> u16 {
    page::serve(move |_| ("200 OK".to_owned(), text))
}

const COUNTS: &str = "prometheus_operator_ready{controller=\"prometheus\"} 1\n\
    prometheus_operator_syncs{controller=\"prometheus\",status=\"failed\"} 1\n\
    prometheus_operator_syncs{controller=\"prometheus\",status=\"ok\"} 0\n\
    prometheus_operator_managed_resources{controller=\"prometheus\",resource=\"ServiceMonitor\",state=\"rejected\"} 7\n";

#[test]
fn what_the_operator_counts_stands_beside_what_is_expected() {
    let mut all = with_pod(json!({}));
    let deployment = find(&mut all, "Deployment", "prometheus-operator").clone();
    let mut spec = deployment["spec"]["template"]["spec"].clone();
    spec["containers"][0]["ports"] = json!([{"name": "http", "containerPort": 8080}]);
    all.push(json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "status": {"phase": "Running", "podIP": "10.244.1.8"},
        "metadata": {"name": "prometheus-operator-6c5f-x2x2x", "namespace": deployment["metadata"]["namespace"]}}));
    let shop = Shop::of(all);
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let steps = |shop: &Shop| -> Value {
        let ran = shop.live(&["pipeline", "-A", "-o", "json"]);
        no_panic(&ran);
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))["servers"][0]["steps"].take()
    };
    // One that cannot be asked is no trouble.
    let silent = steps(&shop);
    assert!(silent[1]["evidence"].to_string().contains("not checked: the API server does not reach its pod"), "{:#}", silent[1]);
    assert!(!silent[2].to_string().contains("count"));
    let namespace = deployment["metadata"]["namespace"].as_str().unwrap();
    shop.server.stand_in(namespace, "prometheus-operator-6c5f-x2x2x", metrics(COUNTS));
    let told = steps(&shop);
    assert!(told[1]["evidence"].to_string().contains("prometheus_operator_ready"), "{:#}", told[1]);
    let warnings = told[2]["warnings"].to_string();
    assert!(warnings.contains("the operator counts its last sync as failed, which nothing here explains"), "{:#}", told[2]);
    assert!(warnings.contains("the operator refuses 7 ServiceMonitors by its own count, where 2 are expected"), "{:#}", told[2]);
}
