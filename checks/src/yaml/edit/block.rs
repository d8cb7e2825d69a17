//! Mappings and lists that are told by their indentation.

use serde_json::Value as Json;

use super::align::{Fate, align};
use super::writer::{Around, Becomes, Fates, Habits, Moved, Owner, Writer, end_of, is_inline, style_of};
use super::{Refused, lines, same, write};
use crate::yaml::node::{Node, Style};

/// An entry or item that goes: which one it is, and from its key or dash to its end.
struct Gone<'d> {
    index: usize,
    node: Node<'d>,
    start: usize,
    end: usize,
}

impl<'t> Writer<'t> {
    pub(super) fn block_mapping(&mut self, node: Node<'t>, fates: &Fates<'t, '_>) -> Result<(), Refused> {
        let Fates { entries, becomes, comes } = fates;
        let mut last = None;
        let mut gone = Vec::new();
        for (index, (entry, fate)) in entries.iter().zip(becomes).enumerate() {
            match fate {
                Becomes::Nothing => {
                    gone.push(Gone { index, node: entry.key, start: entry.key.span().start, end: end_of(*entry) });
                }
                Becomes::Itself => last = Some(entry),
                Becomes::Other(name, old, new) => {
                    self.rename(node, entry.key, name, None);
                    self.value(entry.value, Around { owner: Owner::Key(entry.key), flow: None }, old, new)?;
                    last = Some(entry);
                }
            }
        }
        self.take_away(node, &gone);
        let (Some(last), false) = (last, comes.is_empty()) else { return Ok(()) };
        self.reshape(node);
        let indent = last.key.column() - 1;
        let at = self.behind(last.value, end_of(*last), indent);
        for (key, value) in comes {
            let lines = entry_lines(self.habits, &self.moves, key, value, indent);
            self.put_lines(at, &lines);
        }
        Ok(())
    }

    pub(super) fn block_list(&mut self, node: Node<'t>, old: &[Json], new: &[Json]) -> Result<(), Refused> {
        let items: Vec<Node<'t>> = node.items().collect();
        let dashes = self.dashes(node, &items).ok_or(Refused::Unclear)?;
        let indent = node.column() - 1;
        let mut last = None;
        let mut gone = Vec::new();
        for fate in align(old, new) {
            match fate {
                Fate::Becomes(i, j) => {
                    self.value(items[i], Around { owner: Owner::Dash(indent), flow: None }, &old[i], &new[j])?;
                    last = Some(i);
                }
                Fate::Goes(i) => gone.push(Gone { index: i, node: items[i], start: dashes[i], end: items[i].span().end }),
                Fate::Comes(j) => {
                    self.reshape(node);
                    let lines = item_lines(self.habits, &self.moves, &new[j], indent);
                    match last {
                        Some(i) => self.put_lines(self.behind(items[i], items[i].span().end, indent), &lines),
                        None => self.put_first(dashes[0], indent, &lines),
                    }
                }
            }
        }
        self.take_away(node, &gone);
        Ok(())
    }

