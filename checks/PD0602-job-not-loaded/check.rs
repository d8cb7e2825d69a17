//! The running server lacks a job that its Secret holds, or has an old one: kubelet or reloader are behind, or a reload
//! failed (OP-RLD-6).

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0602",
    name: "job-not-loaded",
    summary: "a job lies in the Secret, and the running Prometheus does not have it as it is there",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Loaded).filter(|chain| chain.refused.is_empty()) {
        let Some(facts) = view.server(chain).filter(|facts| facts.refused.is_empty()) else { continue };
        let (monitor, server) = (chain.monitor.id(), chain.server.id());
        let lacking = chain.scraped.endpoints.iter().filter(|endpoint| endpoint.exists == Some(false));
        let jobs: Vec<String> = lacking.map(|endpoint| endpoint.pool.clone()).collect();
        let behind: Vec<_> = chain.scraped.endpoints.iter().filter(|endpoint| !endpoint.behind.is_empty()).collect();
        let (jobs, message, found) = if let (true, Some(first)) = (jobs.is_empty(), behind.first()) {
            let (own, all) = (first.behind.len(), facts.live.pods.len());
            let have = if own == 1 { "has" } else { "have" };
            let jobs: Vec<String> = behind.iter().map(|endpoint| endpoint.pool.clone()).collect();
            let of = count(jobs.len(), "job");
            let message =
                format!("{own} of {all} pods of {server} {have} not loaded {of} of this monitor: {}", first.behind.join(", "));
            (jobs, message, format!("not in {}", first.behind.join(", ")))
        } else if jobs.is_empty() {
            let old = chain.outdated.clone();
            let message = format!("the running {server} has {} of this monitor as it was before", count(old.len(), "job"));
            (old, message, "an older one of the same name".to_owned())
        } else {
            let message =
                format!("the running {server} has not loaded {} of this monitor from its Secret", count(jobs.len(), "job"));
            (jobs, message, format!("{} others", facts.live.pools.len()))
        };
        let step = view.step(chain);
        let message = step.as_ref().map_or_else(|| message.clone(), |step| format!("{message}: {}", step.in_words()));
        let finding = out.finding(&CHECK, &monitor, line(&message, 260));
        finding.on(chain).compared(&facts.config_secret(), facts.config_path(), jobs, found, Some((&server, "spec".to_owned())));
        for advice in step.iter().flat_map(|step| &step.advice) {
            finding.fix(Fix::advice(&advice.title, advice.command.clone().unwrap_or_default()));
        }
        let title = match step {
            Some(_) => "see what shows that step, and how to reload by hand",
            None => "see which step is behind: the mount, the reloader or the reload",
        };
        finding
            .fix(Fix::advice(title, format!("kubectl prom-doctor pipeline prometheus/{} -n {}", server.name, server.namespace)));
    }
}
