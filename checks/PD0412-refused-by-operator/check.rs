//! The operator's own word, where none of our reasons explains it (OP-REP-4: `status.bindings`).

use crate::prelude::*;
use crate::text::{line, without_credentials};

pub(crate) const CHECK: Check = Check {
    code: "PD0412",
    name: "refused-by-operator",
    summary: "the operator wrote into the status that it refuses a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        let Some(says) = &chain.accepted.operator_says else { continue };
        // A reason of our own speaks for itself, with the operator's words as evidence.
        if chain.accepted.examination.rejections.iter().any(|rejection| rejection.reason.is_meant_by(says)) {
            continue;
        }
        let (monitor, server) = (chain.monitor.id(), chain.server.id());
        let words = without_credentials(says);
        let message = line(&format!("the operator refuses it for {server}: {words}"), 200);
        let finding = out.finding(&CHECK, &monitor, message);
        finding.on(chain).says(&monitor, "status.bindings", line(&words, 400)).fix(
            Fix::advice(
                "mend what the operator names, in the monitor or in what it refers to",
                format!("kubectl -n {} edit {} {}", monitor.namespace, monitor.kind.resource(), monitor.name),
            )
            .note("one bad endpoint costs the whole object"),
        );
    }
}
