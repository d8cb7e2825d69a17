//! Two endpoints of one monitor fetch the same: two jobs with the same targets.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1303",
    name: "same-target-in-endpoints",
    summary: "two endpoints of a monitor scrape the same targets",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for duplicate in view.duplicates() {
        let DuplicateKind::Endpoints { monitor, endpoints } = &duplicate.kind else { continue };
        let Some(chain) = view.chain(monitor, &duplicate.server) else { continue };
        let field = chain.monitor.endpoints_field();
        let raw = |at: usize| chain.monitor.raw.get(field).and_then(|list| list.get(at));
        let paths: Vec<String> = endpoints.iter().map(|at| format!("{field}[{at}]")).collect();
        // What is kept of the samples, or the labels that they get, may differ on purpose.
        let same = |a: usize, b: usize| {
            let part = |at: usize, field: &str| raw(at).and_then(|endpoint| endpoint.get(field)).filter(|value| !value.is_null());
            ["relabelings", "metricRelabelings"].iter().all(|field| part(a, field) == part(b, field))
        };
        let alike = endpoints.windows(2).all(|pair| same(pair[0], pair[1]));
        let differ = if alike { "" } else { "; they differ in relabelings only" };
        let finding = out.finding(&CHECK, monitor, format!("{} scrape the same targets{differ}", list(&paths, 4)));
        finding.on(chain).key(paths.join(",")).severity(if alike { Severity::Warning } else { Severity::Info });
        for (at, path) in endpoints.iter().zip(&paths) {
            let wanted = chain.endpoints.iter().find(|facts| facts.index == *at).map(|facts| facts.wanted.text());
            finding.says(monitor, format!("spec.{path}"), wanted.unwrap_or_default());
        }
        let note = format!("{} scraped by each, for instance {}", count(duplicate.addresses, "target"), duplicate.example);
        finding.evidence(Evidence { reference: Some((&duplicate.server).into()), note: Some(note), ..Evidence::default() });
        if alike {
            // From the end, so that the indexes before stay what they are.
            let later = endpoints.iter().skip(1).rev();
            let operations = later.map(|at| json!({"op": "remove", "path": format!("/spec/{field}/{at}")})).collect();
            let equal = endpoints.iter().skip(1).all(|at| raw(*at) == raw(endpoints[0]));
            let fix = Fix::json(format!("keep {} alone", paths[0]), monitor, operations);
            finding.fix(if equal { fix } else { fix.widens("the settings of the others go with them") });
        }
    }
}
