//! The actions.

use super::Semantics;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sets a label by pattern and template.
    Replace,
    /// Drops what does not match.
    Keep,
    /// Drops what matches.
    Drop,
    /// Drops what is not equal.
    KeepEqual,
    /// Drops what is equal.
    DropEqual,
    /// Sets a label to a hash.
    HashMod,
    /// Copies labels to other names.
    LabelMap,
    /// Removes labels.
    LabelDrop,
    /// Removes all other labels.
    LabelKeep,
    /// Sets a label to lower case.
    Lowercase,
    /// Sets a label to upper case.
    Uppercase,
}

const WORDS: &[(&str, Action)] = &[
    ("replace", Action::Replace),
    ("keep", Action::Keep),
    ("drop", Action::Drop),
    ("keepequal", Action::KeepEqual),
    ("dropequal", Action::DropEqual),
    ("hashmod", Action::HashMod),
    ("labelmap", Action::LabelMap),
    ("labeldrop", Action::LabelDrop),
    ("labelkeep", Action::LabelKeep),
    ("lowercase", Action::Lowercase),
    ("uppercase", Action::Uppercase),
];

impl Action {
    /// Reads an action, in any case, if the version has it.
    pub fn read(word: &str, semantics: Semantics) -> Option<Self> {
        let word = word.to_lowercase();
        let (_, action) = WORDS.iter().find(|(name, _)| *name == word)?;
        let (major, minor) = match action {
            Self::Lowercase | Self::Uppercase => (2, 36),
            Self::KeepEqual | Self::DropEqual => (2, 41),
            _ => (0, 0),
        };
        semantics.since(major, minor).then_some(*action)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(_, action)| *action == self).map_or("", |(word, _)| word)
    }

    pub(super) fn compares(self) -> bool {
        matches!(self, Self::KeepEqual | Self::DropEqual)
    }

    pub(super) fn compares_or_maps(self) -> bool {
        self.compares() || matches!(self, Self::Lowercase | Self::Uppercase)
    }

    /// Whether it needs a target label.
    pub(super) fn writes(self) -> bool {
        self.compares_or_maps() || matches!(self, Self::Replace | Self::HashMod)
    }
}
