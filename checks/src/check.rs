//! A check: one unit of judgement, with a code, a page and a function.

use crate::report::{Link, Severity};

/// A check, as data.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `PD0301`.
    pub code: &'static str,
    /// `selector-label-mismatch`: names the bad thing.
    pub name: &'static str,
    /// One line, lower case, without a full stop.
    pub summary: &'static str,
    /// How bad its findings are, unless one says otherwise.
    pub severity: Severity,
    /// The version of prom-doctor that brought it.
    pub since: &'static str,
    /// Its page, Markdown.
    pub explain: &'static str,
}

impl Check {
    /// The link at which its findings stand.
    pub fn link(&self) -> Link {
        Link::of_code(self.code).unwrap_or(Link::Tool)
    }
}
