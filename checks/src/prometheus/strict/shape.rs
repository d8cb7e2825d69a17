//! Whether a section of a configuration has the keys of its type, each with a value of the right kind (CFG-2).

use serde_json::Value;

use super::place::Place;
use super::scalar::is_size;
use super::{Cause, Judge};
use crate::operator::accept::is_url;
use crate::operator::version::Version;
use crate::prometheus::config::{REDACTED, scalar};
use crate::prometheus::duration;
use crate::text::nearest;

/// A type of the configuration: the keys that a map of it may have.
pub(super) struct Section {
    /// What it is called in texts.
    pub(super) name: &'static str,
    /// Its keys, in groups that several types share.
    pub(super) keys: &'static [&'static [Key]],
}

/// A key, and since when there is one.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The first version that knows it; (0, 0) for those that the oldest version knew that was read.
    since: (u32, u32),
    /// The first version that does not know it any more.
    until: Option<(u32, u32)>,
}

/// What the value of a key is. Null is right everywhere: it is the empty value.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Text; Prometheus takes numbers and booleans for text, too.
    Text,
    /// True or false.
    Bool,
    /// A whole number that is not negative.
    Count,
    /// A number.
    Number,
    /// A duration.
    Duration,
    /// A size in bytes, with a unit.
    Size,
    /// A URL.
    Url,
    /// A list of texts.
    Texts,
    /// A map of texts.
    TextMap,
    /// A map of lists of texts.
    ListMap,
    /// A map of one type.
    Map(&'static Section),
    /// A map from any name to maps of one type.
    MapOf(&'static Section),
    /// A list of maps of one type.
    List(&'static Section),
    /// A list of maps of one type, none of which may be null.
    Entries(&'static Section),
    /// A list whose items are not judged, but for null.
    Unjudged,
    /// The list of scrape jobs, which are looked at one by one with paths of their own.
    Jobs,
    /// A list of relabel rules, which are looked at as wholes.
    Rules,
    /// Not judged here.
    Any,
}

/// A key that all versions know that were read.
pub(super) const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, since: (0, 0), until: None }
}

impl Key {
    /// Known since this version.
    pub(super) const fn since(self, major: u32, minor: u32) -> Self {
        Self { since: (major, minor), ..self }
    }

    /// Not known any more since this version.
    pub(super) const fn until(self, major: u32, minor: u32) -> Self {
        Self { until: Some((major, minor)), ..self }
    }

    fn is_known_to(&self, version: Version) -> bool {
        let after = |(major, minor)| version >= Version::new(major, minor, 0);
        after(self.since) && !self.until.is_some_and(after)
    }
}

/// The first number that is too big for a count.
const MOST: f64 = 18_446_744_073_709_551_616.0;

impl Judge {
    /// Looks at a map of a type, and at all that is below it.
    pub(super) fn section(&mut self, value: &Value, section: &Section, at: &Place<'_>) {
        let map = match value {
            Value::Null => return,
            Value::Object(map) => map,
            other => return self.refuse(at, format!("{} is a map, not {}", section.name, kind_of(other))),
        };
        for (name, value) in map {
            let at = at.key(name);
            let mut all = section.keys.iter().flat_map(|keys| keys.iter()).filter(|key| key.name == name);
            match all.clone().find(|key| key.is_known_to(self.version)) {
                Some(key) => self.kind(value, key, &at),
                None => {
                    let other = all.next();
                    self.unknown(name, other, section, &at);
                }
            }
        }
    }

    fn unknown(&mut self, name: &str, other: Option<&Key>, section: &Section, at: &Place<'_>) {
        let not_found = format!("field {name} not found in {}", section.name);
        let text = match other {
            Some(Key { until: Some((major, minor)), since, .. }) if self.since(since.0, since.1) => {
                format!("{not_found}: Prometheus {major}.{minor} and newer do not have it")
            }
            Some(Key { since: (major, minor), .. }) => {
                format!("{not_found} by {}: it needs Prometheus {major}.{minor}", self.version)
            }
            // A newer version may know more.
            None if !self.is_read() => return,
            None => {
                let known = section.keys.iter().flat_map(|keys| keys.iter()).filter(|key| key.is_known_to(self.version));
                match nearest(name, known.map(|key| key.name)) {
                    Some(near) => format!("{not_found}, {near} is meant?"),
                    None => not_found,
                }
            }
        };
        self.refuse_for(at, text, Cause::UnknownKey);
    }

    fn kind(&mut self, value: &Value, key: &Key, at: &Place<'_>) {
        if value.is_null() {
            return;
        }
        let wanted = match key.kind {
            Kind::Any => return,
            Kind::Jobs | Kind::Rules if value.is_array() => return,
            Kind::Text if scalar(value).is_some() => return,
            Kind::Bool if value.is_boolean() => return,
            // A fraction is cut off.
            Kind::Count if value.is_u64() || value.is_f64() && value.as_f64().is_some_and(|number| number < MOST) => return,
            Kind::Number if value.is_number() => return,
            Kind::Texts if is_texts(value) => return,
            Kind::TextMap if value.as_object().is_some_and(|map| map.values().all(is_text)) => return,
            Kind::ListMap if value.as_object().is_some_and(|map| map.values().all(|list| list.is_null() || is_texts(list))) => {
                return;
            }
            Kind::Map(section) => return self.section(value, section, at),
            Kind::MapOf(section) if value.is_object() => {
                let entries = value.as_object().into_iter().flatten();
                return entries.for_each(|(name, value)| self.section(value, section, &at.key(name)));
            }
            Kind::List(section) if value.is_array() => {
                return items(value).for_each(|(index, item)| self.section(item, section, &at.item(index)));
            }
            Kind::Entries(section) if value.is_array() => {
                return items(value).for_each(|(index, item)| match item {
                    Value::Null => self.refuse(&at.item(index), null_entry(key.name)),
                    item => self.section(item, section, &at.item(index)),
                });
            }
            Kind::Unjudged if value.is_array() => {
                let nulls = items(value).filter(|(_, item)| item.is_null());
                return nulls.for_each(|(index, _)| self.refuse(&at.item(index), null_entry(key.name)));
            }
            Kind::Duration if scalar(value).is_some() => return self.duration(value, at),
            Kind::Size if scalar(value).is_some() => return self.size(value, at),
            Kind::Url if scalar(value).is_some() => return self.url(value, at),
            Kind::Text | Kind::Url => "text",
            Kind::Bool => "true or false",
            Kind::Count => "a whole number that is not negative",
            Kind::Number => "a number",
            Kind::Duration => "a duration",
            Kind::Size => "a size such as 10MB",
            Kind::Texts => "a list of texts",
            Kind::TextMap => "a map of texts",
            Kind::ListMap => "a map of lists of texts",
            Kind::MapOf(_) => "a map",
            Kind::List(_) | Kind::Entries(_) | Kind::Unjudged | Kind::Jobs | Kind::Rules => "a list",
        };
        let is = match (key.kind, value) {
            (Kind::Texts | Kind::TextMap | Kind::ListMap, Value::Array(_) | Value::Object(_)) => String::new(),
            _ => format!(", not {}", kind_of(value)),
        };
        self.refuse(at, format!("{} is {wanted}{is}", key.name));
    }

    fn duration(&mut self, value: &Value, at: &Place<'_>) {
        let text = scalar(value).unwrap_or_default();
        match duration::parse(&text) {
            Ok(_) => {}
            // Old versions let these overflow.
            Err(_) if duration::millis(&text).is_some() && !self.since(2, 30) => {}
            // Newer ones name the unit.
            Err(_) if duration::millis(&text).is_none() && !text.is_empty() && !self.since(2, 43) => {
                let why = format!("not a valid duration string: {text:?}");
                self.refuse_for(at, why, Cause::Duration { text });
            }
            Err(why) => self.refuse_for(at, why, Cause::Duration { text }),
        }
    }

    fn size(&mut self, value: &Value, at: &Place<'_>) {
        let text = scalar(value).unwrap_or_default();
        if !is_size(&text) {
            self.refuse(at, format!("{text:?} is not a size such as 10MB or 512KiB"));
        }
    }

    /// A URL without its user data is not the one that Prometheus reads.
    fn url(&mut self, value: &Value, at: &Place<'_>) {
        let text = scalar(value).unwrap_or_default();
        if !text.contains(REDACTED) && !is_url(&text) {
            self.refuse(at, "it is not a URL");
        }
    }
}

fn items(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

fn is_text(value: &Value) -> bool {
    value.is_null() || scalar(value).is_some()
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(is_text))
}

/// What a list that has a null item is refused for.
fn null_entry(list: &str) -> String {
    match list {
        "remote_write" => "empty or null remote write config section".to_owned(),
        "remote_read" => "empty or null remote read config section".to_owned(),
        _ => format!("empty or null section in {list}"),
    }
}

/// What a value is, without saying it: it may be a credential in a wrong place.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "this number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
