//! What a pattern means, and how the `regex` crate says it.

use std::fmt::Write as _;

/// A piece of a pattern. Everything that the dialects spell or read differently is settled here: flags are
/// resolved, classes are lists of code points, names of groups are kept elsewhere.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// One character, perhaps in any case.
    Char { code: u32, fold: bool },
    /// One character of a set, as the crate writes it.
    Set(String),
    /// An assertion, as the crate writes it.
    Assert(&'static str),
    /// One after the other; none is the empty text.
    Cat(Vec<Self>),
    /// The first that fits.
    Alt(Vec<Self>),
    /// A group, numbered or not.
    Group { inner: Box<Self>, capture: bool },
    /// A repetition.
    Repeat(Box<Repeat>),
}

/// A repetition.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    pub(super) inner: Node,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) greedy: bool,
    /// Written with braces: only these count towards Go's limit.
    pub(super) counted: bool,
    /// How many repetitions are stacked directly on each other.
    pub(super) stacked: usize,
}

impl Node {
    /// Go's rule for nested counts: their product may not pass 1000.
    pub(super) fn counts_fit(&self, limit: u32) -> bool {
        match self {
            Self::Char { .. } | Self::Set(_) | Self::Assert(_) => true,
            Self::Cat(all) | Self::Alt(all) => all.iter().all(|node| node.counts_fit(limit)),
            Self::Group { inner, .. } => inner.counts_fit(limit),
            Self::Repeat(repeat) if repeat.counted => match repeat.max.unwrap_or(repeat.min) {
                0 if repeat.max == Some(0) => true,
                0 => repeat.inner.counts_fit(limit),
                count => count <= limit && repeat.inner.counts_fit(limit / count),
            },
            Self::Repeat(repeat) => repeat.inner.counts_fit(limit),
        }
    }

    /// About how many instructions Go would make of it.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Char { .. } | Self::Set(_) | Self::Assert(_) => 1,
            Self::Cat(all) | Self::Alt(all) => all.iter().fold(1, |sum, node| node.size().saturating_add(sum)),
            Self::Group { inner, .. } => inner.size().saturating_add(2),
            Self::Repeat(repeat) => {
                let times = if repeat.counted { repeat.max.unwrap_or(repeat.min).max(1) } else { 1 };
                repeat.inner.size().saturating_add(1).saturating_mul(u64::from(times)).saturating_add(1)
            }
        }
    }

    /// Writes it for the crate.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Char { code, fold } => match char::from_u32(*code) {
                Some(_) if *fold => push(out, format_args!("(?i:\\x{{{code:X}}})")),
                Some(c) if c.is_ascii_alphanumeric() => out.push(c),
                Some(_) => push(out, format_args!("\\x{{{code:X}}}")),
                None => out.push_str(NEVER), // half of a surrogate pair: in no valid text
            },
            Self::Set(text) => out.push_str(text),
            Self::Assert(text) => out.push_str(text),
            Self::Cat(all) => all.iter().for_each(|node| node.write(out)),
            Self::Alt(all) => {
                for (at, node) in all.iter().enumerate() {
                    if at > 0 {
                        out.push('|');
                    }
                    node.write(out);
                }
            }
            Self::Group { inner, capture } => {
                out.push_str(if *capture { "(" } else { "(?:" });
                inner.write(out);
                out.push(')');
            }
            Self::Repeat(repeat) => repeat.write(out),
        }
    }
}

impl Repeat {
    fn write(&self, out: &mut String) {
        out.push_str("(?:");
        self.inner.write(out);
        out.push(')');
        match (self.min, self.max) {
            (0, None) => out.push('*'),
            (1, None) => out.push('+'),
            (0, Some(1)) => out.push('?'),
            (min, None) => push(out, format_args!("{{{min},}}")),
            (min, Some(max)) => push(out, format_args!("{{{min},{max}}}")),
        }
        if !self.greedy {
            out.push('?');
        }
    }
}

/// A set that holds nothing.
pub(super) const NEVER: &str = r"[^\x{0}-\x{10FFFF}]";

/// Writing to a string does not fail.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
