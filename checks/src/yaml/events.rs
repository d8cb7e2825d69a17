//! The only door to granit-parser: its events in words of ours, so that another parser could take
//! its place.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event as Parsed, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::MAX_DEPTH;
use super::node::{Style, Tag};

/// What happens in a text. An anchor is a number unique in the text, 0 where there is none.
#[derive(Debug)]
pub(super) enum Event<'t> {
    DocumentEnd,
    Scalar { text: Cow<'t, str>, style: Style, tag: Option<Tag>, anchor: usize },
    MappingStart { flow: bool, anchor: usize },
    SequenceStart { flow: bool, anchor: usize },
    CollectionEnd,
    Alias { anchor: usize },
    Comment { text: Cow<'t, str> },
}

/// Where it happens: bytes, a 1-based line, a 1-based column in characters.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) bytes: Range<usize>,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Why it no longer does.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) place: Place,
    pub(super) message: String,
    /// Whether a tab is to blame, here or in a line below.
    pub(super) tab: bool,
}

/// The events of a text, up to its end or to the first failure.
pub(super) fn events(text: &str) -> impl Iterator<Item = Result<(Event<'_>, Place), Failure>> {
    let options = granit_parser::options! {
        // go-yaml does so, too.
        block_scalar_eof_without_line_feed: true,
        // A licence is often longer than the 96 lines that granit sets by itself. What it holds
        // back is a part of the text, so the text is limit enough.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH - 1,
        block_nesting_limit: MAX_DEPTH - 1,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    std::iter::from_fn(move || {
        loop {
            match parser.next_event()? {
                Err(error) => return Some(Err(failure(&error, text))),
                Ok((parsed, span)) => {
                    if let Some(event) = event(parsed) {
                        return Some(Ok((event, place(span))));
                    }
                }
            }
        }
    })
}

fn event(parsed: Parsed<'_>) -> Option<Event<'_>> {
    Some(match parsed {
        Parsed::DocumentEnd => Event::DocumentEnd,
        Parsed::Scalar(text, style, anchor, tag) => {
            let style = match style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::SingleQuoted,
                ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            };
            Event::Scalar { text, style, tag: tag.map(|tag| self::tag(&tag)), anchor }
        }
        Parsed::MappingStart(style, anchor, _) => Event::MappingStart { flow: style == StructureStyle::Flow, anchor },
        Parsed::SequenceStart(style, anchor, _) => Event::SequenceStart { flow: style == StructureStyle::Flow, anchor },
        Parsed::MappingEnd | Parsed::SequenceEnd => Event::CollectionEnd,
        Parsed::Alias(anchor) => Event::Alias { anchor },
        Parsed::Comment(text, _) => Event::Comment { text },
        _ => return None,
    })
}

fn tag(tag: &granit_parser::Tag) -> Tag {
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("str") => Tag::Str,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Bool,
        Some("null") => Tag::Null,
        Some("binary") => Tag::Binary,
        Some("timestamp") => Tag::Timestamp,
        Some("merge") => Tag::Merge,
        _ => Tag::Other,
    }
}

fn place(span: Span) -> Place {
    Place {
        // A parser over a string knows the bytes of every event.
        bytes: span.byte_range().unwrap_or_default(),
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}

fn failure(error: &ScanError, text: &str) -> Failure {
    let marker = error.marker();
    let at = marker.byte_offset().filter(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let next = text[at..].chars().next();
    let length = next.filter(|c| !matches!(c, '\r' | '\n')).map_or(0, char::len_utf8);
    Failure {
        place: Place { bytes: at..at + length, line: marker.line(), column: marker.col() + 1 },
        message: message(error),
        tab: next == Some('\t')
            || matches!(
                error.kind(),
                ErrorKind::TabNotAllowed
                    | ErrorKind::TabInBlockIndentation
                    | ErrorKind::TabInIndentation
                    | ErrorKind::TabInPlainScalar
                    | ErrorKind::TabAtBlockScalarStart
            ),
    }
}

/// The parser's own words suit people who write parsers; the common mistakes get better ones.
fn message(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::UnknownAnchor => "this alias has no anchor above it in the same document".to_owned(),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "a quote is opened here and never closed".to_owned()
        }
        ErrorKind::UnclosedFlowCollection { open } => format!("`{open}` is never closed"),
        ErrorKind::MappingValueNotAllowed => {
            "`:` cannot begin a value here: quote the text that contains it, or check the indentation".to_owned()
        }
        ErrorKind::ExpectedBlockMappingKey => {
            "a key is expected here: check the indentation, and the quotes of the value before".to_owned()
        }
        ErrorKind::ExpectedBlockSequenceEntry => "a list item (`- `) is expected here: check the indentation".to_owned(),
        ErrorKind::SimpleKeyExpected => "`:` is missing after this key".to_owned(),
        ErrorKind::BlockSequenceEntryNotAllowed => "a list item (`- `) cannot begin here".to_owned(),
        ErrorKind::ExpectedDocumentStart => {
            "the document has ended, yet more follows: check the indentation, or write `---` before this line".to_owned()
        }
        ErrorKind::BomInsideDocument => "a byte order mark in the middle of the text: files were joined here".to_owned(),
        ErrorKind::RecursionLimitExceeded => "mappings and lists are nested too deeply".to_owned(),
        ErrorKind::InvalidColonPlacement => "`:` cannot stand here: perhaps a quote or bracket above is never closed".to_owned(),
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "text follows the closing quote: a `'` between single quotes is written twice".to_owned()
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "text follows the closing quote: a `\"` between double quotes is written `\\\"`".to_owned()
        }
        ErrorKind::MisplacedFlowCollectionEnd => "this bracket closes nothing".to_owned(),
        ErrorKind::UndeclaredTagHandle => "the prefix of this tag is declared nowhere".to_owned(),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            format!("the control character U+{:04X} is not allowed", u32::from(*character))
        }
        ErrorKind::UnexpectedCharacter { character } => format!("`{}` cannot begin a value: quote it", character.escape_debug()),
        _ => {
            let info = error.info();
            let what = info.strip_prefix("while ").and_then(|context| context.split_once(", "));
            what.map_or(info.clone(), |(_, what)| what.to_owned())
        }
    }
}
