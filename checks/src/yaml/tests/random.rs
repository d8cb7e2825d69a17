//! Random texts: written and read back, or only survived.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A printable character, the troublesome ones more often than chance would have it.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => prop::char::range('a', 'z'),
        3 => prop::sample::select(" :#-?,[]{}&*!|>'\"%@`\\~.=<0_+ynoée\u{1f600}".chars().collect::<Vec<_>>()),
        1 => Just('\n'),
    ]
}

pub(in crate::yaml) fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(character(), 0..12).prop_map(String::from_iter),
        prop::sample::select(vec![
            "on",
            "no",
            "012",
            "1e3",
            "null",
            "~",
            "",
            "<<",
            "---",
            "...",
            "1_0",
            ".5",
            "2001-01-01",
            "{{ $labels.pod }}"
        ])
        .prop_map(str::to_owned),
    ]
}

pub(in crate::yaml) fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        // Whole ones come back as integers, as they do from kubectl.
        (-1000i32..1000, 1u32..8).prop_map(|(n, d)| Json::from(f64::from(n) + 1.0 / f64::from(d + 1))),
        string().prop_map(Json::from),
        string().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map(string(), inner, 0..5).prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// Writes JSON as YAML, in whichever styles the choices say.
pub(in crate::yaml) struct Printer {
    choices: Vec<u8>,
    at: usize,
    text: String,
}

impl Printer {
    pub(in crate::yaml) fn print(value: &Json, choices: &[u8]) -> String {
        let mut printer = Self { choices: choices.to_vec(), at: 0, text: String::new() };
        printer.value(value, 0);
        printer.text
    }

    fn choose(&mut self) -> u8 {
        self.at += 1;
        self.choices[self.at % self.choices.len()]
    }

    /// Writes a value after `key:`, `-` or `---`, and ends the line.
    fn value(&mut self, value: &Json, indent: usize) {
        let inner = indent + 1 + usize::from(self.choose() % 3);
        let margin = " ".repeat(inner);
        match value {
            Json::Array(items) if !items.is_empty() && !self.choose().is_multiple_of(4) => {
                self.end_line();
                for item in items {
                    self.text += &format!("{margin}-");
                    self.value(item, inner);
                }
            }
            Json::Object(entries) if !entries.is_empty() && !self.choose().is_multiple_of(4) => {
                self.end_line();
                for (key, value) in entries {
                    let key = self.one_line(key);
                    self.text += &format!("{margin}{key}:");
                    self.value(value, inner);
                }
            }
            Json::String(text)
                if self.choose().is_multiple_of(2)
                    && !text.starts_with([' ', '\n'])
                    && !text.trim_end_matches('\n').is_empty() =>
            {
                let body = text.strip_suffix('\n');
                let chomping = match body {
                    Some(body) if body.ends_with('\n') => "+",
                    Some(_) => "",
                    None => "-",
                };
                self.text += &format!(" |{chomping}");
                self.end_line();
                for line in body.unwrap_or(text).split('\n') {
                    self.text += &if line.is_empty() { "\n".to_owned() } else { format!("{margin}{line}\n") };
                }
            }
            Json::String(text) => {
                let text = self.one_line(text);
                self.text += &format!(" {text}");
                self.end_line();
            }
            Json::Null if self.choose().is_multiple_of(2) => self.end_line(),
            other => {
                self.text += &format!(" {other}");
                self.end_line();
            }
        }
    }

    fn one_line(&mut self, text: &str) -> String {
        let safe = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        match self.choose() % 3 {
            0 if safe && matches!(scalar::resolve(text, Style::Plain, None), Ok(Value::Text(_))) => text.to_owned(),
            1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
            _ => Json::from(text).to_string(),
        }
    }

    fn end_line(&mut self) {
        let comment = self.choose().is_multiple_of(8);
        self.text += if comment { " # it's a \"comment\"\n" } else { "\n" };
    }
}

fn stream_of(values: &[Json], choices: &[u8]) -> String {
    values.iter().map(|value| format!("---{}", Printer::print(value, choices))).collect()
}

