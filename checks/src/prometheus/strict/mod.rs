//! What makes Prometheus refuse a configuration as a whole (CFG-2, CFG-3, SD-CFG-2, SD-CFG-5, SD-ATT-6, RL-V-*): keys that
//! it does not know, values of another kind than it reads, and settings that contradict each other. Which keys a
//! version knows stands in `keys`; inner keys of other service discoveries than Kubernetes, of remote storage and
//! of alerting are not judged.

mod global;
mod http;
mod job;
mod keys;
mod kubernetes;
mod place;
mod scalar;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use self::place::Place;
use super::relabel::Patterns;
use crate::operator::version::Version;

/// Something in a configuration that Prometheus refuses to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Index of the job in `scrape_configs`; `None` for what stands outside of jobs.
    pub job: Option<usize>,
    /// Where it is, from the job on, or from the beginning of the file: `metric_relabel_configs[0].action`.
    pub path: String,
    /// Why, as far as it makes sense in Prometheus' words. It holds no values but those that cannot be credentials.
    pub text: String,
    /// What kind of mistake it is.
    pub cause: Cause,
}

/// Kinds of mistakes that others look at more closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A key that the version does not know.
    UnknownKey,
    /// Not a duration.
    Duration {
        /// The text.
        text: String,
    },
    /// A job's timeout is longer than its interval.
    Timeout {
        /// The timeout.
        timeout: String,
        /// The interval.
        interval: String,
        /// Whether the interval is the global one.
        global: bool,
    },
    /// More than one way to authenticate.
    Auth,
    /// A relabel rule.
    Rule,
    /// Two jobs of one name.
    SameName,
    /// Anything else.
    Other,
}

/// The oldest and the newest version whose keys were read. Of others it is not known what they know.
const READ: (Version, Version) = (Version::new(2, 20, 0), Version::new(3, 14, u32::MAX));

/// Versions that stand for all that were read, where the version is not known; the newest gives the words.
const ALL: [Version; 6] = [
    Version::new(3, 14, 0),
    Version::new(3, 5, 0),
    Version::new(3, 0, 0),
    Version::new(2, 53, 0),
    Version::new(2, 42, 0),
    Version::new(2, 20, 0),
];

/// What Prometheus refuses in a configuration, in the order of the file: what each of these versions refuses, in the
/// words of the first. Without a version: what all versions refuse that were read.
///
/// `repeated` are the paths of keys that occur twice in one map, which a JSON value cannot hold.
pub fn refusals(config: &Value, repeated: &[String], versions: &[Version]) -> Vec<Refused> {
    let versions = if versions.is_empty() { &ALL } else { versions };
    let mut all = versions.iter().map(|&version| of_version(config, repeated, version));
    let mut out = all.next().unwrap_or_default();
    for other in all {
        let places: BTreeSet<(Option<usize>, &str)> = other.iter().map(|one| (one.job, one.path.as_str())).collect();
        out.retain(|one| places.contains(&(one.job, one.path.as_str())));
    }
    out
}

fn of_version(config: &Value, repeated: &[String], version: Version) -> Vec<Refused> {
    let mut judge = Judge { version, job: None, found: Vec::new(), patterns: Patterns::default() };
    for path in repeated {
        let (job, path) = in_job(path);
        let key = path.rsplit('.').next().unwrap_or(path);
        judge.job = job;
        judge.refuse_at(path.to_owned(), format!("key {key} is set twice in the same map"), Cause::Other);
    }
    judge.job = None;
    judge.file(config);
    judge.found.sort_by_key(|one| one.job);
    judge.found
}

/// The job that a path of the file leads into, and the path inside it.
fn in_job(path: &str) -> (Option<usize>, &str) {
    let inside = path.strip_prefix("scrape_configs[").and_then(|rest| rest.split_once(']'));
    match inside.and_then(|(index, rest)| Some((index.parse().ok()?, rest.strip_prefix('.')?))) {
        Some((index, rest)) => (Some(index), rest),
        None => (None, path),
    }
}

/// Looks at a configuration with the eyes of one version.
struct Judge {
    version: Version,
    /// The job that is looked at.
    job: Option<usize>,
    found: Vec<Refused>,
    patterns: Patterns,
}

impl Judge {
    fn since(&self, major: u32, minor: u32) -> bool {
        self.version >= Version::new(major, minor, 0)
    }

    /// Whether all is known that the version knows. Newer ones may have words that were not there to be read.
    fn is_read(&self) -> bool {
        READ.0 <= self.version && self.version <= READ.1
    }

    fn refuse(&mut self, place: &Place<'_>, text: impl Into<String>) {
        self.refuse_at(place.text(), text.into(), Cause::Other);
    }

    fn refuse_for(&mut self, place: &Place<'_>, text: impl Into<String>, cause: Cause) {
        self.refuse_at(place.text(), text.into(), cause);
    }

    fn refuse_at(&mut self, path: String, text: String, cause: Cause) {
        self.found.push(Refused { job: self.job, path, text, cause });
    }

    fn file(&mut self, config: &Value) {
        let root = Place::root();
        self.section(config, &keys::FILE, &root);
        self.global(config, &root.key("global"));
        self.files(config);
        let global = config.get("global").unwrap_or(&Value::Null);
        let jobs = config.get("scrape_configs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut names = BTreeSet::new();
        for (at, job) in jobs.iter().enumerate() {
            self.job = Some(at);
            self.scrape_job(job, global, &mut names);
        }
        self.job = None;
    }
}
