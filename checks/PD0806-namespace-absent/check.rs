//! An entry of `matchNames` that is the name of no namespace: nobody checks that, it just yields nothing (OP-MON-3).

use std::collections::BTreeSet;

use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0806",
    name: "namespace-absent",
    summary: "a monitor looks into a namespace that does not exist",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Namespace],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        for name in &chain.matched.absent_namespaces {
            absent(view, chain, name, out);
        }
    }
}

fn absent(view: &View<'_>, chain: &Chain<'_>, name: &str, out: &mut Out) {
    let monitor = chain.monitor.id();
    let given = &chain.monitor.spec.namespace_selector.match_names;
    let all = chain.matched.why == Some(Mismatch::AbsentNamespaces);
    let meant = meant(view, chain, name);
    let nearest = meant.as_ref().map(|(meant, _)| format!("; there is {meant}")).unwrap_or_default();
    let message = match given.as_slice() {
        [] => format!("namespace {name}, the monitor's own, does not exist{nearest}"),
        [_] => format!("the only namespace to look into, {name}, does not exist{nearest}"),
        _ => format!("namespace {name} of matchNames does not exist{nearest}"),
    };
    let finding = out.finding(&CHECK, &monitor, message);
    finding.on(chain).namespace(name).severity(if all { Severity::Error } else { Severity::Warning });
    let Some(at) = given.iter().position(|given| given == name) else { return };
    let path = format!("spec.namespaceSelector.matchNames[{at}]");
    let found: Vec<String> = meant.iter().map(|(meant, _)| meant.clone()).collect();
    finding.compared(&monitor, path.as_str(), name, found, None);
    for id in chain.matched.elsewhere.iter().filter(|_| all).take(3) {
        finding.compared(&monitor, path.as_str(), name, id.namespace.as_str(), Some((id, "metadata.namespace".to_owned())));
    }
    if all && meant.is_none() {
        finding.fix(Fix::advice("name a namespace that exists", "kubectl get namespaces"));
    }
    let pointer = crate::path::pointer(&path);
    if let Some((meant, sure)) = meant.filter(|(meant, _)| !given.contains(meant)) {
        let operations = vec![json!({"op": "replace", "path": pointer, "value": meant})];
        let fix = Fix::json(format!("look into {meant}"), &monitor, operations);
        let fix = mend::also_allowed(view.world(), chain, std::slice::from_ref(&meant), fix);
        finding.fix(if sure { fix } else { fix.widens(format!("only if {meant} is the one that is meant")) });
    }
    if given.len() > 1 && !all {
        let title = format!("do not look into {name}");
        finding.fix(
            Fix::json(title, &monitor, vec![json!({"op": "remove", "path": pointer})]).note("for as long as it does not exist"),
        );
    }
}

/// The namespace that is probably meant, and whether more than the likeness of names speaks for it.
fn meant(view: &View<'_>, chain: &Chain<'_>, name: &str) -> Option<(String, bool)> {
    let matches: BTreeSet<&str> = chain.matched.elsewhere.iter().map(|id| id.namespace.as_str()).collect();
    if let Some(near) = nearest(name, matches.iter().copied()) {
        return Some((near.to_owned(), true));
    }
    if let Some(same) = view.namespaces().find(|other| other.eq_ignore_ascii_case(name)) {
        return Some((same.to_owned(), true));
    }
    let only = matches.first().filter(|_| matches.len() == 1);
    only.copied().or_else(|| nearest(name, view.namespaces())).map(|meant| (meant.to_owned(), false))
}
