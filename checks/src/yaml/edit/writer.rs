//! Old value and new value side by side, down to where they differ.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::splice::{Edits, Reshaped, Splice};
use super::write::{self, Flow};
use super::{Refused, lines, same};
use crate::yaml::document::Document;
use crate::yaml::key;
use crate::yaml::node::{Entry, Kind, Node, Style};
use crate::yaml::template;

/// Writes the differences into a text.
pub(super) struct Writer<'t> {
    pub(super) text: &'t str,
    pub(super) newline: &'static str,
    pub(super) habits: Habits,
    pub(super) root: Node<'t>,
    /// What goes in one place and may come back in another.
    pub(super) moves: Vec<Moved>,
    splices: Vec<Splice>,
    reshaped: Vec<Reshaped>,
}

/// How far in things are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    /// How much further in a mapping is than the key that it belongs to.
    pub(super) step: usize,
    /// The same for the dashes of a list.
    pub(super) dash: usize,
}

/// A key with its value, and the lines on which they stand, the comments above among them.
pub(super) struct Moved {
    pub(super) key: String,
    pub(super) value: Json,
    /// As far in as if they stood at the margin.
    pub(super) lines: Vec<String>,
    /// The line of the key, and how it is written.
    pub(super) head: (usize, String),
}

/// What a value belongs to.
#[derive(Clone, Copy)]
pub(super) enum Owner<'d> {
    /// The document.
    Document,
    /// A key.
    Key(Node<'d>),
    /// A dash, and how far in it is.
    Dash(usize),
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Around<'d> {
    pub(super) owner: Owner<'d>,
    /// The braces or brackets that it stands in.
    pub(super) flow: Option<Flow>,
}

/// Whether what goes becomes what comes.
type Alike<'a> = dyn Fn(&Json, &Json) -> bool + 'a;

/// What becomes of the keys of a mapping.
pub(super) struct Fates<'d, 'j> {
    pub(super) entries: Vec<Entry<'d>>,
    /// What becomes of each entry.
    pub(super) becomes: Vec<Becomes<'j>>,
    /// Keys that come.
    pub(super) comes: Vec<(&'j str, &'j Json)>,
}

/// What becomes of an entry.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Becomes<'j> {
    /// It goes.
    Nothing,
    /// It stays what it is.
    Itself,
    /// It gets a name (perhaps the one that it has), and another value for the one it has.
    Other(&'j str, &'j Json, &'j Json),
}

impl<'t> Writer<'t> {
    pub(super) fn new(text: &'t str, document: &'t Document) -> Self {
        let root = document.root();
        Self {
            text,
            newline: lines::line_break(text),
            habits: Habits::of(root, text),
            root,
            moves: Vec::new(),
            splices: Vec::new(),
            reshaped: Vec::new(),
        }
    }

    /// What has to change for the document to become another. What moves brings its text along, if that is wished.
    pub(super) fn edits(mut self, old: &Json, new: &Json, moving: bool) -> Result<Edits, Refused> {
        if moving {
            self.leaving(self.root, old, new);
        }
        self.value(self.root, Around { owner: Owner::Document, flow: None }, old, new)?;
        Edits::new(self.splices, self.reshaped)
    }

    /// Collects what goes, for that it may come back elsewhere.
    fn leaving(&mut self, node: Node<'t>, old: &Json, new: &Json) {
        match (old, new) {
            _ if node.is_alias() || self.is_flow(node) => {}
            (Json::Object(old), Json::Object(new)) => {
                for entry in node.entries() {
                    let Ok(name) = key::name(entry.key) else { continue };
                    match (old.get(&*name), new.get(&*name)) {
                        (Some(old), Some(new)) if !same(old, new) => self.leaving(entry.value, old, new),
                        (Some(old), None) => self.leaves(entry, name.into_owned(), old.clone()),
                        _ => {}
                    }
                }
            }
            (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
                for (item, (old, new)) in node.items().zip(old.iter().zip(new)) {
                    self.leaving(item, old, new);
                }
            }
            _ => {}
        }
    }

