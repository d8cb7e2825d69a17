//! Whether a running server has loaded what lies in its Secret, job by job and by meaning. What a server shows of its
//! configuration is written anew by it (API-8): defaults are filled in, settings of the global section stand in every
//! job, credentials are hidden, and an empty separator or replacement is left out up to 3.13.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::operator::scrape_config::difference::between;
use crate::operator::shard;
use crate::prometheus::config::{Config, Job, REDACTED, items, redacted_config};
use crate::prometheus::duration::millis;
use crate::prometheus::env::{env_names, expand_env};
use crate::text::short;
use crate::world::{Pod, Server};

/// How the jobs of one configuration differ from those of another that they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// Jobs that should be there and are not.
    pub missing: Vec<String>,
    /// Jobs that say something else than they should.
    pub different: Vec<DifferentJob>,
    /// Jobs that should not be there.
    pub extra: Vec<String>,
}

/// A job that says something else than it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferentJob {
    /// The job; `global` for the section of that name.
    pub job: String,
    /// What differs: `scrape_interval: "30s" instead of "1m"`.
    pub fields: Vec<String>,
}

impl Jobs {
    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        *self == Self::default()
    }

    /// `1 job missing, 2 different`.
    pub fn words(&self) -> String {
        let all = [(self.missing.len(), "missing"), (self.different.len(), "different"), (self.extra.len(), "left over")];
        let some: Vec<String> = all
            .iter()
            .filter(|(number, _)| *number > 0)
            .enumerate()
            .map(
                |(at, (number, what))| {
                    if at == 0 { format!("{} {what}", crate::text::count(*number, "job")) } else { format!("{number} {what}") }
                },
            )
            .collect();
        some.join(", ")
    }

    /// The name of the first job that differs.
    pub fn first(&self) -> Option<&str> {
        let different = self.different.iter().map(|job| job.job.as_str());
        self.missing.iter().map(String::as_str).chain(different).chain(self.extra.iter().map(String::as_str)).next()
    }
}

/// The variables that the reloader of a pod puts into the configuration.
pub(crate) fn variables(server: &Server, pod: Option<&Pod>) -> BTreeMap<String, String> {
    let Some(pod) = pod else { return BTreeMap::new() };
    let label = pod.metadata.labels.get("operator.prometheus.io/shard");
    let named = || pod.metadata.name.split_once("-shard-")?.1.split('-').next();
    let number = label.map(String::as_str).or_else(named).and_then(|number| number.parse().ok()).unwrap_or(0);
    let mut out = shard::variables(server, number);
    out.insert("POD_NAME".to_owned(), pod.metadata.name.clone());
    if !pod.spec.node_name.is_empty() {
        out.insert("NODE_NAME".to_owned(), pod.spec.node_name.clone());
    }
    // What somebody added to the environment of the reloader.
    let environment = pod.spec.containers.iter().filter(|container| container.name.contains("reloader"));
    for variable in environment.flat_map(|container| &container.env) {
        if let Some(value) = &variable.value {
            out.entry(variable.name.clone()).or_insert_with(|| value.clone());
        }
    }
    out
}

