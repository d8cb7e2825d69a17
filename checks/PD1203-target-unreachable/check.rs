//! The address has no route, no name or is none (ERR: no such host, no route, invalid port, proxyconnect).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1203",
    name: "target-unreachable",
    summary: "the address of a target leads nowhere",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| {
        matches!(failing.failure(), Failure::Unreachable | Failure::NotResolved | Failure::BadAddress | Failure::Proxy)
    }) {
        let (what, title) = match failing.failure() {
            Failure::NotResolved => {
                ("the host name has no address", "mend the name: a relabeling or the address of an Endpoints object brought it")
            }
            Failure::BadAddress => {
                ("the address is none that can be connected to", "mend the relabeling that writes __address__")
            }
            Failure::Proxy => ("the proxy of the job does not answer", "mend proxyUrl, or see that the proxy runs"),
            _ => (
                "the network does not lead there",
                "see that the pods of Prometheus reach that network: firewall, routes, host network",
            ),
        };
        let field = match failing.failure() {
            Failure::Proxy => "proxyUrl",
            _ => "relabelings",
        };
        let path = failing.path(field);
        let finding = failing.finding(&CHECK, out, what);
        finding.key(&path).fix(Fix::advice(title, ""));
    }
}
