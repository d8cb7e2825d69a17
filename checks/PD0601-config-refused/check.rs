//! Prometheus refuses a whole configuration for one bad job, and keeps what it had before (OP-RLD-6); a pod that starts
//! anew does not come up at all.

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0601",
    name: "config-refused",
    summary: "one job makes Prometheus refuse its whole configuration",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let asked = view.chains();
    // Who asks about a victim wants to know of the culprit.
    let culprits = view.servers().iter().filter(|facts| victims(view, facts).next().is_some()).flat_map(|facts| {
        let of = |refusal: &Refusal| view.chain(refusal.monitor.as_ref()?, &facts.id());
        facts.refused.iter().filter_map(of)
    });
    let mut chains: Vec<&Chain<'_>> = asked.chain(culprits).collect();
    chains.sort_by_key(|chain| (chain.monitor.id(), chain.server.id()));
    chains.dedup_by(|a, b| std::ptr::eq(*a, *b));
    for chain in chains {
        for refusal in &chain.refused {
            let monitor = chain.monitor.id();
            let path = refusal.path.as_str();
            let field = path.strip_prefix("spec.").unwrap_or(path);
            let text = refusal.reason.text();
            let message = line(&format!("{field}: {text}: Prometheus refuses its whole configuration"), 200);
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).key(path).likely_if(!refusal.seen || !refusal.certain).reason(&chain.into(), path, &refusal.reason);
            let Some(facts) = view.server(chain).filter(|facts| facts.refused.contains(refusal)) else {
                continue_with_fixes(view, chain, refusal, finding);
                continue;
            };
            if refusal.seen {
                let (secret, job) = (facts.config_secret(), refusal.job.clone());
                finding.says(&secret, facts.config_path(), job);
            }
            finding.on_all(victims(view, facts));
            continue_with_fixes(view, chain, refusal, finding);
        }
    }
    for facts in view.servers() {
        for refusal in facts.refused.iter().filter(|refusal| refusal.monitor.is_none()) {
            of_nobody(view, facts, refusal, out);
        }
    }
}

/// Monitors that suffer for another one.
fn victims<'w>(view: &View<'w>, facts: &ServerFacts<'_>) -> impl Iterator<Item = &'w Chain<'w>> {
    view.chains_of(facts).filter(|chain| !chain.selected.state.is_failed() && chain.refused.is_empty())
}

fn continue_with_fixes(view: &View<'_>, chain: &Chain<'_>, refusal: &Refusal, finding: &mut Draft) {
    finding.fixes(crate::refused::fixes(view.world(), &chain.into(), &refusal.path, &refusal.reason));
}

/// A job that no monitor made comes from additionalScrapeConfigs, which the operator only parses; what stands outside of
/// jobs, from the server's own fields.
fn of_nobody(view: &View<'_>, facts: &ServerFacts<'_>, refusal: &Refusal, out: &mut Out) {
    let (server, secret) = (facts.id(), facts.config_secret());
    let (text, path) = (refusal.reason.text(), &refusal.path);
    let place = match (refusal.job.as_str(), path.as_str()) {
        ("", path) => path.to_owned(),
        (job, "") => format!("job {job}"),
        (job, path) => format!("job {job}: {path}"),
    };
    let finding =
        out.finding(&CHECK, &server, line(&format!("{place}: {text}: Prometheus refuses its whole configuration"), 200));
    let found = if refusal.job.is_empty() { path } else { &refusal.job };
    finding.key(&refusal.job).key(path).likely_if(!refusal.certain).says(&secret, facts.config_path(), found.as_str());
    finding.on_all(victims(view, facts));
    if let Some(reference) = facts.server.spec.additional_scrape_configs.as_ref().filter(|_| is_additional(facts, refusal)) {
        let source = ObjectId::new(Kind::Secret, &server.namespace, &reference.name);
        finding.says(&source, format!("data{}", crate::path::key_text(&reference.key)), refusal.job.as_str());
        let title = format!("mend the job in key {:?} of Secret {}", reference.key, source.path());
        let command = kubectl("edit", &source);
        finding.fix(Fix::advice(title, command));
        let patch = json!({"spec": {"additionalScrapeConfigs": null}});
        finding.fix(Fix::merge("go without additionalScrapeConfigs", &server, patch).widens("its other jobs then go, too"));
    }
}

/// Whether the job is one of additionalScrapeConfigs: not one whose name leads to a Probe or a ScrapeConfig.
fn is_additional(facts: &ServerFacts<'_>, refusal: &Refusal) -> bool {
    let mut jobs = facts.decoded().into_iter().flat_map(|config| &config.jobs);
    !refusal.job.is_empty() && jobs.find(|job| job.name == refusal.job).is_none_or(|job| job.origin.is_none())
}
