//! Label selectors that say which requirement failed, and what came nearest.
//!
//! Semantics are Kubernetes' own: `NotIn` and `DoesNotExist` hold for an object that lacks the key, an empty
//! selector selects everything. A null selector is no selector at all: callers keep it as `None`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::is_within;
use crate::world::Labels;

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    /// Each of these labels with exactly this value.
    #[serde(default, deserialize_with = "crate::world::nullable")]
    pub match_labels: BTreeMap<String, String>,
    /// Each of these requirements.
    #[serde(default, deserialize_with = "crate::world::nullable")]
    pub match_expressions: Vec<Expression>,
}

/// An item of `matchExpressions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Expression {
    /// Label key.
    #[serde(default)]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`; anything else is invalid.
    #[serde(default)]
    pub operator: String,
    /// Values of `In` and `NotIn`.
    #[serde(default, deserialize_with = "crate::world::nullable", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// The operator of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[allow(missing_docs, reason = "the variants are Kubernetes' operators")]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Operator {
    /// As written in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }
}

/// One requirement of a selector, whichever way it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// Operator; `matchLabels` entries are `In` with one value.
    pub operator: Operator,
    /// Values.
    pub values: Vec<String>,
    /// Where it stands below the selector: `matchLabels.release` or `matchExpressions[0]`.
    pub path: String,
}

impl Requirement {
    /// Whether the labels meet the requirement.
    pub fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }

    /// What nearly met it: the value in another case or with a slip, or the wanted value under another key.
    fn near(&self, labels: &Labels) -> Option<Near> {
        if self.operator != Operator::In {
            return None;
        }
        if let Some(found) = labels.get(&self.key) {
            let other_case = self.values.iter().any(|value| value.eq_ignore_ascii_case(found));
            let slip = self.values.iter().any(|value| is_within(value, found, slips(value)));
            return if other_case {
                Some(Near::OtherCase)
            } else if slip {
                Some(Near::Slip)
            } else {
                None
            };
        }
        let same_value = labels.iter().find(|(_, value)| self.values.contains(value));
        let similar_key = |key: &str| key.eq_ignore_ascii_case(&self.key) || is_within(key, &self.key, slips(&self.key));
        if let Some((key, value)) = labels.iter().find(|(key, _)| similar_key(key)) {
            return Some(Near::OtherKey { key: key.clone(), value: value.clone() });
        }
        same_value.map(|(key, value)| Near::OtherKey { key: key.clone(), value: value.clone() })
    }
}

/// Why a label cannot have this key: an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_`, `.`.
pub(crate) fn bad_key(key: &str) -> Option<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let dns = |prefix: &str| {
        let part = |part: &str| {
            let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !part.is_empty() && part.chars().all(fine) && !part.starts_with('-') && !part.ends_with('-')
        };
        prefix.len() <= 253 && prefix.split('.').all(part)
    };
    let fine = !name.is_empty() && is_label_text(name) && prefix.is_none_or(dns);
    (!fine).then(|| format!("{key:?} cannot be the key of a label"))
}

/// Why a label cannot have this value.
pub(crate) fn bad_value(value: &str) -> Option<String> {
    (!is_label_text(value)).then(|| format!("{value:?} cannot be the value of a label"))
}

/// Up to 63 letters, digits, `-`, `_`, `.`, beginning and ending with a letter or digit; or nothing.
fn is_label_text(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.is_empty() || (text.len() <= 63 && text.chars().all(fine) && text.starts_with(ends) && text.ends_with(ends))
}

/// How many slips of the pen still count as meant: a quarter of the word, two at most.
fn slips(word: &str) -> usize {
    (word.chars().count() / 4).min(2)
}

/// A requirement that labels do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The requirement.
    pub requirement: Requirement,
    /// The value of its key, if the labels have it.
    pub found: Option<String>,
    /// What came near.
    pub near: Option<Near>,
}

/// What came near to meeting a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// The value differs in upper and lower case only.
    OtherCase,
    /// The value differs by a slip of the pen.
    Slip,
    /// A similar key, or another key with a wanted value.
    OtherKey {
        /// That key.
        key: String,
        /// Its value.
        value: String,
    },
}

impl LabelSelector {
    /// Whether it asks for nothing and so selects everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Why Kubernetes would refuse the selector (OP-SEL-6): path and reason of the first invalid expression.
    pub fn invalid(&self) -> Option<(String, String)> {
        let label = |(key, value): (&String, &String)| {
            let why = bad_key(key).or_else(|| bad_value(value))?;
            Some((format!("matchLabels{}", crate::path::key_text(key)), why))
        };
        self.match_labels.iter().find_map(label).or_else(|| self.invalid_expression())
    }

