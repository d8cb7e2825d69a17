//! Relabel rules of an endpoint (OP-REJ-R). A pattern on which the regex dialects differ is not judged.
//!
//! The operator does not look at the action itself: an unknown one is for the API server to refuse, or else for
//! Prometheus, which then refuses everything.

use super::{Examiner, Reason};
use crate::operator::version::{Version, operator};
use crate::prometheus::re2::{Compiles, compiles};
use crate::world::{RelabelConfig, Unseen, UnseenReason};

/// The actions that Prometheus knows.
pub const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

impl Examiner<'_> {
    pub(super) fn relabel(&mut self, rule: &RelabelConfig, path: &str) {
        // Up to 0.67 a rule without an action was passed over, and what came after a bad rule could hide it.
        if rule.action.is_empty() && !self.since(68) {
            return;
        }
        let dialect = Dialect { operator: self.operator, prometheus: self.prometheus };
        if let Err((field, reason)) = dialect.problem(rule, &mut self.out.unknown) {
            self.reject_if(self.since(68), reason, format!("{path}{field}"));
        }
    }
}

/// By whose eyes rules are read.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Version of the operator; unknown counts as new.
    pub operator: Option<Version>,
    /// Version of the server.
    pub prometheus: Option<Version>,
}

impl Dialect {
    fn since(&self, minor: u32) -> bool {
        self.operator.is_none_or(|version| version >= operator(minor))
    }

    /// What is wrong with a rule: the field below it, and why.
    pub fn problem(&self, rule: &RelabelConfig, unknown: &mut Vec<Unseen>) -> Result<(), (&'static str, Reason)> {
        let action = rule.action();
        let needs = match action.as_str() {
            "lowercase" | "uppercase" => Some(Version::new(2, 36, 0)),
            "keepequal" | "dropequal" => Some(Version::new(2, 41, 0)),
            _ => None,
        };
        if let (Some(needs), Some(has)) = (needs, self.prometheus)
            && has < needs
        {
            return Err((".action", Reason::Version { what: format!("relabel action {action}"), needs, has }));
        }
        self.fields(rule, &action, unknown).map_err(|(field, why)| (field, Reason::Relabel { why }))
    }

    fn fields(&self, rule: &RelabelConfig, action: &str, unknown: &mut Vec<Unseen>) -> Result<(), (&'static str, String)> {
        let is = |actions: &[&str]| actions.contains(&action);
        match compiles(&rule.regex) {
            Compiles::Yes => {}
            Compiles::No(why) => {
                return Err((".regex", format!("the pattern {:?} is invalid: {why}", rule.regex)));
            }
            Compiles::Unknown => unknown.push(Unseen {
                reason: UnseenReason::NotJudged,
                need: format!("the pattern {:?} cannot be judged: Go's dialect may differ here", rule.regex),
            }),
        }
        if is(&["hashmod"]) && rule.modulus == 0 {
            return Err(("", "action hashmod needs a modulus".to_owned()));
        }
        let writes = is(&["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"]);
        if writes && rule.target_label.is_empty() {
            return Err(("", format!("action {action} needs a targetLabel")));
        }
        if writes && !self.valid_target(action, &rule.target_label) {
            return Err((".targetLabel", format!("{:?} is not a valid label name", rule.target_label)));
        }
        // What is written out counts as set since 0.79, even if it is empty.
        let set = |text: &Option<String>, default: &str| {
            text.as_deref().is_some_and(|text| text != default && (!text.is_empty() || self.since(79)))
        };
        let (replaces, separates) = (set(&rule.replacement, "$1"), set(&rule.separator, ";"));
        if is(&["lowercase", "uppercase", "keepequal", "dropequal"]) && replaces {
            return Err((".replacement", format!("action {action} takes no replacement")));
        }
        if let Some(text) = rule.replacement.as_deref().filter(|_| is(&["labelmap"]))
            && !self.valid_names(text)
        {
            return Err((".replacement", format!("{text:?} makes no valid label names")));
        }
        let default_regex = rule.regex.is_empty() || rule.regex == "(.*)";
        if is(&["keepequal", "dropequal"]) && (!default_regex || separates || rule.modulus != 0) {
            return Err(("", format!("action {action} takes sourceLabels and targetLabel only")));
        }
        let only_regex = rule.source_labels.is_empty() && rule.target_label.is_empty() && rule.modulus == 0;
        if is(&["labeldrop", "labelkeep"]) && !(only_regex && !replaces && !separates) {
            return Err(("", format!("action {action} takes only a regex")));
        }
        Ok(())
    }

    /// Whether names of any characters are allowed: where the server is a Prometheus 3, since operator 0.86.
    fn any_name(&self) -> bool {
        self.since(86) && self.prometheus.is_none_or(|version| version.major >= 3)
    }

    /// Up to 0.85 a label to write to could be made of groups, as in `${1}_x`; since 0.86 only where any name is
    /// allowed (OP-REJ-R2).
    fn valid_target(&self, action: &str, label: &str) -> bool {
        self.any_name() || plain_name(label) || (!self.since(86) && action != "hashmod" && made_of_groups(label))
    }

    /// Names that `labelmap` writes, which may be made of groups; 0.86 to 0.89 forgot that.
    fn valid_names(&self, text: &str) -> bool {
        match text {
            // Written out and empty counted as the default at first.
            "" => !self.since(79),
            _ if self.any_name() || plain_name(text) => true,
            _ => made_of_groups(text) && (!self.since(86) || self.since(90)),
        }
    }
}

fn plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Letters, digits, `_` and references such as `$1` or `${name}`, not beginning with a digit.
fn made_of_groups(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '$' {
            let (name, tail) = match rest.strip_prefix('{') {
                Some(inner) => inner.split_once('}').unwrap_or(("", "")),
                None => rest.split_at(rest.find(|c| !word(c)).unwrap_or(rest.len())),
            };
            if name.is_empty() || !name.chars().all(word) {
                return false;
            }
            rest = tail;
        } else if !word(c) {
            return false;
        }
    }
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
}
