//! The rules that split targets over shards (OP-CFG-6, OP-SHD).

use serde_json::{Value, json};

use super::draft::Draft;
use super::field::Field;
use super::{Task, Writer};
use crate::operator::shard;
use crate::world::Kind;

const NODE_ZONE: &str = "__meta_kubernetes_node_label";
const POD_ZONE: &str = "__meta_kubernetes_pod_label";

impl Writer<'_> {
    /// The number of shards.
    pub(super) fn shards(&self) -> i64 {
        shard::shards(self.server)
    }

    /// The zones of a server that is sharded by them.
    pub(super) fn zones(&self) -> Option<Field<'_>> {
        let strategy = self.server_spec().get("shardingStrategy");
        let zones = strategy.get("topology").get("values");
        let active = self.since(91) && self.topology_gate && strategy.get("mode").text() == "Topology";
        (active && zones.items().next().is_some()).then_some(zones)
    }

    /// Whether pods carry their zone, so that nodes need not be looked at.
    pub(super) fn zone_of_pods(&self) -> bool {
        self.since(92) && self.pod_zones
    }
}

impl Task<'_> {
    /// Appends the rules; `by` is the label whose hash decides.
    pub(super) fn shard(&self, draft: &mut Draft, by: &str) {
        let writer = self.writer;
        let (shards, field) = (writer.shards(), self.server.get("shards"));
        if writer.since(91) && writer.retention_gate && writer.server.kind == Kind::Prometheus {
            let active = (0..shards).map(|shard| shard.to_string()).collect::<Vec<_>>().join("|");
            let current = "__tmp_current_shard";
            draft.rule(&field, json!({"target_label": current, "replacement": "$(SHARD)", "action": "replace"}));
            draft.rule(&field, json!({"source_labels": [current], "regex": active, "action": "keep"}));
        }
        let (modulus, shard) = match writer.zones() {
            Some(zones) => {
                self.keep_zone(draft, &zones);
                let count = i64::try_from(zones.items().count()).unwrap_or(i64::MAX);
                ((shards / count).max(1), "$(INZONE_SHARD)")
            }
            None => (shards, "$(SHARD)"),
        };
        let hash = "__tmp_hash";
        if writer.since(79) {
            draft.rule(&field, first_filled(&[by, hash], "(.+);", hash));
        }
        let hashed = if writer.since(79) { hash } else { by };
        draft.rule(&field, json!({"source_labels": [hashed], "target_label": hash, "modulus": modulus, "action": "hashmod"}));
        draft.rule(
            &field,
            if writer.since(83) {
                let sources = [hash, "__tmp_disable_sharding"];
                json!({"source_labels": sources, "regex": format!("{shard};|.+;.+"), "action": "keep"})
            } else {
                json!({"source_labels": [hash], "regex": shard, "action": "keep"})
            },
        );
    }

    fn keep_zone(&self, draft: &mut Draft, zones: &Field<'_>) {
        let topology = "__tmp_topology";
        draft.rule(zones, first_filled(&["__meta_kubernetes_endpointslice_endpoint_zone", topology], "(.+);", topology));
        let labels = if self.writer.zone_of_pods() { POD_ZONE } else { NODE_ZONE };
        let zone = "topology_kubernetes_io_zone";
        let sources = [format!("{labels}_{zone}"), format!("{labels}present_{zone}"), topology.to_owned()];
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        draft.rule(zones, first_filled(&sources, "(.+);true;", topology));
        let sources = [topology, "__tmp_disable_sharding"];
        draft.rule(zones, json!({"source_labels": sources, "regex": "$(TOPOLOGY_ZONE);|.+;.+", "action": "keep"}));
    }
}

/// A rule that fills a label unless it is filled already.
fn first_filled(sources: &[&str], regex: &str, label: &str) -> Value {
    json!({"source_labels": sources, "target_label": label, "regex": regex, "replacement": "$1", "action": "replace"})
}
