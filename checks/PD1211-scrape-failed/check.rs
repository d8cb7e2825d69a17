//! Scrapes that fail for other reasons: any status but 200, closed connections, redirects.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1211",
    name: "scrape-failed",
    summary: "a scrape fails for a reason that no other check explains",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod, Kind::PeerAuthentication],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| {
        matches!(
            failing.failure(),
            Failure::Status(_) | Failure::Closed | Failure::NotHttp | Failure::Redirects | Failure::Scheme | Failure::Other
        )
    }) {
        // What the scheme or a mesh explains is reported as that.
        let of_scheme = matches!(failing.failure(), Failure::NotHttp | Failure::Status(400)) && !failing.is_https();
        if of_scheme || failing.closing_mesh(view).is_some() {
            continue;
        }
        let what = match failing.failure() {
            Failure::Status(status) => format!("the answer has status {status}, only 200 counts"),
            Failure::Closed => "the connection is taken and closed without an answer".to_owned(),
            Failure::NotHttp => "what answers does not speak HTTP".to_owned(),
            Failure::Redirects => "the answers redirect without end".to_owned(),
            Failure::Scheme => "the scheme is neither http nor https".to_owned(),
            _ => format!("the scrape fails: {}", failing.target().error),
        };
        let title = if *failing.failure() == Failure::Closed {
            "look whether the port speaks HTTPS only, or a proxy in front of it wants a certificate"
        } else {
            "look at what the target answers"
        };
        failing.finding(&CHECK, out, &what).fix(Fix::advice(title, failing.look()));
    }
}
