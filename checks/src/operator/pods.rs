//! The pods that the operator makes of a server, and how they are asked.

use serde_json::Value;

use crate::world::{ContainerPort, Kind, Pod, Server, World};

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

/// Where a pod answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Door {
    /// The pod.
    pub pod: String,
    /// The port.
    pub port: u16,
    /// Whether it speaks HTTPS there.
    pub tls: bool,
    /// The path under which everything lives; empty for the root.
    pub prefix: String,
    /// Whether it listens on the pod's localhost only, where no proxy leads, but a port-forward does.
    pub local: bool,
}

impl Door {
    /// The door as the API server's proxy takes it, part by part of the path behind `pods/`: `https:prometheus-k8s-0:9090`,
    /// `proxy`, `prefix`.
    pub fn proxied(&self) -> impl Iterator<Item = String> {
        let scheme = if self.tls { "https:" } else { "" };
        let prefix = self.prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
        [format!("{scheme}{}:{}", self.pod, self.port), "proxy".to_owned()].into_iter().chain(prefix)
    }
}

/// Where a pod of a server answers.
///
/// # Errors
/// Why it cannot be asked now.
pub fn door(server: &Server, pod: &Pod) -> Result<Door, String> {
    let name = &pod.metadata.name;
    if pod.status.phase != "Running" && !pod.status.phase.is_empty() {
        return Err(format!("its pod {name} is not running but {}", pod.status.phase));
    }
    let port_name = server.raw.get("portName").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("web");
    let mut ports = pod.spec.containers.iter().filter(|container| container.name == "prometheus").flat_map(|own| &own.ports);
    let port = ports.find(|port| port.name.as_deref() == Some(port_name)).map_or(PORT, |port| port.container_port);
    Ok(Door {
        pod: name.clone(),
        port: u16::try_from(port).map_err(|_| format!("its pod {name} has no port {port}"))?,
        tls: is_tls(server),
        prefix: prefix(server),
        local: server.raw.get("listenLocal") == Some(&Value::Bool(true)),
    })
}

/// Where the reloader of a pod tells what it counts; `None` where it has no port for that.
pub fn reloader_door(pod: &Pod) -> Option<Door> {
    let (container, _) = pod.container(RELOADER)?;
    named_door(pod, &container.ports, &["reloader-web"])
}

/// A port of a running pod that has one of these names.
pub(super) fn named_door(pod: &Pod, ports: &[ContainerPort], names: &[&str]) -> Option<Door> {
    let port = ports.iter().find(|port| port.name.as_deref().is_some_and(|name| names.contains(&name)))?;
    let runs = pod.status.phase == "Running" || pod.status.phase.is_empty();
    let tls = port.name.as_deref() == Some("https");
    let port = u16::try_from(port.container_port).ok().filter(|_| runs)?;
    Some(Door { pod: pod.metadata.name.clone(), port, tls, prefix: String::new(), local: false })
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
            let door = door(server, pods(&world, server).next().unwrap()).unwrap();
            (door.proxied().collect::<Vec<_>>().join("/"), door.local)
        };
        let plain = |path: &str| (path.to_owned(), false);
        assert_eq!(way(json!({})), plain("prometheus-k8s-0:9091/proxy"));
        assert_eq!(way(json!({"externalUrl": "https://h/prom/"})), plain("prometheus-k8s-0:9091/proxy/prom"));
        assert_eq!(way(json!({"externalUrl": "https://h/prom", "routePrefix": "/"})), plain("prometheus-k8s-0:9091/proxy"));
        assert_eq!(way(json!({"web": {"tlsConfig": {}}})), plain("https:prometheus-k8s-0:9091/proxy"));
        assert!(way(json!({"listenLocal": true})).1, "no proxy leads there");
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
