//! Role `service` (SD-SVC).

use super::group::Group;
use super::labels::LabelSet;
use super::view::View;
use crate::world::Service;

impl View<'_> {
    /// The targets of a Service: its name with each of its ports.
    pub(super) fn service_group(&self, service: &Service) -> Group {
        let (meta, spec) = (&service.metadata, &service.spec);
        let mut own = LabelSet::default();
        self.add_namespace(&meta.namespace, &mut own);
        own.object("service", meta);
        let mut group = Group::new(format!("svc/{}/{}", meta.namespace, meta.name), own);
        let kind = spec.service_type.as_deref().filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
        for port in &spec.ports {
            let mut out = LabelSet::default();
            out.address(&format!("{}.{}.svc", meta.name, meta.namespace), Some(port.port));
            out.put("service_port_name", port.name());
            if self.since(2, 38) {
                out.put("service_port_number", port.port.to_string());
            }
            out.put("service_port_protocol", port.protocol.as_deref().unwrap_or("TCP"));
            out.put("service_type", kind);
            match kind {
                "ExternalName" => out.put_some("service_external_name", spec.external_name.as_deref()),
                _ => out.put_some("service_cluster_ip", spec.cluster_ip.as_deref()),
            }
            if kind == "LoadBalancer" && self.since(2, 39) {
                out.put_some("service_loadbalancer_ip", spec.load_balancer_ip.as_deref());
            }
            group.add(out);
        }
        group
    }
}
