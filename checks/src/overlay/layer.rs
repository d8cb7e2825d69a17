//! Lays the objects of files over those of a world, kind by kind.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::Value;

use super::change::{Change, ChangeKind};
use super::merge::{Sent, differing, differing_labels};
use crate::chain::NAME_LABEL;
use crate::report::Ref;
use crate::world::{
    Binding, Container, ContainerPort, Crd, EndpointSlice, Endpoints, HasMeta, Ingress, KeyStore, Kind, Labels, Meta, Monitor,
    MonitorSpec, MonitorStatus, Namespace, Node, ObjectId, Pod, PodSpec, PodTemplate, Role, Seen, Server, ServerSpec, Service,
    ServicePort, Sight, Table, Unjudged, Workload, World,
};

/// An object over which one from a file can be laid.
trait Layer: HasMeta + Clone {
    /// Takes over what the file says beside metadata. What stays although the file does not have it is added to the paths.
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>);

    /// The fields beside metadata in which it differs from what it was, as far as anything looks at them.
    fn differs(&self, before: &Self) -> Vec<String>;

    /// Forgets what was said of it when it was another.
    fn outdate(&mut self) {}
}

/// What is on the table of one kind, or of two that share it.
struct Laying<'a> {
    sight: &'a Sight,
    refused: &'a BTreeMap<Ref, String>,
    changes: &'a mut BTreeMap<ObjectId, Change>,
}

impl Laying<'_> {
    fn table<T: Layer>(&mut self, live: &mut Table<T>, files: &Table<T>, kind: impl Fn(&T) -> Kind) {
        for file in files.iter() {
            // What is being deleted will not be there.
            if file.meta().deletion_timestamp.is_some() {
                continue;
            }
            let kind = kind(file);
            let id = file.meta().id(kind);
            if self.refused.contains_key(&Ref::from(&id)) {
                continue;
            }
            let change = match live.like(file) {
                None => {
                    let new = ChangeKind::Added;
                    let kind = if self.is_absent(kind, &id) { new } else { ChangeKind::NotSeen };
                    let mut object = file.clone();
                    let meta = object.meta_mut();
                    settle(meta);
                    if id.kind == Kind::Namespace {
                        meta.labels.insert(NAME_LABEL.to_owned(), id.name.clone());
                    }
                    live.put(object);
                    Change { object: (&id).into(), kind, fields: Vec::new(), stays: Vec::new() }
                }
                Some(before) => {
                    let sent = Sent::of(before.meta());
                    let mut stays = Vec::new();
                    let mut after = before.clone();
                    *after.meta_mut() = sent.meta(before.meta(), file.meta(), &mut stays);
                    after.take(file, &sent, &mut stays);
                    let mut fields = Vec::new();
                    differing_labels(&before.meta().labels, &after.meta().labels, "metadata.labels", &mut fields);
                    let annotations = |meta: &Meta| {
                        let mut all: Labels = meta.annotations.clone();
                        all.remove(crate::world::LAST_APPLIED);
                        all
                    };
                    let (old, new) = (annotations(before.meta()), annotations(after.meta()));
                    differing_labels(&old, &new, "metadata.annotations", &mut fields);
                    fields.extend(after.differs(before));
                    let kind = if fields.is_empty() { ChangeKind::Unchanged } else { ChangeKind::Changed };
                    if kind == ChangeKind::Changed {
                        settle(after.meta_mut());
                        after.outdate();
                        live.put(after);
                    }
                    Change { object: (&id).into(), kind, fields, stays }
                }
            };
            self.changes.insert(id, change);
        }
    }

    fn is_absent(&self, kind: Kind, id: &ObjectId) -> bool {
        let namespace = Some(id.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        match kind {
            Kind::Secret | Kind::ConfigMap => {
                matches!(self.sight.of_object(kind, &id.namespace, &id.name), Seen::Whole | Seen::NotServed)
            }
            _ => self.sight.whole(kind, namespace).is_ok(),
        }
    }
}

/// What is about to be written is not judged by its age: what is shown is what comes of it in the end.
fn settle(meta: &mut Meta) {
    meta.creation_timestamp = None;
    meta.managed_fields.iter_mut().for_each(|field| field.time = None);
}

