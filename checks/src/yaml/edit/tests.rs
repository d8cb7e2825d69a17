//! Edits by example, and edits by chance.

use serde_json::{Value as Json, json};

use super::*;

mod examples;
mod random;
mod refusals;

fn merge(text: &str, body: Json) -> Result<String, Refused> {
    patch(text, position(text), "", Change::Merge(&body)).map(|edits| edits.apply(text))
}

fn operations(text: &str, body: Json) -> Result<String, Refused> {
    patch(text, position(text), "", Change::Json(&body)).map(|edits| edits.apply(text))
}

/// Where the first document stands.
fn position(text: &str) -> usize {
    crate::yaml::parse(text).documents.first().map_or(0, |document| document.root().span().start)
}
