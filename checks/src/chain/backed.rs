//! Link `backed`: is there anything behind the Services or pods that a monitor matches?

use std::collections::BTreeSet;

use super::discoverable::Role;
use super::generated::too_young;
use super::index::Index;
use super::matched::{
    CONTROL_PLANE, Matched, Meant, NearObject, contains, is_ending, makes, part_named, pods_of_part, wants_no_pods,
};
use super::meant::{is_for, is_nearly_chosen};
use super::spots::{Discovery, Spot, of_pod};
use super::state::State;
use crate::selector::{LabelSelector, Miss, nearness};
use crate::world::{Kind, Labels, Meta, ObjectId, Pod, SERVICE_NAME_LABEL, Service, Unseen, UnseenReason, World};

/// What is behind the matched Services or pods.
#[derive(Clone, Debug, Default)]
pub struct Backed<'w> {
    /// The state of the link.
    pub state: State,
    /// One entry per matched Service.
    pub services: Vec<Backing<'w>>,
    /// One entry per matched pod that yields nothing (PodMonitor).
    pub pods: Vec<(&'w Pod, Empty<'w>)>,
    /// Everything that discovery offers.
    pub spots: Vec<Spot<'w>>,
    /// Namespaces in which every matched Service is empty by mistake, while others yield.
    pub empty_namespaces: Vec<&'w str>,
    /// Matched Services that yield nothing by mistake and alone have a port that an endpoint asks for.
    pub wanted: Vec<&'w Service>,
    /// Whether all emptiness is intended.
    pub intended: bool,
}

/// A matched Service and what is behind it.
#[derive(Clone, Debug)]
pub struct Backing<'w> {
    /// The Service.
    pub service: &'w Service,
    /// Why it yields nothing; `None` where it yields something.
    pub empty: Option<Empty<'w>>,
    /// An Endpoints object that was cut at 1000 addresses (SD-EP-12).
    pub truncated: bool,
}

