//! A delivery line: what stands between a saved monitor and a scraped target, with a real Prometheus at its end. An
//! operator, a kubelet and a reloader that do what theirs do, only sooner, and that can be stopped; an API server for
//! users and one for discovery; an application on two addresses of loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine as _;
use prom_doctor_checks::operator::scrape_config::Writer;
use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::world::{Kind, World, decode_value};
use serde_json::{Value, json};

use super::prometheus::{Prometheus, version};
use super::server::{Served, Server};
use crate::kit::apiserver::ApiServer;
use crate::kit::run::{Ran, prom_doctor_with};

/// The version of the operator.
const OPERATOR: &str = "0.93.0";
/// How long each station takes, in milliseconds, unless it is told to take its time.
const DELAY: u64 = 300;
/// How often each looks.
const PACE: Duration = Duration::from_millis(50);

/// A station that works, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Station {
    Operator,
    Kubelet,
    Reloader,
}

/// What the stations share.
struct Shared {
    api: ApiServer,
    /// By station.
    works: [AtomicBool; 3],
    ended: AtomicBool,
    /// How long each station takes, in milliseconds.
    delay: AtomicU64,
    /// What the pod sees of the Secret.
    mounted: Mutex<Vec<u8>>,
    /// Where Prometheus answers; 0 while it does not run.
    port: Mutex<u16>,
    /// The file that Prometheus reads.
    config: PathBuf,
    prometheus: Version,
    /// Where Prometheus is to discover.
    host: String,
}

impl Shared {
    fn take_time(&self) {
        thread::sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst)));
    }
}

/// A running line. It ends with the value.
pub(super) struct Line {
    shared: Arc<Shared>,
    stations: Vec<JoinHandle<()>>,
    server: Option<Prometheus>,
    program: PathBuf,
    discovery: Server,
    folder: tempfile::TempDir,
}

impl Line {
    /// A line without any monitor.
    pub(super) fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.env.yaml");
        fs::write(&config, "global: {scrape_interval: 1s}\n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("http://127.0.0.1:{}/c/1/", listener.local_addr().unwrap().port());
        let application = application();
        let objects = objects(application);
        let served = Served { objects: objects.clone(), selectors: BTreeMap::new() };
        let discovery = Server::start_closed(listener, [(1, served)].into(), Duration::ZERO, &["dark"]);
        let prometheus = version(program);
        let mut all = objects;
        all.extend(monitoring(prometheus));
        let shared = Arc::new(Shared {
            api: ApiServer::start(all),
            works: [const { AtomicBool::new(true) }; 3],
            ended: AtomicBool::new(false),
            delay: AtomicU64::new(DELAY),
            mounted: Mutex::default(),
            port: Mutex::new(0),
            config,
            prometheus,
            host,
        });
        shared.api.stand_in("monitoring", "prometheus-k8s-0", pod(&shared));
        let stations: [fn(&Shared); 3] = [operator, kubelet, reloader];
        let stations = stations.into_iter().map(|station| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || station(&shared))
        });
        let stations = stations.collect();
        let mut line = Self { shared, stations, server: None, program: program.to_owned(), discovery, folder };
        line.restart(Duration::ZERO);
        line
    }

    /// Stops Prometheus, and starts it again after a while.
    pub(super) fn restart(&mut self, pause: Duration) {
        self.server = None;
        *self.shared.port.lock().unwrap() = 0;
        thread::sleep(pause);
        let server = Prometheus::serve(&self.program, &self.shared.config);
        *self.shared.port.lock().unwrap() = server.port();
        self.server = Some(server);
    }

    /// The API server of users.
    pub(super) fn api(&self) -> &ApiServer {
        &self.shared.api
    }

    /// Stops a station, or lets it work again.
    pub(super) fn works(&self, station: Station, works: bool) {
        self.shared.works[station as usize].store(works, Ordering::SeqCst);
        if station == Station::Operator {
            self.api().put(deployment(works));
        }
    }

    /// Makes each station take its time, so that a watcher sees each step; or not.
    pub(super) fn slow(&self, slow: bool) {
        self.shared.delay.store(if slow { DELAY * 6 } else { DELAY }, Ordering::SeqCst);
    }

    /// Saves a ServiceMonitor for the application.
    pub(super) fn save(&self, name: &str, endpoint: &Value) {
        self.save_in("shop", name, endpoint);
    }

    /// The same in some namespace.
    pub(super) fn save_in(&self, namespace: &str, name: &str, endpoint: &Value) {
        let mut own = json!({"port": "metrics", "interval": "1s", "scrapeTimeout": "1s"});
        own.as_object_mut().unwrap().extend(endpoint.as_object().unwrap().clone());
        self.api().put(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
            "metadata": {"name": name, "namespace": namespace,
                "managedFields": [{"manager": "test", "operation": "Update", "time": jiff::Timestamp::now().to_string()}]},
            "spec": {"selector": {"matchLabels": {"app": "app"}}, "endpoints": [own]}}));
    }

    /// Takes a monitor away.
    pub(super) fn delete(&self, namespace: &str, name: &str) {
        self.api().remove(Kind::ServiceMonitor, namespace, name);
    }

    /// Changes the spec of the Prometheus object.
    pub(super) fn set(&self, field: &str, value: Value) {
        let mut server = self.api().objects(Kind::Prometheus).remove(0);
        server["spec"][field] = value;
        self.api().put(server);
    }

    /// Runs the program.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let kubeconfig = self.api().kubeconfig();
        let environment = [("KUBECONFIG", kubeconfig.to_str().unwrap())];
        prom_doctor_with(self.folder.path(), arguments, &environment, "")
    }

    /// What went wrong beside what is tested.
    pub(super) fn log(&self) -> String {
        let log = self.server.as_ref().map(Prometheus::tail).unwrap_or_default();
        format!("{:?}\n{log}", self.discovery.violations())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.stations.drain(..).for_each(|station| drop(station.join()));
    }
}

