//! A relabel rule as it stands in a configuration.

use serde_json::Value;

use super::config::{items, scalar, text};

/// A relabel rule as Prometheus reads it. What was left out is `None`, for then defaults apply (RL-2); what was written
/// out and empty is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Source labels.
    pub source_labels: Vec<String>,
    /// What joins their values; `;` where absent.
    pub separator: Option<String>,
    /// Pattern; `(.*)` where absent; numbers are taken by their text; null is the empty pattern.
    pub regex: Option<String>,
    /// Action; `replace` where absent.
    pub action: String,
    /// Target label.
    pub target_label: String,
    /// Template of the value; `$1` where absent.
    pub replacement: Option<String>,
    /// Modulus.
    pub modulus: u64,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            source_labels: Vec::new(),
            separator: None,
            regex: None,
            action: "replace".to_owned(),
            target_label: String::new(),
            replacement: None,
            modulus: 0,
        }
    }
}

impl Rule {
    /// The keys of a rule.
    pub const KEYS: &[&str] = &["source_labels", "separator", "regex", "action", "target_label", "replacement", "modulus"];

    /// Reads a rule, without looking whether Prometheus would take it.
    pub fn read(value: &Value) -> Self {
        // Null is the empty text, not the default.
        let decoded = |key: &str| if value.get(key).is_some_and(Value::is_null) { Some(String::new()) } else { text(value, key) };
        Self {
            source_labels: items(value, "source_labels").filter_map(scalar).collect(),
            separator: decoded("separator"),
            regex: decoded("regex"),
            action: decoded("action").unwrap_or_else(|| "replace".to_owned()),
            target_label: text(value, "target_label").unwrap_or_default(),
            replacement: decoded("replacement"),
            modulus: value.get("modulus").and_then(Value::as_u64).unwrap_or(0),
        }
    }

    /// What joins the values of the source labels.
    pub fn separator(&self) -> &str {
        self.separator.as_deref().unwrap_or(";")
    }

    /// The pattern.
    pub fn regex(&self) -> &str {
        self.regex.as_deref().unwrap_or("(.*)")
    }

    /// The template of the value.
    pub fn replacement(&self) -> &str {
        self.replacement.as_deref().unwrap_or("$1")
    }
}