/// Why a Service or pod yields nothing.
#[derive(Clone, Debug)]
pub enum Empty<'w> {
    /// It only stands for a name outside.
    ExternalName,
    /// It has no selector and nobody made Endpoints for it.
    NoSelector,
    /// Its selector matches no pod; the nearest pods, and whether all workloads were seen, so that it is known that
    /// none would have such pods.
    SelectsNoPods(Vec<NearObject>, bool),
    /// Pods match, but none has an IP yet.
    PodsWithoutIp(Vec<&'w Pod>),
    /// Its workloads want no pods.
    Idle(Vec<ObjectId>),
    /// The control plane does not run as pods here.
    HiddenControlPlane,
    /// It goes away together with its monitor or namespace.
    Ending(Meant),
    /// Its workloads want pods and have none.
    Starved(Vec<ObjectId>),
    /// The objects of the role in use are empty, those of the other hold addresses.
    OnlyIn(Kind),
    /// A RoleSelector monitor does not see the Endpoints or slices, for want of labels.
    Unlabelled(ObjectId, Vec<Miss>),
    /// Hand-made slices do not name the Service.
    UnnamedSlices(Vec<ObjectId>),
    /// There are addresses, but no ports.
    NoPorts,
    /// There are addresses, but of the family that a server of this version leaves out for this Service.
    OtherFamily(String),
    /// Pods match, but every port of the Service leads to a container port by a name that none of them declares.
    PortsLeadNowhere(&'w Pod),
    /// Pods with an IP match, but there are no endpoints: a controller is behind, or the Service publishes no port.
    NoEndpoints,
    /// All pods have ended and are left out; whether they belong to Jobs.
    Finished(Vec<&'w Pod>, bool),
    /// It could not be seen.
    Unknown(Vec<Unseen>),
}

/// A matched Service that yields nothing.
#[derive(Clone, Copy, Debug)]
pub struct EmptyService<'a, 'w> {
    /// The Service.
    pub service: &'w Service,
    /// Why.
    pub empty: &'a Empty<'w>,
    /// Whether it is why the monitor has no target at all in that namespace; else others yield, or may yield.
    pub decides: bool,
}

impl<'w> Backed<'w> {
    /// The matched Services that yield nothing.
    pub fn empty_services(&self) -> impl Iterator<Item = EmptyService<'_, 'w>> {
        self.services.iter().filter_map(|backing| {
            let wanted = self.wanted.iter().any(|service| std::ptr::eq(*service, backing.service));
            let decides = wanted || self.leaves_nothing_in(&backing.service.metadata.namespace);
            Some(EmptyService { service: backing.service, empty: backing.empty.as_ref()?, decides })
        })
    }

    /// The matched pods that yield nothing (PodMonitor), by namespace, and whether they are why there is no target.
    pub fn empty_pods(&self, namespace: &str) -> (Vec<(&'w Pod, &Empty<'w>)>, bool) {
        let here = self.pods.iter().filter(|(pod, _)| pod.metadata.namespace == namespace);
        (here.map(|(pod, empty)| (*pod, empty)).collect(), self.leaves_nothing_in(namespace))
    }

    /// The namespaces of matched pods that yield nothing.
    pub fn namespaces_of_empty_pods(&self) -> std::collections::BTreeSet<&'w str> {
        self.pods.iter().map(|(pod, _)| pod.metadata.namespace.as_str()).collect()
    }

    /// Takes note that some of the Services are those that an endpoint cannot do without.
    pub(super) fn want(&mut self, services: impl Iterator<Item = &'w Service>) {
        self.wanted.extend(services);
        if !self.wanted.is_empty() {
            self.state = State::Failed;
        }
    }

    fn leaves_nothing_in(&self, namespace: &str) -> bool {
        self.state.is_failed() && (self.spots.is_empty() || self.empty_namespaces.contains(&namespace))
    }
}

impl Empty<'_> {
    /// What would have to be seen to tell.
    pub fn unknown(&self) -> Option<&[Unseen]> {
        if let Self::Unknown(why) = self { Some(why) } else { None }
    }

    /// Whether somebody means it to be empty.
    pub fn is_intended(&self) -> bool {
        match self {
            Self::Idle(_) | Self::HiddenControlPlane | Self::Ending(_) => true,
            Self::Finished(_, by_jobs) => *by_jobs,
            _ => false,
        }
    }
}

/// What is asked of a walk over the backing of one monitor.
pub(super) struct Asking<'a, 'w> {
    pub(super) world: &'w World,
    pub(super) index: &'a Index<'w>,
    pub(super) discovery: Discovery,
    /// Whether finished pods are left out by every endpoint.
    pub(super) drops_finished: bool,
    /// The selector that Endpoints and slices must meet too, where the server asks the API server for them so.
    pub(super) own_labels: Option<&'a LabelSelector>,
    /// Seconds within which an object counts as young.
    pub(super) grace: i64,
}

