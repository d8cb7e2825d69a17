//! Two ways to the same answer: the chain matches selectors, ports and addresses directly on objects; the simulation
//! writes the job as the operator would, discovers everything and runs every rule over it. On random clusters both must
//! name the same targets. Where a pattern or a label key takes in more than the selector says, the simulation is right,
//! and the chain must have noticed.

use std::collections::BTreeSet;

use prom_doctor_checks::chain::{DEFAULT_GRACE, Walk};
use prom_doctor_checks::report::{Mode, Ref, Run};
use prom_doctor_checks::targets::{JobTargets, Options, TargetRow, TargetState, targets};
use prom_doctor_checks::wants::Question;
use serde_json::{Value, json};

use crate::kit::closed_world;
use crate::kit::complete::operator;
use crate::kit::random::Random;

/// Clusters that are tried in a run.
const CLUSTERS: u64 = 10_000;

/// Address, namespace, Service, pod and container.
type Named = (String, String, String, String, String);

#[test]
fn chain_and_simulation_name_the_same_targets() {
    let halves = std::thread::scope(|scope| {
        let half = |from: u64| scope.spawn(move || (from..CLUSTERS).step_by(2).map(compare).fold([0; 3], added));
        [half(0), half(1)].map(|half| half.join().expect("a cluster on which the two ways differ"))
    });
    let [compared, with_targets, beyond] = added(halves[0], halves[1]);
    println!("chain = simulation: {compared} jobs of {CLUSTERS} clusters, {with_targets} with targets, {beyond} take in more");
    assert!(compared > CLUSTERS && with_targets > CLUSTERS / 5 && beyond > CLUSTERS / 500, "the clusters have become too dull");
}

fn added(one: [u64; 3], other: [u64; 3]) -> [u64; 3] {
    [one[0] + other[0], one[1] + other[1], one[2] + other[2]]
}

/// Jobs compared, those with targets, and those that take in more than the selector says.
fn compare(seed: u64) -> [u64; 3] {
    let objects = cluster(&mut Random::new(seed));
    let world = closed_world(&objects);
    assert!(world.malformed.is_empty(), "{seed}: {:?}", world.malformed);
    let walk = Walk::new(&world, DEFAULT_GRACE, None);
    let mut counts = [0; 3];
    let run = Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    // That dropped targets are asked for makes it run all that is discovered.
    let list = targets(&world, &Question::default(), &Options { dropped: true, ..Options::default() }, run);
    for facts in &walk.monitors {
        let [chain] = facts.chains.as_slice() else { panic!("one server, one chain") };
        let own = Some(Ref::from(facts.monitor.id()));
        for endpoint in &chain.endpoints {
            let is_its = |job: &&JobTargets| job.monitor == own && job.endpoint == Some(endpoint.index);
            let job = list.jobs.iter().find(is_its).unwrap_or_else(|| panic!("{seed}: a job for each endpoint"));
            // Where nothing matches, the chain goes on with what a mended selector would choose.
            let mended = chain.matched.services.is_empty() && chain.matched.pods.is_empty();
            let own = if mended { &[] } else { endpoint.targets.as_slice() };
            let spots = own.iter().map(|target| &target.spot);
            let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
            let of_chain: BTreeSet<Named> = spots
                .map(|spot| {
                    (
                        spot.address(),
                        spot.namespace.to_owned(),
                        name(spot.service.map(|service| service.metadata.name.as_str())),
                        name(spot.pod.map(|pod| pod.metadata.name.as_str())),
                        name(spot.container.map(|container| container.name.as_str())),
                    )
                })
                .collect();
            let simulated: BTreeSet<Named> =
                job.targets.iter().filter(|row| row.state == TargetState::Active).map(named).collect();
            // Addresses without a Service are taken by selectors that ask for no label.
            let orphans =
                chain.matched.asks_for_nothing && walk.index.orphan_endpoints().len() + walk.index.orphan_slices().len() > 0;
            let more = orphans || chain.matched.beyond_services.len() + chain.matched.beyond_pods.len() > 0;
            let show = || {
                let spec = &facts.monitor.raw;
                let server = &chain.server.raw;
                format!("cluster {seed}, endpoint {}: {spec}\nserver {server}\n{:?} {:#?}", endpoint.index, job.notes, job.drops)
            };
            if more {
                assert!(of_chain.is_subset(&simulated), "{}\n{of_chain:#?}\n{simulated:#?}", show());
            } else {
                assert_eq!(of_chain, simulated, "{}", show());
                assert_eq!(own.len(), job.active, "{}", show());
            }
            let kept = chain.kept.endpoints.iter().find(|kept| kept.index == endpoint.index);
            let kept = kept.unwrap_or_else(|| panic!("{}: not run", show()));
            assert_eq!(kept.active, job.active, "narrowed by indexes: {}", show());
            counts = added(counts, [1, u64::from(!simulated.is_empty()), u64::from(more)]);
        }
    }
    counts
}

