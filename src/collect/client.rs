//! A connection to one cluster, and the one way to ask it something.

use std::fmt;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, LOCATION, RETRY_AFTER, USER_AGENT};
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};

use prom_doctor_checks::operator::pods::Door;

use super::access::{Access, ConnectError, Resolved, resolve, unloaded};
use super::forward::{Forward, Forwards};
use super::long;
use super::problem::{CollectError, Problem, of_auth, of_error, of_status, tame};
use super::retry::Patience;

/// A cluster that can be read.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
    /// When everything must be read; counted from the first request.
    until: Arc<OnceLock<Instant>>,
}

struct Shared {
    client: Client,
    address: String,
    context: Option<String>,
    page: usize,
    concurrency: usize,
    /// How long a request may take: as a whole if the user said so, else without a byte.
    patience: Duration,
    whole: Option<Duration>,
    connect: Duration,
    deadline: Duration,
    /// Whether anything ever answered.
    reached: AtomicBool,
    /// Whether it ever answered as a Kubernetes API server does.
    kubernetes: AtomicBool,
    /// Ways into pods, where the user wants such.
    forwards: Option<Forwards>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Finds the cluster and makes a client for it. Nothing is sent yet, but a credential plugin may run.
    ///
    /// # Errors
    /// Where the settings do not lead to a cluster, or there are no credentials.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        let resolved = resolve(access, &|name| std::env::var(name).ok())?;
        let address = address(&resolved.config.cluster_url);
        let context = resolved.context.clone();
        let (patience, connect) =
            (resolved.config.read_timeout.unwrap_or(Access::SILENCE), resolved.config.connect_timeout.unwrap_or(Access::CONNECT));
        let at = address.clone();
        // A credential plugin may ask its user something, so it gets a thread on which waiting is allowed.
        let client = tokio::task::spawn_blocking(move || client(resolved, &at)).await;
        let setup = |reason: String| ConnectError::Setup { address: address.clone(), reason };
        let client = client.map_err(|error| setup(error.to_string()))??;
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                address,
                context,
                page: access.chunk_size,
                concurrency: access.max_concurrency.max(1),
                patience,
                whole: access.request_timeout.filter(|timeout| !timeout.is_zero()),
                connect,
                deadline: access.deadline,
                reached: AtomicBool::new(false),
                kubernetes: AtomicBool::new(false),
                forwards: access.port_forward.clone().map(Forwards::new),
            }),
            until: Arc::default(),
        })
    }

    /// A client for something that is no cluster: a Prometheus that is asked without one in between.
    pub(super) fn of_config(config: Config, whole: Option<Duration>) -> Result<Self, kube::Error> {
        let address = address(&config.cluster_url);
        let connect = config.connect_timeout.unwrap_or(Access::CONNECT);
        let silence = config.read_timeout.unwrap_or(Access::SILENCE);
        Ok(Self::made(Client::try_from(config)?, address, whole, (silence, connect)))
    }

    /// The same of a client that was made elsewhere.
    pub(super) fn of_client(client: Client, address: String, whole: Option<Duration>) -> Self {
        Self::made(client, address, whole, (Access::SILENCE, Access::CONNECT))
    }

    fn made(client: Client, address: String, whole: Option<Duration>, (patience, connect): (Duration, Duration)) -> Self {
        let defaults = Access::default();
        Self {
            shared: Arc::new(Shared {
                client,
                address,
                context: None,
                page: defaults.chunk_size,
                concurrency: defaults.max_concurrency,
                patience,
                whole,
                connect,
                deadline: defaults.deadline,
                reached: AtomicBool::new(false),
                kubernetes: AtomicBool::new(false),
                forwards: None,
            }),
            until: Arc::default(),
        }
    }

    /// The same connection, with all its time ahead of it.
    pub fn afresh(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), until: Arc::default() }
    }

    /// The namespace of the context, or the one that was asked for.
    pub fn default_namespace(&self) -> &str {
        self.shared.client.default_namespace()
    }

    /// The context of the kubeconfig; `None` in a pod.
    pub fn context_name(&self) -> Option<&str> {
        self.shared.context.as_deref()
    }

    /// The API server, without credentials: `https://10.0.0.1:6443`.
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    pub(super) fn page(&self) -> usize {
        self.shared.page
    }

    pub(super) fn concurrency(&self) -> usize {
        self.shared.concurrency
    }

    /// Reads a path of the API, for instance `/version`, with a few tries where that helps.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn get(&self, path: &str) -> Result<Bytes, Problem> {
        let mut patience = Patience::new();
        loop {
            match self.once(path).await {
                Ok(body) => return Ok(body),
                Err(problem) => match patience.pause(&problem, false) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(problem),
                },
            }
        }
    }

    /// Reads a path of the API, once.
    pub(super) async fn once(&self, path: &str) -> Result<Bytes, Problem> {
        self.exchange(path, async |body, _| {
            let body = body.collect_bytes().await.map_err(|error| self.problem(&error))?;
            if !body.trim_ascii_start().starts_with(b"{") {
                return Err(Problem::Page(tame(&String::from_utf8_lossy(&body[..body.len().min(40)]))));
            }
            self.shared.kubernetes.store(true, Ordering::Relaxed);
            Ok((body.len(), body))
        })
        .await
    }

    /// Reads what a program in a pod says in plain text, once.
    pub(super) async fn text(&self, path: &str) -> Result<Bytes, Problem> {
        self.exchange(path, async |body, _| {
            let body = body.collect_bytes().await.map_err(|error| self.problem(&error))?;
            if body.trim_ascii_start().starts_with(b"<") {
                return Err(Problem::Page(tame(&String::from_utf8_lossy(&body[..body.len().min(40)]))));
            }
            Ok((body.len(), body))
        })
        .await
    }

    /// Reads a path, once, while the answer comes.
    pub(super) async fn through<T: Send + 'static>(
        &self,
        path: &str,
        read: impl FnOnce(&mut dyn Read) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.exchange(path, async |body, silence| Ok((0, long::read(body, silence, read).await?))).await
    }

    /// The way into a pod of a server, where the user wants such ways. `own` says that it is the server that is asked, not
    /// something beside it.
    pub(super) fn forward(&self, server: &(String, String), door: &Door, own: bool) -> Option<Result<Forward, String>> {
        Some(self.shared.forwards.as_ref()?.to(&self.shared.client, server, door, own))
    }

    /// Whether the credentials of the user go to a server.
    pub(super) fn trusts(&self, server: &(String, String)) -> bool {
        self.shared.forwards.as_ref().is_some_and(|forwards| forwards.trusts(server))
    }

    /// Asks, and reads what is answered, in the time that there is. Logs what is asked and how it went; never what was
    /// answered, which may be a Secret.
    async fn exchange<T>(
        &self,
        path: &str,
        read: impl AsyncFnOnce(Body, Duration) -> Result<(usize, T), Problem>,
    ) -> Result<T, Problem> {
        let shared = &self.shared;
        let left = self.until.get_or_init(|| Instant::now() + shared.deadline).saturating_duration_since(Instant::now());
        let limit = shared.whole.map_or(left, |whole| whole.min(left));
        let (path, started) = (path.to_owned(), Instant::now());
        let work = async {
            let request = request(&path).map_err(|error| Problem::Unreadable(error.to_string()))?;
            read(self.answer(request).await?, shared.patience).await
        };
        let result = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| match shared.whole {
            Some(whole) if whole < left => Err(Problem::Timeout(whole)),
            _ => Err(Problem::OutOfTime(shared.deadline)),
        });
        let millis = started.elapsed().as_millis();
        match &result {
            Ok((0, _)) => tracing::info!("GET {path}: read after {millis} ms"),
            Ok((length, _)) => tracing::info!("GET {path}: {length} bytes after {millis} ms"),
            Err(problem) => tracing::info!("GET {path}: {problem}, after {millis} ms"),
        }
        result.map(|(_, read)| read)
    }

    fn problem(&self, error: &kube::Error) -> Problem {
        of_error(error, self.shared.patience, self.shared.connect)
    }

    /// The body of an answer that is a success.
    async fn answer(&self, request: http::Request<Body>) -> Result<Body, Problem> {
        let shared = &self.shared;
        // Not `Client::request`: it writes bodies that it cannot read into the log.
        let answer = shared.client.send(request).await.map_err(|error| self.problem(&error))?;
        shared.reached.store(true, Ordering::Relaxed);
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let (retry_after, to) = (header(&answer, RETRY_AFTER), header(&answer, LOCATION));
        let retry_after = retry_after.and_then(|value| value.parse().ok());
        let body = answer.into_body().collect_bytes().await.map_err(|error| self.problem(&error))?;
        if status.is_redirection() && to.is_some() {
            return Err(Problem::Redirected { status: status.as_u16(), to: to.as_deref().map(place).unwrap_or_default() });
        }
        let (problem, typical) = of_status(status.as_u16(), retry_after.map(Duration::from_secs), &body);
        if typical {
            shared.kubernetes.store(true, Ordering::Relaxed);
        }
        Err(problem)
    }

    /// Whether the server has answered at least once.
    pub(super) fn reached(&self) -> bool {
        self.shared.reached.load(Ordering::Relaxed)
    }

    /// Whether a problem stands in the way of everything rather than of one kind. `core` says that it came up while asking for something that
    /// every API server serves.
    pub(super) fn fatal(&self, problem: &Problem, core: bool) -> Option<CollectError> {
        let address = self.shared.address.clone();
        let kubernetes = self.shared.kubernetes.load(Ordering::Relaxed);
        match problem {
            Problem::Unauthorized(message) => Some(CollectError::Unauthorized { address, message: message.clone() }),
            Problem::Credentials(message) => Some(CollectError::Credentials { address, message: message.clone() }),
            Problem::Connect(_) | Problem::Timeout(_) | Problem::Broken(_) | Problem::OutOfTime(_) if !self.reached() => {
                Some(CollectError::Unreachable { address, reason: problem.clone() })
            }
            // A load balancer without a server behind it.
            Problem::Failing { .. } if !kubernetes => Some(CollectError::Unreachable { address, reason: problem.clone() }),
            Problem::Page(_) | Problem::Redirected { .. } | Problem::Refused { .. } if !kubernetes => {
                Some(CollectError::NotKubernetes { address, reason: problem.clone() })
            }
            Problem::NotFound(_) if core && !kubernetes => Some(CollectError::NotKubernetes { address, reason: problem.clone() }),
            _ => None,
        }
    }
}

