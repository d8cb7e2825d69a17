//! Link `discoverable`: may the server's service account list what its jobs look at (OP-RBAC)?
//!
//! A discovery that may not list one of its kinds in a namespace yields nothing from that namespace, also of the kinds
//! that it may list. A job over all namespaces makes one list over the cluster, which RoleBindings cannot allow.

use super::namespaces::SdNamespaces;
use super::server::ServerFacts;
use super::state::State;
use crate::operator::version::Version;
use crate::rbac::{Access, Account, Resource, may};
use crate::world::{Kind, Monitor, ObjectId, Unseen, UnseenReason, World};

/// What the server may list for a monitor.
#[derive(Clone, Debug)]
pub struct Discoverable {
    /// The state of the link.
    pub state: State,
    /// The account.
    pub account: Account,
    /// One entry per list that the discovery makes: per namespace, or one for the whole cluster.
    pub places: Vec<Place>,
    /// Whether another credential is used, of which nothing is known (OP-ENF-12).
    pub other_credential: bool,
}

/// What the server may list in one place.
#[derive(Clone, Debug)]
pub struct Place {
    /// The namespace; `None` for the whole cluster. Nodes have no namespace: they are a place of their own.
    pub namespace: Option<String>,
    /// The state.
    pub state: State,
    /// What it may not list and watch.
    pub denied: Vec<Resource>,
    /// What of this it may list, but not watch.
    pub unwatched: Vec<Resource>,
    /// All that it needs to list.
    pub needed: Vec<Resource>,
    /// A binding that grants it.
    pub by: Option<ObjectId>,
}

/// The discovery role by which a server looks for the targets of a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Endpoints objects.
    Endpoints,
    /// EndpointSlices.
    EndpointSlice,
    /// Pods.
    Pod,
}

impl Role {
    /// OP-ENF-11: endpoints, unless the server (0.76) or the monitor (0.86) asks for slices.
    pub fn of(monitor: &Monitor, facts: &ServerFacts<'_>) -> Self {
        if monitor.is_pod_monitor() {
            return Self::Pod;
        }
        let own = Some(monitor.spec.service_discovery_role.as_str()).filter(|role| !role.is_empty() && facts.since(86));
        let wanted = own.unwrap_or(if facts.since(76) { &facts.server.spec.service_discovery_role } else { "" });
        let able = facts.prometheus_version.is_none_or(|version| version >= Version::new(2, 21, 0));
        if wanted == "EndpointSlice" && able { Self::EndpointSlice } else { Self::Endpoints }
    }

    /// The role that can be judged where the server was not seen: the one that the monitor asks for, else that whose
    /// objects were seen.
    pub(super) fn visible(world: &World, monitor: &Monitor) -> Self {
        let seen = |kind: Kind| world.sight.whole(kind, Some(&monitor.metadata.namespace)).is_ok();
        match (monitor.is_pod_monitor(), seen(Kind::Endpoints), seen(Kind::EndpointSlice)) {
            (true, ..) => Self::Pod,
            _ if monitor.spec.service_discovery_role == "EndpointSlice" => Self::EndpointSlice,
            (false, false, true) => Self::EndpointSlice,
            _ => Self::Endpoints,
        }
    }

    /// The kind whose objects hold the addresses.
    pub fn kind(self) -> Kind {
        match self {
            Self::Endpoints => Kind::Endpoints,
            Self::EndpointSlice => Kind::EndpointSlice,
            Self::Pod => Kind::Pod,
        }
    }

    /// What a discovery of this role lists and watches (SD-RUN-1).
    pub fn resources(self) -> Vec<Resource> {
        match self {
            Self::Pod => vec![Resource::of(Kind::Pod)],
            role => vec![Resource::of(role.kind()), Resource::of(Kind::Service), Resource::of(Kind::Pod)],
        }
    }
}

/// What `attachMetadata.node` needs.
pub const NODES: Resource = Resource { group: "", name: "nodes" };

/// Asks what the server may list for a monitor.
pub(super) fn discoverable(
    world: &World,
    facts: &ServerFacts<'_>,
    monitor: &Monitor,
    role: Role,
    namespaces: &SdNamespaces,
) -> Discoverable {
    let account = facts.account();
    if !facts.unseen.is_empty() {
        return Discoverable {
            state: State::Unknown(facts.unseen.clone()),
            account,
            places: Vec::new(),
            other_credential: false,
        };
    }
    if facts.server.spec.api_server.is_some() {
        let need = "the rights of the credential in the server's spec.apiserverConfig".to_owned();
        let state = State::unknown(Unseen { reason: UnseenReason::NotJudged, need });
        return Discoverable { state, account, places: Vec::new(), other_credential: true };
    }
    let mut places: Vec<Place> = match namespaces {
        SdNamespaces::All => vec![place(world, &account, None, role.resources())],
        // A namespace that does not exist is a matter of the link `matched`.
        SdNamespaces::These(names) => {
            let there = names.iter().filter(|name| !super::namespaces::is_absent(world, name));
            there.map(|name| place(world, &account, Some(name), role.resources())).collect()
        }
    };
    if places.is_empty() {
        return Discoverable { state: State::Skipped, account, places, other_credential: false };
    }
    if attaches_nodes(monitor, facts, role) {
        places.push(place(world, &account, None, vec![NODES]));
    }
    let state = if places.iter().any(|place| place.state.is_failed()) {
        State::Failed
    } else {
        State::passed_unless(places.iter().flat_map(|place| place.state.why().to_vec()).collect())
    };
    Discoverable { state, account, places, other_credential: false }
}

/// Nothing is emitted until every list has been answered (SD-RUN-2), so each of the resources counts.
fn place(world: &World, account: &Account, namespace: Option<&str>, needed: Vec<Resource>) -> Place {
    let (mut denied, mut unwatched, mut unknown, mut by) = (Vec::new(), Vec::new(), Vec::new(), None);
    for resource in &needed {
        match may(world, account, &["list", "watch"], *resource, namespace) {
            Access::Allowed(binding) => by = Some(binding),
            Access::Denied => {
                denied.push(*resource);
                if matches!(may(world, account, &["list"], *resource, namespace), Access::Allowed(_)) {
                    unwatched.push(*resource);
                }
            }
            Access::Unknown(why) => unknown.extend(why),
        }
    }
    unknown.sort();
    unknown.dedup();
    let state = if denied.is_empty() { State::passed_unless(unknown) } else { State::Failed };
    Place { namespace: namespace.map(str::to_owned), state, denied, unwatched, needed, by }
}

/// Whether the labels of nodes are attached: as the monitor says, else as its scrape class does; an older
/// Prometheus does not know it.
fn attaches_nodes(monitor: &Monitor, facts: &ServerFacts<'_>, role: Role) -> bool {
    let since = if role == Role::Pod { Version::new(2, 35, 0) } else { Version::new(2, 37, 0) };
    let able = facts.prometheus_version.is_none_or(|version| version >= since);
    let own = monitor.raw.get("attachMetadata").is_some_and(|own| !own.is_null());
    let class = || super::scrape_class(monitor, facts.server).is_some_and(|class| class.attach_metadata.node);
    able && if own { monitor.spec.attach_metadata.node } else { facts.since(76) && class() }
}
