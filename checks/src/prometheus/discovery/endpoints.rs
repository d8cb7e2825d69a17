//! Role `endpoints` (SD-EP).

use super::backing::Backing;
use super::group::Group;
use super::labels::LabelSet;
use super::view::View;
use crate::world::{Address, EndpointPort, Endpoints};

impl View<'_> {
    /// The targets of an Endpoints object: each address with each port of its subset, and the further ports of pods.
    pub(super) fn endpoints_group(&self, endpoints: &Endpoints) -> Group {
        let meta = &endpoints.metadata;
        let mut own = LabelSet::default();
        self.add_namespace(&meta.namespace, &mut own);
        if self.since(2, 46) {
            own.object("endpoints", meta);
        } else {
            own.put("endpoints_name", &*meta.name);
            own.map("endpoints_label", &meta.labels);
        }
        if let Some(service) = self.service(&meta.namespace, &meta.name, &mut own) {
            own.object("service", &service.metadata);
        }
        let mut group = Group::new(format!("endpoints/{}/{}", meta.namespace, meta.name), own);
        let mut backing = Backing::new(self);
        for subset in &endpoints.subsets {
            for port in &subset.ports {
                for (addresses, ready) in [(&subset.addresses, true), (&subset.not_ready_addresses, false)] {
                    for address in addresses {
                        let mut out = self.endpoint(address, port, ready);
                        backing.attach(address.target_ref.as_ref(), port.port, Some(port.protocol()), &mut out);
                        group.add(out);
                    }
                }
            }
        }
        backing.add_extras(&mut group);
        group
    }

    fn endpoint(&self, address: &Address, port: &EndpointPort, ready: bool) -> LabelSet {
        let mut out = LabelSet::default();
        out.address(&address.ip, Some(port.port.unwrap_or(0)));
        out.put("endpoint_port_name", port.name());
        out.put("endpoint_port_protocol", port.protocol());
        out.put("endpoint_ready", ready.to_string());
        if let Some(reference) = &address.target_ref {
            out.put("endpoint_address_target_kind", &*reference.kind);
            out.put("endpoint_address_target_name", &*reference.name);
        }
        out.put_some("endpoint_node_name", address.node_name.as_deref());
        out.put_some("endpoint_hostname", address.hostname.as_deref());
        if self.attach.node {
            let referred = address.target_ref.as_ref().filter(|reference| reference.kind == "Node" && self.since(2, 45));
            let node = address.node_name.as_ref().or(referred.map(|reference| &reference.name));
            if let Some(node) = node {
                self.add_node(node, &mut out);
            }
        }
        out
    }
}
