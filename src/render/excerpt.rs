//! The lines of a file that a finding is about, with what is wrong marked in them.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};
use prom_doctor_checks::files::{Bundle, File};
use prom_doctor_checks::report::{Finding, Position, Ref, Severity};
use prom_doctor_checks::text::{either, short};

use super::chain::{compared, last_key};
use super::text::{Style, acts, clean, columns};

/// Columns for the numbers of lines and the frame.
const FRAME: usize = 10;

/// What is shown of a line where no terminal says how wide it is: rendered charts may hold all in one line.
const WIDE: usize = 160;

/// The excerpts of a finding: one for each file that it is about. `None` where it stands in none of them.
pub(super) fn excerpt(finding: &Finding, bundle: &Bundle, style: &Style) -> Option<String> {
    let location = finding.location.as_ref()?;
    let mut marks = vec![Mark { at: location, text: own_words(finding, location, bundle), main: true }];
    for related in &finding.related {
        let name = related.message.clone();
        marks.push(Mark { at: &related.location, text: name, main: false });
    }
    let mut files: Vec<&str> = Vec::new();
    for mark in &marks {
        if !files.contains(&mark.at.file.as_str()) {
            files.push(&mark.at.file);
        }
    }
    let mut out = String::new();
    for name in files {
        let file = bundle.file(name)?;
        let own: Vec<&Mark<'_>> = marks.iter().filter(|mark| mark.at.file == name).collect();
        out.push_str(&Snippet::new(file, &own, style).draw(finding.severity, style)?);
    }
    Some(out)
}

/// What stands at the place of the finding itself: what is wrong there in so many words, or what is asked for or there.
fn own_words(finding: &Finding, location: &Position, bundle: &Bundle) -> String {
    let wanted = finding.evidence.first().map(|evidence| either(&evidence.wanted, 6)).filter(|text| text != "none");
    let takes = |word: &str| wanted.as_ref().map(|wanted| format!("{word} {wanted}"));
    let said = match finding.name.as_str() {
        "unknown-field" | "field-newer-than-operator" => Some("not known here".to_owned()),
        "duplicate-key" if wanted.as_deref() == Some("---") => Some("begins without `---` above it".to_owned()),
        "duplicate-key" => Some("written again".to_owned()),
        "wrong-type" => takes("must be"),
        "invalid-value" => takes("takes").or_else(|| Some("not allowed".to_owned())),
        "wrong-api-version-or-kind" => match finding.evidence.first() {
            Some(evidence) if evidence.found.is_empty() => Some(format!("has no {}", clean(&evidence.path))),
            _ => takes("takes"),
        },
        "other-api-group" => Some("another API group".to_owned()),
        "required-field-missing" => {
            let missing = finding.evidence.first().and_then(|evidence| last_key(&evidence.path));
            missing.map(|key| format!("has no {}", clean(&key)))
        }
        _ => None,
    };
    said.unwrap_or_else(|| side_words(finding, location, bundle))
}

/// The words of that side of a comparison which stands at a place.
fn side_words(finding: &Finding, location: &Position, bundle: &Bundle) -> String {
    let is_here = |reference: &Ref, path: &str| {
        let stands = |copy: usize| bundle.spots(reference, path, Some(copy)).is_some_and(|spots| spots.contains(location));
        !path.is_empty() && (0..bundle.items_of(reference).count()).any(stands)
    };
    for evidence in &finding.evidence {
        let asks = evidence.reference.as_ref().is_some_and(|reference| is_here(reference, &evidence.path));
        let has = evidence.at.as_ref().is_some_and(|at| is_here(&at.reference, &at.path));
        let said = compared(evidence);
        let of = |wanted: &str| said.iter().find(|(word, _)| *word == wanted).map(|(_, text)| text.clone());
        let words = match (asks, has) {
            (_, true) => of("has"),
            // Where an object lives is no wish of it.
            (true, false) if evidence.path == "metadata.namespace" => of("wants").map(|text| format!("is in {text}")),
            (true, false) => of("wants").map(|text| format!("asks for {text}")).or_else(|| of("has")),
            (false, false) => None,
        };
        if let Some(words) = words {
            // Rules in JSON are read in the file, not below it.
            return if words.contains(['{', '[']) { String::new() } else { words };
        }
    }
    String::new()
}

/// A place to mark.
struct Mark<'f> {
    at: &'f Position,
    text: String,
    main: bool,
}

impl Mark<'_> {
    /// The columns of it in its first line, from 0; at least one.
    fn columns(&self, length: usize) -> Range<usize> {
        let start = self.at.column.saturating_sub(1);
        let end = if self.at.end_line > self.at.line { length } else { self.at.end_column.saturating_sub(1) };
        start..end.max(start + 1)
    }
}

/// Lines of a file as they are drawn: cleaned, credentials covered, long ones cut. miette counts from the beginning of
/// a text for every mark, which takes long in big ones; this holds only what is shown, and knows where it belongs.
struct Snippet {
    name: String,
    text: String,
    /// Runs of lines that follow each other: their bytes in `text`, the number of the first from 0, how many.
    runs: Vec<(Range<usize>, usize, usize)>,
    /// Marks: their bytes in `text`, line and column in the file from 0, and their words.
    marks: Vec<(Range<usize>, usize, usize, String, bool)>,
}

