//! What prometheus-operator 0.93.0 answered about 517 monitors, recorded from `status.bindings`; the CRDs were
//! loosened for it, so that the operator's own checks are seen and not those of the API server.

use serde_json::{Value, json};

use super::*;
use crate::world::{KeyFact, KeyStore, Labels, Meta, Object, Seen, decode_value};

const ANSWERS: &str = include_str!("answers.jsonl");

/// What is deliberately not judged: regular expressions on which Go and Rust differ, and PEM blocks of odd labels.
const NOT_JUDGED: &[&str] = &["tls-cert-odd"];

fn object(value: Value) -> Object {
    decode_value(value, "test", None).objects.remove(0)
}

fn monitor(answer: &Value) -> Monitor {
    let kind = answer["kind"].as_str().unwrap();
    let field = if kind == "PodMonitor" { "podMetricsEndpoints" } else { "endpoints" };
    let mut endpoint = json!({"port": "web"});
    json_patch::merge(&mut endpoint, &answer["endpoint"].as_object().map_or(json!({}), |map| json!(map)));
    let mut spec = json!({"selector": {"matchLabels": {"app": "x"}}, field: [endpoint]});
    for (key, value) in answer["spec"].as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    let metadata = json!({"name": answer["name"], "namespace": "shop"});
    let value = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": metadata, "spec": spec});
    match object(value) {
        Object::Monitor(monitor) => monitor,
        other => panic!("{other:?}"),
    }
}

fn server(name: &str) -> Server {
    let spec = match name {
        "k8s" => json!({"version": "v3.5.0"}),
        "old" => json!({"version": "v2.30.0"}),
        "v2" => json!({"version": "v2.55.0"}),
        "ancient" => json!({"version": "v2.15.0"}),
        _ => json!({"version": "v3.5.0", "scrapeInterval": "1m", "arbitraryFSAccessThroughSMs": {"deny": true},
            "scrapeClasses": [{"name": "known"}]}),
    };
    let metadata = json!({"name": name, "namespace": "monitoring"});
    match object(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": metadata, "spec": spec})) {
        Object::Server(server) => *server,
        other => panic!("{other:?}"),
    }
}

fn store(name: &str, keys: &[(&str, PemFact)]) -> KeyStore {
    let metadata = Meta { name: name.to_owned(), namespace: "shop".to_owned(), labels: Labels::default(), ..Meta::default() };
    let fact = |pem: &PemFact| KeyFact { size: 1, pem: pem.clone(), yaml_list: None };
    let keys = keys.iter().map(|(key, pem)| ((*key).to_owned(), fact(pem))).collect();
    KeyStore { metadata, keys, config: None, masked: false }
}

fn world() -> World {
    let mut world = World::default();
    let none = || PemFact::None;
    let of = |text: &str| text.to_owned();
    world.secrets.insert(store("auth", &["user", "password", "token", "id", "secret", "header"].map(|key| (key, none()))));
    let tls = [
        ("ca", PemFact::Certificate(of("a"))),
        ("cert", PemFact::Certificate(of("a"))),
        ("key", PemFact::PrivateKey(of("a"))),
        ("other", PemFact::PrivateKey(of("b"))),
        ("junk", none()),
        ("broken", PemFact::Broken(of("CERTIFICATE"))),
        ("odd", PemFact::Block(of("FOO"))),
    ];
    world.secrets.insert(store("tls", &tls));
    let config_map = [("ca", PemFact::Certificate(of("a"))), ("id", none()), ("junk", none())];
    world.config_maps.insert(store("cm", &config_map));
    for kind in [Kind::Secret, Kind::ConfigMap] {
        world.sight.note(kind, Some("shop"), Seen::Whole);
    }
    world
}

#[test]
fn the_examiner_agrees_with_the_operator() {
    let world = world();
    let version = Some(Version::new(0, 93, 0));
    let (mut wrong, mut total, mut open) = (Vec::new(), 0, 0);
    for line in ANSWERS.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let (name, says) = (answer["name"].as_str().unwrap(), answer["says"].as_str().unwrap());
        let (monitor, server) = (monitor(&answer), server(answer["server"].as_str().unwrap()));
        let found = examine(&world, &monitor, &server, version, Version::parse(&server.spec.version));
        total += 1;
        if found.rejections.is_empty() && (!found.unknown.is_empty() || NOT_JUDGED.contains(&name)) {
            open += 1;
            continue;
        }
        let agrees = match found.rejections.as_slice() {
            [] => says.is_empty(),
            // The operator tells the first; ours may come in another order.
            all => !says.is_empty() && all.iter().any(|one| one.reason.is_meant_by(says)),
        };
        if !agrees || found.rejections.iter().any(|rejection| !rejection.certain) {
            wrong.push(format!("{} {name}: {says:?} but {:?}", monitor.kind, found.rejections));
        }
    }
    assert!(open <= 30, "{open} of {total} are not judged");
    assert!(wrong.is_empty(), "{} of {total}: {wrong:#?}", wrong.len());
}

