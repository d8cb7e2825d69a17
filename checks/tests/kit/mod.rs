//! Worlds for tests: objects as JSON, what a page leaves out, and the controllers that would react to a change.

pub(crate) mod complete;
pub(crate) mod controllers;
pub(crate) mod patch;
pub(crate) mod random;

use prom_doctor_checks::report::{Mode, Report, Run};
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::{Kind, Seen, World, decode_value};
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

/// Judges everything in a world.
pub(crate) fn diagnose(world: &World) -> Report {
    let run = Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    prom_doctor_checks::diagnose(world, &Question::default(), run)
}
