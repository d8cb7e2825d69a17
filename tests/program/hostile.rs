//! Text that was made to deceive: nothing of it reaches the terminal or the API server as a command.

use std::fs;

use serde_json::{Value, json};

use super::shop::{Shop, find, list, no_panic, objects};
use crate::kit::run::{Ran, prom_doctor};

/// Clears the screen, sets the window's title, rings, turns the line around, and begins a new one.
const EVIL: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}1m\u{202e}\u{200b}\r\ny";

/// What is printed, without the colours that the program itself sets.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !matches!(c, '[' | ';' | '0'..='9')).unwrap_or(part.len());
        match part[end..].strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => {
                out.push('\u{1b}');
                out.push_str(part);
            }
        }
    }
    out
}

fn harmless(what: &dyn std::fmt::Debug, ran: &Ran) {
    no_panic(ran);
    for text in [&ran.stdout, &ran.stderr] {
        let acts = |c: &char| *c != '\n' && prom_doctor::render::text::acts(*c);
        let found = without_colours(text).chars().find(acts);
        assert_eq!(found, None, "{what:?}: {text:?}");
    }
}

/// The example with hostile text wherever a cluster can hold text.
fn cluster() -> Vec<Value> {
    let mut all = objects();
    for (kind, name) in [("ServiceMonitor", "cart"), ("ServiceMonitor", "web"), ("PodMonitor", "cache"), ("Service", "catalog")] {
        let object = find(&mut all, kind, name);
        object["metadata"]["labels"][EVIL] = EVIL.into();
        object["metadata"]["labels"]["release"] = EVIL.into();
        object["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": EVIL, "meta.helm.sh/release-namespace": EVIL});
        object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm".into();
    }
    find(&mut all, "ServiceMonitor", "catalog")["spec"]["endpoints"][0]["port"] = EVIL.into();
    find(&mut all, "ServiceMonitor", "frontend")["spec"]["endpoints"][0]["relabelings"] =
        json!([{"action": EVIL, "regex": EVIL, "targetLabel": EVIL}]);
    find(&mut all, "ServiceMonitor", "search")["spec"]["selector"]["matchLabels"][EVIL] = EVIL.into();
    find(&mut all, "ServiceMonitor", "geo")["spec"]["namespaceSelector"]["matchNames"] = json!([EVIL]);
    find(&mut all, "ServiceMonitor", "payment")["spec"]["endpoints"] = EVIL.into();
    find(&mut all, "Service", "catalog")["spec"]["ports"][0]["name"] = EVIL.into();
    find(&mut all, "Prometheus", "k8s")["spec"]["serviceAccountName"] = EVIL.into();
    find(&mut all, "Prometheus", "k8s")["status"] = json!({"conditions": [
        {"type": "Reconciled", "status": "False", "reason": EVIL, "message": EVIL, "observedGeneration": 1}]});
    let mut named = find(&mut all, "ServiceMonitor", "cart").clone();
    named["metadata"]["name"] = EVIL.into();
    all.push(named);
    all
}

#[test]
fn text_from_the_cluster_does_not_command_the_terminal() {
    let shop = Shop::of(cluster());
    let questions: &[&[&str]] = &[
        &["audit", "-A", "-o", "wide"],
        &["audit", "-A", "-o", "wide", "--color", "always"],
        &["audit", "-A", "-o", "json", "-v=9"],
        &["audit", "-A", "-o", "yaml"],
        &["audit", "-A", "-o", "short"],
        &["audit", "-A", "-o", "jsonl"],
        &["audit", "-A", "-o", "sarif"],
        &["audit", "-A", "-o", "github"],
        &["audit", "-A", "-o", "gitlab"],
        &["audit", "-A", "-o", "junit"],
        &["audit", "-A", "-o", "markdown"],
        &["why", "smon/catalog", "-n", "shop"],
        &["why", "smon/geo", "-n", "shop", "--ascii"],
        &["why", "smon/payment", "-n", "shop"],
        &["why", "svc/catalog", "-n", "shop"],
        &["why", &format!("smon/{EVIL}"), "-n", "shop"],
        &["config", "-A"],
    ];
    for question in questions {
        harmless(question, &shop.live(question));
        harmless(question, &shop.dump(question));
    }
    let shown = shop.live(&["audit", "-A"]).stdout;
    assert!(shown.contains("\\u{1b}[2J"), "what stands there is not shown: {shown}");
    // Machines get it whole.
    let json: Value = serde_json::from_str(&shop.live(&["audit", "-A", "-o", "json"]).stdout).unwrap();
    let names = json["subjects"].as_array().unwrap().iter();
    assert!(names.map(|subject| &subject["ref"]["name"]).any(|name| name == EVIL), "the name is gone");
}

