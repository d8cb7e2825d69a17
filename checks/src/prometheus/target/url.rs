//! The URL of a target, escaped as Go's `net/url` does it (TC-8).

use std::collections::BTreeMap;

use crate::prometheus::relabel::Labels;

/// The URL that would be scraped.
pub(super) fn url(labels: &Labels, params: &BTreeMap<String, Vec<String>>) -> String {
    let label = |name: &str| labels.get(name).map_or("", String::as_str);
    let (scheme, host, path) = (label("__scheme__"), label("__address__"), label("__metrics_path__"));
    let mut out = String::new();
    if !scheme.is_empty() {
        out = format!("{scheme}:");
    }
    out.push_str("//"); // a target has an address
    escape(host, b"-_.~!$&'()*+,;=:[]<>\"", &mut out);
    if !path.is_empty() && !path.starts_with('/') {
        out.push('/');
    }
    if path == "*" {
        out.push('*')
    } else {
        escape(path, b"-_.~$&+,/:;=@", &mut out)
    }
    let query = query(labels, params);
    if !query.is_empty() {
        out.push('?');
        out.push_str(&query);
    }
    out
}

fn query(labels: &Labels, params: &BTreeMap<String, Vec<String>>) -> String {
    let mut all = params.clone();
    for (name, value) in labels {
        let Some(key) = name.strip_prefix("__param_") else { continue };
        match all.entry(key.to_owned()).or_default().as_mut_slice() {
            [first, ..] => first.clone_from(value),
            [] => drop(all.insert(key.to_owned(), vec![value.clone()])),
        }
    }
    let mut out = String::new();
    for (key, value) in all.iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value))) {
        if !out.is_empty() {
            out.push('&');
        }
        component(key, &mut out);
        out.push('=');
        component(value, &mut out);
    }
    out
}

fn component(text: &str, out: &mut String) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push('+');
        }
        escape(word, b"-_.~", out);
    }
}

/// Escapes all bytes but letters, digits and those named.
fn escape(text: &str, plain: &[u8], out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}
