//! A limit throws the whole scrape away (ERR: limits).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1210",
    name: "scrape-limit-exceeded",
    summary: "a limit of a scrape job is exceeded, so the whole scrape is thrown away",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| matches!(failing.failure(), Failure::Limit(_))) {
        let Failure::Limit(limit) = failing.failure() else { continue };
        let (monitor, server, field) = (failing.chain.monitor, failing.chain.server, limit.field());
        let all = if *limit == Limit::Targets { "; all targets of the job fail for it" } else { "" };
        let finding = failing.finding(&CHECK, out, &format!("more than {field} allows{all}"));
        let enforced = format!("enforced{}{}", field[..1].to_ascii_uppercase(), &field[1..]);
        if let Some(own) = monitor.raw.get(field) {
            finding.says(&monitor.id(), format!("spec.{field}"), own.to_string().trim_matches('"').to_owned());
            let fix = Fix::merge(format!("go without {field}"), &monitor.id(), json!({"spec": {field: null}}));
            finding.fix(fix.widens("the limit is there to protect Prometheus: a higher one may be better than none"));
        } else if let Some(of_server) = server.raw.get(&enforced).or_else(|| server.raw.get(field)) {
            let path = if server.raw.get(&enforced).is_some() { enforced } else { field.to_owned() };
            finding.says(&server.id(), format!("spec.{path}"), of_server.to_string().trim_matches('"').to_owned());
            finding.fix(Fix::advice(format!("raise {path} of the server, or expose less"), kubectl("edit", &server.id())));
        } else {
            finding.fix(Fix::advice(format!("raise {field}, or expose less"), kubectl("edit", &monitor.id())));
        }
    }
}
