//! What Kubernetes' own controllers would make of manifests: pods of workloads, Endpoints and EndpointSlices of Services.
//!
//! Files say what somebody wants, a diagnosis looks at what follows from it. So that a port can be compared with the
//! container that it leads to before anything is applied, what would follow is added to the world, and noted in
//! [`World::assumed`]: it does not exist, and nothing may be said as if it did.

mod address;
mod endpoints;
mod pods;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::address::Addresses;
pub(crate) use self::address::is_stand_in;
use self::endpoints::Maker;
use crate::chain::{contains, is_for, is_nearly_chosen, makes, wants_no_pods};
use crate::selector::LabelSelector;
use crate::world::{EndpointSlice, Kind, Labels, ObjectId, Pod, SERVICE_NAME_LABEL, Service, Workload, World};

/// So many pods of a workload are imagined for files: enough for each port and for the names that StatefulSets give.
const FEW: usize = 3;

/// So many where a change to a cluster is foreseen, in which their number is told.
const MANY: usize = 500;

/// Adds what would follow from files: the pods of their workloads, and what stands behind their Services.
///
/// Behind a Service whose pods are not in the files a stand-in is put, so that its ports can be judged: an address that
/// refers to a pod nobody has seen. A Service that nearly chooses the pods of a workload beside it gets none: that it
/// misses them is what is to be told.
pub fn imagine(world: &mut World) {
    let mut addresses = Addresses::of(world);
    pods::start(world, &mut addresses);
    let mut made: Vec<(ObjectId, Pod)> = Vec::new();
    for (kind, table) in &world.workloads {
        let lasts = |workload: &&Workload| !pods::is_made_by_another(workload) && !pods::is_hook(&workload.metadata);
        for workload in table.iter().filter(lasts) {
            // Between two runs a CronJob has no pods, but what it would run is what is to be judged.
            if (wants_no_pods(*kind, workload) && *kind != Kind::CronJob) || pods::are_there(world, workload) {
                continue;
            }
            let id = workload.metadata.id(*kind);
            let new = pods::of(*kind, workload, FEW, &mut addresses).into_iter();
            made.extend(new.map(|pod| (id.clone(), pod)));
        }
    }
    made.into_iter().for_each(|(from, pod)| assume_pod(world, from, pod));
    let due: Vec<Service> = world.services.iter().filter(|service| is_due(world, service)).cloned().collect();
    for service in &due {
        fill(world, service, &mut addresses);
    }
}

/// Lets what depends on changed objects follow: a Service's labels are those of its Endpoints and slices, its selector
/// and ports decide what is in them, a workload's template is that of its pods. Only what changed is touched; all else
/// stays as it was seen. `before` is the world without the change.
pub fn settle(world: &mut World, before: &World, changed: &BTreeSet<ObjectId>) {
    let mut addresses = Addresses::of(world);
    let mut stirred: Vec<(String, Labels)> = Vec::new();
    for id in changed {
        stirred.extend(pods::settle(world, before, id, MANY, &mut addresses));
        if id.kind == Kind::Pod {
            let of = |world: &World| Some(world.pods.get(&id.namespace, &id.name)?.metadata.labels.clone());
            stirred.extend([of(before), of(world)].into_iter().flatten().map(|labels| (id.namespace.clone(), labels)));
        }
    }
    let named: BTreeSet<(&str, &str)> =
        changed.iter().filter(|id| id.kind == Kind::Service).map(|id| (id.namespace.as_str(), id.name.as_str())).collect();
    for (namespace, name) in &named {
        if world.services.get(namespace, name).is_none() && before.services.get(namespace, name).is_some() {
            remove_endpoints(world, namespace, name);
        }
    }
    let services: Vec<Service> = world.services.iter().cloned().collect();
    for service in &services {
        let (namespace, name) = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
        let old = before.services.get(namespace, name);
        let is_named = named.contains(&(namespace, name));
        // Endpoints that come with the change are what somebody wants them to be.
        if changed.iter().any(|id| is_endpoints_of(world, id, service)) {
            continue;
        }
        if service.selector().is_none() || service.is_external_name() {
            continue;
        }
        let leads = is_named && old.is_none_or(|old| endpoints::leads_elsewhere(old, service));
        let chooses = |(place, labels): &(String, Labels)| {
            let chosen = |service: &Service| service.selector().is_some_and(|own| contains(labels, own));
            place == namespace && (chosen(service) || old.is_some_and(chosen))
        };
        // Where pods could not be listed, what was seen behind a Service tells more than that none is left.
        let tells = || world.sight.whole(Kind::Pod, Some(namespace)).is_ok() || !pods_of(world, service).is_empty();
        if leads || (stirred.iter().any(chooses) && tells()) {
            remove_endpoints(world, namespace, name);
            fill(world, service, &mut addresses);
        } else if is_named {
            endpoints::reword(world, service);
        }
    }
}