/// Compares what a server has loaded with what it should have, for the jobs that are asked about.
pub(crate) fn compare(
    wanted: &Config,
    loaded: &Config,
    variables: &BTreeMap<String, String>,
    asked: impl Fn(&Job) -> bool,
    whole: bool,
) -> Jobs {
    let mut out = Jobs::default();
    let found: BTreeMap<&str, &Job> = loaded.jobs.iter().map(|job| (job.name.as_str(), job)).collect();
    let global = |config: &'_ Config| config.redacted.get("global").cloned().unwrap_or_default();
    let (wanted_global, found_global) = (expanded(&global(wanted), variables), global(loaded));
    if whole {
        let fields: Vec<String> = GLOBAL
            .iter()
            .filter_map(|(key, default)| {
                let text = |from: &Value| from.get(*key).cloned().unwrap_or_else(|| json!(default));
                let both = (json!({*key: text(&wanted_global)}), json!({*key: text(&found_global)}));
                words(&both.0, &both.1).into_iter().next()
            })
            .collect();
        if !fields.is_empty() {
            out.different.push(DifferentJob { job: "global".to_owned(), fields });
        }
    }
    for job in wanted.jobs.iter().filter(|job| asked(job)) {
        let Some(live) = found.get(job.name.as_str()) else {
            out.missing.push(job.name.clone());
            continue;
        };
        let fields = words_of(&expanded(&job.redacted, variables), &wanted_global, &live.redacted, &found_global);
        if !fields.is_empty() {
            out.different.push(DifferentJob { job: job.name.clone(), fields });
        }
    }
    let known: BTreeSet<&str> = wanted.jobs.iter().map(|job| job.name.as_str()).collect();
    let extra = loaded.jobs.iter().filter(|job| whole && !known.contains(job.name.as_str()));
    out.extra = extra.map(|job| job.name.clone()).collect();
    out
}

/// What a job says otherwise than it should.
fn words_of(wanted: &Value, wanted_global: &Value, found: &Value, found_global: &Value) -> Vec<String> {
    let (wanted, mut found) = alike(wanted, wanted_global, found, found_global);
    hide(&wanted, &mut found);
    words(&wanted, &found)
}

/// Hides what stands where the other side has something that is not known.
fn hide(wanted: &Value, found: &mut Value) {
    match (wanted, found) {
        (Value::String(text), Value::String(found)) if text == REDACTED => REDACTED.clone_into(found),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            wanted.iter().zip(found).for_each(|(wanted, found)| hide(wanted, found));
        }
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, found) in found.iter_mut() {
                if let Some(wanted) = wanted.get(key) {
                    hide(wanted, found);
                }
            }
        }
        _ => {}
    }
}

/// Whether a server has loaded a job as it should be.
pub(super) fn is_loaded(wanted: &Config, job: &Job, loaded: &Config, found: &Job, server: &Server, pod: Option<&Pod>) -> bool {
    let variables = variables(server, pod);
    let global = |config: &Config| config.redacted.get("global").cloned().unwrap_or_default();
    let (wanted_global, found_global) = (expanded(&global(wanted), &variables), global(loaded));
    words_of(&expanded(&job.redacted, &variables), &wanted_global, &found.redacted, &found_global).is_empty()
}

/// How the configuration that a server shows differs from the text that it should have loaded.
///
/// # Errors
/// Which of the texts is no configuration.
pub fn differing(wanted: &str, shown: &str) -> Result<Jobs, String> {
    let (wanted, shown) = (redacted_config(wanted)?, redacted_config(shown)?);
    Ok(compare(&wanted, &shown, &BTreeMap::new(), |_| true, true))
}

/// Keys of the global section that are compared, with their defaults.
const GLOBAL: &[(&str, &str)] = &[("scrape_interval", "1m"), ("evaluation_interval", "1m")];

fn words(wanted: &Value, found: &Value) -> Vec<String> {
    let shown = |value: &Value| if value.is_null() { "nothing".to_owned() } else { short(&value.to_string(), 60) };
    let line = |path: &str, found: &Value, wanted: &Value| format!("{path}: {} instead of {}", shown(found), shown(wanted));
    between(wanted, found).iter().map(|one| line(&one.path, &one.live, &one.written)).collect()
}

/// A value with its variables put in. A text with variables whose values are not known could be anything.
fn expanded(value: &Value, variables: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) if variables.is_empty() && !env_names(text).is_empty() => json!(REDACTED),
        Value::String(text) => json!(expand_env(text, variables)),
        Value::Array(items) => items.iter().map(|item| expanded(item, variables)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), expanded(value, variables))).collect(),
        other => other.clone(),
    }
}

/// Limits that a job takes from the global section where it sets none.
const INHERITED: &[&str] = &[
    "body_size_limit",
    "convert_classic_histograms_to_nhcb",
    "keep_dropped_targets",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "sample_limit",
    "scrape_failure_log_file",
    "target_limit",
];

