//! Values as YAML: no quotes where none are needed, and quotes wherever YAML 1.1, 1.2 or a reader of dates would see
//! something else than text.

use serde_json::Value as Json;

use crate::yaml::node::Style;
use crate::yaml::scalar::{self, Value};
use crate::yaml::template;

/// How values look inside braces and brackets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    /// All text in quotes: it may be JSON.
    pub(super) json: bool,
    /// No blanks behind colons and commas.
    pub(super) tight: bool,
    /// Lines of their own for what is inside: how far in the surroundings are, and how much further each level goes.
    pub(super) spread: Option<(usize, usize)>,
}

/// A string, with the quotes that the value before it had, where it can have them.
pub(super) fn text(text: &str, in_flow: bool, before: Option<Style>) -> String {
    match before {
        Some(Style::SingleQuoted) if is_printable(text) => format!("'{}'", text.replace('\'', "''")),
        Some(Style::DoubleQuoted) => double_quoted(text),
        _ if is_plain(text, in_flow) => text.to_owned(),
        _ => double_quoted(text),
    }
}

/// A scalar on one line.
pub(super) fn scalar(value: &Json, in_flow: bool, before: Option<Style>) -> String {
    match value {
        Json::String(string) => text(string, in_flow, before),
        other => other.to_string(),
    }
}

/// A value in flow style.
pub(super) fn flow(value: &Json, style: Flow, newline: &str) -> String {
    let inner = Flow { spread: style.spread.map(|(indent, step)| (indent + step, step)), ..style };
    let join = |items: Vec<String>, [open, close]: [&str; 2]| match style.spread {
        _ if items.is_empty() => format!("{open}{close}"),
        Some((indent, step)) => {
            let (margin, end) = (" ".repeat(indent + step), " ".repeat(indent));
            let lines: Vec<String> = items.iter().map(|item| format!("{margin}{item}")).collect();
            format!("{open}{newline}{}{newline}{end}{close}", lines.join(&format!(",{newline}")))
        }
        None => format!("{open}{}{close}", items.join(if style.tight { "," } else { ", " })),
    };
    match value {
        Json::Array(items) => join(items.iter().map(|item| flow(item, inner, newline)).collect(), ["[", "]"]),
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| {
                let colon = if style.tight && style.json { ":" } else { ": " };
                format!("{}{colon}{}", flow_text(key, style.json), flow(value, inner, newline))
            };
            join(map.iter().map(entry).collect(), ["{", "}"])
        }
        Json::String(string) => flow_text(string, style.json),
        other => other.to_string(),
    }
}

/// A string or key in flow style.
pub(super) fn flow_text(string: &str, json: bool) -> String {
    text(string, true, json.then_some(Style::DoubleQuoted))
}

/// The lines of a string in literal style, if it is one that people would write so.
pub(super) fn literal(string: &str) -> Option<(&'static str, Vec<&str>)> {
    let (header, body) = match string.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", string),
    };
    let tidy = |line: &str| is_printable(line) && !line.ends_with(' ');
    let fits = string.contains('\n') && !body.ends_with('\n') && !body.is_empty() && !body.starts_with([' ', '\n']);
    (fits && body.split('\n').all(tidy)).then(|| (header, body.split('\n').collect()))
}

/// `"…"`: JSON's escapes are YAML's too, except for what YAML does not take raw.
fn double_quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Json::from(text).to_string().chars() {
        match c {
            c if is_readable(c) => out.push(c),
            c => out.push_str(&format!("\\u{:04x}", c as u32)),
        }
    }
    out
}

/// Characters that show what they are: no control characters, no breaks or marks that nobody sees.
fn is_readable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn is_printable(text: &str) -> bool {
    text.chars().all(is_readable)
}

/// Whether text without quotes stays the text that it is.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let special = |c: char| "-?:,[]{}#&*!|>'\"%@`=~<".contains(c);
    let numeric = |c: char| c.is_ascii_digit() || ".:-+_eExXoOtTzZ ".contains(c);
    is_printable(text)
        && !special(first)
        && text.trim() == text
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !(in_flow && text.contains([',', '[', ']', '{', '}', ':']))
        && !template::in_scalar(text)
        // Dates, times and version-like numbers are text to kubectl and something else to others.
        && !(first.is_ascii_digit() && text.chars().all(numeric))
        && matches!(scalar::resolve(text, Style::Plain, None), Ok(Value::Text(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_stand_where_something_else_would_be_read() {
        for quoted in [
            "8080",
            "012",
            "1e3",
            "0x1f",
            "1_000",
            "on",
            "No",
            "y",
            "true",
            "null",
            "~",
            "",
            " a",
            "a ",
            "- a",
            "-",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{a",
            "[a",
            "2001-01-01",
            "12:30",
            "1.2.3",
            "<<",
            "=",
            ".5",
            "|",
            ">",
            "a\nb",
            "---",
            "...",
            "?",
            "'a",
            "\"a",
            ".inf",
            "a-{{ .Values.b }}",
        ] {
            let written = text(quoted, false, None);
            assert_eq!(written, double_quoted(quoted));
        }
        for plain in
            ["http-metrics", "30s", "a b", "/metrics", "a:b", "a#b", "x: y".replace(": ", ":").as_str(), "app.kubernetes.io/name"]
        {
            assert_eq!(text(plain, false, None), plain);
        }
        assert_eq!(text("a,b", true, None), "\"a,b\"");
        assert_eq!(text("it's", false, Some(Style::SingleQuoted)), "'it''s'");
        assert_eq!(text("a\nb", false, Some(Style::SingleQuoted)), "\"a\\nb\"");
        assert_eq!(text("\u{7f}\u{2028}", false, None), "\"\\u007f\\u2028\"");
    }

    #[test]
    fn flow_is_as_wide_as_its_surroundings() {
        let value = json!({"a": [1, "on"], "b": {}});
        let style = Flow { json: false, tight: false, spread: None };
        assert_eq!(flow(&value, style, "\n"), "{a: [1, \"on\"], b: {}}");
        assert_eq!(flow(&value, Flow { json: true, tight: true, ..style }, "\n"), r#"{"a":[1,"on"],"b":{}}"#);
        let spread = Flow { json: true, tight: false, spread: Some((2, 2)) };
        assert_eq!(flow(&json!({"a": [1]}), spread, "\n"), "{\n    \"a\": [\n      1\n    ]\n  }");
    }
}
