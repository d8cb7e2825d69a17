//! Link `matched`: which Services or Pods do the monitor's selectors choose, and what came near (OP-MON)?
//!
//! A ServiceMonitor's selector looks at the labels of Services, never at those of the pods behind them; a PodMonitor's
//! at those of Pods.

use super::beyond::beyond;
use super::index::{ByLabel, Index};
use super::meant::{is_meant, is_nearly_chosen, names_it, offers};
use super::namespaces::{SdNamespaces, is_absent};
use super::server::ServerFacts;
use super::state::State;
use crate::selector::{LabelSelector, Miss, Operator, Requirement, nearness};
use crate::text::unlikeness;
use crate::world::{
    Endpoint, HasMeta, Kind, Labels, Meta, Monitor, Namespace, ObjectId, Pod, Server, Service, Table, Unseen, UnseenReason,
    Workload, World,
};

/// What a monitor's selectors choose.
#[derive(Clone, Debug, Default)]
pub struct Matched<'w> {
    /// The state of the link.
    pub state: State,
    /// Why nothing matches, where that is certain.
    pub why: Option<Mismatch>,
    /// Services in the namespaces that are looked at (ServiceMonitor).
    pub services: Vec<&'w Service>,
    /// Pods in them (PodMonitor).
    pub pods: Vec<&'w Pod>,
    /// Services there that the selector does not choose and the rules of the job let through, as they read values as
    /// patterns and keys without their dots and dashes.
    pub beyond_services: Vec<&'w Service>,
    /// Pods of that sort (PodMonitor).
    pub beyond_pods: Vec<&'w Pod>,
    /// Objects there that the selector nearly chooses, nearest first; only where nothing matches.
    pub near: Vec<NearObject>,
    /// Objects that match but stand in namespaces that are not looked at; only where nothing matches.
    pub elsewhere: Vec<ObjectId>,
    /// Pods that a ServiceMonitor's selector matches although no Service has these labels.
    pub pods_instead: Vec<&'w Pod>,
    /// Pods of the part of the control plane that the selector names, although it does not choose them.
    pub part_pods: Vec<&'w Pod>,
    /// Why nothing is expected behind the monitor at all.
    pub meant: Option<Meant>,
    /// Services that stand in front of such pods, or of pods that a workload would make; the likeliest first.
    pub services_of_pods: Vec<&'w Service>,
    /// Workloads whose pods would match but which want none (scaled to 0, held, finished).
    pub idle: Vec<ObjectId>,
    /// Workloads whose pods would match, which want some and have none.
    pub starved: Vec<ObjectId>,
    /// Names of namespaces that do not exist.
    pub absent_namespaces: Vec<String>,
    /// Whether it asks for nothing and so takes everything.
    pub empty_selector: bool,
    /// Whether it asks for no label that must be there.
    pub asks_for_nothing: bool,
    /// How many Services or Pods there are at all in the namespaces looked at.
    pub candidates: usize,
}

/// Why nothing matches: one cause, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// None of the namespaces that it asks for exists.
    AbsentNamespaces,
    /// The server ignores the monitor's `namespaceSelector`, which would have led to something.
    Ignored,
    /// The selector chooses the pods behind a Service, not the Service.
    WrittenForPods,
    /// What matches stands in namespaces that are not looked at.
    NotCovered,
    /// No Service stands in front of the pods that match, or there is no Service at all.
    NoService,
    /// The labels differ.
    Labels,
}

/// Why an emptiness is meant, whatever workloads say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The part of the control plane that the monitor is for does not run as pods here.
    HiddenControlPlane,
    /// The monitor is being deleted.
    MonitorEnds,
    /// Its namespace, or all that it looks at, is being deleted.
    NamespaceEnds,
}

/// An object that a selector nearly chooses.
#[derive(Clone, Debug)]
pub struct NearObject {
    /// The object.
    pub id: ObjectId,
    /// The requirements that it does not meet.
    pub misses: Vec<Miss>,
}

