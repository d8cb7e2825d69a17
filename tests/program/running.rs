//! What the running Prometheus says: asked through the API server, or at an address of its own.

use serde_json::{Value, json};

use super::shop::{Shop, codes_of, no_panic, objects, verdict};
use crate::kit::page;

/// A Prometheus that tells its targets, on a port of this machine, for as long as the tests run; its requests want a
/// password where one is given.
pub(crate) fn prometheus(targets: &Value, authorization: Option<&'static str>) -> u16 {
    let targets = targets.to_string();
    page::serve(move |head| {
        let runtime = r#"{"status":"success","data":{"reloadConfigSuccess":true,"lastConfigTime":"2026-01-01T00:00:00Z"}}"#;
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let body = match path.split('?').next().unwrap_or_default() {
            path if path.ends_with("/api/v1/targets") => targets.as_str(),
            path if path.ends_with("/api/v1/status/runtimeinfo") => runtime,
            _ => "404 page not found",
        };
        let refused = authorization.is_some_and(|wanted| !head.contains(wanted));
        let (status, body) = match (refused, body.starts_with('{')) {
            (true, _) => ("401 Unauthorized", "Unauthorized\n"),
            (_, true) => ("200 OK", body),
            _ => ("404 Not Found", body),
        };
        (format!("{status}\r\nContent-Type: application/json"), body.to_owned())
    })
}

/// Targets of the monitor `frontend`, which is well as far as objects can tell.
pub(super) fn targets(error: &str) -> Value {
    let target = |address: &str, pod: &str| {
        json!({"scrapePool": "serviceMonitor/shop/frontend/0", "scrapeUrl": format!("http://{address}/metrics"),
            "labels": {"instance": address, "pod": pod}, "health": if error.is_empty() { "up" } else { "down" },
            "discoveredLabels": {"__meta_kubernetes_namespace": "shop", "__meta_kubernetes_pod_name": pod,
                "__meta_kubernetes_service_name": "frontend"},
            "lastError": error.replace("ADDRESS", address), "lastScrape": "2026-01-01T00:00:00Z"})
    };
    let all = [
        ("10.244.1.11:9090", "frontend-5b408af5e-02968"),
        ("10.244.1.12:9090", "frontend-5b408af5e-02961"),
        ("10.244.1.13:9090", "frontend-5b408af5e-02962"),
    ];
    let active: Vec<Value> = all.iter().map(|(address, pod)| target(address, pod)).collect();
    json!({"status": "success", "data": {"activeTargets": active, "droppedTargets": [],
        "droppedTargetCounts": {"serviceMonitor/shop/frontend/0": 22}}})
}

/// The pod of the server of the example.
pub(crate) fn with_pod(listens: Value) -> Vec<Value> {
    let mut all = objects();
    all.push(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "prometheus-k8s-0", "namespace": "monitoring", "labels": {"operator.prometheus.io/name": "k8s"}},
        "spec": {"containers": [{"name": "prometheus", "ports": [{"name": "web", "containerPort": 9090}]}]},
        "status": {"phase": "Running", "podIP": "10.244.1.9"}}));
    for server in all.iter_mut().filter(|object| object["kind"] == "Prometheus") {
        if let (Some(spec), Some(more)) = (server["spec"].as_object_mut(), listens.as_object()) {
            spec.extend(more.clone());
        }
    }
    all
}

fn why(shop: &Shop, more: &[&str]) -> Value {
    let ran = shop.live(&[&["why", "servicemonitor/frontend", "-o", "json"], more].concat());
    no_panic(&ran);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

fn link<'v>(report: &'v Value, name: &str) -> &'v Value {
    let links = report["subjects"][0]["chains"][0]["links"].as_array().unwrap();
    links.iter().find(|link| link["link"] == name).unwrap()
}

#[test]
fn targets_that_answer_close_the_chain() {
    let shop = Shop::of(with_pod(json!({})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let report = why(&shop, &[]);
    assert_eq!(verdict(&report, "frontend"), "ok");
    assert_eq!(
        (link(&report, "loaded")["state"].as_str(), link(&report, "scraped")["state"].as_str()),
        (Some("passed"), Some("passed"))
    );
    assert_eq!(report["subjects"][0]["chains"][0]["targets"]["up"], 3, "{report:#}");
    // Nobody is asked who was not to be.
    let before = shop.server.requests().len();
    let report = why(&shop, &["--no-live"]);
    assert_eq!(link(&report, "scraped")["state"], "unknown");
    assert!(!shop.server.requests()[before..].iter().any(|request| request.path.contains("/proxy/")));
}

#[test]
fn targets_that_do_not_answer_are_the_cause() {
    let shop = Shop::of(with_pod(json!({})));
    let error = "Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused";
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(error), None));
    let report = why(&shop, &[]);
    assert_eq!((verdict(&report, "frontend").as_str(), codes_of(&report, "frontend")), ("failed", vec!["PD1201".to_owned()]));
    let targets = &report["subjects"][0]["chains"][0]["targets"];
    assert_eq!((targets["predicted"].as_u64(), targets["actual"].as_u64(), targets["up"].as_u64()), (Some(3), Some(3), Some(0)));
    let people = shop.live(&["why", "servicemonitor/frontend"]);
    assert_eq!(people.code, Some(1));
    assert!(
        people.stdout.contains("3 targets, 0 up") && people.stdout.contains("connect: connection refused"),
        "{}",
        people.stdout
    );
}

