//! Whether the operator accepts a monitor (OP-REJ): one bad endpoint costs the whole object, references are
//! resolved in the monitor's namespace, and what is checked depends on the operator's version.

mod discovery;
mod host;
mod http;
mod other;
mod query;
mod relabel;
mod through;
mod tls;
mod url;

#[cfg(test)]
mod tests;

pub use self::host::meant_host;
pub use self::other::examine_other;
pub use self::relabel::Dialect;
pub use self::through::let_through;
pub use self::url::is_url;
use super::version::{Version, operator};
use crate::prometheus::duration::millis;
use crate::world::{KeyRef, Kind, Monitor, PemFact, Server, Unseen, World};

/// Something that makes the operator refuse a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong.
    pub reason: Reason,
    /// The field.
    pub path: String,
    /// Whether it follows from what was seen, or rests on an assumed version.
    pub certain: bool,
}

/// What is wrong with a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `spec.selector` is no valid label selector.
    Selector {
        /// Why.
        why: String,
    },
    /// The server's version does not know what the field needs.
    Version {
        /// What is asked for.
        what: String,
        /// The first Prometheus version that has it.
        needs: Version,
        /// The version of this server.
        has: Version,
    },
    /// The server forbids ServiceMonitors to name files.
    FileAccess {
        /// The file.
        file: String,
    },
    /// More than one way to authenticate.
    AuthConflict {
        /// The fields, in order.
        fields: Vec<&'static str>,
    },
    /// A Secret or ConfigMap, or a key in it, is not there.
    MissingKey {
        /// Secret or ConfigMap.
        kind: Kind,
        /// Its name.
        name: String,
        /// The key.
        key: String,
        /// The keys it has; `None` where the object itself is missing.
        keys: Option<Vec<String>>,
    },
    /// `scrapeTimeout` is longer than the interval.
    Timeout {
        /// The timeout.
        timeout: String,
        /// The interval.
        interval: String,
        /// Whether the interval is the server's (the endpoint has none).
        of_server: bool,
    },
    /// Not a duration.
    Duration {
        /// The text.
        text: String,
    },
    /// A relabel rule is invalid.
    Relabel {
        /// Why.
        why: String,
    },
    /// HTTP settings contradict each other or lack something.
    Http {
        /// Why.
        why: String,
    },
    /// TLS settings contradict each other or do not parse.
    Tls {
        /// Why.
        why: String,
    },
    /// A Probe or ScrapeConfig names nothing that targets could come from, or not all that is needed to find them.
    Discovery {
        /// Why.
        why: String,
    },
    /// The job that was generated for it is refused by Prometheus.
    Job {
        /// Why.
        why: String,
    },
    /// The class is not one of the server's.
    ScrapeClass {
        /// The class.
        name: String,
        /// The classes of the server.
        known: Vec<String>,
    },
}

impl Reason {
    /// The reason in a few words, without the field.
    pub fn text(&self) -> String {
        match self {
            Self::Selector { why }
            | Self::Relabel { why }
            | Self::Http { why }
            | Self::Tls { why }
            | Self::Discovery { why }
            | Self::Job { why } => why.clone(),
            Self::Version { what, needs, has } => format!("{what} needs Prometheus {needs}, the server is {has}"),
            Self::FileAccess { file } => format!("{file:?} is a file of the Prometheus pod, and the server forbids to name any"),
            Self::AuthConflict { fields } => format!("{} exclude each other", crate::text::list(fields, 5)),
            Self::MissingKey { name, .. } if name.is_empty() => "the name of a Secret is missing".to_owned(),
            Self::MissingKey { kind, name, keys: None, .. } => {
                format!("{kind} {name:?} does not exist in the monitor's namespace")
            }
            Self::MissingKey { kind, name, key, keys: Some(keys) } => {
                format!("{kind} {name:?} has no key {key:?}: it has {}", crate::text::list(keys, 4))
            }
            Self::Timeout { timeout, interval, of_server } => {
                let whose = if *of_server { "the server's interval" } else { "the interval" };
                format!("timeout {timeout} is longer than {whose} {interval}")
            }
            Self::Duration { text } => format!("{text:?} is not a duration such as 30s or 1m30s"),
            Self::ScrapeClass { name, known } if known.is_empty() => {
                format!("scrape class {name:?} does not exist: the server has none")
            }
            Self::ScrapeClass { name, known } => {
                format!("scrape class {name:?} does not exist: the server has {}", crate::text::list(known, 4))
            }
        }
    }

