//! The pods are there but none has an IP: most often no node takes them (OP-CAUSE-23). Pods that are not ready would be
//! targets all the same.

use crate::prelude::*;
use crate::world::Pod;

pub(crate) const CHECK: Check = Check {
    code: "PD0907",
    name: "pods-without-ip",
    summary: "the pods have no IP yet, so there is no address to scrape",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::PodsWithoutIp(pods) = found.empty else { continue };
            let id = found.service.metadata.id(Kind::Service);
            if let Some(finding) = waiting(view, &id, pods, out) {
                finding.on(chain).weigh(&found);
            }
        }
        for namespace in chain.backed.namespaces_of_empty_pods() {
            let (empty, decides) = chain.backed.empty_pods(namespace);
            let waits = |(pod, empty): &(_, &Empty<'_>)| matches!(empty, Empty::PodsWithoutIp(_)).then_some(*pod);
            let pods: Vec<&Pod> = empty.iter().filter_map(waits).collect();
            if !decides {
                continue;
            }
            if let Some(finding) = waiting(view, &chain.monitor.id(), &pods, out) {
                finding.on(chain).namespace(namespace);
            }
        }
    }
}

/// A finding about the workload of the pods, or about what selects them.
fn waiting<'o>(view: &View<'_>, selects: &ObjectId, pods: &[&Pod], out: &'o mut Out) -> Option<&'o mut Draft> {
    let pod = pods.first()?;
    let workload = view.workload_of(pod).map(|(id, _)| id);
    let whose = workload.as_ref().unwrap_or(selects);
    let condition =
        pod.status.conditions.iter().find(|condition| condition.kind == "PodScheduled" && condition.status == "False");
    let phase = if pod.status.phase.is_empty() { "Pending" } else { &pod.status.phase };
    let reason = condition.map(|condition| format!(", {}", condition.reason)).unwrap_or_default();
    let finding = out.finding(&CHECK, whose, format!("no pod of {whose} has an IP to scrape: {phase}{reason}"));
    for pod in pods.iter().take(3) {
        let id = pod.metadata.id(Kind::Pod);
        finding.says(&id, "status.phase", phase).says(&id, "status.podIP", Vec::new());
    }
    if let Some(condition) = condition.filter(|condition| !condition.message.is_empty()) {
        finding.says(&pod.metadata.id(Kind::Pod), "status.conditions[*].message", condition.message.as_str());
    }
    let command = kubectl("describe", &pod.metadata.id(Kind::Pod));
    Some(finding.fix(Fix::advice("look why the pods do not start", command)))
}
