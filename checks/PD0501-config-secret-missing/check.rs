//! The Secret with the generated configuration is not there, and nothing that was seen explains it.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0501",
    name: "config-secret-missing",
    summary: "the Secret with the generated configuration is not there",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (facts, chains) in view.ungenerated(&GenerateTrouble::SecretMissing) {
        let (server, secret) = (facts.id(), facts.config_secret());
        let message = format!("Secret {} with its configuration does not exist", secret.path());
        let finding = out.finding(&CHECK, &server, message);
        finding.on_all(chains.iter().copied());
        finding.compared(&secret, "data", "prometheus.yaml.gz", Vec::new(), None);
        finding.fixes(mend::sync_again(view, facts, &[]));
    }
}
