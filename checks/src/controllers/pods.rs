//! The pods that workloads make.

use super::address::{Addresses, is_stand_in};
use super::assume_pod;
use crate::chain::{contains, wants_no_pods};
use crate::world::{
    Condition, Container, Kind, Labels, Meta, ObjectId, OwnerReference, Pod, PodSpec, PodStatus, PodTemplate, Workload, World,
};

/// Labels that controllers put on pods beside those of the template.
const BY_CONTROLLERS: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether another workload makes this one, whose template speaks for both.
pub(super) fn is_made_by_another(workload: &Workload) -> bool {
    workload.metadata.controller().is_some_and(|owner| matches!(owner.kind.as_str(), "Deployment" | "CronJob"))
}

/// Whether Helm makes something for a moment only: to test a release, to prepare it.
pub(super) fn is_hook(meta: &Meta) -> bool {
    meta.annotations.contains_key("helm.sh/hook")
}

/// Lets pods run that are written as such, and leaves out those that would soon be gone.
pub(super) fn start(world: &mut World, addresses: &mut Addresses) {
    let waits = |pod: &&Pod| pod.status.phase.is_empty() && pod.status.pod_ip.is_empty();
    let waiting: Vec<Pod> = world.pods.iter().filter(waits).cloned().collect();
    for mut pod in waiting {
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        if is_hook(&pod.metadata) {
            world.pods.remove(namespace, name);
            continue;
        }
        pod.status = running(addresses.take(&format!("Pod/{namespace}/{name}")));
        world.pods.insert(pod);
    }
}

/// Whether pods of a workload were seen, so that none need be imagined: such as somebody made by hand are not its own.
pub(super) fn are_there(world: &World, workload: &Workload) -> bool {
    let labels = &workload.template().metadata.labels;
    let mut pods = world.pods.in_namespace(&workload.metadata.namespace);
    let own = |pod: &Pod| !pod.is_finished() && (pod.metadata.controller().is_some() || !is_stand_in(&pod.status.pod_ip));
    !labels.is_empty() && pods.any(|pod| own(pod) && contains(&pod.metadata.labels, labels))
}

fn running(ip: String) -> PodStatus {
    let ready = Condition { kind: "Ready".to_owned(), status: "True".to_owned(), ..Condition::default() };
    PodStatus { phase: "Running".to_owned(), pod_ip: ip, conditions: vec![ready], ..PodStatus::default() }
}

/// The pods that a workload makes, at most so many.
pub(super) fn of(kind: Kind, workload: &Workload, most: usize, addresses: &mut Addresses) -> Vec<Pod> {
    (0..count(kind, workload, most)).map(|at| pod(kind, workload, at, addresses)).collect()
}

/// How many pods it makes. How many nodes a DaemonSet finds is not known.
fn count(kind: Kind, workload: &Workload, most: usize) -> usize {
    let wanted = match kind {
        Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet => workload.spec.replicas.unwrap_or(1),
        Kind::DaemonSet => workload.status.desired_number_scheduled.unwrap_or(1),
        _ => 1,
    };
    usize::try_from(wanted).unwrap_or(0).min(most)
}

/// One pod of a workload, which runs.
fn pod(kind: Kind, workload: &Workload, at: usize, addresses: &mut Addresses) -> Pod {
    let template = workload.template();
    let (namespace, owner) = (&workload.metadata.namespace, &workload.metadata.name);
    let name = format!("{owner}-{at}");
    let mut labels = template.metadata.labels.clone();
    match kind {
        Kind::StatefulSet => {
            labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), name.clone());
            labels.insert("apps.kubernetes.io/pod-index".to_owned(), at.to_string());
        }
        Kind::Job => {
            for key in ["job-name", "batch.kubernetes.io/job-name"] {
                labels.insert(key.to_owned(), owner.clone());
            }
        }
        _ => {}
    }
    let (api_version, made_by) = match kind {
        Kind::Deployment => ("apps/v1", Kind::ReplicaSet),
        Kind::CronJob => ("batch/v1", Kind::Job),
        Kind::Job => ("batch/v1", kind),
        _ => ("apps/v1", kind),
    };
    let owner = OwnerReference {
        api_version: api_version.to_owned(),
        kind: made_by.name().to_owned(),
        name: owner.clone(),
        controller: true,
    };
    let metadata = Meta {
        labels,
        annotations: template.metadata.annotations.clone(),
        owner_references: vec![owner],
        namespace: namespace.clone(),
        name,
        ..Meta::default()
    };
    let ip = addresses.take(&format!("{kind}/{namespace}/{}", metadata.name));
    Pod { metadata, spec: spec(template), status: running(ip) }
}