/// Lays all objects of files over those of a world, but for those that the API server refuses.
pub(super) fn lay(world: &mut World, files: &World, refused: &BTreeMap<Ref, String>, changes: &mut BTreeMap<ObjectId, Change>) {
    let sight = world.sight.clone();
    let mut laying = Laying { sight: &sight, refused, changes };
    laying.table(&mut world.monitors, &files.monitors, |monitor| monitor.kind);
    laying.table(&mut world.servers, &files.servers, |server| server.kind);
    laying.table(&mut world.namespaces, &files.namespaces, |_| Kind::Namespace);
    laying.table(&mut world.services, &files.services, |_| Kind::Service);
    laying.table(&mut world.endpoints, &files.endpoints, |_| Kind::Endpoints);
    laying.table(&mut world.slices, &files.slices, |_| Kind::EndpointSlice);
    laying.table(&mut world.pods, &files.pods, |_| Kind::Pod);
    laying.table(&mut world.ingresses, &files.ingresses, |_| Kind::Ingress);
    laying.table(&mut world.nodes, &files.nodes, |_| Kind::Node);
    for (kind, table) in &files.workloads {
        laying.table(world.workloads.entry(*kind).or_default(), table, |_| *kind);
    }
    let in_namespace = |meta: &Meta| !meta.namespace.is_empty();
    laying.table(
        &mut world.roles,
        &files.roles,
        |role| if in_namespace(&role.metadata) { Kind::Role } else { Kind::ClusterRole },
    );
    laying.table(&mut world.bindings, &files.bindings, |binding| {
        if in_namespace(&binding.metadata) { Kind::RoleBinding } else { Kind::ClusterRoleBinding }
    });
    laying.table(&mut world.crds, &files.crds, |_| Kind::CustomResourceDefinition);
    laying.table(&mut world.secrets, &files.secrets, |_| Kind::Secret);
    laying.table(&mut world.config_maps, &files.config_maps, |_| Kind::ConfigMap);
    for (kind, table) in &files.unjudged {
        laying.table(world.unjudged.entry(*kind).or_default(), table, |_| *kind);
    }
    // What the files bring is there, whoever else may look.
    let stores = files.secrets.iter().map(|store| (Kind::Secret, store));
    let stores = stores.chain(files.config_maps.iter().map(|store| (Kind::ConfigMap, store)));
    for (kind, store) in stores.filter(|(kind, store)| !refused.contains_key(&Ref::from(store.metadata.id(*kind)))) {
        world.sight.note_object(kind, &store.metadata.namespace, &store.metadata.name, Seen::Whole);
    }
}

fn spec_differs(before: &Value, after: &Value) -> Vec<String> {
    let mut out = Vec::new();
    differing(before, after, "spec", &mut out);
    out
}

fn field(differs: bool, path: &str) -> Option<String> {
    differs.then(|| path.to_owned())
}

impl Layer for Monitor {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        let raw = sent.value(&self.raw, &file.raw, stays);
        match MonitorSpec::deserialize(&raw) {
            Ok(spec) => (self.raw, self.spec) = (raw, spec),
            Err(_) => (self.raw, self.spec) = (file.raw.clone(), file.spec.clone()),
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        spec_differs(&before.raw, &self.raw)
    }

    fn outdate(&mut self) {
        self.status = MonitorStatus::default();
    }
}

impl Layer for Server {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        let raw = sent.value(&self.raw, &file.raw, stays);
        match ServerSpec::deserialize(&raw) {
            Ok(spec) => (self.raw, self.spec) = (raw, spec),
            Err(_) => (self.raw, self.spec) = (file.raw.clone(), file.spec.clone()),
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        spec_differs(&before.raw, &self.raw)
    }
}

impl Layer for Unjudged {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        self.raw = sent.value(&self.raw, &file.raw, stays);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        spec_differs(&before.raw, &self.raw)
    }
}

impl Layer for Namespace {
    fn take(&mut self, _: &Self, _: &Sent, _: &mut Vec<String>) {}

    fn differs(&self, _: &Self) -> Vec<String> {
        Vec::new()
    }
}

