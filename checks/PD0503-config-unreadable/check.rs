//! The generated configuration cannot be unpacked or read: somebody or something else wrote into the Secret.

use crate::prelude::*;
use crate::text::line;

pub(crate) const CHECK: Check = Check {
    code: "PD0503",
    name: "config-unreadable",
    summary: "the generated configuration cannot be read",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for facts in view.servers() {
        let ConfigSight::Undecodable(why) = &facts.config else { continue };
        let (server, secret) = (facts.id(), facts.config_secret());
        let chains: Vec<&Chain<'_>> = view.chains_of(facts).filter(|chain| chain.failed(Link::Generated)).collect();
        if chains.is_empty() {
            continue;
        }
        let finding = out.finding(&CHECK, &server, line(&format!("Secret {} cannot be read: {why}", secret.path()), 200));
        finding.on_all(chains.iter().copied());
        finding.says(&secret, facts.config_path(), line(why, 200)).fix(
            Fix::delete("let the operator write it anew", &secret)
                .widens("a pod that starts before the operator has written it waits for it"),
        );
    }
}