impl<'w> Asking<'_, 'w> {
    pub(super) fn backed(&self, matched: &Matched<'w>) -> Backed<'w> {
        let mut out = Backed::default();
        for service in &matched.services {
            let (mut backing, spots) = self.service(service);
            if backing.empty.is_some() {
                backing.empty = self.ending(matched, &service.metadata).or(backing.empty);
            }
            out.services.push(backing);
            out.spots.extend(spots);
        }
        for pod in &matched.pods {
            let spots = of_pod(pod);
            let finished = self.drops_finished && pod.is_finished();
            match (finished, spots.is_empty()) {
                (true, _) => out.pods.push((pod, Empty::Finished(vec![pod], is_of_job(pod)))),
                (false, true) => {
                    let ending = self.ending(matched, &pod.metadata);
                    let empty = ending.or_else(|| self.too_early(&[&pod.metadata])).unwrap_or(Empty::PodsWithoutIp(vec![pod]));
                    out.pods.push((pod, empty));
                }
                (false, false) => out.spots.extend(spots),
            }
        }
        self.judge(matched, &mut out);
        out
    }

    /// Whether an emptiness is that of something that is being deleted.
    fn ending(&self, matched: &Matched<'w>, meta: &Meta) -> Option<Empty<'w>> {
        let of_monitor = matched.meant.filter(|meant| *meant != Meant::HiddenControlPlane);
        let here = || is_ending(self.world, &meta.namespace).then_some(Meant::NamespaceEnds);
        of_monitor.or_else(here).map(Empty::Ending)
    }

    fn judge(&self, matched: &Matched<'w>, out: &mut Backed<'w>) {
        let empties =
            || out.services.iter().filter_map(|backing| backing.empty.as_ref()).chain(out.pods.iter().map(|(_, empty)| empty));
        let unknown: Vec<Unseen> = empties()
            .filter_map(|empty| if let Empty::Unknown(why) = empty { Some(why.clone()) } else { None })
            .flatten()
            .collect();
        if out.spots.is_empty() {
            out.intended = empties().all(Empty::is_intended);
            out.state = if !unknown.is_empty() {
                State::Unknown(unknown)
            } else if out.intended {
                State::Passed
            } else {
                State::Failed
            };
            if matched.services.is_empty() && matched.pods.is_empty() {
                out.state = State::Skipped;
            }
            return;
        }
        // A namespace that yields nothing by mistake is not hidden by others that yield.
        let yields: BTreeSet<&str> = out.spots.iter().map(|spot| spot.namespace).collect();
        let of_services = out.services.iter().map(|backing| (&backing.service.metadata.namespace, backing.empty.as_ref()));
        let of_pods = out.pods.iter().map(|(pod, empty)| (&pod.metadata.namespace, Some(empty)));
        let mistakes: BTreeSet<&str> = of_services
            .chain(of_pods)
            .filter(|(_, empty)| empty.is_some_and(|empty| !empty.is_intended() && !matches!(empty, Empty::Unknown(_))))
            .map(|(namespace, _)| namespace.as_str())
            .collect();
        let unclear: BTreeSet<&str> = out
            .services
            .iter()
            .filter(|backing| matches!(backing.empty, Some(Empty::Unknown(_))))
            .map(|backing| backing.service.metadata.namespace.as_str())
            .collect();
        out.empty_namespaces = mistakes.into_iter().filter(|name| !yields.contains(name) && !unclear.contains(name)).collect();
        out.state = if out.empty_namespaces.is_empty() { State::passed_unless(unknown) } else { State::Failed };
    }

    fn service(&self, service: &'w Service) -> (Backing<'w>, Vec<Spot<'w>>) {
        let own_labels = self.own_labels;
        let mut spots = self.discovery.of_service(self.world, self.index, service, own_labels);
        let (namespace, name) = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
        let endpoints = self.world.endpoints.get(namespace, name);
        let over = endpoints.and_then(|endpoints| endpoints.metadata.annotations.get("endpoints.kubernetes.io/over-capacity"));
        let truncated = self.discovery.role == Role::Endpoints && over.is_some_and(|over| over == "truncated");
        let ended: Vec<&Pod> = spots.iter().filter_map(|spot| spot.pod).filter(|pod| pod.is_finished()).collect();
        let mut empty = None;
        if self.drops_finished && !ended.is_empty() {
            spots.retain(|spot| spot.pod.is_none_or(|pod| !pod.is_finished()));
            if spots.is_empty() {
                let by_jobs = ended.iter().all(|pod| is_of_job(pod));
                empty = Some(Empty::Finished(dedup(ended), by_jobs));
            }
        }
        if spots.is_empty() && empty.is_none() {
            empty = Some(self.why_empty(service, own_labels));
        }
        (Backing { service, empty, truncated }, spots)
    }

    fn why_empty(&self, service: &'w Service, own_labels: Option<&LabelSelector>) -> Empty<'w> {
        let world = self.world;
        let namespace = service.metadata.namespace.as_str();
        let kind = self.discovery.role.kind();
        let has_addresses = self.has_addresses(service, kind);
        // What would stand behind a Service in files follows from its selector.
        let follows = world.sight.is_open() && (service.selector().is_some() || service.is_external_name());
        if let Err(unseen) = world.sight.whole(kind, Some(namespace))
            && has_addresses.is_none()
            && !follows
        {
            return Empty::Unknown(vec![unseen]);
        }
        if has_addresses == Some(true) {
            if let Some((id, misses)) = own_labels.and_then(|selector| self.unlabelled(service, selector)) {
                return Empty::Unlabelled(id, misses);
            }
            let slices = self.index.slices_of(service).iter();
            let mut other_family = slices.filter(|slice| !self.discovery.takes_family(service, slice));
            return match other_family.next() {
                Some(slice) if kind == Kind::EndpointSlice => Empty::OtherFamily(slice.address_type.clone()),
                _ => self.leads_nowhere(service).unwrap_or(Empty::NoPorts),
            };
        }
        let other = if kind == Kind::Endpoints { Kind::EndpointSlice } else { Kind::Endpoints };
        // An address that is left without a port is in a slice all the same, but not in Endpoints.
        if let Some(nowhere) = self.leads_nowhere(service) {
            return nowhere;
        }
        if self.has_addresses(service, other) == Some(true) {
            return Empty::OnlyIn(other);
        }
        if service.is_external_name() {
            return Empty::ExternalName;
        }
        let Some(selector) = service.selector() else {
            // The API server itself sees to these, so where they are missing they were not collected.
            if (namespace, service.metadata.name.as_str()) == ("default", "kubernetes") {
                let need = format!("{} of Service default/kubernetes", kind.plural());
                return Empty::Unknown(vec![Unseen { reason: UnseenReason::NotAsked, need }]);
            }
            let orphans = world.slices.in_namespace(namespace).filter(|slice| {
                !slice.metadata.labels.contains_key(SERVICE_NAME_LABEL) && slice.metadata.name.starts_with(&service.metadata.name)
            });
            let orphans: Vec<ObjectId> = orphans.map(|slice| slice.metadata.id(Kind::EndpointSlice)).collect();
            return if orphans.is_empty() { Empty::NoSelector } else { Empty::UnnamedSlices(orphans) };
        };
        self.why_no_pods(service, selector)
    }

    /// Whether the object of a kind behind a Service holds any address; `None` where there is no such object.
    fn has_addresses(&self, service: &Service, kind: Kind) -> Option<bool> {
        if kind == Kind::Endpoints {
            let endpoints = self.world.endpoints.get(&service.metadata.namespace, &service.metadata.name)?;
            return Some(
                endpoints.subsets.iter().any(|subset| !subset.addresses.is_empty() || !subset.not_ready_addresses.is_empty()),
            );
        }
        let slices = self.index.slices_of(service);
        (!slices.is_empty()).then(|| slices.iter().any(|slice| !slice.endpoints.is_empty()))
    }

    fn unlabelled(&self, service: &Service, selector: &LabelSelector) -> Option<(ObjectId, Vec<Miss>)> {
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        let meta = match self.discovery.role {
            Role::Endpoints => &self.world.endpoints.get(namespace, name)?.metadata,
            _ => &self.index.slices_of(service).first()?.metadata,
        };
        let misses = selector.misses(&meta.labels);
        (!misses.is_empty()).then(|| (meta.id(self.discovery.role.kind()), misses))
    }

    fn why_no_pods(&self, service: &Service, selector: &Labels) -> Empty<'w> {
        let world = self.world;
        let namespace = service.metadata.namespace.as_str();
        let pods = self.pods_of(service);
        if !pods.is_empty() {
            let alive: Vec<&Pod> = pods.iter().copied().filter(|pod| !pod.is_finished()).collect();
            if alive.is_empty() {
                let by_jobs = pods.iter().all(|pod| is_of_job(pod));
                return Empty::Finished(pods, by_jobs);
            }
            let young = |pods: &[&Pod]| self.too_early(&pods.iter().map(|pod| &pod.metadata).collect::<Vec<_>>());
            if alive.iter().all(|pod| pod.status.pod_ip.is_empty()) {
                return young(&alive).unwrap_or(Empty::PodsWithoutIp(alive));
            }
            return self.leads_nowhere(service).or_else(|| young(&alive)).unwrap_or(Empty::NoEndpoints);
        }
        let (mut idle, mut starved, mut metas) = (Vec::new(), Vec::new(), Vec::new());
        let asked = LabelSelector { match_labels: selector.clone(), match_expressions: Vec::new() };
        for (kind, workload) in world.workloads_in(namespace) {
            let exact = contains(&workload.template().metadata.labels, selector);
            if wants_no_pods(kind, workload) {
                if exact || makes(kind, workload, &asked) {
                    idle.push(workload.metadata.id(kind));
                }
            } else if exact {
                starved.push(workload.metadata.id(kind));
                metas.push(&workload.metadata);
            }
        }
        if starved.is_empty() && !idle.is_empty() {
            return Empty::Idle(idle);
        }
        if let Err(unseen) = world.sight.whole(Kind::Pod, Some(namespace)) {
            let near = if world.sight.is_open() { nearest_pods(world, namespace, selector) } else { Vec::new() };
            let meant = |near: &NearObject| {
                let pod = world.pods.get(&near.id.namespace, &near.id.name);
                let maker = world.assumed.get(&near.id);
                pod.map(|pod| &pod.metadata.labels).is_some_and(|labels| {
                    is_nearly_chosen(&asked, labels) || maker.is_some_and(|maker| is_for(world, service, maker, labels))
                })
            };
            let near: Vec<NearObject> = near.into_iter().filter(meant).collect();
            return if near.is_empty() { Empty::Unknown(vec![unseen]) } else { Empty::SelectsNoPods(near, false) };
        }
        if !starved.is_empty() {
            return self.too_early(&metas).unwrap_or(Empty::Starved(starved));
        }
        if self.is_hidden_control_plane(service, selector) {
            return Empty::HiddenControlPlane;
        }
        let near = nearest_pods(world, namespace, selector);
        let unseen = |kind: Kind| world.sight.whole(kind, Some(namespace)).err();
        // Nothing looks like a slip, and perhaps the workload is only scaled to 0.
        if let Some(why) = unseen(Kind::Deployment).filter(|_| near.is_empty()) {
            return Empty::Unknown(vec![why]);
        }
        let all_seen = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet].into_iter().all(|kind| unseen(kind).is_none());
        Empty::SelectsNoPods(near, all_seen)
    }

    fn pods_of(&self, service: &Service) -> Vec<&'w Pod> {
        let Some(selector) = service.selector() else { return Vec::new() };
        let pods = self.world.pods.in_namespace(&service.metadata.namespace);
        pods.filter(|pod| contains(&pod.metadata.labels, selector)).collect()
    }

    /// Where every port of the Service leads to a container port by a name that no pod declares: controllers then
    /// leave out the port, and with the last one the address.
    fn leads_nowhere(&self, service: &Service) -> Option<Empty<'w>> {
        let pods: Vec<&Pod> = self.pods_of(service).into_iter().filter(|pod| !pod.is_finished()).collect();
        let leads = |pod: &&Pod| service.spec.ports.iter().any(|port| port.resolve(pod).is_some());
        (!service.spec.ports.is_empty() && !pods.iter().any(leads)).then_some(())?;
        pods.first().map(|pod| Empty::PortsLeadNowhere(pod))
    }

    /// Unknown for now, if all these objects are so young that what is missing may still come.
    fn too_early(&self, metas: &[&Meta]) -> Option<Empty<'w>> {
        let ages: Option<Vec<i64>> = metas.iter().map(|meta| self.world.age(meta)).collect();
        too_young(ages?.into_iter().max(), self.grace).map(|why| Empty::Unknown(vec![why]))
    }

    /// A Service for a part of the control plane, where no pod of that part exists at all: managed clouds hide
    /// it, k3s runs it inside its own process. A kubeadm cluster has the pods, and then the selector is wrong.
    fn is_hidden_control_plane(&self, service: &Service, selector: &Labels) -> bool {
        let part = part_named(selector.values().map(String::as_str));
        service.metadata.namespace == CONTROL_PLANE && part.is_some_and(|part| pods_of_part(self.world, part).is_empty())
    }
}

