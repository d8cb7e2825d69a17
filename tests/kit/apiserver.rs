//! A strict API server on loopback: it serves given objects over TLS as Kubernetes does, writes down every request, and
//! fails on command. What a reader of clusters has no business sending is a violation.
//!
//! It speaks HTTP/1.1 by hand, on threads: that way it can break in the middle of an answer, and tests that start the
//! program need no async.

mod forward;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use prom_doctor_checks::world::Kind;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// The token of the kubeconfig.
pub const TOKEN: &str = "s3cr3t-token-of-the-test";
/// Answers above this size are compressed, as by the real one.
const GZIP_FROM: usize = 128 * 1024;

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 403, as RBAC words it.
    Forbidden,
    /// 404, as for a kind whose CRD is not installed.
    NotServed,
    /// 410 for the continue token of this page (the second page is 1), once.
    Gone(usize),
    /// 429 for so many requests (`None`: for ever), with `Retry-After` in seconds.
    Busy(Option<usize>, Option<u64>),
    /// 500 for so many requests (`None`: for ever).
    Broken(Option<usize>),
    /// An answer that comes late.
    Slow(Duration),
    /// Late answers to all lists of more than so many objects.
    SlowAbove(usize, Duration),
    /// No answer, though the connection stays.
    Silent,
    /// An answer that is shorter than it says, for so many requests (`None`: for ever).
    CutOff(Option<usize>),
    /// The connection is closed instead of an answer, for so many requests.
    HangUp(usize),
    /// A page for people, as a proxy for logins sends it.
    Html,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `GET`.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// Headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
}

impl Recorded {
    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

#[derive(Default)]
struct State {
    /// By kind, ordered as etcd orders them: namespace, then name.
    objects: BTreeMap<Kind, BTreeMap<(String, String), Value>>,
    faults: Vec<(String, Fault)>,
    /// What may be read: namespace or `*`, and resource; `None` is everything.
    rights: Option<Vec<(String, String)>>,
    requests: Vec<Recorded>,
    violations: Vec<String>,
    /// Events; they are of no kind that is read otherwise.
    events: Vec<Value>,
    /// Ports on this machine that stand for pods, by namespace and name.
    pods: BTreeMap<(String, String), u16>,
    /// Requests that wait for their answer, now and at most.
    waiting: usize,
    most_waiting: usize,
}

/// A running server. It ends with the value.
pub struct ApiServer {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    port: u16,
    folder: tempfile::TempDir,
}

impl ApiServer {
    /// Serves these objects; each says its `apiVersion` and `kind`.
    pub fn start(objects: Vec<Value>) -> Self {
        let mut state = State::default();
        for object in objects {
            put(&mut state, object);
        }
        let (state, stop) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (authority, tls) = certificates();
        let (shared, ended) = (Arc::clone(&state), Arc::clone(&stop));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), tls, shared) = (stream, Arc::clone(&tls), Arc::clone(&shared)) else { continue };
                thread::spawn(move || {
                    let connection = ServerConnection::new(tls).expect("a TLS connection");
                    let Ok(socket) = stream.try_clone() else { return };
                    // Clients hang up when they like.
                    let _ = converse(StreamOwned::new(connection, stream), &socket, &shared);
                });
            }
        });
        let folder = tempfile::tempdir().expect("a folder");
        let server = Self { state, stop, port, folder };
        server.write_kubeconfig("config", &authority, TOKEN);
        server
    }

    fn write_kubeconfig(&self, name: &str, authority: &str, token: &str) {
        use base64::Engine as _;
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": self.address(),
                "certificate-authority-data": base64::engine::general_purpose::STANDARD.encode(authority),
            }}],
            "users": [{"name": "tester", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "tester", "namespace": "shop"}}],
        });
        std::fs::write(self.folder.path().join(name), config.to_string()).expect("a kubeconfig");
    }

    /// `https://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// A kubeconfig that leads here: context `test`, namespace `shop`.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Lets requests for a path fail; a trailing `*` takes all that begin so. Later faults come first.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.state.lock().unwrap().faults.insert(0, (path.to_owned(), fault));
    }

    /// Makes or replaces an object.
    pub fn put(&self, object: Value) {
        put(&mut self.state.lock().unwrap(), object);
    }

    /// The objects of a kind.
    pub fn objects(&self, kind: Kind) -> Vec<Value> {
        self.state.lock().unwrap().objects.get(&kind).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// Takes an object away.
    pub fn remove(&self, kind: Kind, namespace: &str, name: &str) {
        let key = (namespace.to_owned(), name.to_owned());
        self.state.lock().unwrap().objects.entry(kind).or_default().remove(&key);
    }

    /// What listens on a port of this machine answers for a pod, or with `pod:8080` for one of its ports: the proxy leads
    /// there.
    pub fn stand_in(&self, namespace: &str, pod: &str, port: u16) {
        self.state.lock().unwrap().pods.insert((namespace.to_owned(), pod.to_owned()), port);
    }

    /// An event, in the form of `v1`.
    pub fn event(&self, event: Value) {
        self.state.lock().unwrap().events.push(event);
    }

    /// Serves only these resources, each in a namespace or, with `*`, in the whole cluster.
    pub fn allow(&self, rights: &[(&str, &str)]) {
        let rights = rights.iter().map(|(namespace, resource)| ((*namespace).to_owned(), (*resource).to_owned()));
        self.state.lock().unwrap().rights = Some(rights.collect());
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    /// How many requests were under way at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.state.lock().unwrap().most_waiting
    }

    /// What nobody should have sent. Empty, or the test fails.
    pub fn violations(&self) -> Vec<String> {
        self.state.lock().unwrap().violations.clone()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees the end and gives the port back.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if !thread::panicking() {
            assert_eq!(self.violations(), Vec::<String>::new(), "requests that only a writer would send");
        }
    }
}

