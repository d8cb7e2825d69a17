//! The selector of a ServiceMonitor chooses the pods behind a Service; it is compared with the labels of the Service
//! itself (OP-MON-1).

use crate::mend;
use crate::prelude::*;
use crate::selector::miss_words;

pub(crate) const CHECK: Check = Check {
    code: "PD0802",
    name: "selector-matches-pods",
    summary: "the selector of a ServiceMonitor matches pods, but not the Service in front of them",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Service, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.broken(Link::Matched).filter(|chain| chain.matched.why == Some(Mismatch::WrittenForPods)) {
        let Some(service) = chain.matched.services_of_pods.first() else { continue };
        let (monitor, id) = (chain.monitor.id(), service.metadata.id(Kind::Service));
        let misses = chain.monitor.spec.selector.misses(&service.metadata.labels);
        let name = &id.name;
        let message = format!("the selector matches the pods behind Service {name}, but the Service {}", miss_words(&misses));
        let short = || format!("the selector matches the pods behind Service {name}, not the labels of the Service");
        let finding = out.finding(&CHECK, &monitor, mend::short(message, short));
        finding.on(chain).missed(&monitor, "spec.selector", &misses, &id, "metadata.labels");
        if let Some(pod) = chain.matched.pods_instead.first() {
            let labels = chain.monitor.spec.selector.requirements();
            let words = labels.iter().filter_map(|asked| pod.metadata.labels.get_key_value(&asked.key));
            let words: Vec<String> = words.map(|(key, value)| format!("{key}={value}")).collect();
            finding.says(&pod.metadata.id(Kind::Pod), "metadata.labels", words);
        }
        for workload in chain.matched.starved.iter().chain(&chain.matched.idle).take(1) {
            let template = view.world().workload(workload.kind, &workload.namespace, &workload.name);
            let requirements = chain.monitor.spec.selector.requirements();
            let labels = template.map(|workload| &workload.template().metadata.labels);
            let met = requirements.iter().filter_map(|asked| labels?.get_key_value(&asked.key));
            let met: Vec<String> = met.map(|(key, value)| format!("{key}={value}")).collect();
            finding.says(workload, "spec.template.metadata.labels", met);
        }
        let pod = chain.matched.pods_instead.first();
        let fixes = [
            mend::fit_selector(view, chain, &id, &service.metadata.labels),
            mend::label(chain, &id, &misses),
            pod.and_then(|pod| mend::as_pod_monitor(view, chain, pod, Some(service))),
        ];
        finding.fixes(fixes.into_iter().flatten());
    }
}
