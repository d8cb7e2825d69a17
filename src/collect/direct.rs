//! A Prometheus that is asked without the API server in between: `--prometheus-url`.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs};

use http::Uri;
use kube::Config;
use kube::config::AuthInfo;
use prom_doctor_checks::wants::{Question, pools};
use prom_doctor_checks::world::{Ask, World};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;

use super::access::Access;
use super::ask::{lasting, targets};
use super::client::Cluster;
use super::problem::{Problem, tame};
use super::proxy::proxy_for;
use crate::system::unread;

/// How to reach it, as kubectl's flags name such things.
#[derive(Clone, Debug, Default)]
pub struct DirectAccess {
    /// Where it is: scheme, host, port and prefix.
    pub url: String,
    /// Who asks.
    pub credentials: Credentials,
    /// The certificate of its authority.
    pub certificate_authority: Option<PathBuf>,
    /// Do not check its certificate.
    pub insecure_skip_tls_verify: bool,
    /// `--request-timeout`: for one request as a whole.
    pub request_timeout: Option<Duration>,
}

/// What a Prometheus knows whoever asks by.
#[derive(Clone, Default)]
pub struct Credentials {
    /// A bearer token.
    pub token: Option<String>,
    /// A file with one; it outranks the token.
    pub token_file: Option<PathBuf>,
    /// A user.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<String>,
    /// A client certificate.
    pub client_certificate: Option<PathBuf>,
    /// The key of the client certificate.
    pub client_key: Option<PathBuf>,
}

// By hand: credentials must not end up in a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// In the form of a kubeconfig.
    ///
    /// # Errors
    /// Where the file of the token cannot be used.
    pub(super) fn auth_info(&self) -> Result<AuthInfo, String> {
        let path = |path: &Path| path.display().to_string();
        let token = match &self.token_file {
            Some(file) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| format!("--prometheus-token-file {} cannot be read: {}", path(file), unread(&error)))?;
                // Editors end files with a new line, which no header takes.
                let token = text.trim().to_owned();
                Some(token)
                    .filter(|token| !token.is_empty())
                    .ok_or(format!("--prometheus-token-file {} is empty", path(file)))?
                    .into()
            }
            None => self.token.clone(),
        };
        Ok(AuthInfo {
            token: token.map(Into::into),
            username: self.username.clone(),
            password: self.password.clone().map(Into::into),
            client_certificate: self.client_certificate.as_deref().map(path),
            client_key: self.client_key.as_deref().map(path),
            ..AuthInfo::default()
        })
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
        if url.query().is_some() {
            return Err("--prometheus-url takes no query: its path is the route prefix alone".to_owned());
        }
        let env = |name: &str| std::env::var(name).ok();
        let proxy = proxy_for(&url, None, &env).map_err(|why| format!("the proxy to --prometheus-url cannot be used: {why}"))?;
        let mut config = Config::new(url);
        config.proxy_url = proxy;
        let asked = access.request_timeout.filter(|timeout| !timeout.is_zero());
        config.connect_timeout = Some(asked.unwrap_or(Access::CONNECT).min(Access::CONNECT));
        config.read_timeout = Some(asked.unwrap_or(Access::SILENCE));
        config.reset_reader_on_write = true;
        config.default_retry = false; // it goes on for minutes
        config.accept_invalid_certs = access.insecure_skip_tls_verify;
        if let Some(path) = &access.certificate_authority {
            let text = fs::read(path)
                .map_err(|error| format!("--prometheus-ca {} cannot be read: {}", path.display(), unread(&error)))?;
            let read = CertificateDer::pem_slice_iter(&text).map(|read| read.map(|certificate| certificate.to_vec()));
            let all: Vec<Vec<u8>> = read.collect::<Result<_, _>>().unwrap_or_default();
            if all.is_empty() {
                return Err(format!("--prometheus-ca {} holds no certificate", path.display()));
            }
            config.root_cert = Some(all);
        }
        config.auth_info = access.credentials.auth_info()?;
        let client = Cluster::of_config(config, asked).map_err(|error| tame(&error.to_string()))?;
        Ok(Self { client })
    }

    /// Asks for what a question needs. What does not answer is noted in the world.
    pub async fn ask(&self, question: &Question, world: &mut World) {
        let (server, pools) = (question.server.clone(), pools(world, question));
        let (client, address) = (self.client.afresh(), self.client.address());
        // The reloader is another door.
        for ask in question.live.asks().iter().copied().filter(|ask| *ask != Ask::Reloader) {
            let problem = if ask == Ask::Targets {
                match targets(&client, "", &pools).await {
                    Ok(read) => {
                        world.hear_targets(server.clone(), address, read);
                        None
                    }
                    Err(problem) => Some(problem),
                }
            } else {
                let answer = client.get(ask.path()).await;
                if let Ok(body) = &answer {
                    world.hear(server.clone(), address, ask, Ok(body));
                }
                answer.err()
            };
            let Some(problem) = problem else { continue };
            let other = matches!(problem, Problem::NotFound(_)) && ask == Ask::Targets;
            let stands_for = if other { stands_for(&client).await } else { None };
            world.hear(server.clone(), address, ask, Err(stands_for.unwrap_or_else(|| told(&problem, ask))));
            if lasting(&problem) {
                world.refused(server.as_ref(), address);
            }
        }
    }
}

