//! A check: one unit of judgement, with a code, a page and a function.

use crate::draft::Out;
use crate::report::{Link, Severity};
use crate::view::View;
use crate::world::Kind;

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
    /// Kinds that it looks at itself, beyond what the chain holds.
    pub reads: &'static [Kind],
    /// Its page, Markdown.
    pub explain: &'static str,
    /// Its judgement.
    pub run: fn(&View<'_>, &mut Out),
}

impl Check {
    /// The link at which its findings stand.
    pub fn link(&self) -> Link {
        Link::of_code(self.code).unwrap_or(Link::Tool)
    }
}
