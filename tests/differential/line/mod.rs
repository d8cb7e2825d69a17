//! A delivery line: what stands between a saved monitor and a scraped target, with a real Prometheus at its end. An
//! operator, a kubelet and a reloader that do what theirs do, only sooner, and that can be stopped; an API server for
//! users and one for discovery; an application on two addresses of loopback.

mod doors;
mod objects;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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
/// How often the reloader looks when nothing changes, and tries again what failed.
const WATCH: Duration = Duration::from_millis(500);

/// A station that works, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Station {
    Operator,
    Kubelet,
    Reloader,
}

/// What the reloader counts since it was last started.
#[derive(Clone, Copy, Default)]
struct Counts {
    /// Looks after the first, and those that came to nothing.
    applied: f64,
    not_applied: f64,
    /// Requests to reload, and those that were refused.
    reloads: f64,
    failed: f64,
    /// Whether the last one was not.
    successful: f64,
    succeeded_at: f64,
}

/// An object that says when it was written and by whom. The seconds are whole, as an API server writes them.
fn dated(mut object: Value, manager: &str) -> Value {
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap().to_string();
    let metadata = &mut object["metadata"];
    if metadata.get("creationTimestamp").is_none() {
        metadata["creationTimestamp"] = now.as_str().into();
    }
    let others = metadata["managedFields"].as_array().cloned().unwrap_or_default();
    let mut fields: Vec<Value> = others.into_iter().filter(|field| field["manager"] != manager).collect();
    fields.push(json!({"manager": manager, "operation": "Update", "time": now}));
    metadata["managedFields"] = fields.into();
    object
}

/// What the stations share.
struct Shared {
    api: ApiServer,
    /// By station.
    works: [AtomicBool; 3],
    ended: AtomicBool,
    /// How long each station takes, in milliseconds.
    delay: AtomicU64,
    /// Held by who changes the Prometheus object: it is read before.
    changes: Mutex<()>,
    /// What the pod sees of the Secret.
    mounted: Mutex<Vec<u8>>,
    counts: Mutex<Counts>,
    /// How often the reloader was started anew.
    restarts: AtomicU64,
    /// Whether there is no room for the unpacked file.
    full: AtomicBool,
    /// Where Prometheus answers; 0 while it does not run.
    port: Mutex<u16>,
    /// The file that Prometheus reads.
    config: PathBuf,
    prometheus: Version,
    /// Where Prometheus is to discover.
    host: String,
}

impl Shared {
    fn is_at_work(&self, station: Station) -> bool {
        self.works[station as usize].load(Ordering::SeqCst)
    }

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
        let application = doors::application();
        let objects = objects::objects(application);
        let served = Served { objects: objects.clone(), selectors: BTreeMap::new() };
        let discovery = Server::start_closed(listener, [(1, served)].into(), Duration::ZERO, &["dark"]);
        let prometheus = version(program);
        let mut all = objects;
        all.extend(objects::monitoring(prometheus));
        let shared = Arc::new(Shared {
            api: ApiServer::start(all),
            works: [const { AtomicBool::new(true) }; 3],
            ended: AtomicBool::new(false),
            delay: AtomicU64::new(DELAY),
            changes: Mutex::default(),
            mounted: Mutex::default(),
            counts: Mutex::default(),
            restarts: AtomicU64::new(0),
            full: AtomicBool::new(false),
            port: Mutex::new(0),
            config,
            prometheus,
            host,
        });
        shared.api.stand_in("monitoring", "prometheus-k8s-0", doors::prometheus(&shared));
        shared.api.stand_in("monitoring", "prometheus-k8s-0:8080", doors::reloader(&shared));
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

    /// Stops a station, or lets it work again. A reloader that is stopped crashes whenever it is started.
    pub(super) fn works(&self, station: Station, works: bool) {
        let shared = &self.shared;
        if station == Station::Reloader && works {
            *shared.counts.lock().unwrap() = Counts::default();
            shared.restarts.fetch_add(1, Ordering::SeqCst);
        }
        shared.works[station as usize].store(works, Ordering::SeqCst);
        match station {
            Station::Operator => self.api().put(objects::deployment(works)),
            Station::Kubelet => {}
            Station::Reloader => {
                let pod = objects::pod(shared.prometheus, works, shared.restarts.load(Ordering::SeqCst));
                self.api().put(pod);
            }
        }
    }