/// What answers in the way of Prometheus and has no targets: stores and queriers in front of several do not scrape.
async fn stands_for(client: &Cluster) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Build {
        application: String,
        version: String,
    }
    #[derive(Deserialize)]
    struct Answer {
        data: Build,
    }
    let body = client.once(Ask::Version.path()).await.ok()?;
    let build = serde_json::from_slice::<Answer>(&body).ok()?.data;
    let name = if build.application.is_empty() {
        "something such as Thanos, Mimir or VictoriaMetrics".to_owned()
    } else {
        tame(&build.application)
    };
    let version = if build.version.is_empty() { String::new() } else { format!(" {}", tame(&build.version)) };
    Some(format!("{name}{version} answers there, which scrapes nothing: give the address of the Prometheus itself"))
}

fn told(problem: &Problem, ask: Ask) -> String {
    match problem {
        Problem::Unauthorized(_) | Problem::Forbidden(_) | Problem::Refused { status: 403, .. } => {
            "it wants other credentials: give PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD".to_owned()
        }
        Problem::NotFound(_) if ask == Ask::Targets => {
            "there is no API of Prometheus under that URL: its path must be the route prefix, no more and no less".to_owned()
        }
        Problem::NotFound(_) => format!("it has no {}, which a Prometheus has", ask.path()),
        Problem::Page(_) => "it answers with a page for people, not as Prometheus does: a login, or another prefix?".to_owned(),
        Problem::Redirected { status, to } if to.starts_with("https://") && !to.contains("login") && !to.contains("auth") => {
            format!("it redirects ({status}) to {to}: give that address")
        }
        Problem::Redirected { status, to } => {
            format!("it redirects ({status}) to {to}, to log in perhaps: give PROMETHEUS_TOKEN")
        }
        Problem::Failing { status: 503, message, .. } if message.contains("Service Unavailable") => {
            "it is starting and does not answer yet".to_owned()
        }
        Problem::Failing { status, message, .. } => format!("it fails ({status}): {message}"),
        Problem::Shedding { .. } => "it is shedding load (429)".to_owned(),
        Problem::OutOfTime(limit) => Problem::Timeout(*limit).to_string(),
        Problem::Connect(why) => {
            // What is added there speaks of API servers.
            let plain = why.split(" (").next().unwrap_or(why);
            let hint = match plain {
                plain if plain.contains("unknown authority") => ": give --prometheus-ca",
                plain if plain.contains("another name") => ": give the URL with that name",
                plain if plain.contains("client certificate") => ": give --prometheus-cert and --prometheus-key",
                plain if plain.contains("does not speak TLS") => ": give the URL with http://",
                _ => return why.clone(),
            };
            format!("{plain}{hint}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_names_what_to_do() {
        let of = |problem: Problem| told(&problem, Ask::Targets);
        assert!(of(Problem::Unauthorized(String::new())).contains("PROMETHEUS_TOKEN"));
        assert!(of(Problem::Page("<html>".to_owned())).contains("page for people"));
        let to = |to: &str| of(Problem::Redirected { status: 302, to: to.to_owned() });
        assert!(to("https://h:9090").ends_with("give that address") && to("/login").contains("PROMETHEUS_TOKEN"));
        let authority = "its certificate is signed by an unknown authority (certificate-authority-data of another cluster?)";
        assert!(of(Problem::Connect(authority.to_owned())).ends_with("unknown authority: give --prometheus-ca"));
        for problem in [
            Problem::Failing { status: 502, message: String::new(), retry_after: None },
            Problem::OutOfTime(Duration::from_secs(9)),
        ] {
            assert!(!of(problem.clone()).contains("API server") && !of(problem).contains("cluster"));
        }
    }

    #[test]
    fn settings_that_lead_nowhere_are_told_and_not_repeated() {
        let why = |url: &str| Direct::new(&DirectAccess { url: url.to_owned(), ..DirectAccess::default() }).unwrap_err();
        for wrong in ["h:9090", "http://me:s3cr3t@h", "http://h/?token=s3cr3t", "ftp://me:s3cr3t@h", "http:// me:s3cr3t@h"] {
            assert!(why(wrong).contains("--prometheus-url") && !why(wrong).contains("s3cr3t"), "{}", why(wrong));
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        let credentials = Credentials { token_file: Some(file.path().to_owned()), ..Credentials::default() };
        assert!(credentials.auth_info().unwrap_err().ends_with("is empty"));
        fs::write(file.path(), "s3cr3t").unwrap();
        assert!(credentials.auth_info().is_ok() && !format!("{credentials:?}").contains("s3cr3t"));
    }
}
