//! JSON.

use serde::Serialize;

use super::text::acts;

/// Anything as indented JSON. JSON may hold characters that terminals act upon; they only ever stand in strings,
/// where an escape means the same.
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string_pretty(value)?))
}

/// The same on one line.
pub(super) fn line(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string(value)?))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character != '\n' && acts(character) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_a_terminal_acts_upon_gets_through() {
        let value = serde_json::json!({"a": "x\u{1b}[2J\u{9b}\u{202e}y\n"});
        let text = super::json(&value).unwrap();
        assert!(text.contains(r"\u001b[2J\u009b\u202ey\n"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
