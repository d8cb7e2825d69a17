//! Names of labels, and templates of names.

/// A key of an object as it stands in the name of a label: every character that such a name cannot have becomes `_`
/// (OP-CFG-4, SD-META-1).
pub fn sanitized(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// Letters, digits and `_`, not beginning with a digit: what Prometheus 2 allows, and 3 where told to (RL-7).
pub fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Letters, digits, `_` and references such as `$1` or `${name}`, not beginning with a digit (RL-V-2).
pub fn is_template(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '$' {
            let (name, tail) = match rest.strip_prefix('{') {
                Some(inner) => inner.split_once('}').unwrap_or(("", "")),
                None => rest.split_at(rest.find(|c| !word(c)).unwrap_or(rest.len())),
            };
            if name.is_empty() || !name.chars().all(word) {
                return false;
            }
            rest = tail;
        } else if !word(c) {
            return false;
        }
    }
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
}
