//! How objects become labels (SD-META): names made safe, a second label that says that the first is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{Labels, Meta, Unseen};

/// What all labels of this discovery begin with.
const PREFIX: &str = "__meta_kubernetes_";

/// Why the value of a label is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Several keys of the object become this label: Prometheus takes the value of one of them, by chance.
    Collision,
    /// The annotation was too long to be kept: the label exists, and its value is not known here.
    NotKept,
}

/// Labels in the making. Empty values are left out: to Prometheus they are the same as none (RL-6).
#[derive(Debug, Default)]
pub(super) struct LabelSet {
    pub(super) labels: Labels,
    pub(super) doubts: BTreeMap<String, Doubt>,
    pub(super) unknown: BTreeSet<Unseen>,
}

impl LabelSet {
    /// Sets a label by its full name.
    pub(super) fn plain(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.labels.insert(name.to_owned(), value);
        }
    }

    /// Sets `__meta_kubernetes_<name>`.
    pub(super) fn put(&mut self, name: &str, value: impl Into<String>) {
        self.plain(&format!("{PREFIX}{name}"), value);
    }

    /// Sets a label if there is a value.
    pub(super) fn put_some(&mut self, name: &str, value: Option<&str>) {
        self.put(name, value.unwrap_or_default());
    }

    /// The address: host and port joined, or the host as it is.
    pub(super) fn address(&mut self, host: &str, port: Option<i64>) {
        match port {
            Some(port) => self.plain("__address__", join(host, port)),
            None => self.plain("__address__", host),
        }
    }

    /// Name, labels and annotations of an object.
    pub(super) fn object(&mut self, role: &str, meta: &Meta) {
        self.put(&format!("{role}_name"), &*meta.name);
        self.metadata(role, meta);
    }

    /// Labels and annotations of an object.
    pub(super) fn metadata(&mut self, role: &str, meta: &Meta) {
        self.map(&format!("{role}_label"), &meta.labels);
        self.annotations(role, meta);
    }

    fn annotations(&mut self, role: &str, meta: &Meta) {
        let prefix = format!("{role}_annotation");
        self.map(&prefix, &meta.annotations);
        for key in &meta.dropped_annotations {
            let key = sanitise(key);
            self.put(&format!("{prefix}present_{key}"), "true");
            let name = format!("{PREFIX}{prefix}_{key}");
            let doubt = if self.labels.contains_key(&name) { Doubt::Collision } else { Doubt::NotKept };
            self.doubts.insert(name, doubt);
        }
    }

    /// `<prefix>_<key>` and `<prefix>present_<key>` for each entry.
    pub(super) fn map(&mut self, prefix: &str, entries: &Labels) {
        self.entries(&format!("{prefix}_"), &format!("{prefix}present_"), entries);
    }

    /// A label with the value, and one that says that it is there, for each entry.
    pub(super) fn entries(&mut self, prefix: &str, present: &str, entries: &Labels) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (key, value) in entries {
            let key = sanitise(key);
            if let Some(other) = seen.insert(key.clone(), value)
                && other != value
            {
                self.doubts.insert(format!("{PREFIX}{prefix}{key}"), Doubt::Collision);
            }
            self.put(&format!("{prefix}{key}"), &**value);
            self.put(&format!("{present}{key}"), "true");
        }
    }
}

/// A key as part of a label name (SD-META-1).
pub(super) fn sanitise(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// Host and port, as Go joins them.
pub(super) fn join(host: &str, port: i64) -> String {
    if host.contains([':', '%']) { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
