//! How a live job differs from the one that the operator writes: by meaning, not by text. What Prometheus takes as
//! its default may be there or not, numbers may be texts, durations may be written in other units, and nothing is said
//! of credentials, whose values are not known.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::{RuleField, WrittenJob};
use crate::path::key_text;
use crate::prometheus::config::{REDACTED, redacted};
use crate::prometheus::duration::millis;

/// A difference between a written and a live job.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `scrape_interval`, `kubernetes_sd_configs[0].role`, `relabel_configs[3]`. A relabel rule has its place in
    /// the written job; one that only the live job has, its place there.
    pub path: String,
    /// What the operator writes; null where it writes nothing.
    pub written: Value,
    /// What is there; null where nothing is.
    pub live: Value,
    /// The field behind a relabel rule that is missing or other than it should be.
    pub field: Option<RuleField>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.written, &self.live) {
            (written, Value::Null) => write!(f, "{}: {written} is missing", self.path),
            (Value::Null, live) => write!(f, "{}: {live} is not the operator's", self.path),
            (written, live) => write!(f, "{}: {live} instead of {written}", self.path),
        }
    }
}

/// The differences of a live job, as it lies in the Secret with its credentials redacted, from the written one.
/// Empty where both mean the same.
pub fn differences(written: &WrittenJob, live: &Value) -> Vec<Difference> {
    let mut found = Found { fields: &written.fields, differences: Vec::new() };
    found.compare("", "", Some(&redacted(written.value.clone())), Some(live));
    found.differences
}

/// How one job differs from another that should mean the same; both with their credentials redacted.
pub fn between(wanted: &Value, found: &Value) -> Vec<Difference> {
    let mut out = Found { fields: &[], differences: Vec::new() };
    out.compare("", "", Some(wanted), Some(found));
    out.differences
}

/// What Prometheus takes where a key is missing, as text. Intervals are left out: theirs are in the global section.
const DEFAULTS: &[(&str, &str)] = &[
    ("action", "replace"),
    ("always_scrape_classic_histograms", "false"),
    ("body_size_limit", "0"),
    ("convert_classic_histograms_to_nhcb", "false"),
    ("enable_compression", "true"),
    ("enable_http2", "true"),
    ("follow_redirects", "true"),
    ("honor_labels", "false"),
    ("honor_timestamps", "true"),
    ("insecure_skip_verify", "false"),
    ("keep_dropped_targets", "0"),
    ("kubeconfig_file", ""),
    ("label_limit", "0"),
    ("label_name_length_limit", "0"),
    ("label_value_length_limit", "0"),
    ("metrics_path", "/metrics"),
    ("modulus", "0"),
    ("native_histogram_bucket_limit", "0"),
    ("no_proxy", ""),
    ("node", "false"),
    ("own_namespace", "false"),
    ("proxy_from_environment", "false"),
    ("proxy_url", ""),
    ("regex", "(.*)"),
    ("replacement", "$1"),
    ("sample_limit", "0"),
    ("scheme", "http"),
    ("scrape_classic_histograms", "false"),
    ("separator", ";"),
    ("server_name", ""),
    ("target_limit", "0"),
    ("track_timestamps_staleness", "false"),
    ("type", "Bearer"),
];

/// Keys that hold durations.
const DURATIONS: &[&str] = &["scrape_interval", "scrape_timeout", "refresh_interval", "fetch_timeout"];

/// Maps whose keys are people's own, so that none of them has a default.
const OWN_KEYS: &[&str] = &["labels", "params", "endpoint_params", "node_meta", "proxy_connect_header", "http_headers"];

/// Lists of rules, of which one may be missing without the others being wrong.
const RULES: &[&str] = &["relabel_configs", "metric_relabel_configs"];

/// Above this many pairs of rules they are compared one by one in their order.
const MOST_PAIRS: usize = 250_000;

struct Found<'f> {
    fields: &'f [RuleField],
    differences: Vec<Difference>,
}

