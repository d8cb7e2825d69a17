//! What a scalar means to kubectl.
//!
//! kubectl and the operator read YAML through sigs.k8s.io/yaml, which is go-yaml v2: YAML 1.1 with
//! Go's number syntax. So `on` is true, `012` is ten, `0o17` fifteen and `1_000` a thousand. The
//! order of the attempts below is that of its `resolve.go`.

use std::borrow::Cow;

use base64::Engine as _;

use super::node::{Style, Tag};

/// A scalar as kubectl understands it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'d> {
    /// `~`, `null` or nothing.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A number that fits into 64 bits with a sign.
    Int(i64),
    /// A whole number that fits only without a sign.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// Text; timestamps are text too.
    Text(Cow<'d, str>),
}

impl Value<'_> {
    /// The name that messages give to the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
        }
    }
}

/// The meaning of a scalar, or why kubectl refuses it.
pub(super) fn resolve(text: &str, style: Style, tag: Option<Tag>) -> Result<Value<'_>, String> {
    let Some(tag) = tag else {
        return Ok(if style == Style::Plain { plain(text) } else { Value::Text(text.into()) });
    };
    let meant = match tag {
        Tag::Str | Tag::Merge | Tag::Other => return Ok(Value::Text(text.into())),
        Tag::Binary => return binary(text),
        Tag::Timestamp if is_date(text) => return Ok(Value::Text(text.into())),
        // A tag overrides quotes: `!!int '12'` is a number.
        _ => plain(text),
    };
    match (tag, meant) {
        (Tag::Float, Value::Int(number)) => Ok(Value::Float(rounded(number))),
        (Tag::Int, meant @ (Value::Int(_) | Value::Uint(_)))
        | (Tag::Float, meant @ Value::Float(_))
        | (Tag::Bool, meant @ Value::Bool(_))
        | (Tag::Null, meant @ Value::Null) => Ok(meant),
        // Without the value: it may be that of a Secret.
        (tag, _) => Err(format!("the value is not what its tag `!!{}` says", format!("{tag:?}").to_lowercase())),
    }
}

fn plain(text: &str) -> Value<'_> {
    if let Some(word) = word(text) {
        return word;
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => dotted(text),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => None,
    };
    number.unwrap_or(Value::Text(Cow::Borrowed(text)))
}

fn word(text: &str) -> Option<Value<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// `.5`: go-yaml hands it to Go whole, whose underscores must stand between digits.
fn dotted(text: &str) -> Option<Value<'static>> {
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1)
    };
    let tidy = bytes.iter().enumerate().all(|(at, byte)| *byte != b'_' || between_digits(at));
    if tidy { decimal(&text.replace('_', "")) } else { None }
}

/// What begins with a digit or a sign: a whole number in one of Go's four bases, or a decimal.
fn number(text: &str) -> Option<Value<'static>> {
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    whole(&digits).or_else(|| decimal(&digits)).or_else(|| sign_after_prefix(&digits))
}

fn whole(text: &str) -> Option<Value<'static>> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let (digits, radix) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&rest[2..], 16),
        [b'0', b'o' | b'O', ..] => (&rest[2..], 8),
        [b'0', b'b' | b'B', ..] => (&rest[2..], 2),
        [b'0', _, ..] => (&rest[1..], 8),
        _ => (rest, 10),
    };
    // Rust's parsers would accept a second sign here.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    if let Ok(magnitude) = u64::from_str_radix(digits, radix) {
        return match sign {
            "-" => 0i64.checked_sub_unsigned(magnitude).map(Value::Int),
            _ => match i64::try_from(magnitude) {
                Ok(number) => Some(Value::Int(number)),
                // Go's unsigned numbers know no sign, so `+18446744073709551615` becomes a float.
                Err(_) => sign.is_empty().then_some(Value::Uint(magnitude)),
            },
        };
    }
    None
}

/// go-yaml tries `0b` a second time after cutting it off, and then a sign may follow.
fn sign_after_prefix(text: &str) -> Option<Value<'static>> {
    let digits = text.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(Value::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, unless it is too big for a float: then
/// it is text to Go.
fn decimal(text: &str) -> Option<Value<'static>> {
    // Rust knows words (`inf`, `nan`) that are not numbers here; all else it reads is in the form.
    if text.contains(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-')) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Value::Float(number))
}

#[allow(clippy::cast_precision_loss)] // `!!float` asks for it
fn rounded(number: i64) -> f64 {
    number as f64
}

/// `!!binary` becomes what it encodes, as far as that is text.
fn binary(text: &str) -> Result<Value<'_>, String> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| "`!!binary` is not valid base64".to_owned())?;
    Ok(Value::Text(match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => one_mark_per_byte(error.as_bytes()).into(),
    }))
}

/// Go's JSON writes U+FFFD for every byte that is not UTF-8; Rust's lossy decoding joins some.
fn one_mark_per_byte(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    text
}

/// Whether a text is a timestamp to go-yaml. Only an explicit `!!timestamp` asks, so the day
/// of the month is not held against the calendar.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let within =
        |part: &str, limit: u8| (1..=2).contains(&part.len()) && part.parse().is_ok_and(|n: u8| (1..=limit).contains(&n));
    let [year, month, day] = parts[..] else {
        return false;
    };
    year.len() == 4
        && year.bytes().all(|byte| byte.is_ascii_digit())
        && within(month, 12)
        && within(day, 31)
        && time.is_none_or(|time| time.starts_with(|first: char| first.is_ascii_digit()) && time.contains(':'))
}