/// Text that resembles YAML just enough to reach every corner of the reader.
fn nearly_yaml() -> impl Strategy<Value = String> {
    let fragments = vec![
        "a",
        "b",
        "a: ",
        "b: ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        "{{ ",
        " }}",
        "\"",
        "'",
        "|",
        ">-",
        "#",
        " # c",
        "&a ",
        "*a",
        "*a : ",
        "!!int ",
        "!",
        "<<: ",
        "? ",
        ",",
        "---\n",
        "--- ",
        "...\n",
        "%YAML 1.1\n",
        "\u{feff}",
        "\0",
        "\r\n",
        "\r",
        "é",
        "1_0",
        "0b",
        "\\",
        "~",
        "@",
        ".Values.",
        "on",
        "\u{2028}",
        "|2\n",
    ];
    vec(prop::sample::select(fragments), 0..40).prop_map(|fragments| fragments.concat())
}

/// What holds for every document of every text.
fn check(document: &Document, text: &str) -> Result<(), TestCaseError> {
    for node in nodes(document) {
        prop_assert!(text.get(node.span()).is_some(), "{:?}", node.span());
        if !node.is_alias() {
            let children = node.items().chain(node.entries().flat_map(|entry| [entry.key, entry.value]));
            for child in children {
                prop_assert!(node.span().start <= child.span().start && child.span().end <= node.span().end);
            }
        }
    }
    // Looking up a key and converting everything agree on what the key holds.
    if let Ok(Json::Object(map)) = document.to_json() {
        for (key, value) in &map {
            let found = document.root().get(key).map(json::convert);
            prop_assert_eq!(found, Some(Ok(value.clone())), "{}", key);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn json_comes_back(value in value()) {
        let wanted = if value.is_null() { vec![] } else { vec![value.clone()] };
        prop_assert_eq!(all(&value.to_string()), wanted.clone());
        prop_assert_eq!(all(&format!("{value:#}")), wanted);
    }

    #[test]
    fn yaml_comes_back(values in vec(value(), 1..4), choices in vec(any::<u8>(), 1..20)) {
        let text = stream_of(&values, &choices);
        let wanted: Vec<_> = values.into_iter().filter(|value| !value.is_null()).collect();
        prop_assert_eq!(all(&text), wanted.clone(), "{}", text);
        let windows = text.replace('\n', "\r\n");
        prop_assert_eq!(all(&windows), wanted, "{}", windows);
    }

    #[test]
    fn scalars_stand_where_they_say(values in vec(value(), 1..4), choices in vec(any::<u8>(), 1..20)) {
        let text = stream_of(&values, &choices);
        for document in parse(&text).documents {
            check(&document, &text)?;
            for node in nodes(&document) {
                let Some(scalar) = node.scalar() else { continue };
                let alone = format!("k: {}\n", &text[node.span()]);
                let again = parse(&alone);
                let found = again.documents[0].root().entries().next().and_then(|entry| entry.value.scalar());
                // `|+` keeps the blank lines that follow, which are not in the span.
                let trimmed = |scalar: Scalar<'_>| (scalar.text.trim_end_matches('\n').to_owned(), scalar.style);
                prop_assert_eq!(found.map(trimmed), Some(trimmed(scalar)), "{:?} in {}", alone, text);
            }
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in prop_oneof![nearly_yaml(), any::<String>(), ".*\n.*\n.*"]) {
        let stream = parse(&text);
        for document in &stream.documents {
            check(document, &text)?;
        }
        for broken in &stream.broken {
            prop_assert!(text.get(broken.span.clone()).is_some());
            prop_assert!(broken.line <= 1 + text.matches(['\n', '\r']).count());
        }
    }

    #[test]
    fn junk_stays_between_its_markers(junk in nearly_yaml()) {
        // A directive belongs to the document behind the marker, and may spoil it.
        let junk = junk.replace('%', "");
        let text = format!("first: 1\n---\n{junk}\n---\nlast: 1\n");
        let stream = parse(&text);
        prop_assert_eq!(stream.documents.first().map(Document::to_json), Some(Ok(json!({"first": 1}))));
        prop_assert_eq!(stream.documents.last().map(Document::to_json), Some(Ok(json!({"last": 1}))));
    }
}