    /// Where the dash of each item stands.
    fn dashes(&self, node: Node<'t>, items: &[Node<'t>]) -> Option<Vec<usize>> {
        let mut dashes = vec![node.span().start];
        for item in items.iter().take(items.len().saturating_sub(1)) {
            let mut at = lines::next(self.text, item.span().end);
            while !lines::line(self.text, at).trim_start().starts_with('-') {
                let next = lines::next(self.text, at);
                if next == at {
                    return None;
                }
                at = next;
            }
            dashes.push(at + lines::indent(lines::line(self.text, at)));
        }
        Some(dashes)
    }

    /// Takes entries or items away, with the comments above them.
    fn take_away(&mut self, node: Node<'t>, gone: &[Gone<'t>]) {
        let Some(first) = gone.first() else { return };
        self.reshape(node);
        let mut rest = gone;
        // What begins on the line of a dash: what comes next moves up to its place.
        if !lines::begins(self.text, first.start) {
            let run = gone.iter().enumerate().take_while(|(count, gone)| gone.index == *count).count();
            rest = &gone[run..];
            let next = lines::next(self.text, gone[run - 1].end);
            let blanks = self.text[next..].len() - self.text[next..].trim_start().len();
            self.splice(first.start..next + blanks, "");
        }
        for gone in rest {
            let start = self.own_start(gone.node, gone.start);
            let end = lines::end(self.text, gone.end);
            match lines::end_above(self.text, start) {
                Some(above) => self.splice(above..end, ""),
                None => self.splice(start..lines::next(self.text, end), ""),
            }
        }
    }

    /// The end of the last line of an entry or item. Blank lines belong to a text that keeps them, and comments further in
    /// to what stands above them.
    fn behind(&self, value: Node<'t>, end: usize, indent: usize) -> usize {
        let mut at = lines::end(self.text, end);
        let next = |at: usize| Some(lines::next(self.text, at)).filter(|next| *next > at && *next < self.text.len());
        if self.keeps_blank_lines(value) {
            while let Some(line) = next(at).filter(|line| lines::line(self.text, *line).trim().is_empty()) {
                at = lines::end(self.text, line);
            }
        }
        let is_inner = |at: &usize| {
            let line = lines::line(self.text, *at);
            lines::indent(line) > indent && line.trim_start().starts_with('#')
        };
        while let Some(line) = next(at).filter(is_inner) {
            at = lines::end(self.text, line);
        }
        at
    }

    /// Whether what a value ends with is a text in block style that keeps the blank lines behind it.
    fn keeps_blank_lines(&self, mut value: Node<'t>) -> bool {
        while let Some(inner) = (!value.is_alias())
            .then(|| value.items().next_back().or_else(|| value.entries().next_back().map(|entry| entry.value)))
            .flatten()
        {
            value = inner;
        }
        let block = matches!(style_of(value), Some(Style::Literal | Style::Folded));
        let start = value.span().start;
        block && self.text[start..lines::end(self.text, start)].split('#').next().is_some_and(|head| head.contains('+'))
    }

    fn put_lines(&mut self, at: usize, lines: &[String]) {
        let text: String = lines.iter().flat_map(|line| [self.newline, line]).collect();
        self.splice(at..at, text);
    }

    /// Puts lines before the first item of a list and the comments above it.
    fn put_first(&mut self, dash: usize, indent: usize, lines: &[String]) {
        let above = lines::end_above(self.text, lines::with_comments(self.text, dash)).filter(|_| lines::begins(self.text, dash));
        match above {
            Some(at) => self.put_lines(at, lines),
            None => {
                let text = lines.join(self.newline);
                let margin = " ".repeat(indent);
                self.splice(dash..dash, format!("{}{}{margin}", &text[indent.min(text.len())..], self.newline));
            }
        }
    }

    pub(super) fn replace_behind_key(&mut self, node: Node<'t>, key: Node<'t>, new: &Json) {
        let indent = key.column() - 1;
        let span = node.span();
        let colon = self.text[key.span().end..].find(':').map_or(key.span().end, |at| key.span().end + at + 1);
        let first_line = lines::end(self.text, colon);
        let compact = node.scalar().is_some() || self.is_flow(node);
        if is_inline(new) {
            let before = if compact { span.end } else { colon };
            let text = self.inline(node, before, new, indent + self.habits.step);
            if span.is_empty() {
                let end = if lines::ends(self.text, span.start) { lines::end(self.text, span.start) } else { span.end };
                self.splice(span.start..end, format!(" {text}"));
            } else if compact {
                self.splice(span, text);
            } else {
                self.splice(colon..colon, format!(" {text}"));
                self.splice(first_line..lines::end(self.text, span.end), "");
            }
            return;
        }
        let below = if new.is_array() { self.habits.dash } else { self.habits.step };
        let lines = block_lines(self.habits, &self.moves, new, indent + below);
        if span.is_empty() {
            self.put_lines(lines::end(self.text, span.start), &lines);
        } else if compact && span.start < first_line {
            let before = self.text[..span.start].trim_end_matches(' ').len();
            self.splice(before..span.end, "");
            self.put_lines(lines::end(self.text, span.end), &lines);
        } else {
            self.splice(first_line..lines::end(self.text, span.end), "");
            self.put_lines(lines::end(self.text, span.end), &lines);
        }
    }

    pub(super) fn replace_behind_dash(&mut self, node: Node<'t>, indent: usize, new: &Json) {
        let span = node.span();
        let compact = span.is_empty() || node.scalar().is_some() || self.is_flow(node);
        if compact && !is_inline(new) && !lines::ends(self.text, span.end) {
            // The comment stays with the dash.
            let lines = block_lines(self.habits, &self.moves, new, indent + 2);
            self.splice(self.text[..span.start].trim_end_matches(' ').len()..span.end, "");
            self.put_lines(lines::end(self.text, span.end), &lines);
            return;
        }
        let inner = if span.is_empty() { indent + 2 } else { node.column() - 1 };
        let text = if is_inline(new) {
            self.inline(node, span.end, new, indent + 2)
        } else {
            let lines = block_lines(self.habits, &self.moves, new, inner);
            lines.join(self.newline)[inner..].to_owned()
        };
        let blank = if span.is_empty() { " " } else { "" };
        // What was said on the last line of a mapping or list was said of it.
        let end = if compact { span.end } else { lines::end(self.text, span.end) };
        self.splice(span.start..end, format!("{blank}{text}"));
    }

    /// A scalar, `{}` or `[]` for the place of a node. Text of several lines is written as such where nothing follows.
    fn inline(&self, node: Node<'t>, before: usize, new: &Json, indent: usize) -> String {
        let room = lines::ends(self.text, before);
        match new.as_str().filter(|_| room).and_then(write::literal) {
            Some((header, lines)) => {
                let margin = format!("{}{}", self.newline, " ".repeat(indent));
                let lines =
                    lines.iter().map(|line| if line.is_empty() { self.newline.to_owned() } else { format!("{margin}{line}") });
                format!("{header}{}", lines.collect::<String>())
            }
            None => write::scalar(new, false, style_of(node)),
        }
    }
}

