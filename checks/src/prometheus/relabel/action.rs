//! The actions of relabel rules: what they are called, what they need, what they can do to a target.

use std::fmt;

use super::Semantics;

/// What a relabel rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as Prometheus names them")]
pub enum Action {
    Replace,
    Keep,
    Drop,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
    KeepEqual,
    DropEqual,
}

impl Action {
    /// All that Prometheus knows.
    pub const ALL: &'static [Self] = &[
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
        Self::KeepEqual,
        Self::DropEqual,
    ];

    /// Reads a name; case does not matter. `None` where Prometheus knows no such action.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str().eq_ignore_ascii_case(text))
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
        }
    }

    /// Whether it is there to choose among targets.
    pub fn chooses_targets(self) -> bool {
        matches!(self, Self::Keep | Self::Drop | Self::KeepEqual | Self::DropEqual)
    }

    /// Whether a target may be lost by it: also `labelkeep`, which may take away the address.
    pub fn may_drop_targets(self) -> bool {
        self.chooses_targets() || self == Self::LabelKeep
    }

    /// Whether a rule of it is void without a target label.
    pub fn needs_target_label(self) -> bool {
        match self {
            Self::Replace | Self::HashMod | Self::Lowercase | Self::Uppercase | Self::KeepEqual | Self::DropEqual => true,
            Self::Keep | Self::Drop | Self::LabelMap | Self::LabelDrop | Self::LabelKeep => false,
        }
    }

    /// Reads an action, in any case, if the version has it.
    pub fn read(word: &str, semantics: Semantics) -> Option<Self> {
        let action = Self::parse(word)?;
        let (major, minor) = match action {
            Self::Lowercase | Self::Uppercase => (2, 36),
            Self::KeepEqual | Self::DropEqual => (2, 41),
            _ => (0, 0),
        };
        semantics.since(major, minor).then_some(action)
    }

    pub(super) fn compares(self) -> bool {
        matches!(self, Self::KeepEqual | Self::DropEqual)
    }

    pub(super) fn compares_or_maps(self) -> bool {
        self.compares() || matches!(self, Self::Lowercase | Self::Uppercase)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_in_full() {
        for action in Action::ALL {
            assert_eq!(Action::parse(&action.as_str().to_uppercase()), Some(*action));
        }
        assert_eq!(Action::parse("keeps"), None);
        assert_eq!(Action::parse(""), None);
    }
}