fn dedup(mut pods: Vec<&Pod>) -> Vec<&Pod> {
    pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    pods.dedup_by(|a, b| a.metadata.name == b.metadata.name);
    pods
}

fn is_of_job(pod: &Pod) -> bool {
    pod.metadata.controller().is_some_and(|owner| owner.kind == "Job")
}

/// The pods that a Service's selector most nearly chooses.
fn nearest_pods(world: &World, namespace: &str, selector: &Labels) -> Vec<NearObject> {
    let selector = LabelSelector { match_labels: selector.clone(), match_expressions: Vec::new() };
    let mut found: Vec<((usize, usize), &Pod)> = world
        .pods
        .in_namespace(namespace)
        .filter(|pod| !pod.is_finished())
        .filter_map(|pod| Some((nearness(&selector, &pod.metadata.labels)?, pod)))
        .collect();
    found.sort_by(|a, b| (a.0, &a.1.metadata.name).cmp(&(b.0, &b.1.metadata.name)));
    let near = |pod: &Pod| NearObject { id: pod.metadata.id(Kind::Pod), misses: selector.misses(&pod.metadata.labels) };
    found.into_iter().take(3).map(|(_, pod)| near(pod)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::chain::{DEFAULT_GRACE, Walk};
    use crate::world::{Seen, decode_value};

    fn world(objects: Vec<Value>) -> World {
        let mut world = World::default();
        for object in objects {
            decode_value(object, "case", None).objects.into_iter().for_each(|object| world.insert(object));
        }
        Kind::all().filter(|kind| !kind.fetched_by_name()).for_each(|kind| world.sight.note(kind, None, Seen::Whole));
        world
    }

    fn shop(pod_labels: &Value, pod_status: &Value) -> Vec<Value> {
        let meta = |labels: &Value| json!({"name": "cart", "namespace": "shop", "labels": labels, "creationTimestamp": "2025-01-01T00:00:00Z"});
        let monitoring = "monitoring.coreos.com/v1";
        vec![
            json!({"apiVersion": monitoring, "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "shop"},
                "spec": {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}}}),
            json!({"apiVersion": monitoring, "kind": "ServiceMonitor", "metadata": meta(&json!({})),
                "spec": {"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [{"port": "metrics"}]}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(&json!({"app": "cart"})),
                "spec": {"selector": {"app": "cart"}, "ports": [{"name": "metrics", "port": 9090}]}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta(pod_labels), "spec": {"containers": []}, "status": pod_status}),
        ]
    }

    fn state(world: &World) -> State {
        Walk::new(world, DEFAULT_GRACE, None).monitors[0].chains[0].backed.state.clone()
    }

    #[test]
    fn young_pods_without_an_ip_are_not_judged() {
        let mut world = world(shop(&json!({"app": "cart"}), &json!({"phase": "Pending"})));
        let made = crate::world::seconds("2025-01-01T00:00:00Z").unwrap();
        world.observed_at = Some(made + 5);
        let State::Unknown(why) = state(&world) else { panic!("{:?}", state(&world)) };
        assert_eq!(why[0].reason, UnseenReason::TooEarly);
        world.observed_at = Some(made + DEFAULT_GRACE + 1);
        assert_eq!(state(&world), State::Failed);
    }

    #[test]
    fn a_workload_that_was_not_seen_may_be_scaled_to_0() {
        let status = json!({"phase": "Running", "podIP": "10.0.0.9"});
        let mut unlike = world(shop(&json!({"name": "basket"}), &status));
        assert_eq!(state(&unlike), State::Failed);
        unlike.sight.note(Kind::Deployment, None, Seen::NotAsked);
        assert!(matches!(state(&unlike), State::Unknown(_)));
        // A pod that nearly fits speaks for a slip.
        let mut alike = world(shop(&json!({"app": "carts"}), &status));
        alike.sight.note(Kind::Deployment, None, Seen::NotAsked);
        assert_eq!(state(&alike), State::Failed);
    }
}
