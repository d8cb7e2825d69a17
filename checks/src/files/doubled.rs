//! What is written twice: keys, and whole documents between which the `---` is missing. It is so whatever the kind.

use super::bundle::Item;
use crate::schema::{Fault, Problem};
use crate::yaml::{Document, Node};

/// So many of an object are told.
const MOST: usize = 50;

/// Adds the keys of an object that repeat others, and that it runs into the object above it.
pub(super) fn add(document: &Document, item: &Item, object: Node<'_>, problems: &mut Vec<Problem>) {
    if let Some(above) = document.joined_to.as_ref().filter(|_| item.origin.path.is_empty()) {
        let first = object.entries().find_map(|entry| entry.key.key_name()).unwrap_or_default();
        problems.push(Problem::of_key(first.into_owned(), Fault::Joined, above.clone()));
    }
    let is_told = |path: &str, problems: &[Problem]| {
        problems.iter().any(|problem| problem.path == path && matches!(problem.fault, Fault::RepeatedKey { .. }))
    };
    for (path, differs) in document.repeated_below(object).into_iter().take(MOST) {
        if !is_told(&path, problems) {
            let found = path.clone();
            problems.push(Problem::of_key(path, Fault::RepeatedKey { differs }, found));
        }
    }
}