    /// Leaves the reloader no room for what it unpacks, or some again.
    pub(super) fn fill(&self, full: bool) {
        self.shared.full.store(full, Ordering::SeqCst);
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
        let monitor = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"matchLabels": {"app": "app"}}, "endpoints": [own]}});
        self.api().put(dated(monitor, "test"));
    }

    /// Takes a monitor away.
    pub(super) fn delete(&self, namespace: &str, name: &str) {
        self.api().remove(Kind::ServiceMonitor, namespace, name);
    }

    /// Changes the spec of the Prometheus object.
    pub(super) fn set(&self, field: &str, value: Value) {
        let _alone = self.shared.changes.lock().unwrap();
        let mut server = self.api().objects(Kind::Prometheus).remove(0);
        server["spec"][field] = value;
        let generation = server["metadata"]["generation"].as_u64().unwrap() + 1;
        server["metadata"]["generation"] = generation.into();
        self.api().put(dated(server, "test"));
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
    let (mut written, mut told) = (String::new(), Value::Null);
    work(shared, Station::Operator, || {
        let server = shared.api.objects(Kind::Prometheus).remove(0);
        let generation = server["metadata"]["generation"].clone();
        let mut failure = None;
        if let Some(wanted) = server["spec"]["additionalScrapeConfigs"]["name"].as_str() {
            let there = shared.api.objects(Kind::Secret).iter().any(|secret| secret["metadata"]["name"] == wanted);
            failure =
                (!there).then(|| format!("loading additional scrape configs from Secret failed: secrets {wanted:?} not found"));
        }
        if failure.is_none() {
            let monitors = shared.api.objects(Kind::ServiceMonitor);
            let config = serde_yaml::to_string(&generated(server, monitors, shared.prometheus)).unwrap();
            if config != written {
                shared.take_time();
                shared.api.put(dated(secret(&config), "PrometheusOperator"));
                written = config;
            }
        }
        let now = json!([generation, failure]);
        if now != told {
            let _alone = shared.changes.lock().unwrap();
            let mut server = shared.api.objects(Kind::Prometheus).remove(0);
            server["status"] = objects::status(&generation, failure.as_deref());
            shared.api.put(server);
            told = now;
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
    let (mut seen, mut told, mut starts) = (Vec::new(), true, u64::MAX);
    let mut next = Instant::now();
    work(shared, Station::Reloader, || {
        let mounted = shared.mounted.lock().unwrap().clone();
        let restarts = shared.restarts.load(Ordering::SeqCst);
        // Who was started anew has seen nothing yet.
        let first = restarts != starts;
        if mounted.is_empty() || mounted == seen && !first && Instant::now() < next {
            return;
        }
        if mounted != seen {
            shared.take_time();
        }
        let count = |add: &dyn Fn(&mut Counts)| add(&mut shared.counts.lock().unwrap());
        if !first {
            count(&|counts| counts.applied += 1.0);
        }
        (starts, next) = (restarts, Instant::now() + WATCH);
        if shared.full.load(Ordering::SeqCst) {
            return count(&|counts| counts.not_applied += 1.0);
        }
        if mounted != seen {
            unpack(shared, &mounted);
        }
        told &= !first && mounted == seen;
        seen = mounted;
        let port = *shared.port.lock().unwrap();
        if told || port == 0 {
            return;
        }
        told = reload(port);
        count(&|counts| {
            counts.reloads += 1.0;
            counts.successful = f64::from(u8::from(told));
            if told {
                counts.succeeded_at = jiff::Timestamp::now().as_millisecond() as f64 / 1e3;
            } else {
                counts.failed += 1.0;
            }
        });
    });
}

fn unpack(shared: &Shared, mounted: &[u8]) {
    let mut text = String::new();
    flate2::read::GzDecoder::new(mounted).read_to_string(&mut text).unwrap();
    let text = text.replace("$(SHARD)", "0").replace("$(POD_NAME)", "prometheus-k8s-0");
    let text = in_no_pod(&text, &shared.host);
    let next = shared.config.with_extension("next");
    fs::write(&next, text).unwrap();
    fs::rename(&next, &shared.config).unwrap();
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

fn reload(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let sent = write!(stream, "POST /-/reload HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    sent.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.split(' ').nth(1) == Some("200")
}