/// The only place where a request is built, and GET is all it can say.
fn request(path: &str) -> Result<http::Request<Body>, http::Error> {
    http::Request::get(path)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("prom-doctor/", env!("CARGO_PKG_VERSION")))
        .body(Body::empty())
}

fn client(resolved: Resolved, address: &str) -> Result<Client, ConnectError> {
    let Resolved { config, plugin, .. } = resolved;
    let fail = |error: kube::Error| refused(&error, address, plugin.as_ref());
    let auth = config.auth_layer().map_err(fail)?;
    match auth {
        // The plugin gave a token. The library would run it twice more to ask whether it has a certificate as well,
        // and some take a second, or a click in a browser.
        Some(auth) if config.auth_info.exec.is_some() => {
            let mut rest: Config = config;
            rest.auth_info.exec = None;
            let shared = tower::buffer::BufferLayer::new(64); // the layer of credentials wants to clone what is below it
            Ok(ClientBuilder::try_from(rest).map_err(fail)?.with_layer(&shared).with_layer(&auth).build())
        }
        _ => Ok(ClientBuilder::try_from(config).map_err(fail)?.build()),
    }
}

fn refused(error: &kube::Error, address: &str, plugin: Option<&(String, Option<String>)>) -> ConnectError {
    let address = address.to_owned();
    match error {
        kube::Error::Auth(auth) => {
            let mut reason = of_auth(auth, plugin.map(|(command, _)| command.as_str()));
            if let (kube::client::AuthError::AuthExecStart(_), Some((_, Some(hint)))) = (auth, plugin) {
                reason = format!("{reason} ({})", tame(hint));
            }
            ConnectError::Credentials { address, reason }
        }
        kube::Error::InferKubeconfig(error) => {
            ConnectError::Certificate { what: "client certificate".to_owned(), reason: unloaded(error) }
        }
        kube::Error::RustlsTls(error) => {
            ConnectError::Certificate { what: "client certificate or authority".to_owned(), reason: tame(&error.to_string()) }
        }
        other => ConnectError::Setup { address, reason: tame(&other.to_string()) },
    }
}