impl Snippet {
    fn new(file: &File, marks: &[&Mark<'_>], style: &Style) -> Self {
        let mut lines = BTreeSet::new();
        for mark in marks {
            let at = mark.at.line;
            lines.extend((at.saturating_sub(1).max(1)..=at + 1).filter(|line| *line == at || !is_blank_end(file, *line)));
        }
        let mut snippet = Self { name: clean(&file.name).into_owned(), text: String::new(), runs: Vec::new(), marks: Vec::new() };
        for line in lines {
            let start = snippet.text.len();
            snippet.line(file, line, marks, style);
            let bytes = start..snippet.text.len();
            match snippet.runs.last_mut() {
                Some((run, first, count)) if *first + *count == line - 1 => {
                    run.end = bytes.end;
                    *count += 1;
                }
                _ => snippet.runs.push((bytes, line - 1, 1)),
            }
        }
        snippet
    }

    fn line(&mut self, file: &File, number: usize, marks: &[&Mark<'_>], style: &Style) {
        let bytes = file.line(number);
        let shown = |character: char| match character {
            '\t' => '\t',
            _ if acts(character) => '?',
            _ => character,
        };
        let characters: Vec<char> = file.covered(bytes).chars().map(shown).collect();
        let own: Vec<&&Mark<'_>> = marks.iter().filter(|mark| mark.at.line == number).collect();
        let room = style.width.map_or(WIDE, |width| width.saturating_sub(FRAME)).max(40);
        let first = own.iter().map(|mark| mark.at.column - 1).min().unwrap_or(0);
        let window = if characters.len() <= room {
            0..characters.len()
        } else {
            let start = if first < room * 2 / 3 { 0 } else { first - room / 3 };
            start..(start + room).min(characters.len())
        };
        let dots = if style.ascii { "..." } else { "…" };
        let start = self.text.len();
        if window.start > 0 {
            self.text.push_str(dots);
        }
        // Where each column begins in the text that is drawn.
        let mut offsets = Vec::with_capacity(window.len() + 1);
        for character in &characters[window.clone()] {
            offsets.push(self.text.len());
            self.text.push(*character);
        }
        offsets.push(self.text.len());
        for mark in own {
            let range = mark.columns(characters.len());
            let offset = |column: usize| offsets[column.saturating_sub(window.start).min(offsets.len() - 1)];
            let span = offset(range.start)..offset(range.end);
            let overlaps =
                self.marks.iter().any(|(other, ..)| other.start < span.end.max(span.start + 1) && span.start < other.end);
            if !overlaps {
                let middle = columns(&self.text[start..usize::midpoint(span.start, span.end)]);
                let text = fitting(&clean(&mark.text), middle, style);
                self.marks.push((span, number - 1, mark.at.column - 1, text, mark.main));
            }
        }
        if window.end < characters.len() {
            self.text.push_str(dots);
        }
        self.text.push('\n');
    }

    fn draw(&self, severity: Severity, style: &Style) -> Option<String> {
        let characters = if style.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() };
        let mut styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let main = match severity {
            Severity::Error => styles.error,
            Severity::Warning => styles.warning,
            Severity::Info => styles.advice,
        };
        let mut order: Vec<_> = self.marks.iter().collect();
        order.sort_by_key(|(span, ..)| span.start);
        styles.highlights = order.iter().map(|(.., is_main)| if *is_main { main } else { styles.help }).collect();
        let mut out = String::new();
        GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_links(false)
            .with_wrap_lines(false)
            .render_report(&mut out, &Shown(self))
            .ok()?;
        // The first line is the message, which stands above the excerpts already.
        out.split_once('\n').map(|(_, drawing)| drawing.to_owned())
    }
}

/// What fits of a label that begins below a column: the message above says it in full.
fn fitting(text: &str, column: usize, style: &Style) -> String {
    let text = &*style.spelt(text);
    let Some(width) = style.width else { return text.to_owned() };
    let room = width.saturating_sub(column + FRAME + 4);
    match columns(text) {
        all if all <= room => text.to_owned(),
        _ if room < 12 => String::new(),
        _ => style.spelt(&short(text, if style.ascii { room - 3 } else { room - 1 })).into_owned(),
    }
}

/// Whether a line is what follows the last line's end.
fn is_blank_end(file: &File, line: usize) -> bool {
    line > file.lines() || line == file.lines() && file.line(line).is_empty()
}

/// A snippet as miette takes it.
struct Shown<'s>(&'s Snippet);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.0.marks.iter().map(|(span, _, _, text, main)| {
            let text = (!text.is_empty()).then(|| text.clone());
            let span = SourceSpan::from(span.clone());
            if *main { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
        });
        Some(Box::new(labels))
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = |bytes: Range<usize>, line: usize, column: usize, count: usize| {
            let data = self.text.as_bytes().get(bytes.clone()).ok_or(MietteError::OutOfBounds)?;
            let contents = MietteSpanContents::new_named(self.name.clone(), data, bytes.into(), line, column, count);
            Ok(Box::new(contents) as Box<dyn SpanContents<'a> + 'a>)
        };
        let start = span.offset();
        let mark = self.marks.iter().find(|(bytes, ..)| bytes.start == start);
        match (before + after, mark) {
            (0, Some((bytes, line, column, ..))) => contents(bytes.clone(), *line, *column, 1),
            _ => {
                let run = self.runs.iter().find(|(bytes, ..)| bytes.contains(&start)).ok_or(MietteError::OutOfBounds)?;
                contents(run.0.clone(), run.1, 0, run.2)
            }
        }
    }
}