fn put(state: &mut State, object: Value) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = Kind::of_manifest(&text("/apiVersion"), &text("/kind")).expect("a kind that is read");
    let key = (text("/metadata/namespace"), text("/metadata/name"));
    assert!(!key.1.is_empty(), "an object without name: {object}");
    assert_eq!(kind.namespaced(), !key.0.is_empty(), "namespace of {object}");
    state.objects.entry(kind).or_default().insert(key, object);
}

/// An authority, and a server certificate signed by it.
pub fn certificates() -> (String, Arc<ServerConfig>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "test authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()]).expect("names");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a pair");
    (authority.pem(), Arc::new(config))
}

/// An answer, and how it is sent.
struct Answer {
    status: u16,
    reason: &'static str,
    content_type: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

enum Act {
    Send(Answer),
    SendHalf(Answer),
    Hold,
    Close,
    /// A way to a port of a pod, and what stands in for the pod.
    Forward(u16, Option<u16>),
}

/// A buffered reader whose stream is written to.
trait WriteBehind {
    type Stream: Write;
    fn behind(&mut self) -> &mut Self::Stream;
}

impl<S: Write> WriteBehind for BufReader<S> {
    type Stream = S;
    fn behind(&mut self) -> &mut S {
        self.get_mut()
    }
}

fn converse(stream: impl Read + Write, socket: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        let gzip = request.header("accept-encoding").iter().any(|value| value.contains("gzip"));
        let (act, pause) = {
            let mut state = state.lock().unwrap();
            state.requests.push(request.clone());
            state.waiting += 1;
            state.most_waiting = state.most_waiting.max(state.waiting);
            answer(&mut state, &request)
        };
        thread::sleep(pause);
        // Before the answer is on its way: the next request may be here before this thread goes on.
        state.lock().unwrap().waiting -= 1;
        match act {
            Act::Forward(port, target) => return forward::forward(&mut stream, socket, &request, port, target),
            Act::Send(answer) => write_answer(stream.get_mut(), answer, gzip, 1.0)?,
            Act::SendHalf(answer) => {
                write_answer(stream.get_mut(), answer, false, 0.5)?;
                return Ok(());
            }
            Act::Hold => {
                // Until the client has had enough.
                while stream.read(&mut [0; 64])? > 0 {}
                return Ok(());
            }
            Act::Close => return Ok(()),
        }
    }
    Ok(())
}

