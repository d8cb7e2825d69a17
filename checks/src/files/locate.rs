//! From a symbolic place (object, path, key or value) to characters of a file.

use super::Bundle;
use super::bundle::{File, Item};
use crate::path::{self, Step};
use crate::report::{Evidence, Finding, Position, Ref, Related};
use crate::yaml::{self, Kind, Node};

/// Gives a finding its place in the files, and the places of the other side of what does not fit.
pub fn locate(finding: &mut Finding, bundle: &Bundle) {
    if let Some(location) = broken(finding, bundle) {
        finding.location = Some(location);
        return;
    }
    let places = places(finding);
    let own = places.iter().filter(|place| place.reference == finding.subject);
    let others = places.iter().filter(|place| place.reference != finding.subject);
    let first = own.chain(others).find_map(|place| Some((place, bundle.spot(&place.reference, &place.path)?)));
    let whole = || bundle.spot(&finding.subject, "metadata.name");
    let Some(location) = first.as_ref().map(|(_, location)| location.clone()).or_else(whole) else { return };
    for place in &places {
        let Some(found) = bundle.spot(&place.reference, &place.path) else { continue };
        let known = finding.related.iter().any(|related| related.location == found);
        if found != location && !known && finding.related.len() < MOST {
            finding.related.push(Related { location: found, message: place.message.clone() });
        }
    }
    finding.location = Some(location);
}

/// So many second labels help; more are a wall.
const MOST: usize = 4;

/// A place that a finding speaks of, and what it says there.
struct Place {
    reference: Ref,
    path: String,
    message: String,
}

/// The places of a finding in the order of its evidence.
fn places(finding: &Finding) -> Vec<Place> {
    let mut out = Vec::new();
    for evidence in &finding.evidence {
        if let Some(reference) = &evidence.reference {
            let message = if evidence.wanted.is_empty() { found(evidence) } else { wanted(evidence) };
            out.push(Place { reference: reference.clone(), path: evidence.path.clone(), message });
        }
        if let Some(at) = &evidence.at {
            out.push(Place { reference: at.reference.clone(), path: at.path.clone(), message: found(evidence) });
        }
    }
    out
}

fn wanted(evidence: &Evidence) -> String {
    format!("asks for {}", evidence.wanted.join(", "))
}

fn found(evidence: &Evidence) -> String {
    if evidence.found.is_empty() { "is not here".to_owned() } else { format!("here is {}", evidence.found.join(", ")) }
}

/// The place of a document that could not be read.
fn broken(finding: &Finding, bundle: &Bundle) -> Option<Position> {
    let place = finding.evidence.iter().find_map(|evidence| evidence.note.as_deref())?;
    let at = bundle.broken.get(place)?;
    Some(position(&bundle.files[at.file], at.span.clone()))
}

impl Bundle {
    /// The characters that a path of an object stands at; `None` where the object is not in the files.
    fn spot(&self, reference: &Ref, path: &str) -> Option<Position> {
        // Of several copies the last counts.
        let item = self.items_of(reference).next_back()?;
        Some(position(self.file_of(item), self.span(item, path)))
    }

    /// The bytes of the deepest thing on a path that is written.
    fn span(&self, item: &Item, path: &str) -> std::ops::Range<usize> {
        let document = &self.parts[item.origin.part].document;
        let root = document.locate(steps(&item.origin.path)).map_or_else(|| document.root(), |found| found.value);
        let path = path::parse(path).unwrap_or_default();
        let (mut key, mut value) = (None, root);
        for step in &path {
            let next = match step {
                Step::Key(name) => value.entry(name).map(|entry| (Some(entry.key), entry.value)),
                Step::Index(index) => value.item(*index).map(|item| (None, item)),
            };
            let Some(next) = next else { break };
            (key, value) = next;
        }
        shown(key, value)
    }
}

/// What to point at: a scalar itself, the key of something bigger, the first line of an item.
fn shown(key: Option<Node<'_>>, value: Node<'_>) -> std::ops::Range<usize> {
    let empty = value.span().is_empty();
    match key {
        Some(key) if empty || value.kind() != Kind::Scalar => key.span(),
        _ => value.span(),
    }
}

/// A path for the reader.
pub(super) fn steps(path: &[Step]) -> impl Iterator<Item = yaml::Step<'_>> {
    path.iter().map(|step| match step {
        Step::Key(key) => yaml::Step::Key(key),
        Step::Index(index) => yaml::Step::Index(*index),
    })
}

/// Bytes of a text as lines and columns; columns count characters, from 1.
pub fn position(file: &File, bytes: std::ops::Range<usize>) -> Position {
    let (line, column) = point(&file.text, bytes.start);
    let (end_line, end_column) = point(&file.text, bytes.end.max(bytes.start));
    Position { file: file.name.clone(), line, column, end_line, end_column }
}

/// Line and column of a byte. A lone carriage return ends a line, as it does to YAML.
fn point(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let bytes = before.as_bytes();
    let breaks = bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n')));
    let start = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
    let line = before.get(start..).unwrap_or_default().trim_start_matches('\u{feff}');
    (breaks.count() + 1, line.chars().count() + 1)
}
