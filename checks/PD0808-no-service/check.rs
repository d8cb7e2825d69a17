//! A ServiceMonitor looks for Services, and there is none: either none at all, or none in front of the pods that its
//! selector matches (OP-SM-7).

use crate::assumed::name_in_words;
use crate::mend;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0808",
    name: "no-service",
    summary: "a ServiceMonitor has no Service to select, at most pods",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Matched).filter(|chain| chain.matched.why == Some(Mismatch::NoService)) {
        let (monitor, place) = (chain.monitor.id(), mend::place(chain));
        let matched = &chain.matched;
        let workload = matched.starved.iter().chain(&matched.idle).next();
        let part = matched.part_pods.first().filter(|_| matched.pods_instead.is_empty());
        let message = match (matched.pods_instead.first(), workload) {
            (None, None) if part.is_some() => {
                let names: Vec<String> = matched.part_pods.iter().map(|pod| pod.metadata.name.clone()).collect();
                format!("what the selector names runs as pods, {}, but no Service stands in front of them", list(&names, 3))
            }
            (Some(pod), _) => {
                let name = name_in_words(view.world(), &pod.metadata.id(Kind::Pod));
                format!("the selector matches pods such as {name}, but no Service stands in front of them")
            }
            (None, Some(workload)) => {
                format!("the selector matches the pods of {workload}, but no Service stands in front of them")
            }
            (None, None) => format!("there is no Service{place}, so the selector matches none"),
        };
        let finding = out.finding(
            &CHECK,
            &monitor,
            mend::short(message, || format!("no Service{place} stands in front of the pods that match")),
        );
        finding.on(chain);
        for requirement in chain.monitor.spec.selector.requirements() {
            let path = format!("spec.selector.{}", requirement.path);
            let pod = matched.pods_instead.first().map(|pod| pod.metadata.id(Kind::Pod));
            let found = matched.pods_instead.first().and_then(|pod| pod.metadata.labels.get(&requirement.key));
            let found: Vec<String> = found.into_iter().cloned().collect();
            let at = pod.as_ref().map(|pod| (pod, crate::path::label(&requirement.key)));
            finding.compared(&monitor, path, requirement.values, found, at);
        }
        if let Some(pod) = part {
            let labels: Vec<String> = pod.metadata.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            finding.says(&pod.metadata.id(Kind::Pod), "metadata.labels", labels);
        }
        if let Some(workload) = workload {
            finding.says(workload, "spec.template.metadata.labels", "match");
        }
        let pod = matched.pods_instead.first();
        let service = pod.and_then(|pod| mend::service_for(view, chain, pod));
        let swap = pod.and_then(|pod| mend::as_pod_monitor(view, chain, pod, None));
        if service.is_none() && swap.is_none() {
            let Fix { command, .. } = mend::look(chain);
            finding.fix(Fix::advice(
                "put a Service with the labels of the selector in front of the pods, or use a PodMonitor",
                command,
            ));
        }
        finding.fixes(service.into_iter().chain(swap));
    }
}
