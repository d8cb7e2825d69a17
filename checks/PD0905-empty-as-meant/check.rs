//! Nothing is there to scrape, and it is meant so: workloads that want no pods, Jobs that ended, a control plane that a
//! cloud hides.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0905",
    name: "empty-as-meant",
    summary: "nothing is there to scrape, and it is meant so",
    severity: Severity::Info,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let id = found.service.metadata.id(Kind::Service);
            let why = match found.empty {
                Empty::Idle(workloads) => format!(": {}", idle(workloads)),
                Empty::Finished(_, true) => ": its pods belong to Jobs that have ended".to_owned(),
                Empty::HiddenControlPlane => format!(": {}", meant(Meant::HiddenControlPlane)),
                Empty::Ending(why) => format!(": {}", meant(*why)),
                _ => continue,
            };
            let finding = out.finding(&CHECK, &id, format!("Service {} is empty, as meant{why}", id.name));
            finding.on(chain).likely_if(matches!(found.empty, Empty::HiddenControlPlane));
            evidence(view, chain, finding, found.empty);
        }
        if let Some(why) = chain.matched.meant.filter(|_| chain.matched.services.is_empty() && chain.matched.pods.is_empty()) {
            unmatched(view, chain, why, out);
        } else if chain.monitor.is_pod_monitor() {
            pods(view, chain, out);
        }
    }
}

fn meant(why: Meant) -> &'static str {
    match why {
        Meant::HiddenControlPlane => "this part of the control plane does not run as pods here",
        Meant::MonitorEnds => "the monitor is being deleted",
        Meant::NamespaceEnds => "the namespace is being deleted",
    }
}

/// Nothing is matched, and nothing is to be.
fn unmatched(view: &View<'_>, chain: &Chain<'_>, why: Meant, out: &mut Out) {
    let monitor = chain.monitor.id();
    let finding = out.finding(&CHECK, &monitor, format!("nothing is matched, as meant: {}", meant(why)));
    finding.on(chain).likely_if(why == Meant::HiddenControlPlane);
    ends(view, chain, why, finding);
    for requirement in chain.monitor.spec.selector.requirements().into_iter().filter(|_| why == Meant::HiddenControlPlane) {
        finding.says(&monitor, format!("spec.selector.{}", requirement.path), requirement.values);
    }
}

/// Where it stands that something is being deleted.
fn ends(view: &View<'_>, chain: &Chain<'_>, why: Meant, finding: &mut Draft) {
    let names = std::iter::once(&chain.monitor.metadata.namespace).chain(chain.namespaces.names());
    let ending = |name: &&String| view.world().namespaces.get("", name).is_some_and(|namespace| namespace.is_ending());
    match why {
        Meant::MonitorEnds => {
            let when = chain.monitor.metadata.deletion_timestamp.clone().unwrap_or_default();
            finding.says(&chain.monitor.id(), "metadata.deletionTimestamp", when);
        }
        Meant::NamespaceEnds => {
            if let Some(name) = names.into_iter().find(ending) {
                finding.says(&ObjectId::new(Kind::Namespace, "", name), "status.phase", "Terminating");
            }
        }
        Meant::HiddenControlPlane => {}
    }
}

fn idle(workloads: &[ObjectId]) -> String {
    let names: Vec<String> = workloads.iter().map(|id| format!("{} {}", id.kind, id.name)).collect();
    let verb = if names.len() == 1 { "wants" } else { "want" };
    format!("{} {verb} no pods", list(&names, 2))
}

fn evidence(view: &View<'_>, chain: &Chain<'_>, finding: &mut Draft, empty: &Empty<'_>) {
    if let Empty::Ending(why) = empty {
        ends(view, chain, *why, finding);
    }
    if let Empty::Idle(workloads) = empty {
        for id in workloads.iter().take(3) {
            wish(view, finding, id);
        }
    }
}

/// The field by which a workload wants no pods.
fn wish(view: &View<'_>, finding: &mut Draft, id: &ObjectId) {
    let Some(workload) = view.world().workload(id.kind, &id.namespace, &id.name) else { return };
    match id.kind {
        Kind::Job | Kind::CronJob if workload.spec.suspend == Some(true) => finding.says(id, "spec.suspend", "true"),
        Kind::Job => finding.says(id, "status.completionTime", workload.status.completion_time.clone().unwrap_or_default()),
        Kind::CronJob => finding.says(id, "kind", "CronJob"),
        Kind::DaemonSet => finding.says(id, "status.desiredNumberScheduled", "0"),
        _ => finding.says(id, "spec.replicas", "0"),
    };
}

fn pods(view: &View<'_>, chain: &Chain<'_>, out: &mut Out) {
    let monitor = chain.monitor.id();
    let ended = chain.backed.spots.is_empty() && chain.backed.intended && !chain.backed.pods.is_empty();
    let none = chain.matched.pods.is_empty() && chain.matched.state.is_fine() && !chain.matched.idle.is_empty();
    if ended {
        let ending = chain.backed.pods.iter().find_map(|(_, empty)| match empty {
            Empty::Ending(why) => Some(*why),
            _ => None,
        });
        let why = ending.map_or("they belong to Jobs that have ended", meant);
        let finding = out.finding(&CHECK, &monitor, format!("the pods are gone, as meant: {why}"));
        finding.on(chain);
        if let Some(why) = ending {
            ends(view, chain, why, finding);
        }
    } else if none {
        let finding = out.finding(&CHECK, &monitor, format!("there are no pods, as meant: {}", idle(&chain.matched.idle)));
        finding.on(chain);
        for id in chain.matched.idle.iter().take(3) {
            wish(view, finding, id);
        }
    }
}
