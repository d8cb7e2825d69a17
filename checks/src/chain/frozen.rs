//! Which servers prometheus-operator 0.93.0 wrote a configuration for, recorded from its Secrets and conditions; not
//! in the list is what this crate does not read: storage classes, rule selectors, two credentials of a remote write.

use serde_json::{Value, json};

use super::server::{DEFAULT_GRACE, server_facts};
use crate::world::{Kind, Object, Seen, World, decode_value};

fn object(value: Value) -> Object {
    decode_value(value, "test", None).objects.remove(0)
}

#[test]
fn blockers_are_what_freezes_the_operator() {
    let mut world = World::default();
    let data = json!({"list": "- job_name: a\n", "map": "a: b\n", "text": "hello", "empty": "", "bad": "- a: [\n", "user": "u"});
    world.insert(object(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "m"},
        "stringData": data})));
    world.sight.note(Kind::Secret, Some("m"), Seen::Whole);
    let mut wrong = Vec::new();
    for line in include_str!("frozen.jsonl").lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let kind = answer["kind"].as_str().unwrap();
        let version = if kind == "Prometheus" { "v1" } else { "v1alpha1" };
        let value = json!({"apiVersion": format!("monitoring.coreos.com/{version}"), "kind": kind, "spec": answer["spec"],
            "metadata": {"name": answer["name"], "namespace": "m"}});
        let Object::Server(server) = object(value) else { panic!("{answer}") };
        let blocked = server_facts(&world, &server, &[], DEFAULT_GRACE).blocked;
        if blocked.is_empty() != (answer["says"] == "") {
            wrong.push(format!("{}: {} but {blocked:?}", answer["name"], answer["says"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
