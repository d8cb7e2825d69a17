//! The operator's own word, where none of our reasons explains it: in `status.bindings` (OP-REP-4), or in an event
//! (OP-REP-2).

use crate::chain::Refuses;
use crate::operator::accept::Rejection;
use crate::prelude::*;
use crate::text::line;
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0412",
    name: "refused-by-operator",
    summary: "the operator says that it refuses a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.accepted.state.is_failed()) {
        let Some(says) = untold(chain.accepted.word.refuses(), &chain.accepted.examination.rejections) else { continue };
        tell(out, &chain.monitor.id(), chain.server, says).on(chain);
    }
    for other in view.refused_others() {
        let Some(says) = untold(other.word.refuses(), &other.acceptance.rejections) else { continue };
        tell(out, &other.id, other.server, says).likely_if(!other.taken);
    }
}

/// A reason of our own speaks for itself, with the operator's words as evidence.
fn untold<'a>(says: Option<&'a Refuses>, rejections: &[Rejection]) -> Option<&'a Refuses> {
    says.filter(|says| !rejections.iter().any(|rejection| rejection.reason.is_meant_by(&says.text)))
}

fn tell<'o>(out: &'o mut Out, object: &ObjectId, server: &Server, says: &Refuses) -> &'o mut Draft {
    let message = line(&format!("the operator refuses it for {}: {}", server.id(), says.text), 200);
    let finding = out.finding(&CHECK, object, message);
    if says.status {
        finding.says(object, "status.bindings", says.text.as_str());
    } else {
        // What it was refused for may have been mended just now.
        let note = format!("the operator says so {}; the object itself shows no reason for it", says.place());
        finding.likely_if(true).evidence(Evidence { note: Some(note), ..Evidence::default() });
    }
    finding.fix(
        Fix::advice("mend what the operator names, in the object or in what it refers to", kubectl("edit", object))
            .note("one bad endpoint costs the whole object"),
    )
}