impl Layer for Service {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        let (live, new) = (self.spec.clone(), &file.spec);
        let spec = &mut self.spec;
        spec.selector = match (&live.selector, &new.selector) {
            (Some(live), Some(new)) => {
                let mut merged = new.clone();
                for (key, value) in live.iter().filter(|(key, _)| !new.contains_key(*key) && !sent.owns()) {
                    stays.push(format!("spec.selector{}", crate::path::key_text(key)));
                    merged.insert(key.clone(), value.clone());
                }
                Some(merged)
            }
            (Some(_), None) if sent.owns() => None,
            (live, new) => new.clone().or_else(|| live.clone()),
        };
        // A list that is matched by its ports: without them the old ones stay only where nobody says they were sent.
        if !new.ports.is_empty() || sent.owns() {
            spec.ports.clone_from(&new.ports);
            if !sent.owns() {
                let gone = |port: &&ServicePort| !new.ports.iter().any(|other| other.port == port.port);
                for port in live.ports.iter().filter(gone) {
                    stays.push(format!("spec.ports (port {})", port.port));
                    spec.ports.push(port.clone());
                }
            }
        }
        let or = |new: &Option<String>, live: &Option<String>| new.clone().or_else(|| live.clone());
        spec.service_type = or(&new.service_type, &live.service_type);
        spec.cluster_ip = or(&new.cluster_ip, &live.cluster_ip);
        spec.external_name = or(&new.external_name, &live.external_name);
        spec.load_balancer_ip = or(&new.load_balancer_ip, &live.load_balancer_ip);
        spec.ip_family_policy = or(&new.ip_family_policy, &live.ip_family_policy);
        if !new.ip_families.is_empty() {
            spec.ip_families.clone_from(&new.ip_families);
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        let ports = |service: &Self| -> Vec<_> {
            let port = |port: &ServicePort| {
                (port.name().to_owned(), port.port, port.target(), port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()))
            };
            service.spec.ports.iter().map(port).collect()
        };
        let kind = |service: &Self| service.spec.service_type.clone().unwrap_or_else(|| "ClusterIP".to_owned());
        let (old, new) = (&before.spec, &self.spec);
        let fields = [
            field(before.selector() != self.selector(), "spec.selector"),
            field(ports(before) != ports(self), "spec.ports"),
            field(kind(before) != kind(self), "spec.type"),
            field(old.cluster_ip != new.cluster_ip, "spec.clusterIP"),
            field(old.external_name != new.external_name, "spec.externalName"),
            field(old.load_balancer_ip != new.load_balancer_ip, "spec.loadBalancerIP"),
            field(old.ip_family_policy != new.ip_family_policy, "spec.ipFamilyPolicy"),
            field(old.ip_families != new.ip_families, "spec.ipFamilies"),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl Layer for Endpoints {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        self.subsets.clone_from(&file.subsets);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        field(before.subsets != self.subsets, "subsets").into_iter().collect()
    }
}

impl Layer for EndpointSlice {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        self.endpoints.clone_from(&file.endpoints);
        self.ports.clone_from(&file.ports);
        if !file.address_type.is_empty() {
            self.address_type.clone_from(&file.address_type);
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        let fields = [
            field(before.address_type != self.address_type, "addressType"),
            field(before.endpoints != self.endpoints, "endpoints"),
            field(before.ports != self.ports, "ports"),
        ];
        fields.into_iter().flatten().collect()
    }
}

/// The containers that matter to anybody, with what the API server fills in.
fn whole(spec: &PodSpec) -> (Vec<Container>, Vec<Container>, String) {
    let container = |container: &Container| {
        let mut container = container.clone();
        for port in &mut container.ports {
            *port =
                ContainerPort { protocol: Some(port.protocol().to_owned()), name: Some(port.name().to_owned()), ..port.clone() };
        }
        container
    };
    let account = if spec.service_account_name.is_empty() { "default" } else { &spec.service_account_name };
    let all = |containers: &[Container]| containers.iter().map(container).collect();
    (all(&spec.containers), all(&spec.init_containers), account.to_owned())
}

/// A pod's spec from a file; where it runs is not the file's business.
fn pod_spec(live: &mut PodSpec, file: &PodSpec) {
    let node = live.node_name.clone();
    live.clone_from(file);
    if live.node_name.is_empty() {
        live.node_name = node;
    }
}

impl Layer for Pod {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        pod_spec(&mut self.spec, &file.spec);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        field(whole(&before.spec) != whole(&self.spec), "spec").into_iter().collect()
    }
}

