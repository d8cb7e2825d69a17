//! No operator runs: nobody makes anything of monitors and servers.

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0201",
    name: "no-operator",
    summary: "no prometheus-operator runs in the cluster",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let troubles = view.troubles();
    let none: Vec<&Troubled<'_>> = troubles.iter().filter(|troubled| *troubled.trouble == WatchTrouble::NoOperator).collect();
    let bites = none.iter().any(|troubled| troubled.bites);
    let Some(first) = none.iter().find(|troubled| troubled.bites == bites) else { return };
    let subject = first.server.id();
    let names: Vec<String> = none.iter().map(|troubled| troubled.server.id().to_string()).collect();
    let message = format!("no prometheus-operator runs in this cluster: nothing is made of {}", list(&names, 2));
    // One finding however many servers there are; those concerned first.
    let finding = first.finding(&CHECK, out, &subject, message);
    let jobs = |troubled: &Troubled<'_>| troubled.server.decoded().is_some_and(|config| !config.jobs.is_empty());
    finding.likely_if(none.iter().any(|troubled| jobs(troubled)));
    for troubled in &none {
        if troubled.bites == bites {
            troubled.chains.iter().for_each(|chain| {
                finding.on(chain);
            });
        }
        finding.evidence(Evidence {
            reference: Some(troubled.server.id().into()),
            path: "status".to_owned(),
            note: Some("no Deployment, StatefulSet or Pod runs prometheus-operator".to_owned()),
            ..Evidence::default()
        });
    }
    finding.fix(Fix::advice(
        "install prometheus-operator",
        "kubectl create -f https://github.com/prometheus-operator/prometheus-operator/releases/latest/download/bundle.yaml",
    ));
}
