//! Texts made to hang, to overflow the stack or to fill the memory. The debug build with its big
//! frames runs them too; each takes milliseconds.

use super::*;

fn growing(first: &str, next: impl Fn(usize) -> String, levels: usize) -> String {
    let lines = (1..levels).map(next);
    std::iter::once(first.to_owned()).chain(lines).collect()
}

#[test]
fn deep_nesting_is_refused() {
    for opening in ["[", "{a: ", "- ", "? ", "[{a: "] {
        assert_eq!(broken(&opening.repeat(100_000)).message, "mappings and lists are nested too deeply", "{opening}");
    }
    let nested = growing("a:\n", |level| format!("{}a:\n", " ".repeat(level)), 1_000);
    assert_eq!(broken(&nested).message, "mappings and lists are nested too deeply");
}

#[test]
fn decent_nesting_is_read() {
    let text = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(read(&text).is_ok());
}

#[test]
fn aliases_cannot_explode() {
    let many = |level: usize, times: usize| vec![format!("*a{}", level - 1); times].join(",");
    let bombs = [
        growing("a0: &a0 [x,x,x]\n", |level| format!("a{level}: &a{level} [{}]\n", many(level, 9)), 12),
        growing("a0: &a0 {x: 1}\n", |level| format!("a{level}: &a{level} {{<<: [{}]}}\n", many(level, 9)), 12),
        format!("a0: &a0 {}\nb: [{}]\n", "x".repeat(100_000), many(1, 10_000)),
        format!("a0: &a0 {}\nb: {{{}}}\n", "x".repeat(100_000), vec!["*a0 : 1"; 10_000].join(",")),
    ];
    for bomb in bombs {
        let stream = parse(&bomb);
        assert_eq!(stream.documents[0].to_json().unwrap_err().message, "the aliases of this document expand to far too much");
        assert!(stream.documents[0].root().get("nothing").is_none());
    }
}

#[test]
fn circles_and_chains_of_aliases_end() {
    let chain = growing("- &a0 x\n", |level| format!("- &a{level} [*a{}]\n", level - 1), 20_000);
    assert_eq!(broken(&chain).message, "mappings, lists and aliases are nested too deeply");
    let circle = parse("&a {<<: *a, <<: [*a, *a]}");
    assert!(circle.documents[0].to_json().is_err());
    assert!(circle.documents[0].root().get("x").is_none());
}

#[test]
fn honest_documents_may_be_large() {
    let large: String = (0..100_000).map(|i| format!("- {{a: {i}, b: {i}, c: x}}\n")).collect();
    assert_eq!(read(&format!("- &a x\n- *a\n{large}")).unwrap().as_array().map(Vec::len), Some(100_002));
}

#[test]
fn long_runs_of_braces() {
    for text in ["a: \"", "a: x", "a: ", "a: 'x' "] {
        let stream = parse(&format!("{text}{}", "{{".repeat(300_000)));
        assert_eq!(stream.documents.len() + stream.broken.len(), 1);
    }
}
