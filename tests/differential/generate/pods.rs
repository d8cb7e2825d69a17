//! Pods: finished ones and ones without address, on the host network, with sidecars, with ports of every protocol.

use serde_json::{Value, json};

use super::meta::{metadata, owners};
use super::rest::{CONTROLLERS, JOBS, REPLICA_SETS};
use super::{NAMESPACES, NODES, PORT_NAMES, PORTS, PROTOCOLS, Random, maybe};

const IMAGES: &[&str] = &["registry.example/web:1", "busybox", "x@sha256:0", ""];
/// Addresses, some of them of the other family.
pub(super) const ADDRESSES: &[&str] = &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.1.2.3", "fd00::1", "fd00::a:2"];

/// Some pods; those of one name in several namespaces are others.
pub(super) fn pods(random: &mut Random) -> Vec<Value> {
    let mut pods = Vec::new();
    for namespace in &NAMESPACES[..3] {
        for name in random.some(&["p-1", "p-2", "web-0", "api-x"], 45) {
            pods.push(pod(random, namespace, name));
        }
    }
    pods
}

fn pod(random: &mut Random, namespace: &str, name: &str) -> Value {
    let mut spec = json!({"serviceAccountName": random.pick(&["default", "runner"]), "hostNetwork": random.percent(15)});
    maybe(&mut spec, "nodeName", random.percent(85).then(|| random.pick(NODES)));
    let (mut containers, mut statuses) = (Vec::new(), Vec::new());
    for name in ["main", "proxy", "log"].iter().take(random.pick(&[1, 1, 2, 2, 3])) {
        containers.push(container(random, name));
        statuses.extend(status(random, name));
    }
    spec["containers"] = containers.into();
    let mut of_init = Vec::new();
    if random.percent(35) {
        let mut containers = Vec::new();
        for name in ["init", "sidecar"].iter().take(random.between(1, 2)) {
            let mut container = container(random, name);
            maybe(&mut container, "restartPolicy", random.percent(50).then_some("Always"));
            containers.push(container);
            of_init.extend(status(random, name));
        }
        spec["initContainers"] = containers.into();
    }
    if random.percent(10) {
        spec["ephemeralContainers"] = json!([{"name": "debug", "image": "busybox"}]);
    }
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(random, namespace, name), "spec": spec});
    pod["status"] = pod_status(random);
    pod["status"]["containerStatuses"] = statuses.into();
    pod["status"]["initContainerStatuses"] = of_init.into();
    let owners = owners(random, CONTROLLERS, &[REPLICA_SETS, JOBS].concat());
    maybe(&mut pod["metadata"], "ownerReferences", (!owners.is_empty()).then_some(owners));
    pod
}

fn pod_status(random: &mut Random) -> Value {
    let mut status =
        json!({"phase": random.pick(&["Running", "Running", "Running", "Pending", "Succeeded", "Failed", "Unknown"])});
    if random.percent(85) {
        let ip = random.pick(ADDRESSES);
        status["podIP"] = ip.into();
        status["podIPs"] = json!([{"ip": ip}, {"ip": "10.9.9.9"}]);
    }
    maybe(&mut status, "hostIP", random.percent(80).then_some("192.0.2.1"));
    let mut conditions = Vec::new();
    for kind in ["PodScheduled", "Ready", "Ready", "ContainersReady"] {
        if random.percent(45) {
            conditions.push(json!({"type": kind, "status": random.pick(&["True", "False", "Unknown"])}));
        }
    }
    status["conditions"] = conditions.into();
    status
}

fn status(random: &mut Random, name: &str) -> Option<Value> {
    let mut status = json!({"name": name, "ready": true, "restartCount": 0, "image": "i", "imageID": ""});
    maybe(&mut status, "containerID", random.percent(80).then(|| format!("containerd://{:x}", random.below(1 << 30))));
    random.percent(85).then_some(status)
}

fn container(random: &mut Random, name: &str) -> Value {
    let mut container = json!({"name": name, "image": random.pick(IMAGES)});
    let mut ports = Vec::new();
    for _ in 0..random.pick(&[0, 1, 1, 2, 3]) {
        let mut port = json!({"containerPort": random.pick(PORTS), "protocol": random.pick(PROTOCOLS)});
        maybe(&mut port, "name", random.percent(70).then(|| random.pick(PORT_NAMES)));
        maybe(&mut port, "hostPort", random.percent(10).then_some(30000));
        ports.push(port);
    }
    maybe(&mut container, "ports", (!ports.is_empty()).then_some(ports));
    container
}
