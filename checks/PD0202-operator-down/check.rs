//! The operator has no running pod: nothing that is new or changed gets through.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0202",
    name: "operator-down",
    summary: "the operator that manages a server has no running pod",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        let WatchTrouble::Down(at) = troubled.trouble else { continue };
        let operator = view.operator(*at);
        let id = &operator.id;
        let scaled = operator.replicas == 0;
        let why = if scaled { "it is scaled to 0".to_owned() } else { format!("0 of {} are available", operator.replicas) };
        let message = format!("no pod of operator {} runs ({why}): monitors that are new or changed do not appear", id.path());
        let finding = troubled.finding(&CHECK, out, id, message);
        if scaled {
            finding.compared(id, "spec.replicas", "1", "0", None);
            finding.fix(Fix::merge("start the operator", id, json!({"spec": {"replicas": 1}})));
        } else {
            let path = if id.kind == Kind::Pod { "status.conditions" } else { "status.availableReplicas" };
            finding.compared(id, path, operator.replicas.to_string(), "0", None);
        }
        let resource = id.kind.resource();
        let command = format!(
            "kubectl -n {} describe {resource} {name} && kubectl -n {0} logs {resource}/{name}",
            id.namespace,
            name = id.name
        );
        finding.fix(Fix::advice("see why it does not run: a missing CustomResourceDefinition or right makes it exit", command));
    }
}