    fn leaves(&mut self, entry: Entry<'t>, key: String, value: Json) {
        let span = entry.key.span();
        let indent = entry.key.column() - 1;
        let begins = lines::begins(self.text, span.start);
        let start = if begins { self.own_start(entry.key, span.start) } else { span.start };
        let end = lines::end(self.text, end_of(entry));
        let cut = |(count, line): (usize, &str)| {
            let margin = if count == 0 && !begins { 0 } else { lines::indent(line).min(indent) };
            line[margin..].to_owned()
        };
        let lines = self.text[start..end].split(self.newline).enumerate().map(cut).collect();
        let head = self.text[start..span.start].matches(self.newline).count();
        self.moves.push(Moved { key, value, lines, head: (head, self.text[span].to_owned()) });
    }

    /// Makes one value of another.
    pub(super) fn value(&mut self, node: Node<'t>, around: Around<'t>, old: &Json, new: &Json) -> Result<(), Refused> {
        if same(old, new) {
            return Ok(());
        }
        if node.is_alias() {
            return Err(Refused::Alias { line: node.line() });
        }
        if node.scalar().is_some_and(|scalar| template::in_scalar(scalar.text)) {
            return Err(Refused::Template { line: node.line() });
        }
        let flow = around.flow.is_some() || self.is_flow(node);
        match (old, new) {
            (Json::Object(old), Json::Object(map)) if !map.is_empty() && node.entries().next().is_some() => {
                let fates = self.fates(node, old, map)?;
                if flow { self.flow_mapping(node, around.flow, &fates) } else { self.block_mapping(node, &fates) }
            }
            (Json::Array(old), Json::Array(items)) if !items.is_empty() && !old.is_empty() => {
                if flow {
                    self.flow_list(node, around.flow, old, items)
                } else {
                    self.block_list(node, old, items)
                }
            }
            _ => self.replace(node, around, new),
        }
    }

    /// Whether a node stands in braces or brackets of its own.
    pub(super) fn is_flow(&self, node: Node<'_>) -> bool {
        let open = match node.kind() {
            Kind::Mapping => '{',
            Kind::Sequence => '[',
            Kind::Scalar => return false,
        };
        self.text[node.span().start..].starts_with(open)
    }

    /// Compares the keys of a mapping with those that it shall have. A key that goes and one that comes with the same
    /// value are a key that changes its name; so are two scalars, and whatever would else leave the mapping empty.
    fn fates<'j>(
        &self,
        node: Node<'t>,
        old: &'j Map<String, Json>,
        new: &'j Map<String, Json>,
    ) -> Result<Fates<'t, 'j>, Refused> {
        let entries: Vec<Entry<'t>> = node.entries().collect();
        let own = |entry: &Entry<'t>| {
            let name = if key::is_merge(entry.key) { None } else { key::name(entry.key).ok() };
            name.and_then(|name| old.get_key_value(&*name))
        };
        let names: Vec<Option<(&'j String, &'j Json)>> = entries.iter().map(own).collect();
        for (name, value) in old {
            if new.get(name).is_some_and(|new| same(value, new)) {
                continue;
            }
            let mut own = (0..entries.len()).filter(|at| names[*at].is_some_and(|(own, _)| own == name));
            match (own.next(), own.next()) {
                (Some(_), None) => {}
                (None, _) => return Err(Refused::Merged { line: node.line(), key: name.clone() }),
                (_, Some(again)) => return Err(Refused::Repeated { line: entries[again].key.line(), key: name.clone() }),
            }
        }
        let mut comes: Vec<(&str, &Json)> =
            new.iter().filter(|(name, _)| !old.contains_key(*name)).map(|(name, value)| (name.as_str(), value)).collect();
        let fate = |name: &Option<(&'j String, &'j Json)>| match name {
            Some((name, value)) => new.get(*name).map_or(Becomes::Nothing, |new| Becomes::Other(name, value, new)),
            // `<<` stays what it is.
            None => Becomes::Itself,
        };
        let mut becomes: Vec<Becomes<'j>> = names.iter().map(fate).collect();
        let all_go = becomes.iter().all(|fate| *fate == Becomes::Nothing);
        let alike: [&Alike<'_>; 3] = [&|old, new| same(old, new), &|old, new| is_scalar(old) && is_scalar(new), &|_, _| all_go];
        for alike in alike {
            for (fate, name) in becomes.iter_mut().zip(&names) {
                let (Becomes::Nothing, Some((_, old))) = (*fate, name) else { continue };
                if let Some(found) = comes.iter().position(|(_, new)| alike(old, new)) {
                    let (name, new) = comes.remove(found);
                    *fate = Becomes::Other(name, old, new);
                }
            }
        }
        Ok(Fates { entries, becomes, comes })
    }

    /// Gives a key its new name.
    pub(super) fn rename(&mut self, mapping: Node<'t>, key: Node<'t>, name: &str, flow: Option<Flow>) {
        if key::name(key).is_ok_and(|old| old == name) {
            return;
        }
        self.reshaped.push((mapping.span().start, Some(name.to_owned())));
        let style = if flow.is_some_and(|flow| flow.json) { Some(Style::DoubleQuoted) } else { style_of(key) };
        self.splice(key.span(), write::text(name, flow.is_some(), style));
    }

    /// Writes a value in the place of another, whatever both are.
    fn replace(&mut self, node: Node<'t>, around: Around<'t>, new: &Json) -> Result<(), Refused> {
        match (around.flow, around.owner) {
            (Some(flow), _) => self.replace_in_flow(node, flow, new),
            (None, Owner::Document) => return Err(Refused::Unclear),
            (None, Owner::Key(key)) => self.replace_behind_key(node, key, new),
            (None, Owner::Dash(indent)) => self.replace_behind_dash(node, indent, new),
        }
        Ok(())
    }

    pub(super) fn splice(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.splices.push(Splice { range, text: text.into() });
    }

    /// Remembers that a mapping or list loses or gains something.
    pub(super) fn reshape(&mut self, node: Node<'_>) {
        self.reshaped.push((node.span().start, None));
    }

    /// Where what belongs to a key or dash begins on the lines above it. The comments at the head of a document are the
    /// document's.
    pub(super) fn own_start(&self, node: Node<'_>, at: usize) -> usize {
        let head = node.span().start == self.root.span().start;
        if head { lines::start(self.text, at) } else { lines::with_comments(self.text, at) }
    }
}