impl Found<'_> {
    fn note(&mut self, path: &str, written: Option<&Value>, live: Option<&Value>, field: Option<&RuleField>) {
        let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
        let (written, live) = (value(written), value(live));
        self.differences.push(Difference { path: path.to_owned(), written, live, field: field.cloned() });
    }

    /// Compares what two jobs have under a key.
    fn compare(&mut self, path: &str, key: &str, written: Option<&Value>, live: Option<&Value>) {
        if same(path, key, written, live) {
            return;
        }
        match (written, live) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
                for inner in keys {
                    let step = key_text(inner);
                    let place = if path.is_empty() { step.trim_start_matches('.').to_owned() } else { format!("{path}{step}") };
                    let own = if OWN_KEYS.contains(&key) { "" } else { inner.as_str() };
                    self.compare(&place, own, left.get(inner), right.get(inner));
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) if RULES.contains(&key) => self.rules(path, left, right),
            (Some(Value::Array(left)), Some(Value::Array(right))) if left.len() == right.len() => {
                for (at, (left, right)) in left.iter().zip(right).enumerate() {
                    self.compare(&format!("{path}[{at}]"), "", Some(left), Some(right));
                }
            }
            _ => self.note(path, written, live, None),
        }
    }

    /// Compares lists of rules: those that are in both in the same order stay, of the others one of each list makes a
    /// pair where they stand at the same place.
    fn rules(&mut self, path: &str, written: &[Value], live: &[Value]) {
        let fields = if path == RULES[0] { self.fields } else { &[] };
        let meaning = |rules: &[Value]| rules.iter().map(|rule| meaning("", rule)).collect::<Vec<_>>();
        let kept = common(&meaning(written), &meaning(live));
        let ends = kept.into_iter().chain([(written.len(), live.len())]);
        let (mut left, mut right) = (0, 0);
        for (left_end, right_end) in ends {
            while left < left_end || right < right_end {
                let theirs = (right < right_end).then(|| &live[right]);
                if left < left_end {
                    self.note(&format!("{path}[{left}]"), Some(&written[left]), theirs, fields.get(left));
                } else {
                    self.note(&format!("{path}[{right}]"), None, theirs, None);
                }
                (left, right) = ((left + 1).min(left_end), (right + 1).min(right_end));
            }
            (left, right) = (left_end + 1, right_end + 1);
        }
    }
}

/// Whether two values mean the same without a look into them.
fn same(path: &str, key: &str, written: Option<&Value>, live: Option<&Value>) -> bool {
    let hidden = |value: Option<&Value>| value.and_then(Value::as_str) == Some(REDACTED);
    let there = written.is_some() && live.is_some();
    if (hidden(written) || hidden(live)) && (there || path.ends_with("authorization.credentials")) {
        return true;
    }
    let of = |value: Option<&Value>| value.map_or(Value::Null, |value| meaning(key, value));
    of(written) == of(live)
}

/// A value without defaults and without the differences of text; null where it says nothing.
fn meaning(key: &str, value: &Value) -> Value {
    let text = match value {
        Value::Null => return Value::Null,
        Value::Array(items) if items.is_empty() => return Value::Null,
        Value::Array(items) => return items.iter().map(|item| meaning("", item)).collect(),
        Value::Object(map) => {
            let own = OWN_KEYS.contains(&key);
            let inner = map.iter().map(|(key, value)| (key.clone(), meaning(if own { "" } else { key }, value)));
            let inner: Map<String, Value> = inner.filter(|(_, value)| !value.is_null()).collect();
            return if inner.is_empty() { Value::Null } else { Value::Object(inner) };
        }
        Value::Bool(flag) => flag.to_string(),
        // A factor is rounded on its way through floating point numbers.
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| format!("{}", (number * 1e9).round() / 1e9))
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
    };
    let text = match key {
        "replacement" if text == "${1}" => "$1".to_owned(),
        "action" | "scheme" => text.to_lowercase(),
        key if DURATIONS.contains(&key) => millis(&text).map_or(text, |millis| millis.to_string()),
        _ => text,
    };
    if DEFAULTS.contains(&(key, text.as_str())) { Value::Null } else { Value::String(text) }
}

