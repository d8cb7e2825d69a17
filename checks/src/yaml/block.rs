//! Where things in block style begin, which the parser tells otherwise than a reader sees it: a
//! block scalar is only its lines to it, without the `|`, and a list under a key at the same
//! indentation begins behind its first dash.

use super::events::Place;

/// The place of a block scalar from its `|` or `>` to its last line. `from` lies behind whatever
/// comes before the scalar, `lines` is where its lines are.
pub(super) fn scalar(text: &str, from: usize, lines: Place) -> Place {
    begin(text, from, lines, |at| text[at..].starts_with(['|', '>'])).map_or_else(
        |lines| lines,
        |place| {
            let whole = &text[place.bytes.clone()];
            // To the parser it reaches into the indentation of what follows.
            let own = match whole.rfind(['\n', '\r']) {
                Some(at) if text[place.bytes.end..].starts_with(|c| !matches!(c, '\n' | '\r')) => &whole[..at],
                _ => whole,
            };
            let end = place.bytes.start + own.trim_end_matches(['\n', '\r']).len();
            Place { bytes: place.bytes.start..end, ..place }
        },
    )
}

/// The place of a list from its first dash.
pub(super) fn list(text: &str, from: usize, start: Place) -> Place {
    if text[start.bytes.start..].starts_with('-') {
        return start;
    }
    let is_dash = |at: usize| text[at..].starts_with('-') && text[at + 1..].starts_with(|c: char| c.is_ascii_whitespace());
    begin(text, from, start, is_dash).unwrap_or_else(|start| start)
}

/// The place of a value that is left out: behind the colon or dash that announces it, where one
/// would be written.
pub(super) fn nothing(text: &str, place: Place) -> Place {
    if !text[place.bytes.start..].starts_with([':', '-']) {
        return place;
    }
    let at = place.bytes.start + 1;
    Place { bytes: at..at, column: place.column + 1, ..place }
}

/// Moves the beginning of a place back to the first indicator behind `from` that is no part of a
/// tag, an anchor or a comment.
fn begin(text: &str, from: usize, place: Place, is_indicator: impl Fn(usize) -> bool) -> Result<Place, Place> {
    let Some(before) = text.get(from..place.bytes.start) else {
        return Err(place);
    };
    let mut comment = false;
    let mut blank = true;
    for (at, c) in before.char_indices() {
        match c {
            '\n' | '\r' => comment = false,
            '#' if blank => comment = true,
            _ if blank && !comment && is_indicator(from + at) => {
                let line = place.line - breaks(&before[at..]);
                return Ok(Place { bytes: from + at..place.bytes.end.max(from + at + 1), line, column: column(text, from + at) });
            }
            _ => {}
        }
        blank = c.is_ascii_whitespace();
    }
    Err(place)
}

/// How many lines end in a text.
pub(super) fn breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    (0..bytes.len()).filter(|at| ends(*at)).count()
}

/// The 1-based column of a position, in characters.
pub(super) fn column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    1 + text[line..at].chars().count()
}
