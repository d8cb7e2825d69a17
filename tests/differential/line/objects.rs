//! The objects of the cluster at whose end the line is, as they are in one.

use prom_doctor_checks::operator::version::Version;
use serde_json::{Value, json};

use super::OPERATOR;
use super::dated;

const CONFIG: &str = "/etc/prometheus/config";
const EXPANDED: &str = "/etc/prometheus/config_out";

/// What is discovered: the application, in a namespace that may be read and in one that may not.
pub(super) fn objects(port: u16) -> Vec<Value> {
    let mut out = Vec::new();
    for namespace in ["shop", "dark"] {
        let labels = json!({"app": "app"});
        out.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": namespace, "labels": labels},
            "spec": {"selector": labels, "clusterIP": "10.96.0.7", "ports": [{"name": "metrics", "port": 80, "targetPort": port, "protocol": "TCP"}]}}));
        let pods = ["127.0.0.1", "127.0.0.2"].into_iter().enumerate().map(|(at, ip)| (format!("app-{at}"), ip));
        let reference = |name: &str| json!({"kind": "Pod", "name": name, "namespace": namespace});
        let mut addresses = Vec::new();
        let mut endpoints = Vec::new();
        for (name, ip) in pods {
            out.push(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "example.com/app:1",
                    "ports": [{"name": "metrics", "containerPort": port, "protocol": "TCP"}]}]},
                "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "127.0.0.1",
                    "conditions": [{"type": "Ready", "status": "True"}]}}),
            );
            addresses.push(json!({"ip": ip, "nodeName": "node-1", "targetRef": reference(&name)}));
            endpoints.push(json!({"addresses": [ip], "nodeName": "node-1", "targetRef": reference(&name),
                "conditions": {"ready": true, "serving": true, "terminating": false}}));
        }
        let ports = json!([{"name": "metrics", "port": port, "protocol": "TCP"}]);
        out.push(
            json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "app", "namespace": namespace, "labels": labels},
            "subsets": [{"addresses": addresses, "ports": ports}]}),
        );
        out.push(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "app-x7k2p", "namespace": namespace,
                "labels": {"app": "app", "kubernetes.io/service-name": "app", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
            "endpoints": endpoints, "ports": ports}));
    }
    out
}

pub(super) fn deployment(works: bool) -> Value {
    let available =
        if works { json!({"replicas": 1, "availableReplicas": 1}) } else { json!({"replicas": 1, "unavailableReplicas": 1}) };
    let reloader = format!("--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v{OPERATOR}");
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "prometheus-operator", "namespace": "monitoring"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "operator"}},
            "template": {"metadata": {"labels": {"app": "operator"}}, "spec": {"serviceAccountName": "prometheus-operator", "containers": [
                {"name": "prometheus-operator", "image": format!("quay.io/prometheus-operator/prometheus-operator:v{OPERATOR}"), "args": [reloader]}]}}},
        "status": available})
}

