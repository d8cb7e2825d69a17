//! Flags that every command takes, with kubectl's meaning where kubectl has them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use prom_doctor_checks::report::Severity;
use prom_doctor_checks::selector::LabelSelector;
use prom_doctor_checks::wants::{Live, Question};
use prom_doctor_checks::world::Kind;

use super::against::Against;
use super::name::{kind_named, nearest};
use super::policy::Flags;
use super::reports::{self, ReportFile};
use super::selector;
use crate::collect::{Access, Credentials, DirectAccess, PortForward};
use crate::error::Error;
use crate::render::{DataFormat, Detail, Format, colour};

/// From which severity on findings fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Threshold {
    /// Errors.
    Error,
    /// Errors and warnings.
    Warning,
    /// Everything.
    Info,
    /// Nothing.
    Never,
}

impl Threshold {
    /// The mildest severity that fails; `None` for never.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

const QUESTION: &str = "Question";
const OUTPUT: &str = "Output";
const EXIT: &str = "Exit code";
const CLUSTER: &str = "Cluster";
const PROMETHEUS: &str = "Running Prometheus";
const SNAPSHOT: &str = "Snapshot";

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct Global {
    /// Ask about the monitors of this namespace [default: that of the context]
    #[arg(short, long, global = true, value_name = "NS", help_heading = QUESTION)]
    pub(super) namespace: Option<String>,
    /// Ask about the monitors of all namespaces
    #[arg(short = 'A', long, global = true, help_heading = QUESTION)]
    pub(super) all_namespaces: bool,
    /// Ask only about monitors with these labels: app=api,tier!=db,env in (a,b)
    #[arg(short = 'l', long, global = true, value_name = "LABELS", help_heading = QUESTION, value_parser = selector::parse)]
    pub(super) selector: Option<LabelSelector>,
    /// Ask about one server only
    #[arg(long, global = true, value_name = "NS/NAME", help_heading = QUESTION)]
    pub(super) prometheus: Option<String>,
    /// What is younger than this is not judged by what the configuration does not hold yet
    #[arg(long, global = true, value_name = "DURATION", default_value = "5m", help_heading = QUESTION, value_parser = duration)]
    pub(super) grace: Duration,

    /// Output format
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = OUTPUT)]
    pub(super) output: Format,
    /// Write the report to a file too, in any format; may be repeated
    #[arg(long, global = true, value_name = "FORMAT=FILE", value_parser = reports::parse, help_heading = OUTPUT)]
    pub(super) report: Vec<ReportFile>,
    /// Show only findings of at least this severity; the exit code stays what it is
    #[arg(long, global = true, value_name = "SEVERITY", default_value = "info", value_parser = severity, help_heading = OUTPUT)]
    pub(super) min_severity: Severity,
    /// Show only findings; twice: nothing but the exit code
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = OUTPUT)]
    pub(super) quiet: u8,
    /// Tell on standard error what is done; more with -vv or -v=4
    #[arg(short, long, global = true, value_name = "LEVEL", num_args = 0..=1, require_equals = true,
          default_missing_value = "1", action = ArgAction::Append, help_heading = OUTPUT)]
    pub(super) verbose: Vec<u8>,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = OUTPUT)]
    pub(super) color: colour::Choice,
    /// Words (ok FAIL warn ???? n/a) instead of marks (✓ ✗ ! ? -)
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub(super) ascii: bool,
    /// Tables without their head line
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub(super) no_headers: bool,
    /// Never show progress
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub(super) no_progress: bool,

    /// Exit with 1 when something of at least this severity was found [default: error; warning for lint]
    #[arg(long, global = true, value_enum, value_name = "SEVERITY", help_heading = EXIT)]
    pub(super) fail_on: Option<Threshold>,
    /// The same as --fail-on never
    #[arg(long, global = true, conflicts_with = "fail_on", help_heading = EXIT)]
    pub(super) exit_zero: bool,
    /// Exit with 3 when something could not be checked
    #[arg(long, global = true, help_heading = EXIT)]
    pub(super) strict: bool,

    /// Read a dump (file, folder or archive of YAML or JSON) instead of a cluster
    #[arg(long, global = true, value_name = "PATH", help_heading = SNAPSHOT)]
    pub(super) snapshot: Option<PathBuf>,
    /// The snapshot holds all there is of these kinds
    #[arg(long, global = true, value_name = "KIND", value_delimiter = ',', help_heading = SNAPSHOT)]
    pub(super) assume_whole: Vec<String>,
    /// The snapshot holds only some of these kinds
    #[arg(long, global = true, value_name = "KIND", value_delimiter = ',', help_heading = SNAPSHOT)]
    pub(super) assume_partial: Vec<String>,

    #[command(flatten)]
    pub(super) policy: Flags,

    #[command(flatten)]
    pub(super) running: Running,

    #[command(flatten)]
    pub(super) connection: Connection,
}

