//! The shards of a server: how many there are, and what the reloader of each finds in its environment (OP-CFG-6, -7).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::Server;

/// Variables that the operator sets in pods to values that its objects do not tell.
pub const OF_PODS: [&str; 2] = ["POD_NAME", "NODE_NAME"];

/// Nobody runs more; a number from an object must not decide how long anything takes.
pub const MOST: i64 = 1000;

/// How many shards a server has; at least one.
pub fn shards(server: &Server) -> i64 {
    server.spec.shards.unwrap_or(1).max(1)
}

/// The variables of a shard. With topology sharding zones take turns, and `INZONE_SHARD` counts within a zone.
pub fn variables(server: &Server, shard: i64) -> BTreeMap<String, String> {
    let mut out = BTreeMap::from([("SHARD".to_owned(), shard.to_string())]);
    let strategy = server.raw.get("shardingStrategy").filter(|strategy| strategy["mode"] == "Topology");
    let zones = strategy.and_then(|strategy| strategy.pointer("/topology/values")).and_then(Value::as_array);
    if let Some(zones) = zones.filter(|zones| !zones.is_empty()) {
        let number = i64::try_from(zones.len()).unwrap_or(i64::MAX);
        let zone = usize::try_from(shard % number).ok().and_then(|at| zones[at].as_str()).unwrap_or_default();
        out.insert("TOPOLOGY_ZONE".to_owned(), zone.to_owned());
        out.insert("INZONE_SHARD".to_owned(), (shard / number).to_string());
    }
    out
}

/// A job of an agent in DaemonSet mode without the selector that leaves each node's agent the pods of its node: all
/// nodes have one, and together they discover what one without it would (OP-AGT-2).
pub fn on_all_nodes(job: &Value) -> Value {
    let mut job = job.clone();
    let entries = job.get_mut("kubernetes_sd_configs").and_then(Value::as_array_mut).into_iter().flatten();
    for selectors in entries.filter_map(|entry| entry.get_mut("selectors").and_then(Value::as_array_mut)) {
        for selector in selectors.iter_mut().filter(|selector| selector["field"] == "spec.nodeName=$(NODE_NAME)") {
            selector.as_object_mut().map(|fields| fields.shift_remove("field"));
        }
    }
    job
}