/// The spec of a pod, as far as anybody looks at it: without arguments and environment, which are long.
fn spec(template: &PodTemplate) -> PodSpec {
    let slim = |container: &Container| Container {
        name: container.name.clone(),
        image: container.image.clone(),
        ports: container.ports.clone(),
        restart_policy: container.restart_policy.clone(),
        ..Container::default()
    };
    PodSpec {
        volumes: None,
        containers: template.spec.containers.iter().map(slim).collect(),
        init_containers: template.spec.init_containers.iter().map(slim).collect(),
        service_account_name: template.spec.service_account_name.clone(),
        node_name: String::new(),
    }
}

/// Lets the pods of a changed workload follow it; the labels, old and new, of pods that changed, with their namespace.
pub(super) fn settle(
    world: &mut World,
    before: &World,
    id: &ObjectId,
    most: usize,
    addresses: &mut Addresses,
) -> Vec<(String, Labels)> {
    let (namespace, name) = (id.namespace.as_str(), id.name.as_str());
    let new = world.workload(id.kind, namespace, name).cloned();
    let old = before.workload(id.kind, namespace, name);
    let Some(model) = new.as_ref().or(old) else { return Vec::new() };
    // What finished stays; between its runs a CronJob has no pods that could follow it.
    if is_made_by_another(model) || matches!(id.kind, Kind::CronJob | Kind::Job) && old.is_some() {
        return Vec::new();
    }
    let mut own: Vec<Pod> = world.pods.in_namespace(namespace).filter(|pod| is_of(pod, id.kind, model)).cloned().collect();
    let mut stirred = Vec::new();
    let wanted = new.as_ref().filter(|new| !wants_no_pods(id.kind, new)).map_or(0, |new| match id.kind {
        // Each node has one already.
        Kind::DaemonSet if !own.is_empty() => own.len(),
        _ => count(id.kind, new, most),
    });
    let kept = new.as_ref().filter(|_| wanted > 0).zip(old).is_some_and(|(new, old)| is_same(new.template(), old.template()));
    let scaled = old.is_none_or(|old| wanted != count(id.kind, old, most) || wants_no_pods(id.kind, old));
    if kept && !scaled {
        return stirred;
    }
    let gone = if scaled || new.is_none() { own.split_off(wanted.min(own.len())) } else { Vec::new() };
    for pod in &gone {
        stirred.push((namespace.to_owned(), pod.metadata.labels.clone()));
    }
    gone.iter().for_each(|pod| world.pods.remove(namespace, &pod.metadata.name));
    let Some(new) = &new else { return stirred };
    if !kept {
        for mut pod in own.iter().cloned() {
            stirred.push((namespace.to_owned(), pod.metadata.labels.clone()));
            roll_out(&mut pod, new.template(), old.map(Workload::template));
            stirred.push((namespace.to_owned(), pod.metadata.labels.clone()));
            assume_pod(world, id.clone(), pod);
        }
    }
    if scaled {
        let taken = |name: &str| own.iter().any(|pod| pod.metadata.name == name);
        let fresh: Vec<Pod> = of(id.kind, new, most, addresses).into_iter().filter(|pod| !taken(&pod.metadata.name)).collect();
        for pod in fresh.into_iter().take(wanted.saturating_sub(own.len())) {
            stirred.push((namespace.to_owned(), pod.metadata.labels.clone()));
            assume_pod(world, id.clone(), pod);
        }
    }
    stirred
}

