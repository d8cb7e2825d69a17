//! What is known of a link: yes, no, or unknown with a reason.

use crate::report::LinkState;
use crate::world::Unseen;

/// The state of a link, of one endpoint or of one namespace at a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    #[default]
    Passed,
    /// Broken.
    Failed,
    /// Not known.
    Unknown(Vec<Unseen>),
    /// Does not apply.
    Skipped,
}

impl State {
    /// Unknown for one reason.
    pub fn unknown(why: Unseen) -> Self {
        Self::Unknown(vec![why])
    }

    /// Unknown if there is any reason, else passed.
    pub fn passed_unless(unknown: Vec<Unseen>) -> Self {
        if unknown.is_empty() { Self::Passed } else { Self::Unknown(unknown) }
    }

    /// Whether it is broken.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed)
    }

    /// Whether it is as it should be, or does not apply.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Passed | Self::Skipped)
    }

    /// Why it is unknown.
    pub fn why(&self) -> &[Unseen] {
        match self {
            Self::Unknown(why) => why,
            _ => &[],
        }
    }

    /// As the report has it.
    pub fn report(&self) -> LinkState {
        match self {
            Self::Passed => LinkState::Passed,
            Self::Failed => LinkState::Failed,
            Self::Unknown(_) => LinkState::Unknown,
            Self::Skipped => LinkState::Skipped,
        }
    }
}
