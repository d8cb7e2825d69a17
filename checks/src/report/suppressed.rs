//! Why a finding is set aside, and what is known from before.

use serde::{Deserialize, Serialize};

use super::{Position, Ref};

/// What set a finding aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SuppressedBy {
    /// A comment in the file.
    Comment,
    /// An annotation of the object.
    Annotation,
    /// An entry of the configuration.
    Configuration,
    /// It was known before.
    Baseline,
    /// Its check is not selected, or ignored.
    Selection,
}

/// Why a finding is set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suppressed {
    /// What set it aside.
    pub by: SuppressedBy,
    /// The reason that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day on which that holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Where that stands in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
}

/// A finding that was known before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Known {
    /// Its fingerprint, by which it is recognised.
    pub fingerprint: String,
    /// Code of its check.
    pub code: String,
    /// The object that it is about.
    pub subject: Ref,
    /// What it said.
    #[serde(default)]
    pub message: String,
}

/// The baseline that findings were compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BaselineUse {
    /// Its file.
    pub file: String,
    /// What it knows and what is there no more.
    pub gone: Vec<Known>,
}