fn is_endpoints_of(world: &World, id: &ObjectId, service: &Service) -> bool {
    id.namespace == service.metadata.namespace
        && match id.kind {
            Kind::Endpoints => id.name == service.metadata.name,
            Kind::EndpointSlice => world
                .slices
                .get(&id.namespace, &id.name)
                .is_some_and(|slice| slice.metadata.labels.get(SERVICE_NAME_LABEL) == Some(&service.metadata.name)),
            _ => false,
        }
}

/// Whether the controllers would write what is behind a Service, and nobody has yet.
fn is_due(world: &World, service: &Service) -> bool {
    let (namespace, name) = (service.metadata.namespace.as_str(), &service.metadata.name);
    let mut slices = world.slices.in_namespace(namespace);
    service.selector().is_some()
        && !service.is_external_name()
        && world.endpoints.get(namespace, name).is_none()
        && !slices.any(|slice| slice.metadata.labels.get(SERVICE_NAME_LABEL) == Some(name))
}

/// Writes what is behind a Service: its pods, or a stand-in where they were not seen and may well exist.
fn fill(world: &mut World, service: &Service, addresses: &mut Addresses) {
    let mut maker = Maker::new(service);
    let pods = pods_of(world, service);
    if pods.is_empty() && is_beyond_sight(world, service) {
        maker.stand_in(addresses);
    } else {
        pods.into_iter().for_each(|pod| maker.add(pod));
    }
    let id = service.metadata.id(Kind::Service);
    let (endpoints, slices) = maker.finish();
    world.assumed.insert(endpoints.metadata.id(Kind::Endpoints), id.clone());
    world.endpoints.insert(endpoints);
    for slice in slices {
        world.assumed.insert(slice.metadata.id(Kind::EndpointSlice), id.clone());
        world.slices.insert(slice);
    }
}

/// Whether the pods of a Service that chooses none of those that were seen may exist all the same: no list of pods says
/// otherwise, no workload that wants none explains it, and no workload speaks for a slip.
fn is_beyond_sight(world: &World, service: &Service) -> bool {
    let namespace = service.metadata.namespace.as_str();
    let Some(selector) = service.selector() else { return false };
    let asked = LabelSelector { match_labels: selector.clone(), match_expressions: Vec::new() };
    let explained = |(kind, workload): (Kind, &Workload)| {
        let labels = &workload.template().metadata.labels;
        (wants_no_pods(kind, workload) && makes(kind, workload, &asked))
            || is_nearly_chosen(&asked, labels)
            || is_for(world, service, &workload.metadata.id(kind), labels)
    };
    world.sight.whole(Kind::Pod, Some(namespace)).is_err() && !world.workloads_in(namespace).any(explained)
}

fn pods_of<'w>(world: &'w World, service: &Service) -> Vec<&'w Pod> {
    let Some(selector) = service.selector() else { return Vec::new() };
    world.pods.in_namespace(&service.metadata.namespace).filter(|pod| contains(&pod.metadata.labels, selector)).collect()
}

fn remove_endpoints(world: &mut World, namespace: &str, name: &str) {
    world.endpoints.remove(namespace, name);
    let named = |slice: &&EndpointSlice| slice.metadata.labels.get(SERVICE_NAME_LABEL).is_some_and(|named| named == name);
    let slices = world.slices.in_namespace(namespace).filter(named);
    let slices: Vec<String> = slices.map(|slice| slice.metadata.name.clone()).collect();
    slices.iter().for_each(|slice| world.slices.remove(namespace, slice));
}

fn assume_pod(world: &mut World, from: ObjectId, pod: Pod) {
    world.assumed.insert(pod.metadata.id(Kind::Pod), from);
    world.pods.insert(pod);
}
