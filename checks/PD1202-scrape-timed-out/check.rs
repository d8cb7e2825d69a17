//! No answer within the scrape timeout (ERR: context deadline exceeded).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1202",
    name: "scrape-timed-out",
    summary: "a target does not answer within the scrape timeout",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod, Kind::NetworkPolicy],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| matches!(failing.failure(), Failure::Timeout { .. })) {
        let body = matches!(failing.failure(), Failure::Timeout { body: true });
        let policies = if body { Vec::new() } else { failing.closing_policies(view) };
        let what = if body {
            "the answer began and was not through within the scrape timeout"
        } else if !policies.is_empty() {
            "no answer within the scrape timeout, and a NetworkPolicy may block it: none lets Prometheus in"
        } else {
            "no answer within the scrape timeout: packets are dropped on the way, or the process hangs"
        };
        let finding = failing.finding(&CHECK, out, what);
        let (monitor, timeout) = (failing.chain.monitor.id(), failing.target().timeout.clone());
        if !timeout.is_empty() {
            finding.says(&monitor, failing.path("scrapeTimeout"), timeout);
        }
        for policy in policies.iter().take(3) {
            finding.says(policy, "spec.ingress", format!("nothing that lets {} in", failing.chain.server.id()));
        }
        let title = if body {
            "give the scrape more time with scrapeTimeout, which may be as long as the interval, or have it answer faster"
        } else {
            "look for a NetworkPolicy or firewall between Prometheus and the pod; else give the scrape more time with scrapeTimeout"
        };
        let namespace = failing.target().namespace.clone();
        finding.fix(Fix::advice(title, format!("kubectl -n {namespace} get networkpolicies")));
    }
}
