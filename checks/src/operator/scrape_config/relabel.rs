//! Rules that people wrote, those of the scrape class before them, and the enforced namespace label after them
//! (OP-SM-3 rules 17 to 19, OP-ENF-3, OP-ENF-4).

use serde_json::{Map, Value};

use super::draft::{Draft, set_rule};
use super::field::Field;
use super::{Task, Writer};
use crate::world::Kind;

impl Task<'_> {
    /// Appends the relabel rules of the scrape class.
    pub(super) fn class_rules(&self, draft: &mut Draft) {
        if self.writer.since(73) {
            for rule in self.class.get("relabelings").items() {
                draft.rule(&rule, written(self.writer, &rule));
            }
        }
    }

    /// Appends the relabel rules of a list.
    pub(super) fn rules(&self, draft: &mut Draft, list: &Field<'_>) {
        for rule in list.items() {
            draft.rule(&rule, written(self.writer, &rule));
        }
    }

    /// Appends the rule for the enforced namespace label.
    pub(super) fn enforce(&self, draft: &mut Draft) {
        if let Some(label) = self.enforced() {
            draft.rule(&label, set_rule(label.text(), &self.id.namespace));
        }
    }

    /// The enforced namespace label, where the monitor is not excluded from it.
    pub(super) fn enforced(&self) -> Option<Field<'_>> {
        let label = self.server.get("enforcedNamespaceLabel");
        label.some_text()?;
        let excluded = self.writer.since(56)
            && self.server.get("excludedFromEnforcement").items().any(|reference| {
                let names = |key: &str| reference.get(key).some_text();
                names("namespace") == Some(&self.id.namespace)
                    && names("group").is_none_or(|group| group == Kind::group(self.id.kind))
                    && names("resource") == Some(self.id.kind.plural())
                    && names("name").is_none_or(|name| name == self.id.name)
            });
        (!excluded).then_some(label)
    }

    /// Writes `metric_relabel_configs`: of a list in the monitor, which operators below 0.51 do not have for Probes.
    pub(super) fn metric_rules(&self, draft: &mut Draft, list: &Field<'_>) {
        let writer = self.writer;
        let mut rules = Vec::new();
        if writer.since(75) {
            rules.extend(self.class.get("metricRelabelings").items().map(|rule| written(writer, &rule)));
        }
        let enforced = self.enforced();
        if writer.since(51) {
            rules.extend(list.items().map(|rule| written(writer, &rule)));
            rules.extend(enforced.map(|label| set_rule(label.text(), &self.id.namespace)));
            // Operators up to 0.74 write the key without any rule as well.
            if rules.is_empty() && writer.since(75) {
                return;
            }
        } else if list.is_set() && self.id.kind != Kind::Probe {
            let overwrites =
                |rule: &Field<'_>| enforced.as_ref().is_some_and(|label| rule.get("targetLabel").text() == label.text());
            rules.extend(list.items().filter(|rule| !overwrites(rule)).map(|rule| written(writer, &rule)));
        } else {
            return;
        }
        draft.set("metric_relabel_configs", rules);
    }
}

/// A rule as Prometheus reads it: what is empty is left out, the action is in lower case (since 0.58).
fn written(writer: &Writer<'_>, rule: &Field<'_>) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    let sources = rule.get("sourceLabels");
    if sources.items().next().is_some() {
        put("source_labels", sources.value.clone());
    }
    let text = |key: &str, kept_when_empty: bool| {
        let field = rule.get(key);
        (field.is_set() && (kept_when_empty || !field.text().is_empty())).then(|| field.text().to_owned())
    };
    let texts = [
        ("separator", text("separator", writer.since(73))),
        ("target_label", text("targetLabel", false)),
        ("regex", text("regex", false)),
        ("replacement", text("replacement", writer.since(74))),
        ("action", text("action", false).map(|action| if writer.since(58) { action.to_lowercase() } else { action })),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            put(key, text.into());
        }
    }
    if let Some(modulus) = rule.get("modulus").number().filter(|modulus| *modulus != 0) {
        put("modulus", modulus.into());
    }
    Value::Object(out)
}
