//! Changes to a text: what stands where in it gives way to what.

use std::ops::Range;

use super::Refused;

/// One place of a text and what shall stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What takes their place.
    pub text: String,
}

/// Changes that can be made at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// In the order of the text, none in another.
    splices: Vec<Splice>,
    /// Where the mappings and lists begin that lose or gain something: of two that take something away, neither knows
    /// whether anything is left. With a name where one key only changed to it.
    reshaped: Vec<Reshaped>,
}

/// Where a mapping or list begins, and the one new name in it, if that is all.
pub(super) type Reshaped = (usize, Option<String>);

impl Edits {
    pub(super) fn new(mut splices: Vec<Splice>, reshaped: Vec<Reshaped>) -> Result<Self, Refused> {
        // What is put somewhere comes before what is taken away from there on.
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        if splices.windows(2).any(|pair| pair[0].range.end > pair[1].range.start) {
            return Err(Refused::Unclear);
        }
        Ok(Self { splices, reshaped })
    }

    /// The changes, in the order of the text.
    #[cfg(test)]
    pub(super) fn splices(&self) -> &[Splice] {
        &self.splices
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The text with the changes made.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for Splice { range, text: new } in &self.splices {
            out.push_str(&text[at..range.start]);
            out.push_str(new);
            at = range.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// Whether two changes of the same text touch the same thing, so that only one of them can be made.
    pub fn conflicts(&self, other: &Self) -> bool {
        let meet = |a: &Splice, b: &Splice| {
            let (a, b) = (&a.range, &b.range);
            // What is put between two things belongs to neither, so that touching counts.
            let insert = a.is_empty() || b.is_empty();
            if insert { a.start <= b.end && b.start <= a.end } else { a.start < b.end && b.start < a.end }
        };
        let same_place =
            |(a, name): &Reshaped, (b, other): &Reshaped| a == b && (name.is_none() || other.is_none() || name == other);
        self.reshaped.iter().any(|a| other.reshaped.iter().any(|b| same_place(a, b)))
            || self.splices.iter().any(|a| other.splices.iter().any(|b| meet(a, b)))
    }

    /// Both changes at once. `None` where they touch the same thing.
    pub fn join(&self, other: &Self) -> Option<Self> {
        if self.conflicts(other) {
            return None;
        }
        let splices = self.splices.iter().chain(&other.splices).cloned().collect();
        Self::new(splices, [self.reshaped.as_slice(), &other.reshaped].concat()).ok()
    }

    /// The same changes of a text of which this one is a part, beginning at an offset.
    pub(super) fn moved(mut self, offset: usize) -> Self {
        for Splice { range, .. } in &mut self.splices {
            *range = range.start + offset..range.end + offset;
        }
        for (at, _) in &mut self.reshaped {
            *at += offset;
        }
        self
    }
}
