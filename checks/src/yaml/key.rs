//! Keys of mappings: the string that a key becomes in JSON, the merge key, and repetitions.

use std::borrow::Cow;
use std::collections::HashMap;

use super::document::DuplicateKey;
use super::node::{Node, Style, Tag};
use super::scalar::Value;

/// Whether a key is `<<`. An alias to such a scalar is an ordinary key, as in go-yaml.
pub(super) fn is_merge(key: Node<'_>) -> bool {
    !key.is_alias()
        && key.scalar().is_some_and(|scalar| {
            scalar.text == "<<" && (scalar.tag == Some(Tag::Merge) || (scalar.style == Style::Plain && scalar.tag.is_none()))
        })
}

/// The string that kubectl makes of a key. The error says why it would refuse the key.
pub(super) fn name(key: Node<'_>) -> Result<Cow<'_, str>, String> {
    let Some(scalar) = key.scalar() else {
        return Err("a mapping or list cannot be a key".to_owned());
    };
    Ok(match scalar.value()? {
        Value::Text(text) => text,
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Int(number) => number.to_string().into(),
        Value::Float(number) => float(number).into(),
        Value::Uint(_) => {
            return Err(format!("the number `{}` is too big for a key: quote it", scalar.text));
        }
        Value::Null if scalar.text.is_empty() => return Err("a key is missing here".to_owned()),
        Value::Null => {
            return Err(format!("`{}` is null, which cannot be a key: quote it", scalar.text));
        }
    })
}

/// The keys of one mapping that repeat an earlier one. Keys that are aliases are left out: a long
/// text could be named by very many of them.
pub(super) fn duplicates(mapping: Node<'_>) -> Vec<DuplicateKey> {
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for key in mapping.entries().map(|entry| entry.key) {
        if key.is_alias() || is_merge(key) {
            continue;
        }
        let Ok(name) = name(key) else {
            continue;
        };
        if let Some(first) = seen.insert(name.clone(), key) {
            let (first, again) = (first.span(), key.span());
            found.push(DuplicateKey { key: name.into_owned(), first, again, line: key.line() });
        }
    }
    found
}

/// Go's `FormatFloat(number, 'g', -1, 32)`, which kubectl uses for keys, single precision and all.
#[allow(clippy::cast_possible_truncation)] // that is what Go does
fn float(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    number.to_string()
}