/// What versions of Prometheus fill in each in its own way.
const FILLED_IN: &[&str] = &[
    "always_scrape_classic_histograms",
    "extra_scrape_metrics",
    "fallback_scrape_protocol",
    "metric_name_escaping_scheme",
    "metric_name_validation_scheme",
    "scrape_classic_histograms",
    "scrape_native_histograms",
    "scrape_protocols",
];

/// Two jobs in one form.
fn alike(wanted: &Value, wanted_global: &Value, found: &Value, found_global: &Value) -> (Value, Value) {
    let (mut wanted, mut found) = (settled(wanted, wanted_global), settled(found, found_global));
    if let (Some(wanted), Some(found)) = (wanted.as_object_mut(), found.as_object_mut()) {
        for key in FILLED_IN {
            match wanted_global.get(*key) {
                Some(value) if !wanted.contains_key(*key) => {
                    wanted.insert((*key).to_owned(), value.clone());
                }
                _ => {}
            }
            if !wanted.contains_key(*key) || !found.contains_key(*key) {
                wanted.remove(*key);
                found.remove(*key);
            }
        }
    }
    (wanted, found)
}

/// A job with what its global section sets, and in the form that a server shows it in.
fn settled(job: &Value, global: &Value) -> Value {
    let mut job = job.clone();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let interval = text(job.get("scrape_interval")).or_else(|| text(global.get("scrape_interval")));
    let interval = interval.unwrap_or_else(|| "1m".to_owned());
    let timeout = text(job.get("scrape_timeout")).unwrap_or_else(|| {
        let usual = text(global.get("scrape_timeout")).unwrap_or_else(|| "10s".to_owned());
        if millis(&usual) > millis(&interval) { interval.clone() } else { usual }
    });
    let Some(map) = job.as_object_mut() else { return job };
    map.insert("scrape_interval".to_owned(), json!(interval));
    map.insert("scrape_timeout".to_owned(), json!(timeout));
    for key in INHERITED {
        let unset = map.get(*key).is_none_or(|value| matches!(value.to_string().trim_matches('"'), "0" | "0B" | ""));
        if let Some(value) = global.get(*key).filter(|_| unset) {
            map.insert((*key).to_owned(), value.clone());
        }
    }
    if let Some(size) = map.get("body_size_limit").and_then(|size| bytes(size.as_str()?)) {
        map.insert("body_size_limit".to_owned(), json!(size));
    }
    tidy("", &mut job);
    job
}

/// Brings a piece of a job into the form that a server shows it in: one spelling of tokens, and no empty texts.
fn tidy(key: &str, value: &mut Value) {
    /// Maps whose values people choose.
    const OWN: &[&str] = &["labels", "params", "endpoint_params"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(key, item)),
        Value::Object(map) => {
            if let Some(file) = map.shift_remove("bearer_token_file") {
                map.entry("authorization").or_insert_with(|| json!({"credentials_file": file}));
            }
            if map.shift_remove("bearer_token").is_some() {
                map.entry("authorization").or_insert_with(|| json!({"credentials": REDACTED}));
            }
            // An empty pattern is shown as none at all.
            if let Some(regex) = map.get_mut("regex").filter(|regex| regex.is_null()) {
                *regex = json!("");
            }
            map.retain(|name, value| name == "regex" || OWN.contains(&key) || *value != "");
            map.iter_mut().for_each(|(name, value)| tidy(name, value));
        }
        _ => {}
    }
}

/// Bytes of a size like `10MB`: powers of 1024, with or without an `i`.
fn bytes(text: &str) -> Option<u64> {
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let power = match rest[..unit].replace('i', "").to_ascii_uppercase().as_str() {
            "B" => 0,
            "KB" => 1,
            "MB" => 2,
            "GB" => 3,
            "TB" => 4,
            "PB" => 5,
            "EB" => 6,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(1024_u64.checked_pow(power)?)?)?;
        rest = &rest[unit..];
    }
    Some(total)
}

