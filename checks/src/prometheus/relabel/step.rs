//! One rule on one set of labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use md5::{Digest as _, Md5};

use super::{Action, Labels, Patterns, Semantics, case, problem};
use crate::prometheus::re2::{Groups, Pattern, Refused};
use crate::prometheus::rule::Rule;

/// What a rule did to labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Some labels changed, in order of their names.
    Changed(Vec<Change>),
    /// The target is dropped.
    Dropped,
    /// That cannot be judged; the reason is for people.
    Unknown(String),
}

/// A label that a rule changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub label: String,
    /// Its value before; `None` where it was absent.
    pub before: Option<String>,
    /// Its value after; `None` where it was removed.
    pub after: Option<String>,
}

pub(super) fn change(labels: &mut Labels, changes: Vec<Change>) {
    for Change { label, after, .. } in changes {
        match after {
            Some(value) => labels.insert(label, value),
            None => labels.remove(&label),
        };
    }
}

/// A rule, ready to be run.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    rule: Rule,
    action: Action,
    pattern: Pattern,
    semantics: Semantics,
}

/// Why a step cannot be judged.
type Unsure = String;

pub(super) fn prepare(rule: &Rule, semantics: Semantics, patterns: &mut Patterns) -> Result<Prepared, Unsure> {
    let compiled: Arc<Result<Pattern, Refused>> = patterns.get(rule.regex(), semantics.version);
    if let Some(found) = problem::of_version(rule, semantics, Some(&compiled)) {
        return Err(found.text().to_owned());
    }
    match (Action::read(&rule.action, semantics), &*compiled) {
        (Some(action), Ok(pattern)) => Ok(Prepared { rule: rule.clone(), action, pattern: pattern.clone(), semantics }),
        _ => Err("this rule does not load".to_owned()),
    }
}

/// New values by label; empty removes.
type Writes = BTreeMap<String, String>;

impl Prepared {
    /// The values of the source labels, joined (RL-3).
    pub(super) fn input(&self, labels: &Labels) -> String {
        let value = |name: &String| labels.get(name).map_or("", String::as_str);
        self.rule.source_labels.iter().map(value).collect::<Vec<_>>().join(self.rule.separator())
    }

    pub(super) fn effect(&self, labels: &Labels) -> Effect {
        let keeps = match self.keeps(labels) {
            Ok(keeps) => keeps,
            Err(why) => return Effect::Unknown(why),
        };
        if keeps == Some(false) {
            return Effect::Dropped;
        }
        match if keeps.is_some() { Ok(Writes::new()) } else { self.writes(labels) } {
            Ok(writes) => effect_of(writes, labels),
            Err(why) => Effect::Unknown(why),
        }
    }

    fn matches(&self, text: &str) -> Result<bool, Unsure> {
        self.pattern.matches(text).ok_or_else(|| self.unsure(text))
    }

    fn groups<'t>(&'t self, text: &'t str) -> Result<Option<Groups<'t>>, Unsure> {
        self.pattern.groups(text).ok_or_else(|| self.unsure(text))
    }

    fn unsure(&self, text: &str) -> Unsure {
        format!("whether {:?} matches {text:?} depends on the build of Prometheus", self.pattern.source())
    }

    /// What the actions that only choose say.
    fn keeps(&self, labels: &Labels) -> Result<Option<bool>, Unsure> {
        let value = || self.input(labels);
        let target = || labels.get(&self.rule.target_label).map_or("", String::as_str);
        Ok(Some(match self.action {
            Action::Keep => self.matches(&value())?,
            Action::Drop => !self.matches(&value())?,
            Action::KeepEqual => target() == value(),
            Action::DropEqual => target() != value(),
            _ => return Ok(None),
        }))
    }

    /// What the actions that write say.
    fn writes(&self, labels: &Labels) -> Result<Writes, Unsure> {
        let target = |value: String| Writes::from([(self.rule.target_label.clone(), value)]);
        let cased = |value: Option<String>| value.map(target).ok_or_else(|| "the case of new letters is not known".to_owned());
        match self.action {
            Action::Replace => self.replace(&self.input(labels)),
            Action::HashMod => Ok(target(hash_mod(&self.input(labels), self.rule.modulus))),
            Action::Lowercase => cased(case::lower(&self.input(labels))),
            Action::Uppercase => cased(case::upper(&self.input(labels))),
            Action::LabelMap => self.label_map(labels),
            Action::LabelDrop => self.without(labels, true),
            Action::LabelKeep => self.without(labels, false),
            Action::Keep | Action::Drop | Action::KeepEqual | Action::DropEqual => Ok(Writes::new()),
        }
    }

    fn replace(&self, value: &str) -> Result<Writes, Unsure> {
        let Some(groups) = self.groups(value)? else { return Ok(Writes::new()) };
        let target = groups.expand(&self.rule.target_label);
        let result = groups.expand(self.rule.replacement());
        let named = self.semantics.is_name(&target);
        // Up to 2.49 the label of the name as it is written is removed, references and all (RL-11, RL-21).
        let written = !self.semantics.since(2, 50);
        Ok(match (named, result.is_empty()) {
            (true, false) => Writes::from([(target, result)]),
            (_, _) if written => Writes::from([(self.rule.target_label.clone(), String::new())]),
            (true, true) => Writes::from([(target, String::new())]),
            (false, _) => Writes::new(),
        })
    }

    /// RL-17: of several sources of one name, any may win since 2.43; before, the last one in order.
    fn label_map(&self, labels: &Labels) -> Result<Writes, Unsure> {
        let mut writes = Writes::new();
        for (name, value) in labels {
            let Some(groups) = self.groups(name)? else { continue };
            if !groups.spans_all() {
                return Err("the pattern leaves its anchors".to_owned());
            }
            let new = groups.expand(self.rule.replacement());
            if new.is_empty() {
                return Err(format!("the label {name:?} would get an empty name"));
            }
            let other = writes.insert(new.clone(), value.clone());
            if self.semantics.since(2, 43) && other.is_some_and(|other| other != *value) {
                return Err(format!("ambiguous: several labels with different values become {new:?}, and any of them may win"));
            }
        }
        Ok(writes)
    }

    fn without(&self, labels: &Labels, matching: bool) -> Result<Writes, Unsure> {
        let mut writes = Writes::new();
        for name in labels.keys() {
            if self.matches(name)? == matching {
                writes.insert(name.clone(), String::new());
            }
        }
        Ok(writes)
    }
}

/// What really changes.
fn effect_of(writes: Writes, labels: &Labels) -> Effect {
    let change = |(label, value): (String, String)| {
        let before = labels.get(&label).cloned();
        let after = Some(value).filter(|value| !value.is_empty());
        (before != after).then_some(Change { label, before, after })
    };
    let changes: Vec<Change> = writes.into_iter().filter_map(change).collect();
    if changes.is_empty() { Effect::None } else { Effect::Changed(changes) }
}

/// RL-16: the last eight bytes of the MD5 sum.
fn hash_mod(text: &str, modulus: u64) -> String {
    let sum: [u8; 16] = Md5::digest(text.as_bytes()).into();
    let number = sum[8..].iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    number.checked_rem(modulus).unwrap_or(0).to_string()
}