/// Matches a monitor's selectors against Services or Pods.
pub(super) fn matched<'w>(
    world: &'w World,
    index: &Index<'w>,
    monitor: &Monitor,
    facts: &ServerFacts<'_>,
    namespaces: &SdNamespaces,
) -> Matched<'w> {
    let server = facts.server;
    let selector = &monitor.spec.selector;
    let asks = |requirement: &Requirement| matches!(requirement.operator, Operator::In | Operator::Exists);
    let asks_for_nothing = !selector.requirements().iter().any(asks);
    let mut out = Matched { empty_selector: selector.is_empty(), asks_for_nothing, ..Matched::default() };
    out.meant = ending(world, monitor, namespaces);
    out.absent_namespaces = namespaces.names().iter().filter(|name| is_absent(world, name)).cloned().collect();
    // A selector that cannot be read matches nothing, which says nothing about what is meant: its link is `accepted`.
    if let Some((at, why)) = selector.invalid() {
        let need = format!("what is matched, since spec.selector.{at} is invalid: {why}");
        out.state = State::unknown(Unseen { reason: UnseenReason::NotJudged, need });
        return out;
    }
    let kind = if monitor.is_pod_monitor() { Kind::Pod } else { Kind::Service };
    // With RoleSelector the API server chooses, by the selector as it is (OP-SM-2); operators know it since 0.79.
    let by_rules = monitor.spec.selector_mechanism != "RoleSelector" || !facts.since(79);
    if monitor.is_pod_monitor() {
        out.pods = select(&world.pods, &index.pods, selector, namespaces);
        out.candidates = count(&world.pods, namespaces);
        if by_rules {
            out.beyond_pods = beyond(&index.pods, selector, namespaces);
        }
    } else {
        out.services = select(&world.services, &index.services, selector, namespaces);
        out.candidates = count(&world.services, namespaces);
        if by_rules {
            out.beyond_services = beyond(&index.services, selector, namespaces);
        }
    }
    let unknown = unseen(world, kind, namespaces);
    if !out.services.is_empty() || !out.pods.is_empty() {
        out.state = State::Passed;
        return out;
    }
    if !selector.is_empty() || monitor.is_pod_monitor() {
        out.workloads(world, monitor, namespaces);
    }
    if !out.idle.is_empty() && monitor.is_pod_monitor() {
        out.state = State::Passed;
        return out;
    }
    out.state = if unknown.is_empty() { State::Failed } else { State::Unknown(unknown) };
    out.near = match kind {
        Kind::Pod => near(&world.pods, &index.pods, kind, monitor, namespaces),
        _ => near(&world.services, &index.services, kind, monitor, namespaces),
    };
    out.elsewhere = match kind {
        Kind::Pod => elsewhere(&world.pods, &index.pods, kind, selector, namespaces),
        _ => elsewhere(&world.services, &index.services, kind, selector, namespaces),
    };
    if kind == Kind::Service && !selector.is_empty() {
        out.pods_instead = select(&world.pods, &index.pods, selector, namespaces);
        out.services_of_pods = in_front(world, monitor, &out);
        out.control_plane(world, monitor, namespaces);
    }
    if out.meant.is_some() {
        out.state = State::Passed;
    }
    out.why = if world.sight.is_open() && out.meant.is_none() {
        let why = out.evident(world, monitor, server);
        out.state = if why.is_some() { State::Failed } else { out.state };
        why
    } else {
        out.state.is_failed().then(|| out.mismatch(monitor, server, namespaces))
    };
    out
}