    fn invalid_expression(&self) -> Option<(String, String)> {
        self.match_expressions.iter().enumerate().find_map(|(at, expression)| {
            let reason = match (expression.operator.as_str(), expression.values.is_empty()) {
                ("In" | "NotIn", true) => {
                    format!("{} needs at least one value", expression.operator)
                }
                ("Exists" | "DoesNotExist", false) => {
                    format!("{} takes no values", expression.operator)
                }
                ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {
                    bad_key(&expression.key).or_else(|| expression.values.iter().find_map(|value| bad_value(value)))?
                }
                (other, _) => format!("{other:?} is not a valid operator (In, NotIn, Exists, DoesNotExist)"),
            };
            Some((format!("matchExpressions[{at}]"), reason))
        })
    }

    /// The requirements, `matchLabels` first in the order of their keys. Invalid expressions are left out:
    /// [`LabelSelector::invalid`] tells of them.
    pub fn requirements(&self) -> Vec<Requirement> {
        self.labels(|_, _| true).chain(self.expressions()).collect()
    }

    /// The requirements that `matchLabels` makes, of the entries that are wanted.
    fn labels(&self, wanted: impl Fn(&String, &String) -> bool) -> impl Iterator<Item = Requirement> {
        self.match_labels.iter().filter(move |(key, value)| wanted(key, value)).map(|(key, value)| Requirement {
            key: key.clone(),
            operator: Operator::In,
            values: vec![value.clone()],
            path: format!("matchLabels{}", crate::path::key_text(key)),
        })
    }

    /// The requirements that `matchExpressions` makes.
    fn expressions(&self) -> impl Iterator<Item = Requirement> {
        self.match_expressions.iter().enumerate().filter_map(|(at, expression)| {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => return None,
            };
            let (key, values) = (expression.key.clone(), expression.values.clone());
            Some(Requirement { key, operator, values, path: format!("matchExpressions[{at}]") })
        })
    }

    /// Whether the labels meet every requirement. An invalid selector matches nothing.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && (self.match_expressions.is_empty()
                || (self.invalid().is_none() && self.expressions().all(|requirement| requirement.holds(labels))))
    }

    /// The requirements that the labels do not meet.
    pub fn misses(&self, labels: &Labels) -> Vec<Miss> {
        self.each_miss(labels).collect()
    }

    /// The requirements that the labels do not meet, each found when it is asked for: mostly the first tells enough.
    pub(crate) fn each_miss<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = Miss> + 'a {
        let unmet = self.labels(|key, value| labels.get(key) != Some(value));
        let unmet = unmet.chain(self.expressions().filter(|requirement| !requirement.holds(labels)));
        unmet.map(|requirement| Miss {
            found: labels.get(&requirement.key).cloned(),
            near: requirement.near(labels),
            requirement,
        })
    }
}

impl LabelSelector {
    /// The selector with as few changes as needed so that the labels meet it: another value where they have the
    /// key, the label that was probably meant where a similar one is there, else without the requirement. `None`
    /// where nothing would be left that chooses.
    pub fn fitted(&self, labels: &Labels) -> Option<Self> {
        let mut out = self.clone();
        let mut dropped = Vec::new();
        for miss in self.misses(labels) {
            let (key, lasts) = (&miss.requirement.key, !VOLATILE.contains(&miss.requirement.key.as_str()));
            let found = miss.found.as_ref().filter(|_| miss.requirement.operator == Operator::In && lasts);
            match miss.requirement.expression() {
                None => match found {
                    Some(found) => drop(out.match_labels.insert(key.clone(), found.clone())),
                    None => drop(out.match_labels.remove(key)),
                },
                Some(at) => match found {
                    Some(found) => out.match_expressions[at].values = vec![found.clone()],
                    None => dropped.push(at),
                },
            }
            if let Some(Near::OtherKey { key, value }) = miss.near
                && !VOLATILE.contains(&key.as_str())
            {
                out.match_labels.entry(key).or_insert(value);
            }
        }
        dropped.into_iter().rev().for_each(|at| drop(out.match_expressions.remove(at)));
        let chooses = |requirement: &Requirement| matches!(requirement.operator, Operator::In | Operator::Exists);
        (out.requirements().iter().any(chooses) && out.matches(labels)).then_some(out)
    }

