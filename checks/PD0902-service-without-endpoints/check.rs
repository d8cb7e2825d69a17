//! A matched Service has no selector, so nobody but a person or an operator makes its endpoints, and nobody did
//! (OP-CAUSE-09, OP-CAUSE-25).

use crate::prelude::*;
use crate::selector::IDENTITY;
use crate::text::unlikeness;
use crate::world::{Pod, Service, World};

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
                by_hand(view.world(), found.service, finding);
            }
        }
    }
}

fn by_hand(world: &World, service: &Service, finding: &mut Draft) {
    let id = service.metadata.id(Kind::Service);
    if id.path() == "default/kubernetes" {
        let command = "kubectl -n default get endpoints,endpointslices";
        let fix = Fix::advice("look for the endpoints of this Service", command);
        finding.fix(fix.note("the API server itself writes them"));
        return;
    }
    // Endpoints that belong to no Service, and were perhaps meant for this one.
    let lost = world.endpoints.in_namespace(&id.namespace).map(|endpoints| endpoints.metadata.name.as_str());
    let lost = lost.filter(|name| world.services.get(&id.namespace, name).is_none());
    if let Some(name) = nearest(&id.name, lost) {
        let near = ObjectId::new(Kind::Endpoints, &id.namespace, name);
        finding.compared(&id, "metadata.name", id.name.as_str(), name, Some((&near, "metadata.name".to_owned())));
        let note = "Endpoints belong to the Service of the same name: these must be called like it";
        if let Some(last) = finding.evidence.last_mut() {
            last.note = Some(note.to_owned());
        }
        let command = format!(
            "kubectl -n {} get endpoints {name} -o yaml # then create it as {}, and delete the old one",
            id.namespace, id.name
        );
        finding.fix(Fix::advice(format!("call the Endpoints {name} like the Service: {}", id.name), command));
    }
    let edit = || format!("kubectl -n {} edit service {}", id.namespace, id.name);
    let addresses = Fix::advice("make EndpointSlices that name the Service, for addresses outside", "");
    if finding.fixes.is_empty() && world.pods.in_namespace(&id.namespace).any(|pod| is_behind(service, pod)) {
        finding.fix(Fix::advice("give the Service the selector of its pods", edit())).fix(addresses);
    } else {
        finding.fix(addresses).fix(Fix::advice("give the Service a selector, if it was to have pods here", edit()));
    }
}

/// Whether a pod may be meant to be behind a Service: it is called like it, or says that it is of the same application.
fn is_behind(service: &Service, pod: &Pod) -> bool {
    let labels = &service.metadata.labels;
    let same = |key: &str| labels.get(key).is_some_and(|value| pod.metadata.labels.get(key) == Some(value));
    let (name, pod_name) = (&service.metadata.name, &pod.metadata.name);
    let called_like = unlikeness(name, pod_name) <= 1 || pod_name.starts_with(&format!("{name}-"));
    called_like || IDENTITY.iter().any(|key| same(key))
}
