//! The cluster does not know the operator's kinds: there can be no such object (OP-NSF-12).

use crate::operator::find::Operator;
use crate::operator::version::operator as version_of;
use crate::prelude::*;
use crate::world::Seen;

pub(crate) const CHECK: Check = Check {
    code: "PD0101",
    name: "crd-not-served",
    summary: "the cluster does not serve a kind that prometheus-operator needs",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::CustomResourceDefinition, Kind::ServiceMonitor, Kind::PodMonitor, Kind::Prometheus, Kind::PrometheusAgent],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    if !view.asks_for_all() && view.monitors().next().is_some() {
        return;
    }
    // PodMonitors came with operator 0.30.
    let old = |operator: &Operator| operator.version.is_some_and(|version| version < version_of(30));
    let pods = view.operators().is_empty() || !view.operators().iter().all(old);
    let kinds: &[&[Kind]] = &[&[Kind::ServiceMonitor], &[Kind::PodMonitor], &[Kind::Prometheus, Kind::PrometheusAgent]];
    let wanted = kinds.iter().filter(|kinds| pods || kinds[0] != Kind::PodMonitor);
    let absent = |kinds: &&[Kind]| -> Option<(Kind, Confidence)> {
        let all: Option<Vec<Confidence>> = kinds.iter().map(|kind| missing(view, *kind)).collect();
        Some((kinds[0], all?.into_iter().min()?))
    };
    let missing: Vec<(Kind, Confidence)> = wanted.filter_map(absent).collect();
    let Some((first, _)) = missing.first() else { return };
    let id = |kind: Kind| ObjectId::new(Kind::CustomResourceDefinition, "", kind.resource());
    let names: Vec<&str> = missing.iter().map(|(kind, _)| kind.name()).collect();
    let verb = if names.len() == 1 { "it is" } else { "they are" };
    let message = format!("the cluster does not know {}: {verb} not defined by any CustomResourceDefinition", list(&names, 3));
    let finding = out.finding(&CHECK, id(*first), message);
    for (kind, confidence) in &missing {
        finding.confidence = finding.confidence.max(*confidence);
        finding.evidence(Evidence {
            reference: Some(id(*kind).into()),
            path: "spec.names.kind".to_owned(),
            wanted: vec![kind.name().to_owned()],
            note: Some(format!("no {} is served", kind.resource())),
            ..Evidence::default()
        });
    }
    let version = view.operators().iter().find_map(|operator| operator.version);
    let release = version.map_or_else(|| "latest/download".to_owned(), |version| format!("download/v{version}"));
    finding.fix(Fix::advice(
        "install the definitions that belong to the operator, then restart it: it looks for them when it starts",
        format!(
            "kubectl apply --server-side -f https://github.com/prometheus-operator/prometheus-operator/releases/{release}/stripped-down-crds.yaml"
        ),
    ));
}

/// How surely a kind is not served: the API said so, or the list of definitions lacks it. An object of the kind
/// proves the contrary.
fn missing(view: &View<'_>, kind: Kind) -> Option<Confidence> {
    let world = view.world();
    if world.has_any(kind) {
        return None;
    }
    if world.sight.of(kind, None) == Seen::NotServed {
        return Some(Confidence::Certain);
    }
    let listed = world.sight.whole(Kind::CustomResourceDefinition, None).is_ok() && !world.crds.is_empty();
    let defined = world.crds.iter().any(|crd| crd.spec.group == kind.group() && crd.spec.names.kind == kind.name());
    (listed && !defined).then_some(Confidence::Likely)
}
