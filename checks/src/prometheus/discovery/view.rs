//! What one set of informers sees: one namespace or the whole cluster, less what selectors hide.

use super::SdRole;
use super::labels::LabelSet;
use super::selectors::{Filter, Selectable};
use crate::operator::version::Version;
use crate::prometheus::config::Attach;
use crate::world::{HasMeta, Kind, Node, Pod, Service, Table, World};

/// What a server sees in one namespace, or everywhere.
#[derive(Clone, Debug)]
pub(super) struct View<'w> {
    pub(super) world: &'w World,
    pub(super) role: SdRole,
    /// `None` for the whole cluster.
    pub(super) namespace: Option<String>,
    pub(super) version: Option<Version>,
    pub(super) attach: Attach,
    pub(super) filters: Vec<Filter>,
}

impl<'w> View<'w> {
    /// Whether the server is of this version or a later one; one that is not known counts as the newest.
    pub(super) fn since(&self, major: u32, minor: u32) -> bool {
        self.version.is_none_or(|version| version >= Version::new(major, minor, 0))
    }

    /// The objects of the role's own kind that are seen.
    pub(super) fn all<T: Selectable>(&self, table: &'w Table<T>) -> Vec<&'w T> {
        let shown = |object: &&'w T| self.shows(self.role.kind(), *object);
        match &self.namespace {
            Some(namespace) => table.in_namespace(namespace).filter(shown).collect(),
            None => table.iter().filter(shown).collect(),
        }
    }

    fn shows<T: Selectable>(&self, kind: Kind, object: &T) -> bool {
        self.filters.iter().filter(|filter| filter.kind == kind).all(|filter| filter.shows(object))
    }

    /// Whether an object of the role's kind is seen.
    pub(super) fn sees<T: Selectable>(&self, object: &T) -> bool {
        self.watches(&object.meta().namespace) && self.shows(self.role.kind(), object)
    }

    fn watches(&self, namespace: &str) -> bool {
        self.role == SdRole::Node || self.namespace.as_ref().is_none_or(|own| own == namespace)
    }

    /// Notes in `out` that something may be missing if a kind was not seen as a whole.
    fn doubt(&self, kind: Kind, namespace: &str, out: &mut LabelSet) {
        let namespace = kind.namespaced().then_some(namespace);
        out.unknown.extend(self.world.sight.whole(kind, namespace).err());
    }

    /// A pod by what an address refers to. Pods of other namespaces are not in this view's cache.
    pub(super) fn pod(&self, namespace: &str, name: &str, out: &mut LabelSet) -> Option<&'w Pod> {
        if !self.watches(namespace) || namespace.is_empty() {
            return None;
        }
        let Some(pod) = self.world.pods.get(namespace, name) else {
            self.doubt(Kind::Pod, namespace, out);
            return None;
        };
        self.shows(Kind::Pod, pod).then_some(pod)
    }

    /// A Service of a namespace of this view.
    pub(super) fn service(&self, namespace: &str, name: &str, out: &mut LabelSet) -> Option<&'w Service> {
        let Some(service) = self.world.services.get(namespace, name) else {
            self.doubt(Kind::Service, namespace, out);
            return None;
        };
        self.shows(Kind::Service, service).then_some(service)
    }

    /// Adds name, labels and annotations of a node, and says whether it is known (SD-ATT-1).
    pub(super) fn add_node(&self, name: &str, out: &mut LabelSet) -> bool {
        let Some(node) = self.world.nodes.get("", name) else {
            self.doubt(Kind::Node, "", out);
            return false;
        };
        if !self.shows(Kind::Node, node) {
            return false;
        }
        self.node_metadata(node, out);
        true
    }

    /// Name, labels and, since 2.46, annotations of a node.
    pub(super) fn node_metadata(&self, node: &Node, out: &mut LabelSet) {
        if self.since(2, 46) {
            out.object("node", &node.metadata);
        } else {
            out.put("node_name", &*node.metadata.name);
            out.map("node_label", &node.metadata.labels);
        }
    }

    /// Adds what every namespaced role says of an object's namespace.
    pub(super) fn add_namespace(&self, namespace: &str, out: &mut LabelSet) {
        out.put("namespace", namespace);
        if !self.attach.namespace {
            return;
        }
        match self.world.namespaces.get("", namespace) {
            Some(found) => out.metadata("namespace", found.meta()),
            None => self.doubt(Kind::Namespace, "", out),
        }
    }

    /// Adds the workload behind the controller of a pod (SD-ATT-5).
    pub(super) fn add_workload(&self, pod: &Pod, out: &mut LabelSet) {
        let Some(controller) = pod.metadata.controller() else { return };
        let owner = |kind: Kind, wanted: &str, out: &mut LabelSet| {
            let Some(found) = self.world.workload(kind, &pod.metadata.namespace, &controller.name) else {
                self.doubt(kind, &pod.metadata.namespace, out);
                return None;
            };
            found.metadata.controller().filter(|owner| owner.kind == wanted).map(|owner| owner.name.clone())
        };
        match &*controller.kind {
            "ReplicaSet" if self.attach.deployment => {
                let name = owner(Kind::ReplicaSet, "Deployment", out);
                out.put_some("pod_deployment_name", name.as_deref());
            }
            "Job" => {
                if self.attach.job {
                    out.put("pod_job_name", &*controller.name);
                }
                if self.attach.cronjob {
                    let name = owner(Kind::Job, "CronJob", out);
                    out.put_some("pod_cronjob_name", name.as_deref());
                }
            }
            _ => {}
        }
    }
}
