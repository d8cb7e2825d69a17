//! What controllers make, told by the addresses and ports that are left.

use serde_json::{Value, json};

use super::*;
use crate::world::{Seen, Sight, decode_value};

fn world(objects: &[Value]) -> World {
    let mut world = World { sight: Sight::open(), ..World::default() };
    for object in objects {
        let decoded = decode_value(object.clone(), "case", None);
        assert!(decoded.malformed.is_empty(), "{:?}", decoded.malformed);
        decoded.objects.into_iter().for_each(|object| world.insert(object));
    }
    world
}

fn closed(objects: &[Value]) -> World {
    let mut world = world(objects);
    world.sight = Sight::default();
    Kind::all().for_each(|kind| world.sight.note(kind, None, Seen::Whole));
    world
}

fn workload(kind: &str, labels: &Value, more: &Value) -> Value {
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [
        {"name": "app", "ports": [{"name": "metrics", "containerPort": 9090}, {"containerPort": 8080}]}]}});
    let mut spec = json!({"selector": {"matchLabels": labels}, "template": template});
    if kind == "CronJob" {
        spec = json!({"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}});
    }
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let group = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": "cart", "namespace": "shop"}, "spec": spec})
}

fn service(selector: &Value, ports: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "cart"}},
        "spec": {"selector": selector, "ports": ports}})
}

fn pod(name: &str, ip: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {"containers": [{"name": "app", "ports": [{"name": "metrics", "containerPort": 9090}]}]},
        "status": {"phase": "Running", "podIP": ip, "conditions": [{"type": "Ready", "status": "True"}]}})
}

/// Pod, port name and number of each address, after Endpoints and slices; both must say the same.
fn behind(world: &World) -> Vec<String> {
    let name = |reference: &Option<crate::world::TargetRef>| reference.as_ref().map(|pod| pod.name.clone()).unwrap_or_default();
    let mut found = Vec::new();
    for subset in world.endpoints.iter().flat_map(|endpoints| &endpoints.subsets) {
        for address in subset.addresses.iter().chain(&subset.not_ready_addresses) {
            let all = subset.ports.iter();
            found.extend(all.map(|port| format!("{} {}={}", name(&address.target_ref), port.name(), port.port.unwrap())));
        }
    }
    let mut sliced = Vec::new();
    for slice in world.slices.iter() {
        for endpoint in &slice.endpoints {
            let all = slice.ports.iter();
            sliced.extend(all.map(|port| format!("{} {}={}", name(&endpoint.target_ref), port.name(), port.port.unwrap())));
        }
    }
    found.sort();
    sliced.sort();
    assert_eq!(found, sliced);
    found
}

/// What the controllers have written behind Services, as if it had been seen.
fn fill_all(world: &mut World) {
    let services: Vec<Service> = world.services.iter().cloned().collect();
    services.iter().for_each(|service| fill(world, service, &mut Addresses::of(&World::default())));
    world.assumed.clear();
}

const LABELS: fn() -> Value = || json!({"app": "cart"});

#[test]
fn pods_follow_their_templates() {
    let ports = json!([{"name": "web", "port": 80, "targetPort": 8080}, {"name": "metrics", "port": 9, "targetPort": "metrics"}]);
    for (kind, more, pods) in [
        ("Deployment", json!({}), 1),
        ("Deployment", json!({"replicas": 2}), 2),
        ("Deployment", json!({"replicas": 1000}), FEW),
        ("Deployment", json!({"replicas": 0}), 0),
        ("StatefulSet", json!({"replicas": 2}), 2),
        ("DaemonSet", json!({}), 1),
        ("ReplicaSet", json!({"replicas": 2}), 2),
        ("Job", json!({}), 1),
        ("Job", json!({"suspend": true}), 0),
        ("CronJob", json!({}), 1),
    ] {
        let mut world = world(&[workload(kind, &LABELS(), &more), service(&LABELS(), &ports)]);
        imagine(&mut world);
        assert_eq!(world.pods.len(), pods, "{kind} {more}");
        let wanted: Vec<String> =
            (0..pods).flat_map(|at| [format!("cart-{at} metrics=9090"), format!("cart-{at} web=8080")]).collect();
        assert_eq!(behind(&world), wanted, "{kind} {more}");
        for pod in world.pods.iter() {
            let from = &world.assumed[&pod.metadata.id(Kind::Pod)];
            assert_eq!((from.kind.name(), from.name.as_str()), (kind, "cart"));
            assert!(pod.status.pod_ip.starts_with("198.18.") || pod.status.pod_ip.starts_with("198.19."));
        }
        if kind == "StatefulSet" {
            let labels = |at: usize| &world.pods.iter().nth(at).unwrap().metadata.labels["apps.kubernetes.io/pod-index"];
            assert_eq!([labels(0), labels(1)], ["0", "1"]);
        }
    }
}