fn header<B>(answer: &http::Response<B>, name: HeaderName) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(|value| value.trim().to_owned())
}

/// Where a redirect leads, without user, password and query, which may hold what is worth a login.
fn place(location: &str) -> String {
    let plain = location.split(['?', '#']).next().unwrap_or_default();
    match plain.parse::<http::Uri>() {
        Ok(uri) if uri.host().is_some() => tame(&address(&uri)),
        Ok(uri) => tame(uri.path()),
        Err(_) => "elsewhere".to_owned(),
    }
}

/// A server's address without user and password.
fn address(uri: &http::Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}{}", uri.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_get_can_be_said() {
        for path in ["/version", "/api/v1/pods?limit=500"] {
            let request = request(path).unwrap();
            assert_eq!(request.method(), http::Method::GET);
            assert!(request.into_body().collect_bytes().await.unwrap().is_empty());
        }
        // And nowhere else is a request built, or sent.
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/collect")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let builds = code.matches("http::Request::").count();
            assert_eq!(builds, usize::from(path.ends_with("client.rs")), "{} builds requests", path.display());
            assert!(!code.contains("Method::"), "{}", path.display());
            // Through what a port-forward opens, GETs are sent as everywhere.
            let api = code.matches("kube::Api::").count();
            let forward = usize::from(path.ends_with("forward.rs"));
            assert_eq!((api, code.matches("pods.portforward(").count()), (forward, forward), "{}", path.display());
        }
    }

    #[test]
    fn addresses_hold_no_password() {
        let address = |text: &str| super::address(&text.parse().unwrap());
        assert_eq!(address("https://me:s3cr3t@host:6443/k8s/clusters/c-1/"), "https://host:6443/k8s/clusters/c-1");
        assert_eq!(address("https://[::1]:6443"), "https://[::1]:6443");
        let place = |text: &str| super::place(text);
        assert_eq!(place("https://me:s3cr3t@idp/login?state=s3cr3t#x"), "https://idp/login");
        assert_eq!(place("/oauth/start?rd=s3cr3t"), "/oauth/start");
    }
}
