//! What is told of Probes, ScrapeConfigs and PrometheusRules, and of what stands behind a scrape that is refused.

use prom_doctor_checks::report::{Confidence, Finding, Report, Severity};
use prom_doctor_checks::world::Kind;
use serde_json::{Value, json};

use crate::kit::{closed_world, complete::complete, diagnose, objects};

const GROUP: &str = "monitoring.coreos.com/v1";

fn judge(objects: Vec<Value>) -> Report {
    diagnose(&closed_world(&complete(objects)))
}

fn server(spec: Value) -> Value {
    let mut spec = spec;
    spec["serviceMonitorSelector"] = json!({});
    json!({"apiVersion": GROUP, "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": spec})
}

fn object(kind: &str, namespace: &str, labels: Value, spec: Value) -> Value {
    let version = if kind == "ScrapeConfig" { "monitoring.coreos.com/v1alpha1" } else { GROUP };
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": "it", "namespace": namespace, "labels": labels}, "spec": spec})
}

fn spec_of(kind: &str) -> Value {
    match kind {
        "Probe" => {
            json!({"prober": {"url": "blackbox:9115"}, "targets": {"staticConfig": {"static": ["https://example.com"]}}})
        }
        "ScrapeConfig" => json!({"staticConfigs": [{"targets": ["10.0.0.7:9100"]}]}),
        _ => json!({"groups": [{"name": "it", "rules": [{"alert": "It", "expr": "up == 0"}]}]}),
    }
}

fn operator(version: &str) -> Value {
    let labels = json!({"app.kubernetes.io/name": "prometheus-operator"});
    let image = format!("quay.io/prometheus-operator/prometheus-operator:v{version}");
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator", "namespace": "monitoring"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "prometheus-operator", "image": image}]}}},
        "status": {"availableReplicas": 1}})
}

fn found<'r>(report: &'r Report, code: &str) -> Option<&'r Finding> {
    report.findings.iter().find(|finding| finding.code == code)
}

#[test]
fn selectors_are_held_against_every_kind() {
    for (kind, prefix) in [("Probe", "probe"), ("ScrapeConfig", "scrapeConfig"), ("PrometheusRule", "rule")] {
        let (selector, namespaces) = (format!("{prefix}Selector"), format!("{prefix}NamespaceSelector"));
        let it = |namespace: &str| object(kind, namespace, json!({"release": "a"}), spec_of(kind));
        for (spec, namespace, expected) in [
            (json!({&selector: {"matchLabels": {"release": "b"}}, &namespaces: {}}), "shop", "PD0301"),
            (json!({&namespaces: {}}), "shop", "PD0302"),
            (json!({&selector: {}, &namespaces: {"matchLabels": {"team": "b"}}}), "shop", "PD0303"),
            (json!({&selector: {}}), "shop", "PD0304"),
            (json!({&selector: {}}), "monitoring", ""),
            (json!({&selector: {"matchLabels": {"release": "a"}}, &namespaces: {}}), "shop", ""),
        ] {
            let report = judge(vec![server(spec.clone()), it(namespace)]);
            let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!(codes.join(" "), expected, "{kind} and {spec}");
            let Some(finding) = report.findings.first() else { continue };
            let likely = if kind == "PrometheusRule" { Confidence::Likely } else { Confidence::Certain };
            assert_eq!((finding.severity, finding.confidence), (Severity::Error, likely), "{kind} and {spec}");
            assert!(finding.affects.iter().any(|affected| affected.kind == kind), "{kind} and {spec}");
        }
    }
}

#[test]
fn another_that_may_take_it_is_no_reason_to_complain() {
    let rule = || object("PrometheusRule", "shop", json!({}), spec_of("PrometheusRule"));
    let refuses = || server(json!({"ruleSelector": {"matchLabels": {"a": "b"}}, "ruleNamespaceSelector": {}}));
    assert!(found(&judge(vec![refuses(), rule()]), "PD0301").is_some());
    let ruler = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "thanos-ruler-x-0", "namespace": "shop",
        "labels": {"app.kubernetes.io/name": "thanos-ruler", "thanos-ruler": "x"}},
        "spec": {"containers": [{"name": "thanos-ruler"}]}, "status": {"phase": "Running", "podIP": "10.0.0.4"}});
    assert!(found(&judge(vec![refuses(), rule(), ruler]), "PD0301").is_none(), "a ThanosRuler may take it");
    let mut second = server(json!({"ruleSelector": {}, "ruleNamespaceSelector": {}}));
    second["metadata"]["name"] = json!("second");
    assert!(found(&judge(vec![refuses(), rule(), second]), "PD0301").is_none(), "the other server takes it");
    let mut world = closed_world(&complete(vec![refuses(), rule()]));
    world.sight.note(Kind::Prometheus, None, prom_doctor_checks::world::Seen::Forbidden);
    assert!(found(&diagnose(&world), "PD0301").is_none(), "a server may be that was not seen");
}

