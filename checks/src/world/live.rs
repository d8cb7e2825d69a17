//! What the running pods of servers answered: their targets as they are, the configuration in memory, how the last
//! reload went. Asked of each pod, as shards have other targets and replicas may have loaded other configurations.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, io};

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Labels, seconds};
use crate::prometheus::config::{Config, redacted_config};
use crate::prometheus::failure::{self, Failure};
use crate::targets::mask;

/// An answer, or why there is none.
#[derive(Clone, Debug, Default)]
pub enum Answer<T> {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// It was asked and did not answer; the reason is for people.
    Failed(String),
    /// What it said.
    Given(T),
}

impl<T> Answer<T> {
    /// What it said.
    pub fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            _ => None,
        }
    }

    /// Why it did not answer though it was asked.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

/// What one running pod of a server answered.
#[derive(Clone, Debug, Default)]
pub struct LivePod {
    /// Namespace and name of the server; `None` where an answer does not tell whose it is.
    pub server: Option<(String, String)>,
    /// The pod, or the address that was asked; empty where it is not known.
    pub pod: String,
    /// Its targets.
    pub targets: Answer<LiveTargets>,
    /// The configuration in memory.
    pub config: Answer<Config>,
    /// How it runs.
    pub runtime: Answer<Runtime>,
    /// Its version.
    pub version: Answer<String>,
    /// Its flags.
    pub flags: Answer<BTreeMap<String, String>>,
    /// Whether it does not answer for a reason that time does not mend: whoever asks may not, or the way does not lead there.
    pub lasting: bool,
    /// What the reloader beside it counts.
    pub reloader: Answer<Reloader>,
}

/// What a running pod can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// Its targets.
    Targets,
    /// How it runs, and how the last reload went.
    Runtime,
    /// The configuration in memory.
    Config,
    /// Its version.
    Version,
    /// Its flags.
    Flags,
    /// What the reloader beside it counts: another door of the pod.
    Reloader,
}

impl Ask {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Targets, Self::Runtime, Self::Config, Self::Version, Self::Flags, Self::Reloader];

    /// The path under the server's prefix.
    pub fn path(self) -> &'static str {
        match self {
            Self::Targets => "/api/v1/targets",
            Self::Runtime => "/api/v1/status/runtimeinfo",
            Self::Config => "/api/v1/status/config",
            Self::Version => "/api/v1/status/buildinfo",
            Self::Flags => "/api/v1/status/flags",
            Self::Reloader => "/metrics",
        }
    }
}

impl LivePod {
    /// Whether it was asked.
    pub fn was_asked(&self, ask: Ask) -> bool {
        match ask {
            Ask::Targets => !matches!(self.targets, Answer::NotAsked),
            Ask::Runtime => !matches!(self.runtime, Answer::NotAsked),
            Ask::Config => !matches!(self.config, Answer::NotAsked),
            Ask::Version => !matches!(self.version, Answer::NotAsked),
            Ask::Flags => !matches!(self.flags, Answer::NotAsked),
            Ask::Reloader => !matches!(self.reloader, Answer::NotAsked),
        }
    }

    /// Takes its targets, or why there are none.
    pub fn hear_targets(&mut self, targets: Result<LiveTargets, String>) {
        self.targets = match targets {
            Ok(targets) => Answer::Given(targets),
            Err(why) => Answer::Failed(why),
        };
    }

    /// Takes an answer, or why there is none.
    pub fn take(&mut self, ask: Ask, answer: Result<&[u8], String>) {
        fn read<T>(answer: Result<&[u8], String>, read: impl Fn(&[u8]) -> Result<T, String>) -> Answer<T> {
            match answer.and_then(read) {
                Ok(value) => Answer::Given(value),
                Err(why) => Answer::Failed(why),
            }
        }
        match ask {
            Ask::Targets => self.hear_targets(answer.and_then(LiveTargets::read)),
            Ask::Runtime => self.runtime = read(answer, Runtime::read),
            Ask::Config => self.config = read(answer, read_live_config),
            Ask::Version => self.version = read(answer, read_live_version),
            Ask::Flags => self.flags = read(answer, read_live_flags),
            Ask::Reloader => self.reloader = read(answer, Reloader::read),
        }
    }
}

/// What a server says of its last reload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtime {
    /// Whether the last reload succeeded.
    pub reloaded: bool,
    /// When a configuration was last loaded with success, in seconds since 1970.
    pub loaded_at: Option<i64>,
    /// When the process started.
    pub started_at: Option<i64>,
}

/// What the reloader beside a server counts (OP-RLD-4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reloader {
    /// Whether the last reload that it asked for succeeded.
    pub succeeded: Option<bool>,
    /// When one last did, in seconds since 1970.
    pub succeeded_at: Option<i64>,
    /// How often it could not read, unpack or write what it should, since it was started.
    pub not_applied: Option<i64>,
}

