//! A plain HTTP server on loopback that is the API server of many clusters, each under a path of its own, and the proxy
//! through which Prometheus would scrape: nothing that a Prometheus of these tests does leaves the machine.
//!
//! A watch gets its headers and is then left alone: nothing ever changes.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::selectors::Selector;

/// Paths of what is listed, and the kinds there.
const RESOURCES: &[(&str, &str, &str)] = &[
    ("api/v1", "pods", "Pod"),
    ("api/v1", "services", "Service"),
    ("api/v1", "endpoints", "Endpoints"),
    ("api/v1", "nodes", "Node"),
    ("api/v1", "namespaces", "Namespace"),
    ("apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    ("apis/networking.k8s.io/v1", "ingresses", "Ingress"),
    ("apis/apps/v1", "replicasets", "ReplicaSet"),
    ("apis/batch/v1", "jobs", "Job"),
];

/// Kinds that are answered late. Prometheus does not wait for the workloads behind pods before it looks at these, and does
/// not look again: it is to have those first.
const LATE: &[&str] = &["Endpoints", "EndpointSlice"];

/// A cluster as it is served.
pub(super) struct Served {
    pub(super) objects: Vec<Value>,
    /// The selectors that may be asked with, by their text.
    pub(super) selectors: BTreeMap<String, Selector>,
}

struct State {
    clusters: BTreeMap<u64, Served>,
    /// How late.
    late: Duration,
    /// Connections that watch.
    watches: Mutex<Vec<TcpStream>>,
    violations: Mutex<Vec<String>>,
    /// Namespaces in which nothing may be read.
    closed: Vec<String>,
    ended: AtomicBool,
}

/// A running server. It ends with the value.
pub(super) struct Server {
    state: Arc<State>,
    port: u16,
}

impl Server {
    /// Serves clusters, by their numbers, on a listener that was bound before.
    pub(super) fn start(listener: TcpListener, clusters: BTreeMap<u64, Served>, late: Duration) -> Self {
        Self::start_closed(listener, clusters, late, &[])
    }

    /// The same with namespaces in which nothing may be read.
    pub(super) fn start_closed(listener: TcpListener, clusters: BTreeMap<u64, Served>, late: Duration, closed: &[&str]) -> Self {
        let state = Arc::new(State {
            clusters,
            late,
            watches: Mutex::default(),
            violations: Mutex::default(),
            closed: closed.iter().map(|namespace| (*namespace).to_owned()).collect(),
            ended: AtomicBool::new(false),
        });
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    break;
                }
                match stream {
                    Ok(stream) => {
                        let state = Arc::clone(&shared);
                        // Errors are those of a Prometheus that was stopped.
                        let answer = move || drop(state.converse(stream));
                        thread::Builder::new().stack_size(256 << 10).spawn(answer).unwrap();
                    }
                    Err(error) => shared.violation(format!("a connection was not accepted: {error}")),
                }
            }
        });
        Self { state, port }
    }

    /// What came that no Prometheus should send.
    pub(super) fn violations(&self) -> Vec<String> {
        self.state.violations.lock().unwrap().clone()
    }

    /// How many watches are open.
    pub(super) fn watches(&self) -> usize {
        self.state.watches.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl State {
    fn violation(&self, what: String) {
        self.violations.lock().unwrap().push(what);
    }

    /// One request; each has a connection of its own.
    fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(&stream);
        let (mut line, mut header) = (String::new(), String::new());
        reader.read_line(&mut line)?;
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = line.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
        if method == "CONNECT" || !target.starts_with('/') {
            return respond(&stream, "502 Bad Gateway", "no scrape leaves this test");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<String, String> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (decode(key), decode(value))).collect();
        if self.closed.iter().any(|namespace| path.contains(&format!("/namespaces/{namespace}/"))) {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
                "message": "the service account cannot list resources in this namespace"});
            return respond(&stream, "403 Forbidden", &status.to_string());
        }
        let found = self.find(method, path, &query);
        if let Some(Found::List(kind, ..)) = &found
            && LATE.contains(kind)
        {
            thread::sleep(self.late);
        }
        match found {
            Some(Found::Version) => {
                respond(&stream, "200 OK", &json!({"major": "1", "minor": "34", "gitVersion": "v1.34.0"}).to_string())
            }
            Some(Found::List(kind, api, items)) if query.contains_key("watch") => {
                watch(&stream, kind, &api, &items, query.contains_key("sendInitialEvents"))?;
                self.watches.lock().unwrap().push(stream);
                Ok(())
            }
            Some(Found::List(kind, api, items)) => {
                let mut list = json!({"kind": format!("{kind}List"), "apiVersion": api, "metadata": {"resourceVersion": "1"}});
                list["items"] = items.into_iter().cloned().collect();
                respond(&stream, "200 OK", &list.to_string())
            }
            None => {
                self.violation(line.trim_end().to_owned());
                respond(&stream, "404 Not Found", "{}")
            }
        }
    }

    /// What a request asks for; `None` where it asks for what is not served.
    fn find(&self, method: &str, path: &str, query: &BTreeMap<String, String>) -> Option<Found<'_>> {
        let (number, path) = path.strip_prefix("/c/")?.split_once('/')?;
        let cluster = self.clusters.get(&number.parse().ok()?)?;
        if method != "GET" {
            return None;
        }
        if path == "version" {
            return Some(Found::Version);
        }
        let listed = |(api, plural, kind): &(&str, &str, &'static str)| {
            let rest = path.strip_prefix(api)?.strip_prefix('/')?;
            if rest == *plural {
                return Some((*kind, api.trim_start_matches("apis/").trim_start_matches("api/").to_owned(), None));
            }
            let (namespace, rest) = rest.strip_prefix("namespaces/")?.split_once('/')?;
            let namespace = (rest == *plural).then(|| namespace.to_owned())?;
            Some((*kind, api.trim_start_matches("apis/").trim_start_matches("api/").to_owned(), Some(namespace)))
        };
        let (kind, api, namespace) = RESOURCES.iter().find_map(listed)?;
        let mut selectors = Vec::new();
        for key in ["labelSelector", "fieldSelector"] {
            if let Some(text) = query.get(key).filter(|text| !text.is_empty()) {
                selectors.push(cluster.selectors.get(text)?);
            }
        }
        let wanted = |object: &&Value| {
            object["kind"] == kind
                && namespace.as_ref().is_none_or(|namespace| object["metadata"]["namespace"] == **namespace)
                && selectors.iter().all(|selector| selector.shows(object))
        };
        Some(Found::List(kind, api, cluster.objects.iter().filter(wanted).collect()))
    }
}

enum Found<'s> {
    Version,
    List(&'static str, String, Vec<&'s Value>),
}

fn respond(mut stream: &TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // Until the other side has read it all: closing at once could take the answer away.
    stream.take(1 << 10).read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The head of a watch and, where the list is to come through it, the list.
fn watch(mut stream: &TcpStream, kind: &str, api: &str, items: &[&Value], initial: bool) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    if !initial {
        return Ok(());
    }
    let bookmark = json!({"kind": kind, "apiVersion": api, "metadata": {
        "resourceVersion": "1", "annotations": {"k8s.io/initial-events-end": "true"}}});
    let mut events: Vec<Value> = items.iter().map(|item| json!({"type": "ADDED", "object": item})).collect();
    events.push(json!({"type": "BOOKMARK", "object": bookmark}));
    for event in events {
        let event = format!("{event}\n");
        write!(stream, "{:x}\r\n{event}\r\n", event.len())?;
    }
    Ok(())
}

/// A word of a query.
fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.extend(byte);
        out.extend_from_slice(&part.as_bytes()[2.min(part.len())..]);
    }
    String::from_utf8_lossy(&out).into_owned()
}
