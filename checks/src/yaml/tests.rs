//! The reader as a whole: against kubectl, against itself, and against people who mean harm.

use serde_json::Value as Json;

use super::*;

mod hostile;
mod kubectl;
mod places;
pub(super) mod random;
mod streams;
mod trouble;

/// The first document as JSON, or the first thing that is wrong.
fn read(text: &str) -> Result<Json, Broken> {
    let mut stream = parse(text);
    if stream.broken.is_empty() {
        return stream.documents.first().map_or(Ok(Json::Null), Document::to_json);
    }
    Err(stream.broken.remove(0))
}

fn broken(text: &str) -> Broken {
    read(text).expect_err(text)
}

fn all(text: &str) -> Vec<Json> {
    let stream = parse(text);
    assert_eq!(stream.broken, [], "{text}");
    stream.documents.iter().map(|document| document.to_json().unwrap()).collect()
}

/// All nodes that are written in a document.
fn nodes(document: &Document) -> impl Iterator<Item = Node<'_>> {
    let mut waiting = vec![document.root()];
    std::iter::from_fn(move || {
        let node = waiting.pop()?;
        if !node.is_alias() {
            waiting.extend(node.items());
            waiting.extend(node.entries().flat_map(|entry| [entry.key, entry.value]));
        }
        Some(node)
    })
}
