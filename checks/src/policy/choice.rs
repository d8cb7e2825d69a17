//! Which checks are meant: by code, by name, or by the first characters of codes.

use crate::registry::CHECKS;
use crate::text;

/// One check, or all whose codes begin alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice(String);

impl Choice {
    /// Reads `PD1301`, `same-pods-through-services`, `PD13` or `PD`, in any case.
    ///
    /// # Errors
    /// When no check is meant; with what may have been meant.
    pub fn parse(word: &str) -> Result<Self, (String, Option<String>)> {
        let upper = word.to_ascii_uppercase();
        if upper.len() >= 2 && CHECKS.iter().any(|check| check.code.starts_with(&upper)) {
            return Ok(Self(upper));
        }
        if let Some(check) = CHECKS.iter().find(|check| check.name.eq_ignore_ascii_case(word)) {
            return Ok(Self(check.code.to_owned()));
        }
        let like_a_code = upper.starts_with("PD") && upper.chars().any(|c| c.is_ascii_digit());
        let near = if like_a_code {
            // Codes are all alike: only one slip is a likeness.
            text::nearest(&upper, CHECKS.iter().map(|check| check.code).filter(|code| text::distance(&upper, code) < 2))
        } else {
            text::nearest(word, CHECKS.iter().map(|check| check.name))
        };
        Err((format!("there is no check {word:?}"), near.map(|near| format!("did you mean {near}?"))))
    }

    /// Whether a check is meant.
    pub fn takes(&self, code: &str) -> bool {
        code.starts_with(&self.0)
    }

    /// Whether it means a single check.
    pub fn is_one(&self) -> bool {
        CHECKS.iter().any(|check| check.code == self.0)
    }

    /// The code or the beginning of codes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which checks count, and which do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Those that count; `None` for all.
    pub select: Option<Vec<Choice>>,
    /// Those that do not.
    pub ignore: Vec<Choice>,
}

impl Choices {
    /// Whether a check counts. Where it is both selected and ignored the longer word decides, and of two equal ones
    /// that which ignores.
    pub fn take(&self, code: &str) -> bool {
        let longest = |choices: &[Choice]| choices.iter().filter(|one| one.takes(code)).map(|one| one.as_str().len()).max();
        let selected = match &self.select {
            None => Some(0),
            Some(choices) => longest(choices),
        };
        selected.is_some_and(|selected| longest(&self.ignore).is_none_or(|ignored| ignored < selected))
    }
}
