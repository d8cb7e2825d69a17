//! Role `node` (SD-NODE).

use super::group::Group;
use super::labels::{LabelSet, sanitise};
use super::view::View;
use crate::world::Node;

/// Types of addresses, the preferred one first.
const PREFERENCE: [&str; 6] = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

impl View<'_> {
    /// The target of a node: its kubelet. A node without an address has none.
    pub(super) fn node_group(&self, node: &Node) -> Group {
        let mut own = LabelSet::default();
        if self.since(2, 33) {
            own.put_some("node_provider_id", node.spec.provider_id.as_deref());
        }
        if self.since(3, 12) {
            for condition in &node.status.conditions {
                let kind = sanitise(&condition.kind.to_lowercase());
                own.put(&format!("node_condition_{kind}"), condition.status.to_lowercase());
            }
        }
        self.node_metadata(node, &mut own);
        let mut group = Group::new(format!("node/{}", node.metadata.name), own);
        let first = |kind: &str| node.status.addresses.iter().find(|address| address.kind == kind);
        let Some(address) = PREFERENCE.iter().find_map(|kind| first(kind)) else {
            return group;
        };
        let mut out = LabelSet::default();
        out.address(&address.address, Some(node.status.daemon_endpoints.kubelet_endpoint.port));
        out.plain("instance", &*node.metadata.name);
        for address in node.status.addresses.iter().rev() {
            // In reverse, so that the first address of a type is the one that stays.
            out.put(&format!("node_address_{}", sanitise(&address.kind)), &*address.address);
        }
        group.add(out);
        group
    }
}