fn read_request(stream: &mut impl io::BufRead) -> io::Result<Option<Recorded>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    io::copy(&mut stream.take(length.unwrap_or(0)), &mut io::sink())?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    });
    Ok(Some(Recorded { method, path: decode(path), query: query.collect(), headers }))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn write_answer(stream: &mut impl Write, mut answer: Answer, gzip: bool, share: f64) -> io::Result<()> {
    if gzip && answer.body.len() > GZIP_FROM {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&answer.body)?;
        answer.body = encoder.finish()?;
        answer.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
    }
    let mut head = format!("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", answer.status, answer.reason, answer.content_type);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", answer.body.len());
    stream.write_all(head.as_bytes())?;
    let sent = (answer.body.len() as f64 * share) as usize;
    stream.write_all(&answer.body[..sent])?;
    stream.flush()
}

fn answer(state: &mut State, request: &Recorded) -> (Act, Duration) {
    let mut pause = Duration::ZERO;
    let act = match fault(state, request, &mut pause) {
        Some(act) => act,
        None => forward::asked(state, request).unwrap_or_else(|| Act::Send(serve(state, request))),
    };
    (act, pause)
}

fn fault(state: &mut State, request: &Recorded, pause: &mut Duration) -> Option<Act> {
    let path = &request.path;
    let fits = |pattern: &str| pattern.strip_suffix('*').map_or(pattern == path, |start| path.starts_with(start));
    let at = state.faults.iter().position(|(pattern, _)| fits(pattern))?;
    let user = user(request);
    let target = target(path);
    match state.faults[at].1.clone() {
        Fault::Forbidden => Some(Act::Send(forbidden(&user, target.as_ref()?))),
        // Who has no right does not learn that there is nothing to have.
        Fault::NotServed => match target {
            Some(target) if !may(state.rights.as_deref(), &target) => Some(Act::Send(forbidden(&user, &target))),
            _ => Some(Act::Send(not_served())),
        },
        Fault::Gone(page) => {
            let asked = request.query.get("continue").and_then(|token| Token::read(token));
            if asked.is_none_or(|token| token.page != page) {
                return None;
            }
            state.faults.remove(at);
            let message = "The provided continue parameter is too old to display a consistent list result. You can start a new \
                           list without the continue parameter, or use the continue token in this response to retrieve the \
                           remainder of the results.";
            Some(Act::Send(status(410, "Gone", "Expired", message, json!({}))))
        }
        Fault::Busy(left, after) => {
            // The filter that does this comes before anything that could answer with a Status.
            count_down(state, at, left, |left| Fault::Busy(left, after));
            let headers = after.map(|after| ("Retry-After".to_owned(), after.to_string())).into_iter().collect();
            let body = b"Too many requests, please try again later.\n".to_vec();
            Some(Act::Send(Answer { status: 429, reason: "Too Many Requests", content_type: "text/plain", headers, body }))
        }
        Fault::Broken(left) => {
            count_down(state, at, left, Fault::Broken);
            let message = "Internal error occurred: etcdserver: request timed out";
            Some(Act::Send(status(500, "Internal Server Error", "InternalError", message, json!({}))))
        }
        Fault::Slow(time) => {
            *pause = time;
            None
        }
        Fault::SlowAbove(most, time) => {
            let limit = request.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
            if limit > most {
                *pause = time;
            }
            None
        }
        Fault::Silent => Some(Act::Hold),
        Fault::CutOff(left) => {
            count_down(state, at, left, Fault::CutOff);
            Some(Act::SendHalf(serve(state, request)))
        }
        Fault::HangUp(left) => {
            count_down(state, at, Some(left), |left| Fault::HangUp(left.unwrap_or(0)));
            Some(Act::Close)
        }
        Fault::Html => {
            let body = b"<!DOCTYPE html><title>Sign in</title>".to_vec();
            Some(Act::Send(Answer { status: 200, reason: "OK", content_type: "text/html", headers: Vec::new(), body }))
        }
    }
}