/// The lines of a mapping or list that holds something.
pub(super) fn block_lines(habits: Habits, moves: &[Moved], value: &Json, indent: usize) -> Vec<String> {
    match value {
        Json::Object(map) => map.iter().flat_map(|(key, value)| entry_lines(habits, moves, key, value, indent)).collect(),
        Json::Array(items) => items.iter().flat_map(|item| item_lines(habits, moves, item, indent)).collect(),
        scalar => vec![format!("{}{}", " ".repeat(indent), write::scalar(scalar, false, None))],
    }
}

/// The lines of a key and its value: those on which they stood, if they come from somewhere else.
fn entry_lines(habits: Habits, moves: &[Moved], key: &str, value: &Json, indent: usize) -> Vec<String> {
    let margin = " ".repeat(indent);
    let name = write::text(key, false, None);
    let comes_from = |moved: &&Moved| same(&moved.value, value) && (moved.key == key || !is_inline(value));
    if let Some(Moved { key: old, lines, head: (head, written), .. }) = moves.iter().find(comes_from) {
        let line = |(count, line): (usize, &String)| match line.strip_prefix(written.as_str()) {
            Some(rest) if count == *head && old != key => format!("{margin}{name}{rest}"),
            _ if line.is_empty() => String::new(),
            _ => format!("{margin}{line}"),
        };
        return lines.iter().enumerate().map(line).collect();
    }
    let below = if value.is_array() { habits.dash } else { habits.step };
    if !is_inline(value) {
        let mut lines = vec![format!("{margin}{name}:")];
        lines.extend(block_lines(habits, moves, value, indent + below));
        return lines;
    }
    scalar_lines(format!("{margin}{name}:"), value, indent + below)
}

/// The lines of an item.
fn item_lines(habits: Habits, moves: &[Moved], item: &Json, indent: usize) -> Vec<String> {
    let margin = " ".repeat(indent);
    if is_inline(item) {
        return scalar_lines(format!("{margin}-"), item, indent + 2);
    }
    let mut lines = block_lines(habits, moves, item, indent + 2);
    if let Some(first) = lines.first_mut() {
        *first = format!("{margin}- {}", first.trim_start_matches(' '));
    }
    lines
}

fn scalar_lines(head: String, value: &Json, indent: usize) -> Vec<String> {
    let Some((header, lines)) = value.as_str().and_then(write::literal) else {
        return vec![format!("{head} {}", write::scalar(value, false, None))];
    };
    let margin = " ".repeat(indent);
    let body = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") });
    std::iter::once(format!("{head} {header}")).chain(body).collect()
}
