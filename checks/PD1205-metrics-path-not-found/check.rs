//! There is nothing at the path (ERR: 404).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1205",
    name: "metrics-path-not-found",
    summary: "there are no metrics at the path of an endpoint",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| matches!(failing.failure(), Failure::NotFound)) {
        let path = if failing.spec().path.is_empty() { "/metrics" } else { failing.spec().path.as_str() };
        let what = format!("404: nothing is served under the path {path}");
        let annotations = failing.pod(view).map(|pod| &pod.metadata.annotations);
        let meant = annotations.and_then(|all| all.get("prometheus.io/path")).filter(|meant| *meant != path && !meant.is_empty());
        let monitor = failing.chain.monitor.id();
        let finding = failing.finding(&CHECK, out, &what);
        failing.tell_of_service(view, finding);
        finding.says(&monitor, failing.path("path"), if failing.spec().path.is_empty() { "not set: /metrics" } else { path });
        if let Some(meant) = meant {
            finding.fix(failing.set(format!("scrape {meant}, as the annotation of the pod says"), "path", meant.as_str()));
        }
        let title = format!("set {} to the path under which the application serves its metrics", failing.path("path"));
        finding.fix(Fix::advice(title, failing.look()));
    }
}
