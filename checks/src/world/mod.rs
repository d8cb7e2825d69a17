//! What has been seen: slim typed objects, indexes over them, and how much of each kind was visible.
//!
//! A world is filled by the shell (from a cluster, a snapshot or files) and then only read.

mod core;
mod crd;
mod decode;
mod each;
mod events;
mod ingress;
mod kind;
mod live;
mod manifest;
mod measures;
mod meta;
mod monitors;
mod node;
mod rbac;
mod secrets;
mod servers;
mod sight;
mod table;
mod workloads;

use std::collections::{BTreeMap, BTreeSet};

use crate::operator::version::Version;

pub use self::core::*;
pub use self::crd::Crd;
pub use self::decode::{Decoded, LAST_APPLIED, Malformed, Object, Page, decode, decode_page, decode_value};
pub(crate) use self::decode::{is_relative, single};
pub use self::events::{REFUSED, Refusal, RefusalPage, Refusals};
pub use self::ingress::*;
pub use self::kind::Kind;
pub use self::live::*;
pub use self::manifest::Manifest;
pub use self::measures::{Controller, Measures};
pub(crate) use self::meta::nullable;
pub use self::meta::{HELM_RELEASE, Labels, ManagedField, Meta, ObjectId, OwnerReference, seconds};
pub use self::monitors::*;
pub use self::node::*;
pub use self::rbac::{Binding, PolicyRule, Role, RoleRef, Subject};
pub use self::secrets::{CONFIG_KEY, KeyFact, KeyStore, OLD_CONFIG_KEY, PemFact, PemReader};
pub use self::servers::*;
pub use self::sight::{Seen, Sight, Unseen, UnseenReason};
pub use self::table::{HasMeta, Table};
pub use self::workloads::{PodTemplate, Workload};

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// ServiceMonitors and PodMonitors.
    pub monitors: Table<Monitor>,
    /// Prometheus and PrometheusAgent objects.
    pub servers: Table<Server>,
    /// Namespaces.
    pub namespaces: Table<Namespace>,
    /// Services.
    pub services: Table<Service>,
    /// Endpoints.
    pub endpoints: Table<Endpoints>,
    /// EndpointSlices.
    pub slices: Table<EndpointSlice>,
    /// Pods.
    pub pods: Table<Pod>,
    /// Ingresses.
    pub ingresses: Table<Ingress>,
    /// Nodes.
    pub nodes: Table<Node>,
    /// Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs.
    pub workloads: BTreeMap<Kind, Table<Workload>>,
    /// Roles and ClusterRoles.
    pub roles: Table<Role>,
    /// RoleBindings and ClusterRoleBindings.
    pub bindings: Table<Binding>,
    /// CustomResourceDefinitions.
    pub crds: Table<Crd>,
    /// Facts about Secrets.
    pub secrets: Table<KeyStore>,
    /// Facts about ConfigMaps.
    pub config_maps: Table<KeyStore>,
    /// Objects that are counted, not judged: Probes, ScrapeConfigs, PrometheusRules, by kind.
    pub unjudged: BTreeMap<Kind, Table<Unjudged>>,
    /// Monitors and the like of other API groups, which prometheus-operator never reads.
    pub foreign: Vec<Foreign>,
    /// What the running pods of servers answered.
    pub live: Vec<LivePod>,
    /// What operators say that they refuse.
    pub refusals: Refusals,
    /// Where they were asked for: namespaces, or all with `None`.
    pub refusals_asked: BTreeSet<Option<String>>,
    /// What operators count, by what runs them.
    pub measures: BTreeMap<ObjectId, Answer<Measures>>,
    /// How much of each kind was seen.
    pub sight: Sight,
    /// Objects that nobody has seen and that would follow from others, each with the one it follows from: a Pod from its
    /// workload, Endpoints and slices from their Service. Nothing may be said of them as if they existed.
    pub assumed: BTreeMap<ObjectId, ObjectId>,
    /// What is wrong with manifests that no API server has seen yet.
    pub manifests: Vec<Manifest>,
    /// Objects and documents that could not be read.
    pub malformed: Vec<Malformed>,
    /// The version of the operator that is to be assumed, whatever was seen; `None` to go by what was seen.
    pub operator_version: Option<Version>,
    /// When this was seen, in seconds since 1970; `None` where nobody knows.
    pub observed_at: Option<i64>,
}

