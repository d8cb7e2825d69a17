//! Service discovery held to what real Prometheus found.

use std::collections::{BTreeMap, BTreeSet};

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::prometheus::config::KubernetesSd;
use prom_doctor_checks::prometheus::discovery::{Discovered, Group, Viewpoint, discover};
use prom_doctor_checks::world::{Kind, Labels, World};
use serde_json::Value;

use crate::kit::closed_world;

/// A world of objects that do not say their API version.
fn world(objects: &[Value]) -> World {
    let whole = |object: &Value| {
        let mut object = object.clone();
        let kind = Kind::all().find(|kind| object["kind"] == kind.name()).unwrap();
        object["apiVersion"] = kind.api_version().into();
        object
    };
    let world = closed_world(&objects.iter().map(whole).collect::<Vec<_>>());
    assert!(world.malformed.is_empty(), "{:?}", world.malformed);
    world
}

fn found(world: &World, sd: &KubernetesSd, version: Version) -> Discovered {
    discover(world, sd, Viewpoint { version: Some(version), namespace: "monitoring" })
}

fn labels(value: &Value) -> Labels {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The groups of a vector, by source, with each target's own labels in order.
fn groups(vector: &Value) -> BTreeMap<String, (Labels, Vec<Labels>)> {
    let group = |group: &Value| {
        let mut targets: Vec<Labels> = list(&group["targets"]).iter().map(labels).collect();
        targets.sort();
        (group["source"].as_str().unwrap().to_owned(), (labels(&group["labels"]), targets))
    };
    list(&vector["groups"]).iter().map(group).collect()
}

/// What an older version finds, as the head of the file says.
fn expected(vector: &Value, version: Version, key: &str) -> Vec<Labels> {
    let mut all = Vec::new();
    for (own, targets) in groups(vector).into_values() {
        for target in targets {
            let mut target: Labels = own.clone().into_iter().chain(target).collect();
            if version < Version::new(3, 12, 0) {
                target.retain(|name, _| !name.starts_with("__meta_kubernetes_node_condition_"));
            }
            let backed = ["endpoints", "endpointslice"].iter().any(|role| vector["sd"]["role"] == *role);
            if backed && version < Version::new(3, 0, 0) {
                let init = target.remove("__meta_kubernetes_pod_container_init").is_some_and(|init| init == "true");
                let extra = !target.keys().any(|name| name.contains("_port_protocol") && name.contains("_endpoint"));
                match (init, extra) {
                    (true, true) => continue,
                    (true, false) => target.retain(|name, _| !name.starts_with("__meta_kubernetes_pod_container_")),
                    _ => {}
                }
            }
            all.push(target);
        }
    }
    let change = &vector[key];
    for gone in list(&change["fewer"]).iter().map(labels) {
        let at = all.iter().position(|target| *target == gone).expect("a target that can go");
        all.remove(at);
    }
    all.extend(list(&change["more"]).iter().map(labels));
    if version < Version::new(3, 0, 0) {
        all.retain(|target| target.contains_key("__address__"));
    }
    all.sort();
    all
}

#[test]
fn discovery_is_that_of_prometheus() {
    let stream = prom_doctor_checks::yaml::parse(include_str!("vectors/discovery.yaml"));
    assert!(stream.broken.is_empty(), "{:?}", stream.broken);
    let file = stream.documents[0].to_json().unwrap();
    let (mut answers, mut targets, mut values) = (0, 0, 0);
    for vector in list(&file["vectors"]) {
        let id = &vector["id"];
        let world = world(list(&vector["objects"]));
        let sd = KubernetesSd::read(&vector["sd"]);

        let newest = found(&world, &sd, Version::new(3, 14, 0));
        assert!(newest.refused.is_empty() && newest.unknown.is_empty(), "{id}: {:?} {:?}", newest.refused, newest.unknown);
        let wanted = groups(vector);
        assert_eq!(newest.groups.len(), wanted.len(), "{id}");
        for group in newest.groups {
            let (own, of) = &wanted[&group.source];
            assert_eq!(group.labels, *own, "{id} {}", group.source);
            let mut own: Vec<Labels> = group.targets.clone();
            own.sort();
            assert_eq!(own, *of, "{id} {}", group.source);
            targets += own.len();
            values += group.labels.len() + own.iter().map(Labels::len).sum::<usize>();
        }
        answers += 1;

        for (key, version) in [("on_v3_5", Version::new(3, 5, 3)), ("on_v2_53", Version::new(2, 53, 3))] {
            let older = found(&world, &sd, version);
            answers += 1;
            if let Some(error) = vector[key]["config_error"].as_str() {
                let told: BTreeSet<&str> = older.refused.iter().map(String::as_str).collect();
                assert_eq!(told, error.lines().skip(1).map(str::trim).collect(), "{id} {version}");
                assert!(older.groups.is_empty());
                continue;
            }
            assert!(older.refused.is_empty() && older.unknown.is_empty(), "{id} {version}");
            let mut all: Vec<Labels> = older.groups.iter().flat_map(Group::discovered).collect();
            if version < Version::new(3, 0, 0) {
                all.retain(|target| target.contains_key("__address__"));
            }
            all.sort();
            assert_eq!(all, expected(vector, version, key), "{id} {version}");
            targets += all.len();
            values += all.iter().map(Labels::len).sum::<usize>();
        }
    }
    println!("{answers} answers of Prometheus, {targets} targets, {values} labels compared");
    assert_eq!(answers, 60);
    assert!(targets >= 120, "{targets}");
}
