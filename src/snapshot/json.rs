//! JSON text, item by item: a list of a whole cluster is never in memory as a tree.

use std::borrow::Cow;

use prom_doctor_checks::world::{Kind, decode};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::collect::{Collector, Source};

/// Lists inside lists that are followed without building a tree; real ones go two deep.
const LISTS: usize = 8;

/// What has to be known of a value to read it.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(default, borrow, rename = "apiVersion")]
    api_version: Cow<'a, str>,
    #[serde(default, borrow)]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    items: Option<&'a RawValue>,
    #[serde(default)]
    metadata: Option<ProbeMeta>,
}

#[derive(Deserialize)]
struct ProbeMeta {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// Where a text stopped being JSON.
pub(super) struct Stop {
    /// How many bytes were read before.
    pub(super) read: usize,
    /// Why.
    pub(super) error: serde_json::Error,
}

/// Reads documents back to back.
pub(super) fn read(collector: &mut Collector, source: &Source<'_>, text: &str) -> Result<(), Stop> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let read = stream.byte_offset();
        match stream.next() {
            None => return Ok(()),
            Some(Ok(raw)) => value(collector, source, text, raw.get(), None, 0),
            Some(Err(error)) => return Err(Stop { read, error }),
        }
    }
}

/// Reads one value; `inherited` is what a list says of its items.
fn value(collector: &mut Collector, source: &Source<'_>, text: &str, raw: &str, inherited: Option<(&str, &str)>, depth: usize) {
    if depth < LISTS && raw.starts_with('[') {
        if array(collector, source, text, raw, inherited, depth).is_some() {
            return;
        }
    } else if let Ok(probe) = serde_json::from_str::<Probe<'_>>(raw) {
        if depth < LISTS && list(collector, source, text, &probe, depth).is_some() {
            return;
        }
        // The rule of client-go: only if both are missing, the list's count.
        let own = (probe.api_version.as_ref(), probe.kind.as_ref());
        let (api_version, kind) = if own == ("", "") { inherited.unwrap_or(own) } else { own };
        if let Some(kind) = Kind::of_manifest(api_version, kind)
            && let Ok(object) = decode(kind, &mut serde_json::Deserializer::from_str(raw), collector.pem)
        {
            collector.object(object);
            return;
        }
    }
    // Anything odd goes the slow way, which also knows how to complain.
    let position = Some(position(text, raw));
    match serde_json::from_str::<Value>(raw) {
        Ok(value) => collector.value(source, wrapped(value, inherited), position),
        Err(error) => collector.complain(source, error.to_string(), position),
    }
}

/// Reads an array; `None` if it is not one after all.
fn array(
    collector: &mut Collector,
    source: &Source<'_>,
    text: &str,
    raw: &str,
    inherited: Option<(&str, &str)>,
    depth: usize,
) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let hint = source.listing().map(|listing| (listing.kind.api_version(), listing.kind.name()));
    let inherited = inherited.or(hint.as_ref().map(|(api_version, kind)| (api_version.as_str(), *kind)));
    if depth == 0 {
        collector.saw_array(source);
    }
    items.into_iter().for_each(|item| value(collector, source, text, item.get(), inherited, depth + 1));
    Some(())
}

/// Reads a list; `None` if it is none.
fn list(collector: &mut Collector, source: &Source<'_>, text: &str, probe: &Probe<'_>, depth: usize) -> Option<()> {
    let item_kind = probe.kind.strip_suffix("List")?;
    let raw = probe.items?.get();
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let next = probe.metadata.as_ref().and_then(|metadata| metadata.next.as_deref()).unwrap_or_default();
    collector.saw_list(source, &probe.api_version, item_kind, !next.is_empty(), Some(position(text, raw)));
    let inherited = (!item_kind.is_empty()).then_some((probe.api_version.as_ref(), item_kind));
    items.into_iter().for_each(|item| value(collector, source, text, item.get(), inherited, depth + 1));
    Some(())
}

/// Gives an object without kind those of its list.
fn wrapped(mut value: Value, inherited: Option<(&str, &str)>) -> Value {
    let silent = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().is_empty();
    if let Some((api_version, kind)) = inherited
        && silent("apiVersion")
        && silent("kind")
        && let Some(object) = value.as_object_mut()
    {
        object.insert("apiVersion".to_owned(), api_version.into());
        object.insert("kind".to_owned(), kind.into());
    }
    value
}

/// The 1-based line and column at which a part of a text begins.
fn position(text: &str, part: &str) -> (usize, usize) {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    (1 + before.bytes().filter(|&byte| byte == b'\n').count(), 1 + before[line..].chars().count())
}
