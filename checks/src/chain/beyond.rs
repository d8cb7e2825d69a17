//! What the rules of a job let through although the monitor's selector does not choose it: the operator writes label
//! values as patterns, in which `.` is any character (OP-CFG-3), and label keys with every other character as `_`, so that
//! two keys may become one (OP-CFG-4).

use super::index::ByLabel;
use super::namespaces::SdNamespaces;
use crate::prometheus::label_name::sanitized;
use crate::prometheus::re2::Pattern;
use crate::selector::{LabelSelector, Operator, Requirement};
use crate::world::{HasMeta, Labels};

/// A requirement as the rule in the job puts it.
struct Loose {
    key: String,
    operator: Operator,
    pattern: Pattern,
}

impl Loose {
    fn new(requirement: &Requirement) -> Self {
        let pattern = Pattern::new(&requirement.values.join("|"));
        Self { key: sanitized(&requirement.key), operator: requirement.operator, pattern }
    }

    /// Whether the rule lets an object of these labels pass; `None` where several of its keys become this one.
    fn passes(&self, labels: &Labels) -> Option<bool> {
        let mut own = labels.iter().filter(|(key, _)| sanitized(key) == self.key).map(|(_, value)| value);
        let (value, none) = (own.next(), own.next().is_none());
        let matches = || value.map_or(Some(false), |value| self.pattern.matches(value));
        if !none {
            return None;
        }
        match self.operator {
            Operator::In => matches(),
            Operator::NotIn => matches().map(|matches| !matches),
            Operator::Exists => Some(value.is_some()),
            Operator::DoesNotExist => Some(value.is_none()),
        }
    }
}

/// The objects in the namespaces that the rules of a selector let through although it does not choose them.
pub(super) fn beyond<'w, T: HasMeta>(index: &ByLabel<'w, T>, selector: &LabelSelector, namespaces: &SdNamespaces) -> Vec<&'w T> {
    let requirements = selector.requirements();
    let as_pattern = |requirement: &Requirement| requirement.values.iter().any(|value| value.contains('.'));
    let doubled = |requirement: &Requirement| {
        let alike = index.keys_like(&sanitized(&requirement.key));
        alike.iter().any(|key| *key != requirement.key)
    };
    if !requirements.iter().any(|requirement| as_pattern(requirement) || doubled(requirement)) {
        return Vec::new();
    }
    // Without a label that must be there, the selector takes in too much for this to be a slip.
    let wanted = |requirement: &&Requirement| matches!(requirement.operator, Operator::In | Operator::Exists);
    let Some(first) = requirements.iter().find(wanted) else { return Vec::new() };
    let loose: Vec<Loose> = requirements.iter().map(Loose::new).collect();
    let mut out: Vec<&'w T> = index
        .keys_like(&sanitized(&first.key))
        .iter()
        .flat_map(|key| index.having(key))
        .filter(|object| namespaces.contains(&object.meta().namespace))
        .filter(|object| !selector.matches(&object.meta().labels))
        .filter(|object| loose.iter().all(|one| one.passes(&object.meta().labels) == Some(true)))
        .collect();
    out.sort_by(|a, b| (&a.meta().namespace, &a.meta().name).cmp(&(&b.meta().namespace, &b.meta().name)));
    out.dedup_by(|a, b| std::ptr::eq(*a, *b));
    out
}
