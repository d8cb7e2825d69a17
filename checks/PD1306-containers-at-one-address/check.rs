//! Several targets of one pod end at one address, because relabelings write the same address for each of its
//! containers (SD-POD-4: a container without a chosen port is a target of its own).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1306",
    name: "containers-at-one-address",
    summary: "relabelings lead several containers of a pod to one address",
    severity: Severity::Warning,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for chain in view.chains().filter(|chain| chain.yields()) {
        for kept in &chain.kept.endpoints {
            let Some((url, containers)) = kept.doubled.first() else { continue };
            let monitor = chain.monitor.id();
            let name = format!("{}[{}]", chain.monitor.endpoints_field(), kept.index);
            let message = format!("{name} scrapes a pod once per container, {}, all at one address", list(containers, 3));
            let finding = out.finding(&CHECK, &monitor, message);
            finding.on(chain).endpoint(kept.index).says(&monitor, format!("spec.{name}.relabelings"), url.as_str());
            for pod in chain.matched.pods.iter().take(2) {
                let names: Vec<String> = pod.spec.containers.iter().map(|container| container.name.clone()).collect();
                finding.says(&pod.metadata.id(Kind::Pod), "spec.containers[*].name", names);
            }
            finding.fix(Fix::advice(
                "declare the port on the container that serves it, and select it by port instead of writing __address__",
                format!("kubectl -n {} edit {} {}", monitor.namespace, monitor.kind.resource(), monitor.name),
            ));
        }
    }
}
