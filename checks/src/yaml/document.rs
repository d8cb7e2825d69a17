//! A document: its nodes, and what else is known about it.

use std::collections::HashMap;
use std::ops::Range;

use super::broken::Broken;
use super::json;
use super::key;
use super::node::{Data, Entry, Id, Node};
use crate::path::key_text;

/// One document of a stream. Documents that are empty or null are not listed.
#[derive(Debug)]
pub struct Document {
    pub(super) nodes: Box<[Data]>,
    /// The 1-based line on which its content begins.
    pub line: usize,
    /// The template that it was rendered from, as Helm's comment `# Source: …` above it says.
    pub source: Option<String>,
    /// Its comments, and those between it and the document before.
    pub comments: Vec<Comment>,
    /// Keys that occur twice in one mapping.
    pub duplicate_keys: Vec<DuplicateKey>,
    /// The object above it, as `Service cart`, where no `---` parts the two.
    pub joined_to: Option<String>,
    /// Whether another object follows, and no `---` parts it from this one.
    pub runs_on: bool,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its bytes in the text that was parsed, from the `#` to the end of the line.
    pub span: Range<usize>,
    /// Its 1-based line.
    pub line: usize,
    /// What follows the `#`, without blanks around it.
    pub text: String,
}

/// A key that occurs again in the same mapping. kubectl takes the last one without a word, so that the API server, which
/// refuses such JSON where it is asked to, never sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key, as kubectl reads it.
    pub key: String,
    /// The bytes of the key before.
    pub first: Range<usize>,
    /// The bytes of the key that repeats it.
    pub again: Range<usize>,
    /// The 1-based line of the key that repeats it.
    pub line: usize,
}

/// One step from a node to one inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'s> {
    /// To the value of a key.
    Key(&'s str),
    /// To an item of a list.
    Index(usize),
}

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub struct Found<'d> {
    /// The key, if the last step was one.
    pub key: Option<Node<'d>>,
    /// The value.
    pub value: Node<'d>,
}

impl Document {
    /// The outermost node.
    pub fn root(&self) -> Node<'_> {
        Node::new(&self.nodes, 0)
    }

    /// All scalars, keys as well as values, in the order of the text.
    pub(super) fn scalars(&self) -> impl Iterator<Item = Node<'_>> {
        let ids = (0..self.nodes.len()).filter_map(|id| Id::try_from(id).ok());
        ids.map(|id| Node::new(&self.nodes, id)).filter(|node| !node.is_alias() && node.scalar().is_some())
    }

    /// Follows a path from the root, through aliases and merged mappings.
    pub fn locate<'s>(&self, path: impl IntoIterator<Item = Step<'s>>) -> Option<Found<'_>> {
        let root = Found { key: None, value: self.root() };
        path.into_iter().try_fold(root, |at, step| match step {
            Step::Key(key) => at.value.entry(key).map(|Entry { key, value }| Found { key: Some(key), value }),
            Step::Index(index) => at.value.item(index).map(|value| Found { key: None, value }),
        })
    }

    /// The paths of the keys that repeat an earlier one of their mapping, where they are written: `spec.ports[0].name`.
    pub fn repeated_keys(&self) -> Vec<String> {
        self.repeated_below(self.root()).into_iter().map(|(path, _)| path).collect()
    }

    /// The same below a node of it, with paths from there; and whether what the key before says is something else.
    pub fn repeated_below(&self, node: Node<'_>) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        let places: HashMap<usize, usize> = self.duplicate_keys.iter().map(|key| (key.again.start, key.first.start)).collect();
        if !places.is_empty() {
            repeated_below(node, "", &places, &mut found);
        }
        found
    }

    /// The document as kubectl would send it to the API server. What only this step can find out
    /// (a key that is null, aliases that grow without measure) makes it fail.
    pub fn to_json(&self) -> Result<serde_json::Value, Broken> {
        json::convert(self.root())
    }
}

fn repeated_below(node: Node<'_>, path: &str, places: &HashMap<usize, usize>, found: &mut Vec<(String, bool)>) {
    // What an alias points to is written elsewhere.
    if node.is_alias() {
        return;
    }
    for (index, item) in node.items().enumerate() {
        repeated_below(item, &format!("{path}[{index}]"), places, found);
    }
    let mut before: HashMap<usize, Node<'_>> = HashMap::new();
    for Entry { key, value } in node.entries() {
        let Ok(name) = key::name(key) else {
            continue;
        };
        let step = key_text(&name);
        let path = if path.is_empty() { step.trim_start_matches('.').to_owned() } else { format!("{path}{step}") };
        if let Some(first) = places.get(&key.span().start).and_then(|first| before.get(first)) {
            found.push((path.clone(), first.to_json().ok() != value.to_json().ok()));
        }
        before.insert(key.span().start, value);
        repeated_below(value, &path, places, found);
    }
}
