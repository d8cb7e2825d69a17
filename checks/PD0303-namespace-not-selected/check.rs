//! The labels of the monitor's namespace do not meet the namespace selector of any server (OP-SEL-3).

use crate::prelude::*;
use crate::selector::{Miss, Operator, labels_to_meet, misses_in_words};
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0303",
    name: "namespace-not-selected",
    summary: "the namespace of a monitor does not meet the namespace selector of any server",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Namespace],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for found in view.untaken() {
        let Choice::Missed(misses) = &found.selected.namespace else { continue };
        let (monitor, server) = (found.id.clone(), found.server.id());
        let home = &monitor.namespace;
        let namespace = ObjectId::new(Kind::Namespace, "", home);
        let field = Server::namespace_selector_field(monitor.kind);
        let message = format!("{server} does not look into namespace {home}: {}", misses_in_words(misses));
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on_unselected(&found).missed(&server, &format!("spec.{field}"), misses, &namespace, "metadata.labels");
        // The platform's own Prometheus of OpenShift is not for the applications of users.
        let for_users = view.servers().iter().any(|facts| facts.server.metadata.name == "user-workload");
        if !for_users && misses.iter().any(|miss| miss.requirement.key == "openshift.io/cluster-monitoring") {
            finding.fix(Fix::advice(
                "on OpenShift let the monitoring of user workloads take it: enableUserWorkload: true in this ConfigMap",
                "oc -n openshift-monitoring edit configmap cluster-monitoring-config",
            ));
        }
        // Kubernetes itself keeps the name label.
        let by_name = misses.iter().any(|miss| miss.requirement.key == NAME_LABEL);
        if by_name {
            if let Some(body) = with_name(found.server, monitor.kind, home, misses) {
                finding.fix(
                    Fix::merge(format!("let {server} look into namespace {home} too"), &server, json!({"spec": {field: body}}))
                        .widens(format!("every {} in {home} that its labels select is then {}", monitor.kind, found.fate())),
                );
            }
        } else if let Some(labels) = labels_to_meet(misses).filter(|_| view.namespace_labels(home).is_some()) {
            finding.fix(
                Fix::label(format!("give namespace {home} the labels that {server} asks for"), &namespace, &labels)
                    .widens("other servers and policies may select namespaces by these labels too"),
            );
        }
        let body = json!({"spec": {field: {"matchLabels": null, "matchExpressions": null}}});
        finding.fix(Fix::merge(format!("let {server} look into every namespace"), &server, body).widens(format!(
            "every {} of the cluster that its labels select is then {}",
            monitor.kind,
            found.fate()
        )));
    }
}

/// The namespace selector with one more name; `None` where more than the name is missed, or not by a list of names.
fn with_name(server: &Server, kind: Kind, namespace: &str, misses: &[Miss]) -> Option<serde_json::Value> {
    let [miss] = misses else { return None };
    if miss.requirement.operator != Operator::In {
        return None;
    }
    let selector = server.namespace_selector(kind)?;
    let mut names = miss.requirement.values.clone();
    names.push(namespace.to_owned());
    let wider = json!({"key": NAME_LABEL, "operator": "In", "values": names});
    let mut expressions: Vec<serde_json::Value> = selector
        .match_expressions
        .iter()
        .enumerate()
        .filter(|(at, _)| miss.requirement.path != format!("matchExpressions[{at}]"))
        .map(|(_, kept)| match kept.values.as_slice() {
            [] => json!({"key": kept.key, "operator": kept.operator}),
            values => json!({"key": kept.key, "operator": kept.operator, "values": values}),
        })
        .collect();
    expressions.push(wider);
    let mut body = json!({"matchExpressions": expressions});
    if selector.match_labels.contains_key(NAME_LABEL) && miss.requirement.path.starts_with("matchLabels") {
        body["matchLabels"] = json!({NAME_LABEL: null});
    }
    Some(body)
}
