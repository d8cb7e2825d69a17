//! Variables in a configuration: the operator writes `$(SHARD)` and `$(POD_NAME)`, and the reloader puts the values
//! of its environment there before Prometheus sees the file (OP-RLD-2).

use std::collections::BTreeMap;

/// Puts the variables in: `$(NAME)`, the name of ASCII letters, digits and `_`. Variables that are not set stay, and
/// what a value brings in is not looked at again.
pub fn expand_env(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once("$(") {
        out.push_str(before);
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, after) = inner.split_at(end);
        let closed = after.strip_prefix(')').filter(|_| !name.is_empty());
        match closed.zip(variables.get(name)) {
            Some((after, value)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push_str("$(");
                rest = inner;
            }
        }
    }
    out + rest
}

/// The variables that a text asks for.
pub fn env_names(text: &str) -> Vec<&str> {
    let name = |inner: &'_ str| {
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        (end > 0 && inner[end..].starts_with(')')).then_some(end)
    };
    text.split("$(").skip(1).filter_map(|inner| name(inner).map(|end| &inner[..end])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_once_and_unset_ones_stay() {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let variables = BTreeMap::from([set("SHARD", "2"), set("LOOP", "$(SHARD)")]);
        for (text, wanted) in [
            ("$(SHARD)", "2"),
            ("a$(SHARD)b$(SHARD)", "a2b2"),
            ("$(POD_NAME)", "$(POD_NAME)"),
            ("$(LOOP)", "$(SHARD)"),
            ("$()", "$()"),
            ("$(SHARD", "$(SHARD"),
            ("$(A-B)", "$(A-B)"),
            ("$($(SHARD))", "$(2)"),
            ("$$(SHARD)", "$2"),
            ("$1 ${SHARD}", "$1 ${SHARD}"),
        ] {
            assert_eq!(expand_env(text, &variables), wanted, "{text}");
        }
        assert_eq!(env_names("$(SHARD) $(A-B) $() $(X"), ["SHARD"]);
    }
}
