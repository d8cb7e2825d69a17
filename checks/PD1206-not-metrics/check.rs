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
        let refused = refused_type(&failing);
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
        let of_type = refused.map(|kind| format!("the answer is of type {kind}, which Prometheus 3 refuses without reading it"));
        let finding = failing.finding(&CHECK, out, of_type.as_deref().unwrap_or(what));
        failing.tell_of_service(view, finding);
        let known = failing.chain.monitor.spec.endpoints.len() == 1;
        let fallback = || {
            let body = json!({"spec": {"fallbackScrapeProtocol": "PrometheusText0.0.4"}});
            let title = "read answers of no known type as text, as Prometheus 2 did";
            let fix = Fix::merge(title, &failing.chain.monitor.id(), body);
            fix.widens("operators before 0.79 do not know the field")
        };
        let look = Fix::advice(title, failing.look());
        match refused {
            // A page for people has this type, and so have the metrics of many an exporter that names none.
            Some(kind) if known && !is_text(kind) => {
                finding.fix(look).fix(fallback().note("it helps if what is served there is metrics"))
            }
            Some(_) if known => finding.fix(fallback()).fix(look),
            None if known && *failing.failure() == Failure::NoContentType => finding.fix(fallback()).fix(look),
            _ => finding.fix(look),
        };
    }
}

/// The type for which Prometheus 3 refused an answer before it read any of it.
fn refused_type<'w>(failing: &Failing<'w>) -> Option<&'w str> {
    let error = failing.target().error.as_str();
    let (_, rest) = error.split_once("unsupported Content-Type \"")?;
    let kind = rest.split(['"', ';', '\\']).next()?.trim();
    (error.contains("fallback_scrape_protocol") && !kind.is_empty()).then_some(kind)
}

/// Whether a type is one under which old exporters serve text.
fn is_text(kind: &str) -> bool {
    (kind.starts_with("text/") && kind != "text/html") || kind == "application/octet-stream"
}
