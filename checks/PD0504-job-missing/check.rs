//! The server selects a monitor and nothing forbids it, but its configuration has no job for it (OP-CFG-2).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0504",
    name: "job-missing",
    summary: "the generated configuration has no job for a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (facts, chains) in view.ungenerated(&GenerateTrouble::JobMissing) {
        let (server, secret) = (facts.id(), facts.config_secret());
        let names: Vec<String> = chains.iter().map(|chain| chain.monitor.id().to_string()).collect();
        let message = match names.as_slice() {
            [one] => format!("its generated configuration has no job for {one}"),
            several => format!("its generated configuration has no job for {}", list(several, 2)),
        };
        let finding = out.finding(&CHECK, &server, message);
        for chain in &chains {
            finding.on(chain);
            let monitor = chain.monitor.id();
            for at in &chain.generated.missing {
                let path = format!("spec.{}[{at}]", chain.monitor.endpoints_field());
                let other = Some((&secret, facts.config_path()));
                finding.compared(&monitor, path, facts.job_name(&monitor, *at), Vec::new(), other);
            }
        }
        for fix in view.sync_again(facts) {
            finding.fix(fix);
        }
    }
}
