//! A monitor of another API group: prometheus-operator never reads it (OP-CAUSE-29).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0102",
    name: "other-api-group",
    summary: "an object looks like one of the operator's but belongs to another API group",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[Kind::ServiceMonitor, Kind::PodMonitor],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let everywhere = view.asks_for_all() || view.monitors().next().is_none();
    let concerns = |namespace: &str| everywhere || view.monitors().any(|facts| facts.monitor.metadata.namespace == namespace);
    let world = view.world();
    for foreign in world.foreign.iter().filter(|foreign| concerns(&foreign.metadata.namespace)) {
        let (namespace, name) = (&foreign.metadata.namespace, &foreign.metadata.name);
        let monitors = || world.monitors.in_namespace(namespace).filter(|monitor| monitor.metadata.name == *name);
        // Tools that convert monitors leave a twin; who keeps one for each scraper knows what he does.
        if monitors().any(|monitor| is_twin(&foreign.kind, monitor.kind)) {
            continue;
        }
        let group = foreign.api_version.split('/').next().unwrap_or_default();
        let ours = Kind::all().find(|kind| kind.is_monitoring() && kind.name() == foreign.kind);
        let subject = Ref { kind: foreign.kind.clone(), namespace: namespace.clone(), name: name.clone() };
        let message = format!(
            "{} {} belongs to {group}: prometheus-operator reads only monitoring.coreos.com",
            foreign.kind, foreign.metadata.name
        );
        let finding = out.finding(&CHECK, subject.clone(), message);
        finding.key(group).evidence(Evidence {
            reference: Some(subject),
            path: "apiVersion".to_owned(),
            wanted: ours.map(Kind::api_version).into_iter().collect(),
            found: vec![foreign.api_version.clone()],
            ..Evidence::default()
        });
        // Azure's agent scrapes by monitors of its own group: who writes them means them.
        let of_other_product = group == "azmonitoring.coreos.com";
        let is_monitor = matches!(ours, Some(Kind::ServiceMonitor | Kind::PodMonitor | Kind::Probe | Kind::ScrapeConfig));
        if let Some(kind) = ours.filter(|_| is_monitor) {
            let plural = kind.plural();
            let command = format!(
                "kubectl -n {namespace} get {plural}.{group} {name} -o json | jq '{{apiVersion: \"{}\", kind, metadata: (.metadata | {{name, namespace, labels}}), spec}}' | kubectl apply -f -",
                kind.api_version()
            );
            finding.fix(Fix::advice(format!("write it as {} as well", kind.api_version()), command));
        }
        // Kinds of other products are hardly written by mistake.
        if !is_monitor || of_other_product {
            finding.severity(Severity::Info);
        }
    }
}

fn is_twin(foreign: &str, kind: Kind) -> bool {
    let fits = match kind {
        Kind::PodMonitor => ["PodMonitor", "PodMonitoring", "VMPodScrape"].as_slice(),
        _ => ["ServiceMonitor", "VMServiceScrape"].as_slice(),
    };
    fits.contains(&foreign)
}
