//! Go's templates: `$1`, `${name}`, `$$`.

use std::sync::LazyLock;

use regex::Regex;

/// The groups of a match.
#[derive(Clone, Debug)]
pub struct Groups<'t> {
    pub(super) texts: Vec<Option<&'t str>>,
    pub(super) names: &'t [Option<String>],
    pub(super) whole: bool,
}

impl Groups<'_> {
    /// Whether the match spans all of the text. Patterns that close the group they are wrapped in can match less.
    pub fn spans_all(&self) -> bool {
        self.whole
    }

    /// The text of a group, if it took part.
    pub fn get(&self, number: usize) -> Option<&str> {
        self.texts.get(number).copied().flatten()
    }

    /// Of several groups of one name the first that took part.
    fn named(&self, name: &str) -> Option<&str> {
        let of_name = |(number, own): (usize, &Option<String>)| self.get(number).filter(|_| own.as_deref() == Some(name));
        self.names.iter().enumerate().find_map(of_name)
    }

    /// Puts the groups into a template (RL-22). What is no reference stays as it is.
    pub fn expand(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some((name, after)) = reference(rest) {
                rest = after;
                let text = number(name).map_or_else(|| self.named(name), |number| self.get(number));
                out.push_str(text.unwrap_or_default());
            } else {
                out.push('$');
            }
        }
        out + rest
    }
}

/// The name behind a `$` and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (inner, brace) = text.strip_prefix('{').map_or((text, false), |inner| (inner, true));
    let end = inner.find(|c| !is_word(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let rest = if brace { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

/// The number that a name is: digits without leading zeros.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    // Too large a number is no group either way.
    digits.then(|| name.parse().unwrap_or(usize::MAX))
}

/// A letter or a decimal digit of any script, or `_`; `char::is_alphanumeric` knows more.
fn is_word(c: char) -> bool {
    static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]$").ok());
    if c.is_ascii() {
        return c == '_' || c.is_ascii_alphanumeric();
    }
    OTHER.as_ref().is_some_and(|regex| regex.is_match(c.encode_utf8(&mut [0; 4])))
}
