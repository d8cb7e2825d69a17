//! A group of targets in the making.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::{Doubt, LabelSet};
use crate::prometheus::rule::Rule;
use crate::world::{Labels, Unseen};

/// The targets that come from one object (SD-GRP).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The object, as Prometheus names it: `endpoints/shop/cart`.
    pub source: String,
    /// Labels that all its targets have.
    pub labels: Labels,
    /// Each target's own labels. Labels with empty values are left out.
    pub targets: Vec<Labels>,
    /// Labels, of the group or of its targets, whose values are not certain.
    pub doubts: BTreeMap<String, Doubt>,
    /// What was not seen and would have been looked up: labels and extra targets may be missing.
    pub unknown: BTreeSet<Unseen>,
}

impl Group {
    pub(super) fn new(source: String, own: LabelSet) -> Self {
        Self { source, labels: own.labels, targets: Vec::new(), doubts: own.doubts, unknown: own.unknown }
    }

    pub(super) fn add(&mut self, target: LabelSet) {
        self.targets.push(target.labels);
        self.doubts.extend(target.doubts);
        self.unknown.extend(target.unknown);
    }

    /// The label that a rule looks at although its value is left to chance, in words.
    pub fn doubted(&self, rules: &[Rule]) -> Option<String> {
        let mut looked_at = rules.iter().flat_map(|rule| &rule.source_labels);
        let label = looked_at.find(|label| self.doubts.contains_key(*label))?;
        Some(format!("a rule looks at {label}, whose value cannot be told"))
    }

    /// Why rules cannot be run on its targets: one looks at a label whose value is left to chance, or labels of what was not
    /// seen would be taken for absent.
    pub fn not_judged(&self, rules: &[Rule]) -> Option<String> {
        if let Some(doubt) = self.doubted(rules) {
            return Some(doubt);
        }
        self.unknown.first().map(|why| format!("what it leaves cannot be told without: {}", why.need))
    }

    /// The namespace of the object; empty for nodes and for targets that a job names itself.
    pub fn namespace(&self) -> &str {
        self.labels.get("__meta_kubernetes_namespace").map_or("", String::as_str)
    }

    /// The labels with which a target goes into relabeling: those of the group, overlaid by its own.
    pub fn discovered(&self) -> impl Iterator<Item = Labels> {
        self.targets.iter().map(|target| {
            let mut labels = self.labels.clone();
            labels.extend(target.iter().map(|(name, value)| (name.clone(), value.clone())));
            labels
        })
    }
}
