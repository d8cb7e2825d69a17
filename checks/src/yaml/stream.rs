//! JSON values one after the other, which kubectl reads as so many documents, though they are no YAML.

use serde::de::IgnoredAny;

use super::block;
use super::build;
use super::document::Document;
use super::split::Chunk;

/// The documents of a chunk that holds several JSON objects and nothing else.
pub(super) fn parts(chunk: &Chunk<'_>) -> Option<Vec<Document>> {
    let text = chunk.text;
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut cuts = vec![0];
    while let Some(value) = values.next() {
        value.ok()?;
        cuts.push(values.byte_offset());
    }
    let mut parts = Vec::new();
    let mut line = chunk.line;
    for ends in cuts.windows(2) {
        let text = &text[ends[0]..ends[1]];
        let piece = Chunk { text, offset: chunk.offset + ends[0], line };
        parts.extend(build::document(&piece, &mut Vec::new()).ok()?);
        line += block::breaks(text);
    }
    (parts.len() > 1).then_some(parts)
}