/// Whether labels hold all of some others.
pub fn contains(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

impl Matched<'_> {
    /// What is nearer to the monitor counts more: a Service in a namespace that is looked at, in front of pods that
    /// match, is meant rather than one with the right labels elsewhere.
    fn mismatch(&self, monitor: &Monitor, server: &Server, namespaces: &SdNamespaces) -> Mismatch {
        let wished = SdNamespaces::wished(monitor);
        let ignored = server.spec.ignore_namespace_selectors && wished != *namespaces;
        let names = namespaces.names();
        let for_pods = !self.pods_instead.is_empty() || !self.starved.is_empty() || !self.idle.is_empty();
        let for_pods = for_pods || !self.part_pods.is_empty();
        let meant = self.is_nearly_met();
        if !names.is_empty() && self.absent_namespaces.len() == names.len() {
            Mismatch::AbsentNamespaces
        } else if ignored && self.elsewhere.iter().any(|id| wished.contains(&id.namespace)) {
            Mismatch::Ignored
        } else if !self.services_of_pods.is_empty() {
            Mismatch::WrittenForPods
        } else if !self.elsewhere.is_empty() {
            Mismatch::NotCovered
        } else if !monitor.is_pod_monitor() && (self.candidates == 0 || (for_pods && !meant)) {
            Mismatch::NoService
        } else {
            Mismatch::Labels
        }
    }

    /// Why nothing in the files matches, where they hold what was evidently meant; what is not in them may match else.
    fn evident(&mut self, world: &World, monitor: &Monitor, server: &Server) -> Option<Mismatch> {
        let selector = &monitor.spec.selector;
        let offering = |service: &Service| offers(monitor, service) || monitor.spec.endpoints.iter().all(asks_no_name);
        let service = |id: &ObjectId| world.services.get(&id.namespace, &id.name);
        let fits = |id: &ObjectId| id.kind == Kind::Pod || service(id).is_some_and(offering);
        let wished = SdNamespaces::wished(monitor);
        if self.asks_for_nothing || selector.is_empty() {
            return None;
        }
        if server.spec.ignore_namespace_selectors && self.elsewhere.iter().any(|id| wished.contains(&id.namespace)) {
            return Some(Mismatch::Ignored);
        }
        if self.services_of_pods.iter().any(|service| offering(service)) {
            return Some(Mismatch::WrittenForPods);
        }
        let meant = |near: &NearObject| match near.id.kind {
            Kind::Pod => {
                let pod = world.pods.get(&near.id.namespace, &near.id.name);
                pod.is_some_and(|pod| is_nearly_chosen(selector, &pod.metadata.labels))
            }
            _ => service(&near.id).is_some_and(|service| is_meant(world, monitor, service)),
        };
        self.near.retain(meant);
        if !self.near.is_empty() {
            return Some(Mismatch::Labels);
        }
        // A label that many have says nothing of what is meant; a server may look beside what the monitor says.
        let named = |id: &ObjectId| {
            let labels = match id.kind {
                Kind::Pod => world.pods.get(&id.namespace, &id.name).map(|pod| &pod.metadata.labels),
                _ => service(id).map(|service| &service.metadata.labels),
            };
            labels.is_some_and(|labels| names_it(selector, labels))
        };
        let ignored = world.servers.iter().any(|server| server.spec.ignore_namespace_selectors);
        let covered = ignored || !self.elsewhere.iter().any(|id| named(id) && fits(id));
        (!covered).then_some(Mismatch::NotCovered)
    }

    /// A slip of the pen or a similar key in all that the nearest lacks: that one is meant.
    fn is_nearly_met(&self) -> bool {
        self.near.first().is_some_and(|near| near.misses.iter().all(|miss| miss.near.is_some()))
    }

    /// Workloads whose pods would match: they tell an intended emptiness from a broken selector.
    fn workloads(&mut self, world: &World, monitor: &Monitor, namespaces: &SdNamespaces) {
        let places: Vec<&str> = match namespaces {
            SdNamespaces::All => world.workloads.values().flat_map(Table::namespaces).collect(),
            SdNamespaces::These(names) => names.iter().map(String::as_str).collect(),
        };
        for place in places {
            for (kind, workload) in world.workloads_in(place) {
                let exact = monitor.spec.selector.matches(&workload.template().metadata.labels);
                let wants_none = wants_no_pods(kind, workload);
                // Pods of a workload that runs may only lack what the controller adds: another name, another hash.
                let chosen = exact || (wants_none && makes(kind, workload, &monitor.spec.selector));
                if !chosen {
                    continue;
                }
                let id = workload.metadata.id(kind);
                let list = if wants_none { &mut self.idle } else { &mut self.starved };
                if !list.contains(&id) {
                    list.push(id);
                }
            }
        }
    }
}

