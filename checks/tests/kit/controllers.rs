//! What Kubernetes' own controllers make of Services, Pods and workloads, as far as a test needs it: Endpoints and
//! EndpointSlices follow Services and Pods, pods follow the template of their Deployment.

use serde_json::{Map, Value, json};

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn kind_is(object: &Value, kind: &str) -> bool {
    text(object, "/kind") == kind
}

fn labels<'v>(value: &'v Value, pointer: &str) -> Option<&'v Map<String, Value>> {
    value.pointer(pointer).and_then(Value::as_object).filter(|labels| !labels.is_empty())
}

fn contains(labels: Option<&Map<String, Value>>, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The pods that a Service selects.
pub(crate) fn pods_of<'o>(objects: &'o [Value], service: &Value) -> Vec<&'o Value> {
    let Some(selector) = labels(service, "/spec/selector") else { return Vec::new() };
    let namespace = text(service, "/metadata/namespace");
    let fits = |pod: &&Value| {
        kind_is(pod, "Pod")
            && text(pod, "/metadata/namespace") == namespace
            && contains(labels(pod, "/metadata/labels"), selector)
    };
    objects.iter().filter(fits).collect()
}

/// Writes Endpoints and EndpointSlices anew for every Service with a selector for which `is_due` holds.
pub(crate) fn endpoints(objects: &mut Vec<Value>, is_due: impl Fn(&Value) -> bool) {
    let services: Vec<Value> = objects.iter().filter(|object| kind_is(object, "Service")).cloned().collect();
    for service in services.iter().filter(|service| is_due(service) && labels(service, "/spec/selector").is_some()) {
        if text(service, "/spec/type") == "ExternalName" {
            continue;
        }
        let (namespace, name) = (text(service, "/metadata/namespace"), text(service, "/metadata/name"));
        let made = subsets(objects, service);
        objects.retain(|object| {
            let here = text(object, "/metadata/namespace") == namespace;
            let endpoints = kind_is(object, "Endpoints") && text(object, "/metadata/name") == name;
            let slice = kind_is(object, "EndpointSlice") && text(object, "/metadata/labels/kubernetes.io~1service-name") == name;
            !(here && (endpoints || slice))
        });
        let mut slice_labels = labels(service, "/metadata/labels").cloned().unwrap_or_default();
        objects.push(json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": name, "namespace": namespace, "labels": slice_labels},
            "subsets": made.iter().map(|(address, ports)| json!({"addresses": [address], "ports": ports})).collect::<Vec<_>>()}));
        slice_labels.insert("kubernetes.io/service-name".to_owned(), json!(name));
        for (at, (address, ports)) in made.iter().enumerate() {
            objects.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "metadata": {"name": format!("{name}-{at}"), "namespace": namespace, "labels": slice_labels},
                "endpoints": [{"addresses": [address["ip"]], "targetRef": address["targetRef"]}], "ports": ports}));
        }
    }
}

/// One address per pod that has an IP, with the ports that the Service leads to in it.
fn subsets(objects: &[Value], service: &Value) -> Vec<(Value, Vec<Value>)> {
    let mut out = Vec::new();
    for pod in pods_of(objects, service) {
        let ip = text(pod, "/status/podIP");
        if ip.is_empty() || matches!(text(pod, "/status/phase"), "Succeeded" | "Failed") {
            continue;
        }
        let ports: Vec<Value> = list(service, "/spec/ports").iter().filter_map(|port| resolve(port, pod)).collect();
        let reference =
            json!({"kind": "Pod", "name": text(pod, "/metadata/name"), "namespace": text(pod, "/metadata/namespace")});
        if !ports.is_empty() {
            out.push((json!({"ip": ip, "targetRef": reference}), ports));
        }
    }
    out
}

fn resolve(port: &Value, pod: &Value) -> Option<Value> {
    let number = match port.get("targetPort") {
        None | Some(Value::Null) => port["port"].as_i64()?,
        Some(Value::Number(number)) => number.as_i64()?,
        Some(name) => {
            let containers = list(pod, "/spec/containers").iter().flat_map(|container| list(container, "/ports"));
            containers
                .filter(|declared| declared.get("name") == Some(name))
                .find_map(|declared| declared["containerPort"].as_i64())?
        }
    };
    let mut out = json!({"port": number, "protocol": "TCP"});
    if let Some(name) = port.get("name").filter(|name| name.as_str() != Some("")) {
        out["name"] = name.clone();
    }
    Some(out)
}

/// Gives pods the containers and labels of the template of the workload that selects them.
pub(crate) fn roll_out(objects: &mut [Value]) {
    let workloads: Vec<Value> = objects
        .iter()
        .filter(|object| ["Deployment", "StatefulSet", "DaemonSet"].contains(&text(object, "/kind")))
        .cloned()
        .collect();
    for workload in &workloads {
        let Some(selector) = labels(workload, "/spec/selector/matchLabels") else { continue };
        let namespace = text(workload, "/metadata/namespace");
        for pod in objects.iter_mut().filter(|object| kind_is(object, "Pod") && text(object, "/metadata/namespace") == namespace)
        {
            if !contains(labels(pod, "/metadata/labels"), selector) {
                continue;
            }
            for (key, value) in labels(workload, "/spec/template/metadata/labels").into_iter().flatten() {
                pod["metadata"]["labels"][key] = value.clone();
            }
            let from = |container: &Value| {
                let name = container.get("name");
                list(workload, "/spec/template/spec/containers").iter().find(|other| other.get("name") == name).cloned()
            };
            if let Some(containers) = pod.pointer_mut("/spec/containers").and_then(Value::as_array_mut) {
                for container in containers {
                    if let Some(template) = from(container) {
                        container["ports"] = template.get("ports").cloned().unwrap_or(Value::Null);
                    }
                }
            }
        }
    }
}
