//! A mapping as kubectl sees it: merged mappings unfolded, and of repeated keys the one that counts.

use std::borrow::Cow;
use std::collections::HashMap;

use super::broken::Broken;
use super::json;
use super::key;
use super::node::{Entry, Kind, Node};

/// Merged mappings inside merged mappings, at most: hostile ones point at each other.
const MAX_MERGES: usize = 16;

impl<'d> Node<'d> {
    /// The name that a key has to kubectl; `None` where it would refuse the key.
    pub fn key_name(self) -> Option<Cow<'d, str>> {
        key::name(self).ok()
    }

    /// The node and what is below it as JSON, as kubectl would send it.
    ///
    /// # Errors
    /// What only this step can find out, as for a document.
    pub fn to_json(self) -> Result<serde_json::Value, Broken> {
        json::convert(self)
    }

    /// The keys that count, by name, in the order in which they first occur; none for other nodes than mappings. Keys
    /// that kubectl refuses are left out.
    pub fn fields(self) -> Vec<(Cow<'d, str>, Entry<'d>)> {
        let mut out = Vec::new();
        fill(self, 0, &mut HashMap::new(), &mut out);
        out
    }
}

fn fill<'d>(
    mapping: Node<'d>,
    depth: usize,
    places: &mut HashMap<Cow<'d, str>, usize>,
    out: &mut Vec<(Cow<'d, str>, Entry<'d>)>,
) {
    for entry in mapping.entries() {
        if key::is_merge(entry.key) {
            if depth == MAX_MERGES {
                continue;
            }
            // Backwards, because the earlier ones of a list win.
            match entry.value.kind() {
                Kind::Sequence => entry.value.items().rev().for_each(|item| fill(item, depth + 1, places, out)),
                _ => fill(entry.value, depth + 1, places, out),
            }
            continue;
        }
        let Ok(name) = key::name(entry.key) else { continue };
        match places.get(&name) {
            // The last one wins, merged or not, as in go-yaml.
            Some(&first) => out[first].1 = entry,
            None => {
                places.insert(name.clone(), out.len());
                out.push((name, entry));
            }
        }
    }
}
