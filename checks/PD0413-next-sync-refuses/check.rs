//! The live configuration still holds a monitor that the operator would refuse today: its Secret went, or the operator
//! has not looked since.

use crate::chain::Word;
use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0413",
    name: "next-sync-refuses",
    summary: "a monitor is still scraped, but the next sync will refuse it",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.accepted.contradicted) {
        // A reason that rests on an assumed version is refuted by the configuration.
        for rejection in chain.accepted.examination.rejections.iter().filter(|rejection| rejection.certain) {
            let finding = out.rejected(&CHECK, view, chain, rejection);
            finding.message = line(&format!("scraped for now, but the next sync refuses it: {}", finding.message), 200);
            finding.confidence(Confidence::Likely);
            if chain.accepted.word == Word::Accepts {
                let note = "the operator says otherwise, in status.bindings: when it last looked, it accepted this".to_owned();
                finding.evidence(Evidence { note: Some(note), ..Evidence::default() });
            }
        }
    }
}