    /// Whether words of the operator about a refusal speak of this reason.
    pub fn is_meant_by(&self, says: &str) -> bool {
        let words: &[&str] = match self {
            Self::Selector { .. } => {
                &["Invalid value", "is not a valid label selector operator", "selector", "expected", "found '"]
            }
            Self::Version { .. } => &["only supported"],
            Self::FileAccess { .. } => &["file system"],
            Self::AuthConflict { .. } => &["at the same time"],
            Self::MissingKey { .. } => &["not found", "may not be empty"],
            Self::Timeout { .. } => &["greater than"],
            Self::Duration { .. } => &["invalid scrape"],
            Self::Relabel { .. } => &["elabelConfigs: ["],
            Self::Http { .. } => &["oauth2", "OAuth2", "uthorization", "roxy", "parse ", "proberSpec", "scheme", "in URL"],
            Self::Tls { .. } => &["tls", "TLS"],
            Self::Discovery { .. } => &["required", "invalid label", "requires", "simultaneously"],
            Self::Job { .. } => &[],
            Self::ScrapeClass { .. } => &["scrapeClass"],
        };
        words.iter().any(|word| says.contains(word))
    }
}

/// What is known about the acceptance of a monitor by one server.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    /// What the operator refuses it for, in the order in which it checks.
    pub rejections: Vec<Rejection>,
    /// Checks that could not be made.
    pub unknown: Vec<Unseen>,
}

/// What the checks look at.
pub(super) struct Examiner<'a> {
    pub(super) world: &'a World,
    pub(super) kind: Kind,
    pub(super) namespace: &'a str,
    pub(super) server: &'a Server,
    pub(super) operator: Option<Version>,
    pub(super) prometheus: Option<Version>,
    pub(super) out: Acceptance,
}

/// Examines a monitor as the operator of a server does.
pub fn examine(
    world: &World,
    monitor: &Monitor,
    server: &Server,
    operator_version: Option<Version>,
    prometheus: Option<Version>,
) -> Acceptance {
    let out = Acceptance::default();
    let (kind, namespace) = (monitor.kind, monitor.metadata.namespace.as_str());
    let mut examiner = Examiner { world, kind, namespace, server, operator: operator_version, prometheus, out };
    examiner.object(monitor);
    for (at, _) in monitor.spec.endpoints.iter().enumerate() {
        examiner.endpoint(monitor, at);
    }
    examiner.scrape_class(&monitor.spec.scrape_class);
    examiner.out
}