#[test]
fn what_is_in_the_files_is_left_alone() {
    let objects = [
        workload("Deployment", &LABELS(), &json!({})),
        pod("mine", "10.0.0.1", &LABELS()),
        service(&LABELS(), &json!([{"name": "metrics", "port": 9090}])),
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "cart", "namespace": "shop"}, "subsets": []}),
    ];
    let mut world = world(&objects);
    imagine(&mut world);
    assert_eq!((world.pods.len(), world.slices.len(), world.assumed.len()), (1, 0, 0));
}

#[test]
fn pods_in_files_run_unless_they_are_there_for_a_moment() {
    let written = |hook: bool| {
        let mut pod = pod("by-hand", "", &LABELS());
        pod["status"] = json!({});
        if hook {
            pod["metadata"]["annotations"] = json!({"helm.sh/hook": "test"});
        }
        pod
    };
    let ports = json!([{"name": "metrics", "port": 9090, "targetPort": "metrics"}]);
    for (hook, wanted) in [(true, vec!["cart-0 metrics=9090"]), (false, vec!["by-hand metrics=9090", "cart-0 metrics=9090"])] {
        let mut world = world(&[written(hook), workload("Deployment", &LABELS(), &json!({})), service(&LABELS(), &ports)]);
        imagine(&mut world);
        assert_eq!(behind(&world), wanted);
        assert!(!world.assumed.contains_key(&ObjectId::new(Kind::Pod, "shop", "by-hand")), "it is in the files");
    }
}

#[test]
fn ports_lead_where_kubernetes_leads_them() {
    let ports = json!([{"name": "gone", "port": 1, "targetPort": "nowhere"}, {"name": "udp", "port": 2, "targetPort": "metrics",
        "protocol": "UDP"}, {"name": "same", "port": 9090}]);
    let mut some = world(&[workload("Deployment", &LABELS(), &json!({})), service(&LABELS(), &ports)]);
    imagine(&mut some);
    assert_eq!(behind(&some), ["cart-0 same=9090"]);
    // Without any port an address is in a slice, but in no subset.
    let ports = json!([{"name": "gone", "port": 1, "targetPort": "nowhere"}]);
    let mut none = world(&[workload("Deployment", &LABELS(), &json!({})), service(&LABELS(), &ports)]);
    imagine(&mut none);
    assert_eq!(none.slices.iter().map(|slice| slice.endpoints.len()).sum::<usize>(), 1);
    assert!(none.endpoints.iter().all(|endpoints| endpoints.subsets.is_empty()));
}

#[test]
fn behind_a_service_without_pods_stands_an_address_of_nobody() {
    let ports = json!([{"name": "metrics", "port": 80, "targetPort": "named"}, {"name": "web", "port": 81, "targetPort": 80}]);
    let mut alone = world(&[service(&LABELS(), &ports)]);
    imagine(&mut alone);
    assert_eq!(behind(&alone), ["pod-of-cart metrics=81", "pod-of-cart web=80"]);
    assert_eq!(alone.pods.len(), 0);
    for no_stand_in in [
        // Its selector is a slip.
        vec![service(&json!({"app": "carts"}), &ports), workload("Deployment", &LABELS(), &json!({}))],
        // Nothing is wanted.
        vec![service(&LABELS(), &ports), workload("Deployment", &LABELS(), &json!({"replicas": 0}))],
        vec![service(&json!({}), &ports)],
    ] {
        let mut world = world(&no_stand_in);
        imagine(&mut world);
        assert!(behind(&world).is_empty());
    }
}

