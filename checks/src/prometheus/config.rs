//! The configuration that the operator generated, as it lies in its Secret: unpacked with a size limit, its
//! credentials removed while it is read, its jobs taken apart.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use serde_json::{Value, json};

pub use super::rule::Rule;
use crate::world::{Kind, Meta, ObjectId};

/// More than any configuration that fits into a Secret of 1 MiB; a guard against gzip bombs.
const MAX_CONFIG_BYTES: u64 = 64 << 20;
/// What an API server accepts for all values of a Secret.
pub const SECRET_LIMIT: usize = 1 << 20;
/// What stands in place of a credential.
pub const REDACTED: &str = "<redacted>";

/// The generated configuration of a server.
#[derive(Clone, Debug)]
pub struct GeneratedConfig {
    /// Bytes as they lie in the Secret.
    pub size: usize,
    /// What came out.
    pub payload: Payload,
}

/// What came out of the Secret.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Nothing: the state of a server in unmanaged mode before somebody fills it in.
    Empty,
    /// It could not be read; the reason is for people.
    Undecodable(String),
    /// A configuration.
    Decoded(Config),
}

/// A decoded configuration without credentials.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Its scrape jobs, in order.
    pub jobs: Vec<Job>,
    /// The whole file, credentials replaced by [`REDACTED`].
    pub redacted: Value,
    /// Paths of keys that occur twice in one map, in order; of their values the last is in [`Self::redacted`].
    pub repeated: Vec<String>,
    /// Places of jobs by namespace and name of the monitor that they were generated from.
    by_monitor: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
    /// What in it nobody saw, because the operator has yet to write it.
    pub foretold: Foretold,
}

/// What an operator will make of changes that are not made yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foretold {
    /// Objects whose jobs are those that the operator would write: they prove nothing about what it accepts.
    pub written: BTreeSet<ObjectId>,
    /// Objects of which it is not known what jobs they will have, and why.
    pub open: BTreeMap<ObjectId, String>,
}

impl Config {
    /// A configuration that has yet to be written.
    pub(crate) fn foretold(global: Value, jobs: Vec<Value>, foretold: Foretold) -> Self {
        let empty = Self::new(json!({"global": global, "scrape_configs": []}), Vec::new());
        empty.rewritten(&BTreeSet::new(), jobs, foretold)
    }

    /// The configuration without some of its jobs, by their places, and with others, each where an operator would put
    /// it: by kind of monitor and name, and all in front of the jobs that come from no monitor.
    pub(crate) fn rewritten(&self, without: &BTreeSet<usize>, jobs: Vec<Value>, mut foretold: Foretold) -> Self {
        foretold.written.extend(self.foretold.written.iter().cloned());
        foretold.open.extend(self.foretold.open.iter().map(|(id, why)| (id.clone(), why.clone())));
        let mut list: Vec<(Option<usize>, Job)> = Vec::new();
        let kept = self.jobs.iter().enumerate().filter(|(at, _)| !without.contains(at));
        list.extend(kept.map(|(at, job)| (Some(at), job.clone())));
        for value in jobs {
            let job = Job::read(&value);
            let at = list.iter().position(|(_, other)| order(&job) < order(other)).unwrap_or(list.len());
            list.insert(at, (None, job));
        }
        let moved = |path: &String| {
            let Some((at, rest)) = path.strip_prefix("scrape_configs[").and_then(|rest| rest.split_once(']')) else {
                return Some(path.clone());
            };
            let was: usize = at.parse().ok()?;
            let now = list.iter().position(|(at, _)| *at == Some(was))?;
            Some(format!("scrape_configs[{now}]{rest}"))
        };
        let repeated = self.repeated.iter().filter_map(moved).collect();
        let mut redacted = self.redacted.clone();
        redacted["scrape_configs"] = list.into_iter().map(|(_, job)| job.redacted).collect();
        Self { foretold, ..Self::new(redacted, repeated) }
    }