/// A fault for so many requests is over after the last of them.
fn count_down(state: &mut State, at: usize, left: Option<usize>, again: impl Fn(Option<usize>) -> Fault) {
    match left {
        Some(0 | 1) => drop(state.faults.remove(at)),
        Some(more) => state.faults[at].1 = again(Some(more - 1)),
        None => {}
    }
}

/// What a path means.
struct Target {
    kind: Kind,
    namespace: Option<String>,
    name: Option<String>,
}

fn target(path: &str) -> Option<Target> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let kind = |plural: &str| Kind::all().find(|kind| kind.api_version() == version && kind.plural() == plural);
    let owned = |text: &str| Some(text.to_owned());
    match rest {
        [plural] => Some(Target { kind: kind(plural)?, namespace: None, name: None }),
        ["namespaces", name] if version == "v1" => Some(Target { kind: Kind::Namespace, namespace: None, name: owned(name) }),
        [plural, name] => Some(Target { kind: kind(plural)?, namespace: None, name: owned(name) }),
        ["namespaces", namespace, plural] => Some(Target { kind: kind(plural)?, namespace: owned(namespace), name: None }),
        ["namespaces", namespace, plural, name] => {
            Some(Target { kind: kind(plural)?, namespace: owned(namespace), name: owned(name) })
        }
        _ => None,
    }
    // A namespace before a kind that has none, or the other way round for single objects, is nothing.
    .filter(|target| target.kind.namespaced() || target.namespace.is_none())
    .filter(|target| !target.kind.namespaced() || target.name.is_none() || target.namespace.is_some())
}

fn may(rights: Option<&[(String, String)]>, target: &Target) -> bool {
    let covers = |(namespace, resource): &(String, String)| {
        *resource == target.kind.resource() && (namespace == "*" || Some(namespace) == target.namespace.as_ref())
    };
    rights.is_none_or(|rights| rights.iter().any(covers))
}

fn state_rights_deny(rights: Option<&[(String, String)]>, covers: impl Fn(&(String, String)) -> bool) -> bool {
    rights.is_some_and(|rights| !rights.iter().any(covers))
}

/// What a continue token holds; the real one is opaque as well.
struct Token {
    path: String,
    offset: usize,
    page: usize,
}

impl Token {
    fn write(&self) -> String {
        use base64::Engine as _;
        let text = format!("{} {} {}", self.path, self.offset, self.page);
        // With padding, which needs escaping in a query.
        base64::engine::general_purpose::URL_SAFE.encode(text + "ab")
    }

    fn read(token: &str) -> Option<Self> {
        use base64::Engine as _;
        let text = String::from_utf8(base64::engine::general_purpose::URL_SAFE.decode(token).ok()?).ok()?;
        let mut parts = text.strip_suffix("ab")?.split(' ');
        Some(Self { path: parts.next()?.to_owned(), offset: parts.next()?.parse().ok()?, page: parts.next()?.parse().ok()? })
    }
}

