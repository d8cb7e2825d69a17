//! What a ServiceMonitor lacks where its selector chooses pods: a Service in front of them, or to be a PodMonitor.

use serde_json::{Map, Value, json};

use crate::chain::{Chain, Wanted, selects};
use crate::report::{Fix, quoted};
use crate::selector::Operator;
use crate::view::View;
use crate::world::{ContainerPort, Kind, Labels, ObjectId, Pod, Service};

/// Endpoint settings that mean the same in both kinds of monitor.
const SHARED: &[&str] = &[
    "filterRunning",
    "honorLabels",
    "honorTimestamps",
    "interval",
    "metricRelabelings",
    "path",
    "relabelings",
    "scheme",
    "scrapeTimeout",
];

fn declared(pod: &Pod, fits: impl Fn(&ContainerPort) -> bool) -> Option<&ContainerPort> {
    pod.spec.containers.iter().flat_map(|container| &container.ports).find(|port| fits(port))
}

/// Makes a new object.
pub fn create(title: impl Into<String>, id: &ObjectId, object: Value) -> Fix {
    // Some shells expand backslashes in what `echo` is given.
    let command = format!("printf '%s' {} | kubectl create -f -", quoted(&object.to_string()));
    Fix::create(title, vec![(id.into(), object)], command)
}

/// A PodMonitor in place of the ServiceMonitor; `None` where a setting has no counterpart, where the port cannot be
/// told, or where the server would not select it.
pub fn as_pod_monitor(view: &View<'_>, chain: &Chain<'_>, pod: &Pod, front: Option<&Service>) -> Option<Fix> {
    let monitor = chain.monitor;
    let mut twin = monitor.clone();
    twin.kind = Kind::PodMonitor;
    if view.world().monitor(&twin.id()).is_some() || !selects(view.world(), twin.kind, &twin.metadata, chain.server) {
        return None;
    }
    let endpoints: Option<Vec<Value>> =
        (0..monitor.spec.endpoints.len()).map(|at| pod_endpoint(view, chain, at, pod, front)).collect();
    let mut spec = Map::new();
    for field in ["namespaceSelector", "podTargetLabels", "selector", "sampleLimit", "scrapeClass", "targetLimit"] {
        if let Some(value) = monitor.raw.get(field).filter(|value| !value.is_null()) {
            spec.insert(field.to_owned(), value.clone());
        }
    }
    spec.insert("podMetricsEndpoints".to_owned(), endpoints?.into());
    let meta = &monitor.metadata;
    let object = json!({"apiVersion": Kind::PodMonitor.api_version(), "kind": Kind::PodMonitor.name(),
        "metadata": {"name": meta.name, "namespace": meta.namespace, "labels": meta.labels}, "spec": spec});
    let fix = create("make it a PodMonitor, which looks at pods".to_owned(), &twin.id(), object);
    let why = "the targets get another job label, and none of a Service";
    Some(fix.and(Fix::delete("", &monitor.id())).widens(why))
}

fn pod_endpoint(view: &View<'_>, chain: &Chain<'_>, at: usize, pod: &Pod, front: Option<&Service>) -> Option<Value> {
    let endpoint = chain.monitor.spec.endpoints.get(at)?;
    let raw = chain.monitor.raw.get("endpoints")?.get(at)?.as_object()?;
    let mut out = Map::new();
    for (field, value) in raw.iter().filter(|(_, value)| !value.is_null()) {
        match field.as_str() {
            "port" | "targetPort" => {}
            field if SHARED.contains(&field) => drop(out.insert(field.to_owned(), value.clone())),
            _ => return None,
        }
    }
    let port = match Wanted::of(chain.monitor, endpoint) {
        Wanted::EndpointName(name) => {
            let through = || {
                let number = front?.spec.ports.iter().find(|port| port.name() == name)?.resolve(pod)?;
                declared(pod, |port| port.container_port == number)
            };
            declared(pod, |port| port.name() == name).or_else(through)?
        }
        Wanted::ContainerName(name) => declared(pod, |port| port.name() == name)?,
        Wanted::ContainerNumber(number) => declared(pod, |port| port.container_port == number)?,
        Wanted::Any => return None,
    };
    if !port.name().is_empty() {
        out.insert("port".to_owned(), json!(port.name()));
    } else if view.server(chain)?.since(79) {
        out.insert("portNumber".to_owned(), json!(port.container_port));
    } else {
        out.insert("targetPort".to_owned(), json!(port.container_port));
    }
    Some(out.into())
}

/// A Service in front of pods that a selector chooses; `None` where name, labels or ports cannot be told.
pub fn service_for(view: &View<'_>, chain: &Chain<'_>, pod: &Pod) -> Option<Fix> {
    let monitor = chain.monitor;
    let requirements = monitor.spec.selector.requirements();
    let chosen = requirements.iter().filter(|requirement| matches!(requirement.operator, Operator::In | Operator::Exists));
    let labels: Labels = chosen
        .filter_map(|requirement| pod.metadata.labels.get_key_value(&requirement.key))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let id = ObjectId::new(Kind::Service, &pod.metadata.namespace, &monitor.metadata.name);
    if labels.is_empty() || !monitor.spec.selector.matches(&labels) || view.service(&id.namespace, &id.name).is_some() {
        return None;
    }
    let mut ports: Vec<Value> = Vec::new();
    for endpoint in &monitor.spec.endpoints {
        let only = || {
            let mut ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
            ports.next().filter(|_| ports.next().is_none())
        };
        let (name, port) = match Wanted::of(monitor, endpoint) {
            Wanted::EndpointName(name) => (name.clone(), declared(pod, |port| port.name() == name).or_else(only)?),
            Wanted::ContainerName(name) => (name.clone(), declared(pod, |port| port.name() == name)?),
            Wanted::ContainerNumber(number) => ("metrics".to_owned(), declared(pod, |port| port.container_port == number)?),
            Wanted::Any => ("metrics".to_owned(), only()?),
        };
        let target = if port.name().is_empty() { json!(port.container_port) } else { json!(port.name()) };
        let port = json!({"name": name, "port": port.container_port, "targetPort": target});
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    let object = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": id.name, "namespace": id.namespace, "labels": labels},
        "spec": {"selector": labels, "ports": ports}});
    (!ports.is_empty()).then(|| create("put a Service in front of the pods".to_owned(), &id, object))
}
