//! Relabeling, as `model/relabel` of Prometheus does it (RL-*): what becomes of the labels of a discovered target, and
//! which rule did it.

mod action;
mod case;
mod problem;
mod step;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::re2::{Pattern, Refused};
use super::rule::Rule;
use crate::operator::version::Version;

pub use action::Action;
pub use problem::{Problem, problem, problem_at, shape};
pub use step::{Change, Effect};
use step::{Prepared, prepare};

/// Labels by name. None is empty: an empty label is no label (RL-6).
pub type Labels = BTreeMap<String, String>;

/// How a server reads rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Semantics {
    /// Its version; without one, only what all versions agree on is judged.
    pub version: Option<Version>,
    /// Whether the job, or the server, has `metric_name_validation_scheme: legacy` (RL-7).
    pub legacy_names: bool,
    /// Whether the server runs with the feature `no-default-scrape-port` (TC-4).
    pub no_default_port: bool,
}

impl From<Option<Version>> for Semantics {
    fn from(version: Option<Version>) -> Self {
        Self { version, ..Self::default() }
    }
}

impl From<Version> for Semantics {
    fn from(version: Version) -> Self {
        Some(version).into()
    }
}

/// Versions that stand for all, where the version is not known: of each way to read rules one.
const ALL: [Version; 3] = [Version::new(2, 42, 0), Version::new(2, 53, 0), Version::new(3, 12, 0)];

impl Semantics {
    /// Itself, or one for each version that stands for others.
    pub(crate) fn variants(self) -> Vec<Self> {
        match self.version {
            Some(_) => vec![self],
            None => ALL.map(|version| Self { version: Some(version), ..self }).to_vec(),
        }
    }

    /// Whether the version is at least this one; unknown counts as new.
    pub(crate) fn since(self, major: u32, minor: u32) -> bool {
        self.version.is_none_or(|version| version >= Version::new(major, minor, 0))
    }

    /// Whether rules may write only names of the old form (RL-7). Up to 3.6 the setting is about metrics alone.
    pub(crate) fn old_names(self) -> bool {
        !self.since(3, 0) || (self.legacy_names && self.since(3, 7))
    }

    /// Whether a name is one for a label here.
    pub(crate) fn is_name(self, name: &str) -> bool {
        if self.old_names() { super::label_name::is_plain(name) } else { !name.is_empty() }
    }
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept, with these labels.
    Kept(Labels),
    /// A rule dropped it.
    Dropped {
        /// Index of the rule.
        rule: usize,
    },
    /// What a rule does to it is not known.
    Unknown {
        /// Index of the rule.
        rule: usize,
        /// Why.
        why: String,
    },
}

/// What one rule did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index of the rule.
    pub rule: usize,
    /// The labels before it.
    pub before: Labels,
    /// The labels after it; those before where it dropped the target or is not known.
    pub after: Labels,
    /// The values of the source labels, joined; what most actions look at.
    pub input: String,
    /// What it did.
    pub verdict: Effect,
}

/// Patterns that were compiled already, for jobs share most of theirs.
#[derive(Debug, Default)]
pub struct Patterns(HashMap<(String, Option<Version>), Arc<Compiled>>);

type Compiled = Result<Pattern, Refused>;

impl Patterns {
    fn get(&mut self, source: &str, version: Option<Version>) -> Arc<Compiled> {
        let compiled = || Arc::new(Pattern::compile(source, version));
        self.0.entry((source.to_owned(), version)).or_insert_with(compiled).clone()
    }
}

/// Rules, ready to be run.
#[derive(Clone, Debug)]
pub struct Relabeling {
    /// Each rule as each variant of the semantics reads it.
    rules: Vec<Vec<Result<Prepared, String>>>,
}

impl Relabeling {
    /// Prepares rules.
    pub fn new(rules: &[Rule], semantics: impl Into<Semantics>) -> Self {
        Self::with(rules, semantics, &mut Patterns::default())
    }

    /// Prepares rules, with patterns compiled before.
    pub fn with(rules: &[Rule], semantics: impl Into<Semantics>, patterns: &mut Patterns) -> Self {
        let variants = semantics.into().variants();
        let mut of_rule = |rule| variants.iter().map(|&semantics| prepare(rule, semantics, patterns)).collect();
        Self { rules: rules.iter().map(&mut of_rule).collect() }
    }

    /// Runs the rules.
    pub fn apply(&self, labels: &Labels) -> Outcome {
        let mut labels = clean(labels);
        for rule in 0..self.rules.len() {
            match self.effect(rule, &labels) {
                Effect::None => {}
                Effect::Changed(changes) => step::change(&mut labels, changes),
                Effect::Dropped => return Outcome::Dropped { rule },
                Effect::Unknown(why) => return Outcome::Unknown { rule, why },
            }
        }
        Outcome::Kept(labels)
    }

    /// Runs the rules and tells what each did. The last step is the one that dropped the target or is not known, if
    /// there is one.
    pub fn trace(&self, labels: &Labels) -> Vec<Step> {
        let mut labels = clean(labels);
        let mut steps = Vec::new();
        for rule in 0..self.rules.len() {
            let verdict = self.effect(rule, &labels);
            let before = labels.clone();
            if let Effect::Changed(changes) = &verdict {
                step::change(&mut labels, changes.clone());
            }
            let ends = matches!(verdict, Effect::Dropped | Effect::Unknown(_));
            let input = self.rules[rule].iter().find_map(|rule| rule.as_ref().ok()).map(|rule| rule.input(&before));
            steps.push(Step { rule, before, after: labels.clone(), input: input.unwrap_or_default(), verdict });
            if ends {
                break;
            }
        }
        steps
    }

    /// What all variants of a rule agree on.
    fn effect(&self, rule: usize, labels: &Labels) -> Effect {
        let mut effects = self.rules[rule].iter().map(|rule| match rule {
            Ok(rule) => rule.effect(labels),
            Err(why) => Effect::Unknown(why.clone()),
        });
        let first = effects.next().unwrap_or(Effect::None);
        if effects.all(|effect| effect == first) {
            first
        } else {
            Effect::Unknown("what this rule does depends on the version of Prometheus".to_owned())
        }
    }
}

fn clean(labels: &Labels) -> Labels {
    labels.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Runs rules on labels.
pub fn apply(rules: &[Rule], labels: &Labels, semantics: impl Into<Semantics>) -> Outcome {
    Relabeling::new(rules, semantics).apply(labels)
}

/// Runs rules on labels and tells what each did.
pub fn trace(rules: &[Rule], labels: &Labels, semantics: impl Into<Semantics>) -> Vec<Step> {
    Relabeling::new(rules, semantics).trace(labels)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::ends_alike;
