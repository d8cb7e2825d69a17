//! What the API server demands of the metadata of every object, whatever its kind.

use super::problem::{Fault, Problem, Spot};
use super::walk::is_null;
use crate::path::key_text;
use crate::yaml::{Node, Value};

/// Names, labels and annotations that no object may have.
pub(super) fn examine(root: Node<'_>, problems: &mut Vec<Problem>) {
    let metadata = root.get("metadata").filter(|node| !is_null(*node));
    let text = |field: &str| metadata.and_then(|metadata| metadata.get(field)).and_then(|node| node.as_str());
    let mut add = |path: String, spot: Spot, fault: Fault, wanted: &str, found: &str| {
        let found = crate::text::short(found, 80);
        let (wanted, meant) = (vec![wanted.to_owned()], None);
        problems.push(Problem { path, spot, fault, wanted, found, meant, certain: true, refused: true, belongs: None });
    };
    let absent = |field: &str| metadata.is_none_or(|metadata| metadata.get(field).is_none_or(is_null)) || text(field) == Some("");
    if absent("name") && absent("generateName") {
        add("metadata.name".to_owned(), Spot::Key, Fault::Missing, "a string", "");
    }
    if let Some(name) = text("name").filter(|name| !name.is_empty() && !is_subdomain(name)) {
        let wanted = "a name of lower case letters, digits, `-` and `.`, with a letter or digit at both ends";
        add("metadata.name".to_owned(), Spot::Value, Fault::Value, wanted, name);
    }
    let is_namespace = |name: &str| name.is_empty() || (name.len() <= 63 && is_dns_label(name));
    if let Some(namespace) = text("namespace").filter(|name| !is_namespace(name)) {
        let wanted = "a name of at most 63 lower case letters, digits and `-`, with a letter or digit at both ends";
        add("metadata.namespace".to_owned(), Spot::Value, Fault::Value, wanted, namespace);
    }
    let fields = |name: &str| metadata.and_then(|metadata| metadata.get(name)).map(|node| node.fields()).unwrap_or_default();
    for (field, is_label) in [("labels", true), ("annotations", false)] {
        for (key, entry) in fields(field) {
            let path = format!("metadata.{field}{}", key_text(&key));
            // The case of annotations does not matter to the API server.
            if !is_key(&if is_label { key.to_string() } else { key.to_ascii_lowercase() }) {
                let wanted = "a name of at most 63 letters, digits, `-`, `_` and `.`, perhaps behind a domain and `/`";
                add(path.clone(), Spot::Key, Fault::Value, wanted, &key);
            }
            let Some(Ok(Value::Text(value))) = entry.value.scalar().map(|scalar| scalar.value()) else { continue };
            if is_label && !value.is_empty() && !is_word(&value) {
                let wanted = "a word of at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";
                add(path, Spot::Value, Fault::Value, wanted, &value);
            }
        }
    }
}

/// A name as in DNS, several with dots between.
fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_label)
}

fn is_dns_label(name: &str) -> bool {
    let inner = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !name.is_empty() && inner && !name.starts_with('-') && !name.ends_with('-')
}

/// The value of a label, or the name in a key.
fn is_word(text: &str) -> bool {
    let inner = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63 && inner && end(text.bytes().next()) && end(text.bytes().last())
}

fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_word(key),
        Some((prefix, name)) => is_subdomain(prefix) && is_word(name),
    }
}