#[test]
fn text_from_the_user_is_not_repeated_raw() {
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{1b}[2Jb.yaml";
    fs::write(folder.path().join(name), "kind: [\n---\n".to_owned() + &list(&objects())).unwrap();
    harmless(&name, &prom_doctor(folder.path(), &["audit", "--snapshot", name]));
    harmless(&name, &prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "."]));
    fs::write(folder.path().join(name), "kind: [\n").unwrap();
    harmless(&name, &prom_doctor(folder.path(), &["audit", "--snapshot", name]));
    for arguments in [
        &["why", &format!("smon/{EVIL}")][..],
        &["why", &format!("{EVIL}/a")],
        &["-n", EVIL],
        &["-l", EVIL],
        &["-o", EVIL],
        &["--context", EVIL],
        &["--prometheus", EVIL],
        &["--server", EVIL],
        &["--snapshot", EVIL],
        &["explain", EVIL],
        &[EVIL],
    ] {
        harmless(&arguments, &shop.live(arguments));
    }
}

#[test]
fn names_do_not_lead_requests_astray() {
    let mut all = objects();
    let web = find(&mut all, "ServiceMonitor", "web");
    let names = ["../../../secrets", "a?watch=true", "a/b", "a#b", "a%2fb", "..", "x\r\nDELETE /api/v1/namespaces/shop"];
    web["spec"]["endpoints"] =
        names.map(|name| json!({"port": "metrics", "bearerTokenSecret": {"name": name, "key": "k"}})).into();
    let shop = Shop::of(all);
    for namespace in ["shop", "../kube-system", "a/b", "?x", ".."] {
        no_panic(&shop.live(&["audit", "-n", namespace]));
        no_panic(&shop.live(&["why", "smon/web", "-n", namespace]));
    }
    for request in shop.server.requests() {
        assert_eq!(request.method, "GET", "{request:?}");
        assert!(!request.query.contains_key("watch"), "{request:?}");
        // A Secret is asked for as one thing in its namespace, whatever it is called.
        if let Some((before, _)) = request.path.split_once("/secrets/") {
            assert!(before.starts_with("/api/v1/namespaces/"), "{request:?}");
        }
        assert!(!request.path.ends_with("/secrets"), "{request:?}");
    }
}

/// Lints a text; whatever it holds, the end comes soon.
fn lint(text: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    let start = std::time::Instant::now();
    let ran = prom_doctor(folder.path(), &["lint", "-f", "a.yaml", "-o", "json"]);
    no_panic(&ran);
    let took = start.elapsed();
    assert!(took.as_secs() < 30, "it took {took:?}");
    ran
}

#[test]
fn manifests_that_are_nothing_but_mistakes_take_no_longer_than_others() {
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a, namespace: shop}\nspec:\n";
    let many = |line: fn(usize) -> String| (0..20_000).map(line).collect::<String>();
    let unknown = many(|at| format!("  unknown{at}: 1\n"));
    let found = lint(&format!("{monitor}  selector: {{}}\n  endpoints: x\n{unknown}")).stdout;
    assert!(found.contains("PD1402") && found.contains("PD1403"), "{found:.1000}");
    // What comes last makes it refused as well.
    let found = lint(&format!("{monitor}{unknown}  selector: {{}}\n  endpoints: x\n")).stdout;
    assert!(found.contains("PD1403"), "{found:.1000}");
    let items = many(|at| format!("  - {{name: c{at}}}\n"));
    let rules = format!("{}  groups:\n{items}  - {{name: c7}}\n", monitor.replace("ServiceMonitor", "PrometheusRule"));
    let found = lint(&rules).stdout;
    assert!(found.contains("PD1405") && found.contains("groups[20000]"), "{found:.1000}");
}

#[test]
fn ports_beyond_all_numbers_are_no_trouble() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop, labels: {app: a}}\nspec:\n  selector: {app: a}\n  ports:\n";
    let most = i64::MAX;
    for (a, b) in [(most, most), (65_535, 65_535), (-1, -1), (i64::MIN, most)] {
        let ports = format!("  - {{name: a, port: {a}, targetPort: {a}}}\n  - {{name: b, port: {b}, targetPort: web}}\n");
        lint(&format!("{service}{ports}"));
    }
}
