//! Role `pod` (SD-POD), and the labels of pods and containers that other roles share.

use super::group::Group;
use super::labels::LabelSet;
use super::view::View;
use crate::world::{Container, ContainerPort, ContainerStatus, Pod};

impl View<'_> {
    /// The targets of a pod: one per declared port, and one without port for each container that declares none.
    pub(super) fn pod_group(&self, pod: &Pod) -> Group {
        let meta = &pod.metadata;
        let mut own = LabelSet::default();
        self.add_namespace(&meta.namespace, &mut own);
        self.add_pod(pod, &mut own);
        // Since 3.11 a pod on a node that the server does not see is no target: this is how it selects nodes.
        let hidden = self.attach.node && !self.add_node(&pod.spec.node_name, &mut own) && self.since(3, 11);
        let mut group = Group::new(format!("pod/{}/{}", meta.namespace, meta.name), own);
        if pod.status.pod_ip.is_empty() || hidden {
            return group;
        }
        for (container, init) in containers(pod) {
            let id = if init { &pod.status.init_container_statuses } else { &pod.status.container_statuses };
            let id = self.since(2, 42).then(|| container_id(id, &container.name)).flatten();
            let mut target = |port: Option<&ContainerPort>| {
                let mut out = LabelSet::default();
                out.address(&pod.status.pod_ip, port.map(|port| port.container_port));
                out.put_some("pod_container_id", id);
                self.add_container(container, &mut out);
                out.put("pod_container_init", init.to_string());
                if let Some(port) = port {
                    add_port(port, port.protocol(), &mut out);
                }
                group.add(out);
            };
            if container.ports.is_empty() {
                target(None);
            }
            container.ports.iter().for_each(|port| target(Some(port)));
        }
        group
    }

    /// The labels of a pod (SD-POD-8).
    pub(super) fn add_pod(&self, pod: &Pod, out: &mut LabelSet) {
        out.object("pod", &pod.metadata);
        out.put_some("pod_uid", pod.metadata.uid.as_deref());
        out.put("pod_ip", &*pod.status.pod_ip);
        out.put_some("pod_host_ip", pod.status.host_ip.as_deref());
        out.put("pod_node_name", &*pod.spec.node_name);
        out.put("pod_phase", &*pod.status.phase);
        let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
        out.put("pod_ready", ready.map_or("unknown".to_owned(), |ready| ready.status.to_lowercase()));
        if let Some(controller) = pod.metadata.controller() {
            out.put("pod_controller_kind", &*controller.kind);
            out.put("pod_controller_name", &*controller.name);
        }
        self.add_workload(pod, out);
    }

    /// Name and image of a container.
    pub(super) fn add_container(&self, container: &Container, out: &mut LabelSet) {
        out.put("pod_container_name", &*container.name);
        if self.since(2, 38) {
            out.put("pod_container_image", &*container.image);
        }
    }
}

/// The labels of a container port; whose protocol counts depends on the role.
pub(super) fn add_port(port: &ContainerPort, protocol: &str, out: &mut LabelSet) {
    out.put("pod_container_port_name", port.name());
    out.put("pod_container_port_number", port.container_port.to_string());
    out.put("pod_container_port_protocol", protocol);
}

/// Containers, then init containers, and whether they are of the latter.
pub(super) fn containers(pod: &Pod) -> impl Iterator<Item = (&Container, bool)> {
    let regular = pod.spec.containers.iter().map(|container| (container, false));
    regular.chain(pod.spec.init_containers.iter().map(|container| (container, true)))
}

fn container_id<'p>(statuses: &'p [ContainerStatus], name: &str) -> Option<&'p str> {
    statuses.iter().find(|status| status.name == name)?.container_id.as_deref()
}