/// How to reach the cluster: kubectl's own flags.
#[derive(Clone, Debug, Args)]
pub(super) struct Connection {
    /// Context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = CLUSTER)]
    pub(super) context: Option<String>,
    /// Path of the kubeconfig [default: KUBECONFIG, then ~/.kube/config, then the pod's own account]
    #[arg(long, global = true, value_name = "PATH", help_heading = CLUSTER)]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Cluster of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) cluster: Option<String>,
    /// User of the kubeconfig
    #[arg(long, global = true, value_name = "NAME", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) user: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) impersonate: Option<String>,
    /// Groups to impersonate
    #[arg(long = "as-group", global = true, value_name = "GROUP", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) impersonate_groups: Vec<String>,
    /// UID to impersonate
    #[arg(long = "as-uid", global = true, value_name = "UID", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) impersonate_uid: Option<String>,
    /// Address of the API server
    #[arg(short, long, global = true, value_name = "URL", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) server: Option<String>,
    /// Bearer token
    #[arg(long, global = true, value_name = "TOKEN", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) token: Option<Token>,
    /// Certificate of the authority that signed the API server's
    #[arg(long, global = true, value_name = "PATH", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) certificate_authority: Option<PathBuf>,
    /// Client certificate
    #[arg(long, global = true, value_name = "PATH", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) client_certificate: Option<PathBuf>,
    /// Key of the client certificate
    #[arg(long, global = true, value_name = "PATH", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) client_key: Option<PathBuf>,
    /// Do not check the API server's certificate
    #[arg(long, global = true, help_heading = CLUSTER, hide_short_help = true)]
    pub(super) insecure_skip_tls_verify: bool,
    /// Name that the API server's certificate is checked for
    #[arg(long, global = true, value_name = "NAME", help_heading = CLUSTER, hide_short_help = true)]
    pub(super) tls_server_name: Option<String>,
    /// How long to wait for a single answer: 10s, 1m; 0 waits for ever
    #[arg(long, global = true, value_name = "DURATION", help_heading = CLUSTER, hide_short_help = true, value_parser = duration)]
    pub(super) request_timeout: Option<Duration>,
    /// Objects per page of a list
    #[arg(long, global = true, value_name = "N", default_value_t = Access::CHUNK_SIZE, help_heading = CLUSTER, hide_short_help = true)]
    pub(super) chunk_size: u32,
    /// Lists that run at the same time
    #[arg(long, global = true, value_name = "N", default_value_t = Access::MAX_CONCURRENCY, help_heading = CLUSTER, hide_short_help = true,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) max_concurrency: u16,
}

impl Connection {
    /// The first flag that says which cluster is meant, or as whom it is asked. How it is asked (timeouts, pages) is
    /// of no consequence for files, and may stand in an alias.
    fn chosen(&self) -> Option<&'static str> {
        let flags = [
            (self.context.is_some(), "--context"),
            (self.kubeconfig.is_some(), "--kubeconfig"),
            (self.cluster.is_some(), "--cluster"),
            (self.user.is_some(), "--user"),
            (self.impersonate.is_some(), "--as"),
            (!self.impersonate_groups.is_empty(), "--as-group"),
            (self.impersonate_uid.is_some(), "--as-uid"),
            (self.server.is_some(), "--server"),
            (self.token.is_some(), "--token"),
        ];
        flags.into_iter().find_map(|(given, flag)| given.then_some(flag))
    }
}

