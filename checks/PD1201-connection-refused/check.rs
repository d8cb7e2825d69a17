//! Nothing listens at the address that Prometheus was told (ERR: connection refused).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1201",
    name: "connection-refused",
    summary: "nothing listens at the address of a target",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view).filter(|failing| matches!(failing.failure(), Failure::Refused)) {
        let pod = failing.pod(view);
        let what = match pod {
            Some(pod) if !pod.is_ready() => "the connection is refused, and the pod is not ready",
            _ => "the connection is refused: nothing listens there",
        };
        let finding = failing.finding(&CHECK, out, what);
        let declares = |port: i64| {
            pod.is_some_and(|pod| {
                pod.all_containers().flat_map(|container| &container.ports).any(|own| own.container_port == port)
            })
        };
        failing.tell_of_service(view, finding);
        let local = failing.localhost_argument(view);
        if let Some((pod, path, argument)) = &local {
            finding.says(pod, path.as_str(), *argument);
        }
        let title = match failing.port() {
            _ if local.is_some() => "have the process listen on all addresses of the pod, not on localhost".to_owned(),
            Some(port) if pod.is_some() && !declares(port) => format!(
                "no container of the pod declares port {port}: look which port the process listens on, and lead the Service there"
            ),
            _ => "have the process listen on all addresses of the pod, not on localhost, and see that it runs".to_owned(),
        };
        finding.fix(Fix::advice(title, logs(&failing)));
    }
}

fn logs(failing: &Failing<'_>) -> String {
    let target = failing.target();
    if target.pod.is_empty() {
        return String::new();
    }
    kubectl("describe", &ObjectId::new(Kind::Pod, &target.namespace, &target.pod))
}