impl Reloader {
    /// Reads its metrics.
    ///
    /// # Errors
    /// What the answer is instead.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(body);
        let value = |name: &str| {
            let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])))?;
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        #[allow(clippy::cast_possible_truncation, reason = "times and counts; what is out of range is cut")]
        let whole = |name: &str| value(name).map(|number| number as i64);
        // Before the first request there is nothing that could have failed.
        let asked = value("reloader_reloads_total").is_none_or(|number| number > 0.0);
        let out = Self {
            succeeded: value("reloader_last_reload_successful").filter(|_| asked).map(|number| number > 0.0),
            succeeded_at: whole("reloader_last_reload_success_timestamp_seconds").filter(|at| *at > 0),
            not_applied: whole("reloader_config_apply_operations_failed_total"),
        };
        if out == Self::default() { Err("the answer is not that of a config-reloader".to_owned()) } else { Ok(out) }
    }
}

/// The targets of a running server.
#[derive(Clone, Debug, Default)]
pub struct LiveTargets {
    /// Those that it scrapes.
    pub active: Vec<LiveTarget>,
    /// How many it dropped, by pool.
    pub dropped: BTreeMap<String, usize>,
    /// Whether every pool is named in `dropped` (since 2.47): then a pool that is not there does not exist.
    pub all_pools: bool,
    /// The pools that were asked about, so that nothing is known of the targets of others; none where it was all of them.
    pub only: Vec<String>,
}

/// A target that a server scrapes.
#[derive(Clone, Debug, Default)]
pub struct LiveTarget {
    /// Its pool, which is the name of its job.
    pub pool: String,
    /// Its URL.
    pub url: String,
    /// Its labels, without credentials.
    pub labels: Labels,
    /// The namespace of the object behind it.
    pub namespace: String,
    /// The pod behind it; empty where there is none.
    pub pod: String,
    /// The Service that it was found through; empty for those found without.
    pub service: String,
    /// Whether it answers.
    pub health: Health,
    /// Why the last scrape failed.
    pub failure: Option<Failure>,
    /// The last error, without URL and credentials.
    pub error: String,
    /// When it was last scraped, in seconds since 1970; `None` for never.
    pub scraped_at: Option<i64>,
    /// Its scrape timeout as it is written; empty before 2.30.
    pub timeout: String,
}

/// Whether a target answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// The last scrape succeeded.
    Up,
    /// It was not scraped yet.
    #[default]
    Pending,
    /// The last scrape failed.
    Down,
}

/// A big server tells of a hundred thousand targets with forty labels each: every target is taken down to what is kept as
/// soon as it is read, and of those that are dropped nothing is kept but their number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTargets {
    #[serde(default)]
    active_targets: Each<Vec<LiveTarget>>,
    #[serde(default)]
    dropped_targets: Each<BTreeMap<String, usize>>,
    #[serde(default)]
    dropped_target_counts: Option<BTreeMap<String, usize>>,
}

/// What is made of the items of a list, one by one.
#[derive(Default)]
struct Each<T>(T);

/// Takes the next item of a list.
trait Take: Default {
    type Item: for<'de> Deserialize<'de>;
    fn take(&mut self, item: Self::Item);
}

impl Take for Vec<LiveTarget> {
    type Item = RawTarget;
    fn take(&mut self, item: RawTarget) {
        self.push(item.into());
    }
}

impl Take for BTreeMap<String, usize> {
    type Item = RawDropped;
    fn take(&mut self, item: RawDropped) {
        // Before 3.3 the pool is not told; the job's name is, as Kubernetes discovery never presets it.
        let pool = if item.scrape_pool.is_empty() { item.discovered_labels.job } else { item.scrape_pool };
        *self.entry(pool).or_default() += 1;
    }
}

