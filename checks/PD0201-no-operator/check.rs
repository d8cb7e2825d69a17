//! No operator runs: nobody makes anything of monitors and servers.

use crate::prelude::*;
use crate::world::Meta;

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
            finding.on_all(troubled.chains.iter().copied());
        }
        finding.evidence(Evidence {
            reference: Some(troubled.server.id().into()),
            path: "status".to_owned(),
            note: Some("no Deployment, StatefulSet or Pod runs prometheus-operator".to_owned()),
            ..Evidence::default()
        });
    }
    match none.iter().find_map(|troubled| helm_release(&troubled.server.server.metadata)) {
        Some((namespace, Some(release))) => finding.fix(Fix::advice(
            format!("let Helm release {release}, which made the server, install its operator: look into its values"),
            format!("helm -n {namespace} get values {release} --all"),
        )),
        Some((_, None)) => finding.fix(Fix::advice(
            "let the Helm chart that the server is rendered from install its operator: look into its values",
            "helm list -A",
        )),
        None => finding.fix(Fix::advice(
            "look for an operator that bears another name, or whose Deployment was deleted",
            "kubectl get deployments,statefulsets,pods -A | grep -i operator",
        )),
    };
    finding.fix(
        Fix::advice(
            "install prometheus-operator",
            "kubectl create -f https://github.com/prometheus-operator/prometheus-operator/releases/latest/download/bundle.yaml",
        )
        .widens("it installs its CRDs and an operator for the whole cluster in namespace default"),
    );
}

/// The Helm release that an object is of, and its namespace, where marks tell of one: its name is known of those that
/// Helm itself installed.
fn helm_release(meta: &Meta) -> Option<(&str, Option<&str>)> {
    let annotation = |key: &str| meta.annotations.get(key).map(String::as_str);
    let namespace = annotation("meta.helm.sh/release-namespace").unwrap_or(&meta.namespace);
    let rendered = meta.labels.get("app.kubernetes.io/managed-by").or_else(|| meta.labels.get("heritage"));
    match annotation("meta.helm.sh/release-name") {
        Some(release) => Some((namespace, Some(release))),
        None => rendered.filter(|by| by.as_str() == "Helm").map(|_| (namespace, None)),
    }
}
