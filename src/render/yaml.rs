//! YAML.

use serde::Serialize;

use super::json::json;
use super::text::acts;

/// Anything as YAML. Where it holds characters that a terminal acts upon and YAML would write as they are, it is
/// written as JSON, which is YAML too.
pub fn yaml(value: &impl Serialize) -> Result<String, serde_json::Error> {
    match serde_yaml::to_string(value) {
        Ok(text) if !text.chars().any(|character| character != '\n' && acts(character)) => Ok(text),
        _ => json(value),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn directions_of_writing_are_escaped() {
        assert_eq!(super::yaml(&serde_json::json!({"a": "b: c"})).unwrap(), "a: 'b: c'\n");
        assert!(super::yaml(&serde_json::json!({"a": "\u{202e}"})).unwrap().contains(r"\u202e"));
        assert!(!super::yaml(&serde_json::json!({"a": "\u{1b}"})).unwrap().contains('\u{1b}'));
    }
}
