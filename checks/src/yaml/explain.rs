//! What is wrong with a document, in words that help. What the parser stumbled over is often not
//! what is wrong.

use std::ops::Range;

use super::broken::Broken;
use super::events::{Failure, Place};
use super::split::Chunk;
use super::{block, template};

const TAB: &str = "a tab indents this line: YAML allows only spaces";

/// A message about a place of a chunk.
pub(super) fn broken(chunk: &Chunk<'_>, place: &Place, message: impl Into<String>) -> Broken {
    Broken {
        line: chunk.line + place.line - 1,
        column: place.column,
        span: chunk.offset + place.bytes.start..chunk.offset + place.bytes.end,
        message: message.into(),
        template: false,
    }
}

/// Says that a template is not yet YAML.
pub(super) fn template(chunk: &Chunk<'_>, place: &Place) -> Broken {
    Broken { template: true, ..broken(chunk, place, template::MESSAGE) }
}

/// Says that an indentation, given as a range of the chunk, contains a tab.
pub(super) fn tab(chunk: &Chunk<'_>, indentation: Range<usize>) -> Broken {
    broken(chunk, &place(chunk, indentation), TAB)
}

/// What keeps a chunk from being parsed at all.
pub(super) fn unreadable(chunk: &Chunk<'_>) -> Option<Broken> {
    // Positions are kept in 32 bits.
    if u32::try_from(chunk.offset + chunk.text.len()).is_err() {
        return Some(broken(chunk, &place(chunk, 0..0), "the text is larger than 4 GiB"));
    }
    // To the parser a NUL is the end, and what follows it would be lost in silence.
    let nul = chunk.text.find('\0')?;
    Some(broken(chunk, &place(chunk, nul..nul + 1), "a NUL byte: this is not a text, or it is cut off"))
}

/// Why the parser gave up, when all was well up to `read`.
pub(super) fn failure(chunk: &Chunk<'_>, read: usize, failure: Failure) -> Broken {
    let failed = failure.place.bytes.start;
    if let Some(at) = template::before_failure(chunk.text, read, failed) {
        return template(chunk, &place(chunk, at..at + 2));
    }
    if let Some(indentation) = tab_indentation(chunk.text, failed, failure.tab) {
        return tab(chunk, indentation);
    }
    if let Some(at) = joined(chunk.text, failed) {
        let message = "a document begins here in the middle of a line: put it on a line of its own, with `---` above it";
        return broken(chunk, &place(chunk, at..at + HEAD.len()), message);
    }
    broken(chunk, &failure.place, failure.message)
}

/// How nearly all documents begin.
const HEAD: &str = "apiVersion";

/// Where a document begins behind something else in the line of a failure: the file before it ended without a line break.
fn joined(text: &str, failed: usize) -> Option<usize> {
    let start = text[..failed].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next()?;
    let at = line.find("apiVersion: ")?;
    let before = line[..at].chars().next_back()?;
    (!before.is_whitespace() && !"{,\"'#".contains(before)).then_some(start + at)
}

/// The indentation with a tab in it that explains a failure. The parser fails behind the tab or,
/// where text goes on over lines, at the beginning of the text (`further`).
fn tab_indentation(text: &str, failed: usize, further: bool) -> Option<Range<usize>> {
    let mut start = text[..failed].rfind('\n').map_or(0, |at| at + 1);
    for line in text[start..].split_inclusive('\n') {
        let length = line.len() - line.trim_start_matches([' ', '\t']).len();
        if line[..length].contains('\t') && (further || failed <= start + length) {
            return Some(start..start + length);
        }
        if !further {
            return None;
        }
        start += line.len();
    }
    None
}

fn place(chunk: &Chunk<'_>, bytes: Range<usize>) -> Place {
    Place { line: 1 + block::breaks(&chunk.text[..bytes.start]), column: block::column(chunk.text, bytes.start), bytes }
}