fn named(row: &TargetRow) -> Named {
    let label = |name: &str| row.labels.get(name).cloned().unwrap_or_default();
    // A pod behind an address that a node is the target of, or of another namespace, is known by its meta label only.
    let pod = row.discovered_labels.get("__meta_kubernetes_pod_name").cloned().unwrap_or_default();
    (row.address.clone(), label("namespace"), label("service"), pod, label("container"))
}

const NAMESPACES: [&str; 2] = ["shop", "pay"];
const PORTS: [&str; 4] = ["web", "metrics", "http-admin", ""];

/// A server with its operator, some Services, pods and addresses that do not care for each other, and some monitors.
pub(crate) fn cluster(random: &mut Random) -> Vec<Value> {
    // Operators below 0.79 were not made for Prometheus 3.
    let (operator_version, version) = if random.one_in(2) {
        let old = random.pick(&["0.44.1", "0.47.1", "0.52.1", "0.57.0", "0.61.1", "0.72.0"]);
        (old, random.pick(&["2.26.0", "2.45.0", "2.53.3"]))
    } else {
        let new = random.pick(&["0.79.2", "0.83.0", "0.86.1", "0.93.0"]);
        (new, random.pick(&["2.26.0", "2.45.0", "2.53.3", "3.5.3", "3.14.0"]))
    };
    let mut spec = json!({"serviceAccountName": "prometheus", "version": format!("v{version}"),
        "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
        "podMonitorSelector": {}, "podMonitorNamespaceSelector": {}});
    if random.one_in(2) {
        spec["serviceDiscoveryRole"] = json!(random.pick(&["Endpoints", "EndpointSlice"]));
    }
    if random.one_in(4) {
        spec["shards"] = json!(random.below(3) + 1);
    }
    if random.one_in(6) {
        spec["ignoreNamespaceSelectors"] = json!(true);
    }
    if random.one_in(6) {
        spec["enforcedNamespaceLabel"] = json!("tenant");
    }
    let mut objects = vec![
        operator("monitoring", "prometheus-operator", &format!("v{operator_version}"), &[]),
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": spec}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "all"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "all"},
            "subjects": [{"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"},
                {"kind": "ServiceAccount", "name": "prometheus-operator", "namespace": "monitoring"}]}),
    ];
    objects.extend(NAMESPACES.iter().chain(&["monitoring"]).map(|name| {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}})
    }));
    for at in 0..1 + random.below(4) {
        objects.push(pod(random, at));
    }
    for at in 0..1 + random.below(3) {
        addresses(random, at, &mut objects);
    }
    for at in 0..1 + random.below(2) {
        objects.push(monitor(random, at));
    }
    objects
}

/// Labels of which some share a name in a configuration, and some hold what is a pattern there.
fn labels(random: &mut Random) -> Value {
    let mut out = json!({});
    for (key, values) in
        [("app", ["cart", "cart", "v1.2"]), ("app.kubernetes.io/name", ["cart", "pay", "v1x2"]), ("tier", ["back", "front", ""])]
    {
        if !random.one_in(5) {
            out[key] = json!(random.pick(&values));
        }
    }
    if random.one_in(12) && out.get("app.kubernetes.io/name").is_none() {
        out["app-kubernetes-io/name"] = json!("cart");
    }
    out
}

fn pod(random: &mut Random, at: usize) -> Value {
    let container = |random: &mut Random, name: String| {
        let port = |random: &mut Random| {
            let mut port = json!({"containerPort": 8080 + random.below(3)});
            let name = random.pick(&PORTS);
            if !name.is_empty() {
                port["name"] = json!(name);
            }
            if random.one_in(5) {
                port["protocol"] = json!("UDP");
            }
            port
        };
        let mut ports: Vec<Value> = (0..random.below(3)).map(|_| port(random)).collect();
        ports.dedup();
        json!({"name": name, "image": "example.com/app:1", "ports": ports})
    };
    let containers: Vec<Value> = (0..1 + random.below(2)).map(|at| container(random, format!("c{at}"))).collect();
    let init: Vec<Value> = (0..random.below(2)).map(|_| container(random, "init".to_owned())).collect();
    let phase = random.pick(&["Running", "Running", "Pending", "Succeeded", "Failed"]);
    let ip = if random.one_in(8) { String::new() } else { format!("10.0.0.{}", 1 + random.below(4)) };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("pod-{at}"), "namespace": random.pick(&NAMESPACES), "labels": labels(random)},
        "spec": {"containers": containers, "initContainers": init}, "status": {"phase": phase, "podIP": ip}})
}

