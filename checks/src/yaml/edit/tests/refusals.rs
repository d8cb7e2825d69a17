//! What cannot be done is not done.

use super::*;

#[track_caller]
fn refused(text: &str, body: Json, why: &str) {
    assert_eq!(merge(text, body).map_err(|why| why.to_string()), Err(why.to_owned()), "{text}");
}

#[test]
fn what_is_shared_is_not_touched() {
    let text = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\n";
    refused(text, json!({"a": {"b": 2}}), "an anchor or a tag in the document would come to mean something else");
    refused(text, json!({"a": null}), "an anchor or a tag in the document would come to mean something else");
    refused(text, json!({"c": {"b": 2}}), "line 3: the value is an alias (`*`), which other places share");
    refused(text, json!({"d": {"b": 2}}), "line 5: the value of \"b\" comes out of a merged mapping (`<<`)");
    refused("a: !!int \"1\"\n", json!({"a": "x"}), "an anchor or a tag in the document would come to mean something else");
    assert_eq!(merge(text, json!({"d": {"e": 2}})).unwrap(), text.replace("e: 1", "e: 2"));
    assert_eq!(merge(text, json!({"c": null})).unwrap(), text.replace("c: *x\n", ""));
    assert_eq!(merge("a: !!str 1 # c\n", json!({"a": "2"})).unwrap(), "a: !!str \"2\" # c\n");
}

#[test]
fn what_is_doubtful_is_not_touched() {
    refused("a: 1\na: 2\n", json!({"a": 3}), "line 2: the key \"a\" stands there twice");
    refused("b: 1\na: \"x-{{ .Values.a }}\"\n", json!({"a": "y"}), "line 2: the value is a template that nobody rendered");
    refused(
        "a: {{ .Values.a }}\n",
        json!({"a": "y"}),
        "line 1: this is a Helm template, not yet YAML: render the chart first (`helm template`)",
    );
    assert_eq!(
        operations("a: 1\n", json!([{"op": "remove", "path": "/b"}])).unwrap_err().to_string().split(':').next(),
        Some("the patch does not fit")
    );
    assert_eq!(append("{\"a\": 1}\n", &json!({})), Err(Refused::Json));
    assert_eq!(patch("a: 1\n", 99, "", Change::Merge(&json!({}))), Err(Refused::Gone));
}