    /// The JSON merge patch that makes another selector of this one.
    pub fn patch_to(&self, other: &Self) -> serde_json::Value {
        let mut patch = serde_json::Map::new();
        let gone = self.match_labels.keys().filter(|key| !other.match_labels.contains_key(*key));
        let gone = gone.map(|key| (key.clone(), serde_json::Value::Null));
        let new = other.match_labels.iter().filter(|(key, value)| self.match_labels.get(*key) != Some(value));
        let labels: serde_json::Map<_, _> = gone.chain(new.map(|(key, value)| (key.clone(), value.as_str().into()))).collect();
        if !labels.is_empty() {
            patch.insert("matchLabels".to_owned(), labels.into());
        }
        if self.match_expressions != other.match_expressions {
            patch.insert("matchExpressions".to_owned(), serde_json::json!(other.match_expressions));
        }
        patch.into()
    }
}

impl Requirement {
    /// The index of the expression; `None` for an entry of `matchLabels`.
    fn expression(&self) -> Option<usize> {
        self.path.strip_prefix("matchExpressions[")?.strip_suffix(']')?.parse().ok()
    }
}

/// The labels that would meet every missed requirement; `None` where some label would have to go.
pub fn labels_to_meet(misses: &[Miss]) -> Option<Vec<(String, String)>> {
    let label = |miss: &Miss| {
        let requirement = &miss.requirement;
        match requirement.operator {
            Operator::In => Some((requirement.key.clone(), requirement.values.first()?.clone())),
            Operator::Exists => Some((requirement.key.clone(), "true".to_owned())),
            Operator::NotIn | Operator::DoesNotExist => None,
        }
    };
    misses.iter().map(label).collect()
}

/// Missed requirements in a few words: what is there and what is asked for.
pub fn misses_in_words(misses: &[Miss]) -> String {
    let Some(first) = misses.first() else { return String::new() };
    let requirement = &first.requirement;
    let key = &requirement.key;
    let found = match &first.found {
        Some(found) => format!("{key} is {found:?}"),
        None => format!("it has no label {key}"),
    };
    let wanted = match (requirement.operator, requirement.values.as_slice()) {
        (Operator::In, [one]) => format!("wanted {one:?}"),
        (Operator::In, several) => format!("wanted one of {}", crate::text::list(several, 3)),
        (Operator::NotIn, _) => "which is excluded".to_owned(),
        (Operator::Exists, _) => "wanted any value".to_owned(),
        (Operator::DoesNotExist, _) => "wanted none".to_owned(),
    };
    match misses.len() - 1 {
        0 => format!("{found}, {wanted}"),
        more => format!("{found}, {wanted} (and {more} more)"),
    }
}

impl Miss {
    /// In words, behind the name of the object: `has app=cart, not shop`, `lacks app=shop`.
    pub fn words(&self) -> String {
        let Requirement { key, operator, values, .. } = &self.requirement;
        let wanted = values.join(" or ");
        match (operator, &self.found, &self.near) {
            (Operator::In, Some(found), _) => format!("has {key}={found}, not {wanted}"),
            (Operator::In, None, Some(Near::OtherKey { key: other, value })) => {
                format!("has {other}={value}, not {key}={wanted}")
            }
            (Operator::In, None, _) => format!("lacks {key}={wanted}"),
            (Operator::Exists, ..) => format!("lacks {key}"),
            (Operator::NotIn | Operator::DoesNotExist, found, _) => {
                format!("has {key}={}, which is excluded", found.as_deref().unwrap_or_default())
            }
        }
    }
}

/// What an object lacks, in words; after two requirements only their number.
pub fn miss_words(misses: &[Miss]) -> String {
    let words: Vec<String> = misses.iter().map(Miss::words).collect();
    match words.as_slice() {
        [] => "matches".to_owned(),
        [one] => one.clone(),
        [one, two] if one.len() + two.len() < 100 => format!("{one} and {two}"),
        [one, rest @ ..] => format!("{one} and misses {} more", rest.len()),
    }
}