/// Leads a GET for `/api/v1/namespaces/NS/pods/POD:PORT/proxy/…` to what stands in for the pod; `None` for other paths.
fn proxy(state: &State, request: &Recorded) -> Option<Answer> {
    let rest = request.path.strip_prefix("/api/v1/namespaces/")?;
    let (namespace, rest) = rest.split_once("/pods/")?;
    let (door, rest) = rest.split_once("/proxy/")?;
    let door = door.trim_start_matches("https:");
    let pod = door.split(':').next()?;
    let covers = |(place, resource): &(String, String)| resource == "pods/proxy" && (place == "*" || place == namespace);
    if state.rights.as_ref().is_some_and(|rights| !rights.iter().any(covers)) {
        let message = format!(
            "pods {pod:?} is forbidden: User {:?} cannot get resource \"pods/proxy\" in API group \"\" in the namespace {namespace:?}",
            user(request)
        );
        return Some(status(403, "Forbidden", "Forbidden", &message, json!({"name": pod, "kind": "pods"})));
    }
    let unavailable = |why: &str| {
        let message = format!("error trying to reach service: {why}");
        status(503, "Service Unavailable", "ServiceUnavailable", &message, json!({}))
    };
    let of = |name: &str| state.pods.get(&(namespace.to_owned(), name.to_owned()));
    let Some(port) = of(door).or_else(|| of(pod)) else {
        return Some(unavailable("dial tcp 10.244.0.9:9090: connect: no route to host"));
    };
    Some(fetch(*port, rest, &request.query).unwrap_or_else(|_| unavailable("dial tcp 127.0.0.1: connect: connection refused")))
}

fn fetch(port: u16, path: &str, query: &BTreeMap<String, String>) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let query: Vec<String> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    write!(stream, "GET /{path}{query} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let code = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let is_json = head.to_ascii_lowercase().contains("content-type: application/json");
    let content_type = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
    let location = head.lines().find_map(|line| line.strip_prefix("Location: "));
    let headers = location.map(|to| ("Location".to_owned(), to.to_owned())).into_iter().collect();
    Ok(Answer { status: code, reason: "Proxied", content_type, headers, body: bytes[end + 4..].to_vec() })
}

