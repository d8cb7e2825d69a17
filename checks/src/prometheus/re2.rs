//! Go's regular expressions, as far as Rust's `regex` can stand in for them.
//!
//! The operator puts ports and label values into the configuration as patterns, unescaped (OP-CFG-3), and
//! Prometheus matches them from end to end. Where the two dialects could differ this module does not guess:
//! it says that the pattern cannot be judged.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

/// A pattern that Prometheus would match from end to end.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    literal: bool,
    regex: Option<Regex>,
}

/// Whether Go accepts a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiles {
    /// It does.
    Yes,
    /// It does not; the reason is for people.
    No(String),
    /// The dialects differ here.
    Unknown,
}

impl Pattern {
    /// Compiles a pattern.
    pub fn new(source: &str) -> Self {
        let literal = !source.chars().any(|c| "\\.+*?()|[]{}^$".contains(c));
        let regex = if literal || compiles(source) != Compiles::Yes { None } else { Regex::new(&anchored(source)).ok() };
        Self { source: source.to_owned(), literal, regex }
    }

    /// Whether the pattern is plain text.
    pub fn is_literal(&self) -> bool {
        self.literal
    }

    /// Whether the text matches; `None` where the pattern cannot be judged.
    pub fn matches(&self, text: &str) -> Option<bool> {
        if self.literal { Some(self.source == text) } else { self.regex.as_ref().map(|regex| regex.is_match(text)) }
    }
}

fn anchored(source: &str) -> String {
    format!("^(?s:{source})$")
}

/// Answers that are kept; more patterns than this are not of one kind any more.
const KEPT: usize = 4096;

/// Whether Go's RE2 accepts a pattern. Constructs on which the dialects differ give [`Compiles::Unknown`].
///
/// A generated configuration repeats the same few patterns in each of its jobs, and compiling one takes longer than
/// all else that is done with a rule: answers are remembered.
pub fn compiles(source: &str) -> Compiles {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Compiles>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(answer) = known.get(source) {
            return answer.clone();
        }
        let answer = compile(source);
        if known.len() < KEPT {
            known.insert(source.to_owned(), answer.clone());
        }
        answer
    })
}

fn compile(source: &str) -> Compiles {
    if let Some(told) = special(source) {
        return told;
    }
    match Regex::new(&anchored(source)) {
        Ok(_) => Compiles::Yes,
        Err(regex::Error::CompiledTooBig(_)) => Compiles::Unknown,
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("invalid regular expression");
            Compiles::No(last.to_owned())
        }
    }
}

/// What Go surely refuses, and constructs that Go and Rust read differently, or that only one of them knows: class escapes (ASCII in Go),
/// `\Q`, octal escapes, braces that are no repeat, stacked quantifiers, big repeats, `[` and set operators
/// inside classes, flags other than `i m s U`, named groups, properties.
fn special(source: &str) -> Option<Compiles> {
    let unknown = Some(Compiles::Unknown);
    let no = |what: &str| Some(Compiles::No(format!("{what} are not supported")));
    let mut chars = source.chars().peekable();
    let mut in_class = false;
    let mut after_quantifier = false;
    while let Some(c) = chars.next() {
        let mut quantifier = false;
        match c {
            '\\' => match chars.next() {
                // ASCII in Go and Unicode in Rust; the same on the ASCII text of ports and label values, but
                // not inside every class, so only the plain digits, words and spaces are let through.
                Some('d' | 'w' | 's' | 'D' | 'W' | 'S' | 'b' | 'B' | 'A' | 'z' | 'n' | 't' | 'r' | 'f') => {}
                Some('1'..='9') if !chars.peek().is_some_and(|c| ('0'..='7').contains(c)) => return no("backreferences"),
                Some(c) if c.is_ascii_punctuation() && !matches!(c, '<' | '>') => {}
                _ => return unknown,
            },
            '[' if in_class => return unknown,
            '[' => {
                in_class = true;
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                }
            }
            ']' if in_class => in_class = false,
            '&' | '~' | '-' if in_class && chars.peek() == Some(&c) => return unknown,
            _ if in_class => {}
            '{' => {
                let body: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let numbers: Vec<&str> = body.split(',').collect();
                let small = |text: &str| text.parse::<u16>().is_ok_and(|number| number <= 1000);
                let fine = match numbers.as_slice() {
                    [one] => small(one),
                    [low, high] => small(low) && (high.is_empty() || small(high)),
                    _ => false,
                };
                if !fine || after_quantifier {
                    return unknown;
                }
                quantifier = true;
                if chars.peek() == Some(&'?') {
                    chars.next();
                }
            }
            '*' | '+' | '?' => {
                if after_quantifier {
                    return unknown;
                }
                quantifier = true;
                if chars.peek() == Some(&'?') {
                    chars.next();
                }
            }
            '(' if chars.peek() == Some(&'?') => {
                chars.next();
                if matches!(chars.peek(), Some('=' | '!')) {
                    return no("look-aheads");
                }
                let flags: String = std::iter::from_fn(|| chars.next_if(|&c| c != ':' && c != ')')).collect();
                if !flags.chars().all(|c| "imsU-".contains(c)) || flags.contains('U') {
                    return unknown;
                }
                chars.next();
            }
            _ => {}
        }
        after_quantifier = quantifier;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OP-CFG-3: a dot in a port name is a wildcard, `a|b` are two names, and the whole text must match.
    #[test]
    fn ports_are_patterns() {
        assert_eq!(Pattern::new("http|metrics").matches("metrics"), Some(true));
        assert_eq!(Pattern::new("http|metrics").matches("http-metrics"), Some(false));
        assert_eq!(Pattern::new("a.b").matches("axb"), Some(true));
        assert_eq!(Pattern::new("metrics").matches("http-metrics"), Some(false));
        assert_eq!(Pattern::new(".*").matches(""), Some(true));
        assert!(Pattern::new("http-metrics").is_literal());
    }

    #[test]
    fn dialect_differences_are_not_judged() {
        for source in [r"\Qa\E", "a{,3}", "a**", "[[]", "[a&&b]", r"\07", "x{1001}", "(?P<n>a)", r"\pL", "(?x)a", r"\<a"] {
            assert_eq!(compiles(source), Compiles::Unknown, "{source}");
        }
        for source in ["", "(.*)", "(.+);true", r"\d+", "[^a-z_-]+", "(a|b)?", "a{2,3}", "(?i)x", r"a\.b"] {
            assert_eq!(compiles(source), Compiles::Yes, "{source}");
        }
        for source in ["(", "a)", "[", "*a", "(?=a)x", "[z-a]"] {
            assert_ne!(compiles(source), Compiles::Yes, "{source}");
        }
        for source in ["(abc", "(?=a)x", "a(?!b)", r"(a)\1"] {
            assert!(matches!(compiles(source), Compiles::No(_)), "{source}");
        }
    }
}
