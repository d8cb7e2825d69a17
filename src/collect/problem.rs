//! What can go wrong with one request, in words for people.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use serde::Deserialize;

use super::forward::Shut;
use crate::system::{unread, without_number};

/// Why one request got no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// 403.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// 404: no such object, or no such kind.
    #[error("not found: {0}")]
    NotFound(String),
    /// 410: the list changed too much while it was read.
    #[error("the list expired while it was read: {0}")]
    Gone(String),
    /// 401.
    #[error("the credentials were not accepted: {0}")]
    Unauthorized(String),
    /// 429.
    #[error("the API server is shedding load (429){}", wait(.retry_after))]
    Shedding {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("the API server failed ({status}): {message}{}", wait(.retry_after))]
    Failing {
        /// The status code.
        status: u16,
        /// What it says.
        message: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Another status code that is no success.
    #[error("it refuses ({status}): {message}")]
    Refused {
        /// The status code.
        status: u16,
        /// What it says.
        message: String,
    },
    /// No connection.
    #[error("{0}")]
    Connect(String),
    /// The connection broke before the answer was complete.
    #[error("the connection broke before the answer was complete ({0})")]
    Broken(String),
    /// No answer in time.
    #[error("no answer within {}", in_words(*.0))]
    Timeout(Duration),
    /// The time for the whole collection is over.
    #[error("the {} for reading the cluster are over", in_words(*.0))]
    OutOfTime(Duration),
    /// Credentials could not be had.
    #[error("{0}")]
    Credentials(String),
    /// Something answers, but with a text that is none of an API; its beginning.
    #[error("it answers {0:?}, which is not how a Kubernetes API server answers")]
    Page(String),
    /// A redirect.
    #[error("it answers with a redirect ({status}) to {to}, which is not how a Kubernetes API server answers")]
    Redirected {
        /// The status code.
        status: u16,
        /// Where to, without credentials and query.
        to: String,
    },
    /// There is no way to a pod.
    #[error("{why}")]
    Shut {
        /// Why.
        why: String,
        /// Whether time does not mend it.
        lasting: bool,
    },
    /// The answer is no JSON of the expected form.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl Problem {
    /// Whether the same request may go well a moment later.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Shedding { .. } | Self::Failing { .. } | Self::Broken(_))
    }

    /// How long the server asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Shedding { retry_after } | Self::Failing { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// Nobody answers.
    #[error("the API server {address} cannot be reached: {reason}")]
    Unreachable {
        /// The server, without credentials.
        address: String,
        /// Why.
        reason: Problem,
    },
    /// The server does not know us.
    #[error("the API server {address} does not accept the credentials ({message}); are they expired, or for another cluster?")]
    Unauthorized {
        /// The server.
        address: String,
        /// What it says.
        message: String,
    },
    /// A credential plugin or token source failed.
    #[error("there are no credentials for {address}: {message}")]
    Credentials {
        /// The server.
        address: String,
        /// What failed.
        message: String,
    },
    /// Something else answers.
    #[error("{address} is not a Kubernetes API server: {reason}")]
    NotKubernetes {
        /// The server.
        address: String,
        /// What it answered.
        reason: Problem,
    },
}

/// The part of a `Status` that is of use.
#[derive(Deserialize)]
struct Status {
    kind: String,
    #[serde(default)]
    message: String,
}

/// What an answer with an error status means, and whether it is in the form of a Kubernetes API server.
pub(super) fn of_status(status: u16, retry_after: Option<Duration>, body: &[u8]) -> (Problem, bool) {
    let said = serde_json::from_slice::<Status>(body).ok().filter(|said| said.kind == "Status");
    let typical = said.is_some();
    let message = match said {
        Some(said) => tame(&said.message),
        None => tame(&String::from_utf8_lossy(&body[..body.len().min(400)])),
    };
    let problem = match status {
        401 => Problem::Unauthorized(message),
        // A page of a firewall is not a matter of RBAC.
        403 if typical => Problem::Forbidden(message),
        404 => Problem::NotFound(message),
        410 => Problem::Gone(message),
        429 => Problem::Shedding { retry_after },
        500..=599 => Problem::Failing { status, message, retry_after },
        _ => Problem::Refused { status, message },
    };
    (problem, typical)
}

/// What an error of the client means.
pub(super) fn of_error(error: &kube::Error, patience: Duration, connect: Duration) -> Problem {
    if let kube::Error::Auth(auth) = error {
        return Problem::Credentials(of_auth(auth, None));
    }
    let chain = || chain(error);
    if let Some(Shut(problem)) = chain().find_map(|error| error.downcast_ref::<Shut>()) {
        return problem.clone();
    }
    if let Some(auth) = chain().find_map(|error| error.downcast_ref::<kube::client::AuthError>()) {
        return Problem::Credentials(of_auth(auth, None));
    }
    let tls = chain().find_map(|error| error.downcast_ref::<rustls::Error>());
    let connecting = chain()
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect);
    if let Some(tls) = tls {
        return Problem::Connect(of_tls(tls));
    }
    let io = chain().filter_map(|error| error.downcast_ref::<io::Error>()).last();
    let deepest = chain().last().map(ToString::to_string).unwrap_or_default();
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) if connecting => Problem::Connect(format!("no connection within {}", in_words(connect))),
        Some(io::ErrorKind::TimedOut) => Problem::Timeout(patience),
        Some(io::ErrorKind::ConnectionRefused) => Problem::Connect("connection refused, nothing listens there".to_owned()),
        Some(io::ErrorKind::UnexpectedEof) if connecting => {
            Problem::Connect("the connection was closed while TLS was being set up".to_owned())
        }
        _ if connecting => Problem::Connect(tame(&deepest)),
        _ => Problem::Broken(tame(&deepest)),
    }
}

