//! What people would have written.

use super::*;

const MONITOR: &str = "\
# Scrapes the cart.
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: cart
  labels: # of the team
    app: 'cart'

    # not yet: release: x
spec:
  selector:
    matchLabels: {app: cart}
    # all of them
    namespaceSelector:
      any: true   # really
  endpoints:
  # the metrics
  - port: 8080   # of the container
    interval: 30s
  - interval: 1m

    port: web

# the end
";

/// The lines that are different, `-` and `+` before them.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let lines = |sign: &str, lines: &[&str]| -> String { lines.iter().map(|line| format!("{sign}{line}\n")).collect() };
    format!("{}{}", lines("-", &old[front..old.len() - back]), lines("+", &new[front..new.len() - back]))
}

#[track_caller]
fn changes(body: Json, expected: &str) {
    let after = if body.is_array() { operations(MONITOR, body) } else { merge(MONITOR, body) }.unwrap();
    assert_eq!(difference(MONITOR, &after), expected, "{after}");
}

#[test]
fn scalars_keep_their_comments_and_quotes() {
    changes(
        json!([{"op": "replace", "path": "/spec/endpoints/0/port", "value": "http"}]),
        "-  - port: 8080   # of the container\n+  - port: http   # of the container\n",
    );
    changes(
        json!([{"op": "replace", "path": "/spec/endpoints/0/port", "value": "8080"}]),
        "-  - port: 8080   # of the container\n+  - port: \"8080\"   # of the container\n",
    );
    changes(json!({"metadata": {"labels": {"app": "shop"}}}), "-    app: 'cart'\n+    app: 'shop'\n");
    changes(json!({"metadata": {"name": "on"}}), "-  name: cart\n+  name: \"on\"\n");
}

#[test]
fn keys_come_behind_the_last_one() {
    changes(json!({"metadata": {"labels": {"release": "x"}}}), "+    release: x\n");
    changes(json!({"metadata": {"namespace": "shop"}}), "+  namespace: shop\n");
    changes(
        json!({"spec": {"selector": {"matchLabels": {"a/b": "1"}}}}),
        "-    matchLabels: {app: cart}\n+    matchLabels: {app: cart, a/b: \"1\"}\n",
    );
    changes(
        json!({"spec": {"podTargetLabels": ["a"], "x": {"w": {"z": []}}}}),
        "+  podTargetLabels:\n+  - a\n+  x:\n+    w:\n+      z: []\n",
    );
}

#[test]
fn keys_go_with_their_comments() {
    changes(
        json!({"spec": {"endpoints": null}}),
        "-  endpoints:\n-  # the metrics\n-  - port: 8080   # of the container\n-    interval: 30s\n-  - interval: 1m\n-\n-    port: web\n",
    );
    changes(json!({"metadata": {"labels": null}}), "-  labels: # of the team\n-    app: 'cart'\n");
    changes(
        json!({"metadata": {"labels": {"app": null}}}),
        "-  labels: # of the team\n-    app: 'cart'\n+  labels: {} # of the team\n",
    );
    changes(
        json!([{"op": "remove", "path": "/spec/endpoints/0/port"}]),
        "-  - port: 8080   # of the container\n-    interval: 30s\n+  - interval: 30s\n",
    );
    changes(json!([{"op": "remove", "path": "/spec/endpoints/1/port"}]), "-    port: web\n");
}

#[test]
fn fields_change_their_names_where_they_stand() {
    changes(
        json!([{"op": "remove", "path": "/spec/endpoints/0/port"}, {"op": "add", "path": "/spec/endpoints/0/targetPort", "value": 8080}]),
        "-  - port: 8080   # of the container\n+  - targetPort: 8080   # of the container\n",
    );
    changes(
        json!([{"op": "move", "from": "/spec/endpoints", "path": "/spec/podMetricsEndpoints"}]),
        "-  endpoints:\n+  podMetricsEndpoints:\n",
    );
}

#[test]
fn fields_move_with_their_text() {
    let body = json!([{"op": "move", "from": "/spec/selector/namespaceSelector", "path": "/spec/namespaceSelector"}]);
    let after = operations(MONITOR, body).unwrap();
    let moved = MONITOR.replace("    # all of them\n    namespaceSelector:\n      any: true   # really\n", "");
    let moved =
        moved.replace("    port: web\n", "    port: web\n  # all of them\n  namespaceSelector:\n    any: true   # really\n");
    assert_eq!(after, moved);
}

#[test]
fn items_come_and_go() {
    changes(
        json!([{"op": "remove", "path": "/spec/endpoints/0"}]),
        "-  # the metrics\n-  - port: 8080   # of the container\n-    interval: 30s\n",
    );
    changes(json!([{"op": "remove", "path": "/spec/endpoints/1"}]), "-  - interval: 1m\n-\n-    port: web\n");
    changes(
        json!([{"op": "add", "path": "/spec/endpoints/-", "value": {"port": "a", "tls": {"x": 1}}}]),
        "+  - port: a\n+    tls:\n+      x: 1\n",
    );
    changes(json!([{"op": "add", "path": "/spec/endpoints/0", "value": {"port": "a"}}]), "+  - port: a\n");
}