/// Calls a station again and again, while it works.
fn work(shared: &Shared, station: Station, mut once: impl FnMut()) {
    while !shared.ended.load(Ordering::SeqCst) {
        if shared.works[station as usize].load(Ordering::SeqCst) {
            once();
        }
        thread::sleep(PACE);
    }
}

/// Writes the jobs of all monitors into the Secret; not one of them, if anything that the server refers to is missing.
fn operator(shared: &Shared) {
    let mut written = String::new();
    work(shared, Station::Operator, || {
        let server = shared.api.objects(Kind::Prometheus).remove(0);
        if let Some(wanted) = server["spec"]["additionalScrapeConfigs"]["name"].as_str() {
            let there = shared.api.objects(Kind::Secret).iter().any(|secret| secret["metadata"]["name"] == wanted);
            if !there {
                return;
            }
        }
        let monitors = shared.api.objects(Kind::ServiceMonitor);
        let config = serde_yaml::to_string(&generated(server, monitors, shared.prometheus)).unwrap();
        if config != written {
            shared.take_time();
            shared.api.put(secret(&config));
            written = config;
        }
    });
}

fn generated(server: Value, monitors: Vec<Value>, prometheus: Version) -> Value {
    let mut world = World::default();
    for object in monitors.into_iter().chain([server]) {
        decode_value(object, "test", None).objects.into_iter().for_each(|object| world.insert(object));
    }
    let server = world.servers.iter().next().unwrap();
    let writer = Writer::new(server, Version::parse(OPERATOR).unwrap(), prometheus).unwrap();
    let mut monitors: Vec<_> = world.monitors.iter().collect();
    monitors.sort_by_key(|monitor| monitor.id());
    let jobs = monitors.into_iter().flat_map(|monitor| writer.write(monitor.kind, &monitor.metadata, &monitor.raw).unwrap());
    let jobs: Vec<Value> = jobs.map(|job| job.value).collect();
    json!({"global": {"scrape_interval": "1s", "evaluation_interval": "30s",
        "external_labels": {"prometheus": "monitoring/k8s", "prometheus_replica": "$(POD_NAME)"}}, "scrape_configs": jobs})
}

fn secret(config: &str) -> Value {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(config.as_bytes()).unwrap();
    let packed = base64::engine::general_purpose::STANDARD.encode(encoder.finish().unwrap());
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"},
        "data": {"prometheus.yaml.gz": packed}})
}

/// Shows the Secret in the pod.
fn kubelet(shared: &Shared) {
    work(shared, Station::Kubelet, || {
        let secrets = shared.api.objects(Kind::Secret);
        let Some(secret) = secrets.iter().find(|secret| secret["metadata"]["name"] == "prometheus-k8s") else { return };
        let packed = secret["data"]["prometheus.yaml.gz"].as_str().unwrap();
        let packed = base64::engine::general_purpose::STANDARD.decode(packed).unwrap();
        if *shared.mounted.lock().unwrap() != packed {
            shared.take_time();
            *shared.mounted.lock().unwrap() = packed;
        }
    });
}