impl Habits {
    /// Those of people who have none.
    pub(super) const USUAL: Self = Self { step: 2, dash: 2 };

    /// As far as the first nested mapping and the first list show them.
    fn of(root: Node<'_>, text: &str) -> Self {
        let (mut step, mut dash) = (None, None);
        let mut waiting = vec![root];
        while let Some(node) = waiting.pop() {
            if node.is_alias() || (step.is_some() && dash.is_some()) {
                continue;
            }
            for Entry { key, value } in node.entries().filter(|entry| entry.value.line() > entry.key.line()) {
                let further = (value.column()).checked_sub(key.column());
                match (value.kind(), text[value.span().start..].chars().next()) {
                    (_, Some('{' | '[')) => {}
                    (Kind::Mapping, _) => step = step.or(further.filter(|further| *further > 0)),
                    (Kind::Sequence, _) => dash = dash.or(further),
                    (Kind::Scalar, _) => {}
                }
            }
            // From the top to the bottom.
            let values = node.entries().rev().map(|entry| entry.value);
            waiting.extend(node.items().rev().chain(values));
        }
        if text[root.span().start..].starts_with('{') {
            let first = root.entries().next().filter(|entry| entry.key.line() > root.line());
            step = first.map(|entry| entry.key.column().saturating_sub(root.column())).filter(|step| *step > 0);
        }
        Self { step: step.unwrap_or(Self::USUAL.step), dash: dash.unwrap_or(Self::USUAL.dash) }
    }
}

pub(super) fn is_scalar(value: &Json) -> bool {
    !value.is_object() && !value.is_array()
}

/// Whether a value is written on the line of its key: a scalar, or braces or brackets with nothing between.
pub(super) fn is_inline(value: &Json) -> bool {
    match value {
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => true,
    }
}

pub(super) fn style_of(node: Node<'_>) -> Option<Style> {
    node.scalar().map(|scalar| scalar.style)
}

/// Where an entry ends: behind its value, or its key where the value is left out.
pub(super) fn end_of(entry: Entry<'_>) -> usize {
    entry.value.span().end.max(entry.key.span().end)
}
