//! The workload behind a Service wants pods and has none: a quota, an admission webhook or a missing service account
//! keeps them from being made.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0911",
    name: "workload-without-pods",
    summary: "the workload behind a Service wants pods and has none",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::Starved(workloads) = found.empty else { continue };
            let Some(id) = workloads.first() else { continue };
            let message = format!("{} {} wants pods and has none, so nothing is there to scrape", id.kind, id.name);
            let finding = out.finding(&CHECK, id, message);
            finding.on(chain).weigh(&found);
            for id in workloads.iter().take(3) {
                let Some(workload) = view.world().workload(id.kind, &id.namespace, &id.name) else { continue };
                let (path, wants) = match id.kind {
                    Kind::DaemonSet => ("status.desiredNumberScheduled", workload.status.desired_number_scheduled),
                    _ => ("spec.replicas", workload.spec.replicas),
                };
                finding.says(id, path, wants.unwrap_or(1).to_string());
            }
            let command = kubectl("describe", id);
            finding.fix(Fix::advice("look why its pods are not made: quota, webhook, service account", command));
        }
    }
}
