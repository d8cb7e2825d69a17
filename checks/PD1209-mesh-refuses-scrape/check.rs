//! A sidecar that takes no plain text closes the scrape (ERR: connection reset by peer).

use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD1209",
    name: "mesh-refuses-scrape",
    summary: "a service mesh closes scrapes that come without its certificates",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Pod, Kind::Service, Kind::PeerAuthentication],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for failing in failing(view) {
        let Some(mode) = failing.closing_mesh(view) else { continue };
        let what = match &mode {
            Some(_) => "the sidecar of the mesh closes the connection: mutual TLS is STRICT, and Prometheus speaks plain HTTP",
            None => "the sidecar of the mesh closes the connection, as it does where mutual TLS is STRICT",
        };
        let finding = failing.finding(&CHECK, out, what);
        finding.confidence(Confidence::Likely);
        if let Some(mode) = &mode {
            finding.says(&mode.id, mode.path.clone(), mode.mode.clone());
        }
        let selector =
            failing.service(view).and_then(|service| service.spec.selector.as_ref()).filter(|selector| !selector.is_empty());
        if let (Some(selector), Some(port), Some(service)) = (selector, failing.port(), failing.service(view)) {
            let namespace = &service.metadata.namespace;
            let name = format!("{}-metrics", service.metadata.name);
            let port = port.to_string();
            let object = json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"selector": {"matchLabels": selector}, "portLevelMtls": {port: {"mode": "PERMISSIVE"}}}});
            let id = ObjectId::new(Kind::PeerAuthentication, namespace, &name);
            let fix = mend::create("let the port of the metrics take plain text", &id, object);
            finding.fix(fix.widens("whoever reaches the pod can then read its metrics"));
        }
        let monitor = failing.chain.monitor.id();
        let title = "scrape with the certificates of the mesh: scheme https, and tlsConfig with the files of the sidecar";
        finding.fix(Fix::advice(title, kubectl("edit", &monitor)));
    }
}
