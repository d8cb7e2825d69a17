//! From discovered labels to a target: what `scrape/target.go` of Prometheus makes of a discovered target and the
//! settings of its job (TC-*).

mod address;
mod settings;
mod url;

use std::collections::BTreeSet;

pub use settings::JobSettings;

use super::duration;
use super::relabel::{Labels, Outcome, Patterns, Relabeling, Semantics, Step};
use super::rule::Rule;

/// A target that would be scraped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// All labels that it keeps, internal ones included. This and the URL are its identity: what is equal in both is
    /// one target (TC-9).
    pub labels: Labels,
    /// What is scraped.
    pub url: String,
}

impl Target {
    /// The labels that series get.
    pub fn public(&self) -> Labels {
        let shown = self.labels.iter().filter(|(name, _)| !name.starts_with("__"));
        shown.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// What becomes of a discovered target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is scraped.
    Active(Target),
    /// A relabel rule dropped it.
    Dropped {
        /// Index of the rule.
        rule: usize,
    },
    /// It is no valid target: neither scraped nor listed as dropped (TC-3).
    Invalid(String),
    /// That cannot be judged.
    Unknown {
        /// Index of the rule that cannot be judged, if it is one.
        rule: Option<usize>,
        /// Why.
        why: String,
    },
}

/// What became of all that was discovered for a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// The targets, each once.
    pub active: BTreeSet<Target>,
    /// How many were the same as another.
    pub duplicates: usize,
    /// The dropped ones: index of what was discovered, and of the rule. They are not merged (TC-10).
    pub dropped: Vec<(usize, usize)>,
    /// The invalid ones, and why.
    pub invalid: Vec<(usize, String)>,
    /// The ones that cannot be judged, and why.
    pub unknown: Vec<(usize, String)>,
}

/// A job, ready to judge targets.
#[derive(Clone, Debug)]
pub struct TargetMaker {
    settings: JobSettings,
    /// For each version that the server may have.
    variants: Vec<(Semantics, Relabeling)>,
}

impl TargetMaker {
    /// Prepares a job.
    pub fn new(settings: JobSettings, rules: &[Rule], semantics: impl Into<Semantics>) -> Self {
        Self::with(settings, rules, semantics, &mut Patterns::default())
    }

    /// Prepares a job, with patterns compiled before.
    pub fn with(settings: JobSettings, rules: &[Rule], semantics: impl Into<Semantics>, patterns: &mut Patterns) -> Self {
        let variants = semantics.into().variants().into_iter();
        Self { settings, variants: variants.map(|one| (one, Relabeling::with(rules, one, patterns))).collect() }
    }

    /// The labels as relabeling sees them first, and as Prometheus shows them for discovered and dropped targets. Without
    /// a version those of the newest.
    pub fn discovered(&self, labels: &Labels) -> Labels {
        self.variants.last().map_or_else(Labels::new, |(semantics, _)| self.settings.discovered(labels, *semantics))
    }

    /// What each rule does to a target; without a version, in the newest.
    pub fn trace(&self, labels: &Labels) -> Vec<Step> {
        let trace =
            |(semantics, relabeling): &(Semantics, Relabeling)| relabeling.trace(&self.settings.discovered(labels, *semantics));
        self.variants.last().map(trace).unwrap_or_default()
    }

    /// What becomes of a discovered target.
    pub fn fate(&self, labels: &Labels) -> Fate {
        let mut fates = self.variants.iter().map(|(semantics, relabeling)| self.fate_in(labels, *semantics, relabeling));
        let unsure = || Fate::Unknown { rule: None, why: "this depends on the version of Prometheus".to_owned() };
        let Some(first) = fates.next() else { return unsure() };
        if fates.all(|fate| fate == first) { first } else { unsure() }
    }

    /// What becomes of all that was discovered.
    pub fn pool<'l>(&self, discovered: impl IntoIterator<Item = &'l Labels>) -> Pool {
        let mut pool = Pool::default();
        for (at, labels) in discovered.into_iter().enumerate() {
            match self.fate(labels) {
                Fate::Active(target) => pool.duplicates += usize::from(!pool.active.insert(target)),
                Fate::Dropped { rule } => pool.dropped.push((at, rule)),
                Fate::Invalid(why) => pool.invalid.push((at, why)),
                Fate::Unknown { why, .. } => pool.unknown.push((at, why)),
            }
        }
        pool
    }

    fn fate_in(&self, labels: &Labels, semantics: Semantics, relabeling: &Relabeling) -> Fate {
        match relabeling.apply(&self.settings.discovered(labels, semantics)) {
            Outcome::Kept(labels) => self.target(labels, semantics).map_or_else(Fate::Invalid, Fate::Active),
            Outcome::Dropped { rule } => Fate::Dropped { rule },
            Outcome::Unknown { rule, why } => Fate::Unknown { rule: Some(rule), why },
        }
    }

    /// A target from the labels that relabeling left, or why it is none (TC-3).
    fn target(&self, mut labels: Labels, semantics: Semantics) -> Result<Target, String> {
        let label = |name: &str| labels.get(name).map_or("", String::as_str);
        let mut address = label("__address__").to_owned();
        let scheme = label("__scheme__").to_owned();
        if address.is_empty() {
            return Err("no address".to_owned());
        }
        let adds_port = !semantics.since(3, 0) && !semantics.no_default_port;
        if adds_port && address::lacks_port(&address) {
            match scheme.as_str() {
                "http" | "" => address += ":80",
                "https" => address += ":443",
                // Prometheus names the scheme of the job here.
                _ => return Err(format!("invalid scheme: {:?}", self.settings.scheme)),
            }
        }
        if address.contains('/') {
            return Err(format!("{address:?} is not a valid hostname"));
        }
        times(label("__scrape_interval__"), label("__scrape_timeout__"))?;
        if semantics.since(3, 13) {
            settings::HISTOGRAMS.iter().try_for_each(|(name, what)| flag(what, label(name)))?;
        }
        labels.retain(|name, _| !name.starts_with("__meta_"));
        labels.entry("instance".to_owned()).or_insert_with(|| address.clone());
        labels.insert("__address__".to_owned(), without_default_port(address, &scheme, semantics));
        let url = url::url(&labels, &self.settings.params);
        Ok(Target { labels, url })
    }
}

/// With the feature, Prometheus 2 takes away the port that the scheme implies.
fn without_default_port(address: String, scheme: &str, semantics: Semantics) -> String {
    if semantics.since(3, 0) || !semantics.no_default_port {
        return address;
    }
    match (scheme, address::split(&address)) {
        ("http", Some((host, "80"))) | ("https", Some((host, "443"))) => host.to_owned(),
        _ => address,
    }
}

fn times(interval: &str, timeout: &str) -> Result<(), String> {
    let parse = |what: &str, text: &str| match duration::parse(text) {
        Ok(0) => Err(format!("scrape {what} cannot be 0")),
        Ok(millis) => Ok(millis),
        Err(why) => Err(format!("error parsing scrape {what}: {why}")),
    };
    if parse("interval", interval)? < parse("timeout", timeout)? {
        return Err(format!("scrape timeout cannot be greater than scrape interval ({timeout:?} > {interval:?})"));
    }
    Ok(())
}

/// A boolean as Go reads it.
fn flag(what: &str, text: &str) -> Result<(), String> {
    const FLAGS: &[&str] = &["", "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];
    let error = || format!("error parsing {what}: strconv.ParseBool: parsing {text:?}: invalid syntax");
    if FLAGS.contains(&text) { Ok(()) } else { Err(error()) }
}
