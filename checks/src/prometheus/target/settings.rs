//! What a job gives to each of its targets.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::prometheus::config::{scalar, text};
use crate::prometheus::duration;
use crate::prometheus::relabel::{Labels, Semantics};

/// The settings of a job that become labels of its targets (TC-1, TC-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// Its `job_name`.
    pub name: String,
    /// Its scrape interval, as Prometheus writes it.
    pub interval: String,
    /// Its scrape timeout.
    pub timeout: String,
    /// The path.
    pub metrics_path: String,
    /// The scheme.
    pub scheme: String,
    /// URL parameters.
    pub params: BTreeMap<String, Vec<String>>,
    /// `convert_classic_histograms_to_nhcb`.
    pub convert_histograms: bool,
    /// `always_scrape_classic_histograms`.
    pub classic_histograms: bool,
    /// `scrape_native_histograms`.
    pub native_histograms: bool,
}

impl JobSettings {
    /// The defaults for a job of a name.
    pub fn new(name: &str) -> Self {
        Self::read(&serde_json::json!({ "job_name": name }), &Value::Null)
    }

    /// Reads them from a job and the `global` section.
    pub fn read(job: &Value, global: &Value) -> Self {
        let flag = |key: &str| job.get(key).or_else(|| global.get(key)).and_then(Value::as_bool).unwrap_or(false);
        let (interval, timeout) = times(job, global);
        let params = job.get("params").and_then(Value::as_object).into_iter().flatten();
        let values = |values: &Value| values.as_array().into_iter().flatten().filter_map(scalar).collect();
        Self {
            name: text(job, "job_name").unwrap_or_default(),
            interval,
            timeout,
            metrics_path: text(job, "metrics_path").unwrap_or_else(|| "/metrics".to_owned()),
            scheme: text(job, "scheme").unwrap_or_else(|| "http".to_owned()),
            params: params.map(|(key, value)| (key.clone(), values(value))).collect(),
            convert_histograms: flag("convert_classic_histograms_to_nhcb"),
            classic_histograms: flag("always_scrape_classic_histograms"),
            native_histograms: flag("scrape_native_histograms"),
        }
    }

    /// The labels that a discovered target goes into relabeling with.
    pub fn discovered(&self, labels: &Labels, semantics: Semantics) -> Labels {
        let mut all: Labels = labels.clone();
        all.retain(|_, value| !value.is_empty());
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() && !all.contains_key(name) {
                all.insert(name.to_owned(), value.to_owned());
            }
        };
        add("job", &self.name);
        add("__scrape_interval__", &self.interval);
        add("__scrape_timeout__", &self.timeout);
        add("__metrics_path__", &self.metrics_path);
        add("__scheme__", &self.scheme);
        if semantics.since(3, 13) {
            for (name, on) in HISTOGRAMS.iter().zip([self.convert_histograms, self.classic_histograms, self.native_histograms]) {
                add(name.0, if on { "true" } else { "false" });
            }
        }
        for (key, values) in &self.params {
            let Some(first) = values.first() else { continue };
            let name = format!("__param_{key}");
            // Up to 2.x the job outdoes the discovery.
            if !semantics.since(3, 0) {
                all.remove(&name);
            }
            if !first.is_empty() {
                all.entry(name).or_insert_with(|| first.clone());
            }
        }
        all
    }
}

/// Labels of histograms since 3.13, and what messages call them.
pub(super) const HISTOGRAMS: [(&str, &str); 3] = [
    ("__convert_classic_histograms_to_nhcb__", "convert classic histograms to nhcb"),
    ("__always_scrape_classic_histograms__", "always scrape classic histograms"),
    ("__scrape_native_histograms__", "scrape native histograms"),
];

/// Interval and timeout; what is zero or absent is taken from above, and the timeout is at most the interval.
fn times(job: &Value, global: &Value) -> (String, String) {
    let millis = |from: &Value, key: &str| text(from, key).and_then(|text| duration::millis(&text)).filter(|&millis| millis > 0);
    let interval = millis(job, "scrape_interval").or_else(|| millis(global, "scrape_interval")).unwrap_or(60_000);
    let above = || {
        let of_global = millis(global, "scrape_interval").unwrap_or(60_000).min(10_000);
        millis(global, "scrape_timeout").unwrap_or(of_global).min(interval)
    };
    let timeout = millis(job, "scrape_timeout").unwrap_or_else(above);
    (duration::format(interval), duration::format(timeout))
}