/// The pod of Prometheus, as the operator has it made, and how its containers are: the reloader may crash, since so many
/// starts.
pub(super) fn pod(version: Version, reloader: bool, restarts: u64) -> Value {
    let labels = json!({"app.kubernetes.io/instance": "k8s", "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/name": "prometheus", "app.kubernetes.io/version": version.to_string(),
        "apps.kubernetes.io/pod-index": "0", "operator.prometheus.io/name": "k8s", "operator.prometheus.io/shard": "0",
        "prometheus": "k8s", "statefulset.kubernetes.io/pod-name": "prometheus-k8s-0"});
    let mounts = json!([{"name": "config", "mountPath": CONFIG}, {"name": "config-out", "mountPath": EXPANDED},
        {"name": "prometheus-k8s-rulefiles-0", "mountPath": "/etc/prometheus/rules/prometheus-k8s-rulefiles-0"}]);
    let files =
        [format!("--config-file={CONFIG}/prometheus.yaml.gz"), format!("--config-envsubst-file={EXPANDED}/prometheus.env.yaml")];
    let watched =
        ["--watched-dir=/etc/prometheus/rules/prometheus-k8s-rulefiles-0".to_owned(), format!("--watched-dir={CONFIG}")];
    let own = [
        vec!["--listen-address=:8080".to_owned(), "--reload-url=http://localhost:9090/-/reload".to_owned()],
        files.to_vec(),
        watched.to_vec(),
    ];
    let init = [vec!["--watch-interval=0".to_owned(), "--listen-address=:8081".to_owned()], files.to_vec(), watched.to_vec()];
    let image = format!("quay.io/prometheus-operator/prometheus-config-reloader:v{OPERATOR}");
    let started = jiff::Timestamp::now().to_string();
    let running = json!({"running": {"startedAt": started}});
    let crashed = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}});
    let state = if reloader { running.clone() } else { crashed };
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus-k8s-0", "namespace": "monitoring", "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "prometheus-k8s", "uid": "6d0e", "controller": true}]},
        "spec": {"nodeName": "node-1", "serviceAccountName": "prometheus-k8s",
            "initContainers": [{"name": "init-config-reloader", "image": image, "args": init.concat(), "volumeMounts": mounts,
                "ports": [{"name": "reloader-init", "containerPort": 8081, "protocol": "TCP"}]}],
            "containers": [
                {"name": "prometheus", "image": format!("quay.io/prometheus/prometheus:v{version}"),
                    "args": [format!("--config.file={EXPANDED}/prometheus.env.yaml"), "--web.enable-lifecycle", "--web.route-prefix=/",
                        "--storage.tsdb.retention.time=24h", "--storage.tsdb.path=/prometheus",
                        "--web.config.file=/etc/prometheus/web_config/web-config.yaml"],
                    "ports": [{"name": "web", "containerPort": 9090, "protocol": "TCP"}],
                    "volumeMounts": [{"name": "config-out", "readOnly": true, "mountPath": EXPANDED}]},
                {"name": "config-reloader", "image": image, "args": own.concat(), "volumeMounts": mounts,
                    "ports": [{"name": "reloader-web", "containerPort": 8080, "protocol": "TCP"}]}],
            "volumes": [{"name": "config", "secret": {"secretName": "prometheus-k8s", "defaultMode": 420}},
                {"name": "config-out", "emptyDir": {"medium": "Memory"}},
                {"name": "prometheus-k8s-rulefiles-0", "configMap": {"name": "prometheus-k8s-rulefiles-0"}}]},
        "status": {"phase": "Running", "podIP": "127.0.0.1",
            "conditions": [{"type": "Ready", "status": if reloader { "True" } else { "False" }}],
            "initContainerStatuses": [{"name": "init-config-reloader", "ready": true, "restartCount": 0,
                "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}],
            "containerStatuses": [{"name": "prometheus", "ready": true, "restartCount": 0, "state": running},
                {"name": "config-reloader", "ready": reloader, "restartCount": restarts, "state": state}]}});
    dated(object, "kubelet")
}

/// What the operator says of the server: which form of it it has looked at, and how that went.
pub(super) fn status(generation: &Value, failure: Option<&str>) -> Value {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": generation,
            "lastTransitionTime": jiff::Timestamp::now().to_string()})
    };
    let reconciled = match failure {
        Some(why) => condition("Reconciled", "False", "ReconciliationFailed", why),
        None => condition("Reconciled", "True", "", ""),
    };
    json!({"paused": false, "replicas": 1, "availableReplicas": 1, "updatedReplicas": 1, "unavailableReplicas": 0,
        "conditions": [condition("Available", "True", "", ""), reconciled]})
}

/// The operator, the Prometheus with its pod, and their rights. The one for discovery is missing in `dark`.
pub(super) fn monitoring(version: Version) -> Vec<Value> {
    let group = "rbac.authorization.k8s.io";
    let namespaces = ["monitoring", "shop", "dark"].map(|name| {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}})
    });
    let account = |name: &str| json!([{"kind": "ServiceAccount", "name": name, "namespace": "monitoring"}]);
    let mut out = namespaces.to_vec();
    out.push(deployment(true));
    out.extend([
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": "operator"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "operator"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "operator"}, "subjects": account("prometheus-operator")}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": {"name": "prometheus-k8s", "namespace": "shop"},
            "rules": [{"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": ["get", "list", "watch"]},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]}]}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": {"name": "prometheus-k8s", "namespace": "shop"},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "prometheus-k8s"}, "subjects": account("prometheus-k8s")}),
        dated(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring", "generation": 1},
            "spec": {"replicas": 1, "version": format!("v{version}"), "serviceAccountName": "prometheus-k8s",
                "scrapeInterval": "1s",
                "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
                "podMonitorSelector": {}, "podMonitorNamespaceSelector": {}}}), "test"),
        pod(version, true, 0),
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "prometheus-k8s", "namespace": "monitoring",
                "ownerReferences": [{"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "name": "k8s", "uid": "47e1", "controller": true}]},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"operator.prometheus.io/name": "k8s"}}},
            "status": {"replicas": 1, "readyReplicas": 1}}),
    ]);
    out
}
