//! What would change in a file, as `diff -u` writes it and `patch -p0` takes it.

use prom_doctor_checks::files::File;
use similar::{ChangeTag, TextDiff};

use super::text::{Paint, Style, clean};

/// Lines around a change.
const AROUND: usize = 3;

/// The difference between two texts of a file, credentials covered.
pub fn diff(old: &File, new: &File, style: &Style) -> String {
    let diff = TextDiff::from_lines(old.text.as_str(), new.text.as_str());
    let name = clean(&old.name);
    let mut out = style.paint(&format!("--- {name}"), Paint::Strong) + "\n";
    out += &(style.paint(&format!("+++ {name}"), Paint::Strong) + "\n");
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        out += &(style.paint(hunk.header().to_string().trim_end(), Paint::Code) + "\n");
        for change in hunk.iter_changes() {
            let (sign, paint) = match change.tag() {
                ChangeTag::Delete => ("-", Some(Paint::Bad)),
                ChangeTag::Insert => ("+", Some(Paint::Good)),
                ChangeTag::Equal => (" ", None),
            };
            let line = change.value();
            let text = line.trim_end_matches(['\n', '\r']);
            let file = if change.tag() == ChangeTag::Insert { new } else { old };
            // The lines are parts of the texts.
            let start = line.as_ptr().addr() - file.text.as_ptr().addr();
            let covered = file.covered(start..start + text.len());
            let shown = format!("{sign}{}", covered.split('\t').map(clean).collect::<Vec<_>>().join("\t"));
            out += &paint.map_or_else(|| shown.clone(), |paint| style.paint(&shown, paint));
            out += &line[text.len()..];
            if !line.ends_with(['\n', '\r']) {
                out += "\n\\ No newline at end of file\n";
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(old: &str, new: &str) -> String {
        let file = |text: &str| File::new("a.yaml".to_owned(), text.to_owned());
        diff(&file(old), &file(new), &Style { colour: false, ascii: false, width: Some(80), program: String::new() })
    }

    #[test]
    fn diffs_are_those_that_patch_takes() {
        let shown = plain("a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", "a: 1\nb: 2\nc: 3\nd: 4\ne: 6\n");
        assert_eq!(shown, "--- a.yaml\n+++ a.yaml\n@@ -2,4 +2,4 @@\n b: 2\n c: 3\n d: 4\n-e: 5\n+e: 6\n");
        let shown = plain("a: 1", "a: 2");
        let end = "\\ No newline at end of file\n";
        assert_eq!(shown, format!("--- a.yaml\n+++ a.yaml\n@@ -1 +1 @@\n-a: 1\n{end}+a: 2\n{end}"));
    }

    #[test]
    fn line_breaks_and_tabs_stay_and_escapes_show() {
        let shown = plain("a:\t1\r\n", "a:\t\u{1b}[31m\r\n");
        assert_eq!(shown, "--- a.yaml\n+++ a.yaml\n@@ -1 +1 @@\n-a:\t1\r\n+a:\t\\u{1b}[31m\r\n");
    }
}