#[test]
fn a_changed_service_is_followed_by_what_is_behind_it() {
    let ports = json!([{"name": "metrics", "port": 9090}]);
    let objects = vec![
        pod("cart-a", "10.0.0.1", &json!({"app": "cart"})),
        pod("pay-a", "10.0.0.2", &json!({"app": "pay"})),
        service(&LABELS(), &ports),
    ];
    let mut before = closed(&objects);
    fill_all(&mut before);
    let change = |object: Value| {
        let mut after = before.clone();
        let object = decode_value(object, "case", None).objects.remove(0);
        after.insert(object);
        settle(&mut after, &before, &[ObjectId::new(Kind::Service, "shop", "cart")].into());
        after
    };
    assert_eq!(behind(&before), ["cart-a metrics=9090"]);
    assert_eq!(behind(&change(service(&json!({"app": "pay"}), &ports))), ["pay-a metrics=9090"]);
    assert_eq!(behind(&change(service(&json!({"app": "none"}), &ports))), [""; 0]);
    assert_eq!(behind(&change(service(&LABELS(), &json!([{"name": "web", "port": 8080}])))), ["cart-a web=8080"]);
    let mut relabeled = service(&LABELS(), &ports);
    relabeled["metadata"]["labels"] = json!({"app": "basket"});
    let relabeled = change(relabeled);
    assert_eq!(behind(&relabeled), ["cart-a metrics=9090"]);
    assert_eq!(relabeled.endpoints.iter().next().unwrap().metadata.labels["app"], "basket");
    assert_eq!(relabeled.slices.iter().next().unwrap().metadata.labels["app"], "basket");
    let same = change(service(&LABELS(), &ports));
    assert!(same.assumed.is_empty(), "nothing follows from what is the same");
}

#[test]
fn a_changed_workload_is_followed_by_its_pods() {
    let ports = json!([{"name": "metrics", "port": 9090, "targetPort": "metrics"}]);
    let hashed = json!({"app": "cart", "pod-template-hash": "7d9", "mesh": "on"});
    let deployment = workload("Deployment", &LABELS(), &json!({"replicas": 1}));
    let mut before = closed(&[pod("cart-7d9-x", "10.0.0.1", &hashed), deployment.clone(), service(&LABELS(), &ports)]);
    fill_all(&mut before);
    let change = |object: Option<Value>| {
        let mut after = before.clone();
        match object {
            Some(object) => after.insert(decode_value(object, "case", None).objects.remove(0)),
            None => after.workloads.clear(),
        }
        settle(&mut after, &before, &[ObjectId::new(Kind::Deployment, "shop", "cart")].into());
        after
    };
    let mut other = deployment.clone();
    other["spec"]["template"]["metadata"]["labels"] = json!({"app": "basket"});
    let renamed = change(Some(other));
    let labels = &renamed.pods.iter().next().unwrap().metadata.labels;
    assert_eq!(serde_json::to_value(labels).unwrap(), json!({"app": "basket", "pod-template-hash": "7d9", "mesh": "on"}));
    assert!(behind(&renamed).is_empty());
    let mut other = deployment.clone();
    other["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([{"name": "metrics", "containerPort": 7070}]);
    assert_eq!(behind(&change(Some(other))), ["cart-7d9-x metrics=7070"]);
    let mut other = deployment.clone();
    other["spec"]["replicas"] = json!(2);
    assert_eq!(behind(&change(Some(other.clone()))), ["cart-0 metrics=9090", "cart-7d9-x metrics=9090"]);
    other["spec"]["replicas"] = json!(0);
    assert!(behind(&change(Some(other))).is_empty());
    assert!(change(None).pods.is_empty());
    assert_eq!(behind(&change(Some(deployment))), ["cart-7d9-x metrics=9090"]);
}

#[test]
fn a_table_without_an_object_still_finds_the_others() {
    let names = ["a", "b", "c", "d"];
    for gone in names {
        let objects: Vec<Value> = names.iter().map(|name| pod(name, "10.0.0.1", &LABELS())).collect();
        let mut world = world(&objects);
        world.pods.remove("shop", gone);
        let left: Vec<&str> = world.pods.iter().map(|pod| pod.metadata.name.as_str()).collect();
        assert_eq!(left, names.iter().copied().filter(|name| *name != gone).collect::<Vec<_>>());
        assert!(names.iter().all(|name| world.pods.get("shop", name).is_some() == (*name != gone)));
    }
}
