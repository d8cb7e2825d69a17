//! What a page leaves out: an operator, a server that takes everything, rights, namespaces, and a pod behind each
//! Service. So a page shows only what it is about.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::controllers;

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn any(objects: &[Value], kinds: &[&str]) -> bool {
    objects.iter().any(|object| kinds.contains(&text(object, "/kind")))
}

/// Adds what is missing. What a page brings of a sort is left as it is: one Prometheus, one operator, one object of
/// RBAC, one Namespace of that name, one pod or Endpoints for that Service.
pub(crate) fn complete(mut objects: Vec<Value>) -> Vec<Value> {
    if !any(&objects, &["Prometheus", "PrometheusAgent", "NoServer"]) {
        objects.push(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"},
            "spec": {"serviceAccountName": "prometheus-k8s", "version": "v3.5.0",
                "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
                "podMonitorSelector": {}, "podMonitorNamespaceSelector": {},
                "probeSelector": {}, "probeNamespaceSelector": {},
                "scrapeConfigSelector": {}, "scrapeConfigNamespaceSelector": {}}}));
    }
    let has_operator = objects.iter().any(|object| object.to_string().contains("prometheus-operator:"));
    if !has_operator && !any(&objects, &["NoOperator"]) {
        objects.push(operator("monitoring", "prometheus-operator", "v0.93.0", &[]));
    }
    objects.retain(|object| !["NoOperator", "NoServer"].contains(&text(object, "/kind")));
    if !any(&objects, &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]) {
        objects.extend(rights(&objects));
    }
    let named: BTreeSet<String> = objects.iter().map(|object| text(object, "/metadata/namespace").to_owned()).collect();
    for namespace in named.iter().filter(|name| !name.is_empty()) {
        let there =
            objects.iter().any(|object| text(object, "/kind") == "Namespace" && text(object, "/metadata/name") == namespace);
        if !there {
            objects.push(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": namespace, "labels": {"kubernetes.io/metadata.name": namespace}}}));
        }
    }
    pods(&mut objects);
    let has_endpoints = |service: &Value| {
        objects.iter().any(|object| {
            let own = text(object, "/kind") == "Endpoints" && text(object, "/metadata/name") == text(service, "/metadata/name");
            let slice = text(object, "/metadata/labels/kubernetes.io~1service-name") == text(service, "/metadata/name");
            (own || slice) && text(object, "/metadata/namespace") == text(service, "/metadata/namespace")
        })
    };
    let due: BTreeSet<String> = objects
        .iter()
        .filter(|object| text(object, "/kind") == "Service" && !has_endpoints(object))
        .map(|service| format!("{}/{}", text(service, "/metadata/namespace"), text(service, "/metadata/name")))
        .collect();
    controllers::endpoints(&mut objects, |service| {
        due.contains(&format!("{}/{}", text(service, "/metadata/namespace"), text(service, "/metadata/name")))
    });
    objects
}

/// An operator's Deployment.
pub(crate) fn operator(namespace: &str, name: &str, version: &str, args: &[&str]) -> Value {
    let mut all = vec![format!("--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:{version}")];
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "template": {"spec": {"serviceAccountName": "prometheus-operator", "containers": [
            {"name": "prometheus-operator", "image": format!("quay.io/prometheus-operator/prometheus-operator:{version}"), "args": all}]}}},
        "status": {"replicas": 1, "availableReplicas": 1}})
}

/// Cluster-wide rights for the servers and the operators.
fn rights(objects: &[Value]) -> Vec<Value> {
    let mut accounts: BTreeSet<(String, String)> = BTreeSet::new();
    for object in objects {
        let namespace = text(object, "/metadata/namespace").to_owned();
        match text(object, "/kind") {
            "Prometheus" | "PrometheusAgent" => {
                let name = text(object, "/spec/serviceAccountName");
                accounts.insert((namespace, if name.is_empty() { "default".to_owned() } else { name.to_owned() }));
            }
            "Deployment" => {
                accounts.insert((namespace, text(object, "/spec/template/spec/serviceAccountName").to_owned()));
            }
            _ => {}
        }
    }
    let subjects: Vec<Value> = accounts
        .iter()
        .map(|(namespace, name)| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}))
        .collect();
    let group = "rbac.authorization.k8s.io";
    vec![
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": "everything"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "everything"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "everything"}, "subjects": subjects}),
    ]
}

/// A running pod behind each Service that selects none of the page's pods, with the ports that the Service leads to.
/// A Service annotated `test/no-pods` gets none.
fn pods(objects: &mut Vec<Value>) {
    let services: Vec<Value> = objects.iter().filter(|object| text(object, "/kind") == "Service").cloned().collect();
    for (at, service) in services.iter().enumerate() {
        let selector = service.pointer("/spec/selector").and_then(Value::as_object).filter(|labels| !labels.is_empty());
        let Some(selector) = selector else { continue };
        let none = service.pointer("/metadata/annotations/test~1no-pods").is_some();
        if none || !controllers::pods_of(objects, service).is_empty() {
            continue;
        }
        let ports = service.pointer("/spec/ports").and_then(Value::as_array).cloned().unwrap_or_default();
        let declared: Vec<Value> = ports
            .iter()
            .map(|port| match port.get("targetPort") {
                Some(Value::String(name)) => json!({"name": name, "containerPort": port["port"]}),
                Some(Value::Number(number)) => json!({"containerPort": number}),
                _ => json!({"containerPort": port["port"]}),
            })
            .collect();
        let name = text(service, "/metadata/name");
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("{name}-0"), "namespace": text(service, "/metadata/namespace"), "labels": selector},
            "spec": {"containers": [{"name": name, "image": "example.com/app:1", "ports": declared}]},
            "status": {"phase": "Running", "podIP": format!("10.0.{}.{}", at / 200, 10 + at % 200),
                "conditions": [{"type": "Ready", "status": "True"}]}}));
    }
}
