//! The pods behind the addresses of an Endpoints object or slice, and their further ports (SD-EP-6 … SD-EP-10).

use super::group::Group;
use super::labels::LabelSet;
use super::pod::{add_port, containers};
use super::view::View;
use crate::world::{Container, Pod, TargetRef};

/// The pods seen in one object, in order of appearance, each with the ports by which it was seen.
pub(super) struct Backing<'v, 'w> {
    view: &'v View<'w>,
    seen: Vec<(&'w Pod, Vec<i64>)>,
}

impl<'v, 'w> Backing<'v, 'w> {
    pub(super) fn new(view: &'v View<'w>) -> Self {
        Self { view, seen: Vec::new() }
    }

    fn containers(&self, pod: &'w Pod) -> impl Iterator<Item = (&'w Container, bool)> + use<'w> {
        let init_too = self.view.since(3, 0);
        containers(pod).filter(move |(_, init)| init_too || !init)
    }

    fn add_container(&self, container: &Container, init: bool, out: &mut LabelSet) {
        self.view.add_container(container, out);
        if self.view.since(3, 0) {
            out.put("pod_container_init", init.to_string());
        }
    }

    /// Adds to a target what its pod, if it refers to one, and the container of its port say. `protocol` is that of
    /// the endpoint port where it counts, `None` where that of the container port does.
    pub(super) fn attach(
        &mut self,
        reference: Option<&TargetRef>,
        port: Option<i64>,
        protocol: Option<&str>,
        out: &mut LabelSet,
    ) {
        let Some(reference) = reference.filter(|reference| reference.kind == "Pod") else { return };
        let Some(pod) = self.view.pod(&reference.namespace, &reference.name, out) else { return };
        self.view.add_pod(pod, out);
        // By number alone; within a container the first port of that number, of the containers the last.
        for (container, init) in self.containers(pod) {
            if let Some(declared) = container.ports.iter().find(|declared| Some(declared.container_port) == port) {
                // A name or image of an earlier container must not show through where this one has none.
                ["name", "image", "port_name"].iter().for_each(|part| {
                    out.labels.remove(&format!("__meta_kubernetes_pod_container_{part}"));
                });
                self.add_container(container, init, out);
                add_port(declared, protocol.unwrap_or(declared.protocol()), out);
            }
        }
        match self.seen.iter_mut().find(|(seen, _)| std::ptr::eq(*seen, pod)) {
            Some((_, ports)) => ports.extend(port),
            None => self.seen.push((pod, port.into_iter().collect())),
        }
    }

    /// Adds a target for each container port by which a pod was not seen, at the pod's own IP.
    pub(super) fn add_extras(&self, group: &mut Group) {
        for (pod, ports) in &self.seen {
            if pod.status.pod_ip.is_empty() && self.view.since(2, 46) {
                continue;
            }
            for (container, init) in self.containers(pod) {
                for declared in container.ports.iter().filter(|declared| !ports.contains(&declared.container_port)) {
                    let mut out = LabelSet::default();
                    out.address(&pod.status.pod_ip, Some(declared.container_port));
                    self.add_container(container, init, &mut out);
                    add_port(declared, declared.protocol(), &mut out);
                    self.view.add_pod(pod, &mut out);
                    group.add(out);
                }
            }
        }
    }
}