#[test]
fn what_cannot_be_asked_is_not_checked_and_says_why() {
    let says = |shop: &Shop, more: &[&str], words: &str| {
        let report = why(shop, more);
        assert_eq!(link(&report, "scraped")["state"], "unknown");
        let why = link(&report, "scraped")["why"].to_string();
        assert!(why.contains(words), "{words}: {why}");
        assert_eq!(verdict(&report, "frontend"), "ok", "what was not asked hides nothing that objects tell");
    };
    let shop = Shop::of(with_pod(json!({})));
    says(&shop, &[], "no route to host");
    let port = prometheus(&targets(""), Some("Authorization: Basic bWU6cGFzcw=="));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", port);
    says(&shop, &[], "--prometheus-url");
    says(&Shop::of(with_pod(json!({"listenLocal": true}))), &[], "listenLocal");
}

#[test]
fn a_prometheus_is_asked_at_its_own_address_with_its_own_credentials() {
    let shop = Shop::of(with_pod(json!({})));
    let port = prometheus(&targets(""), Some("Basic bWU6cGFzcw=="));
    let url = format!("http://127.0.0.1:{port}/prom");
    let report = why(&shop, &["--prometheus-url", &url, "--prometheus-username", "me", "--prometheus-password", "pass"]);
    assert_eq!(link(&report, "scraped")["state"], "passed", "{:#}", link(&report, "scraped"));
    let report = why(&shop, &["--prometheus-url", &url]);
    let said = link(&report, "scraped")["why"].to_string();
    assert!(said.contains("PROMETHEUS_TOKEN"), "{said}");
    for wrong in ["127.0.0.1:9090", "ftp://h", "http://me:pass@h:9090"] {
        let ran = shop.live(&["why", "servicemonitor/frontend", "--prometheus-url", wrong]);
        assert_eq!(ran.code, Some(2), "{wrong}: {}", ran.stderr);
        assert!(!ran.stderr.contains("me:pass"), "{}", ran.stderr);
    }
}

#[test]
fn expected_and_real_targets_stand_side_by_side() {
    let shop = Shop::of(with_pod(json!({})));
    let mut answer = targets("");
    let all = answer["data"]["activeTargets"].as_array_mut().unwrap();
    for target in all.iter_mut() {
        target["labels"] = json!({"job": "frontend", "namespace": "shop", "service": "frontend", "endpoint": "metrics",
            "container": "frontend", "instance": target["labels"]["instance"], "pod": target["labels"]["pod"]});
    }
    all[1]["health"] = "down".into();
    all[1]["lastError"] = "server returned HTTP status 404 Not Found".into();
    // One that no object leads to takes the place of one that is expected.
    all[2]["scrapeUrl"] = "http://me:s3cr3t@10.244.1.99:9090/metrics".into();
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&answer, None));
    let ran = shop.live(&["targets", "smon/frontend", "--live", "-o", "json"]);
    no_panic(&ran);
    assert!(!ran.stdout.contains("s3cr3t"), "{}", ran.stdout);
    let list: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let schema: Value = serde_json::from_str(prom_doctor_checks::targets::SCHEMA).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&list).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let job = &list["jobs"][0];
    let live = &job["live"];
    let numbers = ["active", "up", "down", "pending", "dropped"].map(|key| live[key].as_u64().unwrap());
    assert_eq!(numbers, [3, 2, 1, 0, 22], "{live:#}");
    let of = |at: usize| &job["targets"][at]["live"];
    assert_eq!((of(0)["health"].as_str(), of(1)["health"].as_str()), (Some("up"), Some("down")), "{job:#}");
    assert_eq!(of(1)["cause"], "there is nothing at the path");
    assert!(of(0)["ageSeconds"].as_i64().unwrap() > 0 && of(2).is_null(), "{job:#}");
    assert_eq!(live["others"][0]["url"], "http://<redacted>@10.244.1.99:9090/metrics", "{live:#}");
    let people = shop.live(&["targets", "smon/frontend", "--live"]);
    for said in ["in Prometheus 2 up, 1 down", "not in Prometheus", "only in Prometheus", "there is nothing at the path"] {
        assert!(people.stdout.contains(said), "{said}: {}", people.stdout);
    }
    // Who is not asked has nothing to say, and who cannot be asked says why.
    let ran = shop.live(&["targets", "smon/frontend", "-o", "json"]);
    assert!(!ran.stdout.contains("\"live\":"), "{}", ran.stdout);
    let ran = Shop::of(with_pod(json!({"listenLocal": true}))).live(&["targets", "smon/frontend", "--live"]);
    assert!(ran.stdout.contains("listenLocal"), "{}", ran.stdout);
}

