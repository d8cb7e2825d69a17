//! The way into a pod that `--port-forward` opens: through API server and kubelet to a port as the pod itself sees it, so
//! also to what listens on its localhost only. It is the one thing here that is more than reading to Kubernetes, which
//! asks for the right `create`; what is sent through it are GETs as everywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use k8s_openapi::api::core::v1::Pod;
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};
use prom_doctor_checks::operator::pods::Door;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::client::Cluster;
use super::direct::Credentials;
use super::problem::{Problem, tame};

/// `--port-forward`: whom the credentials are for, and what they are.
#[derive(Clone, Debug, Default)]
pub struct PortForward {
    /// The server that they are sent to: namespace and name. Whoever may make a Prometheus of his own would be handed them
    /// otherwise.
    pub server: Option<(String, String)>,
    /// For what runs in its pods.
    pub credentials: Credentials,
}

/// The ways that were opened.
#[derive(Default)]
pub(super) struct Forwards {
    settings: PortForward,
    open: Mutex<BTreeMap<(String, Door, bool), Forward>>,
}

/// A way into a pod: a client for it, and what became of the way.
#[derive(Clone)]
pub(super) struct Forward {
    pub(super) client: Cluster,
    broken: Arc<Mutex<Option<String>>>,
    port: u16,
}

impl Forward {
    /// What the kubelet said of the port, if it could not be reached; that may come a moment after the connection ends.
    pub(super) async fn broken(&self) -> Option<String> {
        const LOOKS: u32 = 20;
        const BETWEEN: Duration = Duration::from_millis(50);
        let said = || self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for _ in 0..LOOKS {
            if said().is_some() {
                break;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        let said = said()?;
        Some(if said.contains("connection refused") {
            format!("nothing listens on port {} of the pod (connection refused)", self.port)
        } else {
            format!("the port-forward does not reach port {} of the pod: {}", self.port, tame(&said))
        })
    }
}

impl Forwards {
    pub(super) fn new(settings: PortForward) -> Self {
        Self { settings, open: Mutex::default() }
    }

    /// The way into a pod of a server. One that is open is taken again.
    ///
    /// # Errors
    /// Where the credentials cannot be used.
    pub(super) fn to(&self, through: &Client, server: &(String, String), door: &Door, own: bool) -> Result<Forward, String> {
        // The credentials are those of the server, not of the reloader beside it.
        let with = own && self.settings.server.as_ref() == Some(server);
        let key = (server.0.clone(), door.clone(), with);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(forward) = open.get(&key) {
            return Ok(forward.clone());
        }
        let credentials = if with { self.settings.credentials.clone() } else { Credentials::default() };
        let forward = open_to(through, &server.0, door, credentials)?;
        open.insert(key, forward.clone());
        Ok(forward)
    }

    /// Whether a server gets the credentials.
    pub(super) fn trusts(&self, server: &(String, String)) -> bool {
        self.settings.server.as_ref() == Some(server)
    }
}

fn open_to(through: &Client, namespace: &str, door: &Door, credentials: Credentials) -> Result<Forward, String> {
    let scheme = if door.tls { "https" } else { "http" };
    let prefix: String =
        door.prefix.split('/').filter(|part| !part.is_empty()).map(|part| format!("/{}", super::get::encode(part))).collect();
    let url = format!("{scheme}://localhost:{}{prefix}", door.port);
    let mut config = Config::new(url.parse::<Uri>().map_err(|_| "its route prefix is none".to_owned())?);
    // As the API server's proxy does: where the way leads is known, and hardly any certificate is for localhost.
    config.accept_invalid_certs = true;
    config.auth_info = credentials.auth_info()?;
    let told = |error: kube::Error| tame(&error.to_string());
    let broken = Arc::new(Mutex::new(None));
    let tunnel = Tunnel {
        client: through.clone(),
        namespace: namespace.to_owned(),
        pod: door.pod.clone(),
        port: door.port,
        broken: Arc::clone(&broken),
    };
    let connector = config.rustls_https_connector_with_connector(tunnel).map_err(told)?;
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(connector);
    let shared = tower::buffer::BufferLayer::new(64); // the layer of credentials wants to clone what is below it
    let builder = ClientBuilder::new(http, "default").with_layer(&config.base_uri_layer()).with_layer(&shared);
    let client = match config.auth_layer().map_err(told)? {
        Some(auth) => builder.with_layer(&auth).build(),
        None => builder.build(),
    };
    let address = format!("port {} of pod {namespace}/{}", door.port, door.pod);
    Ok(Forward { client: Cluster::of_client(client, address, None), broken, port: door.port })
}

/// Connects to a port of a pod.
#[derive(Clone)]
struct Tunnel {
    client: Client,
    namespace: String,
    pod: String,
    port: u16,
    broken: Arc<Mutex<Option<String>>>,
}

/// Why there is no way.
#[derive(Debug)]
pub(super) struct Shut(pub(super) Problem);

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shut {}

impl tower::Service<Uri> for Tunnel {
    type Response = TokioIo<Pipe>;
    type Error = Shut;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Shut>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Shut>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let tunnel = self.clone();
        Box::pin(async move { tunnel.open().await.map(TokioIo::new).map_err(Shut) })
    }
}

impl Tunnel {
    async fn open(self) -> Result<Pipe, Problem> {
        let Self { client, namespace, pod, port, broken } = self;
        tracing::info!("port-forward to port {port} of pod {namespace}/{pod}");
        let pods = kube::Api::<Pod>::namespaced(client, &namespace);
        let mut forward = pods.portforward(&pod, &[port]).await.map_err(|error| refused(&error, &namespace, &pod))?;
        // What became of a way before says nothing of this one.
        *broken.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let gone = || Problem::Shut { why: "the port-forward ended at once".to_owned(), lasting: false };
        let stream = forward.take_stream(port).ok_or_else(gone)?;
        if let Some(error) = forward.take_error(port) {
            tokio::spawn(async move {
                let said = error.await;
                *broken.lock().unwrap_or_else(PoisonError::into_inner) = said;
            });
        }
        Ok(Pipe(stream))
    }
}

/// Why the API server opens no way. Up to Kubernetes 1.34 it asks for `get`, as it is asked by a GET; since then for
/// `create` too.
fn refused(error: &kube::Error, namespace: &str, pod: &str) -> Problem {
    let shut = |why: String, lasting: bool| Problem::Shut { why, lasting };
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            let verb = if status.message.contains("cannot get ") { "get" } else { "create" };
            shut(format!("you may not \"{verb} pods/portforward in {namespace}\", which --port-forward needs"), true)
        }
        kube::Error::Api(status) if status.code == 404 => shut(format!("pod {pod} is gone"), false),
        kube::Error::Api(status) => shut(format!("no port-forward to pod {pod}: {}", tame(&status.message)), false),
        kube::Error::UpgradeConnection(error) => {
            let why = format!(
                "no port-forward to pod {pod}: the way to the API server takes no websockets ({})",
                tame(&error.to_string())
            );
            shut(why, true)
        }
        other => shut(format!("no port-forward to pod {pod}: {}", tame(&other.to_string())), false),
    }
}

/// The bytes of a way.
struct Pipe(DuplexStream);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
