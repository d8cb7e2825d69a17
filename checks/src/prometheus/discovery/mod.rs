//! What Prometheus' Kubernetes service discovery finds: from objects to groups of targets with all their
//! `__meta_kubernetes_` labels, before any rule (SD-*).
//!
//! Whether the server's account may list what it needs is asked elsewhere: here it may.

mod backing;
mod endpoints;
mod endpointslice;
mod fixed;
mod group;
mod ingress;
mod labels;
mod node;
mod pod;
mod selectors;
mod service;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeSet;

pub use self::fixed::{not_evaluated, static_groups};
pub use self::group::Group;
pub use self::labels::Doubt;
use self::selectors::{BadSelector, Filter};
pub use self::selectors::{is_field_selector, is_label_selector};
use self::view::View;
use crate::operator::version::Version;
use crate::prometheus::config::KubernetesSd;
use crate::world::{EndpointSlice, Endpoints, Kind, Pod, Service, Unseen, UnseenReason, World};

/// A role of the discovery: which kind of object makes targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the roles of the same name")]
pub enum SdRole {
    Pod,
    Service,
    Endpoints,
    EndpointSlice,
    Ingress,
    Node,
}

impl SdRole {
    /// The role by its name in a configuration.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pod, Self::Service, Self::Endpoints, Self::EndpointSlice, Self::Ingress, Self::Node]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// As in a configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Service => "service",
            Self::Endpoints => "endpoints",
            Self::EndpointSlice => "endpointslice",
            Self::Ingress => "ingress",
            Self::Node => "node",
        }
    }

    /// The kind whose objects make targets.
    pub fn kind(self) -> Kind {
        match self {
            Self::Pod => Kind::Pod,
            Self::Service => Kind::Service,
            Self::Endpoints => Kind::Endpoints,
            Self::EndpointSlice => Kind::EndpointSlice,
            Self::Ingress => Kind::Ingress,
            Self::Node => Kind::Node,
        }
    }
}

/// Who discovers.
#[derive(Clone, Copy, Debug)]
pub struct Viewpoint<'a> {
    /// The server's version; `None` counts as the newest.
    pub version: Option<Version>,
    /// The server's own namespace.
    pub namespace: &'a str,
}

/// What an entry of `kubernetes_sd_configs` finds.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// Groups that have targets.
    pub groups: Vec<Group>,
    /// What was not seen or is not judged. Where there is anything, targets may be missing; a group says for itself
    /// what was missing for it.
    pub unknown: Vec<Unseen>,
    /// Why this version of Prometheus refuses the entry, and with it the whole configuration.
    pub refused: Vec<String>,
}

/// Evaluates an entry of `kubernetes_sd_configs`.
pub fn discover(world: &World, sd: &KubernetesSd, from: Viewpoint<'_>) -> Discovered {
    let discovery = Discovery::new(world, sd, from);
    let mut unknown: BTreeSet<Unseen> = discovery.unknown.clone();
    let mut groups = Vec::new();
    for group in discovery.groups() {
        // Groups without targets count too: a pod may be left out because its node was not seen.
        unknown.extend(group.unknown.iter().cloned());
        if !group.targets.is_empty() {
            groups.push(group);
        }
    }
    Discovered { groups, unknown: unknown.into_iter().collect(), refused: discovery.refused }
}

/// An entry that is ready to be evaluated: as a whole, or for single objects.
#[derive(Clone, Debug)]
pub struct Discovery<'w> {
    views: Vec<View<'w>>,
    /// What of the role's own kind was not seen, and what of the entry is not judged.
    pub unknown: BTreeSet<Unseen>,
    /// Why this version of Prometheus refuses the entry.
    pub refused: Vec<String>,
}

impl<'w> Discovery<'w> {
    /// Prepares an entry. One that is refused, or that cannot be evaluated, finds nothing and says why.
    pub fn new(world: &'w World, sd: &KubernetesSd, from: Viewpoint<'_>) -> Self {
        let mut out = Self { views: Vec::new(), unknown: BTreeSet::new(), refused: refused(sd, from.version) };
        let Some(role) = SdRole::named(&sd.role) else {
            out.refused.push(format!("unknown Kubernetes SD role {:?}", sd.role));
            return out;
        };
        let mut not_judged = |need: String| out.unknown.insert(Unseen { reason: UnseenReason::NotJudged, need });
        let mut filters = Vec::new();
        for selector in &sd.selectors {
            match Filter::read(role, selector, from.version) {
                Ok(filter) => filters.push(filter),
                Err(BadSelector::Refused(why)) => out.refused.push(why),
                Err(BadSelector::NotJudged(what)) => drop(not_judged(format!("{what} is not evaluated"))),
            }
        }
        if sd.api_server {
            not_judged("discovery through another API server is not evaluated".to_owned());
        }
        if !out.refused.is_empty() || !out.unknown.is_empty() {
            return out;
        }
        let mut namespaces: BTreeSet<&str> = sd.namespaces.iter().map(String::as_str).collect();
        if sd.own_namespace {
            namespaces.insert(from.namespace);
        }
        let everywhere = namespaces.is_empty() || namespaces.contains("") || role == SdRole::Node;
        let namespaces: Vec<Option<&str>> = if everywhere { vec![None] } else { namespaces.into_iter().map(Some).collect() };
        for namespace in namespaces {
            out.unknown.extend(world.sight.whole(role.kind(), namespace).err());
            let (namespace, filters) = (namespace.map(str::to_owned), filters.clone());
            out.views.push(View { world, role, namespace, version: from.version, attach: sd.attach, filters });
        }
        out
    }