impl<'de, T: Take> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(T);
        impl<'de, T: Take> Visitor<'de> for Items<T> {
            type Value = Each<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of targets")
            }
            fn visit_unit<E>(self) -> Result<Each<T>, E> {
                Ok(Each(self.0))
            }
            fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Each<T>, A::Error> {
                while let Some(item) = items.next_element()? {
                    self.0.take(item);
                }
                Ok(Each(self.0))
            }
        }
        deserializer.deserialize_any(Items(T::default()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTarget {
    #[serde(default)]
    discovered_labels: Discovered,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    scrape_pool: String,
    #[serde(default)]
    scrape_url: String,
    #[serde(default)]
    last_error: String,
    #[serde(default)]
    last_scrape: String,
    #[serde(default)]
    health: String,
    #[serde(default)]
    scrape_timeout: String,
}

/// Of the labels before relabeling, those that say what a target is.
#[derive(Default, Deserialize)]
struct Discovered {
    #[serde(default)]
    job: String,
    #[serde(default, rename = "__meta_kubernetes_namespace")]
    namespace: String,
    #[serde(default, rename = "__meta_kubernetes_pod_name")]
    pod: String,
    #[serde(default, rename = "__meta_kubernetes_service_name")]
    service: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDropped {
    #[serde(default)]
    discovered_labels: DroppedLabels,
    #[serde(default)]
    scrape_pool: String,
}

#[derive(Default, Deserialize)]
struct DroppedLabels {
    #[serde(default)]
    job: String,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Envelope<T> {
    status: String,
    #[serde(default)]
    data: Option<T>,
    #[serde(default)]
    error: String,
}

/// The `data` of an answer of Prometheus' API.
fn data<T: for<'de> Deserialize<'de>>(body: impl io::Read) -> Result<T, String> {
    let wrong = |error: serde_json::Error| {
        if error.is_eof() || error.is_io() {
            "the answer ends before it is complete"
        } else {
            "the answer is not one of Prometheus' API"
        }
    };
    let envelope: Envelope<T> = serde_json::from_reader(body).map_err(|error| wrong(error).to_owned())?;
    match envelope.data {
        Some(data) if envelope.status == "success" => Ok(data),
        _ if envelope.error.is_empty() => Err("the answer says nothing".to_owned()),
        _ => Err(crate::text::line(&crate::text::without_credentials(&envelope.error), 200)),
    }
}

impl LiveTargets {
    /// Reads what `/api/v1/targets` answers.
    ///
    /// # Errors
    /// What the answer is instead.
    pub fn read(body: impl io::Read) -> Result<Self, String> {
        Ok(Self::from_raw(data(body)?))
    }

    /// Adds what another answer of the same server tells.
    pub fn join(&mut self, other: Self) {
        self.active.extend(other.active);
        self.all_pools |= other.all_pools;
        for (pool, dropped) in other.dropped {
            let known = self.dropped.entry(pool).or_default();
            *known = dropped.max(*known);
        }
    }

    /// Whether it tells of the targets of a pool, be there any or none.
    pub fn tells_of(&self, pool: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == pool)
    }

    /// Reads an answer that lies in a dump; `None` for any other value.
    pub fn of_value(value: &Value) -> Option<Self> {
        let data = value.get("data").filter(|_| value.get("status").is_some_and(|status| status == "success"))?;
        let is_answer = data.get("activeTargets").is_some() || data.get("droppedTargets").is_some();
        RawTargets::deserialize(data).ok().filter(|_| is_answer).map(Self::from_raw)
    }

    fn from_raw(raw: RawTargets) -> Self {
        let all_pools = raw.dropped_target_counts.is_some();
        let dropped = raw.dropped_target_counts.unwrap_or(raw.dropped_targets.0);
        Self { active: raw.active_targets.0, dropped, all_pools, only: Vec::new() }
    }

    /// The names of the pools that it tells of.
    pub fn pools(&self) -> BTreeSet<&str> {
        self.active.iter().map(|target| target.pool.as_str()).chain(self.dropped.keys().map(String::as_str)).collect()
    }
}

impl From<RawTarget> for LiveTarget {
    fn from(raw: RawTarget) -> Self {
        let labels = raw.labels.iter().map(|(name, value)| (name.clone(), mask::value(name, value)));
        Self {
            url: mask::url(&raw.scrape_url),
            labels: labels.collect(),
            namespace: raw.discovered_labels.namespace,
            pod: raw.discovered_labels.pod,
            service: raw.discovered_labels.service,
            health: match raw.health.as_str() {
                "up" => Health::Up,
                "down" => Health::Down,
                _ => Health::Pending,
            },
            failure: Failure::parse(&raw.last_error),
            error: failure::shown(&raw.last_error),
            // The year 1 stands for never.
            scraped_at: seconds(&raw.last_scrape).filter(|at| *at > 0),
            timeout: raw.scrape_timeout,
            pool: if raw.scrape_pool.is_empty() { raw.discovered_labels.job } else { raw.scrape_pool },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRuntime {
    #[serde(default)]
    start_time: String,
    #[serde(default)]
    last_config_time: String,
    #[serde(default)]
    reload_config_success: bool,
}

impl Runtime {
    /// Reads what `/api/v1/status/runtimeinfo` answers.
    ///
    /// # Errors
    /// What the answer is instead.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let raw: RawRuntime = data(body)?;
        let at = |text: &str| seconds(text).filter(|at| *at > 0);
        Ok(Self { reloaded: raw.reload_config_success, loaded_at: at(&raw.last_config_time), started_at: at(&raw.start_time) })
    }
}

/// Reads what `/api/v1/status/config` answers: the configuration in memory.
///
/// # Errors
/// What the answer is instead.
pub fn read_live_config(body: &[u8]) -> Result<Config, String> {
    #[derive(Deserialize)]
    struct Raw {
        #[serde(default)]
        yaml: String,
    }
    let raw: Raw = data(body)?;
    redacted_config(&raw.yaml)
}

/// Reads what `/api/v1/status/buildinfo` answers: the version.
///
/// # Errors
/// What the answer is instead.
pub fn read_live_version(body: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Raw {
        version: String,
    }
    data::<Raw>(body).map(|raw| raw.version)
}

/// Reads what `/api/v1/status/flags` answers.
///
/// # Errors
/// What the answer is instead.
pub fn read_live_flags(body: &[u8]) -> Result<BTreeMap<String, String>, String> {
    data(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_old_and_new_servers_are_read_without_credentials() {
        let body = br#"{"status":"success","data":{"activeTargets":[{"discoveredLabels":{"__address__":"u:p@10.0.0.1:80","job":"a/b/0",
            "__meta_kubernetes_namespace":"b"},"labels":{"instance":"u:p@10.0.0.1:80","job":"b"},"scrapeUrl":"http://u:p%4010.0.0.1:80/metrics",
            "lastError":"Get \"http://u:p@10.0.0.1:80/metrics\": dial tcp 10.0.0.1:80: connect: connection refused",
            "lastScrape":"0001-01-01T00:00:00Z","health":"down"}],
            "droppedTargets":[{"discoveredLabels":{"job":"a/b/0"}},{"discoveredLabels":{"job":"x"},"scrapePool":"y"}]}}"#;
        let read = LiveTargets::read(&body[..]).unwrap();
        assert!(!read.all_pools);
        assert_eq!(read.dropped, BTreeMap::from([("a/b/0".to_owned(), 1), ("y".to_owned(), 1)]));
        let target = &read.active[0];
        assert_eq!((target.pool.as_str(), target.health, target.scraped_at), ("a/b/0", Health::Down, None));
        assert_eq!(target.error, "dial tcp 10.0.0.1:80: connect: connection refused");
        assert!(!format!("{read:?}").contains("u:p"), "{read:?}");
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert!(LiveTargets::read(&b"Service Unavailable"[..]).is_err());
        assert!(LiveTargets::read(&br#"{"status":"success","data":{"activeTargets":[{"#[..]).unwrap_err().contains("complete"));
        let error = LiveTargets::read(&br#"{"status":"error","error":"not now"}"#[..]).unwrap_err();
        assert_eq!(error, "not now");
        assert!(LiveTargets::of_value(&serde_json::json!({"status": "success", "data": {"result": []}})).is_none());
    }

    #[test]
    fn answers_about_single_pools_are_put_together() {
        let of = |pool: &str| {
            let text = format!(
                r#"{{"status":"success","data":{{"activeTargets":[{{"scrapePool":"{pool}","health":"up"}}],"droppedTargets":[],
                    "droppedTargetCounts":{{"a":1,"b":2,"c":3}}}}}}"#
            );
            LiveTargets::read(text.as_bytes()).unwrap()
        };
        let mut both = of("a");
        both.join(of("b"));
        both.only = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!((both.active.len(), both.dropped["c"], both.all_pools), (2, 3, true));
        assert!(both.tells_of("b") && !both.tells_of("c") && of("a").tells_of("c"));
    }

    #[test]
    fn what_a_reloader_counts_is_read() {
        let text = "# TYPE reloader_config_apply_operations_failed_total counter\nreloader_config_apply_operations_failed_total 2\n\
            reloader_info{method=\"http\"} 1\nreloader_last_reload_success_timestamp_seconds 1.7672256019e+09\n\
            reloader_last_reload_successful 1\nreloader_reloads_total 3\n";
        let read = Reloader::read(text.as_bytes()).unwrap();
        let wanted = Reloader { succeeded: Some(true), succeeded_at: Some(1_767_225_601), not_applied: Some(2) };
        assert_eq!(read, wanted);
        // One that has not asked yet has not failed.
        let read = Reloader::read(&text.replace("reloads_total 3", "reloads_total 0").replace("ful 1", "ful 0").into_bytes());
        assert_eq!(read.unwrap().succeeded, None);
        assert!(Reloader::read(b"404 page not found").is_err());
    }

    #[test]
    fn how_the_last_reload_went_is_read() {
        let body = br#"{"status":"success","data":{"startTime":"2026-01-01T00:00:00Z","reloadConfigSuccess":false,"lastConfigTime":"2026-01-01T00:00:01Z"}}"#;
        let read = Runtime::read(body).unwrap();
        assert_eq!((read.reloaded, read.loaded_at), (false, Some(1_767_225_601)));
    }
}
