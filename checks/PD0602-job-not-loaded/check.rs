//! The running server lacks a job that its Secret holds: kubelet or reloader are behind, or a reload failed (OP-RLD-6).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0602",
    name: "job-not-loaded",
    summary: "a job lies in the Secret, and the running Prometheus does not have it",
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
        let message = format!("the running {server} has not loaded {} of this monitor from its Secret", count(jobs.len(), "job"));
        let finding = out.finding(&CHECK, &monitor, message);
        let found = format!("{} others", facts.live.pools.len());
        finding.on(chain).compared(&facts.config_secret(), facts.config_path(), jobs, found, Some((&server, "spec".to_owned())));
        let title = "see which step is behind: the mount, the reloader or the reload";
        finding
            .fix(Fix::advice(title, format!("kubectl prom-doctor pipeline prometheus/{} -n {}", server.name, server.namespace)));
    }
}
