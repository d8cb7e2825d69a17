//! A connection to one cluster, and the one way to ask it something.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, RETRY_AFTER, USER_AGENT};
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};

use super::access::{Access, ConnectError, Resolved, resolve, unloaded};
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
            }),
            until: Arc::default(),
        })
    }

    /// A client for something that is no cluster: a Prometheus that is asked without one in between.
    pub(super) fn of_config(config: Config) -> Result<Self, kube::Error> {
        let defaults = Access::default();
        let address = address(&config.cluster_url);
        let patience = config.read_timeout.unwrap_or(Access::SILENCE);
        let connect = config.connect_timeout.unwrap_or(Access::CONNECT);
        Ok(Self {
            shared: Arc::new(Shared {
                client: Client::try_from(config)?,
                address,
                context: None,
                page: defaults.chunk_size,
                concurrency: defaults.max_concurrency,
                patience,
                whole: None,
                connect,
                deadline: defaults.deadline,
                reached: AtomicBool::new(false),
                kubernetes: AtomicBool::new(false),
            }),
            until: Arc::default(),
        })
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
        let shared = &self.shared;
        let left = self.until.get_or_init(|| Instant::now() + shared.deadline).saturating_duration_since(Instant::now());
        let request = request(path).map_err(|error| Problem::Unreadable(error.to_string()))?;
        let limit = shared.whole.map_or(left, |whole| whole.min(left));
        let answer = tokio::time::timeout(limit, self.exchange(request)).await;
        answer.unwrap_or_else(|_| match shared.whole {
            Some(whole) if whole < left => Err(Problem::Timeout(whole)),
            _ => Err(Problem::OutOfTime(shared.deadline)),
        })
    }

    /// Logs what is asked and how it went; never what was answered, which may be a Secret.
    async fn exchange(&self, request: http::Request<Body>) -> Result<Bytes, Problem> {
        let (path, started) = (request.uri().clone(), Instant::now());
        let result = self.exchange_unlogged(request).await;
        let millis = started.elapsed().as_millis();
        match &result {
            Ok(body) => tracing::info!("GET {path}: {} bytes after {millis} ms", body.len()),
            Err(problem) => tracing::info!("GET {path}: {problem}, after {millis} ms"),
        }
        result
    }

    async fn exchange_unlogged(&self, request: http::Request<Body>) -> Result<Bytes, Problem> {
        let shared = &self.shared;
        let problem = |error: kube::Error| of_error(&error, shared.patience, shared.connect);
        // Not `Client::request`: it writes bodies that it cannot read into the log.
        let answer = shared.client.send(request).await.map_err(problem)?;
        shared.reached.store(true, Ordering::Relaxed);
        let status = answer.status();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.into_body().collect_bytes().await.map_err(problem)?;
        if status.is_success() {
            if !body.trim_ascii_start().starts_with(b"{") {
                let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
                return Err(Problem::Stranger(format!("it answers {:?}", tame(&start))));
            }
            shared.kubernetes.store(true, Ordering::Relaxed);
            return Ok(body);
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
            Problem::Stranger(_) | Problem::Refused { .. } if !kubernetes => {
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
            ConnectError::Certificate { what: "client certificate".to_owned(), reason: unloaded(&error) }
        }
        kube::Error::RustlsTls(error) => {
            ConnectError::Certificate { what: "client certificate or authority".to_owned(), reason: tame(&error.to_string()) }
        }
        other => ConnectError::Setup { address, reason: tame(&other.to_string()) },
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
            assert!(!code.contains("Method::") && !code.contains("kube::Api"), "{}", path.display());
        }
    }

    #[test]
    fn addresses_hold_no_password() {
        let address = |text: &str| super::address(&text.parse().unwrap());
        assert_eq!(address("https://me:s3cr3t@host:6443/k8s/clusters/c-1/"), "https://host:6443/k8s/clusters/c-1");
        assert_eq!(address("https://[::1]:6443"), "https://[::1]:6443");
    }
}