/// Labels whose values change with every release or rollout: no selector should ask for them.
pub const VOLATILE: &[&str] = &[
    "app.kubernetes.io/version",
    "chart",
    "controller-revision-hash",
    "controller-uid",
    "helm.sh/chart",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Labels that many unrelated objects share: having them in common says nothing.
const COMMON: &[&str] = &["app.kubernetes.io/managed-by", "app.kubernetes.io/part-of", "env", "environment", "heritage", "team"];

/// Labels that say which application an object belongs to.
pub const IDENTITY: &[&str] = &["app", "app.kubernetes.io/name", "k8s-app", "name", "run"];

/// How near labels came to a selector; smaller is nearer, `None` where nothing at all speaks for it. A different
/// application weighs more than another label that differs.
pub fn nearness(selector: &LabelSelector, labels: &Labels) -> Option<(usize, usize)> {
    let misses = selector.misses(labels);
    let vague = misses.iter().filter(|miss| miss.near.is_none());
    let weight = vague.map(|miss| if IDENTITY.contains(&miss.requirement.key.as_str()) { 2 } else { 1 }).sum();
    let telling = |requirement: &Requirement| {
        let key = requirement.key.as_str();
        matches!(requirement.operator, Operator::In | Operator::Exists) && !COMMON.contains(&key) && !VOLATILE.contains(&key)
    };
    let positive = selector.requirements().iter().any(|requirement| telling(requirement) && requirement.holds(labels));
    let close = misses.iter().any(|miss| miss.near.is_some() && !COMMON.contains(&miss.requirement.key.as_str()));
    (positive || close || misses.is_empty()).then_some((misses.len(), weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn selector(text: &str) -> LabelSelector {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_empty_selector_selects_everything() {
        assert!(selector("{}").matches(&labels(&[])));
        assert!(selector(r#"{"matchLabels": null}"#).matches(&labels(&[("a", "b")])));
    }

    /// OP-SEL-7: negative operators hold for objects that lack the key.
    #[test]
    fn negative_operators_hold_without_the_key() {
        let not_in = selector(r#"{"matchExpressions":[{"key":"a","operator":"NotIn","values":["x"]}]}"#);
        assert!(not_in.matches(&labels(&[])));
        assert!(not_in.matches(&labels(&[("a", "y")])));
        assert!(!not_in.matches(&labels(&[("a", "x")])));
        let absent = selector(r#"{"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]}"#);
        assert!(absent.matches(&labels(&[])));
        assert!(!absent.matches(&labels(&[("a", "")])));
    }

    /// OP-SEL-6: such selectors are refused, so they select nothing.
    #[test]
    fn invalid_expressions_match_nothing_and_are_named() {
        for text in [
            r#"{"matchExpressions":[{"key":"a","operator":"In","values":[]}]}"#,
            r#"{"matchExpressions":[{"key":"a","operator":"Near"}]}"#,
            r#"{"matchExpressions":[{"key":"a","operator":"Exists","values":["x"]}]}"#,
        ] {
            let selector = selector(text);
            assert!(!selector.matches(&labels(&[("a", "x")])), "{text}");
            assert_eq!(selector.invalid().unwrap().0, "matchExpressions[0]");
        }
    }

    #[test]
    fn misses_name_what_came_near() {
        let wanted = selector(r#"{"matchLabels":{"release":"kube-prometheus-stack"}}"#);
        let near = |pairs: &[(&str, &str)]| wanted.misses(&labels(pairs)).remove(0).near;
        assert_eq!(near(&[("release", "Kube-Prometheus-Stack")]), Some(Near::OtherCase));
        assert_eq!(near(&[("release", "kube-promethues-stack")]), Some(Near::Slip));
        assert_eq!(near(&[("release", "prom-stack")]), None);
        let other = |key: &str, value: &str| Some(Near::OtherKey { key: key.into(), value: value.into() });
        assert_eq!(near(&[("Release", "x")]), other("Release", "x"));
        assert_eq!(near(&[("chart", "kube-prometheus-stack")]), other("chart", "kube-prometheus-stack"));
        assert_eq!(near(&[("app", "cart")]), None);
    }

    /// A value that the labels have is taken over, a label that they lack is no longer asked for.
    #[test]
    fn a_selector_is_fitted_to_labels() {
        let wanted = selector(
            r#"{"matchLabels":{"app":"cart","component":"server","tier":"web"},
                "matchExpressions":[{"key":"canary","operator":"DoesNotExist"},{"key":"env","operator":"Exists"}]}"#,
        );
        let has = labels(&[("app", "cart"), ("component", "metrics"), ("canary", "yes"), ("env", "prod")]);
        let fitted = wanted.fitted(&has).unwrap();
        assert!(fitted.matches(&has));
        let patch = serde_json::json!({"matchLabels": {"component": "metrics", "tier": null},
            "matchExpressions": [{"key": "env", "operator": "Exists"}]});
        assert_eq!(wanted.patch_to(&fitted), patch);
        assert_eq!(selector(r#"{"matchLabels":{"app":"cart"}}"#).fitted(&labels(&[("x", "y")])), None);
    }

    #[test]
    fn another_application_is_farther_than_another_release() {
        let wanted = selector(r#"{"matchLabels":{"app":"cart","release":"a"}}"#);
        let same = nearness(&wanted, &labels(&[("app", "cart"), ("release", "other")]));
        assert!(same < nearness(&wanted, &labels(&[("app", "checkout"), ("release", "a")])));
        let common = selector(r#"{"matchLabels":{"app":"cart","app.kubernetes.io/managed-by":"Helm"}}"#);
        assert_eq!(nearness(&common, &labels(&[("app.kubernetes.io/managed-by", "Helm")])), None);
    }
}
