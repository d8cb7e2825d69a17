//! Worlds for tests: objects as JSON, what a page leaves out, and the controllers that would react to a change.

pub(crate) mod complete;
pub(crate) mod controllers;
pub(crate) mod patch;
pub(crate) mod random;

use prom_doctor_checks::files::Settings;
use prom_doctor_checks::report::{Mode, Ref, Report, Run};
use prom_doctor_checks::schema::{Fault, Problem, examine};
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::{Kind, Manifest, Seen, World, decode_value};
use serde_json::Value;

/// The objects of a YAML text.
pub(crate) fn objects(text: &str) -> Vec<Value> {
    let stream = prom_doctor_checks::yaml::parse(text);
    assert!(stream.broken.is_empty(), "{:?}\n{text}", stream.broken);
    stream.documents.iter().map(|document| document.to_json().unwrap_or_else(|broken| panic!("{broken:?}"))).collect()
}

/// A world in which everything was seen, Secrets and ConfigMaps only in namespaces that have any of them; the
/// generated configuration counts as not asked unless it is there.
pub(crate) fn closed_world(objects: &[Value]) -> World {
    let mut world = World::default();
    for object in objects {
        let decoded = decode_value(object.clone(), "page", None);
        decoded.objects.into_iter().for_each(|object| world.insert(object));
        world.malformed.extend(decoded.malformed);
        world.live.extend(decoded.live);
    }
    for kind in Kind::all().filter(|kind| !kind.fetched_by_name()) {
        world.sight.note(kind, None, Seen::Whole);
    }
    for (kind, list) in [(Kind::Secret, &world.secrets), (Kind::ConfigMap, &world.config_maps)] {
        for namespace in list.namespaces() {
            world.sight.note(kind, Some(namespace), Seen::Whole);
        }
    }
    // A server so annotated was looked at: that its Secret is missing proves something.
    let asked = |server: &&prom_doctor_checks::world::Server| !server.metadata.annotations.contains_key("test/no-config");
    for server in world.servers.iter().filter(|server| !asked(server)) {
        world.sight.note_object(Kind::Secret, &server.metadata.namespace, &server.config_secret(), Seen::Whole);
    }
    let secrets: Vec<(String, String)> =
        world.servers.iter().filter(asked).map(|server| (server.metadata.namespace.clone(), server.config_secret())).collect();
    for (namespace, name) in secrets.into_iter().filter(|(namespace, name)| world.secrets.get(namespace, name).is_none()) {
        world.sight.note_object(Kind::Secret, &namespace, &name, Seen::NotAsked);
    }
    world
}

/// Whether the page of a check shows files rather than what an API server has taken.
pub(crate) fn shows_files(code: &str) -> bool {
    code.starts_with("PD14") && code != "PD1401"
}

/// The world of a block of a check's page.
pub(crate) fn page_world(code: &str, objects: &[Value], text: Option<&str>) -> World {
    let mut world = closed_world(objects);
    if shows_files(code) {
        as_manifests(&mut world, objects, text);
    }
    world
}

/// Takes the objects for manifests that no API server has seen yet. `text` is what they were written as, where there
/// is one: objects have no key twice.
pub(crate) fn as_manifests(world: &mut World, objects: &[Value], text: Option<&str>) {
    let version = Settings::default().operator(world);
    let mut add = |value: &Value, problems: Vec<Problem>| {
        let word = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let reference = Ref { kind: word("/kind"), namespace: word("/metadata/namespace"), name: word("/metadata/name") };
        if !problems.is_empty() {
            let (api_version, value) = (word("/apiVersion"), value.clone());
            world.manifests.push(Manifest {
                reference,
                api_version,
                homeless: false,
                kept_out: false,
                partial: false,
                value,
                problems,
            });
        }
    };
    let examined = |document: &prom_doctor_checks::yaml::Document| {
        let root = document.root();
        let word = |key: &str| root.get(key).and_then(|node| node.as_str()).unwrap_or_default();
        examine(word("kind"), word("apiVersion"), root, Some(version))
    };
    for object in objects {
        let stream = prom_doctor_checks::yaml::parse(&object.to_string());
        add(object, stream.documents.iter().flat_map(examined).collect());
    }
    for document in text.map(prom_doctor_checks::yaml::parse).unwrap_or_default().documents {
        let mut problems = examined(&document);
        problems.retain(|problem| matches!(problem.fault, Fault::RepeatedKey { .. }));
        add(&document.to_json().unwrap(), problems);
    }
}

/// Judges everything in a world.
pub(crate) fn diagnose(world: &World) -> Report {
    let run = Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    prom_doctor_checks::diagnose(world, &Question::default(), run)
}
