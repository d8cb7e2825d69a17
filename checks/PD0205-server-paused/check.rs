//! A paused server keeps its last configuration (OP-ENF-1).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0205",
    name: "server-paused",
    summary: "a server is paused, so nothing new gets into its configuration",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        if *troubled.trouble != WatchTrouble::Paused {
            continue;
        }
        let id = troubled.server.id();
        let message = "spec.paused is true: the configuration stays as it is, nothing that is new or changed gets into it";
        let finding = troubled.finding(&CHECK, out, &id, message);
        finding.compared(&id, "spec.paused", "false", "true", None);
        finding.fix(
            Fix::merge("let the operator work again", &id, json!({"spec": {"paused": false}}))
                .widens("everything that was changed meanwhile takes effect at once"),
        );
    }
}
