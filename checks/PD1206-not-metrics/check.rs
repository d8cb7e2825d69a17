//! The answer is no exposition (ERR: content type, parse errors, sample names).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1206",
    name: "not-metrics",
    summary: "what a target answers is not in a format that Prometheus reads",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view)
        .filter(|failing| matches!(failing.failure(), Failure::NotMetrics | Failure::NoContentType | Failure::SampleName))
    {
        let (what, title) = match failing.failure() {
            Failure::NoContentType => (
                "the answer does not say in which format it is, which Prometheus 3 refuses",
                "read it as text, as Prometheus 2 did",
            ),
            Failure::SampleName => {
                ("a sample is left without a valid name", "mend the metricRelabelings that take away or write __name__")
            }
            _ => ("the answer is not in a format of metrics", "scrape the path and port where the metrics are"),
        };
        let text = is_text(&failing);
        let finding = failing.finding(&CHECK, out, what);
        failing.tell_of_service(view, finding);
        let known = failing.chain.monitor.spec.endpoints.len() == 1;
        if known && (*failing.failure() == Failure::NoContentType || text) {
            let monitor = failing.chain.monitor.id();
            let body = json!({"spec": {"fallbackScrapeProtocol": "PrometheusText0.0.4"}});
            let title = "read answers of no known type as text, as Prometheus 2 did";
            finding.fix(Fix::merge(title, &monitor, body).widens("operators before 0.79 do not know the field"));
        }
        finding.fix(Fix::advice(title, failing.look()));
    }
}

/// Whether the type that was refused is one under which old exporters serve text.
fn is_text(failing: &Failing<'_>) -> bool {
    let error = &failing.target().error;
    ["\"text/", "\"application/octet-stream\""].iter().any(|kind| error.contains(kind)) && !error.contains("html")
}
