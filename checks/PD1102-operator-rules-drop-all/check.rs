//! The rules that the operator writes for a monitor drop every target although the objects fit it: they do not say
//! quite what the monitor says (OP-SM-12).

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD1102",
    name: "operator-rules-drop-all",
    summary: "no target gets past the rules that the operator wrote for a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Kept) {
        for kept in chain.kept.endpoints.iter().filter(|kept| kept.is_lost()) {
            let Some(dropping) = kept.dropping.as_ref().filter(|dropping| !dropping.of_user) else { continue };
            let monitor = chain.monitor.id();
            let name = format!("{}[{}]", chain.monitor.endpoints_field(), kept.index);
            let of = dropping.field.as_ref().and_then(|field| Some((field.object.clone(), field.path.clone()?)));
            let labels = dropping.rule.source_labels.join(", ");
            let source = of.as_ref().map(|(_, path)| format!(" that comes from {path}")).unwrap_or_default();
            let message = format!(
                "{name}: no target gets past rule {} of the job, a {} on {labels}{source}",
                dropping.at + 1,
                dropping.rule.action
            );
            let (object, path) = of.unwrap_or_else(|| (monitor.clone(), format!("spec.{name}")));
            let finding = out.finding(&CHECK, &monitor, line(&message, 200));
            finding.on(chain).endpoint(kept.index);
            let foreign = dropping.field.is_none() && chain.jobs.iter().flatten().any(|job| job.knows_fields());
            if foreign {
                finding.message = format!(
                    "{name}: rule {} of the job, which the operator does not write, lets no target pass",
                    dropping.at + 1
                );
            }
            let asks = format!("{} {}", dropping.rule.action, dropping.rule.regex());
            finding.compared(&object, path, asks, dropping.values.clone(), None);
            match view.server(chain).filter(|_| foreign) {
                Some(facts) => finding.fixes(mend::sync_again(view, facts, &[])),
                None => finding.fix(Fix::advice(
                    "select by one value, or by another label, which the rule passes",
                    kubectl("edit", &object),
                )),
            };
        }
    }
}
