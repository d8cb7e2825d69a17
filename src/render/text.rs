//! Text for terminals: escaping, wrapping, marks, paint.

use std::borrow::Cow;

use colored::Colorize as _;
use prom_doctor_checks::report::{LinkState, Severity, Verdict};
use unicode_width::UnicodeWidthStr as _;

/// How to write for people.
#[derive(Clone, Debug)]
pub struct Style {
    /// Colours.
    pub colour: bool,
    /// Words instead of `✓ ✗ ! ? -`.
    pub ascii: bool,
    /// Columns; `None` where nothing is to be wrapped.
    pub width: Option<usize>,
    /// What the user types to run the program: `kubectl prom-doctor`.
    pub program: String,
}

/// What a piece of text is, so that its colour is chosen in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as what they mark")]
pub enum Paint {
    Strong,
    Good,
    Bad,
    Warn,
    Note,
    Dim,
    Code,
}

impl From<Severity> for Paint {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Bad,
            Severity::Warning => Self::Warn,
            Severity::Info => Self::Note,
        }
    }
}

/// A mark in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the states")]
pub enum Mark {
    Passed,
    Failed,
    Warned,
    Unknown,
    Skipped,
    Waiting,
}

impl Mark {
    /// The mark of a link.
    pub fn of_link(state: LinkState, warned: bool) -> Self {
        match state {
            LinkState::Passed if warned => Self::Warned,
            LinkState::Passed => Self::Passed,
            LinkState::Failed => Self::Failed,
            LinkState::Unknown => Self::Unknown,
            LinkState::Skipped => Self::Skipped,
        }
    }

    /// The mark of a verdict; `warned` for a good one that comes with warnings.
    pub fn of_verdict(verdict: Verdict, warned: bool) -> Self {
        match verdict {
            Verdict::Ok if warned => Self::Warned,
            Verdict::Ok => Self::Passed,
            Verdict::Failed | Verdict::Partial => Self::Failed,
            Verdict::Unknown => Self::Unknown,
            Verdict::NotTaken => Self::Skipped,
        }
    }

    /// The mark as text.
    pub fn text(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Passed, false) => "✓",
            (Self::Failed, false) => "✗",
            (Self::Warned, false) => "!",
            (Self::Unknown, false) => "?",
            (Self::Skipped, false) => "-",
            (Self::Waiting, false) => "~",
            (Self::Passed, true) => "ok",
            (Self::Failed, true) => "FAIL",
            (Self::Warned, true) => "warn",
            (Self::Unknown, true) => "????",
            (Self::Skipped, true) => "n/a",
            (Self::Waiting, true) => "wait",
        }
    }

    /// Its colour.
    pub fn paint(self) -> Paint {
        match self {
            Self::Passed => Paint::Good,
            Self::Failed => Paint::Bad,
            Self::Warned | Self::Unknown => Paint::Warn,
            Self::Skipped => Paint::Dim,
            Self::Waiting => Paint::Note,
        }
    }
}

impl Style {
    /// Columns that a mark takes.
    pub fn mark_width(&self) -> usize {
        if self.ascii { 4 } else { 1 }
    }

    /// A mark, padded and painted.
    pub fn mark(&self, mark: Mark) -> String {
        let text = mark.text(self.ascii);
        let pad = self.mark_width().saturating_sub(text.width());
        format!("{}{}", self.paint(text, mark.paint()), " ".repeat(pad))
    }

    /// Text in the colour of what it is.
    pub fn paint(&self, text: &str, paint: Paint) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let painted = match paint {
            Paint::Strong => text.bold(),
            Paint::Good => text.green(),
            Paint::Bad => text.red().bold(),
            Paint::Warn => text.yellow().bold(),
            Paint::Note => text.blue().bold(),
            Paint::Dim => text.dimmed(),
            Paint::Code => text.cyan(),
        };
        painted.to_string()
    }

    /// Our own words in the characters that may be used.
    pub fn spelt<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let beyond = ['…', '→'];
        if self.ascii && text.contains(beyond) { text.replace('…', "...").replace('→', "->").into() } else { text.into() }
    }

    /// A line that begins with `head` (`columns` wide, maybe painted) and goes on with plain text, which is
    /// wrapped below itself at spaces. Words are never cut: a name stays whole even where it sticks out.
    pub fn hang(&self, head: &str, columns: usize, text: &str) -> String {
        self.hang_below(head, columns, columns, text)
    }

    /// As [`Style::hang`], where the head is of another width (`first`) than what stands before further lines.
    pub fn hang_below(&self, head: &str, first: usize, columns: usize, text: &str) -> String {
        let room = |columns: usize| self.width.map(|width| width.saturating_sub(columns).max(24));
        let lines = wrap(&self.spelt(text), room(first), room(columns));
        let pad = " ".repeat(columns);
        let mut out = String::new();
        for (at, line) in lines.iter().enumerate() {
            out.push_str(if at == 0 { head } else { &pad });
            out.push_str(line);
            while out.ends_with(' ') {
                out.pop();
            }
            out.push('\n');
        }
        out
    }
}

/// Cuts text into lines at its spaces: the first of at most `first` columns, the others of at most `room`.
fn wrap(text: &str, first: Option<usize>, room: Option<usize>) -> Vec<String> {
    let (Some(first), Some(room)) = (first.filter(|first| text.width() > *first), room) else { return vec![text.to_owned()] };
    let mut lines = vec![String::new()];
    // Runs of spaces align things and are kept inside a line.
    for word in text.split_inclusive(' ') {
        let last = lines.len() - 1;
        let room = if last == 0 { first } else { room };
        let line = &mut lines[last];
        if line.is_empty() || line.width() + word.trim_end().width() <= room {
            line.push_str(word);
        } else if !word.trim().is_empty() {
            lines.push(word.to_owned());
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether a terminal would act upon a character instead of showing it: controls, and the marks that turn the
/// direction of writing and so let a text look like another one.
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Text from the cluster with everything that a terminal would act upon shown as an escape.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|character| match character {
        '\n' | '\t' | '\r' => character.escape_default().to_string(),
        _ if acts(character) => character.escape_unicode().to_string(),
        _ => character.to_string(),
    });
    Cow::Owned(shown.collect())
}

/// As [`clean`], for text of several lines, such as a command with a document behind it.
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(|line| clean(line).into_owned()).collect::<Vec<_>>().join("\n")
}

/// Columns of a text without escapes of its own.
pub fn columns(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(width: Option<usize>) -> Style {
        Style { colour: false, ascii: false, width, program: "prom-doctor".to_owned() }
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(clean("a\u{1b}[31mb\u{9b}\u{202e}\n"), r"a\u{1b}[31mb\u{9b}\u{202e}\n");
        assert_eq!(clean("Grüße ✓ 日本"), "Grüße ✓ 日本");
        assert_eq!(clean_lines("a\nb\u{7}"), "a\nb\\u{7}");
    }

    #[test]
    fn names_are_never_cut() {
        let text = "a-name-that-is-much-longer-than-the-room-that-is-left and more words behind it";
        let shown = style(Some(40)).hang("  ", 2, text);
        assert_eq!(shown, "  a-name-that-is-much-longer-than-the-room-that-is-left\n  and more words behind it\n");
        assert_eq!(
            style(Some(40)).hang_below("error[PD0303]: ", 15, 2, "a line that is no wider than the screen is"),
            "error[PD0303]: a line that is no wider\n  than the screen is\n"
        );
        assert_eq!(style(None).hang("  ", 2, text), format!("  {text}\n"));
    }
}
