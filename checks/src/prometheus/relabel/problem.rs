//! What makes Prometheus refuse a rule, and with it the whole configuration (RL-V-*).

use serde_json::Value;

use super::{Action, Semantics};
use crate::prometheus::label_name::{is_plain, is_template};
use crate::prometheus::re2::{Pattern, Refused};
use crate::prometheus::relabel::Patterns;
use crate::prometheus::rule::Rule;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Prometheus refuses it, in these words.
    Refused(String),
    /// Whether Prometheus refuses it is not known.
    CannotJudge(String),
}

impl Problem {
    /// The words.
    pub fn text(&self) -> &str {
        let (Self::Refused(text) | Self::CannotJudge(text)) = self;
        text
    }
}

/// What is wrong with a rule, if anything. Without a version: what all versions say, and that it cannot be judged where
/// they differ.
pub fn problem(rule: &Rule, semantics: impl Into<Semantics>) -> Option<Problem> {
    let mut all = semantics.into().variants().into_iter().map(|semantics| of_version(rule, semantics, None));
    let first = all.next()?;
    let differs = || Problem::CannotJudge("whether this rule loads depends on the version of Prometheus".to_owned());
    let refused = |found: &Option<Problem>| matches!(found, Some(Problem::Refused(_)));
    let mut last = first.clone();
    for other in all {
        if refused(&other) != refused(&first) || other.is_some() != first.is_some() {
            return Some(differs());
        }
        last = other;
    }
    last
}

/// As [`problem`] for a version that is known, the pattern perhaps compiled already.
pub(super) fn of_version(rule: &Rule, semantics: Semantics, pattern: Option<&Result<Pattern, Refused>>) -> Option<Problem> {
    check(rule, semantics, pattern).err().map(|(_, problem)| problem)
}

/// As [`problem`], with the key that it is at, and with patterns compiled before. Without a version the newest counts.
pub fn problem_at(rule: &Rule, semantics: Semantics, patterns: &mut Patterns) -> Option<(&'static str, Problem)> {
    let pattern = patterns.get(rule.regex(), semantics.version);
    check(rule, semantics, Some(&pattern)).err()
}

type Found = (&'static str, Problem);

fn refuse<T>(key: &'static str, why: String) -> Result<T, Found> {
    Err((key, Problem::Refused(why)))
}

fn check(rule: &Rule, semantics: Semantics, pattern: Option<&Result<Pattern, Refused>>) -> Result<(), Found> {
    for name in &rule.source_labels {
        let fine = if semantics.since(3, 0) { !name.is_empty() } else { is_plain(name) };
        if !fine {
            return refuse("source_labels", format!("{name:?} is not a valid label name"));
        }
    }
    let Some(action) = Action::read(&rule.action, semantics) else {
        return refuse("action", format!("unknown relabel action {:?}", rule.action));
    };
    let compiled;
    let pattern = match pattern {
        Some(pattern) => pattern,
        None => {
            compiled = Pattern::compile(rule.regex(), semantics.version);
            &compiled
        }
    };
    match pattern {
        Err(Refused::GoRejects(why)) => return refuse("regex", format!("error parsing regexp: {why}")),
        Err(Refused::CannotJudge(why)) => return Err(("regex", Problem::CannotJudge(why.clone()))),
        Ok(_) => {}
    }
    if action == Action::HashMod && rule.modulus == 0 {
        return refuse("modulus", "relabel configuration for hashmod requires non-zero modulus".to_owned());
    }
    let word = action.as_str();
    if action.needs_target_label() && rule.target_label.is_empty() {
        return refuse("target_label", format!("relabel configuration for {word} action requires 'target_label' value"));
    }
    if action.needs_target_label() && !target_fits(action, &rule.target_label, semantics) {
        return refuse("target_label", format!("{:?} is invalid 'target_label' for {word} action", rule.target_label));
    }
    if action.compares_or_maps() && rule.replacement() != "$1" {
        return refuse("replacement", format!("'replacement' can not be set for {word} action"));
    }
    if action == Action::LabelMap && !replacement_fits(rule.replacement(), semantics) {
        return refuse("replacement", format!("{:?} is invalid 'replacement' for {word} action", rule.replacement()));
    }
    let defaults = rule.modulus == 0 && rule.separator() == ";" && rule.replacement() == "$1";
    if action.compares() && !(defaults && rule.regex.is_none()) {
        let key = if rule.regex.is_some() { "regex" } else { "separator" };
        return refuse(key, format!("{word} action requires only 'source_labels' and `target_label`, and no other fields"));
    }
    let alone = rule.source_labels.is_empty() && rule.target_label.is_empty();
    if matches!(action, Action::LabelDrop | Action::LabelKeep) && !(alone && defaults) {
        return refuse("action", format!("{word} action requires only 'regex', and no other fields"));
    }
    Ok(())
}

/// RL-V-2.
fn target_fits(action: Action, label: &str, semantics: Semantics) -> bool {
    let template = label.contains('$');
    match action {
        Action::HashMod => semantics.is_name(label),
        Action::Replace if semantics.since(3, 0) && !template => semantics.is_name(label),
        Action::Replace if semantics.since(3, 2) && !semantics.old_names() => true,
        Action::Replace => is_template(label),
        _ if semantics.since(2, 50) => semantics.is_name(label),
        _ => is_template(label),
    }
}

/// RL-V-3.
fn replacement_fits(text: &str, semantics: Semantics) -> bool {
    if semantics.since(3, 2) && !semantics.old_names() {
        return !text.is_empty();
    }
    // These two took a template for a name.
    let broken = semantics.version.is_some_and(|version| version.major == 3 && version.minor == 7 && version.patch < 2);
    is_template(text) && !(broken && text.contains('$'))
}

/// What is wrong with the shape of a rule, before it can be read at all (RL-V-7): no map, an unknown key, a value of
/// another type. The words are ours.
pub fn shape(value: &Value) -> Option<Problem> {
    let Some(map) = value.as_object() else {
        let text = if value.is_null() { "empty or null target relabeling rule in scrape config" } else { "a rule is a map" };
        return Some(Problem::Refused(text.to_owned()));
    };
    let wrong = |(key, value): (&String, &Value)| {
        let fine = match key.as_str() {
            "source_labels" => value.is_null() || value.as_array().is_some_and(|all| all.iter().all(is_scalar)),
            "modulus" => value.is_null() || value.is_u64(),
            key if Rule::KEYS.contains(&key) => is_scalar(value),
            _ => return Some(format!("field {key} not found in a relabel rule")),
        };
        let wants = match key.as_str() {
            "source_labels" => "a list of names",
            "modulus" => "a whole number that is not negative",
            _ => "a text",
        };
        (!fine).then(|| format!("{key} must be {wants}"))
    };
    let action = map.get("action").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    // An empty list of source labels is one nevertheless.
    if ["labeldrop", "labelkeep"].contains(&action.as_str()) && map.get("source_labels").is_some_and(Value::is_array) {
        return Some(Problem::Refused(format!("{action} action requires only 'regex', and no other fields")));
    }
    map.iter().find_map(wrong).map(Problem::Refused)
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}