/// Unpacks what the pod sees, puts its variables in, and tells Prometheus until that has taken it.
fn reloader(shared: &Shared) {
    let (mut seen, mut told) = (Vec::new(), true);
    work(shared, Station::Reloader, || {
        let mounted = shared.mounted.lock().unwrap().clone();
        if mounted != seen {
            shared.take_time();
            let mut text = String::new();
            flate2::read::GzDecoder::new(mounted.as_slice()).read_to_string(&mut text).unwrap();
            let text = text.replace("$(SHARD)", "0").replace("$(POD_NAME)", "prometheus-k8s-0");
            let text = in_no_pod(&text, &shared.host);
            let next = shared.config.with_extension("next");
            fs::write(&next, text).unwrap();
            fs::rename(&next, &shared.config).unwrap();
            (seen, told) = (mounted, false);
        }
        let port = *shared.port.lock().unwrap();
        if !told && port != 0 {
            told = reload(port);
        }
    });
}

/// A configuration for a Prometheus that is in no pod, and so is not told where its API server is.
fn in_no_pod(text: &str, host: &str) -> String {
    let mut config: Value = serde_yaml::from_str(text).unwrap();
    let jobs = config["scrape_configs"].as_array_mut().into_iter().flatten();
    for discovery in jobs.filter_map(|job| job["kubernetes_sd_configs"].as_array_mut()).flatten() {
        discovery["api_server"] = host.into();
    }
    serde_yaml::to_string(&config).unwrap()
}

/// Stands in front of Prometheus as its pod: in what it says of its configuration, what no pod has in it is left out.
fn pod(shared: &Arc<Shared>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let shared = Arc::downgrade(shared);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Some(shared) = shared.upgrade() else { return };
            // Who gets no answer sees that the connection was closed.
            let _ = forward(stream, *shared.port.lock().unwrap(), &shared.host);
        }
    });
    port
}

fn forward(stream: TcpStream, port: u16, host: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut header) = (String::new(), String::new());
    reader.read_line(&mut line)?;
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = line.split(' ').nth(1).unwrap_or_default();
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    write!(server, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    let own = format!("api_server: {host}\\n");
    let mut parts = answer.split(&own);
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out.push_str(part.trim_start_matches(' ')));
    // It ends with the connection, however long it said it would be.
    let out: Vec<&str> =
        out.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("content-length:")).collect();
    reader.get_mut().write_all(out.concat().as_bytes())
}

fn reload(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let sent = write!(stream, "POST /-/reload HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    sent.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.split(' ').nth(1) == Some("200")
}

/// An application on one port of two addresses, for as long as the tests run.
fn application() -> u16 {
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = first.local_addr().unwrap().port();
    let second = TcpListener::bind(("127.0.0.2", port)).unwrap();
    for listener in [first, second] {
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let found = head.starts_with("GET /metrics ");
                let (status, body) = if found { ("200 OK", "app_requests_total 7\n") } else { ("404 Not Found", "nothing\n") };
                let length = body.len();
                let _ = write!(
                    reader.get_mut(),
                    "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
    }
    port
}

/// What is discovered: the application, in a namespace that may be read and in one that may not.
fn objects(port: u16) -> Vec<Value> {
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

fn deployment(works: bool) -> Value {
    let available =
        if works { json!({"replicas": 1, "availableReplicas": 1}) } else { json!({"replicas": 1, "unavailableReplicas": 1}) };
    let reloader = format!("--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v{OPERATOR}");
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "prometheus-operator", "namespace": "monitoring"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "operator"}},
            "template": {"metadata": {"labels": {"app": "operator"}}, "spec": {"serviceAccountName": "prometheus-operator", "containers": [
                {"name": "prometheus-operator", "image": format!("quay.io/prometheus-operator/prometheus-operator:v{OPERATOR}"), "args": [reloader]}]}}},
        "status": available})
}

/// The operator, the Prometheus with its pod, and their rights. The one for discovery is missing in `dark`.
fn monitoring(version: Version) -> Vec<Value> {
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
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring"},
            "spec": {"replicas": 1, "version": format!("v{version}"), "serviceAccountName": "prometheus-k8s",
                "scrapeInterval": "1s",
                "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
                "podMonitorSelector": {}, "podMonitorNamespaceSelector": {}}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus-k8s-0", "namespace": "monitoring",
                "labels": {"operator.prometheus.io/name": "k8s"}},
            "spec": {"containers": [{"name": "prometheus", "ports": [{"name": "web", "containerPort": 9090}]},
                {"name": "config-reloader", "args": ["--config-file=/etc/prometheus/config/prometheus.yaml.gz",
                    "--config-envsubst-file=/etc/prometheus/config_out/prometheus.env.yaml"]}]},
            "status": {"phase": "Running", "podIP": "127.0.0.1"}}),
    ]);
    out
}
