//! A text, its lines, and what of it is not to be shown.

use std::ops::Range;
use std::sync::OnceLock;

use super::cover;
use crate::report::Position;
use crate::yaml;

/// A text and what it is called.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path, or `standard input`.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// Where its lines begin, once somebody asked.
    starts: OnceLock<Vec<usize>>,
    /// Its documents, once somebody asked what may be shown of it.
    pieces: OnceLock<Vec<Piece>>,
}

/// A document of a text.
#[derive(Clone, Debug)]
struct Piece {
    bytes: Range<usize>,
    /// Where credentials are written in it, in bytes of the whole text, in order and apart.
    hidden: OnceLock<Vec<Range<usize>>>,
}

impl Piece {
    fn hidden(&self, text: &str) -> &[Range<usize>] {
        self.hidden.get_or_init(|| {
            let (own, mut hidden) = (&text[self.bytes.clone()], Vec::new());
            yaml::documents(own).for_each(|read| cover::document(own, read.as_ref(), &mut hidden));
            cover::addresses(own, &mut hidden);
            hidden.sort_by_key(|span| span.start);
            hidden.dedup_by(|next, last| {
                let touches = next.start <= last.end;
                last.end = if touches { last.end.max(next.end) } else { last.end };
                touches
            });
            let start = self.bytes.start;
            hidden.into_iter().map(|span| start + span.start..start + span.end).collect()
        })
    }
}

impl File {
    /// A text by its name.
    pub fn new(name: String, text: String) -> Self {
        Self { name, text, starts: OnceLock::new(), pieces: OnceLock::new() }
    }

    /// Where lines begin. A lone carriage return ends one, as it does to YAML.
    fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let first = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let ends = |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            std::iter::once(first).chain((first..bytes.len()).filter(ends).map(|at| at + 1)).collect()
        })
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.starts().len()
    }

    /// The bytes of a line, counted from 1, without its end.
    pub fn line(&self, number: usize) -> Range<usize> {
        let starts = self.starts();
        let Some(&start) = number.checked_sub(1).and_then(|at| starts.get(at)) else {
            return self.text.len()..self.text.len();
        };
        let end = starts.get(number).copied().unwrap_or(self.text.len());
        start..start + self.text[start..end].trim_end_matches(['\r', '\n']).len()
    }

    /// The characters at some bytes, those of credentials covered. Only the documents that are shown are looked into.
    pub fn covered(&self, bytes: Range<usize>) -> String {
        let pieces =
            self.pieces.get_or_init(|| yaml::pieces(&self.text).map(|bytes| Piece { bytes, hidden: OnceLock::new() }).collect());
        let is_hidden = |at: usize| {
            let next = pieces.partition_point(|piece| piece.bytes.end <= at);
            let hidden = pieces.get(next).map_or(&[][..], |piece| piece.hidden(&self.text));
            let next = hidden.partition_point(|span| span.end <= at);
            hidden.get(next).is_some_and(|span| span.contains(&at))
        };
        let shown = |(at, character): (usize, char)| {
            if !character.is_whitespace() && is_hidden(bytes.start + at) { '*' } else { character }
        };
        self.text[bytes.clone()].char_indices().map(shown).collect()
    }

    /// Bytes as lines and columns; columns count characters, from 1.
    pub fn position(&self, bytes: Range<usize>) -> Position {
        let (line, column) = self.point(bytes.start);
        let (end_line, end_column) = self.point(bytes.end.max(bytes.start));
        Position { file: self.name.clone(), line, column, end_line, end_column, source: None }
    }

    fn point(&self, at: usize) -> (usize, usize) {
        let starts = self.starts();
        let line = starts.partition_point(|start| *start <= at).max(1);
        let before = self.text.get(starts[line - 1]..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_whatever_ends_the_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let file = File::new("f".to_owned(), format!("\u{feff}ä: ö{end}{end}x: \t日本{end}"));
            let at = |part: &str| {
                let start = file.text.find(part).unwrap();
                let place = file.position(start..start + part.len());
                (place.line, place.column, place.end_line, place.end_column)
            };
            assert_eq!(at("ä"), (1, 1, 1, 2));
            assert_eq!(at("ö"), (1, 4, 1, 5));
            assert_eq!(at("日本"), (3, 5, 3, 7));
            assert_eq!(&file.text[file.line(3)], "x: \t日本");
            assert_eq!(file.line(9), file.text.len()..file.text.len());
        }
    }
}