/// An object without a verdict of its own.
#[derive(Clone, Debug)]
pub struct Unjudged {
    /// Metadata.
    pub metadata: Meta,
    /// The spec of a Probe or ScrapeConfig, from which the operator writes a job; null for others.
    pub raw: serde_json::Value,
    /// What operators say of it in its status.
    pub bindings: Vec<StatusBinding>,
}

/// An object whose kind looks like one of the operator's but belongs to another group.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// `group/version`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Metadata.
    pub metadata: Meta,
}

impl World {
    /// Puts an object into the world. A second copy of an object replaces the first only if it is newer.
    pub fn insert(&mut self, object: Object) {
        match object {
            Object::Monitor(object) => self.monitors.insert(object),
            Object::Server(object) => self.servers.insert(*object),
            Object::Namespace(object) => self.namespaces.insert(object),
            Object::Service(object) => self.services.insert(object),
            Object::Endpoints(object) => self.endpoints.insert(object),
            Object::EndpointSlice(object) => self.slices.insert(object),
            Object::Pod(object) => self.pods.insert(object),
            Object::Ingress(object) => self.ingresses.insert(object),
            Object::Node(object) => self.nodes.insert(object),
            Object::Workload(kind, object) => self.workloads.entry(kind).or_default().insert(*object),
            Object::Role(object) => self.roles.insert(object),
            Object::Binding(object) => self.bindings.insert(object),
            Object::Crd(object) => self.crds.insert(object),
            Object::Secret(object) => self.secrets.insert(object),
            Object::ConfigMap(object) => self.config_maps.insert(object),
            Object::Unjudged(kind, object) => self.unjudged.entry(kind).or_default().insert(object),
            Object::Foreign(object) => self.foreign.push(object),
            Object::Ignored => {}
        }
    }

    /// Takes what an operator counts, or why it does not tell.
    pub fn measure(&mut self, operator: ObjectId, metrics: Result<&[u8], String>) {
        let answer = match metrics.and_then(Measures::read) {
            Ok(measures) => Answer::Given(measures),
            Err(why) => Answer::Failed(why),
        };
        self.measures.insert(operator, answer);
    }

    /// Takes what an operator says that it refuses.
    pub fn refuse(&mut self, id: ObjectId, refusal: Refusal) {
        events::add(&mut self.refusals, id, refusal);
    }

    /// What the operator of a server says that it refuses an object for, in an event that is as new as the object. What
    /// does not tell of which server it speaks is of the only one of its kind.
    pub fn refusal(&self, id: &ObjectId, changed_at: Option<i64>, server: &Server) -> Option<&Refusal> {
        let meta = &server.metadata;
        let own = |refusal: &&Refusal| {
            let only = || self.servers.iter().filter(|other| other.kind == server.kind).count() == 1;
            let named = |(namespace, name): &(String, String)| *namespace == meta.namespace && *name == meta.name;
            refusal.server_kind == server.kind && refusal.server.as_ref().map_or_else(only, named)
        };
        let current = |refusal: &&Refusal| refusal.at.zip(changed_at).is_none_or(|(said, changed)| said >= changed);
        self.refusals.get(id)?.iter().filter(own).filter(current).max_by_key(|refusal| refusal.at)
    }

    /// Takes what a running pod of a server answered.
    pub fn hear(&mut self, server: Option<(String, String)>, pod: &str, ask: Ask, answer: Result<&[u8], String>) {
        self.live_pod(server, pod).take(ask, answer);
    }

    /// Takes the targets of a running pod of a server.
    pub fn hear_targets(&mut self, server: Option<(String, String)>, pod: &str, targets: Result<LiveTargets, String>) {
        self.live_pod(server, pod).hear_targets(targets);
    }

    fn live_pod(&mut self, server: Option<(String, String)>, pod: &str) -> &mut LivePod {
        let known = self.live.iter().position(|live| live.server == server && live.pod == pod);
        let at = known.unwrap_or_else(|| {
            self.live.push(LivePod { server, pod: pod.to_owned(), ..LivePod::default() });
            self.live.len() - 1
        });
        &mut self.live[at]
    }