#[test]
fn what_is_empty_is_filled() {
    let row = |before: &str, body: Json, after: &str| assert_eq!(merge(before, body).unwrap(), after);
    row("a: {}\nb: 1\n", json!({"a": {"x": 1}}), "a:\n  x: 1\nb: 1\n");
    row("a: {}  # none\nb: 1\n", json!({"a": {"x": 1}}), "a:  # none\n  x: 1\nb: 1\n");
    row("a:\nb: 1\n", json!({"a": {"x": [1]}}), "a:\n  x:\n    - 1\nb: 1\n");
    row("a: []\nb: 1", json!({"a": [{"x": 1, "w": 2}]}), "a:\n  - x: 1\n    w: 2\nb: 1");
    row("a: ~\n", json!({"a": "x"}), "a: x\n");
    row("a:  \n", json!({"a": "x"}), "a: x\n");
    row("a: # none\n", json!({"a": "x"}), "a: x # none\n");
    row("a:\n- x: 1\n", json!({"b": [1]}), "a:\n- x: 1\nb:\n- 1\n");
    row("a:\n    x: 1", json!({"a": {"w": {"z": 1}}}), "a:\n    x: 1\n    w:\n        z: 1");
    row("- - a\n  - b # c\n- 1\n", json!([{"x": "a\nb\n"}, 1]), "- x: |\n    a\n    b\n- 1\n");
    row("- {}\n-\n", json!([{"x": {"w": 1}}, {"z": 2}]), "- x:\n    w: 1\n- z: 2\n");
}

#[test]
fn texts_of_several_lines() {
    let text = "a: |\n  one\n  two\nb: |+\n  x\n\n\n# end\n";
    assert_eq!(merge(text, json!({"a": "one\nthree\n"})).unwrap(), "a: |\n  one\n  three\nb: |+\n  x\n\n\n# end\n");
    assert_eq!(merge(text, json!({"a": "one"})).unwrap(), "a: one\nb: |+\n  x\n\n\n# end\n");
    assert_eq!(merge(text, json!({"c": "x"})).unwrap(), "a: |\n  one\n  two\nb: |+\n  x\n\n\nc: x\n# end\n");
    assert_eq!(merge("a: 1 # c\n", json!({"a": "x\ny"})).unwrap(), "a: \"x\\ny\" # c\n");
}

#[test]
fn line_breaks_and_marks_stay() {
    let text = "\u{feff}a:\r\n  b: 1 # c\r\n---\r\nx: 1\r\n";
    assert_eq!(
        merge(text, json!({"a": {"c": {"d": 1}}})).unwrap(),
        "\u{feff}a:\r\n  b: 1 # c\r\n  c:\r\n    d: 1\r\n---\r\nx: 1\r\n"
    );
}

#[test]
fn braces_and_json() {
    let row = |before: &str, body: Json, after: &str| assert_eq!(merge(before, body).unwrap(), after);
    row("a: {b: 1, c: [x,z]}\n", json!({"a": {"b": null}}), "a: {c: [x,z]}\n");
    row("a: {b: 1, c: [x,z]}\n", json!({"a": {"c": ["x", "z", "w"]}}), "a: {b: 1, c: [x,z,w]}\n");
    row("a: {b: 1, c: 2}\n", json!({"a": {"c": null, "d": {"e": "1"}}}), "a: {b: 1, d: {e: \"1\"}}\n");
    row("a: {b: 1}\n", json!({"a": {"b": null}}), "a: {}\n");
    row("a: [\n  x,\t# one\n  z,\n]\n", json!({"a": ["x", "z", "w"]}), "a: [\n  x,\t# one\n  z, w,\n]\n");
    row("{\"a\":{\"b\":1}}", json!({"a": {"c": "x"}}), "{\"a\":{\"b\":1,\"c\":\"x\"}}");
    row(
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
        json!({"a": {"c": [{"d": "x"}]}}),
        "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": [\n      {\n        \"d\": \"x\"\n      }\n    ]\n  }\n}\n",
    );
}

#[test]
fn an_item_of_a_list_of_objects() {
    let text = "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 1\n";
    let body = json!([{"op": "replace", "path": "/x", "value": 2}]);
    let edits = patch(text, 0, "/items/1", Change::Json(&body)).unwrap();
    assert_eq!(edits.apply(text), "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n");
}

#[test]
fn documents_come_and_go() {
    let object = json!({"kind": "A", "spec": {"x": ["z"]}});
    let row = |before: &str, after: &str| assert_eq!(append(before, &object).unwrap().apply(before), after);
    row("", "kind: A\nspec:\n  x:\n    - z\n");
    row("a: 1", "a: 1\n---\nkind: A\nspec:\n  x:\n    - z\n");
    row("a: 1\r\n", "a: 1\r\n---\r\nkind: A\r\nspec:\r\n  x:\r\n    - z\r\n");
    let text = "# one\na: 1\n---\n# two\nb: 1\n---\nc: 1\n";
    assert_eq!(remove(text, text.find("b:").unwrap()).unwrap().apply(text), "# one\na: 1\n---\nc: 1\n");
}

#[test]
fn changes_that_do_not_meet_are_made_at_once() {
    let text = "a: {x: 1}\nb: 1\nc: [1, 2]\n";
    let edits = |body: Json| patch(text, 0, "", Change::Merge(&body)).unwrap();
    let (a, b, c) = (edits(json!({"a": {"w": 2}})), edits(json!({"b": 2})), edits(json!({"c": [1]})));
    let all = a.join(&b).unwrap().join(&c).unwrap();
    assert_eq!(all.apply(text), "a: {x: 1, w: 2}\nb: 2\nc: [1]\n");
    assert!(b.conflicts(&edits(json!({"b": 3}))));
    assert!(b.conflicts(&edits(json!({"b": null}))));
    assert!(c.conflicts(&edits(json!({"c": [2]}))), "both may not take an item: nothing would be left");
    assert!(a.conflicts(&edits(json!({"a": {"z": 2}}))));
}
