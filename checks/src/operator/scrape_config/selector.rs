//! Label selectors: as keep and drop rules over discovered labels (OP-SM-3 rules 2 and 3, OP-SM-12), or as the text
//! that Kubernetes is asked with (OP-SM-2).

use serde_json::json;

use super::draft::Draft;
use super::field::Field;
use super::{NotWritten, Writer};
use crate::prometheus::label_name::sanitized;

/// Writes the rules that keep what a selector matches. `prefix` is the kind whose labels are looked at, as the
/// discovered labels name it.
pub(super) fn keep_selected(writer: &Writer<'_>, draft: &mut Draft, prefix: &str, selector: &Field<'_>) {
    let rule = |action: &str, key: &str, values: &str| {
        let key = sanitized(key);
        let label = format!("__meta_kubernetes_{prefix}_label_{key}");
        let present = format!("__meta_kubernetes_{prefix}_labelpresent_{key}");
        // 0.52.0 forgot the brackets, and forgot NotIn for Ingresses altogether.
        let forgotten = prefix == "ingress" && action == "drop" && !writer.since_patch(52, 1);
        if !writer.since(52) || forgotten {
            json!({"action": action, "source_labels": [label], "regex": values})
        } else if writer.since_patch(52, 1) {
            json!({"action": action, "source_labels": [label, present], "regex": format!("({values});true")})
        } else {
            json!({"action": action, "source_labels": [label, present], "regex": format!("{values};true")})
        }
    };
    let presence = |action: &str, key: &str| {
        let label = format!("__meta_kubernetes_{prefix}_labelpresent_{}", sanitized(key));
        json!({"action": action, "source_labels": [label], "regex": "true"})
    };
    for (key, value) in selector.get("matchLabels").entries() {
        draft.rule(&value, rule("keep", key, value.text()));
    }
    for expression in selector.get("matchExpressions").items() {
        let (key, values) = (expression.get("key"), values(&expression).join("|"));
        let key = key.text();
        match expression.get("operator").text() {
            "In" => draft.rule(&expression, rule("keep", key, &values)),
            "NotIn" => draft.rule(&expression, rule("drop", key, &values)),
            "Exists" => draft.rule(&expression, presence("keep", key)),
            "DoesNotExist" => draft.rule(&expression, presence("drop", key)),
            _ => {}
        }
    }
}

fn values<'a>(expression: &Field<'a>) -> Vec<&'a str> {
    expression.get("values").value.as_array().into_iter().flatten().filter_map(|value| value.as_str()).collect()
}

/// The selector as `kubectl -l` takes it: requirements in order of their keys, values in order.
///
/// # Errors
/// The operator stumbles over the selector.
pub(super) fn text(writer: &Writer<'_>, selector: &Field<'_>) -> Result<String, NotWritten> {
    let labels = selector.get("matchLabels");
    let labels = labels.entries().into_iter().map(|(key, value)| (key, format!("{key}={}", value.text())));
    let mut requirements: Vec<(&str, String)> = labels.collect();
    for expression in selector.get("matchExpressions").items() {
        let key = expression.get("key").text();
        let mut values = values(&expression);
        values.sort_unstable();
        values.dedup();
        let values = values.join(",");
        requirements.push(match expression.get("operator").text() {
            "In" => (key, format!("{key} in ({values})")),
            "NotIn" => (key, format!("{key} notin ({values})")),
            "Exists" => (key, key.to_owned()),
            "DoesNotExist" if writer.since_patch(79, 2) => (key, format!("!{key}")),
            "DoesNotExist" => {
                let reason = "operators 0.79.0 and 0.79.1 stop at DoesNotExist with selectorMechanism RoleSelector";
                return Err(NotWritten::new(reason));
            }
            other => return Err(NotWritten::new(format!("`{other}` is no operator of label selectors"))),
        });
    }
    requirements.sort_by_key(|(key, _)| *key);
    Ok(requirements.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(","))
}
