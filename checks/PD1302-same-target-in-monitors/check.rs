//! Two monitors lead one server to the same addresses (OP-CAUSE-42).

use std::collections::BTreeSet;

use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1302",
    name: "same-target-in-monitors",
    summary: "two monitors make a server scrape the same targets",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for duplicate in view.duplicates() {
        let DuplicateKind::Monitors { monitors } = &duplicate.kind else { continue };
        let chains: Vec<&Chain<'_>> = monitors.iter().filter_map(|id| view.chain(id, &duplicate.server)).collect();
        // The one that adds the least is the one to go; of equals the last.
        let Some(least) = chains.iter().rev().min_by_key(|chain| fetched(chain).len()) else { continue };
        let subject = least.monitor.id();
        let others: Vec<&&Chain<'_>> = chains.iter().filter(|chain| chain.monitor.id() != subject).collect();
        let names: Vec<String> = others.iter().map(|chain| chain.monitor.id().to_string()).collect();
        let message = format!("{} scrapes targets that {} scrapes too", subject, list(&names, 3));
        let finding =
            out.finding(&CHECK, &subject, mend::short(message, || "another monitor scrapes the same targets".to_owned()));
        finding.key(names.join(","));
        for chain in &chains {
            finding.on(chain).says(&chain.monitor.id(), "spec.selector", selects(chain));
        }
        let note = format!("{} in common, for instance {}", count(duplicate.addresses, "target"), duplicate.example);
        finding.evidence(Evidence { reference: Some((&duplicate.server).into()), note: Some(note), ..Evidence::default() });
        let own = fetched(least);
        if let Some(other) = others.iter().find(|other| own.is_subset(&fetched(other))) {
            let title = format!("delete it: {} scrapes all of its targets", other.monitor.id());
            finding.fix(Fix::delete(title, &subject).widens("its labels, intervals and relabelings go with it"));
        } else {
            let command = kubectl("get", &subject) + " -o yaml";
            finding.fix(Fix::advice("narrow one of the selectors, so that each target is selected once", command));
        }
    }
}

fn fetched<'c>(chain: &'c Chain<'_>) -> BTreeSet<&'c str> {
    chain.endpoints.iter().flat_map(|endpoint| &endpoint.targets).map(|target| target.fetched.as_str()).collect()
}

fn selects(chain: &Chain<'_>) -> Vec<String> {
    let requirements = chain.monitor.spec.selector.requirements();
    let words = requirements.iter().map(|asked| format!("{} {} {}", asked.key, asked.operator.as_str(), asked.values.join(", ")));
    let words: Vec<String> = words.map(|words| words.trim_end().to_owned()).collect();
    if words.is_empty() { vec!["{}".to_owned()] } else { words }
}
