//! The configuration in the Secret says something else than the monitor says today.

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0505",
    name: "job-stale",
    summary: "the generated configuration says something else than a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (facts, chains) in view.ungenerated(&GenerateTrouble::JobStale) {
        let (server, secret) = (facts.id(), facts.config_secret());
        let first = chains.iter().find_map(|chain| Some((chain, chain.generated.stale.first()?)));
        let Some((chain, stale)) = first else { continue };
        let says = |words: &[String]| if words.is_empty() { "nothing".to_owned() } else { list(words, 3) };
        let message = match chains.len() {
            1 => format!(
                "its configuration is older than {}: {} says {}, the job {}",
                chain.monitor.id(),
                stale.path,
                says(&stale.monitor),
                says(&stale.job)
            ),
            several => format!("its configuration is older than {several} monitors, such as {}", chain.monitor.id()),
        };
        let finding = out.finding(&CHECK, &server, line(&message, 200));
        for chain in &chains {
            finding.on(chain);
            let monitor = chain.monitor.id();
            for stale in &chain.generated.stale {
                let other = Some((&secret, facts.config_path()));
                finding.compared(&monitor, stale.path.as_str(), stale.monitor.clone(), stale.job.clone(), other);
            }
        }
        finding.fixes(mend::sync_again(view, facts, &[]));
    }
}