/// Whether a job came from a monitor of this name and kind.
pub(crate) fn is_of(job: &Job, id: &crate::world::ObjectId) -> bool {
    job.origin.as_ref().is_some_and(|origin| {
        origin.namespace == id.namespace && origin.name == id.name && origin.kind.is_none_or(|kind| kind == id.kind)
    })
}

/// How many jobs of a configuration come from no monitor.
pub(crate) fn of_nobody(config: &Config) -> usize {
    items(&config.redacted, "scrape_configs").count() - config.jobs.iter().filter(|job| job.origin.is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(secret: &str, loaded: &str) -> Jobs {
        let (secret, loaded) = (redacted_config(secret).unwrap(), redacted_config(loaded).unwrap());
        let variables = BTreeMap::from([("SHARD".to_owned(), "0".to_owned())]);
        compare(&secret, &loaded, &variables, |_| true, true)
    }

    const SECRET: &str = "global: {scrape_interval: 30s, sample_limit: 5}
scrape_configs:
- job_name: a
  bearer_token_file: /t
  body_size_limit: 1024KB
  kubernetes_sd_configs: [{role: endpoints, namespaces: {names: [shop]}}]
  relabel_configs:
  - {source_labels: [__tmp_hash], regex: $(SHARD), action: Keep}
  - {source_labels: [a, b], separator: '', target_label: c, replacement: ''}
  basic_auth: {username: u, password: hunter2}
";
    const LOADED: &str = "global: {scrape_interval: 30s, scrape_timeout: 10s, evaluation_interval: 1m, sample_limit: 5}
scrape_configs:
- job_name: a
  honor_timestamps: true
  scrape_interval: 30s
  scrape_timeout: 10s
  scrape_protocols: [PrometheusText0.0.4]
  metrics_path: /metrics
  scheme: http
  sample_limit: 5
  body_size_limit: 1MiB
  authorization: {type: Bearer, credentials_file: /t}
  kubernetes_sd_configs: [{role: endpoints, kubeconfig_file: '', follow_redirects: true, enable_http2: true, namespaces: {own_namespace: false, names: [shop]}}]
  relabel_configs:
  - {source_labels: [__tmp_hash], separator: ;, regex: '0', replacement: $1, action: keep}
  - {source_labels: [a, b], target_label: c, action: replace}
  basic_auth: {username: u, password: <secret>}
";

    #[test]
    fn what_a_server_writes_anew_is_the_same() {
        assert_eq!(jobs(SECRET, LOADED), Jobs::default());
    }

    #[test]
    fn what_differs_is_named() {
        let other = |from: &str, to: &str| jobs(SECRET, &LOADED.replace(from, to));
        assert_eq!(other("job_name: a", "job_name: b").words(), "1 job missing, 1 left over");
        let fields = |jobs: Jobs| jobs.different.into_iter().map(|job| job.fields.join("; ")).collect::<Vec<_>>().join("|");
        assert_eq!(
            fields(other("  scrape_interval: 30s", "  scrape_interval: 1m")),
            "scrape_interval: \"1m\" instead of \"30s\""
        );
        assert_eq!(
            fields(other("names: [shop]", "names: [shop, a]")),
            "kubernetes_sd_configs[0].namespaces.names: [\"shop\",\"a\"] instead of [\"shop\"]"
        );
        assert!(fields(other("regex: '0'", "regex: '1'")).starts_with("relabel_configs[0]"));
        assert!(fields(other("body_size_limit: 1MiB", "body_size_limit: 2MiB")).contains("body_size_limit"));
        assert!(fields(other("evaluation_interval: 1m", "evaluation_interval: 5m")).contains("evaluation_interval"));
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(
            [bytes("1MB"), bytes("1MiB"), bytes("1024KB"), bytes("x"), bytes("")],
            [Some(1 << 20), Some(1 << 20), Some(1 << 20), None, Some(0)]
        );
    }
}