/// What older operators do not look at yet.
#[test]
fn older_operators_look_at_less() {
    let world = world();
    let answers: Vec<Value> = ANSWERS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refuses = |kind: &str, name: &str, minor: u32| {
        let answer = answers.iter().find(|answer| answer["kind"] == kind && answer["name"] == name).unwrap();
        let (monitor, server) = (monitor(answer), server(answer["server"].as_str().unwrap()));
        let version = Some(Version::new(0, minor, 0));
        let found = examine(&world, &monitor, &server, version, Version::parse(&server.spec.version));
        !found.rejections.is_empty()
    };
    for (kind, name, since) in [
        ("ServiceMonitor", "time-over", 54),
        ("ServiceMonitor", "metric-bad", 54),
        ("ServiceMonitor", "r-replace-no-target", 68),
        ("ServiceMonitor", "class-unknown", 72),
        ("ServiceMonitor", "proxy-space", 73),
        ("ServiceMonitor", "proxy-none-alone", 84),
        ("ServiceMonitor", "r-replace-dollar-v2", 86),
        ("PodMonitor", "two-basic-bearer", 86),
        ("ServiceMonitor", "two-basic-bearer", 88),
        ("ServiceMonitor", "auth-empty", 88),
    ] {
        assert!(refuses(kind, name, since), "{kind} {name} at 0.{since}");
        assert!(!refuses(kind, name, since - 1), "{kind} {name} before 0.{since}");
    }
    assert!(refuses("ServiceMonitor", "basic-no-user", 50), "missing keys were always refused");
}

/// What operators answered about Probes and ScrapeConfigs, with the corpus that they were asked about.
mod others {
    use std::collections::BTreeMap;

    use super::*;
    use crate::chain::Written;

    const CORPUS: &str = include_str!("others.yaml");
    const ANSWERS: &str = include_str!("others.jsonl");

    fn cases() -> BTreeMap<String, Value> {
        let corpus: Value = crate::yaml::parse(CORPUS).documents[0].to_json().unwrap();
        let cases = corpus["cases"].as_array().unwrap().iter();
        cases.map(|case| (case["name"].as_str().unwrap().to_owned(), case.clone())).collect()
    }

    #[test]
    fn the_examiner_agrees_with_operators_on_probes_and_scrape_configs() {
        let (cases, world) = (cases(), world());
        let (mut wrong, mut total) = (Vec::new(), 0);
        for answer in ANSWERS.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let name = answer["case"].as_str().unwrap();
            let case = &cases[name];
            let kind = if case["kind"] == "Probe" { Kind::Probe } else { Kind::ScrapeConfig };
            let spec = json!({"version": case["version"], "scrapeInterval": "30s", "scrapeClasses": [{"name": "known"}]});
            let server = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
                "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": spec});
            let Object::Server(server) = object(server) else { panic!("no server") };
            let metadata = Meta { name: "cart".to_owned(), namespace: "shop".to_owned(), ..Meta::default() };
            let says = answer["error"].as_str().unwrap_or_default();
            // What an operator does not know never reaches it, and what its generator falls over is no refusal.
            if answer.get("unknown").is_some() || says.starts_with("panic") {
                continue;
            }
            for operator in answer["operators"].as_array().unwrap().iter().filter_map(Value::as_str) {
                let written = Written { kind, metadata: &metadata, raw: &case["spec"] };
                let prometheus = Version::parse(&server.spec.version);
                let found = examine_other(&world, written, &server, Version::parse(operator), prometheus).rejections;
                total += 1;
                let agrees = match found.as_slice() {
                    [] => says.is_empty(),
                    all => !says.is_empty() && all.iter().any(|one| one.reason.is_meant_by(says)),
                };
                let certain = found.iter().all(|one| one.certain);
                if !agrees || !certain {
                    wrong.push(format!("{operator} {name}: {says:?} but {found:?}"));
                }
            }
        }
        assert!(total > 800, "{total}");
        assert!(wrong.is_empty(), "{} of {total}: {}", wrong.len(), wrong.join("\n"));
    }
}
