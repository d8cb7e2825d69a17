//! Role `endpointslice` (SD-EPS).

use super::backing::Backing;
use super::group::Group;
use super::labels::LabelSet;
use super::view::View;
use crate::world::{EndpointPort, EndpointSlice, SERVICE_NAME_LABEL, Service, SliceEndpoint};

impl View<'_> {
    /// The targets of a slice: each address of each endpoint with each port, and the further ports of pods.
    pub(super) fn slice_group(&self, slice: &EndpointSlice) -> Group {
        let meta = &slice.metadata;
        let mut own = LabelSet::default();
        self.add_namespace(&meta.namespace, &mut own);
        own.put("endpointslice_address_type", &*slice.address_type);
        if self.since(2, 46) {
            own.object("endpointslice", meta);
        } else {
            own.put("endpointslice_name", &*meta.name);
        }
        let name = meta.labels.get(SERVICE_NAME_LABEL);
        let service = name.and_then(|name| self.service(&meta.namespace, name, &mut own));
        if let Some(service) = service {
            own.object("service", &service.metadata);
        }
        let mut group = Group::new(format!("endpointslice/{}/{}", meta.namespace, meta.name), own);
        if service.is_some_and(|service| self.since(3, 11) && is_secondary(service, slice)) {
            return group;
        }
        let mut backing = Backing::new(self);
        for endpoint in &slice.endpoints {
            for port in &slice.ports {
                for address in &endpoint.addresses {
                    let mut out = self.slice_endpoint(address, endpoint, port);
                    backing.attach(endpoint.target_ref.as_ref(), port.port, None, &mut out);
                    group.add(out);
                }
            }
        }
        backing.add_extras(&mut group);
        group
    }

    fn slice_endpoint(&self, address: &str, endpoint: &SliceEndpoint, port: &EndpointPort) -> LabelSet {
        let mut out = LabelSet::default();
        out.address(address, port.port);
        out.put("endpointslice_port_name", port.name());
        out.put("endpointslice_port_protocol", port.protocol());
        if let Some(number) = port.port {
            out.put("endpointslice_port", number.to_string());
        }
        out.put_some("endpointslice_port_app_protocol", port.app_protocol.as_deref());
        let conditions = &endpoint.conditions;
        let newer = self.since(2, 42);
        for (name, value, known) in [
            ("ready", conditions.ready, true),
            ("serving", conditions.serving, newer),
            ("terminating", conditions.terminating, newer),
        ] {
            if let Some(value) = value.filter(|_| known) {
                out.put(&format!("endpointslice_endpoint_conditions_{name}"), value.to_string());
            }
        }
        out.put_some("endpointslice_endpoint_hostname", endpoint.hostname.as_deref());
        if self.since(2, 52) {
            out.put_some("endpointslice_endpoint_node_name", endpoint.node_name.as_deref());
            out.put_some("endpointslice_endpoint_zone", endpoint.zone.as_deref());
        }
        if let Some(reference) = &endpoint.target_ref {
            out.put("endpointslice_address_target_kind", &*reference.kind);
            out.put("endpointslice_address_target_name", &*reference.name);
        }
        if let Some(topology) = &endpoint.deprecated_topology {
            let prefix = "endpointslice_endpoint_topology_";
            out.entries(prefix, &format!("{prefix}present_"), topology);
        }
        if self.attach.node {
            let referred = endpoint.target_ref.as_ref().filter(|reference| reference.kind == "Node" && self.since(2, 45));
            let node = referred.map(|reference| &reference.name).or(endpoint.node_name.as_ref());
            if let Some(node) = node {
                self.add_node(node, &mut out);
            }
        }
        out
    }
}

/// Whether a slice has the second family of a dual-stack Service (SD-EPS-7).
fn is_secondary(service: &Service, slice: &EndpointSlice) -> bool {
    let dual = matches!(service.spec.ip_family_policy.as_deref(), Some("PreferDualStack" | "RequireDualStack"));
    dual && service.spec.ip_families.first().is_some_and(|family| *family != slice.address_type)
}
