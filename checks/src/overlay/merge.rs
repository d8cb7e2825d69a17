//! How `kubectl apply` merges: what is in the file wins, what was in the last file and is not in this one goes, and
//! what somebody else wrote stays.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::path::key_text;
use crate::world::{HELM_RELEASE, LAST_APPLIED, Labels, Meta};

/// What is known of the file from which an object was made.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Its labels; `None` where that is not known.
    labels: Option<BTreeSet<String>>,
    /// The whole of it.
    whole: Option<Value>,
    /// Whether all that is there is taken to come from it: Helm keeps what it sent for itself, and takes away what a new
    /// chart does not have.
    all: bool,
}

impl Sent {
    /// What the marks on a live object tell.
    pub(super) fn of(meta: &Meta) -> Self {
        let text = meta.annotations.get(LAST_APPLIED);
        let whole: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
        let keys =
            |sent: &Value| sent.pointer("/metadata/labels").and_then(Value::as_object).map(|map| map.keys().cloned().collect());
        let labels = match &whole {
            Some(sent) => Some(keys(sent).unwrap_or_default()),
            None => meta.applied_labels.as_ref().map(|labels| labels.iter().cloned().collect()),
        };
        let marked =
            |key: &str| meta.annotations.contains_key(key) || meta.dropped_annotations.iter().any(|dropped| dropped == key);
        let all = marked(HELM_RELEASE) && whole.is_none() && labels.is_none();
        Self { labels, whole, all }
    }

    /// The spec that was in it.
    pub(super) fn spec(&self) -> Option<&Value> {
        self.whole.as_ref()?.get("spec")
    }

    /// Whether lists and maps that we keep only in part are taken to be the file's alone.
    pub(super) fn owns(&self) -> bool {
        self.all || self.labels.is_some()
    }

    fn had_label(&self, key: &str) -> bool {
        self.all && !key.starts_with("app.kubernetes.io/managed-by")
            || self.labels.as_ref().is_some_and(|labels| labels.contains(key))
    }

    fn had_annotation(&self, key: &str) -> bool {
        let sent = self.whole.as_ref().and_then(|sent| sent.pointer("/metadata/annotations")?.get(key));
        sent.is_some()
    }

    /// The metadata of a live object with that of a file laid over it; and the paths of what stays though the file does
    /// not have it.
    pub(super) fn meta(&self, live: &Meta, file: &Meta, stays: &mut Vec<String>) -> Meta {
        let mut out = live.clone();
        out.labels = with(&live.labels, &file.labels, |key| self.had_label(key));
        for key in out.labels.keys().filter(|key| !file.labels.contains_key(*key)) {
            stays.push(format!("metadata.labels{}", key_text(key)));
        }
        out.annotations = with(&live.annotations, &file.annotations, |key| key == LAST_APPLIED || self.had_annotation(key));
        out.annotations.remove(LAST_APPLIED);
        out.dropped_annotations.retain(|key| !file.annotations.contains_key(key));
        out.dropped_annotations.extend(file.dropped_annotations.iter().cloned());
        out.dropped_annotations.sort();
        out.dropped_annotations.dedup();
        out
    }

    /// A spec with that of a file laid over it.
    pub(super) fn value(&self, live: &Value, file: &Value, stays: &mut Vec<String>) -> Value {
        self.merge(live, file, self.spec(), "spec", stays)
    }

    fn merge(&self, live: &Value, file: &Value, sent: Option<&Value>, path: &str, stays: &mut Vec<String>) -> Value {
        match (live, file) {
            (Value::Object(live), Value::Object(file)) => self.map(live, file, sent, path, stays),
            (Value::Array(live), Value::Array(file)) if live.len() == file.len() => {
                // Lists are replaced as a whole, and what the API server fills in is filled in again.
                let pairs = live.iter().zip(file);
                pairs.map(|(live, file)| filled(live, file)).collect()
            }
            _ => file.clone(),
        }
    }

    fn map(
        &self,
        live: &Map<String, Value>,
        file: &Map<String, Value>,
        sent: Option<&Value>,
        path: &str,
        stays: &mut Vec<String>,
    ) -> Value {
        let mut out = Map::new();
        for (key, value) in file.iter().filter(|(_, value)| !value.is_null()) {
            let path = format!("{path}{}", key_text(key));
            let new = match live.get(key) {
                Some(old) => self.merge(old, value, sent.and_then(|sent| sent.get(key)), &path, stays),
                None => value.clone(),
            };
            out.insert(key.clone(), new);
        }
        for (key, value) in live.iter().filter(|(key, _)| !file.contains_key(*key)) {
            let default = is_default(key, value);
            if default || !self.all && sent.and_then(|sent| sent.get(key)).is_none() {
                out.insert(key.clone(), value.clone());
                if !default {
                    stays.push(format!("{path}{}", key_text(key)));
                }
            }
        }
        Value::Object(out)
    }
}

fn with(live: &Labels, file: &Labels, had: impl Fn(&str) -> bool) -> Labels {
    let kept = live.iter().filter(|(key, _)| !had(key));
    kept.chain(file).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// An entry of a list from a file, with what the API server will fill in as it did in the live one.
fn filled(live: &Value, file: &Value) -> Value {
    match (live, file) {
        (Value::Object(live), Value::Object(file)) => {
            let mut out: Map<String, Value> = Map::new();
            for (key, value) in file.iter().filter(|(_, value)| !value.is_null()) {
                out.insert(key.clone(), live.get(key).map_or_else(|| value.clone(), |live| filled(live, value)));
            }
            for (key, value) in live.iter().filter(|(key, value)| !file.contains_key(*key) && is_default(key, value)) {
                out.insert(key.clone(), value.clone());
            }
            Value::Object(out)
        }
        (Value::Array(live), Value::Array(file)) if live.len() == file.len() => {
            live.iter().zip(file).map(|(live, file)| filled(live, file)).collect()
        }
        _ => file.clone(),
    }
}

/// What the definitions of the operator's kinds fill in.
fn is_default(key: &str, value: &Value) -> bool {
    const DEFAULTS: [(&str, &str); 5] = [
        ("action", "replace"),
        ("scrapeInterval", "30s"),
        ("evaluationInterval", "30s"),
        ("portName", "web"),
        ("separator", ";"),
    ];
    DEFAULTS.iter().any(|(name, default)| *name == key && value == default)
}

/// The paths at which two values differ, as deep as maps go.
pub(super) fn differing(before: &Value, after: &Value, path: &str, out: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differing(&of(before), &of(after), &format!("{path}{}", key_text(key)), out);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                differing(before, after, &format!("{path}[{at}]"), out);
            }
        }
        _ => out.push(path.to_owned()),
    }
}

/// The paths of labels that differ.
pub(super) fn differing_labels(before: &Labels, after: &Labels, path: &str, out: &mut Vec<String>) {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |key: &&&String| before.get(**key) != after.get(**key);
    out.extend(keys.iter().filter(differs).map(|key| format!("{path}{}", key_text(key))));
}
