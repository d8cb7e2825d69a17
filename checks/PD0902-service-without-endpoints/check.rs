//! A matched Service has no selector, so nobody but a person or an operator makes its endpoints, and nobody did
//! (OP-CAUSE-09, OP-CAUSE-25).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0902",
    name: "service-without-endpoints",
    summary: "a Service has no selector and nobody made Endpoints for it",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for found in chain.backed.empty_services() {
            let Empty::NoSelector = found.empty else { continue };
            let id = found.service.metadata.id(Kind::Service);
            let kind = chain.role.kind();
            let objects = if kind == Kind::Endpoints { "Endpoints" } else { "EndpointSlice" };
            let labels = &found.service.metadata.labels;
            let label = |key: &str, value: &str| labels.get(key).is_some_and(|found| found == value);
            let by_operator = label("k8s-app", "kubelet") || label("app.kubernetes.io/managed-by", "prometheus-operator");
            let who = if by_operator { ": the operator, which makes them, did not" } else { "" };
            let message = format!("Service {} has no selector, and nobody made {objects} for it{who}", id.name);
            let finding = out.finding(&CHECK, &id, message);
            finding.on(chain).weigh(&found).key(kind.name()).says(&id, "spec.selector", Vec::new());
            if by_operator {
                let flags = format!("--kubelet-service={} and --kubelet-endpoints (or --kubelet-endpointslice)", id.path());
                finding.fix(Fix::advice(format!("start the operator with {flags}"), ""));
            } else {
                let command = kubectl("edit", &id);
                finding.fix(Fix::advice("give the Service the selector of its pods", command));
                finding.fix(Fix::advice("or make EndpointSlices that name the Service, for addresses outside", ""));
            }
        }
    }
}