impl Layer for Workload {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        let template = |live: &mut PodTemplate, file: &PodTemplate, stays: &mut Vec<String>| {
            let labels = live.metadata.labels.iter().filter(|(key, _)| !file.metadata.labels.contains_key(*key));
            let kept: Labels = labels.filter(|_| !sent.owns()).map(|(key, value)| (key.clone(), value.clone())).collect();
            stays.extend(kept.keys().map(|key| format!("spec.template.metadata.labels{}", crate::path::key_text(key))));
            pod_spec(&mut live.spec, &file.spec);
            live.metadata = file.metadata.clone();
            live.metadata.labels.extend(kept);
        };
        let (spec, new) = (&mut self.spec, &file.spec);
        spec.replicas = new.replicas.or(spec.replicas);
        spec.suspend = new.suspend.or(spec.suspend);
        if new.selector.is_some() {
            spec.selector.clone_from(&new.selector);
        }
        template(&mut spec.template, &new.template, stays);
        match (&mut spec.job_template, &new.job_template) {
            (Some(live), Some(new)) => template(&mut live.spec.template, &new.spec.template, stays),
            (live, new) => live.clone_from(new),
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        let (old, new) = (&before.spec, &self.spec);
        let (before, after) = (before.template(), self.template());
        let fields = [
            field(old.replicas.unwrap_or(1) != new.replicas.unwrap_or(1), "spec.replicas"),
            field(old.suspend.unwrap_or(false) != new.suspend.unwrap_or(false), "spec.suspend"),
            field(old.selector != new.selector, "spec.selector"),
            field(before.metadata.labels != after.metadata.labels, "spec.template.metadata.labels"),
            field(before.metadata.annotations != after.metadata.annotations, "spec.template.metadata.annotations"),
            field(whole(&before.spec) != whole(&after.spec), "spec.template.spec"),
        ];
        fields.into_iter().flatten().collect()
    }
}

impl Layer for Ingress {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        let class = file.spec.ingress_class_name.clone().or_else(|| self.spec.ingress_class_name.clone());
        self.spec.clone_from(&file.spec);
        self.spec.ingress_class_name = class;
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        field(before.spec != self.spec, "spec").into_iter().collect()
    }
}

impl Layer for Node {
    fn take(&mut self, _: &Self, _: &Sent, _: &mut Vec<String>) {}

    fn differs(&self, _: &Self) -> Vec<String> {
        Vec::new()
    }
}

impl Layer for Role {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        self.rules.clone_from(&file.rules);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        field(before.rules != self.rules, "rules").into_iter().collect()
    }
}

impl Layer for Binding {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        self.subjects.clone_from(&file.subjects);
        self.role_ref.clone_from(&file.role_ref);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        let fields = [field(before.role_ref != self.role_ref, "roleRef"), field(before.subjects != self.subjects, "subjects")];
        fields.into_iter().flatten().collect()
    }
}

impl Layer for Crd {
    fn take(&mut self, file: &Self, _: &Sent, _: &mut Vec<String>) {
        self.spec.clone_from(&file.spec);
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        field(before.spec != self.spec, "spec").into_iter().collect()
    }
}

impl Layer for KeyStore {
    fn take(&mut self, file: &Self, sent: &Sent, stays: &mut Vec<String>) {
        let stay = |key: &&String| !file.keys.contains_key(*key);
        if sent.owns() || is_sent(&self.metadata) {
            self.keys.clone_from(&file.keys);
        } else {
            stays.extend(self.keys.keys().filter(stay).map(|key| format!("data{}", crate::path::key_text(key))));
            self.keys.extend(file.keys.iter().map(|(key, fact)| (key.clone(), fact.clone())));
        }
    }

    fn differs(&self, before: &Self) -> Vec<String> {
        let all = before.keys.keys().chain(self.keys.keys());
        let differs = |key: &&String| before.keys.get(*key) != self.keys.get(*key);
        let mut paths: Vec<String> = all.filter(differs).map(|key| format!("data{}", crate::path::key_text(key))).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// Whether a Secret or ConfigMap was sent with `kubectl apply`, of which only the mark is kept.
fn is_sent(meta: &Meta) -> bool {
    meta.dropped_annotations.iter().any(|key| key == crate::world::LAST_APPLIED)
}
