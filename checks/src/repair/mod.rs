//! Fixes made in the files: the first one of each finding that may be made, round by round, until nothing is left.
//!
//! Nothing is believed of a fix. After each round the files are judged again, and a fix whose finding is still there, or
//! with which a new error came, is undone and told.

mod change;
mod rounds;
mod safety;

pub use self::rounds::repair;

use crate::files::Bundle;
use crate::report::{Position, Report};

/// What may be done.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Also what may change more than its finding says.
    pub unsafe_too: bool,
    /// A text that comes out of something else, as standard input does: what names the template that it was rendered from
    /// is to be changed there.
    pub passing: Option<String>,
}

/// A fix that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The code of its finding.
    pub code: String,
    /// What tells its finding from others.
    pub fingerprint: String,
    /// Where the finding stood when it was made.
    pub place: Option<Position>,
    /// What it does.
    pub title: String,
    /// The files that it changed.
    pub files: Vec<String>,
}

/// A fix that was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplied {
    /// The code of its finding.
    pub code: String,
    /// Where the finding stands.
    pub place: Option<Position>,
    /// What it would have done.
    pub title: String,
    /// Why it was left.
    pub why: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Repaired {
    /// All files, with the texts that they now have.
    pub files: Vec<(String, String)>,
    /// What was fixed.
    pub applied: Vec<Applied>,
    /// What could not be fixed, of what is still found.
    pub refused: Vec<NotApplied>,
    /// How many more findings have a fix that was not asked for.
    pub more: usize,
    /// The files as they now are.
    pub bundle: Bundle,
    /// What is found in them.
    pub report: Report,
}
