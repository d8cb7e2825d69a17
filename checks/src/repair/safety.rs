//! What a change does to an object, and whether that is only what its finding says.
//!
//! In a cluster the check knows all that a change touches. In files it does not: another label or selector may be what
//! something elsewhere lives by. Safe is what keeps every value and mends where or how it is written (a field in its
//! place, its name spelled right, a number in quotes), and another value for a field that chooses nothing.

use serde_json::Value;

use crate::report::Safety;

/// Whether a change of an object is safe in files.
pub(super) fn of(before: &Value, after: &Value) -> Safety {
    let mut changes = Changes::default();
    changes.compare(before, after, &mut Vec::new());
    if changes.harmless() { Safety::Safe } else { Safety::Unsafe }
}

/// A value that stands somewhere.
#[derive(Debug)]
struct Leaf<'v> {
    key: String,
    value: &'v Value,
    /// Whether its key is somebody's own word, as that of a label is.
    own_word: bool,
    /// Whether it, or its absence, decides about what is chosen.
    chooses: bool,
}

#[derive(Debug, Default)]
struct Changes<'v> {
    goes: Vec<Leaf<'v>>,
    comes: Vec<Leaf<'v>>,
    /// Whether a value changed that chooses something.
    chosen: bool,
}

impl<'v> Changes<'v> {
    fn compare(&mut self, before: &'v Value, after: &'v Value, path: &mut Vec<String>) {
        match (before, after) {
            _ if before == after => {}
            (Value::Object(old), Value::Object(new)) => {
                for (key, value) in old {
                    path.push(key.clone());
                    match new.get(key) {
                        Some(new) => self.compare(value, new, path),
                        None => leaves(value, path, &mut self.goes),
                    }
                    path.pop();
                }
                for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                    path.push(key.clone());
                    leaves(value, path, &mut self.comes);
                    path.pop();
                }
            }
            (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
                old.iter().zip(new).for_each(|(old, new)| self.compare(old, new, path));
            }
            (Value::Array(old), Value::Array(new)) => {
                // An item that comes or goes is a thing of its own.
                self.chosen = true;
                old.iter().for_each(|item| leaves(item, path, &mut self.goes));
                new.iter().for_each(|item| leaves(item, path, &mut self.comes));
            }
            (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
                leaves(before, path, &mut self.goes);
                leaves(after, path, &mut self.comes);
            }
            _ => self.chosen |= chooses(path) && !is_respelled(before, after),
        }
    }

    /// Whether all that goes comes back elsewhere, or chooses nothing; and the same for what comes.
    fn harmless(mut self) -> bool {
        self.goes.retain(|goes| {
            let back = |comes: &Leaf<'_>| {
                is_respelled(goes.value, comes.value) && (goes.key == comes.key || !(goes.own_word || comes.own_word))
            };
            match self.comes.iter().position(back) {
                Some(at) => {
                    self.comes.swap_remove(at);
                    false
                }
                None => true,
            }
        });
        !self.chosen && !self.goes.iter().chain(&self.comes).any(|leaf| leaf.chooses)
    }
}

/// The values below a place.
fn leaves<'v>(value: &'v Value, path: &mut Vec<String>, out: &mut Vec<Leaf<'v>>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(key.clone());
                leaves(value, path, out);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| leaves(item, path, out)),
        _ => {
            let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).map(String::as_str);
            let own_word = matches!(parent, Some("labels" | "matchLabels" | "annotations" | "params"));
            out.push(Leaf { key: path.last().cloned().unwrap_or_default(), value, own_word, chooses: chooses(path) });
        }
    }
}

/// Whether a field decides about what is chosen, or is chosen by.
fn chooses(path: &[String]) -> bool {
    path.iter().any(|key| {
        let key = key.to_ascii_lowercase();
        key.ends_with("selector") || key == "labels" || key == "matchlabels" || key == "matchexpressions" || key == "matchnames"
    })
}

/// Whether two values say the same: in quotes or not, in capitals or not.
fn is_respelled(before: &Value, after: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    before == after || matches!((text(before), text(after)), (Some(a), Some(b)) if a.eq_ignore_ascii_case(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_safe_in_files() {
        let row = |before: Value, after: Value, safe: bool| {
            let expected = if safe { Safety::Safe } else { Safety::Unsafe };
            assert_eq!(of(&before, &after), expected, "{before} {after}");
        };
        // A number becomes a name, or is quoted; a field gets its name or its place.
        row(json!({"port": 8080}), json!({"port": "http"}), true);
        row(json!({"matchLabels": {"a": 1}}), json!({"matchLabels": {"a": "1"}}), true);
        row(json!({"selector": {"matchLabel": {"a": "b"}}}), json!({"selector": {"matchLabels": {"a": "b"}}}), true);
        row(json!({"selector": {"a": "b"}}), json!({"selector": {"matchLabels": {"a": "b"}}}), true);
        row(
            json!({"spec": {"selector": {"namespaceSelector": {"any": true}}}}),
            json!({"spec": {"selector": {}, "namespaceSelector": {"any": true}}}),
            true,
        );
        row(json!({"endpoint": [{"port": "a"}]}), json!({"endpoints": [{"port": "a"}]}), true);
        row(json!({"port": 8080}), json!({"targetPort": 8080}), true);
        row(json!({"x": [{"selector": {"operator": "in"}}]}), json!({"x": [{"selector": {"operator": "In"}}]}), true);
        // What chooses, or is chosen by, is another matter; so is an item.
        row(json!({"metadata": {}}), json!({"metadata": {"labels": {"a": "b"}}}), false);
        row(json!({"selector": {"matchLabels": {"a": "b"}}}), json!({"selector": {"matchLabels": {"a": "c"}}}), false);
        row(json!({"selector": {"matchLabels": {"a": "b"}}}), json!({"selector": {"matchLabels": {"c": "b"}}}), false);
        row(json!({"selector": {"matchLabels": {"a": "b"}}}), json!({"selector": {}}), false);
        row(json!({"endpoints": [{"port": "a"}, {"port": "b"}]}), json!({"endpoints": [{"port": "a"}]}), false);
        row(json!({"namespaceSelector": {"matchNames": ["a"]}}), json!({"namespaceSelector": {"any": true}}), false);
    }
}