/// A Service, and its Endpoints or slices, which need not fit it.
fn addresses(random: &mut Random, at: usize, objects: &mut Vec<Value>) {
    let (name, namespace) = (format!("service-{at}"), random.pick(&NAMESPACES));
    let mut spec = json!({"ports": [{"name": "web", "port": 80}]});
    if random.one_in(5) {
        spec["ipFamilyPolicy"] = json!("PreferDualStack");
        spec["ipFamilies"] = json!(["IPv4", "IPv6"]);
    }
    objects.push(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(random)}, "spec": spec}));
    let reference = |random: &mut Random| match random.below(5) {
        0 => Value::Null,
        1 => json!({"kind": "Node", "name": "node-1"}),
        _ => json!({"kind": "Pod", "name": format!("pod-{}", random.below(4)), "namespace": namespace}),
    };
    let port = |random: &mut Random| {
        let mut port = json!({"port": 8080 + random.below(3), "protocol": "TCP"});
        let name = random.pick(&PORTS);
        if !name.is_empty() {
            port["name"] = json!(name);
        }
        port
    };
    if !random.one_in(4) {
        let address = |random: &mut Random| {
            let mut address = json!({"ip": format!("10.0.0.{}", 1 + random.below(4))});
            let reference = reference(random);
            if !reference.is_null() {
                address["targetRef"] = reference;
            }
            address
        };
        let subset = |random: &mut Random| {
            let list = |random: &mut Random, most| (0..random.below(most)).map(|_| address(random)).collect::<Vec<_>>();
            let (ready, not) = (list(random, 3), list(random, 2));
            let ports: Vec<Value> = (0..random.below(3)).map(|_| port(random)).collect();
            json!({"addresses": ready, "notReadyAddresses": not, "ports": ports})
        };
        let subsets: Vec<Value> = (0..1 + random.below(2)).map(|_| subset(random)).collect();
        objects.push(json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": name, "namespace": namespace}, "subsets": subsets}));
    }
    for slice in 0..random.below(3) {
        let six = random.one_in(4);
        let endpoint = |random: &mut Random| {
            let number = 1 + random.below(4);
            let address = if six { format!("fd00::{number}") } else { format!("10.0.0.{number}") };
            let mut endpoint = json!({"addresses": [address], "conditions": {"ready": random.one_in(2)}});
            let reference = reference(random);
            if !reference.is_null() {
                endpoint["targetRef"] = reference;
            }
            endpoint
        };
        let endpoints: Vec<Value> = (0..random.below(3)).map(|_| endpoint(random)).collect();
        let ports: Vec<Value> = (0..random.below(3)).map(|_| port(random)).collect();
        let mut labels = json!({"kubernetes.io/service-name": name});
        if random.one_in(10) {
            labels = json!({});
        }
        objects.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": format!("{name}-{slice}"), "namespace": namespace, "labels": labels},
            "addressType": if six { "IPv6" } else { "IPv4" }, "endpoints": endpoints, "ports": ports}));
    }
}

fn monitor(random: &mut Random, at: usize) -> Value {
    let pods = random.one_in(3);
    let endpoint = |random: &mut Random| {
        let mut endpoint = json!({});
        match random.below(5) {
            0 => {}
            1 => endpoint["targetPort"] = json!(8080 + random.below(3)),
            2 => endpoint["targetPort"] = json!(random.pick(&PORTS[..3])),
            _ => endpoint["port"] = json!(random.pick(&PORTS[..3])),
        }
        if random.one_in(5) {
            endpoint["filterRunning"] = json!(random.one_in(2));
        }
        if random.one_in(5) {
            endpoint["scheme"] = json!("https");
        }
        endpoint
    };
    let endpoints: Vec<Value> = (0..1 + random.below(2)).map(|_| endpoint(random)).collect();
    let mut spec = json!({"selector": selector(random)});
    spec[if pods { "podMetricsEndpoints" } else { "endpoints" }] = json!(endpoints);
    match random.below(3) {
        0 => spec["namespaceSelector"] = json!({"any": true}),
        1 => spec["namespaceSelector"] = json!({"matchNames": ["shop", "none"]}),
        _ => {}
    }
    if random.one_in(6) {
        spec["jobLabel"] = json!("app");
    }
    if random.one_in(6) {
        spec["podTargetLabels"] = json!(["tier"]);
    }
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": if pods { "PodMonitor" } else { "ServiceMonitor" },
        "metadata": {"name": format!("monitor-{at}"), "namespace": random.pick(&NAMESPACES)}, "spec": spec})
}

fn selector(random: &mut Random) -> Value {
    let mut out = json!({});
    match random.below(6) {
        0 => {}
        1 => out["matchLabels"] = json!({"app": random.pick(&["cart", "v1.2"])}),
        2 => out["matchLabels"] = json!({"app.kubernetes.io/name": "cart"}),
        3 => out["matchLabels"] = json!({"app": "cart", "tier": random.pick(&["back", "front"])}),
        4 => {
            out["matchExpressions"] = json!([{"key": "app", "operator": "In", "values": ["cart", "v1.2"]},
            {"key": "tier", "operator": "NotIn", "values": ["front"]}])
        }
        _ => out["matchExpressions"] = json!([{"key": "tier", "operator": random.pick(&["Exists", "DoesNotExist"])}]),
    }
    out
}