#[test]
fn shards_share_out_what_their_operator_knows_to() {
    let selectors = json!({"probeSelector": {}, "probeNamespaceSelector": {}, "scrapeConfigSelector": {},
        "scrapeConfigNamespaceSelector": {}, "shards": 2});
    let whole = |kind: &str, version: &str, spec: Value, server_spec: &Value| {
        let report = judge(vec![server(server_spec.clone()), operator(version), object(kind, "shop", json!({}), spec)]);
        found(&report, "PD1307").is_some()
    };
    for (kind, first) in [("Probe", "0.68.0"), ("ScrapeConfig", "0.72.0")] {
        let before = if kind == "Probe" { "0.67.1" } else { "0.71.2" };
        assert!(whole(kind, before, spec_of(kind), &selectors), "{kind} before {first}");
        assert!(!whole(kind, first, spec_of(kind), &selectors), "{kind} since {first}");
        let mut one = selectors.clone();
        one["shards"] = json!(1);
        assert!(!whole(kind, before, spec_of(kind), &one), "{kind}, one shard");
    }
    let mut own = spec_of("ScrapeConfig");
    own["relabelings"] =
        json!([{"action": "hashmod", "sourceLabels": ["__address__"], "modulus": 2, "targetLabel": "__tmp_hash"}]);
    assert!(!whole("ScrapeConfig", "0.71.2", own, &selectors), "it shares them out itself");
    let ingress = json!({"prober": {"url": "blackbox:9115"}, "targets": {"ingress": {"selector": {}}}});
    assert!(!whole("Probe", "0.60.1", ingress, &selectors), "Probes of Ingresses came first");
}

#[test]
fn a_refused_scrape_tells_what_leads_there_and_what_was_answered() {
    let world = |target: u16, args: &str| {
        format!(
            r#"
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: cart, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: cart}}}}
  endpoints: [{{port: metrics}}]
---
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop, labels: {{app: cart}}}}
spec:
  selector: {{app: cart}}
  ports: [{{name: metrics, port: 80, targetPort: {target}}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: cart-0, namespace: shop, labels: {{app: cart}}}}
spec:
  containers:
  - {{name: cart, image: "example.com/cart:1", args: [serve, "{args}"], ports: [{{name: metrics, containerPort: 9090}}]}}
status: {{phase: Running, podIP: 10.0.0.10, conditions: [{{type: Ready, status: "True"}}]}}
---
apiVersion: v1
kind: Endpoints
metadata: {{name: cart, namespace: shop, labels: {{app: cart}}}}
subsets:
- addresses: [{{ip: 10.0.0.10, targetRef: {{kind: Pod, name: cart-0, namespace: shop}}}}]
  ports: [{{name: metrics, port: {target}}}]
---
status: success
data:
  activeTargets:
  - scrapePool: serviceMonitor/shop/cart/0
    scrapeUrl: http://10.0.0.10:{target}/metrics
    discoveredLabels:
      __meta_kubernetes_namespace: shop
      __meta_kubernetes_pod_name: cart-0
      __meta_kubernetes_service_name: cart
    labels: {{instance: "10.0.0.10:{target}"}}
    health: down
    lastError: 'Get "http://10.0.0.10:{target}/metrics": dial tcp 10.0.0.10:{target}: connect: connection refused'
  droppedTargets: []
  droppedTargetCounts: {{serviceMonitor/shop/cart/0: 0}}
"#
        )
    };
    let types = [("text/html; charset=utf-8", 1), ("application/vnd.goss-prometheus", 1), ("text/x-metrics", 0)];
    for (kind, at) in types {
        let refused =
            format!("received unsupported Content-Type \"{kind}\" and no fallback_scrape_protocol specified for target");
        let mut page = objects(&world(9090, "--verbose"));
        for target in page.iter_mut().filter_map(|object| object.pointer_mut("/data/activeTargets/0")) {
            target["lastError"] = json!(refused);
        }
        let report = judge(page);
        let finding = found(&report, "PD1206").expect("the answer is refused");
        let first = kind.split(';').next().unwrap();
        assert!(finding.message.contains(first), "{}", finding.message);
        let fallback = finding.fixes.iter().position(|fix| fix.command.contains("fallbackScrapeProtocol"));
        assert_eq!(fallback, Some(at), "{kind}: a look comes first where a page may be meant");
    }
    let places = |target: u16, args: &str| {
        let report = judge(objects(&world(target, args)));
        let finding = found(&report, "PD1201").expect("the scrape is refused").clone();
        let place = |evidence: &prom_doctor_checks::report::Evidence| {
            let kind = evidence.reference.as_ref().map(|reference| reference.kind.clone()).unwrap_or_default();
            (!evidence.path.is_empty()).then(|| format!("{kind} {}", evidence.path))
        };
        finding.evidence.iter().filter_map(place).collect::<Vec<_>>()
    };
    assert_eq!(places(9091, "--verbose"), ["Service spec.ports[0].targetPort"], "no container declares 9091");
    assert_eq!(places(9090, "--verbose"), [""; 0], "the port is declared");
    assert_eq!(places(9090, "--bind-address=127.0.0.1"), ["Pod spec.containers[0].args[1]"]);
}