    /// Notes of a pod that it does not answer for a reason that time does not mend.
    pub fn refused(&mut self, server: Option<&(String, String)>, pod: &str) {
        let own = self.live.iter_mut().find(|live| live.server.as_ref() == server && live.pod == pod);
        own.into_iter().for_each(|live| live.lasting = true);
    }

    /// A world that knows of this one what hardly ever changes and is long to read: definitions, rights, and objects that
    /// have no chain.
    pub fn slow(&self) -> Self {
        const SLOW: [Kind; 8] = [
            Kind::CustomResourceDefinition,
            Kind::Role,
            Kind::ClusterRole,
            Kind::RoleBinding,
            Kind::ClusterRoleBinding,
            Kind::Probe,
            Kind::ScrapeConfig,
            Kind::PrometheusRule,
        ];
        let malformed = self.malformed.iter().filter(|malformed| malformed.id.as_ref().is_some_and(|id| SLOW.contains(&id.kind)));
        Self {
            crds: self.crds.clone(),
            roles: self.roles.clone(),
            bindings: self.bindings.clone(),
            unjudged: self
                .unjudged
                .iter()
                .filter(|(kind, _)| SLOW.contains(kind))
                .map(|(kind, all)| (*kind, all.clone()))
                .collect(),
            malformed: malformed.cloned().collect(),
            sight: self.sight.of_kinds(&SLOW),
            operator_version: self.operator_version,
            ..Self::default()
        }
    }

    /// A ServiceMonitor or PodMonitor.
    pub fn monitor(&self, id: &ObjectId) -> Option<&Monitor> {
        self.monitors.named(&id.namespace, &id.name).find(|monitor| monitor.kind == id.kind)
    }

    /// Workloads of a kind.
    pub fn workloads_of(&self, kind: Kind) -> impl Iterator<Item = &Workload> {
        self.workloads.get(&kind).into_iter().flat_map(Table::iter)
    }

    /// Workloads of all kinds in a namespace.
    pub fn workloads_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = (Kind, &'a Workload)> {
        self.workloads.iter().flat_map(move |(kind, table)| table.in_namespace(namespace).map(move |workload| (*kind, workload)))
    }

    /// A workload by kind and name.
    pub fn workload(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Workload> {
        self.workloads.get(&kind)?.get(namespace, name)
    }

    /// Whether any object of the kind is here.
    pub fn has_any(&self, kind: Kind) -> bool {
        match kind {
            Kind::ServiceMonitor | Kind::PodMonitor => self.monitors.iter().any(|monitor| monitor.kind == kind),
            Kind::Prometheus | Kind::PrometheusAgent => self.servers.iter().any(|server| server.kind == kind),
            Kind::Namespace => !self.namespaces.is_empty(),
            Kind::Service => !self.services.is_empty(),
            Kind::Endpoints => !self.endpoints.is_empty(),
            Kind::EndpointSlice => !self.slices.is_empty(),
            Kind::Pod => !self.pods.is_empty(),
            Kind::Ingress => !self.ingresses.is_empty(),
            Kind::Node => !self.nodes.is_empty(),
            Kind::Role => self.roles.iter().any(|role| !role.metadata.namespace.is_empty()),
            Kind::ClusterRole => self.roles.iter().any(|role| role.metadata.namespace.is_empty()),
            Kind::RoleBinding => self.bindings.iter().any(|binding| !binding.metadata.namespace.is_empty()),
            Kind::ClusterRoleBinding => self.bindings.iter().any(|binding| binding.metadata.namespace.is_empty()),
            Kind::CustomResourceDefinition => !self.crds.is_empty(),
            Kind::Secret => !self.secrets.is_empty(),
            Kind::ConfigMap => !self.config_maps.is_empty(),
            Kind::Probe
            | Kind::ScrapeConfig
            | Kind::PrometheusRule
            | Kind::ServiceAccount
            | Kind::PeerAuthentication
            | Kind::NetworkPolicy => self.unjudged.contains_key(&kind),
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job | Kind::CronJob => {
                self.workloads.get(&kind).is_some_and(|table| !table.is_empty())
            }
        }
    }

    /// Seconds since an object was made or last written; `None` where the time of looking or of writing is unknown.
    pub fn age(&self, meta: &Meta) -> Option<i64> {
        Some(self.observed_at? - meta.changed_at()?)
    }
}
