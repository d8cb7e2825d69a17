//! Namespaces, nodes, workloads and Ingresses.

use serde_json::{Value, json};

use super::meta::{metadata, owners};
use super::{NAMESPACES, NODES, Random, maybe};

/// What may control a pod.
pub(super) const CONTROLLERS: &[&str] = &["ReplicaSet", "ReplicaSet", "Job", "Job", "StatefulSet", "Node"];
/// Names of ReplicaSets; the last one never exists.
pub(super) const REPLICA_SETS: &[&str] = &["web-5d", "api-7c", "gone-1"];
/// Names of Jobs; the last one never exists.
pub(super) const JOBS: &[&str] = &["report-1", "web-5d", "gone-2"];

pub(super) fn namespaces(random: &mut Random) -> Vec<Value> {
    let namespaces = random.some(&NAMESPACES[..3], 80);
    let object = |name| {
        let metadata = metadata(random, "", name);
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "status": {"phase": "Active"}})
    };
    namespaces.into_iter().map(object).collect()
}

pub(super) fn nodes(random: &mut Random) -> Vec<Value> {
    let nodes = random.some(&NODES[..3], 70);
    nodes.into_iter().map(|name| node(random, name)).collect()
}

fn node(random: &mut Random, name: &str) -> Value {
    const TYPES: &[&str] = &["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname", "Odd/Type"];
    let mut addresses = Vec::new();
    for _ in 0..random.below(5) {
        let address = random.pick(&["10.2.0.1", "fd00:2::1", "n1.example.org", "192.0.2.7"]);
        addresses.push(json!({"type": random.pick(TYPES), "address": address}));
    }
    let mut conditions = Vec::new();
    for kind in random.some(&["Ready", "MemoryPressure", "example.org/Odd-Kind"], 50) {
        conditions.push(json!({"type": kind, "status": random.pick(&["True", "False", "Unknown"])}));
    }
    let mut status = json!({"addresses": addresses, "conditions": conditions});
    if random.percent(75) {
        status["daemonEndpoints"] = json!({"kubeletEndpoint": {"Port": random.pick(&[10250, 0, 10255])}});
    }
    let mut spec = json!({});
    maybe(&mut spec, "providerID", random.percent(50).then_some("aws:///eu-1a/i-0"));
    json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata(random, "", name), "spec": spec, "status": status})
}

pub(super) fn workloads(random: &mut Random) -> Vec<Value> {
    let mut all = Vec::new();
    for (api, kind, names, above) in [
        ("apps/v1", "ReplicaSet", REPLICA_SETS, &["Deployment", "Deployment", "Rollout"]),
        ("batch/v1", "Job", JOBS, &["CronJob", "CronJob", "Deployment"]),
    ] {
        for namespace in &NAMESPACES[..3] {
            for name in random.some(&names[..2], 70) {
                let mut metadata = metadata(random, namespace, name);
                let owners = owners(random, above, &["web", "api", "nightly"]);
                maybe(&mut metadata, "ownerReferences", (!owners.is_empty()).then_some(owners));
                let template = json!({"metadata": {}, "spec": {"containers": []}});
                let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
                all.push(json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}));
            }
        }
    }
    all
}

pub(super) fn ingresses(random: &mut Random) -> Vec<Value> {
    let mut all = Vec::new();
    for namespace in &NAMESPACES[..3] {
        for name in random.some(&["front", "back"], 45) {
            let (spec, metadata) = (ingress(random), metadata(random, namespace, name));
            all.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}));
        }
    }
    all
}

fn ingress(random: &mut Random) -> Value {
    const HOSTS: &[&str] = &["shop.example.org", "example.org", "a.b.example.org", "*.example.org", "Shop.example.org"];
    let mut spec = json!({});
    maybe(&mut spec, "ingressClassName", random.percent(50).then_some("nginx"));
    if random.percent(20) {
        spec["defaultBackend"] = json!({"service": {"name": "web", "port": {"number": 80}}});
    }
    let mut rules = Vec::new();
    for _ in 0..random.below(3) {
        let mut rule = json!({});
        maybe(&mut rule, "host", random.percent(85).then(|| random.pick(HOSTS)));
        if random.percent(80) {
            let mut paths = Vec::new();
            for _ in 0..random.pick(&[0, 1, 1, 2]) {
                let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
                let mut path = json!({"pathType": "Prefix", "backend": backend});
                maybe(&mut path, "path", random.percent(80).then(|| random.pick(&["/", "/shop", "", "/a b"])));
                paths.push(path);
            }
            rule["http"] = json!({"paths": paths});
        }
        rules.push(rule);
    }
    spec["rules"] = rules.into();
    let mut tls = Vec::new();
    for _ in 0..random.below(3) {
        let mut entry = json!({"secretName": "cert"});
        maybe(&mut entry, "hosts", random.percent(80).then(|| random.some(HOSTS, 40)));
        tls.push(entry);
    }
    maybe(&mut spec, "tls", (!tls.is_empty()).then_some(tls));
    spec
}
