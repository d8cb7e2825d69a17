//! What could not be read.

use std::ops::Range;

/// Why a document could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The 1-based line.
    pub line: usize,
    /// The 1-based column, in characters.
    pub column: usize,
    /// The bytes to point at in the text that was parsed.
    pub span: Range<usize>,
    /// What is wrong, for people: it begins in lower case and ends without a full stop.
    pub message: String,
    /// Whether the text is a template that has yet to be rendered.
    pub template: bool,
}
