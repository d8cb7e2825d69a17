//! Several documents in one text.

use serde_json::json;

use super::*;

#[test]
fn a_broken_document_costs_only_itself() {
    let text = "a: 1\n---\nb: [1\n---\nc: 3\n---\nd: \"open\n---\ne: 5\n---\nf: *nothing\n---\ng: 7\n";
    let stream = parse(text);
    let read: Vec<_> = stream.documents.iter().map(|document| (document.line, document.to_json().unwrap())).collect();
    assert_eq!(read, [(1, json!({"a": 1})), (5, json!({"c": 3})), (9, json!({"e": 5})), (13, json!({"g": 7}))]);
    let lines: Vec<_> = stream.broken.iter().map(|broken| (broken.line, broken.column)).collect();
    assert_eq!(lines, [(3, 4), (7, 4), (11, 4)]);
    for broken in &stream.broken {
        assert!(["[", "\"", "*"].contains(&&text[broken.span.clone()]));
    }
}

#[test]
fn empty_documents_are_not_listed() {
    for text in ["", "\n", "# c\n", "---\n", "---\n---\n", "null", "~\n", "---\n# c\n---\nnull\n...\n", "!!null ''"] {
        assert!(all(text).is_empty(), "{text:?}");
    }
    assert_eq!(all("''\n---\n{}\n---\n[]\n---\n0\n"), [json!(""), json!({}), json!([]), json!(0)]);
}

#[test]
fn files_from_windows_and_from_bad_archives() {
    assert_eq!(all("\u{feff}a: 1\r\nb: |\r\n  x\r\n---\r\nc: 2\r\n\0"), [json!({"a": 1, "b": "x\n"}), json!({"c": 2})]);
    assert_eq!(all("\u{feff}---\na: 1\n\u{feff}---\nb: 2\0\0\0"), [json!({"a": 1}), json!({"b": 2})]);
    let stream = parse("a: 1\0\nlost: 2\n---\nb: 2\n");
    assert_eq!(stream.broken[0].message, "a NUL byte: this is not a text, or it is cut off");
    assert_eq!(stream.documents.len(), 1);
}

#[test]
fn a_long_licence_is_no_trouble() {
    let text = format!("{}a: 1\n", "# all rights reserved\n".repeat(500));
    assert_eq!(all(&text), [json!({"a": 1})]);
}

#[test]
fn json_is_yaml() {
    assert_eq!(all("{\n\t\"a\": [\n\t\t1,\n\t\t\"\\u00e9\"\n\t]\n}\n"), [json!({"a": [1, "é"]})]);
    assert!(broken("{a: 1}\n{b: 2}\n").message.starts_with("the document has ended"));
    // kubectl takes several objects one after the other, too.
    let text = "{\"a\": 1}\n\n{\"b\":\n 2} {\"c\": 3}\n";
    assert_eq!(all(text), [json!({"a": 1}), json!({"b": 2}), json!({"c": 3})]);
    let stream = parse(text);
    let keys: Vec<_> = stream.documents.iter().map(|document| document.root().entries().next().unwrap().key).collect();
    assert_eq!(
        keys.iter().map(|key| (&text[key.span()], key.line())).collect::<Vec<_>>(),
        [("\"a\"", 1), ("\"b\"", 3), ("\"c\"", 4)]
    );
    assert_eq!(parse("{\"a\": 1}\n{\"b\": 2").broken.len(), 1);
}

#[test]
fn helm_names_the_template() {
    let text = "---\n# Source: chart/a.yaml\na: 1\n---\n# Source: chart/b.yaml\n# a CRD file with a marker of its own\n---\nb: 1\n---\n# see\n# Source: chart/c.yaml\nc: 1 # Source: no\n---\nd: 1\n# Source: https://example.com\n";
    let stream = parse(text);
    let sources: Vec<_> = stream.documents.iter().map(|document| document.source.as_deref()).collect();
    assert_eq!(sources, [Some("chart/a.yaml"), Some("chart/b.yaml"), Some("chart/c.yaml"), None]);
    let comments: Vec<_> = stream.documents[2]
        .comments
        .iter()
        .map(|comment| (comment.line, &text[comment.span.clone()], comment.text.as_str()))
        .collect();
    assert_eq!(
        comments,
        [(10, "# see", "see"), (11, "# Source: chart/c.yaml", "Source: chart/c.yaml"), (12, "# Source: no", "Source: no")]
    );
}

#[test]
fn documents_come_one_by_one() {
    let read: Vec<_> = documents("a: 1\n---\n---\n]\n---\nb: 2\n").map(|read| read.is_ok()).collect();
    assert_eq!(read, [true, false, true]);
}

/// Two objects without `---` between them.
const JOINED: &str = "---\n# Source: shop/all.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\ndata: {x: 1}\n# of b\nkind: ConfigMap\napiVersion: v1\nmetadata:\n  name: b\n  name: b\n---\nc: 3\n";

#[test]
fn objects_without_a_marker_between_them_are_told_apart() {
    for text in [
        JOINED.to_owned(),
        JOINED.replace('\n', "\r\n"),
        JOINED
            .replace("\napi", "\n  api")
            .replace("\nkind", "\n  kind")
            .replace("\nmeta", "\n  meta")
            .replace("\ndata", "\n  data")
            .replace("\n  name", "\n    name"),
    ] {
        let stream = parse(&text);
        let read: Vec<_> = stream.documents.iter().map(|document| document.to_json().unwrap()).collect();
        let first = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "data": {"x": 1}});
        let second = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "b"}});
        assert_eq!(read, [first, second, json!({"c": 3})], "{text}");
        let [first, second, third] = &stream.documents[..] else { panic!("{text}") };
        assert_eq!((first.runs_on, second.runs_on, third.runs_on), (true, false, false));
        assert_eq!(second.joined_to.as_deref(), Some("Service a"));
        assert!(first.joined_to.is_none() && third.joined_to.is_none());
        assert_eq!((first.line, second.line, third.line), (3, 8, 14));
        assert_eq!(second.source.as_deref(), Some("shop/all.yaml"));
        let again = &second.duplicate_keys[0];
        assert_eq!((&text[again.again.clone()], again.line), ("name", 12));
    }
}

#[test]
fn keys_that_are_only_repeated_part_nothing() {
    for text in [
        "apiVersion: v1\nkind: Service\nkind: Service\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: A\nmetadata: {}\nspec: 1\nspec: 2\n",
        "apiVersion: v1\nkind: A\nmetadata: &m {}\napiVersion: v1\nkind: B\nmetadata: *m\n",
        "{apiVersion: v1, kind: A, metadata: {},\napiVersion: v1, kind: B, metadata: {}}\n",
        "data: |\n  apiVersion: v1\n  kind: A\napiVersion: v1\nkind: A\nmetadata: {}\n",
    ] {
        let stream = parse(text);
        assert_eq!(stream.documents.len(), 1, "{text}");
        assert!(stream.documents[0].joined_to.is_none() && !stream.documents[0].runs_on, "{text}");
    }
}
