//! Scalars, keys and merging against what kubectl makes of the same text.

use super::*;

/// Where granit reads YAML 1.2 and libyaml 1.1, or either is more patient than the other. None
/// of these is a matter of what a scalar means. Ours comes second; `None` is a refusal.
const OTHERWISE: [(&str, Option<&str>); 23] = [
    ("v: \"\\x41\\u00e9\\n\\t\\/\"\n", Some(r#"{"v":"Aé\n\t/"}"#)),
    ("a: \"\\ud83d\\ude00\"\n", Some(r#"{"a":"😀"}"#)),
    ("a: &a-b.c/d 1\nb: *a-b.c/d\n", Some(r#"{"a":1,"b":1}"#)),
    ("a: 1\n\t\nb: 2\n", Some(r#"{"a":1,"b":2}"#)),
    ("a: |\n  \tx\n", Some(r#"{"a":"\tx\n"}"#)),
    ("- \ta\n", Some(r#"["a"]"#)),
    ("v: [\n\ta ]\n", None),
    ("a: x\u{85}y\n", Some("{\"a\":\"x\u{85}y\"}")),
    ("a: \u{2028}\n", Some("{\"a\":\"\u{2028}\"}")),
    ("a: \u{feff}x\n", None),
    ("%YAML 1.2\n---\na: 1\n", Some(r#"{"a":1}"#)),
    ("%FOO x\n---\na: 1\n", Some(r#"{"a":1}"#)),
    ("...\n", Some("null")),
    // Go reads up to the trouble and drops the rest without a word.
    ("  a: 1\n b: 2\n", None),
    ("\"a\":b\n", None),
    ("a: [-]\n", None),
    ("a: [?b]\n", Some(r#"{"a":["?b"]}"#)),
    ("a: [:b]\n", Some(r#"{"a":[":b"]}"#)),
    ("a: {b: :c}\n", Some(r#"{"a":{"b":":c"}}"#)),
    ("a: [a?b]\n", Some(r#"{"a":["a?b"]}"#)),
    ("a: {a?: b}\n", Some(r#"{"a":{"a?":"b"}}"#)),
    ("a: {x: y?, z: w}\n", Some(r#"{"a":{"x":"y?","z":"w"}}"#)),
    ("a: [x:, y]\n", Some(r#"{"a":[{"x":null},true]}"#)),
];

/// Every row of `kubectl.jsonl` is a text and what `YAMLToJSON` of sigs.k8s.io/yaml v1.6.0
/// (Go 1.26) made of it, or null where that failed.
#[test]
fn reads_what_kubectl_reads() {
    let mut others = 0;
    for row in include_str!("kubectl.jsonl").lines() {
        let (text, theirs): (String, Option<String>) = serde_json::from_str(row).unwrap();
        let known = OTHERWISE.iter().find(|(other, _)| *other == text);
        let wanted = match known {
            Some((_, ours)) => ours.map(str::to_owned),
            None => theirs,
        };
        others += usize::from(known.is_some());
        let wanted: Option<Json> = wanted.map(|json| serde_json::from_str(&json).unwrap());
        assert_eq!(read(&text).ok(), wanted, "{text:?}");
    }
    assert_eq!(others, OTHERWISE.len());
}

#[test]
fn whoever_asks_about_a_scalar_learns_its_type() {
    let stream = parse("labels: {app: on, port: '80', id: 012}\n");
    let labels = stream.documents[0].root().get("labels").unwrap();
    let value = |key: &str| labels.get(key).unwrap().scalar().unwrap().value().unwrap();
    assert_eq!(value("app").type_name(), "a boolean");
    assert_eq!(value("port"), Value::Text("80".into()));
    assert_eq!(value("id"), Value::Int(10));
    assert_eq!(labels.get("app").unwrap().as_str(), None);
    assert_eq!(labels.get("port").unwrap().as_str(), Some("80"));
}