    /// All groups, those without targets too, made one by one as they are asked for.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        self.views.iter().flat_map(|view| -> Box<dyn Iterator<Item = Group>> {
            let world = view.world;
            match view.role {
                SdRole::Pod => Box::new(view.all(&world.pods).into_iter().map(|pod| view.pod_group(pod))),
                SdRole::Service => Box::new(view.all(&world.services).into_iter().map(|service| view.service_group(service))),
                SdRole::Endpoints => Box::new(view.all(&world.endpoints).into_iter().map(|object| view.endpoints_group(object))),
                SdRole::EndpointSlice => Box::new(view.all(&world.slices).into_iter().map(|slice| view.slice_group(slice))),
                SdRole::Ingress => Box::new(view.all(&world.ingresses).into_iter().map(|object| view.ingress_group(object))),
                SdRole::Node => Box::new(view.all(&world.nodes).into_iter().map(|node| view.node_group(node))),
            }
        })
    }

    fn view_of(&self, role: SdRole, namespace: &str) -> Option<&View<'w>> {
        let here = |view: &&View<'w>| view.namespace.as_deref().is_none_or(|own| own == namespace);
        self.views.iter().filter(|view| view.role == role).find(here)
    }

    /// The group of one pod; `None` if the entry does not look at it.
    pub fn of_pod(&self, pod: &Pod) -> Option<Group> {
        let view = self.view_of(SdRole::Pod, &pod.metadata.namespace)?;
        view.sees(pod).then(|| view.pod_group(pod))
    }

    /// The group of one Service; `None` if the entry does not look at it.
    pub fn of_service(&self, service: &Service) -> Option<Group> {
        let view = self.view_of(SdRole::Service, &service.metadata.namespace)?;
        view.sees(service).then(|| view.service_group(service))
    }

    /// The group of one Endpoints object; `None` if the entry does not look at it.
    pub fn of_endpoints(&self, endpoints: &Endpoints) -> Option<Group> {
        let view = self.view_of(SdRole::Endpoints, &endpoints.metadata.namespace)?;
        view.sees(endpoints).then(|| view.endpoints_group(endpoints))
    }

    /// The group of one slice; `None` if the entry does not look at it.
    pub fn of_slice(&self, slice: &EndpointSlice) -> Option<Group> {
        let view = self.view_of(SdRole::EndpointSlice, &slice.metadata.namespace)?;
        view.sees(slice).then(|| view.slice_group(slice))
    }
}

/// What a version does not know or allow, in Prometheus' words where it has any (SD-CFG-2, SD-ATT-6).
fn refused(sd: &KubernetesSd, version: Option<Version>) -> Vec<String> {
    let before = |major, minor| version.is_some_and(|version| version < Version::new(major, minor, 0));
    let attach = &sd.attach;
    let keys = [
        ("cronjob", attach.cronjob, before(3, 11)),
        ("deployment", attach.deployment, before(3, 11)),
        ("job", attach.job, before(3, 11)),
        ("namespace", attach.namespace, before(3, 6)),
        ("node", attach.node, before(2, 35)),
    ];
    let mut out: Vec<String> = keys
        .iter()
        .filter(|(_, set, old)| *set && *old)
        .map(|(key, ..)| format!("field {key} not found in type kubernetes.AttachMetadataConfig"))
        .collect();
    if sd.own_namespace && before(2, 33) {
        out.push("field own_namespace not found in type kubernetes.NamespaceDiscovery".to_owned());
    }
    if sd.role == "endpointslice" && before(2, 21) {
        out.push("unknown Kubernetes SD role \"endpointslice\"".to_owned());
    }
    let twice = |at: usize| sd.selectors[..at].iter().any(|other| other.role == sd.selectors[at].role);
    if (0..sd.selectors.len()).any(twice) {
        out.push("duplicated selector role".to_owned());
    }
    out
}
