//! Upper and lower case as Go maps them: character by character, to one character each (RL-20).

use crate::prometheus::re2::settled;

/// The text in lower case; `None` where that depends on the edition of Unicode.
pub(super) fn lower(text: &str) -> Option<String> {
    let one = |c: char| match c {
        'İ' => 'i', // to which Rust adds a dot
        c => only(c.to_lowercase()).unwrap_or(c),
    };
    settled(text).then(|| text.chars().map(one).collect())
}

/// The text in upper case.
pub(super) fn upper(text: &str) -> Option<String> {
    settled(text).then(|| text.chars().map(|c| only(c.to_uppercase()).unwrap_or(c)).collect())
}

/// Characters that become several, such as ß, stay as they are. (Greek ones with an iota below would have a mapping of
/// their own; they are not settled.)
fn only(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    mapped.next().filter(|_| mapped.next().is_none())
}
