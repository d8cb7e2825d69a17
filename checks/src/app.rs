//! From an application to its monitors: which reach it, which nearly do, and what differs.

use crate::chain::{Walk, contains};
use crate::draft::miss_evidence;
use crate::report::{App, At, Evidence, Reach, Ref};
use crate::selector::nearness;
use crate::world::{Kind, Labels, ObjectId, Pod, Service};

/// Looks at the monitors from the side of a Pod, Service or workload.
pub(crate) fn app(walk: &Walk<'_>, about: &ObjectId) -> App {
    let world = walk.world;
    let namespace = about.namespace.as_str();
    let own_service = world.services.get(namespace, &about.name).filter(|_| about.kind == Kind::Service);
    let template = world.workload(about.kind, namespace, &about.name).map(|workload| &workload.template().metadata.labels);
    let is_pod = |pod: &&Pod| match about.kind {
        Kind::Pod => pod.metadata.name == about.name,
        Kind::Service => own_service.and_then(Service::selector).is_some_and(|labels| contains(&pod.metadata.labels, labels)),
        _ => template.is_some_and(|labels| !labels.is_empty() && contains(&pod.metadata.labels, labels)),
    };
    let pods: Vec<&Pod> = world.pods.in_namespace(namespace).filter(is_pod).collect();
    let in_front = |service: &&Service| match own_service {
        Some(own) => std::ptr::eq(*service, own),
        None => service.selector().is_some_and(|selector| {
            pods.iter().any(|pod| contains(&pod.metadata.labels, selector))
                || template.is_some_and(|labels| contains(labels, selector))
        }),
    };
    let services: Vec<&Service> = world.services.in_namespace(namespace).filter(in_front).collect();
    let is_mine = |host_pod: Option<&Pod>, service: Option<&Service>| match host_pod {
        Some(pod) => pods.iter().any(|own| std::ptr::eq(*own, pod)),
        None => service.is_some_and(|service| services.iter().any(|own| std::ptr::eq(*own, service))),
    };
    let (mut reached, mut near) = (Vec::new(), Vec::new());
    for facts in &walk.monitors {
        let Some(chain) = facts.deciding.map(|at| &facts.chains[at]) else { continue };
        let targets = chain.endpoints.iter().flat_map(|endpoint| &endpoint.targets);
        let mine: Vec<_> = targets.filter(|target| is_mine(target.spot.pod, target.spot.service)).collect();
        let matches = chain.matched.services.iter().any(|service| services.iter().any(|own| std::ptr::eq(*own, *service)))
            || chain.matched.pods.iter().any(|pod| pods.iter().any(|own| std::ptr::eq(*own, *pod)));
        let through = mine.iter().find_map(|target| target.spot.service).or_else(|| {
            chain.matched.services.iter().copied().find(|service| services.iter().any(|own| std::ptr::eq(*own, *service)))
        });
        if matches {
            reached.push(Reach {
                monitor: facts.monitor.id().into(),
                service: through.map(|service| Ref::from(service.metadata.id(Kind::Service))),
                verdict: facts.verdict,
                // Where nobody knows whether a server takes it, there is no target to speak of.
                targets: if chain.yields() && chain.targets.predicted.is_some() { mine.len() } else { 0 },
                differs: Vec::new(),
            });
            continue;
        }
        let candidates: Vec<(ObjectId, &Labels)> = if facts.monitor.is_pod_monitor() {
            pods.iter().map(|pod| (pod.metadata.id(Kind::Pod), &pod.metadata.labels)).collect()
        } else {
            services.iter().map(|service| (service.metadata.id(Kind::Service), &service.metadata.labels)).collect()
        };
        let selector = &facts.monitor.spec.selector;
        let best = candidates
            .iter()
            .filter_map(|(id, labels)| Some((nearness(selector, labels)?, id, *labels)))
            .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let Some((_, id, labels)) = best else { continue };
        let asks = facts.monitor.id();
        let misses = selector.misses(labels);
        let told = misses.iter().map(|miss| miss_evidence(&asks, "spec.selector", miss, id, "metadata.labels"));
        let mut differs: Vec<Evidence> = told.collect();
        if !chain.namespaces.contains(namespace) {
            differs.push(Evidence {
                reference: Some(facts.monitor.id().into()),
                path: "spec.namespaceSelector".to_owned(),
                wanted: chain.namespaces.names().to_vec(),
                found: vec![namespace.to_owned()],
                at: Some(At { reference: id.into(), path: "metadata.namespace".to_owned() }),
                ..Evidence::default()
            });
        }
        // A monitor of another namespace that shares no more than a common word is no near miss.
        if differs.len() <= 2 {
            near.push(Reach {
                monitor: facts.monitor.id().into(),
                service: Some(id.into()),
                verdict: facts.verdict,
                targets: 0,
                differs,
            });
        }
    }
    near.sort_by(|a, b| (a.differs.len(), &a.monitor).cmp(&(b.differs.len(), &b.monitor)));
    near.truncate(5);
    App {
        reference: about.into(),
        pods: pods.iter().map(|pod| Ref::from(pod.metadata.id(Kind::Pod))).collect(),
        services: services.iter().map(|service| Ref::from(service.metadata.id(Kind::Service))).collect(),
        reached,
        near,
    }
}
