//! What the answers of real Prometheus, which an integration test runs, do not show.

use serde_json::{Value, json};

use super::*;
use crate::world::{Labels, Seen, decode_value};

/// A world in which everything was seen.
fn world(objects: &[Value]) -> World {
    let mut world = World::default();
    for object in objects {
        let mut object = object.clone();
        let kind = Kind::all().find(|kind| object["kind"] == kind.name()).unwrap();
        object["apiVersion"] = kind.api_version().into();
        let decoded = decode_value(object, "vector", None);
        assert!(decoded.malformed.is_empty(), "{:?}", decoded.malformed);
        decoded.objects.into_iter().for_each(|object| world.insert(object));
    }
    Kind::all().for_each(|kind| world.sight.note(kind, None, Seen::Whole));
    world
}

fn at(version: Option<Version>) -> Viewpoint<'static> {
    Viewpoint { version, namespace: "monitoring" }
}

fn found(objects: &[Value], sd: Value) -> Discovered {
    discover(&world(objects), &KubernetesSd::read(&sd), at(None))
}

fn pod(namespace: &str, name: &str) -> Value {
    json!({"kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "ports": [{"containerPort": 80}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1"}})
}

fn sources(found: &Discovered) -> Vec<&str> {
    found.groups.iter().map(|group| &*group.source).collect()
}

#[test]
fn keys_that_become_one_label_are_a_matter_of_chance() {
    let mut object = pod("a", "p");
    object["metadata"]["labels"] = json!({"a.b": "1", "a-b": "2", "c.d": "3", "c-d": "3"});
    object["metadata"]["annotations"] =
        json!({"long": "x".repeat(300), "kubectl.kubernetes.io/last-applied-configuration": "{}", "short": "y"});
    let found = found(&[object], json!({"role": "pod"}));
    let group = &found.groups[0];
    let doubts: Vec<(&str, Doubt)> = group.doubts.iter().map(|(name, doubt)| (&**name, *doubt)).collect();
    let applied = "__meta_kubernetes_pod_annotation_kubectl_kubernetes_io_last_applied_configuration";
    let long = "__meta_kubernetes_pod_annotation_long";
    assert_eq!(
        doubts,
        [(applied, Doubt::NotKept), (long, Doubt::NotKept), ("__meta_kubernetes_pod_label_a_b", Doubt::Collision)]
    );
    assert!(group.labels.contains_key("__meta_kubernetes_pod_annotationpresent_long"));
    assert!(group.labels.contains_key("__meta_kubernetes_pod_annotation_short"));
}

#[test]
fn namespaces_are_informers_of_their_own() {
    let endpoints = json!({"kind": "Endpoints", "metadata": {"name": "e", "namespace": "monitoring"}, "subsets": [
        {"addresses": [{"ip": "10.0.0.1", "targetRef": {"kind": "Pod", "namespace": "a", "name": "p"}}], "ports": [{"port": 80}]}]});
    let objects = [pod("a", "p"), pod("b", "p"), pod("monitoring", "p"), endpoints];
    let of = |role: &str, namespaces: Value| found(&objects, json!({"role": role, "namespaces": namespaces}));
    assert_eq!(sources(&of("pod", json!({}))).len(), 3);
    assert_eq!(sources(&of("pod", json!({"names": ["b"], "own_namespace": true}))), ["pod/b/p", "pod/monitoring/p"]);
    let has_pod = |found: &Discovered| found.groups[0].targets[0].contains_key("__meta_kubernetes_pod_name");
    assert!(has_pod(&of("endpoints", json!({}))));
    // Both namespaces are watched, but not by the informers that see the Endpoints.
    assert!(!has_pod(&of("endpoints", json!({"names": ["a", "monitoring"]}))));
}

#[test]
fn selectors_hide_objects() {
    let node = json!({"kind": "Node", "metadata": {"name": "n1", "labels": {"zone": "z"}}});
    let objects = [pod("a", "p"), pod("a", "q"), node];
    let of =
        |selectors: Value| found(&objects, json!({"role": "pod", "selectors": selectors, "attach_metadata": {"node": true}}));
    assert_eq!(sources(&of(json!([{"role": "pod", "label": "app in (q)"}]))), ["pod/a/q"]);
    assert_eq!(sources(&of(json!([{"role": "pod", "field": "metadata.name!=q,status.phase=Running"}]))), ["pod/a/p"]);
    assert_eq!(sources(&of(json!([{"role": "node", "label": "zone=z"}]))).len(), 2);
    assert!(of(json!([{"role": "node", "label": "zone=y"}])).groups.is_empty());
    assert_eq!(of(json!([{"role": "service", "label": "x"}])).refused.len(), 1);
    assert_eq!(of(json!([{"role": "pod", "label": "a in"}])).refused.len(), 1);
    for unclear in [json!([{"role": "pod", "label": "a>5"}]), json!([{"role": "pod", "field": "spec.hostNetwork=true"}])] {
        let found = of(unclear);
        assert!(found.groups.is_empty() && found.unknown.len() == 1, "{found:?}");
    }
}

