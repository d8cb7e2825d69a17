//! Endpoints and slices: of pods, of nodes, made by hand, not ready, terminating, of Services that do not exist.

use serde_json::{Value, json};

use super::meta::metadata;
use super::pods::ADDRESSES;
use super::{NAMES, NAMESPACES, NODES, PORT_NAMES, PORTS, PROTOCOLS, Random, maybe};

pub(super) fn endpoints(random: &mut Random, pods: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for namespace in NAMESPACES {
        for name in random.some(NAMES, 45) {
            let mut object = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata(random, namespace, name)});
            let subsets: Vec<Value> = (0..random.pick(&[0, 1, 1, 2, 2])).map(|_| subset(random, namespace, pods)).collect();
            maybe(&mut object, "subsets", (!subsets.is_empty()).then_some(subsets));
            all.push(object);
        }
    }
    all
}

fn subset(random: &mut Random, namespace: &str, pods: &[Value]) -> Value {
    let mut subset = json!({});
    for (key, most) in [("addresses", 2), ("notReadyAddresses", 1)] {
        let list: Vec<Value> = (0..random.between(0, most)).map(|_| address(random, namespace, pods)).collect();
        maybe(&mut subset, key, (!list.is_empty()).then_some(list));
    }
    // The same address in both lists.
    if random.percent(5) && subset["addresses"].is_array() {
        subset["notReadyAddresses"] = subset["addresses"].clone();
    }
    let ports: Vec<Value> = (0..random.pick(&[0, 1, 1, 1, 2])).map(|_| port(random, false)).collect();
    maybe(&mut subset, "ports", (!ports.is_empty()).then_some(ports));
    subset
}

fn port(random: &mut Random, slice: bool) -> Value {
    // Slices may leave the number out; their protocol is always there, for API servers fill it in.
    let mut port = json!({"protocol": random.pick(PROTOCOLS)});
    maybe(&mut port, "port", (!slice || random.percent(92)).then(|| random.pick(PORTS)));
    let unnamed = if slice { Some("") } else { None };
    maybe(&mut port, "name", if random.percent(75) { Some(random.pick(PORT_NAMES)) } else { unnamed });
    maybe(&mut port, "appProtocol", random.percent(15).then_some("kubernetes.io/h2c"));
    port
}

fn address(random: &mut Random, namespace: &str, pods: &[Value]) -> Value {
    let pod = referred(random, pods);
    let mut address = json!({"ip": ip(random, pod)});
    maybe(&mut address, "hostname", random.percent(15).then_some("db-0"));
    maybe(&mut address, "nodeName", random.percent(50).then(|| random.pick(NODES)));
    maybe(&mut address, "targetRef", reference(random, namespace, pod));
    address
}

/// A pod that an address may lead to.
fn referred<'p>(random: &mut Random, pods: &'p [Value]) -> Option<&'p Value> {
    (!pods.is_empty() && random.percent(75)).then(|| random.of(pods))
}

/// Mostly the pod's own address.
fn ip(random: &mut Random, pod: Option<&Value>) -> String {
    let own = pod.and_then(|pod| pod["status"]["podIP"].as_str()).filter(|_| random.percent(85));
    own.unwrap_or_else(|| random.pick(ADDRESSES)).to_owned()
}

fn reference(random: &mut Random, namespace: &str, pod: Option<&Value>) -> Option<Value> {
    if let Some(pod) = pod {
        // Mostly a pod beside the object, which is found; sometimes one elsewhere.
        let namespace = if random.percent(60) { namespace } else { pod["metadata"]["namespace"].as_str()? };
        return Some(json!({"kind": "Pod", "namespace": namespace, "name": pod["metadata"]["name"]}));
    }
    let kind = random.pick(&["", "", "Node", "Node", "Pod", "VirtualMachine"]);
    let name = if kind == "Node" { random.pick(NODES) } else { "vm-1" };
    (!kind.is_empty()).then(|| json!({"kind": kind, "name": name}))
}

pub(super) fn slices(random: &mut Random, pods: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for namespace in NAMESPACES {
        for name in random.some(&["web-a1", "web-b2", "api-c3", "by-hand"], 45) {
            let mut metadata = metadata(random, namespace, name);
            if random.percent(85) {
                metadata["labels"]["kubernetes.io/service-name"] = random.pick(NAMES).into();
            }
            let kind = random.pick(&["IPv4", "IPv4", "IPv4", "IPv6", "FQDN"]);
            let mut object = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata});
            object["addressType"] = kind.into();
            let endpoints: Vec<Value> = (0..random.between(0, 3)).map(|_| endpoint(random, namespace, kind, pods)).collect();
            object["endpoints"] = endpoints.into();
            let ports: Vec<Value> = (0..random.pick(&[0, 1, 1, 1, 2])).map(|_| port(random, true)).collect();
            object["ports"] = ports.into();
            all.push(object);
        }
    }
    all
}

fn endpoint(random: &mut Random, namespace: &str, kind: &str, pods: &[Value]) -> Value {
    let pod = referred(random, pods);
    let mut addresses = Vec::new();
    for _ in 0..random.pick(&[1, 1, 1, 2]) {
        let address = if kind == "FQDN" { random.pick(&["a.example.org", "b.example.org"]).to_owned() } else { ip(random, pod) };
        addresses.push(Value::from(address));
    }
    let mut conditions = json!({});
    for condition in ["ready", "serving", "terminating"] {
        maybe(&mut conditions, condition, random.percent(70).then(|| random.percent(60)));
    }
    let mut endpoint = json!({"addresses": addresses, "conditions": conditions});
    maybe(&mut endpoint, "hostname", random.percent(15).then(|| random.pick(&["db-0", ""])));
    maybe(&mut endpoint, "nodeName", random.percent(50).then(|| random.pick(NODES)));
    maybe(&mut endpoint, "zone", random.percent(30).then_some("eu-1a"));
    maybe(&mut endpoint, "targetRef", reference(random, namespace, pod));
    if random.percent(10) {
        endpoint["deprecatedTopology"] = json!({"kubernetes.io/hostname": "n1", "rack/x": "r", "empty": ""});
    }
    endpoint
}
