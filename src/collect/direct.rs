//! A Prometheus that is asked without the API server in between: `--prometheus-url`.

use std::fmt;
use std::path::{Path, PathBuf};

use http::Uri;
use kube::Config;
use kube::config::AuthInfo;
use prom_doctor_checks::wants::Live;
use prom_doctor_checks::world::{Ask, World};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::ask::lasting;
use super::client::Cluster;
use super::problem::{Problem, tame};
use crate::system::unread;

/// How to reach it: credentials and certificates, as kubectl's flags name them.
#[derive(Clone, Default)]
pub struct DirectAccess {
    /// Where it is: scheme, host, port and prefix.
    pub url: String,
    /// A bearer token.
    pub token: Option<String>,
    /// A user.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<String>,
    /// The certificate of its authority.
    pub certificate_authority: Option<PathBuf>,
    /// A client certificate.
    pub client_certificate: Option<PathBuf>,
    /// The key of the client certificate.
    pub client_key: Option<PathBuf>,
    /// Do not check its certificate.
    pub insecure_skip_tls_verify: bool,
}

// By hand: credentials must not end up in a log.
impl fmt::Debug for DirectAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectAccess").finish_non_exhaustive()
    }
}

/// A Prometheus that can be asked.
#[derive(Debug)]
pub struct Direct {
    client: Cluster,
}

impl Direct {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings lead nowhere, for people.
    pub fn new(access: &DirectAccess) -> Result<Self, String> {
        let plain = access.url.trim_end_matches('/');
        let url: Uri = plain.parse().map_err(|_| "--prometheus-url takes http://HOST:PORT/PREFIX".to_owned())?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err("--prometheus-url takes http://HOST:PORT/PREFIX or https://…".to_owned());
        }
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("--prometheus-url takes no password: give PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD".to_owned());
        }
        let text =
            |path: &Path| std::fs::read(path).map_err(|error| format!("{} cannot be read: {}", path.display(), unread(&error)));
        let mut config = Config::new(url);
        config.default_namespace = "default".to_owned();
        config.accept_invalid_certs = access.insecure_skip_tls_verify;
        if let Some(path) = &access.certificate_authority {
            let text = text(path)?;
            let read = CertificateDer::pem_slice_iter(&text).map(|read| read.map(|certificate| certificate.to_vec()));
            let all: Vec<Vec<u8>> = read.collect::<Result<_, _>>().unwrap_or_default();
            if all.is_empty() {
                return Err(format!("{} holds no certificate", path.display()));
            }
            config.root_cert = Some(all);
        }
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        config.auth_info = AuthInfo {
            token: access.token.clone().map(Into::into),
            username: access.username.clone(),
            password: access.password.clone().map(Into::into),
            client_certificate: path(&access.client_certificate),
            client_key: path(&access.client_key),
            ..AuthInfo::default()
        };
        let client = Cluster::of_config(config).map_err(|error| tame(&error.to_string()))?;
        Ok(Self { client })
    }

    /// Asks for what a question needs. What does not answer is noted in the world.
    pub async fn ask(&self, live: Live, server: Option<(String, String)>, world: &mut World) {
        let client = self.client.afresh();
        // The reloader is another door.
        for ask in live.asks().iter().copied().filter(|ask| *ask != Ask::Reloader) {
            let answer = client.get(ask.path()).await;
            world.hear(server.clone(), self.client.address(), ask, answer.as_deref().map_err(told));
            if answer.as_ref().is_err_and(lasting) {
                world.refused(server.as_ref(), self.client.address());
            }
        }
    }
}

fn told(problem: &Problem) -> String {
    match problem {
        Problem::Unauthorized(_) | Problem::Forbidden(_) | Problem::Refused { status: 403, .. } => {
            "it wants other credentials: give PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD".to_owned()
        }
        Problem::NotFound(_) => "there is no API of Prometheus under that URL: does it lack the prefix?".to_owned(),
        Problem::Stranger(what) => format!("{what}, which is not how Prometheus answers"),
        other => other.to_string(),
    }
}