/// Answers everything in one way.
fn answers(head: &str, body: &str) -> u16 {
    let (head, body) = (head.to_owned(), body.to_owned());
    page::serve(move |_| (head.clone(), body.clone()))
}

#[test]
fn what_stands_before_prometheus_or_in_its_place_is_told_in_one_line() {
    let login = "302 Found\r\nLocation: https://idp.example.com/login?state=s3cr3t";
    let page = "<!DOCTYPE html><title>Sign in</title>";
    let kube_rbac = "Forbidden (user=system:anonymous, verb=get, resource=, subresource=)\n";
    for (head, body, said) in [
        (login, "", ["it redirects (302) to https://idp.example.com/login", "--prometheus-url"]),
        ("200 OK", page, ["page for people", "login"]),
        ("401 Unauthorized", "Unauthorized\n", ["wants credentials of its own", "--port-forward"]),
        ("403 Forbidden", kube_rbac, ["wants credentials of its own", "--prometheus-url"]),
        ("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n", ["speaks HTTPS only", "object"]),
        ("404 Not Found", "404 page not found\n", ["no such page", "route prefix"]),
        ("503 Service Unavailable", "Service Unavailable", ["starting", "yet"]),
        ("500 Internal Server Error", "oh no", ["it fails (500)", "oh no"]),
        ("200 OK", "{\"status\":\"success\"}", ["the answer says nothing", "targets"]),
        ("200 OK", "{\"swagger\":\"2.0\"}", ["not one of Prometheus' API", "targets"]),
    ] {
        let shop = Shop::of(with_pod(json!({})));
        shop.server.stand_in("monitoring", "prometheus-k8s-0", answers(head, body));
        let report = why(&shop, &[]);
        let why = link(&report, "scraped")["why"].to_string();
        assert!(said.iter().all(|said| why.contains(said)), "{head}: {why}");
        assert!(!why.contains("\\n") && !why.contains("s3cr3t") && !why.contains("API server failed"), "{head}: {why}");
        assert_eq!(verdict(&report, "frontend"), "ok", "{head}");
    }
}

#[test]
fn an_address_that_is_not_that_of_a_prometheus_is_told_in_one_line() {
    let shop = Shop::of(with_pod(json!({})));
    let said = |port: u16, path: &str| {
        let url = format!("http://127.0.0.1:{port}{path}");
        let report = why(&shop, &["--prometheus-url", &url, "--prometheus-token", "hunter2"]);
        let why = link(&report, "scraped")["why"].to_string();
        for never in ["hunter2", "s3cr3t", "API server", "Kubernetes", "cluster"] {
            assert!(!why.contains(never), "{never}: {why}");
        }
        why
    };
    let login = answers("302 Found\r\nLocation: https://idp.example.com/login?state=s3cr3t", "");
    assert!(said(login, "").contains("redirects (302) to https://idp.example.com/login, to log in perhaps"));
    let upgrade = answers("301 Moved Permanently\r\nLocation: https://prom.example.com:443/api/v1/targets", "");
    assert!(said(upgrade, "").contains("to https://prom.example.com:443/api/v1/targets: give that address"));
    assert!(said(answers("200 OK", "<!DOCTYPE html>"), "").contains("page for people"));
    assert!(said(answers("502 Bad Gateway", "<html>"), "").contains("it fails (502)"));
    assert!(said(answers("404 Not Found", "404 page not found"), "/graph").contains("route prefix"));
    assert!(said(1, "").contains("connection refused"));
    // Mimir and the like answer in the way of Prometheus and scrape nothing.
    let build = r#"{"status":"success","data":{"application":"Grafana Mimir","version":"2.10.0"}}"#;
    assert!(
        said(only("/api/v1/status/buildinfo", build), "").contains("Grafana Mimir 2.10.0 answers there, which scrapes nothing")
    );
}

/// Answers one page and has no other.
fn only(path: &'static str, body: &'static str) -> u16 {
    page::serve(move |head| {
        let (status, body) = if head.contains(path) { ("200 OK", body) } else { ("404 Not Found", "404 page not found") };
        (status.to_owned(), body)
    })
}

#[test]
fn one_monitor_costs_its_own_targets_only_and_all_cost_no_dropped_ones() {
    let shop = Shop::of(with_pod(json!({})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let asked = |arguments: &[&str]| -> Vec<String> {
        let before = shop.server.requests().len();
        no_panic(&shop.live(arguments));
        let requests = shop.server.requests().split_off(before);
        let all = requests.iter().filter(|request| request.path.ends_with("/api/v1/targets"));
        all.map(|request| request.query.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&"))
            .collect()
    };
    assert_eq!(asked(&["why", "smon/frontend"]), ["scrapePool=serviceMonitor/shop/frontend/0"]);
    assert_eq!(asked(&["audit", "-A", "--live"]), ["scrapePool=(none)&state=dropped", "state=active"]);
}
