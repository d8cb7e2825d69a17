//! Mappings and lists in braces and brackets, JSON among them.

use std::ops::Range;

use serde_json::Value as Json;

use super::align::{Fate, align};
use super::write::Flow;
use super::writer::{Around, Becomes, Fates, Owner, Writer, end_of, is_scalar, style_of};
use super::{Refused, write};
use crate::yaml::node::{Node, Style};

impl<'t> Writer<'t> {
    pub(super) fn flow_mapping(&mut self, node: Node<'t>, around: Option<Flow>, fates: &Fates<'t, '_>) -> Result<(), Refused> {
        let Fates { entries, becomes, comes } = fates;
        let spans: Vec<Range<usize>> = entries.iter().map(|entry| entry.key.span().start..end_of(*entry)).collect();
        let tight = entries.first().is_some_and(|entry| &self.text[entry.key.span().end..entry.value.span().start] == ":");
        let (comma, style) = self.manner(node, around, &spans, tight);
        let mut last = None;
        let mut gone = vec![false; entries.len()];
        for (at, (entry, fate)) in entries.iter().zip(becomes).enumerate() {
            match fate {
                Becomes::Nothing => gone[at] = true,
                Becomes::Itself => last = Some(at),
                Becomes::Other(name, old, new) => {
                    self.rename(node, entry.key, name, Some(style));
                    self.value(entry.value, Around { owner: Owner::Key(entry.key), flow: Some(style) }, old, new)?;
                    last = Some(at);
                }
            }
        }
        self.take_from_flow(node, &spans, &gone)?;
        let (Some(last), false) = (last, comes.is_empty()) else { return Ok(()) };
        self.is_open(node)?;
        self.reshape(node);
        let at = spans[last].end;
        for (key, value) in comes {
            let colon = if tight && style.json { ":" } else { ": " };
            let key = write::flow_text(key, style.json);
            self.splice(at..at, format!("{comma}{key}{colon}{}", write::flow(value, style, self.newline)));
        }
        Ok(())
    }

    pub(super) fn flow_list(&mut self, node: Node<'t>, around: Option<Flow>, old: &[Json], new: &[Json]) -> Result<(), Refused> {
        let items: Vec<Node<'t>> = node.items().collect();
        let spans: Vec<Range<usize>> = items.iter().map(Node::span).collect();
        let (comma, style) = self.manner(node, around, &spans, around.is_some_and(|flow| flow.tight));
        let mut last = None;
        let mut gone = vec![false; items.len()];
        for fate in align(old, new) {
            match fate {
                Fate::Becomes(i, j) => {
                    self.value(items[i], Around { owner: Owner::Document, flow: Some(style) }, &old[i], &new[j])?;
                    last = Some(i);
                }
                Fate::Goes(i) => gone[i] = true,
                Fate::Comes(j) => {
                    self.is_open(node)?;
                    self.reshape(node);
                    let item = write::flow(&new[j], style, self.newline);
                    match last {
                        Some(i) => self.splice(spans[i].end..spans[i].end, format!("{comma}{item}")),
                        None => self.splice(spans[0].start..spans[0].start, format!("{item}{comma}")),
                    }
                }
            }
        }
        self.take_from_flow(node, &spans, &gone)
    }

    pub(super) fn replace_in_flow(&mut self, node: Node<'t>, style: Flow, new: &Json) {
        let before = if style.json { Some(Style::DoubleQuoted) } else { style_of(node) };
        let text = if is_scalar(new) { write::scalar(new, true, before) } else { write::flow(new, style, self.newline) };
        let span = node.span();
        let blank = if span.is_empty() && !style.tight { " " } else { "" };
        self.splice(span, format!("{blank}{text}"));
    }

    /// How things are separated and written between the braces or brackets of a node.
    fn manner(&self, node: Node<'t>, around: Option<Flow>, spans: &[Range<usize>], tight: bool) -> (String, Flow) {
        let between = match spans {
            [.., a, b] => self.text.get(a.end..b.start),
            [only] => self.text.get(node.span().start + 1..only.start),
            [] => None,
        };
        let between = between.unwrap_or_default();
        let blanks = between.replace(',', "");
        let comma = match (blanks.trim().is_empty(), spans.len()) {
            (true, 2..) => between.to_owned(),
            (true, _) if blanks.contains(['\n', '\r']) => format!(",{blanks}"),
            _ if tight => ",".to_owned(),
            _ => ", ".to_owned(),
        };
        let json = quoted(node).or(around.map(|flow| flow.json)).unwrap_or_default();
        let margin = comma.rsplit(['\n', '\r']).next().filter(|margin| margin.len() < comma.len() && !margin.contains('\t'));
        let spread = margin.filter(|_| json).map(|margin| (margin.len(), self.habits.step));
        (comma, Flow { json, tight, spread })
    }

    /// Takes entries or items away, each with one of the commas beside it.
    fn take_from_flow(&mut self, node: Node<'t>, spans: &[Range<usize>], gone: &[bool]) -> Result<(), Refused> {
        if !gone.contains(&true) {
            return Ok(());
        }
        self.is_open(node)?;
        self.reshape(node);
        let mut at = 0;
        while let Some(first) = (at..gone.len()).find(|at| gone[*at]) {
            let next = (first..gone.len()).find(|at| !gone[*at]).unwrap_or(gone.len());
            match first.checked_sub(1) {
                Some(before) => self.splice(spans[before].end..spans[next - 1].end, ""),
                None => self.splice(spans[0].start..spans[next.min(spans.len() - 1)].start, ""),
            }
            at = next;
        }
        Ok(())
    }

    /// Refuses a mapping that stands in a list without braces, as `[a: b]`.
    fn is_open(&self, node: Node<'t>) -> Result<(), Refused> {
        if self.is_flow(node) { Ok(()) } else { Err(Refused::Unclear) }
    }
}

/// Whether what is inside is written with double quotes, as far as something is inside.
fn quoted(node: Node<'_>) -> Option<bool> {
    if let Some(scalar) = node.scalar() {
        // Numbers and the like have no quotes in JSON either.
        let text = node.as_str().is_some() || scalar.style != Style::Plain;
        return text.then_some(scalar.style == Style::DoubleQuoted);
    }
    if let Some(first) = node.items().next() {
        return if first.is_alias() { None } else { quoted(first) };
    }
    let mut keys = node.entries().map(|entry| style_of(entry.key) == Some(Style::DoubleQuoted)).peekable();
    keys.peek().is_some().then(|| keys.all(|quoted| quoted))
}