    fn new(redacted: Value, repeated: Vec<String>) -> Self {
        let foretold = Foretold::default();
        let mut config = Self { jobs: jobs(&redacted), redacted, repeated, by_monitor: BTreeMap::new(), foretold };
        for (at, job) in config.jobs.iter().enumerate() {
            if let Some(origin) = job.origin.clone() {
                config.by_monitor.entry(origin.namespace).or_default().entry(origin.name).or_default().push(at);
            }
        }
        config
    }

    /// The jobs whose names lead to monitors of this name, of any kind.
    pub fn jobs_of(&self, monitor: &Meta) -> impl Iterator<Item = &Job> {
        let places = self.by_monitor.get(&monitor.namespace).and_then(|names| names.get(&monitor.name));
        places.into_iter().flatten().map(|&at| &self.jobs[at])
    }
}

/// A scrape job.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Its `job_name`.
    pub name: String,
    /// The monitor that it was generated from, as its name tells.
    pub origin: Option<Origin>,
    /// Its Kubernetes service discovery.
    pub discovery: Vec<KubernetesSd>,
    /// Its relabel rules.
    pub rules: Vec<Rule>,
    /// Its rules for samples.
    pub metric_rules: Vec<Rule>,
    /// Its scrape interval.
    pub interval: Option<String>,
    /// Its scrape timeout.
    pub timeout: Option<String>,
    /// The whole job, credentials removed.
    pub redacted: Value,
}

/// The monitor endpoint that a job was generated from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Its kind; `None` for names of operators up to 0.46, which do not tell ServiceMonitors from PodMonitors.
    pub kind: Option<Kind>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Index of the endpoint; 0 for kinds that have one job.
    pub endpoint: usize,
}

/// An entry of `kubernetes_sd_configs`.
#[derive(Clone, Debug, Default)]
pub struct KubernetesSd {
    /// Role.
    pub role: String,
    /// Namespaces; empty means the whole cluster.
    pub namespaces: Vec<String>,
    /// Whether the server's own namespace is one of them.
    pub own_namespace: bool,
    /// Selectors.
    pub selectors: Vec<SdSelector>,
    /// What is added of other objects.
    pub attach: Attach,
    /// Whether it talks to another API server, by `api_server` or by `kubeconfig_file`.
    pub api_server: bool,
}

/// An entry of `selectors`: what the API server is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SdSelector {
    /// The kind it is for, by the name of its role.
    pub role: String,
    /// Label selector, as `kubectl -l` takes it; empty for none.
    pub label: String,
    /// Field selector; empty for none.
    pub field: String,
}

/// `attach_metadata`: whose metadata is added to targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the keys of the same name")]
pub struct Attach {
    pub node: bool,
    pub namespace: bool,
    pub deployment: bool,
    pub job: bool,
    pub cronjob: bool,
}

/// Unpacks and reads the value of the configuration key.
pub(crate) fn decode_config(value: &[u8], gzipped: bool) -> GeneratedConfig {
    let payload = unpack(value, gzipped).map_or_else(Payload::Undecodable, |text| read(&text));
    GeneratedConfig { size: value.len(), payload }
}

