//! Relabel rules of an endpoint (OP-REJ-R). A pattern on which the regex dialects differ is not judged.

use super::{Examiner, Reason};
use crate::operator::version::Version;
use crate::prometheus::re2::{Compiles, compiles};
use crate::world::{RelabelConfig, Unseen, UnseenReason};

impl Examiner<'_> {
    pub(super) fn relabel(&mut self, rule: &RelabelConfig, path: &str) {
        match self.relabel_problem(rule) {
            Ok(()) => {}
            Err((field, why)) => self.reject(Reason::Relabel { why }, format!("{path}{field}")),
        }
    }

    fn relabel_problem(&mut self, rule: &RelabelConfig) -> Result<(), (&'static str, String)> {
        let action = rule.action();
        let at = |field: &'static str, why: &str| Err((field, why.to_owned()));
        const ACTIONS: &[&str] = &[
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
        if !ACTIONS.contains(&action.as_str()) {
            let known = ACTIONS.join(", ");
            return Err((".action", format!("{:?} is not a relabel action (one of {known})", rule.action)));
        }
        let needs = match action.as_str() {
            "lowercase" | "uppercase" => Some(Version::new(2, 36, 0)),
            "keepequal" | "dropequal" => Some(Version::new(2, 41, 0)),
            _ => None,
        };
        if let (Some(needs), Some(has)) = (needs, self.prometheus)
            && has < needs
        {
            return Err((".action", format!("action {action} needs Prometheus {needs}, the server has {has}")));
        }
        match compiles(&rule.regex) {
            Compiles::Yes => {}
            Compiles::No(why) => {
                return Err((".regex", format!("the pattern {:?} is invalid: {why}", rule.regex)));
            }
            Compiles::Unknown => self.out.unknown.push(Unseen {
                reason: UnseenReason::NotJudged,
                need: format!("the pattern {:?} cannot be judged: Go's dialect may differ here", rule.regex),
            }),
        }
        if action == "hashmod" && rule.modulus == 0 {
            return at(".modulus", "hashmod needs a modulus");
        }
        let writes = ["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"];
        if writes.contains(&action.as_str()) && rule.target_label.is_empty() {
            return Err(("", format!("action {action} needs a targetLabel")));
        }
        let default_replacement = rule.replacement.as_deref().is_none_or(|text| text.is_empty() || text == "$1");
        if ["lowercase", "uppercase", "keepequal", "dropequal"].contains(&action.as_str()) && !default_replacement {
            return Err((".replacement", format!("action {action} takes no replacement")));
        }
        let default_regex = rule.regex.is_empty() || rule.regex == "(.*)";
        let default_separator = rule.separator.as_deref().is_none_or(|text| text.is_empty() || text == ";");
        if ["keepequal", "dropequal"].contains(&action.as_str()) && !(default_regex && default_separator && rule.modulus == 0) {
            return Err(("", format!("action {action} takes sourceLabels and targetLabel only")));
        }
        if ["labeldrop", "labelkeep"].contains(&action.as_str())
            && !(rule.source_labels.is_empty()
                && rule.target_label.is_empty()
                && rule.modulus == 0
                && default_replacement
                && default_separator)
        {
            return Err(("", format!("action {action} takes only a regex")));
        }
        if writes.contains(&action.as_str()) && !self.valid_target(&action, &rule.target_label) {
            return Err((".targetLabel", format!("{:?} is not a valid label name", rule.target_label)));
        }
        Ok(())
    }

    /// Names in the old charset for Prometheus 2, any text for 3. Up to 0.85 a `replace` may write to a name made
    /// of groups; since 0.86 only where the server is a Prometheus 3 (OP-REJ-R2).
    fn valid_target(&self, action: &str, label: &str) -> bool {
        let old_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let is_v3 = self.prometheus.is_none_or(|version| version.major >= 3);
        if self.since(86) && is_v3 {
            return true;
        }
        if action == "replace" && label.contains('$') {
            return !self.since(86) || self.operator.is_none();
        }
        old_name(label)
    }
}
