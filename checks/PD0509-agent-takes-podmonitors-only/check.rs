//! An agent in DaemonSet mode selects ServiceMonitors, validates them, and writes no job for them (OP-AGT-2).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0509",
    name: "agent-takes-podmonitors-only",
    summary: "an agent in DaemonSet mode takes PodMonitors only",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Generated).filter(|chain| chain.generated.not_for_daemon_set) {
        let (monitor, server) = (chain.monitor.id(), chain.server.id());
        let message = format!("{server} runs as a DaemonSet, which takes PodMonitors only: no job is written for it");
        let finding = out.finding(&CHECK, &monitor, message);
        let mode = chain.server.spec.mode.as_str();
        finding.on(chain).compared(&server, "spec.mode", "StatefulSet", mode, Some((&server, "spec.mode".to_owned()))).says(
            &monitor,
            "kind",
            monitor.kind.name(),
        );
        finding
            .fix(Fix::advice(
                "write a PodMonitor instead: it selects the labels of the pods and names a container port",
                "kubectl explain podmonitors.spec",
            ))
            .fix(
                Fix::merge(format!("run {server} as a StatefulSet"), &server, json!({"spec": {"mode": "StatefulSet"}}))
                    .widens("one agent then scrapes everything, instead of one on each node"),
            );
    }
}
