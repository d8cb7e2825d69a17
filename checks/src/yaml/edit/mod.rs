//! The smallest change of a text that makes its document another one.
//!
//! What shall come out is compared with what is there, and only what differs is written anew, in the manner of its
//! neighbours: indentation, quotes, line breaks and comments stay. Every result is read back; what does not come out as
//! it should is refused, with the reason, and the text stays as it was. A wrong edit is worse than none.

mod align;
mod block;
mod documents;
mod flow;
mod lines;
mod pieces;
mod refused;
mod splice;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use serde_json::Value as Json;

pub use self::documents::{append, remove};
pub use self::pieces::Pieces;
pub use self::refused::Refused;
pub use self::splice::{Edits, Splice};
use self::writer::Writer;
use super::broken::Broken;
use super::build;
use super::document::Document;
use super::split::{self, Chunk};

/// A change to a document.
#[derive(Debug, Clone, Copy)]
pub enum Change<'c> {
    /// A JSON merge patch.
    Merge(&'c Json),
    /// A JSON patch.
    Json(&'c Json),
}

/// Changes the document that holds a position of a text. `below` is the JSON pointer of what the change is about: that
/// of an item, where the document is a list of objects, else nothing.
///
/// # Errors
/// Why the text has to stay as it is.
pub fn patch(text: &str, at: usize, below: &str, change: Change<'_>) -> Result<Edits, Refused> {
    Pieces::of(text).patch(at, below, change)
}

/// Changes what stands at a JSON pointer of a value.
///
/// # Errors
/// Where the patch does not fit.
pub fn make(value: &mut Json, below: &str, change: Change<'_>) -> Result<(), Refused> {
    let object = value.pointer_mut(below).ok_or_else(|| Refused::Patch(format!("there is nothing at {below}")))?;
    match change {
        Change::Merge(body) => json_patch::merge(object, body),
        Change::Json(body) => {
            let wrong = |error: &dyn std::fmt::Display| Refused::Patch(error.to_string());
            let operations: json_patch::Patch = serde_json::from_value(body.clone()).map_err(|error| wrong(&error))?;
            json_patch::patch(object, &operations).map_err(|error| wrong(&error))?;
        }
    }
    Ok(())
}

/// The document of a piece, with positions in the piece and lines of the whole text.
fn read(chunk: &Chunk<'_>) -> Result<(Document, Json), Refused> {
    let broken = |Broken { line, message, .. }: Broken| Refused::Broken { line, message };
    let alone = Chunk { text: chunk.text, offset: 0, line: chunk.line };
    let document = build::document(&alone, &mut Vec::new()).map_err(broken)?.ok_or(Refused::Gone)?;
    let json = document.to_json().map_err(broken)?;
    Ok((document, json))
}

/// Whether a changed piece is still one document, and the one that it should be.
fn holds(text: &str, before: &Document, target: &Json) -> bool {
    let mut pieces = split::chunks(text);
    let (Some(piece), None) = (pieces.next(), pieces.next()) else { return false };
    read(&piece).is_ok_and(|(document, json)| same(&json, target) && document.duplicate_keys.len() <= before.duplicate_keys.len())
}

/// Whether two values are the same: a float that is whole is the whole number to whoever reads YAML.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || ((x.is_f64() || y.is_f64()) && x.as_f64() == y.as_f64()),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Whether a document has aliases, anchors or tags: then these are why it could not be changed.
fn is_shared(document: &Document, text: &str) -> bool {
    let mut waiting = vec![document.root()];
    while let Some(node) = waiting.pop() {
        if node.is_alias() {
            return true;
        }
        let before = text[..node.span().start].trim_end();
        let word = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
        if word.starts_with(['&', '!']) || node.scalar().is_some_and(|scalar| scalar.tag.is_some()) {
            return true;
        }
        waiting.extend(node.items());
        waiting.extend(node.entries().flat_map(|entry| [entry.key, entry.value]));
    }
    false
}