/// Whether and how the running Prometheus is asked.
#[derive(Clone, Debug, Args)]
pub(super) struct Running {
    /// Ask the running Prometheus too, through the API server [default for why]
    #[arg(long, global = true, conflicts_with = "no_live", help_heading = PROMETHEUS)]
    pub(super) live: bool,
    /// Do not ask the running Prometheus
    #[arg(long, global = true, help_heading = PROMETHEUS)]
    pub(super) no_live: bool,
    /// Ask the Prometheus at this address, not through the API server
    #[arg(long, global = true, value_name = "URL", conflicts_with = "no_live", help_heading = PROMETHEUS)]
    pub(super) prometheus_url: Option<String>,
    /// Ask the running Prometheus through port-forwards, not through the API server's proxy: also reaches listenLocal. Needs
    /// the rights to get and to create pods/portforward, the only ones that are more than reading
    #[arg(long, global = true, conflicts_with_all = ["no_live", "prometheus_url"], help_heading = PROMETHEUS)]
    pub(super) port_forward: bool,
    /// Bearer token for --prometheus-url, or with --port-forward for the server of --prometheus; so are user and certificate
    #[arg(long, global = true, value_name = "TOKEN", env = "PROMETHEUS_TOKEN", hide_env_values = true, hide_short_help = true,
          help_heading = PROMETHEUS)]
    pub(super) prometheus_token: Option<Token>,
    /// File with the bearer token
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true, help_heading = PROMETHEUS)]
    pub(super) prometheus_token_file: Option<PathBuf>,
    /// User for --prometheus-url
    #[arg(long, global = true, value_name = "NAME", env = "PROMETHEUS_USERNAME", hide_env_values = true, hide_short_help = true,
          help_heading = PROMETHEUS)]
    pub(super) prometheus_username: Option<String>,
    /// Password of that user
    #[arg(long, global = true, value_name = "PASSWORD", env = "PROMETHEUS_PASSWORD", hide_env_values = true, hide_short_help = true,
          help_heading = PROMETHEUS)]
    pub(super) prometheus_password: Option<Token>,
    /// Certificate of the authority that signed that of --prometheus-url
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true, help_heading = PROMETHEUS)]
    pub(super) prometheus_ca: Option<PathBuf>,
    /// Client certificate for --prometheus-url
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true, help_heading = PROMETHEUS)]
    pub(super) prometheus_cert: Option<PathBuf>,
    /// Key of that certificate
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true, help_heading = PROMETHEUS)]
    pub(super) prometheus_key: Option<PathBuf>,
    /// Do not check the certificate of --prometheus-url
    #[arg(long, global = true, hide_short_help = true, help_heading = PROMETHEUS)]
    pub(super) prometheus_insecure: bool,
}

impl Running {
    /// How to reach the Prometheus that was named; `None` where none was.
    pub(super) fn direct(&self, request_timeout: Option<Duration>) -> Option<DirectAccess> {
        Some(DirectAccess {
            url: self.prometheus_url.clone()?,
            credentials: self.credentials(),
            certificate_authority: self.prometheus_ca.clone(),
            insecure_skip_tls_verify: self.prometheus_insecure,
            request_timeout,
        })
    }

    /// How pods are reached by port-forwards, if they are to be; `server` is the only one that is asked.
    pub(super) fn port_forward(&self, server: Option<&str>) -> Option<PortForward> {
        let server = server.and_then(|server| server.split_once('/'));
        let server = server.map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
        self.port_forward.then(|| PortForward { server, credentials: self.credentials() })
    }

    fn credentials(&self) -> Credentials {
        let secret = |token: &Option<Token>| token.as_ref().map(|token| token.0.clone());
        Credentials {
            token: secret(&self.prometheus_token),
            token_file: self.prometheus_token_file.clone(),
            username: self.prometheus_username.clone(),
            password: secret(&self.prometheus_password),
            client_certificate: self.prometheus_cert.clone(),
            client_key: self.prometheus_key.clone(),
        }
    }

    /// What the running servers are asked, for a command that asks them for `usual` unless told otherwise.
    pub(super) fn asks(&self, usual: Live) -> Live {
        if self.no_live {
            Live::No
        } else if self.live || self.port_forward || self.prometheus_url.is_some() {
            usual.max(Live::Targets)
        } else {
            usual
        }
    }
}