impl Examiner<'_> {
    /// Whether the operator is at least 0.`minor`; an unknown version counts as new, and less certain.
    pub(super) fn since(&self, minor: u32) -> bool {
        self.operator.is_none_or(|version| version >= operator(minor))
    }

    pub(super) fn reject(&mut self, reason: Reason, path: String) {
        self.reject_if(true, reason, path);
    }

    /// Rejects; not for certain unless `sure` and the version is known.
    pub(super) fn reject_if(&mut self, sure: bool, reason: Reason, path: String) {
        let certain = sure && self.operator.is_some();
        self.out.rejections.push(Rejection { reason, path, certain });
    }

    fn object(&mut self, monitor: &Monitor) {
        if let Some((at, why)) = monitor.spec.selector.invalid() {
            self.reject(Reason::Selector { why }, format!("spec.selector.{at}"));
        }
        if monitor.spec.selector_mechanism == "RoleSelector" {
            self.needs_prometheus(Version::new(2, 17, 0), "selectorMechanism RoleSelector", "spec.selectorMechanism".to_owned());
        }
    }

    /// Rejects where the server's version is known and too old.
    pub(super) fn needs_prometheus(&mut self, needs: Version, what: &str, path: String) {
        if let Some(has) = self.prometheus.filter(|has| *has < needs) {
            self.reject(Reason::Version { what: what.to_owned(), needs, has }, path);
        }
    }

    fn endpoint(&mut self, monitor: &Monitor, at: usize) {
        let endpoint = &monitor.spec.endpoints[at];
        let path = format!("spec.{}[{at}]", monitor.endpoints_field());
        if !monitor.is_pod_monitor() {
            self.file_access(endpoint, &path);
        }
        self.http(endpoint, &path);
        self.timeouts(endpoint, &path);
        // Rules were not looked at before 0.54: a bad one went straight into the configuration.
        if self.since(54) {
            for (list, field) in [(&endpoint.relabelings, "relabelings"), (&endpoint.metric_relabelings, "metricRelabelings")] {
                for (index, rule) in list.iter().enumerate() {
                    self.relabel(rule, &format!("{path}.{field}[{index}]"));
                }
            }
        }
    }

    fn file_access(&mut self, endpoint: &crate::world::Endpoint, path: &str) {
        if !self.server.spec.arbitrary_fs_access.deny {
            return;
        }
        let tls = endpoint.tls_config.as_ref();
        let files = [
            (endpoint.bearer_token_file.as_str(), "bearerTokenFile"),
            (tls.map_or("", |tls| &tls.ca_file), "tlsConfig.caFile"),
            (tls.map_or("", |tls| &tls.cert_file), "tlsConfig.certFile"),
            (tls.map_or("", |tls| &tls.key_file), "tlsConfig.keyFile"),
        ];
        for (file, field) in files.into_iter().filter(|(file, _)| !file.is_empty()) {
            self.reject(Reason::FileAccess { file: file.to_owned() }, format!("{path}.{field}"));
        }
    }

    fn timeouts(&mut self, endpoint: &crate::world::Endpoint, path: &str) {
        let fields = [format!("{path}.scrapeTimeout"), format!("{path}.interval")];
        self.times(&endpoint.scrape_timeout, &endpoint.interval, fields);
    }

    /// OP-REJ-I: only where an endpoint sets a timeout are timeout and interval looked at, since 0.54. A bad interval
    /// alone passes here, and Prometheus refuses it.
    pub(super) fn times(&mut self, timeout: &str, interval: &str, [timeout_path, interval_path]: [String; 2]) {
        if timeout.is_empty() || !self.since(54) {
            return;
        }
        let of_server = interval.is_empty();
        let interval = if of_server { self.server.scrape_interval() } else { interval };
        let mut bad = |text: &str, path: String| self.reject(Reason::Duration { text: text.to_owned() }, path);
        match (millis(timeout), millis(interval)) {
            (None, _) => bad(timeout, timeout_path),
            (_, None) if !of_server => bad(interval, interval_path),
            (Some(long), Some(short)) if long > short => {
                let (timeout, interval) = (timeout.to_owned(), interval.to_owned());
                self.reject(Reason::Timeout { timeout, interval, of_server }, timeout_path);
            }
            _ => {}
        }
    }

    pub(super) fn scrape_class(&mut self, name: &str) {
        if name.is_empty() || !self.since(72) {
            return;
        }
        let known: Vec<String> = self.server.spec.scrape_classes.iter().map(|class| class.name.clone()).collect();
        if !known.iter().any(|class| class == name) {
            self.reject(Reason::ScrapeClass { name: name.to_owned(), known }, "spec.scrapeClass".to_owned());
        }
    }

    /// Looks up a key in the monitor's namespace (OP-REJ-3: `optional` is ignored there). `None` where it is
    /// missing, which is noted, or could not be seen, which is noted as well.
    pub(super) fn key(&mut self, kind: Kind, reference: &KeyRef, path: &str) -> Option<PemFact> {
        if reference.name.is_empty() {
            let (name, key) = (String::new(), reference.key.clone());
            self.reject(Reason::MissingKey { kind, name, key, keys: None }, path.to_owned());
            return None;
        }
        match look_up(self.world, kind, self.namespace, reference) {
            KeyLookup::Found(pem) => Some(pem),
            KeyLookup::Missing(keys) => {
                // Missing Secrets are a reason to refuse since 0.42; before, the whole sync failed.
                let (name, key) = (reference.name.clone(), reference.key.clone());
                self.reject(Reason::MissingKey { kind, name, key, keys }, path.to_owned());
                None
            }
            KeyLookup::Unknown(unseen) => {
                self.out.unknown.push(unseen);
                None
            }
        }
    }
}

/// What is known of a key that something refers to.
#[derive(Clone, Debug)]
pub enum KeyLookup {
    /// It is there, and this is what its value is as PEM text.
    Found(PemFact),
    /// It is not there; with the keys that are, where the object itself is.
    Missing(Option<Vec<String>>),
    /// The object was not seen.
    Unknown(Unseen),
}

/// Looks up a key of a Secret or ConfigMap.
pub fn look_up(world: &World, kind: Kind, namespace: &str, reference: &KeyRef) -> KeyLookup {
    let table = if kind == Kind::Secret { &world.secrets } else { &world.config_maps };
    if let Some(store) = table.get(namespace, &reference.name) {
        return match store.keys.get(&reference.key) {
            Some(fact) => KeyLookup::Found(fact.pem.clone()),
            None => KeyLookup::Missing(Some(store.keys.keys().cloned().collect())),
        };
    }
    match world.sight.whole_object(kind, namespace, &reference.name) {
        Ok(()) => KeyLookup::Missing(None),
        Err(unseen) => KeyLookup::Unknown(unseen),
    }
}
