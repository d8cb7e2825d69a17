//! A text cut at its document markers, before anything is parsed.
//!
//! A marker at the start of a line ends whatever is open, even a block scalar, so cutting first
//! reads the same documents as parsing first. It makes their independence certain: what is wrong
//! in one piece cannot reach the next.

/// A piece of a text that holds one document, or only comments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk<'t> {
    /// From the marker, if there is one, up to the next.
    pub(super) text: &'t str,
    /// Where `text` begins in the whole text, in bytes.
    pub(super) offset: usize,
    /// The 1-based line on which `text` begins.
    pub(super) line: usize,
}

const BOM: &str = "\u{feff}";

/// Cuts a text into pieces of one document each.
pub(super) fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    // Archives of crust-gather pad every file with a NUL.
    let text = text.trim_end_matches('\0');
    let mut offset = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut line = 1;
    std::iter::from_fn(move || {
        let rest = &text[offset..];
        if rest.is_empty() {
            return None;
        }
        let (length, lines) = first_document(rest);
        #[cfg(test)]
        SEEN.set(SEEN.get() + length);
        let chunk = Chunk { text: &rest[..length], offset, line };
        offset += length;
        line += lines;
        Some(chunk)
    })
}

#[cfg(test)]
thread_local! {
    /// How many bytes were looked at.
    pub(super) static SEEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How far the first document of a text reaches, in bytes and in lines.
fn first_document(text: &str) -> (usize, usize) {
    // Directives and comments above an opening marker belong to the document that it opens.
    let mut prologue = true;
    let mut end = 0;
    for (count, line) in lines(text).enumerate() {
        // A file glued to another one brings its byte order mark along.
        let bare = line.strip_prefix(BOM).unwrap_or(line);
        if is_marker(bare, "---") {
            if !prologue {
                return (end, count);
            }
            prologue = false;
        } else if is_marker(bare, "...") {
            return (end + line.len(), count + 1);
        } else if prologue {
            prologue = introduces(bare);
        }
        end += line.len();
    }
    (end, 0)
}

/// Whether a line is a directive, a comment or blank, and in order: what is not in order shall
/// stay on its side of the marker.
fn introduces(line: &str) -> bool {
    let content = line.trim_matches([' ', '\t', '\r', '\n']);
    let kind = content.is_empty() || content.starts_with('#') || line.starts_with('%');
    kind && !content.contains(|c: char| c.is_control() && c != '\t')
}

/// The lines of a text with their ends: `\n`, `\r\n`, or a lone `\r`, which to YAML is one too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = match rest.bytes().position(|byte| byte == b'\n' || byte == b'\r') {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at(length);
        rest = after;
        Some(line)
    })
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        chunks(text).map(|chunk| chunk.text).collect()
    }

    #[test]
    fn markers_begin_documents() {
        assert_eq!(texts("a\n---\nb\n--- c\n---\td\n"), ["a\n", "---\nb\n", "--- c\n", "---\td\n"]);
        assert_eq!(texts("---\na\n---\n---"), ["---\na\n", "---\n", "---"]);
        assert_eq!(texts("---\r\na\r\n---\r\nb"), ["---\r\na\r\n", "---\r\nb"]);
    }

    #[test]
    fn what_only_resembles_a_marker_is_text() {
        for text in ["---a\n", " ---\na\n", "a: ---\n", "----\n", "....\n", "a: |\n  ---\n"] {
            assert_eq!(texts(text), [text]);
        }
    }

    #[test]
    fn an_end_marker_closes_its_document() {
        assert_eq!(texts("a\n...\nb\n...\n"), ["a\n...\n", "b\n...\n"]);
        assert_eq!(texts("a\n...\n---\nb\n"), ["a\n...\n", "---\nb\n"]);
    }

    #[test]
    fn directives_and_comments_stay_with_the_document_they_introduce() {
        assert_eq!(texts("%YAML 1.1\n# c\n\n---\na\n---\nb\n"), ["%YAML 1.1\n# c\n\n---\na\n", "---\nb\n"]);
        assert_eq!(texts("a\n...\n%YAML 1.1\n---\nb\n"), ["a\n...\n", "%YAML 1.1\n---\nb\n"]);
    }

    #[test]
    fn pieces_know_where_they_begin() {
        let text = "\u{feff}a\nb\n---\r\nc\r\n...\n\u{feff}---\nd\0\0";
        let chunks: Vec<_> = chunks(text).collect();
        let places: Vec<_> = chunks.iter().map(|chunk| (chunk.offset, chunk.line)).collect();
        assert_eq!(places, [(3, 1), (7, 3), (19, 6)]);
        assert_eq!(chunks[2].text, "\u{feff}---\nd");
        for chunk in &chunks {
            assert!(text[chunk.offset..].starts_with(chunk.text));
        }
    }

    #[test]
    fn odd_characters_do_not_cross_a_marker() {
        assert_eq!(texts("a\n...\n# \0\n---\nb\n"), ["a\n...\n", "# \0\n", "---\nb\n"]);
        assert_eq!(texts("\u{2028}\n---\na\n"), ["\u{2028}\n", "---\na\n"]);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(texts("").is_empty());
        assert!(texts("\u{feff}").is_empty());
        assert!(texts("\0").is_empty());
    }
}
