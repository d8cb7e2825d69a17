//! The nodes of a document, and the view through which others walk them.

use std::ops::Range;

use super::key;
use super::scalar::{self, Value};

/// The number of a node in its document. The root is 0.
pub(super) type Id = u32;

/// A node as it is stored. Positions are 32 bits wide because a document has very many of them.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) shape: Shape,
}

/// What a stored node is.
#[derive(Debug)]
pub(super) enum Shape {
    Scalar {
        text: Box<str>,
        style: Style,
        tag: Option<Tag>,
    },
    /// Keys and values by turns.
    Mapping(Box<[Id]>),
    Sequence(Box<[Id]>),
    /// Another node of the same document, which may be one that encloses this one.
    Alias(Id),
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: the only style in which `on` is a boolean.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A tag that says what a scalar is, whatever it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!binary`
    Binary,
    /// `!!timestamp`
    Timestamp,
    /// `!!merge`
    Merge,
    /// Any other: it makes a string of the scalar.
    Other,
}

/// A place in a document: cheap to copy, borrowed from the document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    nodes: &'d [Data],
    id: Id,
}

/// What a node is, aliases followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string, number, boolean or null.
    Scalar,
    /// Keys with values.
    Mapping,
    /// A list.
    Sequence,
}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'d> {
    /// The key.
    pub key: Node<'d>,
    /// The value.
    pub value: Node<'d>,
}

/// A scalar as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar<'d> {
    /// Its text, escapes and line folding undone.
    pub text: &'d str,
    /// How it is written.
    pub style: Style,
    /// Its tag, if it has one.
    pub tag: Option<Tag>,
}

impl<'d> Scalar<'d> {
    /// What kubectl reads. The error says why it would refuse the scalar.
    pub fn value(&self) -> Result<Value<'d>, String> {
        scalar::resolve(self.text, self.style, self.tag)
    }
}

impl<'d> Node<'d> {
    pub(super) fn new(nodes: &'d [Data], id: Id) -> Self {
        Self { nodes, id }
    }

    pub(super) fn data(&self) -> &'d Data {
        &self.nodes[self.id as usize]
    }

    /// The bytes of the node in the text that was parsed. For a mapping or list in block style
    /// that is from the first key or dash to the end of the last value. An alias is where it is
    /// written, not where it points. A value that is left out has an empty span.
    pub fn span(&self) -> Range<usize> {
        self.data().start as usize..self.data().end as usize
    }

    /// The 1-based line on which the node begins.
    pub fn line(&self) -> usize {
        self.data().line as usize
    }

    /// The 1-based column, in characters, in which the node begins.
    pub fn column(&self) -> usize {
        self.data().column as usize
    }

    /// Whether the node is an alias (`*name`) rather than something written here.
    pub fn is_alias(&self) -> bool {
        matches!(self.data().shape, Shape::Alias(_))
    }

    /// The node that an alias points to; any other node itself.
    #[must_use]
    pub fn target(self) -> Self {
        match self.data().shape {
            // One step is enough: the parser gives no anchors to aliases.
            Shape::Alias(id) => Self::new(self.nodes, id),
            _ => self,
        }
    }

    /// What the node is, aliases followed.
    pub fn kind(&self) -> Kind {
        match self.target().data().shape {
            Shape::Mapping(_) => Kind::Mapping,
            Shape::Sequence(_) => Kind::Sequence,
            Shape::Scalar { .. } | Shape::Alias(_) => Kind::Scalar,
        }
    }

    /// The scalar, if the node is one.
    pub fn scalar(&self) -> Option<Scalar<'d>> {
        match &self.target().data().shape {
            Shape::Scalar { text, style, tag } => Some(Scalar { text, style: *style, tag: *tag }),
            _ => None,
        }
    }

    /// The keys and values of a mapping as they are written, `<<` among them; none for other nodes.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'d>> + use<'d> {
        let node = self.target();
        let ids: &[Id] = match &node.data().shape {
            Shape::Mapping(ids) => ids,
            _ => &[],
        };
        ids.chunks_exact(2).map(move |pair| Entry { key: Self::new(node.nodes, pair[0]), value: Self::new(node.nodes, pair[1]) })
    }

    /// The items of a list; none for other nodes.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + use<'d> {
        let node = self.target();
        let ids: &[Id] = match &node.data().shape {
            Shape::Sequence(ids) => ids,
            _ => &[],
        };
        ids.iter().map(move |id| Self::new(node.nodes, *id))
    }

    /// The entry that decides about a key: the last of several, merged mappings (`<<`) included.
    pub fn entry(&self, key: &str) -> Option<Entry<'d>> {
        // Mappings merged into each other in a circle, or doubled at every level, end here.
        let mut fuel = 1_000;
        self.entry_within(key, &mut fuel)
    }

    fn entry_within(&self, key: &str, fuel: &mut usize) -> Option<Entry<'d>> {
        *fuel = fuel.checked_sub(1)?;
        self.entries().rev().find_map(|entry| {
            if !key::is_merge(entry.key) {
                return (key::name(entry.key).as_deref() == Ok(key)).then_some(entry);
            }
            if entry.value.kind() == Kind::Sequence {
                return entry.value.items().find_map(|item| item.entry_within(key, fuel));
            }
            entry.value.entry_within(key, fuel)
        })
    }

    /// The value of a key, as [`Node::entry`] finds it.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.entry(key).map(|entry| entry.value)
    }

    /// An item of a list.
    pub fn item(&self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// The text of a node that is a string to kubectl.
    pub fn as_str(&self) -> Option<&'d str> {
        let scalar = self.scalar()?;
        match scalar.value() {
            Ok(Value::Text(std::borrow::Cow::Borrowed(text))) => Some(text),
            _ => None,
        }
    }
}
