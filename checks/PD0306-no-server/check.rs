//! There are monitors and no Prometheus or PrometheusAgent that could take them.

use crate::operator::find::Operator;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0306",
    name: "no-server",
    summary: "there are monitors, but no Prometheus or PrometheusAgent object",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Prometheus, Kind::PrometheusAgent],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let world = view.world();
    let alone: Vec<&MonitorFacts<'_>> =
        view.monitors().filter(|facts| facts.chains.is_empty() && facts.verdict == Verdict::Failed).collect();
    if alone.is_empty() || !world.servers.is_empty() {
        return;
    }
    let subject = Ref { kind: "Cluster".to_owned(), namespace: String::new(), name: "cluster".to_owned() };
    let message = "there is no Prometheus and no PrometheusAgent object: no server takes any monitor";
    let finding = out.finding(&CHECK, subject, message);
    // Other agents read monitors too, without such an object; where the operator runs it waits for one.
    finding.likely_if(view.operators().is_empty());
    for facts in alone {
        finding.affects(&facts.monitor.id());
    }
    for kind in [Kind::Prometheus, Kind::PrometheusAgent] {
        let note = Some(format!("no {} in any namespace", kind.resource()));
        finding.evidence(Evidence { wanted: vec![kind.name().to_owned()], note, ..Evidence::default() });
    }
    match view.operators().iter().find(|operator| would_manage(operator)) {
        Some(operator) => finding.fix(
            server(view, &operator.id.namespace)
                .widens("it scrapes what every monitor of the cluster asks for, and may list everywhere"),
        ),
        None => finding
            .fix(Fix::advice("create a Prometheus object, and let prometheus-operator run", "kubectl explain prometheus.spec")),
    };
}

fn would_manage(operator: &Operator) -> bool {
    let flags = &operator.flags;
    let plain = flags.controller_id.is_empty() && flags.instance_selector.is_none() && flags.unresolved.is_none();
    plain && operator.sees_servers_in(&operator.id.namespace)
}

/// A Prometheus that takes everything, with its account and rights.
fn server(view: &View<'_>, namespace: &str) -> Fix {
    let world = view.world();
    let mut name = "prometheus".to_owned();
    while world.roles.get("", &name).is_some() || world.bindings.get("", &name).is_some() {
        name.push_str("-x");
    }
    let rbac = Kind::ClusterRole.group();
    let verbs = json!(["get", "list", "watch"]);
    let bodies = [
        (Kind::ServiceAccount, json!({})),
        (
            Kind::ClusterRole,
            json!({"rules": [
                {"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": verbs},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": verbs},
                {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]}),
        ),
        (
            Kind::ClusterRoleBinding,
            json!({"roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": name}]}),
        ),
        (
            Kind::Prometheus,
            json!({"spec": {"serviceAccountName": name, "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
                "podMonitorSelector": {}, "podMonitorNamespaceSelector": {}}}),
        ),
    ];
    let objects: Vec<(PatchRef, serde_json::Value)> = bodies
        .into_iter()
        .map(|(kind, mut body)| {
            let home = if kind.namespaced() { namespace } else { "" };
            body["apiVersion"] = json!(kind.api_version());
            body["kind"] = json!(kind.name());
            body["metadata"] = if home.is_empty() { json!({"name": name}) } else { json!({"name": name, "namespace": home}) };
            (PatchRef::named(&kind.api_version(), kind.name(), home, &name), body)
        })
        .collect();
    let items: Vec<&serde_json::Value> = objects.iter().map(|(_, body)| body).collect();
    let all = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let command = format!("kubectl apply -f - <<'EOF'\n{all}\nEOF");
    Fix::create("create a Prometheus that takes every monitor", objects, command)
}