#[test]
fn what_was_not_seen_is_named() {
    let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "s", "namespace": "a", "labels": {"kubernetes.io/service-name": "x"}}, "addressType": "IPv4",
        "ports": [{"port": 80}], "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "namespace": "a", "name": "p"}}]});
    let mut world = World::default();
    decode_value(slice, "file", None).objects.into_iter().for_each(|object| world.insert(object));
    let found = discover(&world, &KubernetesSd::read(&json!({"role": "endpointslice"})), at(None));
    let needs: Vec<&str> = found.unknown.iter().map(|unseen| &*unseen.need).collect();
    assert_eq!(needs, ["list endpointslices.discovery.k8s.io in all namespaces", "list pods in a", "list services in a"]);
    assert_eq!(found.groups[0].targets.len(), 1);
    let elsewhere = discover(&world, &KubernetesSd::read(&json!({"role": "pod", "api_server": "https://x"})), at(None));
    assert!(elsewhere.groups.is_empty() && elsewhere.unknown.len() == 1);
}

#[test]
fn labels_come_with_the_version_that_brought_them() {
    let slice = json!({"kind": "EndpointSlice", "metadata": {"name": "s", "namespace": "a"}, "addressType": "IPv4", "ports": [{"port": 80}],
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"serving": true}, "zone": "z", "deprecatedTopology": {"rack/x": "r"}}]});
    let service = json!({"kind": "Service", "metadata": {"name": "s", "namespace": "a"}, "spec": {"type": "LoadBalancer",
        "loadBalancerIP": "192.0.2.1", "ports": [{"port": 80}]}});
    let node = json!({"kind": "Node", "metadata": {"name": "n", "annotations": {"x": "y"}}, "spec": {"providerID": "p"},
        "status": {"addresses": [{"type": "Hostname", "address": "n"}], "conditions": [{"type": "Ready", "status": "True"}]}});
    let mut status = pod("a", "p");
    status["status"]["containerStatuses"] = json!([{"name": "c", "containerID": "cri://1"}]);
    status["spec"]["containers"][0]["image"] = "i".into();
    let world = world(&[slice, service, node, status]);
    let has = |role: &str, label: &str, minor: u32, major: u32| {
        let sd = KubernetesSd::read(&json!({ "role": role }));
        let found = discover(&world, &sd, at(Some(Version::new(major, minor, 0))));
        let all: Vec<Labels> = found.groups.iter().flat_map(Group::discovered).collect();
        all[0].contains_key(&format!("__meta_kubernetes_{label}"))
    };
    for (role, label, major, minor) in [
        ("endpointslice", "endpointslice_endpoint_conditions_serving", 2, 42),
        ("endpointslice", "endpointslice_endpoint_zone", 2, 52),
        ("service", "service_port_number", 2, 38),
        ("service", "service_loadbalancer_ip", 2, 39),
        ("node", "node_provider_id", 2, 33),
        ("node", "node_annotation_x", 2, 46),
        ("node", "node_condition_ready", 3, 12),
        ("pod", "pod_container_id", 2, 42),
        ("pod", "pod_container_image", 2, 38),
    ] {
        assert!(has(role, label, minor, major), "{label}");
        assert!(!has(role, label, minor - 1, major), "{label}");
    }
    assert!(has("endpointslice", "endpointslice_endpoint_topology_rack_x", 14, 3));
    assert!(has("endpointslice", "endpointslice_endpoint_topology_present_rack_x", 14, 3));
}

#[test]
fn single_objects_give_the_group_that_the_whole_gives() {
    let world = world(&[pod("a", "p"), pod("b", "q")]);
    let sd = KubernetesSd::read(&json!({"role": "pod", "namespaces": {"names": ["a"]}}));
    let discovery = Discovery::new(&world, &sd, at(None));
    let single: Vec<Group> = world.pods.iter().filter_map(|pod| discovery.of_pod(pod)).collect();
    assert_eq!(single, discovery.groups().collect::<Vec<_>>());
    assert_eq!(single.len(), 1);
}
