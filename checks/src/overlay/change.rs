//! What files do to an object.

use serde::Serialize;

use crate::report::Ref;

/// What files do to an object.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// The object.
    #[serde(rename = "ref")]
    pub object: Ref,
    /// Whether it is new.
    #[serde(rename = "change")]
    pub kind: ChangeKind,
    /// The fields that change, as far as anything looks at them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Fields and labels that the files do not have and that stay all the same: `kubectl apply` takes away only what it
    /// brought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
}

/// Whether an object is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is not there yet.
    Added,
    /// Whether it is there was not seen; it is taken for new.
    NotSeen,
    /// It is there and becomes another.
    Changed,
    /// It is there and stays as it is, as far as anything looks at it.
    Unchanged,
}

/// An object of the files that the API server would not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refused {
    /// The object.
    #[serde(rename = "ref")]
    pub object: Ref,
    /// Why.
    pub why: String,
}

/// Something to know about what becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Note {
    /// The server that it is about; none where it is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Ref>,
    /// What it says about the outcome.
    pub says: Says,
    /// In words.
    pub text: String,
}

/// What a note says about the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// The change does not get into the configuration of the server.
    NoEffect,
    /// The outcome rests on something that is not known.
    NotKnown,
    /// Worth knowing.
    Remark,
}