fn serve(state: &mut State, request: &Recorded) -> Answer {
    if request.method == "GET"
        && request.header("authorization") == [format!("Bearer {TOKEN}")]
        && let Some(answer) = proxy(state, request)
    {
        return answer;
    }
    let State { objects, rights, violations, events, .. } = state;
    let mut refuse = |what: String| {
        violations.push(format!("{what}: {} {}", request.method, request.path));
        status(405, "Method Not Allowed", "MethodNotAllowed", &what, json!({}))
    };
    if request.method != "GET" {
        return refuse("not a GET".to_owned());
    }
    if request.header("authorization") != [format!("Bearer {TOKEN}")] {
        return status(401, "Unauthorized", "Unauthorized", "Unauthorized", json!({}));
    }
    if request.path == "/version" {
        return ok(&json!({"major": "1", "minor": "35", "gitVersion": "v1.35.0"}));
    }
    if let Some(place) = request.path.strip_prefix("/api/v1/").and_then(|path| path.strip_suffix("events")) {
        let namespace = place.strip_prefix("namespaces/").map(|place| place.trim_end_matches('/').to_owned());
        // Whoever lists them all makes the server read them all.
        let Some(reason) = request.query.get("fieldSelector").and_then(|selector| selector.strip_prefix("reason=")) else {
            return refuse("a list of all events".to_owned());
        };
        let covers =
            |(place, resource): &(String, String)| resource == "events" && (place == "*" || Some(place) == namespace.as_ref());
        if state_rights_deny(rights.as_deref(), covers) {
            let place =
                namespace.map_or_else(|| "at the cluster scope".to_owned(), |space| format!("in the namespace {space:?}"));
            let message =
                format!("events is forbidden: User \"tester\" cannot list resource \"events\" in API group \"\" {place}");
            return status(403, "Forbidden", "Forbidden", &message, json!({"kind": "events"}));
        }
        let here = |event: &&Value| {
            event["reason"] == reason && namespace.as_ref().is_none_or(|space| event["metadata"]["namespace"] == **space)
        };
        let items: Vec<&Value> = events.iter().filter(here).collect();
        return ok(&json!({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": items}));
    }
    let Some(target) = target(&request.path) else { return not_served() };
    let known: &[&str] = if target.name.is_some() { &[] } else { &["limit", "continue"] };
    if let Some(key) = request.query.keys().find(|key| !known.contains(&key.as_str())) {
        return refuse(format!("the parameter {key:?}"));
    }
    if target.name.is_none() && target.kind.fetched_by_name() {
        return refuse("a list of Secrets or ConfigMaps".to_owned());
    }
    if !may(rights.as_deref(), &target) {
        return forbidden(&user(request), &target);
    }
    let empty = BTreeMap::new();
    let objects = objects.get(&target.kind).unwrap_or(&empty);
    if let Some(name) = &target.name {
        return match objects.get(&(target.namespace.clone().unwrap_or_default(), name.clone())) {
            Some(object) => ok(object),
            None => {
                let message = format!("{} {name:?} not found", target.kind.resource());
                let details = json!({"name": name, "group": target.kind.group(), "kind": target.kind.plural()});
                status(404, "Not Found", "NotFound", &message, details)
            }
        };
    }
    let here = |(namespace, _): &&(String, String)| target.namespace.as_ref().is_none_or(|wanted| wanted == namespace);
    let keys: Vec<&(String, String)> = objects.keys().filter(here).collect();
    let limit = match request.query.get("limit").map(|limit| limit.parse::<usize>()) {
        None => usize::MAX,
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return refuse("a limit that is no positive number".to_owned()),
    };
    let token = match request.query.get("continue").map(|token| Token::read(token)) {
        None => Token { path: request.path.clone(), offset: 0, page: 0 },
        Some(Some(token)) if token.path == request.path => token,
        Some(_) => return refuse("a continue token that was never given for this path".to_owned()),
    };
    let end = token.offset.saturating_add(limit).min(keys.len());
    let items: Vec<Value> = keys[token.offset.min(end)..end].iter().map(|key| item(target.kind, &objects[*key])).collect();
    let mut metadata = json!({"resourceVersion": "4711"});
    if end < keys.len() {
        metadata["continue"] = Token { path: token.path, offset: end, page: token.page + 1 }.write().into();
        metadata["remainingItemCount"] = (keys.len() - end).into();
    }
    let list = format!("{}List", target.kind.name());
    ok(&json!({"kind": list, "apiVersion": target.kind.api_version(), "metadata": metadata, "items": items}))
}

/// Items of a list of a built-in kind do not say what they are; custom resources do.
fn item(kind: Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if !kind.is_monitoring()
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

fn user(request: &Recorded) -> String {
    request.header("impersonate-user").first().map_or_else(|| "tester".to_owned(), |user| (*user).to_owned())
}

fn forbidden(user: &str, target: &Target) -> Answer {
    let resource = target.kind.plural();
    let what = match &target.name {
        Some(name) => format!("{} {name:?}", target.kind.resource()),
        None => target.kind.resource(),
    };
    let verb = if target.name.is_some() { "get" } else { "list" };
    let place = match &target.namespace {
        Some(namespace) => format!("in the namespace {namespace:?}"),
        None => "at the cluster scope".to_owned(),
    };
    let group = target.kind.group();
    let message =
        format!("{what} is forbidden: User {user:?} cannot {verb} resource {resource:?} in API group {group:?} {place}");
    let mut details = json!({"kind": resource});
    if let Some(name) = &target.name {
        details["name"] = name.as_str().into();
    }
    if !group.is_empty() {
        details["group"] = group.into();
    }
    status(403, "Forbidden", "Forbidden", &message, details)
}

fn not_served() -> Answer {
    let body = b"404 page not found\n".to_vec();
    Answer { status: 404, reason: "Not Found", content_type: "text/plain; charset=utf-8", headers: Vec::new(), body }
}

fn ok(value: &Value) -> Answer {
    let body = value.to_string().into_bytes();
    Answer { status: 200, reason: "OK", content_type: "application/json", headers: Vec::new(), body }
}

fn status(code: u16, line: &'static str, reason: &str, message: &str, details: Value) -> Answer {
    let value = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "details": details, "code": code,
    });
    Answer { status: code, reason: line, ..ok(&value) }
}
