//! The rules of a job let objects through that the selector does not choose: values are written as patterns, and keys
//! with `_` for every other character (OP-CFG-3, OP-CFG-4).

use crate::assumed::name_in_words;
use crate::prelude::*;
use crate::prometheus::label_name::sanitized;
use crate::text::line;
use crate::world::Labels;

pub(crate) const CHECK: Check = Check {
    code: "PD0809",
    name: "rules-take-more",
    summary: "the rules of a job take Services or pods that the selector does not choose",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains() {
        let services = chain.matched.beyond_services.iter().map(|it| (it.metadata.id(Kind::Service), &it.metadata.labels));
        let pods = chain.matched.beyond_pods.iter().map(|it| (it.metadata.id(Kind::Pod), &it.metadata.labels));
        let taken: Vec<(ObjectId, &Labels)> = services.chain(pods).collect();
        let Some((first, labels)) = taken.first() else { continue };
        let misses = chain.monitor.spec.selector.misses(labels);
        let Some(miss) = misses.first() else { continue };
        let key = &miss.requirement.key;
        let own = labels.iter().find(|(other, _)| sanitized(other) == sanitized(key));
        let why = match own {
            Some((other, _)) if other != key => format!("its label {other} reads like {key} in a configuration"),
            Some((_, value)) => format!("its {key} {value:?} matches {:?}, which is read as a pattern", wanted(miss)),
            None => format!("{key} is read as a pattern"),
        };
        let others = if taken.len() > 1 { format!(" and {} more", taken.len() - 1) } else { String::new() };
        let first = if view.world().assumed.contains_key(first) { name_in_words(view.world(), first) } else { first.to_string() };
        let message = format!("spec.selector does not choose {first}{others}, but its job does: {why}");
        let monitor = chain.monitor.id();
        let finding = out.finding(&CHECK, &monitor, line(&message, 200));
        finding.on(chain);
        for (object, labels) in taken.iter().take(3) {
            let misses = chain.monitor.spec.selector.misses(labels);
            finding.missed(&monitor, "spec.selector", &misses, object, "metadata.labels");
        }
        // Then the API server compares, letter by letter; operators know the field since 0.79.
        if view.server(chain).is_some_and(|facts| facts.since(79)) {
            let body = json!({"spec": {"selectorMechanism": "RoleSelector"}});
            let fix = Fix::merge("let the API server compare the labels", &monitor, body);
            finding.fix(fix.widens("the labels are then asked for on the Endpoints or EndpointSlices too"));
        }
        finding.fix(Fix::advice("tell the two apart by another label, without a dot in its value", kubectl("edit", &monitor)));
    }
}

fn wanted(miss: &crate::selector::Miss) -> String {
    miss.requirement.values.join("|")
}
