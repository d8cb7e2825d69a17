//! Paths into objects, written so that they can be read back: `spec.endpoints[0].port`,
//! `metadata.labels["app.kubernetes.io/name"]`.

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// The text of a key behind a path: `.release`, or `["a.b/c"]` where a plain key would be ambiguous.
pub fn key_text(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!(".{key}") } else { format!("[{}]", serde_json::Value::from(key)) }
}

/// Whether a field is another one or below it.
pub fn is_at_or_below(field: &str, other: &str) -> bool {
    field.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The path of a label.
pub fn label(key: &str) -> String {
    format!("metadata.labels{}", key_text(key))
}

/// Reads a path back into its steps.
///
/// # Errors
/// The offset at which the text is no path.
pub fn parse(text: &str) -> Result<Vec<Step>, usize> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        if let Some(inner) = rest.strip_prefix('[') {
            if inner.starts_with('"') {
                let mut values = serde_json::Deserializer::from_str(inner).into_iter::<String>();
                let key = values.next().and_then(Result::ok).ok_or(at)?;
                rest = inner[values.byte_offset()..].strip_prefix(']').ok_or(at)?;
                steps.push(Step::Key(key));
            } else {
                let (index, tail) = inner.split_once(']').ok_or(at)?;
                steps.push(Step::Index(index.parse().map_err(|_| at)?));
                rest = tail;
            }
            continue;
        }
        let word = if steps.is_empty() { rest } else { rest.strip_prefix('.').ok_or(at)? };
        let end = word.find(['.', '[']).unwrap_or(word.len());
        if end == 0 {
            return Err(at);
        }
        steps.push(Step::Key(word[..end].to_owned()));
        rest = &word[end..];
    }
    Ok(steps)
}

/// The JSON pointer of a path, as JSON patches write it.
pub fn pointer(text: &str) -> String {
    let steps = parse(text).unwrap_or_default();
    steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_read_as_people_write_them() {
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(
            parse(r#"metadata.labels["app.kubernetes.io/name"]"#),
            Ok(vec![key("metadata"), key("labels"), key("app.kubernetes.io/name")])
        );
        assert_eq!(parse("spec.endpoints[0].port"), Ok(vec![key("spec"), key("endpoints"), Step::Index(0), key("port")]));
        assert_eq!(pointer(r#"metadata.labels["a/b"]"#), "/metadata/labels/a~1b");
        assert!(parse("a..b").is_err());
        assert!(parse("a[x]").is_err());
    }

    #[test]
    fn a_longer_name_is_not_below_a_shorter_one() {
        assert!(is_at_or_below("spec.selector", "spec.selector") && is_at_or_below("spec.selector.a", "spec.selector"));
        assert!(is_at_or_below("spec.endpoints[0]", "spec.endpoints"));
        assert!(!is_at_or_below("spec.selectorMechanism.relabel", "spec.selector"));
    }

    proptest! {
        #[test]
        fn any_key_reads_back(keys in proptest::collection::vec(".{1,12}", 0..4), index in 0usize..9) {
            let text = keys.iter().fold("spec".to_owned(), |text, key| text + &key_text(key)) + &format!("[{index}]");
            let mut steps = vec![Step::Key("spec".to_owned())];
            steps.extend(keys.into_iter().map(Step::Key));
            steps.push(Step::Index(index));
            prop_assert_eq!(parse(&text), Ok(steps));
        }
    }
}
