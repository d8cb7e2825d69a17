//! The labels of a monitor or PrometheusRule do not meet the object selector of any server (OP-SEL-2).

use crate::prelude::*;
use crate::selector::{Miss, labels_to_meet, misses_in_words};
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0301",
    name: "selector-label-mismatch",
    summary: "the labels of a monitor or PrometheusRule do not meet the selector of any server",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for found in view.untaken() {
        let Choice::Missed(misses) = &found.selected.object else { continue };
        let (monitor, server) = (found.id.clone(), found.server.id());
        let name = Server::object_selector_field(monitor.kind);
        let who = match view.servers().len() {
            1 => format!("{server} does not select this {}", monitor.kind),
            _ if found.chain.is_some_and(|chain| chain.open) => {
                format!("no server in the files selects this {}, {server} comes nearest", monitor.kind)
            }
            _ => format!("no server selects this {}, {server} comes nearest", monitor.kind),
        };
        let message = format!("{who}: {}", misses_in_words(misses));
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on_unselected(&found).missed(&server, &format!("spec.{name}"), misses, &monitor, "metadata.labels");
        if let Some(labels) = labels_to_meet(misses) {
            finding.fix(Fix::label(format!("give the {} what {server} asks for", found.noun()), &monitor, &labels));
        }
        let body = json!({"spec": {name: {"matchLabels": null, "matchExpressions": null}}});
        let mut fix = Fix::merge(format!("let {server} select every {}", monitor.kind), &server, body).widens(format!(
            "every {} in the namespaces it looks at is then {}",
            found.noun(),
            found.fate()
        ));
        if asks_for_release(found.server, misses) {
            fix = fix.note(format!("in kube-prometheus-stack: prometheus.prometheusSpec.{name}NilUsesHelmValues=false"));
        }
        finding.fix(fix);
    }
}

/// Whether the selector is the one that kube-prometheus-stack writes where none is given (OP-DIST-KPS-1).
fn asks_for_release(server: &Server, misses: &[Miss]) -> bool {
    let label = |key: &str, value: &str| server.metadata.labels.get(key).is_some_and(|found| found == value);
    let helm = server.metadata.annotations.contains_key("meta.helm.sh/release-name")
        || label("app.kubernetes.io/managed-by", "Helm")
        || label("heritage", "Helm");
    helm && misses.iter().any(|miss| miss.requirement.key == "release")
}