/// A bearer token; it never appears in what is printed for debugging.
#[derive(Clone)]
pub(super) struct Token(pub(super) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<redacted>")
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Global {
    /// What clap cannot check, before anything is read.
    pub(super) fn check(&self, against: Option<&Against>) -> Result<(), Error> {
        let dump = matches!(against, Some(Against::Snapshot(_)));
        let flag = if dump { "--against PATH" } else { "--snapshot" };
        if self.snapshot.is_none() && !dump && !(self.assume_whole.is_empty() && self.assume_partial.is_empty()) {
            return Err(Error::usage(
                "--assume-whole and --assume-partial speak of a snapshot",
                "add --snapshot PATH".to_owned(),
            ));
        }
        if let Some(chosen) = self.connection.chosen().filter(|_| dump || self.snapshot.is_some()) {
            return Err(Error::usage(
                format!("{flag} reads files instead of a cluster, and {chosen} chooses a cluster"),
                "leave out one of them".to_owned(),
            ));
        }
        let running = &self.running;
        if self.snapshot.is_some() && (running.live || running.port_forward || running.prometheus_url.is_some()) {
            return Err(Error::usage(
                "--snapshot reads files, and no running Prometheus is asked then",
                "leave out --live, --port-forward and --prometheus-url, or --snapshot".to_owned(),
            ));
        }
        let _ = self.assumptions()?;
        reports::check(&self.report)?;
        if self.prometheus.as_deref().is_some_and(|name| name.is_empty() || name.matches('/').count() > 1) {
            return Err(Error::usage("--prometheus takes NAMESPACE/NAME", None));
        }
        Ok(())
    }

    /// Which kinds the snapshot is said to hold whole (`true`) or in part.
    pub(super) fn assumptions(&self) -> Result<BTreeMap<Kind, bool>, Error> {
        let mut kinds = BTreeMap::new();
        for (words, whole) in [(&self.assume_whole, true), (&self.assume_partial, false)] {
            for word in words {
                let kind = kind_named(word)?;
                if kinds.insert(kind, whole).is_some_and(|before| before != whole) {
                    return Err(Error::usage(format!("{kind} cannot be whole and partial at the same time"), None));
                }
            }
        }
        Ok(kinds)
    }

    /// The namespace that is asked about; `None` for all. A dump has no current namespace: without `-n` all of
    /// it is meant.
    pub(super) fn scope(&self, current: Option<&str>) -> Option<String> {
        // `-n ""` is the current namespace to kubectl: scripts pass a variable that is not set.
        let named = self.namespace.clone().filter(|namespace| !namespace.is_empty());
        if self.all_namespaces { None } else { named.or_else(|| current.map(str::to_owned)) }
    }

    /// The question as far as the flags tell it.
    pub(super) fn question(&self, current: Option<&str>) -> Question {
        let namespace = self.scope(current);
        let server = self.prometheus.as_deref().map(|server| match server.split_once('/') {
            Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
            // Where it is shows once the servers have been read.
            None => (String::new(), server.to_owned()),
        });
        let grace = i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX);
        let live = self.running.asks(Live::No);
        Question { namespace, about: None, selector: self.selector.clone(), server, jobs: false, live, grace }
    }

    /// The form in which an answer that is no report is to be written.
    pub(super) fn data_format(&self, command: &str) -> Result<DataFormat, Error> {
        const ONLY: &str = "reports are what audit, why and lint make";
        if !self.report.is_empty() {
            return Err(Error::usage(format!("{command} makes no report to write with --report"), ONLY.to_owned()));
        }
        let wrong = || {
            Error::usage(
                format!("{command} cannot be written as {}", self.output),
                format!("{ONLY}; here -o takes human, json and yaml"),
            )
        };
        self.output.data().ok_or_else(wrong)
    }

    /// How much is shown to people.
    pub(super) fn detail(&self) -> Detail {
        Detail { wide: self.output == Format::Wide, only_findings: self.quiet > 0, no_headers: self.no_headers }
    }

    /// `-v -v` and `-vv` count, `-v=4` says it outright.
    pub(super) fn verbosity(&self) -> u8 {
        self.verbose.iter().fold(0, |sum, level| sum.saturating_add(*level))
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "info" => Ok(Severity::Info),
        other => {
            let near = nearest(other, ["error", "warning", "info"]);
            Err(near.first().map_or_else(|| "error, warning or info".to_owned(), |near| format!("did you mean {near}?")))
        }
    }
}

/// A duration as kubectl takes it: `90s`, `1h30m`, a bare number for seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const WRONG: &str = "a duration looks like 10s, 5m or 1h30m";
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u32 = rest[..digits].parse().map_err(|_| WRONG.to_owned())?;
        let after = &rest[digits..];
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit = match &after[..end] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3_600),
            "d" => Duration::from_secs(86_400),
            _ => return Err(WRONG.to_owned()),
        };
        let part = unit.checked_mul(number).ok_or_else(|| WRONG.to_owned())?;
        total = total.checked_add(part).ok_or_else(|| WRONG.to_owned())?;
        rest = &after[end..];
    }
    if text.is_empty() { Err(WRONG.to_owned()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1_500)));
        for wrong in ["", "5", "m", "5x", "5m3", "-1s"] {
            assert_eq!(duration(wrong).is_err(), wrong != "5", "{wrong}");
        }
    }
}
