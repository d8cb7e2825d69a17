//! Where lines of a text begin and end, and which comments belong to what stands below them.

/// The end of the line that holds a position: before its line break.
pub(super) fn end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// The beginning of the line that holds a position.
pub(super) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// The beginning of the next line; the end of the text after the last one.
pub(super) fn next(text: &str, at: usize) -> usize {
    let end = end(text, at);
    let rest = &text[end..];
    end + if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) }
}

/// The end of the line before the one that holds a position; `None` on the first line.
pub(super) fn end_above(text: &str, at: usize) -> Option<usize> {
    let start = start(text, at);
    let above = &text[..start];
    let break_length = if above.ends_with("\r\n") { 2 } else { usize::from(!above.is_empty()) };
    (break_length > 0).then(|| start - break_length)
}

/// The line of a position without its line break.
pub(super) fn line(text: &str, at: usize) -> &str {
    &text[start(text, at)..end(text, at)]
}

/// How many blanks a line begins with.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether only blanks stand before a position on its line.
pub(super) fn begins(text: &str, at: usize) -> bool {
    text[start(text, at)..at].chars().all(|c| c == ' ')
}

/// Whether only blanks stand behind a position on its line.
pub(super) fn ends(text: &str, at: usize) -> bool {
    text[at..end(text, at)].trim().is_empty()
}

/// Where the comments begin that stand right above a line, as far in as it, without a blank line between: they speak of
/// what is there. Without any, the beginning of the line.
pub(super) fn with_comments(text: &str, at: usize) -> usize {
    let own = indent(line(text, at));
    let mut first = start(text, at);
    while let Some(above) = end_above(text, first) {
        let line = line(text, above);
        if indent(line) != own || !line[own..].starts_with('#') {
            break;
        }
        first = start(text, above);
    }
    first
}

/// The line break that a text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text[at..].starts_with("\r\n") => "\r\n",
        Some(at) if text[at..].starts_with('\r') => "\r",
        _ => "\n",
    }
}
