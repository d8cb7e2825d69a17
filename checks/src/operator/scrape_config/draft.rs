//! A job while it is being written.

use serde_json::{Map, Value, json};

use super::field::Field;
use super::{RuleField, WrittenJob};
use crate::world::ObjectId;

/// The keys of the job, and its relabel rules with their fields.
#[derive(Default)]
pub(super) struct Draft {
    keys: Map<String, Value>,
    rules: Vec<Value>,
    fields: Vec<RuleField>,
    without_rules: bool,
}

impl Draft {
    /// Writes a key.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// Writes a key with the value of a field, where it is set.
    pub(super) fn copy(&mut self, key: &str, field: &Field<'_>) {
        if field.is_set() {
            self.set(key, field.value.clone());
        }
    }

    /// Writes a key with the text of a field, where it is not empty.
    pub(super) fn copy_text(&mut self, key: &str, field: &Field<'_>) {
        if let Some(text) = field.some_text() {
            self.set(key, text);
        }
    }

    /// The keys, for what is written into any map.
    pub(super) fn keys(&mut self) -> &mut Map<String, Value> {
        &mut self.keys
    }

    /// Appends a relabel rule because of a field.
    pub(super) fn rule(&mut self, from: &Field<'_>, rule: Value) {
        self.rules.push(rule);
        self.fields.push(from.origin());
    }

    /// Appends a relabel rule that is always written.
    pub(super) fn fixed(&mut self, object: &ObjectId, rule: Value) {
        self.rules.push(rule);
        self.fields.push(RuleField { object: object.clone(), path: None });
    }

    /// Whether a rule has this action.
    pub(super) fn has_action(&self, action: &str) -> bool {
        self.rules.iter().any(|rule| rule["action"] == action)
    }

    /// Takes back all relabel rules, and the key with them.
    pub(super) fn leave_rules_out(&mut self) {
        self.rules.clear();
        self.fields.clear();
        self.without_rules = true;
    }

    /// The job.
    pub(super) fn finish(mut self, endpoint: usize) -> WrittenJob {
        if !self.without_rules {
            let rules = std::mem::take(&mut self.rules);
            self.set("relabel_configs", rules);
        }
        WrittenJob { endpoint, value: Value::Object(self.keys), fields: self.fields }
    }
}

/// A rule that copies a label.
pub(super) fn copy_rule(from: &str, to: &str) -> Value {
    json!({"source_labels": [from], "target_label": to})
}

/// A rule that copies a label where it is not empty.
pub(super) fn copy_filled_rule(from: &str, to: &str) -> Value {
    json!({"source_labels": [from], "target_label": to, "regex": "(.+)", "replacement": "${1}"})
}

/// A rule that sets a label.
pub(super) fn set_rule(label: &str, value: &str) -> Value {
    json!({"target_label": label, "replacement": value})
}

/// A rule that keeps targets.
pub(super) fn keep_rule(source: &str, regex: impl Into<Value>) -> Value {
    json!({"action": "keep", "source_labels": [source], "regex": regex.into()})
}
