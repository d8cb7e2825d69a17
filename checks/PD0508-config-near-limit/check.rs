//! The configuration comes near to what a Secret can hold: then every sync fails (OP-SYNC-4).

use crate::prelude::*;
use crate::prometheus::config::SECRET_LIMIT;

pub(crate) const CHECK: Check = Check {
    code: "PD0508",
    name: "config-near-limit",
    summary: "the generated configuration comes near to the limit of a Secret",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::Secret],
    explain: include_str!("explain.md"),
    run,
};

/// From this share of the limit on, in hundredths.
const SHARE: usize = 70;

fn run(view: &View<'_>, out: &mut Out) {
    for facts in view.servers() {
        let ConfigSight::Decoded(config, size) = &facts.config else { continue };
        let share = size * 100 / SECRET_LIMIT;
        if share < SHARE {
            continue;
        }
        let (server, secret) = (facts.id(), facts.config_secret());
        let message =
            format!("its packed configuration fills {share} % of what a Secret holds (1 MiB): beyond that every sync fails");
        let finding = out.finding(&CHECK, &server, message);
        finding.compared(
            &secret,
            facts.config_path(),
            format!("at most {SECRET_LIMIT} bytes"),
            format!("{size} bytes, {}", count(config.jobs.len(), "job")),
            None,
        );
        finding.fix(Fix::advice(
            "give part of the monitors to a second server: a narrower selector here, the rest there",
            format!("kubectl -n {} edit {} {}", server.namespace, server.kind.resource(), server.name),
        ));
    }
}