fn unpack(value: &[u8], gzipped: bool) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let magic = value.starts_with(&[0x1f, 0x8b]);
    if !magic && gzipped {
        return Err(format!("the value of prometheus.yaml.gz is not gzip (it starts with {})", first_bytes(value)));
    }
    let mut bytes = Vec::new();
    if magic {
        let mut reader = flate2::read::MultiGzDecoder::new(value).take(MAX_CONFIG_BYTES + 1);
        reader.read_to_end(&mut bytes).map_err(|error| format!("the gzip data is damaged: {error}"))?;
        if bytes.len() as u64 > MAX_CONFIG_BYTES {
            return Err(format!("it unpacks to more than {} MiB", MAX_CONFIG_BYTES >> 20));
        }
    } else {
        bytes.extend_from_slice(value);
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

fn first_bytes(value: &[u8]) -> String {
    let hex = value.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    format!("bytes {}", hex.join(" "))
}

fn read(text: &str) -> Payload {
    let stream = crate::yaml::parse(text);
    if let Some(broken) = stream.broken.first() {
        return Payload::Undecodable(format!("it is not YAML: line {}: {}", broken.line, broken.message));
    }
    let Some(document) = stream.documents.first() else {
        return Payload::Empty;
    };
    match document.to_json() {
        Ok(mut value @ Value::Object(_)) => {
            redact(&mut value, false);
            Payload::Decoded(Config::new(value, document.repeated_keys()))
        }
        Ok(_) => Payload::Undecodable("it is YAML, but not a map".to_owned()),
        Err(broken) => Payload::Undecodable(format!("it is not YAML: line {}: {}", broken.line, broken.message)),
    }
}

/// Where a job stands among others; `None` for a monitor's kind is that of operators that do not tell it.
fn order(job: &Job) -> (usize, Option<(&str, &str, usize)>) {
    const KINDS: [Option<Kind>; 5] =
        [None, Some(Kind::ServiceMonitor), Some(Kind::PodMonitor), Some(Kind::Probe), Some(Kind::ScrapeConfig)];
    let Some(origin) = &job.origin else { return (KINDS.len(), None) };
    let rank = KINDS.iter().position(|kind| *kind == origin.kind).unwrap_or(KINDS.len());
    (rank, Some((&origin.namespace, &origin.name, origin.endpoint)))
}

/// Reads a configuration that a running server shows.
///
/// # Errors
/// Why it is none.
pub(crate) fn redacted_config(text: &str) -> Result<Config, String> {
    match read(text) {
        Payload::Decoded(config) => Ok(config),
        Payload::Empty => Ok(Config::default()),
        Payload::Undecodable(why) => Err(why),
    }
}

fn jobs(config: &Value) -> Vec<Job> {
    let list = config.get("scrape_configs").and_then(Value::as_array);
    list.into_iter().flatten().map(Job::read).collect()
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(scalar)
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(crate) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

impl Job {
    /// Reads an entry of `scrape_configs` whose credentials are removed already.
    pub fn read(value: &Value) -> Self {
        let name = text(value, "job_name").unwrap_or_default();
        let discovery = items(value, "kubernetes_sd_configs").map(KubernetesSd::read);
        Self {
            origin: origin(&name),
            discovery: discovery.collect(),
            rules: items(value, "relabel_configs").map(Rule::read).collect(),
            metric_rules: items(value, "metric_relabel_configs").map(Rule::read).collect(),
            interval: text(value, "scrape_interval"),
            timeout: text(value, "scrape_timeout"),
            redacted: value.clone(),
            name,
        }
    }
}

impl KubernetesSd {
    /// Reads an entry of `kubernetes_sd_configs`.
    pub fn read(sd: &Value) -> Self {
        let selector = |selector: &Value| SdSelector {
            role: text(selector, "role").unwrap_or_default(),
            label: text(selector, "label").unwrap_or_default(),
            field: text(selector, "field").unwrap_or_default(),
        };
        let flag = |pointer: &str| sd.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
        let attach = |key: &str| flag(&format!("/attach_metadata/{key}"));
        Self {
            role: text(sd, "role").unwrap_or_default(),
            namespaces: sd.get("namespaces").map(|names| items(names, "names").filter_map(scalar).collect()).unwrap_or_default(),
            own_namespace: flag("/namespaces/own_namespace"),
            selectors: items(sd, "selectors").map(selector).collect(),
            attach: Attach {
                node: attach("node"),
                namespace: attach("namespace"),
                deployment: attach("deployment"),
                job: attach("job"),
                cronjob: attach("cronjob"),
            },
            api_server: ["api_server", "kubeconfig_file"].iter().any(|key| text(sd, key).is_some_and(|text| !text.is_empty())),
        }
    }
}

/// The monitor behind a job name (OP-CFG-2): `serviceMonitor/ns/name/0` since operator 0.47, `ns/name/0` before.
fn origin(name: &str) -> Option<Origin> {
    let parts: Vec<&str> = name.split('/').collect();
    let (kind, namespace, monitor, endpoint) = match parts.as_slice() {
        ["serviceMonitor", namespace, name, index] => (Some(Kind::ServiceMonitor), namespace, name, index.parse().ok()?),
        ["podMonitor", namespace, name, index] => (Some(Kind::PodMonitor), namespace, name, index.parse().ok()?),
        ["probe", namespace, name] => (Some(Kind::Probe), namespace, name, 0),
        ["scrapeConfig" | "scrapeconfig", namespace, name] => (Some(Kind::ScrapeConfig), namespace, name, 0),
        [namespace, name, index] => (None, namespace, name, index.parse().ok()?),
        _ => return None,
    };
    Some(Origin { kind, namespace: (*namespace).to_owned(), name: (*monitor).to_owned(), endpoint })
}

/// A piece of configuration with its credentials replaced by [`REDACTED`].
pub fn redacted(mut value: Value) -> Value {
    redact(&mut value, false);
    value
}

/// Replaces credentials: by the keys that Prometheus' configuration uses for them, by names that speak of
/// secrets, and user data in URLs. Files and other references stay, they are not secret.
fn redact(value: &mut Value, secret: bool) {
    match value {
        Value::Object(map) => {
            // A rule may write a credential into a label whose name tells.
            let writes = map.get("target_label").and_then(Value::as_str).is_some_and(secret_key);
            if let Some(replacement) = map.get_mut("replacement").filter(|text| writes && !text.to_string().contains('$')) {
                *replacement = Value::String(REDACTED.to_owned());
            }
            for (key, value) in map.iter_mut() {
                // A map under a telling name (`authorization`) holds its type and its credentials; only maps of
                // headers are secret as a whole.
                let own = if value.is_object() { HEADER_MAPS.contains(&key.as_str()) } else { secret_key(key) };
                redact(value, secret || own);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secret)),
        Value::String(text) if secret && !text.is_empty() => *text = REDACTED.to_owned(),
        Value::Number(_) if secret => *value = Value::String(REDACTED.to_owned()),
        Value::String(text) => {
            if let Some(clean) = without_user(text) {
                *text = clean;
            }
            if let Some(clean) = without_secret_parameters(text) {
                *text = clean;
            }
        }
        _ => {}
    }
}

/// Maps whose values are all taken for secret.
const HEADER_MAPS: &[&str] = &["proxy_connect_header", "http_headers", "headers"];

/// Whether a name speaks of a credential.
pub(crate) fn secret_key(key: &str) -> bool {
    const WORDS: &[&str] = &[
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "api_key",
        "apikey",
        "api-key",
        "access_key",
        "account_key",
        "service_key",
        "private_key",
        "routing_key",
        "authorization",
        "cookie",
        "key_pem",
        "bearer",
    ];
    const REFERENCES: &[&str] = &["_file", "_url", "_path", "_name"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word)) && !REFERENCES.iter().any(|end| key.ends_with(end)) || key == "key"
}

/// `scheme://user:password@host` without user and password; `None` where there are none.
fn without_user(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..authority].rfind('@')?;
    Some(format!("{scheme}://{REDACTED}@{}", &rest[at + 1..]))
}

