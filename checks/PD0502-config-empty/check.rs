//! The Secret with the generated configuration holds none.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0502",
    name: "config-empty",
    summary: "the Secret with the generated configuration holds none",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for trouble in [GenerateTrouble::NoKey, GenerateTrouble::Empty] {
        for (facts, chains) in view.ungenerated(&trouble) {
            let (server, secret) = (facts.id(), facts.config_secret());
            let (what, keys) = match &facts.config {
                ConfigSight::NoKey(keys) => ("has no key prometheus.yaml.gz", keys.clone()),
                _ => ("holds an empty configuration", vec!["(empty)".to_owned()]),
            };
            let finding = out.finding(&CHECK, &server, format!("Secret {} {what}", secret.path()));
            finding.on_all(chains.iter().copied());
            finding.compared(&secret, "data", "prometheus.yaml.gz", keys, None);
            finding.fix(
                Fix::delete("let the operator write it anew", &secret)
                    .widens("a pod that starts before the operator has written it waits for it"),
            );
            finding.fixes(mend::sync_again(view, facts, &[]));
        }
    }
}
