//! Which cluster, and as whom: kubectl's options and kubeconfig files become the settings of a client.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use kube::Config;
use kube::config::{AuthInfo, Cluster as ClusterEntry, Context, ExecAuthCluster, Kubeconfig, KubeconfigError, LoadDataError};
use prom_doctor_checks::text;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::forward::PortForward;
use super::problem::tame;
use super::proxy::{Env, proxy_for};
use crate::system::unread;

/// How to reach a cluster: the options of kubectl under the same names, and limits.
#[derive(Clone)]
pub struct Access {
    /// `--kubeconfig`: this file only.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--namespace`: the default namespace, in place of the context's.
    pub namespace: Option<String>,
    /// `--as`.
    pub as_user: Option<String>,
    /// `--as-group`, repeatable.
    pub as_groups: Vec<String>,
    /// `--as-uid`.
    pub as_uid: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--request-timeout`: for one request as a whole; zero or absent: [`Access::SILENCE`] without a byte.
    pub request_timeout: Option<Duration>,
    /// `--chunk-size`: objects a page; zero: everything at once.
    pub chunk_size: usize,
    /// `--max-concurrency`: requests under way at the same time, each a connection of its own.
    pub max_concurrency: usize,
    /// How long reading may take as a whole; what is not read by then counts as not read.
    pub deadline: Duration,
    /// `--port-forward`: the way into pods.
    pub port_forward: Option<PortForward>,
}

impl Access {
    /// How long a server may stay silent within one request.
    pub const SILENCE: Duration = Duration::from_secs(30);
    /// How long connecting may take.
    pub const CONNECT: Duration = Duration::from_secs(10);
    /// Objects a page, unless told otherwise.
    pub const CHUNK_SIZE: u32 = 500;
    /// Requests under way at the same time, unless told otherwise.
    pub const MAX_CONCURRENCY: u16 = 8;
    /// How long reading may take as a whole, unless told otherwise.
    pub const DEADLINE: Duration = Duration::from_secs(120);
}

impl Default for Access {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            cluster: None,
            user: None,
            namespace: None,
            as_user: None,
            as_groups: Vec::new(),
            as_uid: None,
            server: None,
            token: None,
            certificate_authority: None,
            client_certificate: None,
            client_key: None,
            insecure_skip_tls_verify: false,
            tls_server_name: None,
            request_timeout: None,
            chunk_size: usize::try_from(Self::CHUNK_SIZE).unwrap_or(usize::MAX),
            max_concurrency: usize::from(Self::MAX_CONCURRENCY),
            deadline: Self::DEADLINE,
            port_forward: None,
        }
    }
}

// By hand: a token must not end up in a log.
impl ConnectError {
    /// What would help, where the text does not say it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Kubeconfig { .. } => Some("--kubeconfig PATH or KUBECONFIG names another one"),
            _ => None,
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Access");
        out.field("kubeconfig", &self.kubeconfig).field("context", &self.context).field("namespace", &self.namespace);
        out.finish_non_exhaustive()
    }
}

/// Why there is no client for a cluster.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No configuration anywhere.
    #[error("no kubeconfig found (looked at {looked}), and this is not a pod; give --kubeconfig or set KUBECONFIG")]
    NoKubeconfig {
        /// Where we looked.
        looked: String,
    },
    /// A kubeconfig cannot be read.
    #[error("the kubeconfig {} cannot be read: {reason}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No context chosen.
    #[error("the kubeconfig {kubeconfig} chooses no context; give --context, one of {known}")]
    NoCurrentContext {
        /// The file or files.
        kubeconfig: String,
        /// The contexts that there are.
        known: String,
    },
    /// A context, cluster or user that is not there.
    #[error("there is no {what} {name:?} in the kubeconfig {kubeconfig}{hint}")]
    NoEntry {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The file or files.
        kubeconfig: String,
        /// Names that may be meant.
        hint: String,
    },
    /// The address of the server is no URL.
    #[error("the server of cluster {cluster:?} is no URL with a host ({reason})")]
    Server {
        /// The cluster's name.
        cluster: String,
        /// Why.
        reason: String,
    },
    /// A certificate or key cannot be used.
    #[error("the {what} cannot be used: {reason}")]
    Certificate {
        /// Which.
        what: String,
        /// Why.
        reason: String,
    },
    /// The proxy cannot be used.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
    /// `--as-group` or `--as-uid` alone.
    #[error("--as-group and --as-uid need --as")]
    Impersonation,
    /// No credentials.
    #[error("there are no credentials for {address}: {reason}")]
    Credentials {
        /// The server.
        address: String,
        /// What failed.
        reason: String,
    },
    /// We are in a pod, but its service account cannot be used.
    #[error("the service account of this pod cannot be used: {0}")]
    InCluster(String),
    /// The client cannot be set up.
    #[error("the connection to {address} cannot be set up: {reason}")]
    Setup {
        /// The server.
        address: String,
        /// Why.
        reason: String,
    },
}

/// What a client is made from.
pub(super) struct Resolved {
    pub(super) config: Config,
    /// The context's name; `None` in a pod, or with `--server` alone.
    pub(super) context: Option<String>,
    /// The command of a credential plugin, and what its maker says about getting it.
    pub(super) plugin: Option<(String, Option<String>)>,
}

/// Finds the settings of a client.
pub(super) fn resolve(access: &Access, env: Env<'_>) -> Result<Resolved, ConnectError> {
    if access.as_user.is_none() && (access.as_uid.is_some() || !access.as_groups.is_empty()) {
        return Err(ConnectError::Impersonation);
    }
    let files = files(access, env)?;
    let read = Files::read(&files)?;
    let chosen = access.context.clone().or_else(|| read.all.current_context.clone().filter(|name| !name.is_empty()));
    let mut resolved = match chosen {
        Some(name) => {
            let context = read.context(&name)?;
            from_kubeconfig(access, &read, Some(name), context, env)?
        }
        None if access.server.is_some() || access.cluster.is_some() => {
            from_kubeconfig(access, &read, None, Context::default(), env)?
        }
        None if read.all.contexts.is_empty() => in_pod(access, &files.looked, env)?,
        None => {
            let known = text::list(&read.contexts(), 10);
            return Err(ConnectError::NoCurrentContext { kubeconfig: read.names, known });
        }
    };
    tune(access, &mut resolved.config);
    Ok(resolved)
}

/// What holds for every client, wherever its settings come from.
fn tune(access: &Access, config: &mut Config) {
    let asked = access.request_timeout.filter(|timeout| !timeout.is_zero());
    config.connect_timeout = Some(asked.unwrap_or(Access::CONNECT).min(Access::CONNECT));
    config.read_timeout = Some(asked.unwrap_or(Access::SILENCE));
    config.reset_reader_on_write = true; // else a connection ages into its timeout while it waits for work
    config.default_retry = false; // fifteen tries over many minutes; ours are in `retry`
    if let Some(namespace) = access.namespace.clone().filter(|namespace| !namespace.is_empty()) {
        config.default_namespace = namespace;
    }
    let who = &mut config.auth_info;
    if let Some(user) = &access.as_user {
        who.impersonate = Some(user.clone());
        who.impersonate_groups = (!access.as_groups.is_empty()).then(|| access.as_groups.clone());
        who.impersonate_uid = access.as_uid.clone();
        who.impersonate_user_extra = None;
    }
}

fn in_pod(access: &Access, looked: &str, env: Env<'_>) -> Result<Resolved, ConnectError> {
    if env("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(ConnectError::NoKubeconfig { looked: looked.to_owned() });
    }
    let mut config = Config::incluster().map_err(|error| ConnectError::InCluster(error.to_string()))?;
    config.default_namespace = config.default_namespace.trim().to_owned();
    credentials(access, &mut config.auth_info);
    Ok(Resolved { config, context: None, plugin: None })
}

fn from_kubeconfig(
    access: &Access,
    files: &Files,
    name: Option<String>,
    context: Context,
    env: Env<'_>,
) -> Result<Resolved, ConnectError> {
    let cluster_name = access.cluster.clone().unwrap_or_else(|| context.cluster.clone());
    let mut cluster = match files.cluster(&cluster_name) {
        Ok(cluster) => cluster,
        Err(_) if access.server.is_some() && access.cluster.is_none() => ClusterEntry::default(),
        Err(error) => return Err(error),
    };
    if let Some(server) = &access.server {
        cluster.server = Some(server.clone());
    }
    if let Some(path) = &access.certificate_authority {
        cluster.certificate_authority = Some(path.display().to_string());
        cluster.certificate_authority_data = None;
    }
    if access.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    if let Some(name) = &access.tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    let user = match (&access.user, &context.user) {
        (Some(asked), _) => files.user(asked)?,
        // As kubectl does: a context may name a user that nobody wrote down.
        (None, Some(named)) => files.user(named).unwrap_or_default(),
        (None, None) => AuthInfo::default(),
    };
    let mut config = Config::new(server_of(&cluster_name, cluster.server.as_deref())?);
    config.auth_info = user;
    credentials(access, &mut config.auth_info);
    config.default_namespace =
        context.namespace.filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned());
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name.clone().filter(|name| !name.is_empty());
    config.root_cert = authorities(&cluster)?;
    config.proxy_url = proxy_for(&config.cluster_url, cluster.proxy_url.as_deref(), env).map_err(ConnectError::Proxy)?;
    let mut plugin = None;
    if let Some(exec) = &mut config.auth_info.exec {
        plugin = exec.command.clone().map(|command| (command, exec.install_hint.clone()));
        if exec.provide_cluster_info {
            let told = ExecAuthCluster::try_from(&cluster).map_err(|error| authority(&error.to_string()))?;
            exec.cluster = Some(told);
        }
    }
    Ok(Resolved { config, context: name, plugin })
}

/// Credentials given as options replace those of the kubeconfig.
fn credentials(access: &Access, user: &mut AuthInfo) {
    if let Some(token) = &access.token {
        user.token = Some(token.clone().into());
        user.token_file = None;
        user.username = None;
        user.password = None;
        user.exec = None;
        user.auth_provider = None;
    }
    if let Some(path) = &access.client_certificate {
        user.client_certificate = Some(path.display().to_string());
        user.client_certificate_data = None;
    }
    if let Some(path) = &access.client_key {
        user.client_key = Some(path.display().to_string());
        user.client_key_data = None;
    }
}

fn server_of(cluster: &str, server: Option<&str>) -> Result<Uri, ConnectError> {
    let fail = |reason: &str| ConnectError::Server { cluster: cluster.to_owned(), reason: reason.to_owned() };
    let server = server.map(str::trim).filter(|server| !server.is_empty()).ok_or_else(|| fail("there is none"))?;
    // client-go takes `host:port` for http.
    let full = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let uri: Uri = full.parse().map_err(|error: http::uri::InvalidUri| fail(&error.to_string()))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        (Some("http" | "https"), _) => Err(fail("no host")),
        _ => Err(fail("neither http nor https")),
    }
}

fn authority(reason: &str) -> ConnectError {
    ConnectError::Certificate { what: "certificate authority".to_owned(), reason: tame(reason) }
}

fn authorities(cluster: &ClusterEntry) -> Result<Option<Vec<Vec<u8>>>, ConnectError> {
    use base64::Engine as _;
    let data = cluster.certificate_authority_data.as_deref().filter(|data| !data.trim().is_empty());
    let (pem, what) = match (data, cluster.certificate_authority.as_deref().filter(|path| !path.is_empty())) {
        (Some(data), _) => {
            let data: String = data.split_whitespace().collect();
            let pem = base64::engine::general_purpose::STANDARD
                .decode(data)
                .map_err(|_| authority("certificate-authority-data is not base64"))?;
            (pem, "certificate-authority-data".to_owned())
        }
        (None, Some(path)) => {
            (std::fs::read(path).map_err(|error| authority(&format!("{path}: {}", unread(&error))))?, path.to_owned())
        }
        (None, None) => return Ok(None),
    };
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&pem).map(|certificate| certificate.map(|der| der.to_vec())).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        Ok(_) => Err(authority(&format!("{what} holds no certificate"))),
        Err(_) => Err(authority(&format!("{what} holds a certificate that is cut off or damaged"))),
    }
}

/// Files that exist, and where we looked for them.
struct Candidates {
    found: Vec<PathBuf>,
    looked: String,
}

fn files(access: &Access, env: Env<'_>) -> Result<Candidates, ConnectError> {
    if let Some(path) = &access.kubeconfig {
        // Named by hand, so it must be there; reading it says why it is not.
        return Ok(Candidates { found: vec![path.clone()], looked: path.display().to_string() });
    }
    let listed: Vec<PathBuf> = env("KUBECONFIG")
        .map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    let home = env(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).filter(|home| !home.is_empty());
    let candidates = match home {
        _ if !listed.is_empty() => listed,
        Some(home) => vec![Path::new(&home).join(".kube").join("config")],
        None => Vec::new(),
    };
    let looked = if candidates.is_empty() { "KUBECONFIG, HOME".to_owned() } else { joined(&candidates) };
    // As kubectl does: files of a list that are missing are passed over.
    Ok(Candidates { found: candidates.into_iter().filter(|path| path.exists()).collect(), looked })
}

fn joined(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The kubeconfig files, merged: the first to say something wins.
struct Files {
    all: Kubeconfig,
    /// The files, or where they should have been.
    names: String,
}

impl Files {
    fn read(candidates: &Candidates) -> Result<Self, ConnectError> {
        let mut all = Kubeconfig::default();
        for path in &candidates.found {
            let fail = |error: KubeconfigError| ConnectError::Kubeconfig { path: path.clone(), reason: reason(&error) };
            all = all.merge(Kubeconfig::read_from(path).map_err(fail)?).map_err(fail)?;
        }
        let names = match candidates.found.as_slice() {
            [] => format!("{}, which is not there", candidates.looked),
            found => joined(found),
        };
        Ok(Self { all, names })
    }

    fn contexts(&self) -> Vec<&str> {
        self.all.contexts.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn context(&self, name: &str) -> Result<Context, ConnectError> {
        let entry = self.all.contexts.iter().find(|entry| entry.name == name);
        entry.and_then(|entry| entry.context.clone()).ok_or_else(|| self.missing("context", name, &self.contexts()))
    }

    fn cluster(&self, name: &str) -> Result<ClusterEntry, ConnectError> {
        let names: Vec<&str> = self.all.clusters.iter().map(|entry| entry.name.as_str()).collect();
        let entry = self.all.clusters.iter().find(|entry| entry.name == name);
        entry.and_then(|entry| entry.cluster.clone()).ok_or_else(|| self.missing("cluster", name, &names))
    }

    fn user(&self, name: &str) -> Result<AuthInfo, ConnectError> {
        let names: Vec<&str> = self.all.auth_infos.iter().map(|entry| entry.name.as_str()).collect();
        let entry = self.all.auth_infos.iter().find(|entry| entry.name == name);
        entry.map(|entry| entry.auth_info.clone().unwrap_or_default()).ok_or_else(|| self.missing("user", name, &names))
    }

    fn missing(&self, what: &'static str, name: &str, known: &[&str]) -> ConnectError {
        let hint = match text::nearest(name, known.iter().copied()) {
            Some(near) => format!("; did you mean {near:?}?"),
            None if known.is_empty() => String::new(),
            None => format!("; it has {}", text::list(known, 10)),
        };
        ConnectError::NoEntry { what, name: name.to_owned(), kubeconfig: self.names.clone(), hint }
    }
}

/// Why a certificate or key that a kubeconfig names cannot be used. The library's own text holds what the system says,
/// with its number.
pub(super) fn unloaded(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::LoadClientCertificate(LoadDataError::ReadFile(error, path))
        | KubeconfigError::LoadClientKey(LoadDataError::ReadFile(error, path)) => {
            format!("{}: {}", path.display(), unread(error))
        }
        other => tame(&other.to_string()),
    }
}

/// The library's own text shows the lines around an error of syntax, and there are tokens on such lines.
fn reason(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, _) => unread(error),
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!("line {} is not as a kubeconfig should be", at.line()),
            None => "it is no kubeconfig".to_owned(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
apiVersion: v1
kind: Config
clusters:
- {name: east, cluster: {server: 'https://east.example.com:6443', tls-server-name: inner}}
contexts:
- {name: production, context: {cluster: east, user: me, namespace: shop}}
- {name: broken, context: {cluster: nowhere, user: me}}
users:
- {name: me, user: {token: s3cr3t-token}}
";

    fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_context_gives_server_user_and_namespace() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, "config", FILE);
        let access = Access { kubeconfig: Some(path), context: Some("production".to_owned()), ..Access::default() };
        let resolved = resolve(&access, &none).unwrap();
        assert_eq!(resolved.config.cluster_url.to_string(), "https://east.example.com:6443/");
        assert_eq!(resolved.config.default_namespace, "shop");
        assert_eq!(resolved.config.tls_server_name.as_deref(), Some("inner"));
        assert_eq!(resolved.context.as_deref(), Some("production"));
        assert!(resolved.config.auth_info.token.is_some());
        assert!(!resolved.config.default_retry && resolved.config.reset_reader_on_write);
    }

    #[test]
    fn names_that_are_not_there_bring_the_nearest() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, "config", FILE);
        let fail = |access: Access| match resolve(&Access { kubeconfig: Some(path.clone()), ..access }, &none) {
            Ok(_) => panic!("it was found"),
            Err(error) => error.to_string(),
        };
        let at = path.display();
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(
            fail(Access { context: some("prodution"), ..Access::default() }),
            format!("there is no context \"prodution\" in the kubeconfig {at}; did you mean \"production\"?")
        );
        assert_eq!(
            fail(Access { context: some("broken"), ..Access::default() }),
            format!("there is no cluster \"nowhere\" in the kubeconfig {at}; it has east")
        );
        assert_eq!(
            fail(Access::default()),
            format!("the kubeconfig {at} chooses no context; give --context, one of production and broken")
        );
        let user = Access { context: some("production"), user: some("mee"), ..Access::default() };
        assert_eq!(fail(user), format!("there is no user \"mee\" in the kubeconfig {at}; did you mean \"me\"?"));
    }

    #[test]
    fn a_list_of_files_is_merged_and_missing_ones_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(&folder, "first", "apiVersion: v1\nkind: Config\ncurrent-context: production\n");
        let second = write(&folder, "second", FILE);
        let list = std::env::join_paths([first, folder.path().join("missing"), second]).unwrap().into_string().unwrap();
        let env = |name: &str| (name == "KUBECONFIG").then(|| list.clone());
        assert_eq!(resolve(&Access::default(), &env).unwrap().context.as_deref(), Some("production"));
    }

    #[test]
    fn without_any_file_it_says_where_it_looked() {
        let env = |name: &str| (name == "HOME").then(|| "/nonexistent".to_owned());
        let error = resolve(&Access::default(), &env).err().unwrap().to_string();
        assert!(error.contains("looked at /nonexistent/.kube/config"), "{error}");
        let access = Access { context: Some("shop".to_owned()), ..Access::default() };
        let error = resolve(&access, &env).err().unwrap().to_string();
        assert_eq!(error, "there is no context \"shop\" in the kubeconfig /nonexistent/.kube/config, which is not there");
        let access = Access { kubeconfig: Some("/nonexistent/file".into()), ..Access::default() };
        let error = resolve(&access, &env).err().unwrap().to_string();
        assert!(error.starts_with("the kubeconfig /nonexistent/file cannot be read: no such file or folder"), "{error}");
    }

    #[test]
    fn a_server_alone_is_enough_and_options_replace_credentials() {
        let access = Access {
            server: Some("https://x.example.com".to_owned()),
            token: Some("s3cr3t-token".to_owned()),
            as_user: Some("tenant".to_owned()),
            as_groups: vec!["a".to_owned(), "b".to_owned()],
            as_uid: Some("7".to_owned()),
            ..Access::default()
        };
        let who = resolve(&access, &none).unwrap().config.auth_info;
        assert_eq!(who.impersonate_groups, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(who.impersonate_uid.as_deref(), Some("7"));
        assert!(!format!("{access:?}").contains("s3cr3t"));
        let alone = Access { as_uid: Some("7".to_owned()), ..Access::default() };
        assert!(matches!(resolve(&alone, &none), Err(ConnectError::Impersonation)));
    }

    #[test]
    fn a_broken_kubeconfig_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, "config", "users:\n- name: me\n  user: {token: s3cr3t-token\n- x: [\n");
        let error = resolve(&Access { kubeconfig: Some(path), ..Access::default() }, &none).err().unwrap().to_string();
        assert!(error.contains("line ") && !error.contains("s3cr3t"), "{error}");
    }

    #[test]
    fn an_authority_without_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, "ca.crt", "hello");
        let access = Access {
            server: Some("https://x.example.com".to_owned()),
            certificate_authority: Some(path.clone()),
            ..Access::default()
        };
        let error = resolve(&access, &none).err().unwrap().to_string();
        assert_eq!(error, format!("the certificate authority cannot be used: {} holds no certificate", path.display()));
    }
}
