//! The server selects a monitor and nothing forbids it, but its configuration has no job for it (OP-CFG-2).

use std::collections::BTreeSet;

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
        let monitors: Vec<ObjectId> = chains.iter().map(|chain| chain.monitor.id()).collect();
        let names: Vec<String> = monitors.iter().map(ToString::to_string).collect();
        let message = format!("the generated configuration of {server} has no job for {}", list(&names, 2));
        let finding = out.finding(&CHECK, &server, message);
        let jobs = facts.decoded().map_or(0, |config| config.jobs.len());
        let there = if jobs == 0 { "no job at all".to_owned() } else { format!("none of that name in {}", count(jobs, "job")) };
        for chain in &chains {
            finding.on(chain);
            let monitor = chain.monitor.id();
            for at in &chain.generated.missing {
                let path = format!("spec.{}[{at}]", chain.monitor.endpoints_field());
                let wanted = format!("job {}", facts.job_name(&monitor, *at));
                finding.compared(&monitor, path, wanted, there.as_str(), Some((&secret, facts.config_path())));
            }
            unchecked(chain, finding);
        }
        finding.fixes(mend::sync_again(view, facts, &monitors));
    }
}

/// Where something that the monitor refers to could not be read, the operator probably refuses it for that: a monitor
/// that it accepts is not left out.
fn unchecked(chain: &Chain<'_>, finding: &mut Draft) {
    let monitor = chain.monitor.id();
    // One object may be referred to several times.
    let unknown: BTreeSet<&str> = chain.accepted.examination.unknown.iter().map(|unseen| unseen.need.as_str()).collect();
    for need in unknown {
        finding.likely_if(true).evidence(Evidence {
            reference: Some((&monitor).into()),
            note: Some(format!("probably refused for what could not be checked: {need}")),
            ..Evidence::default()
        });
        let words: Vec<&str> = need.split([' ', '/']).collect();
        let command = match words.as_slice() {
            ["get", resource, namespace, name, ..] => format!("kubectl -n {namespace} get {resource} {name}"),
            _ => format!("kubectl -n {} describe {} {}", monitor.namespace, monitor.kind.resource(), monitor.name),
        };
        let title = format!("look first whether what {monitor} refers to is there and whole ({need})");
        finding.fix(Fix::advice(title, command));
    }
}