/// Parts of the control plane that managed clouds hide and k3s runs inside its own process.
const PARTS: &[&str] = &["kube-scheduler", "kube-controller-manager", "kube-etcd", "etcd", "kube-apiserver", "kube-proxy"];

/// The part of the control plane that one of these values names.
pub(super) fn part_named<'v>(mut values: impl Iterator<Item = &'v str>) -> Option<&'static str> {
    let part = values.find_map(|value| PARTS.iter().find(|part| **part == value))?;
    Some(part.strip_prefix("kube-").filter(|rest| *rest == "etcd").unwrap_or(part))
}

/// The pods of a part of the control plane. Where there is none the part is hidden; a kubeadm cluster has them.
pub(super) fn pods_of_part<'w>(world: &'w World, part: &str) -> Vec<&'w Pod> {
    let is_part = |pod: &&Pod| pod.metadata.name.contains(part) || pod.metadata.labels.values().any(|value| value == part);
    world.pods.in_namespace(CONTROL_PLANE).filter(is_part).collect()
}

/// Where the control plane runs.
pub(super) const CONTROL_PLANE: &str = "kube-system";

impl<'w> Matched<'w> {
    /// kube-prometheus brings monitors for parts of the control plane without Services: what their selectors name is
    /// looked for among the pods, to tell a part that is hidden from one that lacks a Service.
    fn control_plane(&mut self, world: &'w World, monitor: &Monitor, namespaces: &SdNamespaces) {
        let requirements = monitor.spec.selector.requirements();
        let chosen = requirements.iter().filter(|requirement| requirement.operator == Operator::In);
        let Some(part) = part_named(chosen.flat_map(|requirement| &requirement.values).map(String::as_str)) else { return };
        // An etcd of somebody's own may stand anywhere; what nearly fits or fits elsewhere is what is meant.
        let asked = match namespaces {
            SdNamespaces::All => part.starts_with("kube-"),
            SdNamespaces::These(names) => names.iter().all(|name| name == CONTROL_PLANE),
        };
        let other = !self.elsewhere.is_empty() || self.is_nearly_met() || !self.pods_instead.is_empty();
        let other = other || !self.idle.is_empty() || !self.starved.is_empty();
        if !asked || other || part == "kube-apiserver" || world.sight.whole(Kind::Pod, Some(CONTROL_PLANE)).is_err() {
            return;
        }
        let pods = pods_of_part(world, part);
        let fronted =
            |service: &Service| service.selector().is_some_and(|own| pods.iter().any(|pod| contains(&pod.metadata.labels, own)));
        if pods.is_empty() {
            if self.state.is_failed() {
                self.meant = self.meant.or(Some(Meant::HiddenControlPlane));
            }
        } else if !world.services.in_namespace(CONTROL_PLANE).any(fronted) {
            self.part_pods = pods;
        }
    }
}

/// Whether the monitor, its namespace or all namespaces that it looks at are being deleted.
fn ending(world: &World, monitor: &Monitor, namespaces: &SdNamespaces) -> Option<Meant> {
    let ends = |name: &str| is_ending(world, name);
    let names = namespaces.names();
    if monitor.metadata.deletion_timestamp.is_some() {
        Some(Meant::MonitorEnds)
    } else if ends(&monitor.metadata.namespace) || (!names.is_empty() && names.iter().all(|name| ends(name))) {
        Some(Meant::NamespaceEnds)
    } else {
        None
    }
}

/// Whether a namespace is being deleted.
pub(super) fn is_ending(world: &World, namespace: &str) -> bool {
    world.namespaces.get("", namespace).is_some_and(Namespace::is_ending)
}

