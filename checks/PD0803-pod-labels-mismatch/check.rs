//! No pod has the labels that a PodMonitor asks for, or the workload that would make such pods has none (OP-MON-1).

use crate::assumed::name_in_words;
use crate::mend;
use crate::prelude::*;
use crate::selector::{labels_to_meet, miss_words};

pub(crate) const CHECK: Check = Check {
    code: "PD0803",
    name: "pod-labels-mismatch",
    summary: "no pod has the labels that a PodMonitor asks for",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mismatch = |chain: &&Chain<'_>| chain.matched.why == Some(Mismatch::Labels) && chain.monitor.is_pod_monitor();
    for chain in view.broken(Link::Matched).filter(mismatch) {
        match chain.matched.starved.first() {
            Some(workload) => starved(chain, workload, out),
            None => mismatched(view, chain, out),
        }
    }
}

/// The labels fit, but the workload has no pods although it wants some.
fn starved(chain: &Chain<'_>, workload: &ObjectId, out: &mut Out) {
    let message = format!("the pods of {workload} would match, but it has none although it wants some");
    let finding = out.finding(&CHECK, workload, message);
    finding.on(chain).says(workload, "spec.template.metadata.labels", "match");
    let command = kubectl("describe", workload);
    finding.fix(Fix::advice("see in its events why no pod is made", command));
}

fn mismatched(view: &View<'_>, chain: &Chain<'_>, out: &mut Out) {
    let monitor = chain.monitor.id();
    let place = mend::place(chain);
    let message = match (chain.matched.near.first(), chain.matched.candidates) {
        (Some(near), _) => {
            format!("no pod{place} matches; the nearest, {}, {}", name_in_words(view.world(), &near.id), miss_words(&near.misses))
        }
        (None, 0) => format!("there is no pod{place}, so the selector matches none"),
        (None, _) => format!("no pod{place} matches or comes near: {} asked for", mend::asked(chain)),
    };
    let finding = out.finding(&CHECK, &monitor, mend::short(message, || format!("no pod{place} has the labels asked for")));
    finding.on(chain);
    for near in chain.matched.near.iter().take(2) {
        finding.missed(&monitor, "spec.selector", &near.misses, &near.id, "metadata.labels");
    }
    if chain.matched.near.is_empty() {
        for requirement in chain.monitor.spec.selector.requirements() {
            finding.compared(&monitor, format!("spec.selector.{}", requirement.path), requirement.values, Vec::new(), None);
        }
    }
    let Some(near) = chain.matched.near.first() else {
        finding.fix(mend::look(chain));
        return;
    };
    let Some(pod) = view.world().pods.get(&near.id.namespace, &near.id.name) else { return };
    if let Some(fix) = mend::fit_selector(view, chain, &near.id, &pod.metadata.labels) {
        finding.fix(fix);
    }
    // Labels of a pod last as long as the pod: its workload's template is the place to set them, as long as the
    // workload, whose own selector cannot be changed, still finds its pods.
    let Some((id, workload)) = view.workload_of(pod) else { return };
    let Some(labels) = labels_to_meet(&near.misses) else { return };
    let mut template = workload.template().metadata.labels.clone();
    template.extend(labels.iter().cloned());
    if workload.spec.selector.as_ref().is_none_or(|own| own.matches(&template)) {
        let labels: serde_json::Map<_, _> = labels.into_iter().map(|(key, value)| (key, value.into())).collect();
        let body = json!({"spec": {"template": {"metadata": {"labels": labels}}}});
        let title = format!("give the pods of {id} the labels that the monitor asks for");
        finding.fix(Fix::merge(title, &id, body).widens("its pods are made anew"));
    }
}
