//! Events to a document.

use std::collections::HashMap;

use super::broken::Broken;
use super::document::{Comment, Document};
use super::events::{self, Event, Place};
use super::key;
use super::node::{Data, Id, Node, Shape, Style};
use super::scalar::{self, Value};
use super::split::Chunk;
use super::template;
use super::{MAX_DEPTH, block, explain};

/// Reads the document of a chunk; `None` if it is empty. `above` carries the comments of empty
/// documents to the next one: Helm writes its `# Source:` before the `---` of a template.
pub(super) fn document(chunk: &Chunk<'_>, above: &mut Vec<Comment>) -> Result<Option<Document>, Broken> {
    let mut comments = std::mem::take(above);
    if let Some(unreadable) = explain::unreadable(chunk) {
        return Err(unreadable);
    }
    let mut builder = Builder::new(chunk);
    for event in events::events(chunk.text) {
        match event {
            Ok((event, place)) => builder.take(event, place)?,
            Err(failure) => return Err(explain::failure(chunk, builder.read, failure)),
        }
    }
    let Some(root) = builder.nodes.first().filter(|root| !is_null(root)) else {
        comments.append(&mut builder.comments);
        *above = comments;
        return Ok(None);
    };
    let source = source(&builder, &comments);
    let line = root.line as usize;
    let mappings = builder.mappings.iter().map(|id| Node::new(&builder.nodes, *id));
    let duplicate_keys = mappings.flat_map(key::duplicates).collect();
    comments.append(&mut builder.comments);
    let nodes = builder.nodes.into_boxed_slice();
    Ok(Some(Document { line, source, comments, duplicate_keys, joined_to: None, runs_on: false, nodes }))
}

fn is_null(node: &Data) -> bool {
    match &node.shape {
        Shape::Scalar { text, style, tag } => scalar::resolve(text, *style, *tag) == Ok(Value::Null),
        _ => false,
    }
}

/// The template that Helm names above the content, or else above the empty documents before.
fn source(builder: &Builder<'_>, above: &[Comment]) -> Option<String> {
    let content = builder.nodes.first().map_or(0, |root| root.start as usize);
    let name = |comment: &Comment| comment.text.strip_prefix("Source: ").map(|name| name.trim().to_owned());
    let own = builder.comments.iter().filter(|comment| comment.span.start < content).find_map(name);
    own.or_else(|| above.iter().rev().find_map(name))
}

/// A collection whose end has not come yet.
struct Open {
    id: Id,
    /// Where its children begin among those of all open collections.
    children: usize,
    mapping: bool,
    flow: bool,
}

struct Builder<'t> {
    chunk: &'t Chunk<'t>,
    nodes: Vec<Data>,
    open: Vec<Open>,
    children: Vec<Id>,
    anchors: HashMap<usize, Id>,
    comments: Vec<Comment>,
    mappings: Vec<Id>,
    finished: bool,
    /// How far the chunk has been read, in bytes.
    read: usize,
}

