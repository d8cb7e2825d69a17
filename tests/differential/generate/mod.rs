//! Clusters as no sane controller would leave them: every object is drawn for itself, from so few names, addresses and
//! ports that they meet by chance. An API server would hold each of them, with the defaults that it fills in.

mod endpoints;
mod meta;
mod pods;
mod rest;
mod services;

use prom_doctor_checks::world::{Kind, Seen, World, decode_value};
use serde_json::Value;

pub(super) use self::meta::{KEYS, VALUES};
use super::random::Random;

/// Namespaces. In the last one are addresses only: it has no Namespace object, pods or Services.
pub(super) const NAMESPACES: &[&str] = &["shop", "kube-system", "a-b", "lost"];
/// Names of Services, and of the Endpoints that may belong to them.
pub(super) const NAMES: &[&str] = &["web", "api", "db", "x-1"];
/// Nodes. The last one never exists.
pub(super) const NODES: &[&str] = &["n1", "n2", "node-3.local", "gone"];
/// Ports of everything.
const PORTS: &[i64] = &[80, 8080, 9090, 9100, 53];
/// Protocols.
const PROTOCOLS: &[&str] = &["TCP", "TCP", "TCP", "UDP", "SCTP"];
/// Names of ports.
const PORT_NAMES: &[&str] = &["http", "metrics", "http-metrics", "dns", "web"];

/// A generated cluster.
pub(super) struct Cluster {
    /// The seed that makes it again.
    pub(super) seed: u64,
    pub(super) objects: Vec<Value>,
}

impl Cluster {
    pub(super) fn generate(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let mut objects = rest::namespaces(random);
        objects.extend(rest::nodes(random));
        objects.extend(rest::workloads(random));
        let pods = pods::pods(random);
        objects.extend(services::services(random));
        objects.extend(endpoints::endpoints(random, &pods));
        objects.extend(endpoints::slices(random, &pods));
        objects.extend(rest::ingresses(random));
        objects.extend(pods);
        Self { seed, objects }
    }

    /// The same, as the program under test sees it: whole.
    pub(super) fn world(&self) -> World {
        let mut world = World::default();
        for object in &self.objects {
            let decoded = decode_value(object.clone(), "generated", None);
            assert!(decoded.malformed.is_empty() && decoded.objects.len() == 1, "{object}: {:?}", decoded.malformed);
            decoded.objects.into_iter().for_each(|object| world.insert(object));
        }
        Kind::all().for_each(|kind| world.sight.note(kind, None, Seen::Whole));
        world
    }
}

/// A field that may be there.
fn maybe(object: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[key] = value.into();
    }
}