/// Whether a selector chooses pods that a workload would make: its template's labels with those that controllers add.
pub fn makes(kind: Kind, workload: &Workload, selector: &LabelSelector) -> bool {
    let labels = &workload.template().metadata.labels;
    let name = workload.metadata.name.as_str();
    // Whether a requirement is met; `None` where it only could be, as a hash says nothing of whose it is.
    let meets = |requirement: &Requirement| {
        let named = |after: &str| {
            let fits = |value: &String| value.strip_prefix(name).is_some_and(|rest| rest.starts_with(after));
            requirement.operator != Operator::In || requirement.values.iter().any(fits)
        };
        match (requirement.key.as_str(), kind) {
            _ if requirement.holds(labels) => Some(true),
            ("statefulset.kubernetes.io/pod-name", Kind::StatefulSet) => Some(named("-")),
            ("job-name" | "batch.kubernetes.io/job-name", Kind::Job | Kind::CronJob) => Some(named("")),
            ("apps.kubernetes.io/pod-index", Kind::StatefulSet)
            | ("controller-revision-hash", Kind::StatefulSet | Kind::DaemonSet)
            | ("pod-template-hash", Kind::Deployment | Kind::ReplicaSet)
            | (
                "controller-uid" | "batch.kubernetes.io/controller-uid" | "batch.kubernetes.io/job-completion-index",
                Kind::Job | Kind::CronJob,
            ) => None,
            _ => Some(false),
        }
    };
    let met: Vec<Option<bool>> = selector.requirements().iter().map(meets).collect();
    selector.invalid().is_none() && !met.contains(&Some(false)) && (met.is_empty() || met.contains(&Some(true)))
}

/// Whether a workload has no pods because it is meant to have none: scaled to 0, held, finished, or without a node.
pub fn wants_no_pods(kind: Kind, workload: &Workload) -> bool {
    match kind {
        Kind::Job => workload.spec.suspend == Some(true) || workload.status.completion_time.is_some(),
        // Between two runs a CronJob has no pods.
        Kind::CronJob => true,
        Kind::DaemonSet => workload.status.desired_number_scheduled == Some(0),
        _ => workload.spec.replicas == Some(0),
    }
}

/// Whether an endpoint asks for its port in another way than by the name of a Service port.
fn asks_no_name(endpoint: &Endpoint) -> bool {
    endpoint.port_name().is_none()
}

fn select<'w, 'n, T: HasMeta>(
    table: &'w Table<T>,
    index: &'n ByLabel<'w, T>,
    selector: &LabelSelector,
    namespaces: &'n SdNamespaces,
) -> Vec<&'w T> {
    let fits = |object: &&T| selector.matches(&object.meta().labels);
    match (namespaces, index.candidates(selector)) {
        (SdNamespaces::All, Some(candidates)) => candidates.iter().copied().filter(fits).collect(),
        (SdNamespaces::All, None) => table.iter().filter(fits).collect(),
        (SdNamespaces::These(names), Some(candidates)) => {
            // One name is the rule; more are few.
            let of = |name: &'n String| candidates.iter().copied().filter(move |object| object.meta().namespace == *name);
            names.iter().flat_map(of).filter(fits).collect()
        }
        (SdNamespaces::These(names), None) => names.iter().flat_map(|name| table.in_namespace(name)).filter(fits).collect(),
    }
}

fn count<T: HasMeta>(table: &Table<T>, namespaces: &SdNamespaces) -> usize {
    match namespaces {
        SdNamespaces::All => table.len(),
        SdNamespaces::These(names) => names.iter().map(|name| table.count_in(name)).sum(),
    }
}

/// Which of the lists were not seen to the end.
fn unseen(world: &World, kind: Kind, namespaces: &SdNamespaces) -> Vec<Unseen> {
    match namespaces {
        SdNamespaces::All => world.sight.whole(kind, None).err().into_iter().collect(),
        SdNamespaces::These(names) => names.iter().filter_map(|name| world.sight.whole(kind, Some(name)).err()).collect(),
    }
}

