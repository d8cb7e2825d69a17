//! The pods that the operator makes of a server, and how they are asked.

use serde_json::Value;

use crate::world::{Kind, Pod, Server, World};

/// The port of Prometheus unless a pod says otherwise.
const PORT: i64 = 9090;

/// The container that unpacks the configuration and has Prometheus reload it, since operator 0.43; before, two did that.
pub const RELOADER: &str = "config-reloader";

/// The pods of a server, running or not, by name. Labels tell them (`operator.prometheus.io/name` since 0.44, `prometheus`
/// before), and the name of their StatefulSet or DaemonSet.
pub fn pods<'w>(world: &'w World, server: &Server) -> impl Iterator<Item = &'w Pod> + use<'w> {
    let name = server.metadata.name.clone();
    let prefix = format!("{}-", server.config_secret());
    world.pods.in_namespace(&server.metadata.namespace).filter(move |pod| {
        let label = |key: &str| pod.metadata.labels.get(key).map(String::as_str);
        let labelled = label("operator.prometheus.io/name") == Some(&name) || label("prometheus") == Some(&name);
        labelled && pod.metadata.name.starts_with(&prefix)
    })
}

/// Where a pod of a server answers, as the API server's proxy takes it: `https:prometheus-k8s-0:9090/proxy/prefix`.
///
/// # Errors
/// Why the proxy cannot reach it.
pub fn door(server: &Server, pod: &Pod) -> Result<String, String> {
    if server.raw.get("listenLocal") == Some(&Value::Bool(true)) {
        return Err("it listens on localhost only (listenLocal), where the API server's proxy cannot reach it".to_owned());
    }
    let name = &pod.metadata.name;
    if pod.status.phase != "Running" && !pod.status.phase.is_empty() {
        return Err(format!("its pod {name} is not running but {}", pod.status.phase));
    }
    let port_name = server.raw.get("portName").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("web");
    let mut ports = pod.spec.containers.iter().filter(|container| container.name == "prometheus").flat_map(|own| &own.ports);
    let port = ports.find(|port| port.name.as_deref() == Some(port_name)).map_or(PORT, |port| port.container_port);
    let scheme = if is_tls(server) { "https:" } else { "" };
    Ok(format!("{scheme}{name}:{port}/proxy{}", prefix(server)))
}

/// Where the reloader of a pod tells what it counts; `None` where it has no port for that.
pub fn reloader_door(pod: &Pod) -> Option<Result<String, String>> {
    let (container, _) = pod.container(RELOADER)?;
    let port = container.ports.iter().find(|port| port.name.as_deref() == Some("reloader-web"))?;
    let name = &pod.metadata.name;
    let runs = pod.status.phase == "Running" || pod.status.phase.is_empty();
    runs.then(|| Ok(format!("{name}:{}/proxy", port.container_port)))
}

/// Whether the server speaks HTTPS.
pub fn is_tls(server: &Server) -> bool {
    server.raw.pointer("/web/tlsConfig").is_some_and(Value::is_object)
}

/// The path under which everything of the server lives; empty for the root. Without a route prefix it is the path of
/// the external URL.
pub fn prefix(server: &Server) -> String {
    let text = |key: &str| server.raw.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let path = match text("routePrefix") {
        Some(prefix) => prefix,
        None => {
            let rest = text("externalUrl").and_then(|url| url.split_once("://")).map_or("", |(_, rest)| rest);
            rest.find('/').map_or("", |at| &rest[at..])
        }
    };
    let path = path.trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// The kind of object that the operator runs a server as.
pub fn runs_as(server: &Server) -> Kind {
    if server.is_daemon_set() { Kind::DaemonSet } else { Kind::StatefulSet }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::decode_value;

    fn world(spec: Value, pod: Value) -> World {
        let mut world = World::default();
        let server = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": spec});
        for object in [server, pod] {
            decode_value(object, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        }
        world
    }

    fn pod(name: &str, labels: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "monitoring", "labels": labels},
            "spec": {"containers": [{"name": "config-reloader", "ports": [{"name": "web", "containerPort": 8080}]},
                {"name": "prometheus", "ports": [{"name": "web", "containerPort": 9091}]}]}, "status": {"phase": "Running"}})
    }

    #[test]
    fn the_way_to_a_pod_is_that_of_its_server() {
        let labels = json!({"operator.prometheus.io/name": "k8s"});
        let way = |spec: Value| {
            let world = world(spec, pod("prometheus-k8s-0", labels.clone()));
            let server = world.servers.iter().next().unwrap();
            door(server, pods(&world, server).next().unwrap())
        };
        assert_eq!(way(json!({})), Ok("prometheus-k8s-0:9091/proxy".to_owned()));
        assert_eq!(way(json!({"externalUrl": "https://h/prom/"})), Ok("prometheus-k8s-0:9091/proxy/prom".to_owned()));
        assert_eq!(
            way(json!({"externalUrl": "https://h/prom", "routePrefix": "/"})),
            Ok("prometheus-k8s-0:9091/proxy".to_owned())
        );
        assert_eq!(way(json!({"web": {"tlsConfig": {}}})), Ok("https:prometheus-k8s-0:9091/proxy".to_owned()));
        assert!(way(json!({"listenLocal": true})).unwrap_err().contains("listenLocal"));
    }

    #[test]
    fn pods_of_others_are_left_alone() {
        for (name, labels, own) in [
            ("prometheus-k8s-0", json!({"prometheus": "k8s", "app": "prometheus"}), true),
            ("prometheus-k8s-shard-1-0", json!({"operator.prometheus.io/name": "k8s"}), true),
            ("prometheus-other-0", json!({"operator.prometheus.io/name": "other"}), false),
            ("adapter-0", json!({"prometheus": "k8s"}), false),
        ] {
            let world = world(json!({}), pod(name, labels));
            let server = world.servers.iter().next().unwrap();
            assert_eq!(pods(&world, server).count(), usize::from(own), "{name}");
        }
    }
}
