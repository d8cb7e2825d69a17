//! Where things stand.

use super::*;

const TEXT: &str = "# é\nmetadata: &m\n  name: 'ä' # c\n  labels: {app: on, \"b\": [1, 2]}\nspec:\n  endpoints:\n  - port: web\n    path:\n\n  - *m\n# c\ntext: |\n  x\n\n";

fn at(path: &[Step<'_>]) -> (&'static str, &'static str) {
    let stream = parse(TEXT);
    let found = stream.documents[0].locate(path.iter().copied()).unwrap();
    (found.key.map_or("", |key| &TEXT[key.span()]), &TEXT[found.value.span()])
}

#[test]
fn keys_and_values_know_their_bytes() {
    use Step::{Index, Key};
    assert_eq!(at(&[]), ("", TEXT["# é\n".len()..].trim_end_matches('\n').to_owned().leak() as &str));
    assert_eq!(at(&[Key("metadata"), Key("name")]), ("name", "'ä'"));
    assert_eq!(at(&[Key("metadata"), Key("labels")]), ("labels", "{app: on, \"b\": [1, 2]}"));
    assert_eq!(at(&[Key("metadata"), Key("labels"), Key("b")]), ("\"b\"", "[1, 2]"));
    assert_eq!(at(&[Key("metadata"), Key("labels"), Key("b"), Index(1)]), ("", "2"));
    assert_eq!(at(&[Key("spec"), Key("endpoints")]), ("endpoints", "- port: web\n    path:\n\n  - *m"));
    assert_eq!(at(&[Key("spec"), Key("endpoints"), Index(0)]), ("", "port: web\n    path:"));
    assert_eq!(at(&[Key("spec"), Key("endpoints"), Index(0), Key("path")]), ("path", ""));
    assert_eq!(at(&[Key("spec"), Key("endpoints"), Index(1)]), ("", "*m"));
    assert_eq!(at(&[Key("spec"), Key("endpoints"), Index(1), Key("name")]), ("name", "'ä'"));
    assert_eq!(at(&[Key("text")]), ("text", "|\n  x"));
}

#[test]
fn lines_and_columns_count_from_one() {
    let stream = parse(TEXT);
    let name = stream.documents[0].locate([Step::Key("metadata"), Step::Key("name")]).unwrap();
    assert_eq!((name.value.line(), name.value.column()), (3, 9));
    assert_eq!(stream.documents[0].line, 2);
    assert!(stream.documents[0].locate([Step::Key("nothing")]).is_none());
    assert!(stream.documents[0].locate([Step::Key("text"), Step::Index(0)]).is_none());
}

#[test]
fn what_is_left_out_has_a_place_too() {
    let text = "a:\nb: [x, ]\nc: {d, e: }\nf:\n-\n-\n- 1\ng: # c\nh: !!str\ni:\n- - # c\n- # c\n- !!str # c\n";
    let stream = parse(text);
    let empty: Vec<_> = nodes(&stream.documents[0])
        .filter(|node| node.span().is_empty())
        .map(|node| (node.line(), &text[..node.span().start]))
        .collect();
    let before: Vec<_> = empty.iter().map(|(line, before)| (*line, before.chars().next_back().unwrap())).collect();
    assert_eq!(before, [(13, 'r'), (12, '-'), (11, '-'), (9, 'r'), (8, ':'), (6, '-'), (5, '-'), (3, ':'), (3, 'd'), (1, ':')]);
}

#[test]
fn anchors_and_tags_are_not_part_of_a_value() {
    let text = "a: &x !!str 12\nb: !!map\n  c: 1\n";
    let stream = parse(text);
    let root = stream.documents[0].root();
    assert_eq!(&text[root.get("a").unwrap().span()], "12");
    assert_eq!(&text[root.get("b").unwrap().span()], "c: 1");
}

#[test]
fn keys_that_repeat() {
    let text = "a: 1\non: {x: 1, 'x': 2}\nb: &b {x: 1}\ntrue: 2\na: 3\nc: {<<: *b, <<: *b, x: 1}\n---\na: 4\n---\n? *a\n";
    let stream = parse(text);
    let found: Vec<_> = stream.documents.iter().flat_map(|document| &document.duplicate_keys).collect();
    let told: Vec<_> =
        found.iter().map(|key| (key.key.as_str(), &text[key.first.clone()], key.line, &text[key.again.clone()])).collect();
    assert_eq!(told, [("true", "on", 4, "true"), ("a", "a", 5, "a"), ("x", "x", 2, "'x'")]);
}

#[test]
fn a_block_scalar_ends_with_its_last_line() {
    for (text, expected) in [
        ("a:\n  b: |\n    x\n  c: 1\n", "|\n    x"),
        ("a:\n  b: |+\n    x\n\n  c: 1\n", "|+\n    x"),
        ("a:\n  b: |\n    x", "|\n    x"),
        ("a:\n  b: |-\r\n    x\r\n  # c\r\n", "|-\r\n    x"),
        ("a:\n  b: |-\n    x\n     \n  c: 1\n", "|-\n    x\n     "),
    ] {
        let stream = parse(text);
        let found = stream.documents[0].locate([Step::Key("a"), Step::Key("b")]).unwrap();
        assert_eq!(&text[found.value.span()], expected);
    }
}