/// Whether a pod is one of a workload's: its selector chooses it, and no other workload says that it is its own.
fn is_of(pod: &Pod, kind: Kind, workload: &Workload) -> bool {
    let name = workload.metadata.name.as_str();
    let chosen = match &workload.spec.selector {
        Some(selector) if !selector.is_empty() => selector.matches(&pod.metadata.labels),
        _ => {
            let labels = &workload.template().metadata.labels;
            !labels.is_empty() && contains(&pod.metadata.labels, labels)
        }
    };
    let owned = pod.metadata.controller().is_none_or(|owner| match (owner.kind.as_str(), kind) {
        // A ReplicaSet is called like its Deployment, with a hash.
        ("ReplicaSet", Kind::Deployment) => {
            owner.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-') && !rest[1..].contains('-'))
        }
        (owner_kind, kind) => owner_kind == kind.name() && owner.name == name,
    });
    chosen && owned && !pod.is_finished()
}

/// Whether pods from one template are like those from another, as far as anybody looks at them.
fn is_same(one: &PodTemplate, other: &PodTemplate) -> bool {
    fn shape(template: &PodTemplate) -> impl PartialEq {
        let containers = template.spec.containers.iter().chain(&template.spec.init_containers);
        let ports = |container: &Container| -> Vec<(String, i64, String)> {
            let ports = container.ports.iter();
            ports.map(|port| (port.name().to_owned(), port.container_port, port.protocol().to_owned())).collect()
        };
        let containers: Vec<_> = containers.map(|one| (one.name.clone(), one.is_sidecar(), ports(one))).collect();
        (containers, template.spec.init_containers.len())
    }
    one.metadata.labels == other.metadata.labels
        && one.metadata.annotations == other.metadata.annotations
        && shape(one) == shape(other)
}

/// Makes a pod as its workload's new template has it. What others put on it beside the old template stays: a mesh or an
/// admission hook would put it there again.
fn roll_out(pod: &mut Pod, new: &PodTemplate, old: Option<&PodTemplate>) {
    let added = |key: &String, of: &Labels| BY_CONTROLLERS.contains(&key.as_str()) || old.is_some_and(|_| !of.contains_key(key));
    let nothing = Labels::new();
    let old_labels = old.map_or(&nothing, |old| &old.metadata.labels);
    let old_annotations = old.map_or(&nothing, |old| &old.metadata.annotations);
    pod.metadata.labels.retain(|key, _| added(key, old_labels));
    pod.metadata.labels.extend(new.metadata.labels.clone());
    pod.metadata.annotations.retain(|key, _| added(key, old_annotations));
    pod.metadata.annotations.extend(new.metadata.annotations.clone());
    let is_among = |container: &Container, list: &[Container]| list.iter().any(|other| other.name == container.name);
    let injected = |now: &[Container], before: Option<&Vec<Container>>| -> Vec<Container> {
        let Some(before) = before else { return Vec::new() };
        now.iter().filter(|container| !is_among(container, before)).cloned().collect()
    };
    let fresh = spec(new);
    let sidecars = injected(&pod.spec.containers, old.map(|old| &old.spec.containers));
    let init = injected(&pod.spec.init_containers, old.map(|old| &old.spec.init_containers));
    let sidecars: Vec<Container> = sidecars.into_iter().filter(|one| !is_among(one, &fresh.containers)).collect();
    let init: Vec<Container> = init.into_iter().filter(|one| !is_among(one, &fresh.init_containers)).collect();
    pod.spec.containers = fresh.containers.into_iter().chain(sidecars).collect();
    pod.spec.init_containers = fresh.init_containers.into_iter().chain(init).collect();
}