/// The Services whose own selectors choose the pods that a monitor's selector chooses, or would choose if their
/// workloads had any.
fn in_front<'w>(world: &'w World, monitor: &Monitor, matched: &Matched<'_>) -> Vec<&'w Service> {
    let pods = matched.pods_instead.iter().map(|pod| (pod.metadata.namespace.as_str(), &pod.metadata.labels));
    let workloads = matched.starved.iter().chain(&matched.idle).filter_map(|id| {
        let workload = world.workload(id.kind, &id.namespace, &id.name)?;
        Some((id.namespace.as_str(), &workload.template().metadata.labels))
    });
    let labels: Vec<(&str, &Labels)> = pods.chain(workloads).collect();
    let chooses = |service: &&Service| {
        let selector = service.selector();
        selector.is_some_and(|own| {
            labels.iter().any(|(namespace, labels)| *namespace == service.metadata.namespace && contains(labels, own))
        })
    };
    let mut found: Vec<&Service> = world.services.iter().filter(chooses).collect();
    let rank = |service: &Service| {
        let near = nearness(&monitor.spec.selector, &service.metadata.labels).unwrap_or((usize::MAX, 0));
        (near, unlikeness(&monitor.metadata.name, &service.metadata.name), service.is_headless())
    };
    found.sort_by(|a, b| (rank(a), &a.metadata.name).cmp(&(rank(b), &b.metadata.name)));
    found
}

/// With more objects than this, near misses are looked for only among those that meet a part of the selector.
const MANY: usize = 500;

/// The three objects that the selector most nearly chooses: those with the fewest misses, among these the ones that
/// are called like the monitor. One that is called like it counts even if no label speaks for it.
fn near<'w, T: HasMeta>(
    table: &'w Table<T>,
    index: &ByLabel<'w, T>,
    kind: Kind,
    monitor: &Monitor,
    namespaces: &SdNamespaces,
) -> Vec<NearObject> {
    let selector = &monitor.spec.selector;
    let rank = |object: &T| {
        let unlike = unlikeness(&monitor.metadata.name, &object.meta().name);
        match nearness(selector, &object.meta().labels) {
            Some((misses, weight)) => Some((misses, weight, unlike)),
            None => (unlike <= 1).then_some((usize::MAX, 0, unlike)),
        }
    };
    let looked_at = |object: &&T| namespaces.contains(&object.meta().namespace);
    let objects: Vec<&T> = match namespaces {
        SdNamespaces::These(names) => names.iter().flat_map(|name| table.in_namespace(name)).collect(),
        SdNamespaces::All => table.iter().collect(),
    };
    let touched: Vec<&T> =
        if objects.len() > MANY { index.touched(selector).filter(looked_at).take(MANY).collect() } else { Vec::new() };
    let objects = if touched.is_empty() { objects } else { touched };
    let mut found: Vec<_> = objects.into_iter().filter_map(|object| Some((rank(object)?, object.meta()))).collect();
    found.sort_by(|a, b| (a.0, &a.1.namespace, &a.1.name).cmp(&(b.0, &b.1.namespace, &b.1.name)));
    found.dedup_by(|a, b| std::ptr::eq(a.1, b.1));
    let near = |meta: &Meta| NearObject { id: meta.id(kind), misses: selector.misses(&meta.labels) };
    found.into_iter().take(3).map(|(_, meta)| near(meta)).collect()
}

fn elsewhere<'w, T: HasMeta>(
    table: &'w Table<T>,
    index: &ByLabel<'w, T>,
    kind: Kind,
    selector: &LabelSelector,
    namespaces: &SdNamespaces,
) -> Vec<ObjectId> {
    if selector.is_empty() || *namespaces == SdNamespaces::All {
        return Vec::new();
    }
    let everywhere = select(table, index, selector, &SdNamespaces::All);
    let outside = everywhere.into_iter().filter(|object| !namespaces.contains(&object.meta().namespace));
    outside.map(|object| object.meta().id(kind)).take(20).collect()
}