/// An error and what caused it, outermost first.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        // An io::Error skips what it holds, and errors of TLS come wrapped in several of them.
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// What an error of TLS means to somebody who has a kubeconfig.
fn of_tls(error: &rustls::Error) -> String {
    use rustls::{AlertDescription, CertificateError, Error};
    let what = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "its certificate is signed by an unknown authority (certificate-authority-data of another cluster?)"
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired"
        }
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "its certificate is for another name (see --tls-server-name)"
        }
        Error::InvalidMessage(_) => "it does not speak TLS (http:// instead of https://?)",
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
            "it does not accept the client certificate"
        }
        other => return format!("TLS failed: {}", tame(&other.to_string())),
    };
    what.to_owned()
}

/// What an error about credentials means. The library's own text is avoided where it would repeat what a plugin
/// printed, which may be a token, or its environment.
pub(super) fn of_auth(error: &kube::client::AuthError, plugin: Option<&str>) -> String {
    use kube::client::AuthError;
    let plugin = plugin.map_or("the credential plugin".to_owned(), |plugin| format!("the credential plugin {plugin:?}"));
    match error {
        AuthError::AuthExecStart(error) if error.kind() == io::ErrorKind::NotFound => format!("{plugin} is not installed"),
        AuthError::AuthExecStart(error) => format!("{plugin} cannot be run: {}", unread(error)),
        AuthError::AuthExecRun { out, .. } => {
            let said = tame(&String::from_utf8_lossy(&out.stderr));
            let said = if said.is_empty() { said } else { format!(": {said}") };
            format!("{plugin} failed ({}){said}", out.status)
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => format!("{plugin} printed no ExecCredential with a status"),
        AuthError::MalformedTokenExpirationDate(_) => format!("{plugin} gave an expiry that is no time"),
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            "the token or password has characters that cannot be sent".to_owned()
        }
        AuthError::ParseTokenKey(_) => "the auth-provider printed something else than a token".to_owned(),
        other => tame(&other.to_string()),
    }
}

/// Text from elsewhere on one line, of bounded length, without control characters.
pub(super) fn tame(text: &str) -> String {
    const MOST: usize = 300;
    let text = without_number(text);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn wait(asked: &Option<Duration>) -> String {
    asked.map(|asked| format!(", it asks to wait {}", in_words(asked))).unwrap_or_default()
}

fn in_words(time: Duration) -> String {
    match time.as_millis() {
        millis if millis < 1000 => format!("{millis} ms"),
        millis if millis % 1000 == 0 => format!("{} s", millis / 1000),
        millis => format!("{:.1} s", millis as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_from_other_answers() {
        let status = br#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden","code":403}"#;
        assert_eq!(of_status(403, None, status), (Problem::Forbidden("pods is forbidden".to_owned()), true));
        let (problem, typical) = of_status(404, None, b"404 page not found\n");
        assert_eq!((problem, typical), (Problem::NotFound("404 page not found".to_owned()), false));
        assert!(matches!(of_status(403, None, b"<html>Blocked").0, Problem::Refused { .. }));
    }

    #[test]
    fn problems_read_well() {
        let shed = Problem::Shedding { retry_after: Some(Duration::from_secs(30)) };
        assert_eq!(shed.to_string(), "the API server is shedding load (429), it asks to wait 30 s");
        assert_eq!(Problem::Timeout(Duration::from_millis(1500)).to_string(), "no answer within 1.5 s");
    }

    #[test]
    fn foreign_text_is_tamed() {
        assert_eq!(tame("a\u{1b}[31m\n\tb"), "a [31m b");
        assert_eq!(tame(&"x".repeat(400)).chars().count(), 301);
    }

    #[test]
    #[cfg(unix)]
    fn what_a_plugin_printed_is_not_repeated() {
        use std::os::unix::process::ExitStatusExt as _;
        let out = std::process::Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: b"s3cr3t-token".to_vec(),
            stderr: b"login expired\n".to_vec(),
        };
        let error = kube::client::AuthError::AuthExecRun { cmd: "TOKEN=s3cr3t aws".to_owned(), out: Box::new(out) };
        let said = of_auth(&error, Some("aws"));
        assert_eq!(said, "the credential plugin \"aws\" failed (exit status: 1): login expired");
    }
}
