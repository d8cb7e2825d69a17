//! Whole documents that come and go.

use serde_json::Value as Json;

use super::block::block_lines;
use super::lines;
use super::splice::{Edits, Splice};
use super::writer::Habits;

use super::{Pieces, Refused, same};
use crate::yaml::{self, split};

/// Puts a new document behind all others of a text.
///
/// # Errors
/// Where the text is JSON.
pub fn append(text: &str, object: &Json) -> Result<Edits, Refused> {
    let at = text.trim_end_matches('\0').len();
    let before = &text[..at];
    let first = yaml::documents(before).find_map(Result::ok);
    if first.as_ref().is_some_and(|document| before[document.root().span().start..].starts_with(['{', '['])) {
        return Err(Refused::Json);
    }
    let newline = lines::line_break(text);
    let mut new = String::new();
    if !before.is_empty() && !before.ends_with(['\n', '\r']) {
        new.push_str(newline);
    }
    if !before.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() {
        new.push_str("---");
        new.push_str(newline);
    }
    for line in block_lines(Habits::USUAL, &[], object, 0) {
        new.push_str(&line);
        new.push_str(newline);
    }
    let edits = Edits::new(vec![Splice { range: at..at, text: new }], Vec::new())?;
    let after = edits.apply(text);
    let mut documents = yaml::documents(&after).skip(yaml::documents(text).count());
    let alone = documents.next().and_then(|document| document.ok()?.to_json().ok()).is_some_and(|made| same(&made, object));
    if alone && documents.next().is_none() { Ok(edits) } else { Err(Refused::Unclear) }
}

/// Takes the document away that holds a position of a text, with what introduces it.
///
/// # Errors
/// Where there is none.
pub fn remove(text: &str, at: usize) -> Result<Edits, Refused> {
    let pieces = Pieces::of(text);
    let chunk = pieces.at(at)?;
    let range = chunk.offset..chunk.offset + chunk.text.len();
    let edits = Edits::new(vec![Splice { range, text: String::new() }], Vec::new())?;
    // The others must be what they were.
    let left = split::chunks(text).filter(|other| other.offset != chunk.offset).map(|other| other.text);
    if split::chunks(&edits.apply(text)).map(|other| other.text).eq(left) { Ok(edits) } else { Err(Refused::Unclear) }
}