/// The longest common part of two lists, as places in both.
fn common(left: &[Value], right: &[Value]) -> Vec<(usize, usize)> {
    if left.len().saturating_mul(right.len()) > MOST_PAIRS {
        return (0..left.len().min(right.len())).filter(|&at| left[at] == right[at]).map(|at| (at, at)).collect();
    }
    let mut longest = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    for at in (0..left.len()).rev() {
        for other in (0..right.len()).rev() {
            let skipped = longest[at + 1][other].max(longest[at][other + 1]);
            longest[at][other] = if left[at] == right[other] { longest[at + 1][other + 1] + 1 } else { skipped };
        }
    }
    let (mut pairs, mut at, mut other) = (Vec::new(), 0, 0);
    while at < left.len() && other < right.len() {
        if left[at] == right[other] {
            pairs.push((at, other));
            (at, other) = (at + 1, other + 1);
        } else if longest[at + 1][other] >= longest[at][other + 1] {
            at += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operator::scrape_config::Writer;
    use crate::operator::version::Version;
    use crate::world::{Kind, Meta, Object, Server, decode_value};

    fn server() -> Server {
        let metadata = json!({"name": "k8s", "namespace": "monitoring"});
        let value = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": metadata, "spec": {}});
        match decode_value(value, "test", None).objects.remove(0) {
            Object::Server(server) => *server,
            other => panic!("{other:?}"),
        }
    }

    fn written() -> WrittenJob {
        let server = server();
        let writer = Writer::new(&server, Version::new(0, 93, 0), Version::new(3, 5, 0)).unwrap();
        let metadata = Meta { name: "cart".to_owned(), namespace: "shop".to_owned(), ..Meta::default() };
        let secret = json!({"name": "auth", "key": "user"});
        let relabelings = json!([{"sourceLabels": ["a"], "targetLabel": "b"}, {"sourceLabels": ["c"], "action": "drop"}]);
        let endpoint = json!({
            "targetPort": 8080, "interval": "1m", "relabelings": relabelings,
            "basicAuth": {"username": secret, "password": secret}, "proxyUrl": "http://u:p@proxy",
            "params": {"scheme": ["http"]},
        });
        let spec = json!({"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [endpoint]});
        writer.jobs(Kind::ServiceMonitor, &metadata, &spec).remove(0)
    }

    /// The paths of what differs after a change of the live job, with the fields.
    fn after(change: impl Fn(&mut Value)) -> Vec<(String, Option<String>)> {
        let written = written();
        let mut live = redacted(written.value.clone());
        change(&mut live);
        let found = differences(&written, &live);
        found.into_iter().map(|found| (found.path, found.field.and_then(|field| field.path))).collect()
    }

    #[test]
    fn what_means_the_same_is_no_difference() {
        assert_eq!(after(|_| {}), []);
        let same = after(|live| {
            live["scrape_interval"] = json!("60s");
            live["metrics_path"] = json!("/metrics");
            live["scheme"] = json!("HTTP");
            live["metric_relabel_configs"] = json!([]);
            live["sample_limit"] = json!(0);
            live["honor_timestamps"] = json!(true);
            live["basic_auth"]["username"] = json!("visible");
            live.as_object_mut().unwrap().remove("honor_labels");
            for rule in live["relabel_configs"].as_array_mut().unwrap() {
                if rule["regex"] == 8080 {
                    rule["regex"] = json!("8080");
                }
                rule["separator"] = json!(";");
            }
        });
        assert_eq!(same, []);
    }

    #[test]
    fn differences_lead_to_their_place_and_field() {
        let place = |path: &str| vec![(path.to_owned(), None)];
        assert_eq!(after(|live| live["scrape_interval"] = json!("2m")), place("scrape_interval"));
        assert_eq!(after(|live| live["params"] = json!({})), place("params.scheme"));
        let role = after(|live| live["kubernetes_sd_configs"][0]["role"] = json!("pod"));
        assert_eq!(role, place("kubernetes_sd_configs[0].role"));
        let removed = after(|live| {
            live.as_object_mut().unwrap().remove("basic_auth");
        });
        assert_eq!(removed, place("basic_auth"));
        let rule = |at: usize, path: Option<&str>| vec![(format!("relabel_configs[{at}]"), path.map(str::to_owned))];
        let port = after(|live| live["relabel_configs"][2]["regex"] = json!(9090));
        assert_eq!(port, rule(2, Some("spec.endpoints[0].targetPort")));
        let label = after(|live| {
            live["relabel_configs"].as_array_mut().unwrap().remove(1);
        });
        assert_eq!(label, rule(1, Some("spec.selector.matchLabels.app")));
        let added = after(|live| {
            let rule = json!({"action": "drop", "regex": "x", "source_labels": ["y"]});
            live["relabel_configs"].as_array_mut().unwrap().insert(3, rule);
        });
        assert_eq!(added, rule(3, None));
        let second = after(|live| {
            let rules = live["relabel_configs"].as_array_mut().unwrap();
            rules.retain(|rule| rule["source_labels"] != json!(["c"]));
        });
        assert_eq!(second.len(), 1);
        assert_eq!(second[0].1.as_deref(), Some("spec.endpoints[0].relabelings[1]"));
    }
}
