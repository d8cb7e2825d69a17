//! Jobs of monitors that are gone, or that the server does not select (any more).

use crate::prelude::*;
use crate::prometheus::config::{Job, Origin};

pub(crate) const CHECK: Check = Check {
    code: "PD0506",
    name: "job-left-over",
    summary: "the configuration still has jobs of monitors that are gone or not selected",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Secret, Kind::Probe, Kind::ScrapeConfig],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for facts in view.servers() {
        let Some(config) = facts.decoded() else { continue };
        let mut left: Vec<(&Job, ObjectId, &str)> = Vec::new();
        for job in &config.jobs {
            let Some(origin) = &job.origin else { continue };
            let kind = origin.kind.unwrap_or(if job.discovery.first().is_some_and(|sd| sd.role == "pod") {
                Kind::PodMonitor
            } else {
                Kind::ServiceMonitor
            });
            let id = ObjectId::new(kind, &origin.namespace, &origin.name);
            if let Some(why) = left_over(view, facts, origin, &id) {
                left.push((job, id, why));
            }
        }
        let Some((first, ..)) = left.first() else { continue };
        let (server, secret) = (facts.id(), facts.config_secret());
        let message = match left.len() {
            1 => format!("its configuration has a job of a monitor that is gone or not selected: {}", first.name),
            several => {
                format!("its configuration has {several} jobs of monitors that are gone or not selected, such as {}", first.name)
            }
        };
        let finding = out.finding(&CHECK, &server, message);
        for (job, id, why) in &left {
            let evidence = crate::report::evidence_at(&secret, facts.config_path(), Vec::new(), vec![job.name.clone()], None);
            finding.evidence(Evidence { note: Some(format!("{id} {why}")), ..evidence });
            finding.on_all(view.chains_of(facts).filter(|chain| chain.monitor.id() == *id));
        }
        finding.fixes(mend::sync_again(view, facts, &[]));
    }
}

/// Why a job has no monitor any more. Kinds and namespaces that were not seen to the end prove nothing, and of
/// monitors only those that were asked about are known to be selected or not.
fn left_over(view: &View<'_>, facts: &ServerFacts<'_>, origin: &Origin, id: &ObjectId) -> Option<&'static str> {
    let world = view.world();
    let there = match id.kind {
        Kind::ServiceMonitor | Kind::PodMonitor => world.monitor(id).is_some(),
        kind => world.unjudged.get(&kind).is_some_and(|table| table.get(&id.namespace, &id.name).is_some()),
    };
    if !there {
        let whole = world.sight.whole(id.kind, Some(&id.namespace)).is_ok();
        return (whole && view.asks_for_all()).then_some("does not exist");
    }
    let chain = view.chain(id, &facts.id()).filter(|chain| view.is_asked(id) && chain.young.is_none())?;
    if chain.selected.state.is_failed() {
        Some("is not selected")
    } else if origin.endpoint >= chain.monitor.spec.endpoints.len() {
        Some("has fewer endpoints")
    } else {
        None
    }
}
