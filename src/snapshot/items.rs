//! The items of a YAML list, cut apart before they are parsed.
//!
//! `kubectl get -A -o yaml` prints a whole cluster as one document. As one tree it takes twenty times its size,
//! and one mistake in it would cost every object. Only the plain shape that printers write is cut; anything
//! else is left to be parsed as one document.

/// A list that was cut apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut<'t> {
    /// The document without its items.
    pub(super) rest: String,
    /// Each item, as a sequence of one, with the lines above it.
    pub(super) items: Vec<(&'t str, usize)>,
}

/// The documents of a text, with the lines above each.
pub(super) fn documents(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    let mut above = 0;
    std::iter::from_fn(move || {
        // A marker at the start of a line ends whatever is open.
        let end = rest.get(1..).and_then(|tail| tail.find("\n---")).map_or(rest.len(), |at| at + 2);
        let (document, after) = rest.split_at(end);
        let lines = above;
        rest = after;
        above += document.bytes().filter(|&byte| byte == b'\n').count();
        (!document.is_empty()).then_some((document, lines))
    })
}

/// Cuts a document that is a list; `None` if it is none, or not of the plain shape.
pub(super) fn cut(document: &str) -> Option<Cut<'_>> {
    // Aliases reach from one item into another.
    if document.contains(": &") || document.contains("- &") {
        return None;
    }
    let head = if document.starts_with("items:\n") { 0 } else { document.find("\nitems:\n")? + 1 };
    let start = head + "items:\n".len();
    let indent = document[start..].bytes().take_while(|&byte| byte == b' ').count();
    let mut items = Vec::new();
    let mut first_line = document[..start].bytes().filter(|&byte| byte == b'\n').count();
    let (mut begin, mut at) = (start, start);
    for (above, line) in (first_line..).zip(document[start..].split_inclusive('\n')) {
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let item = depth == indent && content.starts_with("- ");
        let inside = item || depth > indent || content.trim_end().is_empty();
        if item || !inside {
            if at > begin {
                items.push((&document[begin..at], first_line));
            } else if !item {
                return None;
            }
            (begin, first_line) = (at, above);
        }
        if !inside {
            break;
        }
        at += line.len();
    }
    if at == document.len() && at > begin {
        items.push((&document[begin..at], first_line));
    }
    let tail = &document[at..];
    (items.len() > 1 && !tail.contains("\nitems:")).then(|| Cut { rest: format!("{}{tail}", &document[..start]), items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_at_their_items() {
        for indent in ["", "  "] {
            let text = "---\nkind: List\nitems:\n@- a: |\n@    - b\n\n@    c\n@- d: 1\n@  items:\n@  - e\nmetadata: {}\n"
                .replace('@', indent);
            let cut = cut(&text).expect("a list");
            assert_eq!(cut.rest, "---\nkind: List\nitems:\nmetadata: {}\n");
            let wanted = [("@- a: |\n@    - b\n\n@    c\n", 3), ("@- d: 1\n@  items:\n@  - e\n", 7)];
            let wanted = wanted.map(|(text, line)| (text.replace('@', indent), line));
            assert_eq!(cut.items.iter().map(|(text, line)| ((*text).to_owned(), *line)).collect::<Vec<_>>(), wanted);
        }
    }

    #[test]
    fn other_shapes_are_left_alone() {
        for text in
            ["items: []\n", "a: 1\n", "items:\n- a: &x 1\n- b: *x\n", "items:\na: 1\n", "items:\n  a: 1\n  b: 2\n", "items:\n"]
        {
            assert_eq!(cut(text), None, "{text}");
        }
    }

    #[test]
    fn documents_keep_their_lines() {
        let all: Vec<_> = documents("---\na\n---\nb: |\n  ---\nc\n---\n").collect();
        assert_eq!(all, [("---\na\n", 0), ("---\nb: |\n  ---\nc\n", 2), ("---\n", 6)]);
        assert_eq!(documents("").count(), 0);
    }
}
