//! A job in the Secret says something else than the operator writes from its monitor: it was written before the last
//! change, or changed by hand.

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0510",
    name: "job-edited",
    summary: "a job in the configuration is not what the operator writes from its monitor",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    // Where the operator is known to be stuck, or the jobs to be stale, that says it all.
    for facts in view.servers().iter().filter(|facts| facts.blocked.is_empty()) {
        let well = |chain: &&Chain<'_>| chain.young.is_none() && !chain.generated.state.is_failed();
        let mut all = Vec::new();
        for chain in view.chains_of(facts).filter(well) {
            for (endpoint, job) in chain.jobs.iter().enumerate() {
                let Some(job) = job else { continue };
                all.extend(job.edited().into_iter().map(|found| (chain, endpoint, found)));
            }
        }
        let Some((chain, endpoint, first)) = all.first() else { continue };
        let shown = |value: &serde_json::Value| if value.is_null() { "nothing".to_owned() } else { value.to_string() };
        let place = |chain: &Chain<'_>, endpoint: usize, path: &str| {
            format!("{} of {} {}[{endpoint}]", path, chain.monitor.id(), chain.monitor.endpoints_field())
        };
        let others = if all.len() > 1 { format!(", and {} more", count(all.len() - 1, "difference")) } else { String::new() };
        let message = format!(
            "its configuration is not what the operator writes: {} is {}, not {}{others}",
            place(chain, *endpoint, &first.path),
            shown(&first.live),
            shown(&first.written)
        );
        let finding = out.finding(&CHECK, facts.id(), line(&message, 200));
        finding.likely_if(true).on_all(all.iter().map(|(chain, ..)| *chain));
        let secret = facts.config_secret();
        for (chain, endpoint, found) in all.iter().take(5) {
            let own = found.field.as_ref().and_then(|field| field.path.clone());
            let path = own.unwrap_or_else(|| format!("spec.{}[{endpoint}]", chain.monitor.endpoints_field()));
            let other = Some((&secret, facts.config_path()));
            finding.compared(&chain.monitor.id(), path, shown(&found.written), shown(&found.live), other);
        }
        finding.fixes(mend::sync_again(view, facts, &[]));
    }
}
