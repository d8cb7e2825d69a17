//! All pods have ended without being those of Jobs, and pods that ended are left out (OP-CAUSE-19).

use crate::prelude::*;
use crate::world::Pod;

pub(crate) const CHECK: Check = Check {
    code: "PD0906",
    name: "pods-ended",
    summary: "all pods have ended, and pods that ended are left out",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::Finished(pods, false) = found.empty else { continue };
            let id = found.service.metadata.id(Kind::Service);
            ended(&id, &format!("behind Service {}", id.name), pods, out).on(chain).weigh(&found);
        }
        for namespace in chain.backed.namespaces_of_empty_pods() {
            let (empty, decides) = chain.backed.empty_pods(namespace);
            let gone = |(pod, empty): &(_, &Empty<'_>)| matches!(empty, Empty::Finished(_, false)).then_some(*pod);
            let pods: Vec<&Pod> = empty.iter().filter_map(gone).collect();
            if pods.is_empty() || !decides {
                continue;
            }
            let monitor = chain.monitor.id();
            let finding = ended(&monitor, &format!("that the monitor selects in {namespace}"), &pods, out);
            finding.on(chain).namespace(namespace);
            let at = crate::path::pointer(&format!("spec.{}", chain.monitor.endpoints_field()));
            let keep = |index: usize| json!({"op": "add", "path": format!("{at}/{index}/filterRunning"), "value": false});
            let operations = (0..chain.monitor.spec.endpoints.len()).map(keep).collect();
            let fix = Fix::json("scrape pods that have ended too", &monitor, operations);
            finding.fix(fix.widens("they rarely answer: their targets are down until the pods are deleted"));
        }
    }
}

fn ended<'o>(subject: &ObjectId, which: &str, pods: &[&Pod], out: &'o mut Out) -> &'o mut Draft {
    let mut phases: Vec<&str> = pods.iter().map(|pod| pod.status.phase.as_str()).collect();
    phases.sort_unstable();
    phases.dedup();
    let message = format!("all pods {which} have ended ({}), and such pods are left out", phases.join(", "));
    let finding = out.finding(&CHECK, subject, message);
    for pod in pods.iter().take(3) {
        finding.says(&pod.metadata.id(Kind::Pod), "status.phase", pod.status.phase.as_str());
    }
    let pod = pods.first().map(|pod| pod.metadata.name.as_str()).unwrap_or_default();
    let namespace = pods.first().map(|pod| pod.metadata.namespace.as_str()).unwrap_or_default();
    finding.fix(Fix::advice("look why no pod runs any more", format!("kubectl -n {namespace} describe pod {pod}")))
}