/// A URL whose query has a telling name (`?api_key=…`) without the value; `None` where there is none.
fn without_secret_parameters(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let start = text.len() - rest.len() + rest.find('?')? + 1;
    let end = text[start..].find('#').map_or(text.len(), |at| start + at);
    let secret = |pair: &&str| pair.split_once('=').is_some_and(|(key, value)| secret_key(key) && !value.is_empty());
    if !text[start..end].split('&').any(|pair| secret(&pair)) {
        return None;
    }
    let pairs = text[start..end].split('&').map(|pair| match pair.split_once('=').filter(|_| secret(&pair)) {
        Some((key, _)) => format!("{key}={REDACTED}"),
        None => pair.to_owned(),
    });
    Some(format!("{}{}{}", &text[..start], pairs.collect::<Vec<_>>().join("&"), &text[end..]))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(text: &str) -> Config {
        match decode_config(&gzip(text.as_bytes()), true).payload {
            Payload::Decoded(config) => config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn job_names_of_all_operators_lead_to_their_monitor() {
        let of = |name: &str| origin(name).map(|origin| (origin.kind, origin.namespace, origin.name, origin.endpoint));
        let shop = || ("shop".to_owned(), "cart".to_owned());
        let (namespace, name) = shop();
        assert_eq!(of("serviceMonitor/shop/cart/1"), Some((Some(Kind::ServiceMonitor), namespace, name, 1)));
        let (namespace, name) = shop();
        assert_eq!(of("shop/cart/0"), Some((None, namespace, name, 0)));
        let (namespace, name) = shop();
        assert_eq!(of("scrapeconfig/shop/cart"), Some((Some(Kind::ScrapeConfig), namespace, name, 0)));
        assert_eq!(of("node-exporter"), None);
        assert_eq!(of("a/b/c"), None);
    }

    #[test]
    fn no_credential_survives_the_reading() {
        let config = decoded(
            "global: {external_labels: {token: x}}\n\
             scrape_configs:\n\
             - job_name: a\n\
             \x20 basic_auth: {username: u, password: hunter2}\n\
             \x20 authorization: {type: Bearer, credentials: hunter2}\n\
             \x20 bearer_token_file: /var/run/token\n\
             \x20 params: {api_key: [hunter2], module: [http_2xx]}\n\
             \x20 oauth2: {client_id: c, client_secret: hunter2, token_url: 'https://u:hunter2@h/t'}\n\
             \x20 proxy_url: http://u:hunter2@proxy:3128\n\
             \x20 http_headers: {X-Key: {values: [hunter2]}}\n\
             \x20 relabel_configs: [{target_label: password, replacement: hunter2}]\n\
             remote_write: [{url: 'https://u:hunter2@h/x', sigv4: {access_key: hunter2}}, {url: 'https://h/x?a=1&token=hunter2#f'}]\n",
        );
        let text = config.redacted.to_string() + &format!("{:?}", config.jobs);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("/var/run/token") && text.contains("http_2xx"), "{text}");
        assert!(text.contains("https://h/x?a=1&token=<redacted>#f"), "{text}");
    }

    #[test]
    fn bad_payloads_are_named() {
        let why = |value: &[u8]| match decode_config(value, true).payload {
            Payload::Undecodable(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(b"global: {}").contains("not gzip"));
        let whole = gzip("global: {}\n".repeat(99).as_bytes());
        assert!(why(&whole[..whole.len() / 2]).contains("damaged"));
        assert!(why(&gzip(b"- a")).contains("not a map"));
        assert!(why(&gzip(b"a: [")).contains("not YAML"));
        assert!(matches!(decode_config(b"", true).payload, Payload::Empty));
        assert!(matches!(decode_config(&gzip(b""), true).payload, Payload::Empty));
    }

    #[test]
    fn a_gzip_bomb_is_refused_at_the_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let block = vec![b' '; 1 << 20];
        (0..=MAX_CONFIG_BYTES >> 20).for_each(|_| encoder.write_all(&block).unwrap());
        let bomb = encoder.finish().unwrap();
        assert!(matches!(decode_config(&bomb, true).payload, Payload::Undecodable(why) if why.contains("more than 64 MiB")));
    }

    #[test]
    fn numbers_in_rules_are_taken_by_their_text() {
        let config =
            decoded("scrape_configs: [{job_name: a, relabel_configs: [{action: keep, source_labels: [p], regex: 8080}]}]");
        assert_eq!(config.jobs[0].rules[0].regex.as_deref(), Some("8080"));
    }
}
