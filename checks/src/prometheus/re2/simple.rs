//! Patterns that need no regex: text, one group, text. Nearly all that the operator writes are of this form
//! (`(cart);true`, `Node;(.*)`, `(Failed|Succeeded)`), and compiling thousands of them is what running jobs would cost.

use crate::operator::version::Version;

/// A pattern of this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Simple {
    prefix: String,
    group: Group,
    suffix: String,
    /// Whether `.` takes a newline: since 3.0; `None` where the version is not known.
    takes_newline: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Group {
    /// `(.*)` or `(.+)`: any text of at least so many bytes.
    Any(usize),
    /// `(a|b)`.
    OneOf(Vec<String>),
}

impl Simple {
    /// A pattern as one of this form, if it is one.
    pub(super) fn read(source: &str, version: Option<Version>) -> Option<Self> {
        const META: &[char] = &['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$'];
        let (prefix, rest) = source.split_once('(')?;
        let (inner, suffix) = rest.split_once(')')?;
        if prefix.contains(META) || suffix.contains(META) {
            return None;
        }
        let group = match inner {
            ".*" => Group::Any(0),
            ".+" => Group::Any(1),
            words => {
                let words: Vec<String> = words.split('|').map(str::to_owned).collect();
                if words.iter().any(|word| word.contains(META)) {
                    return None;
                }
                Group::OneOf(words)
            }
        };
        let takes_newline = version.map(|version| version.major >= 3);
        Some(Self { prefix: prefix.to_owned(), group, suffix: suffix.to_owned(), takes_newline })
    }

    /// What the group takes of a text that matches from end to end: `Some(None)` where it does not match, `None` where
    /// that cannot be judged.
    pub(super) fn group<'t>(&self, text: &'t str) -> Option<Option<&'t str>> {
        let rest = text.strip_prefix(self.prefix.as_str());
        let Some(middle) = rest.and_then(|rest| rest.strip_suffix(self.suffix.as_str())) else { return Some(None) };
        let fits = match &self.group {
            Group::Any(least) if middle.len() < *least => false,
            Group::Any(_) => !middle.contains('\n') || self.takes_newline?,
            Group::OneOf(words) => words.iter().any(|word| word == middle),
        };
        Some(fits.then_some(middle))
    }
}