impl<'t> Builder<'t> {
    fn new(chunk: &'t Chunk<'t>) -> Self {
        Self {
            chunk,
            nodes: Vec::new(),
            open: Vec::new(),
            children: Vec::new(),
            anchors: HashMap::new(),
            comments: Vec::new(),
            mappings: Vec::new(),
            finished: false,
            read: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Broken> {
        let end = place.bytes.end;
        match event {
            Event::Comment { text } => {
                let span = self.chunk.offset + place.bytes.start..self.chunk.offset + end;
                let line = self.line(&place);
                self.comments.push(Comment { span, line, text: text.trim().to_owned() });
                return Ok(());
            }
            Event::DocumentEnd => self.finished = true,
            Event::CollectionEnd => self.close(&place),
            _ if self.finished => {
                return Err(explain::broken(
                    self.chunk,
                    &place,
                    "a second document begins here without `---` before it".to_owned(),
                ));
            }
            Event::Scalar { text, style, tag, anchor } => {
                self.refuse_tab(&place)?;
                if style == Style::Plain && template::in_scalar(&text) {
                    return Err(explain::template(self.chunk, &place));
                }
                let whole = match style {
                    Style::Literal | Style::Folded => block::scalar(self.chunk.text, self.read, place),
                    Style::Plain if place.bytes.is_empty() && !self.is_key() => {
                        block::nothing(self.chunk.text, self.before_comment(place))
                    }
                    _ => place,
                };
                self.add(whole, anchor, Shape::Scalar { text: text.into(), style, tag });
            }
            Event::Alias { anchor } => {
                let Some(&target) = self.anchors.get(&anchor) else {
                    return Err(explain::broken(
                        self.chunk,
                        &place,
                        "this alias has no anchor above it in the same document".to_owned(),
                    ));
                };
                self.add(place, 0, Shape::Alias(target));
            }
            Event::MappingStart { flow, anchor } => {
                // `{{` opens two mappings, the inner one as a key. Only templates do that.
                let start = place.bytes.start;
                if flow && start > 0 && self.chunk.text.as_bytes()[start - 1] == b'{' && self.chunk.text[start..].starts_with('{')
                {
                    let outer = Place { bytes: start - 1..start + 1, line: place.line, column: place.column - 1 };
                    return Err(explain::template(self.chunk, &outer));
                }
                self.open(place, anchor, true, flow)?;
            }
            Event::SequenceStart { flow: true, anchor } => self.open(place, anchor, false, true)?,
            Event::SequenceStart { flow: false, anchor } => {
                let start = block::list(self.chunk.text, self.read, place);
                self.open(start, anchor, false, false)?;
            }
        }
        self.read = self.read.max(end);
        Ok(())
    }

    /// The place of a value that is left out, before the comment behind which granit sees it.
    fn before_comment(&self, place: Place) -> Place {
        let at = self.chunk.offset + place.bytes.start;
        let Some(comment) = self.comments.last().filter(|comment| comment.span.end == at) else { return place };
        let before = &self.chunk.text[..comment.span.start - self.chunk.offset];
        let at = before.trim_end_matches([' ', '\t']).len();
        Place { bytes: at..at, line: place.line, column: block::column(self.chunk.text, at) }
    }

    /// granit takes some tabs before a key for separation. libyaml does not, so kubectl refuses
    /// them, and so do all editors that show where a mapping belongs.
    fn refuse_tab(&self, place: &Place) -> Result<(), Broken> {
        let before = &self.chunk.text.as_bytes()[..place.bytes.start];
        if before.last() != Some(&b'\t') || !self.is_block_key() {
            return Ok(());
        }
        let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_starts = before.len() == blanks || matches!(before[before.len() - blanks - 1], b'\n' | b'\r');
        if !line_starts {
            return Ok(());
        }
        Err(explain::tab(self.chunk, before.len() - blanks..before.len()))
    }

    /// Whether the next node is a key of a mapping in block style.
    fn is_block_key(&self) -> bool {
        self.is_key() && self.open.last().is_some_and(|open| !open.flow)
    }

    /// Whether the next node is a key.
    fn is_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.mapping && (self.children.len() - open.children).is_multiple_of(2))
    }

    fn open(&mut self, place: Place, anchor: usize, mapping: bool, flow: bool) -> Result<(), Broken> {
        if self.open.len() == MAX_DEPTH {
            return Err(explain::broken(self.chunk, &place, "mappings and lists are nested too deeply".to_owned()));
        }
        let empty = if mapping { Shape::Mapping([].into()) } else { Shape::Sequence([].into()) };
        let id = self.add(place, anchor, empty);
        if mapping {
            self.mappings.push(id);
        }
        self.open.push(Open { id, children: self.children.len(), mapping, flow });
        Ok(())
    }

    fn close(&mut self, place: &Place) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let children: Box<[Id]> = self.children.drain(open.children..).collect();
        let (first, last) = (children.first().copied(), children.last().copied());
        // A collection in block style ends with its last child, not where the next thing begins.
        let end = match last {
            Some(last) if !open.flow => self.nodes[last as usize].end,
            _ => self.at(place.bytes.end),
        };
        // A mapping in block style begins with its first key, not with its tag or anchor.
        if let Some(first) = first.filter(|_| !open.flow && open.mapping) {
            let Data { start, line, column, .. } = self.nodes[first as usize];
            let node = &mut self.nodes[open.id as usize];
            (node.start, node.line, node.column) = (start, line, column);
        }
        let node = &mut self.nodes[open.id as usize];
        node.end = end.max(node.start);
        node.shape = if open.mapping { Shape::Mapping(children) } else { Shape::Sequence(children) };
    }

    fn add(&mut self, place: Place, anchor: usize, shape: Shape) -> Id {
        // No text of 32 bits has more nodes than bytes.
        let id = u32::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(Data {
            start: self.at(place.bytes.start),
            end: self.at(place.bytes.end),
            line: u32::try_from(self.line(&place)).unwrap_or(u32::MAX),
            column: u32::try_from(place.column).unwrap_or(u32::MAX),
            shape,
        });
        // The root is the child of none.
        if !self.open.is_empty() {
            self.children.push(id);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// A position in the chunk as one in the whole text.
    fn at(&self, in_chunk: usize) -> u32 {
        u32::try_from(self.chunk.offset + in_chunk).unwrap_or(u32::MAX)
    }

    fn line(&self, place: &Place) -> usize {
        self.chunk.line + place.line - 1
    }
}
