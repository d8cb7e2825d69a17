//! Link `matched`: which Services or Pods do the monitor's selectors choose, and what came near (OP-MON)?

use super::namespaces::SdNamespaces;
use super::state::State;
use crate::selector::{LabelSelector, Miss, nearness};
use crate::world::{HasMeta, Kind, Labels, Monitor, ObjectId, Pod, Service, Table, Unseen, Workload, World};

/// What a monitor's selectors choose.
#[derive(Clone, Debug, Default)]
pub struct Matched<'w> {
    /// The state of the link.
    pub state: State,
    /// Services in the namespaces that are looked at (ServiceMonitor).
    pub services: Vec<&'w Service>,
    /// Pods in them (PodMonitor).
    pub pods: Vec<&'w Pod>,
    /// Objects there that the selector nearly chooses, nearest first; only where nothing matches.
    pub near: Vec<NearObject>,
    /// Objects that match but stand in namespaces that are not looked at; only where nothing matches.
    pub elsewhere: Vec<ObjectId>,
    /// Pods that a ServiceMonitor's selector matches although no Service has these labels.
    pub pods_instead: Vec<&'w Pod>,
    /// Services that stand in front of such pods.
    pub services_of_pods: Vec<&'w Service>,
    /// Workloads whose pods would match but which want none (scaled to 0, held, finished).
    pub idle: Vec<ObjectId>,
    /// Workloads whose pods would match, which want some and have none.
    pub starved: Vec<ObjectId>,
    /// Names of namespaces that do not exist.
    pub absent_namespaces: Vec<String>,
    /// Whether it asks for nothing and so takes everything.
    pub empty_selector: bool,
    /// How many Services or Pods there are at all in the namespaces looked at.
    pub candidates: usize,
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
pub(super) fn matched<'w>(world: &'w World, monitor: &Monitor, namespaces: &SdNamespaces) -> Matched<'w> {
    let selector = &monitor.spec.selector;
    let mut out = Matched { empty_selector: selector.is_empty(), ..Matched::default() };
    if world.sight.whole(Kind::Namespace, None).is_ok() && !world.namespaces.is_empty() {
        let absent = namespaces.names().iter().filter(|name| world.namespaces.get("", name).is_none());
        out.absent_namespaces = absent.cloned().collect();
    }
    let kind = if monitor.is_pod_monitor() { Kind::Pod } else { Kind::Service };
    if monitor.is_pod_monitor() {
        out.pods = select(&world.pods, selector, namespaces);
        out.candidates = count(&world.pods, namespaces);
    } else {
        out.services = select(&world.services, selector, namespaces);
        out.candidates = count(&world.services, namespaces);
    }
    let unknown = unseen(world, kind, namespaces);
    if !out.services.is_empty() || !out.pods.is_empty() {
        out.state = State::Passed;
        return out;
    }
    out.workloads(world, monitor, namespaces);
    if !out.idle.is_empty() && monitor.is_pod_monitor() {
        out.state = State::Passed;
        return out;
    }
    out.state = if unknown.is_empty() { State::Failed } else { State::Unknown(unknown) };
    out.near = match kind {
        Kind::Pod => near(&world.pods, kind, selector, namespaces),
        _ => near(&world.services, kind, selector, namespaces),
    };
    out.elsewhere = match kind {
        Kind::Pod => elsewhere(&world.pods, kind, selector, namespaces),
        _ => elsewhere(&world.services, kind, selector, namespaces),
    };
    if kind == Kind::Service && !selector.is_empty() {
        out.pods_instead = select(&world.pods, selector, namespaces);
        let in_front = |service: &&Service| {
            service.selector().is_some_and(|labels| {
                out.pods_instead
                    .iter()
                    .any(|pod| pod.metadata.namespace == service.metadata.namespace && contains(&pod.metadata.labels, labels))
            })
        };
        out.services_of_pods = world.services.iter().filter(in_front).collect();
    }
    out
}

/// Whether labels hold all of some others.
pub fn contains(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

impl Matched<'_> {
    /// Workloads whose pods would match: they tell an intended emptiness from a broken selector.
    fn workloads(&mut self, world: &World, monitor: &Monitor, namespaces: &SdNamespaces) {
        if !monitor.is_pod_monitor() {
            return;
        }
        let places: Vec<&str> = match namespaces {
            SdNamespaces::All => world.workloads.values().flat_map(Table::namespaces).collect(),
            SdNamespaces::These(names) => names.iter().map(String::as_str).collect(),
        };
        for place in places {
            for (kind, workload) in world.workloads_in(place) {
                if !monitor.spec.selector.matches(&workload.template().metadata.labels) {
                    continue;
                }
                let id = workload.metadata.id(kind);
                let list = if wants_no_pods(kind, workload) { &mut self.idle } else { &mut self.starved };
                if !list.contains(&id) {
                    list.push(id);
                }
            }
        }
    }
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

fn select<'w, T: HasMeta>(table: &'w Table<T>, selector: &LabelSelector, namespaces: &SdNamespaces) -> Vec<&'w T> {
    let fits = |object: &&T| selector.matches(&object.meta().labels);
    match namespaces {
        SdNamespaces::All => table.iter().filter(fits).collect(),
        SdNamespaces::These(names) => names.iter().flat_map(|name| table.in_namespace(name)).filter(fits).collect(),
    }
}

fn count<T: HasMeta>(table: &Table<T>, namespaces: &SdNamespaces) -> usize {
    match namespaces {
        SdNamespaces::All => table.len(),
        SdNamespaces::These(names) => names.iter().map(|name| table.in_namespace(name).count()).sum(),
    }
}

/// Which of the lists were not seen to the end.
fn unseen(world: &World, kind: Kind, namespaces: &SdNamespaces) -> Vec<Unseen> {
    match namespaces {
        SdNamespaces::All => world.sight.whole(kind, None).err().into_iter().collect(),
        SdNamespaces::These(names) => names.iter().filter_map(|name| world.sight.whole(kind, Some(name)).err()).collect(),
    }
}

/// The three objects that the selector most nearly chooses.
fn near<T: HasMeta>(table: &Table<T>, kind: Kind, selector: &LabelSelector, namespaces: &SdNamespaces) -> Vec<NearObject> {
    let mut found: Vec<((usize, usize), &str, &T)> = table
        .iter()
        .filter(|object| namespaces.contains(&object.meta().namespace))
        .filter_map(|object| Some((nearness(selector, &object.meta().labels)?, object.meta().name.as_str(), object)))
        .collect();
    found.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let near = |object: &T| NearObject { id: object.meta().id(kind), misses: selector.misses(&object.meta().labels) };
    found.into_iter().take(3).map(|(_, _, object)| near(object)).collect()
}

fn elsewhere<T: HasMeta>(table: &Table<T>, kind: Kind, selector: &LabelSelector, namespaces: &SdNamespaces) -> Vec<ObjectId> {
    if selector.is_empty() {
        return Vec::new();
    }
    let outside = table.iter().filter(|object| !namespaces.contains(&object.meta().namespace));
    outside.filter(|object| selector.matches(&object.meta().labels)).map(|object| object.meta().id(kind)).take(20).collect()
}
