//! Words for people: lists in prose, plurals, the nearest of several names.

use std::borrow::Cow;

/// How many single-character edits (insert, delete, replace, swap of neighbours) lie between two words.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Whether at most so many edits lie between two words. As [`distance`], but what they share at both ends is not looked
/// at, so that words far apart, which are the most, cost next to nothing.
pub fn is_within(a: &str, b: &str, most: usize) -> bool {
    let shared = |(a, b): &(char, char)| a == b;
    let start: usize = a.chars().zip(b.chars()).take_while(shared).map(|(letter, _)| letter.len_utf8()).sum();
    let (a, b) = (&a[start..], &b[start..]);
    let end: usize = a.chars().rev().zip(b.chars().rev()).take_while(shared).map(|(letter, _)| letter.len_utf8()).sum();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let (long, short) = (a.chars().count(), b.chars().count());
    long.abs_diff(short) <= most && (long.max(short) <= most || distance(a, b) <= most)
}

/// The name nearest to a word, if it is near enough to be meant: a slip, or one holds the other.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase();
    names
        .into_iter()
        .filter(|name| !name.is_empty())
        .filter_map(|name| {
            let other = name.to_ascii_lowercase();
            let edits = distance(&lower, &other);
            let near = edits <= lower.chars().count().max(other.chars().count()).div_ceil(3);
            let holds = other.contains(&lower) || lower.contains(&other);
            (near || holds).then_some((edits, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// How little two names have in common: 0 for the same, 1 where one holds the other, 2 for the same first word,
/// else 3.
pub fn unlikeness(a: &str, b: &str) -> usize {
    let first = |name: &str| name.split(['-', '.']).next().map(str::to_owned);
    let short = a.len().min(b.len()) < 3;
    match () {
        () if a == b => 0,
        () if !short && (a.contains(b) || b.contains(a)) => 1,
        () if first(a) == first(b) => 2,
        () => 3,
    }
}

/// `a`, `a and b`, `a, b and c`; after `most` names: `a, b and 7 more`.
pub fn list(names: &[impl AsRef<str>], most: usize) -> String {
    let shown = names.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>();
    let more = names.len().saturating_sub(most);
    match (shown.as_slice(), more) {
        ([], _) => "none".to_owned(),
        ([one], 0) => (*one).to_owned(),
        ([head @ .., last], 0) => format!("{} and {last}", head.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// `a`, `a or b`, `a, b or c`; after `most` names: `a, b or 7 more`.
pub fn either(names: &[impl AsRef<str>], most: usize) -> String {
    let shown = names.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>();
    match (shown.as_slice(), names.len().saturating_sub(most)) {
        ([head @ .., last], 0) if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        (all @ [_, ..], more @ 1..) => format!("{} or {more} more", all.join(", ")),
        _ => list(names, most),
    }
}

/// The text as one line of at most so many characters, without a full stop.
pub fn line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    if line.chars().count() <= most {
        line.to_owned()
    } else {
        line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// Words of others without users and passwords: what stands before an `@` goes.
pub fn without_credentials(text: &str) -> String {
    let breaks = |c: char| c.is_whitespace() || "\"'`,()[]{}<>".contains(c);
    let word = |word: &str| match word.rsplit_once('@') {
        None => word.to_owned(),
        Some((before, host)) => {
            let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
            format!("{scheme}<redacted>@{host}")
        }
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(breaks) {
        let end = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        out += &word(&rest[..at]);
        out += &rest[at..end];
        rest = &rest[end..];
    }
    out + &word(rest)
}

/// A text without users and passwords in the addresses in it.
pub fn without_userinfo(text: &str) -> Cow<'_, str> {
    if text.contains("://") && text.contains('@') { without_credentials(text).into() } else { text.into() }
}

/// The text, cut after a number of characters.
pub fn short(text: &str, most: usize) -> String {
    let cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// `1 Service`, `2 Services`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

/// The plural of an English noun.
pub fn plural(noun: &str) -> String {
    match noun {
        _ if noun.ends_with('y') && !noun.ends_with("ey") => {
            format!("{}ies", &noun[..noun.len() - 1])
        }
        _ if noun.ends_with('s') || noun.ends_with("ch") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("metrics", "metrcis"), 1);
        assert_eq!(distance("web", "http-web"), 5);
        assert_eq!(distance("", "abc"), 3);
    }

    proptest::proptest! {
        #[test]
        fn words_are_within_as_many_edits_as_lie_between_them(a in "[abcä]{0,6}", b in "[abcä]{0,6}", most in 0..4_usize) {
            proptest::prop_assert_eq!(is_within(&a, &b, most), distance(&a, &b) <= most);
        }
    }

    #[test]
    fn nearest_names() {
        assert_eq!(nearest("metrics", ["http", "http-metrics"]), Some("http-metrics"));
        assert_eq!(nearest("metrcis", ["http", "metrics"]), Some("metrics"));
        assert_eq!(nearest("web", ["grpc"]), None);
    }

    #[test]
    fn words_of_others() {
        assert_eq!(line("a\n  b.", 9), "a b");
        assert_eq!(line("abcdef", 4), "abc…");
        let url = r#"parse "http://u:p@h:x": invalid port"#;
        assert_eq!(without_credentials(url), r#"parse "http://<redacted>@h:x": invalid port"#);
        assert_eq!(without_credentials("u:p@h"), "<redacted>@h");
        assert_eq!(without_credentials("key \"a\" in secret"), "key \"a\" in secret");
    }

    #[test]
    fn likenesses() {
        let all = [("cart", "cart"), ("cart", "cart-metrics"), ("cart-web", "cart-db"), ("cart", "web")];
        assert_eq!(all.map(|(a, b)| unlikeness(a, b)), [0, 1, 2, 3]);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "abc…");
    }

    #[test]
    fn lists_and_counts() {
        assert_eq!(list(&["a", "b", "c"], 9), "a, b and c");
        assert_eq!(list(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(either(&["a", "b", "c"], 9), "a, b or c");
        assert_eq!(either(&["a", "b", "c"], 2), "a, b or 1 more");
        assert_eq!((either(&["a"], 2), either(&[""; 0], 2)), ("a".to_owned(), "none".to_owned()));
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(1, "Service"), "1 Service");
    }
}
