//! What a check reports: all data, no decision left to renderers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Link, Suppressed};
use crate::world::{Kind, ObjectId};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something that was asked for is not scraped, not loaded or was refused.
    Error,
    /// Scraped more than meant, about to break, fragile, or not effective.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// As in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// How sure a finding is. Only `certain` and `likely` may be a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It follows from what was seen.
    Certain,
    /// It rests on an assumption that nearly always holds.
    Likely,
    /// It may be.
    Possible,
}

impl Confidence {
    /// As in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// An object, as the report names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ref {
    /// Kind.
    pub kind: String,
    /// Namespace; absent for kinds that have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl From<&ObjectId> for Ref {
    fn from(id: &ObjectId) -> Self {
        Self { kind: id.kind.name().to_owned(), namespace: id.namespace.clone(), name: id.name.clone() }
    }
}

impl From<ObjectId> for Ref {
    fn from(id: ObjectId) -> Self {
        Self { kind: id.kind.name().to_owned(), namespace: id.namespace, name: id.name }
    }
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.kind.is_empty() {
            write!(f, "{} ", self.kind)?;
        }
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// What a check reports.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// `f1`, `f2` …, stable within a report.
    pub id: String,
    /// Code of the check.
    pub code: String,
    /// Name of the check.
    pub name: String,
    /// The link at which it stands.
    pub link: Link,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The object to mend.
    pub subject: Ref,
    /// The monitors that it concerns.
    pub affects: Vec<Ref>,
    /// One line, lower case, without a full stop.
    pub message: String,
    /// What was compared.
    pub evidence: Vec<Evidence>,
    /// Ways to mend it, the best first.
    pub fixes: Vec<Fix>,
    /// Where it stands in a file.
    pub location: Option<Position>,
    /// What else to look at in files: the other side of what does not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Which of the copies it is about, where files hold its objects more than once; by default the last.
    #[serde(skip)]
    pub copy: Option<usize>,
    /// The same in every run that finds the same thing.
    pub fingerprint: String,
    /// How to read its page.
    pub docs: String,
    /// Whether it is set aside: it decides no exit code and is not shown to people.
    pub suppressed: bool,
    /// Why it is set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppressed>,
}

/// Two values that were compared, and where each stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The object that asks.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// The field that asks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How it is compared: `In`, `NotIn`, `Exists`, `DoesNotExist`, or absent for plain equality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What is asked for.
    pub wanted: Vec<String>,
    /// What is there instead.
    pub found: Vec<String>,
    /// The object and field that were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// A remark, where the values do not speak for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where the other value stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct At {
    /// The object.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// The field.
    pub path: String,
}

/// Evidence that a field of one object asks for something that another field does not have.
pub fn evidence_at(
    asks: &ObjectId,
    path: impl Into<String>,
    wanted: Vec<String>,
    found: Vec<String>,
    other: Option<(&ObjectId, String)>,
) -> Evidence {
    Evidence {
        reference: Some(asks.into()),
        path: path.into(),
        operator: None,
        wanted,
        found,
        at: other.map(|(id, path)| At { reference: id.into(), path }),
        note: None,
    }
}

/// Whether a fix may widen or change more than the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// It only mends what the finding says.
    Safe,
    /// It changes what else is scraped, selected or allowed: look first.
    Unsafe,
}

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether it may change more.
    pub safety: Safety,
    /// The change itself; empty where it cannot be told as a patch.
    pub patch: Vec<Patch>,
    /// The patch as a kubectl command.
    pub command: String,
    /// What else to know: who manages the object, what the change widens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a patch is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PatchType {
    /// JSON merge patch.
    Merge,
    /// JSON patch.
    Json,
    /// The body is a new object.
    Create,
    /// The object goes.
    Delete,
}

/// A change to one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Patch {
    /// The object.
    #[serde(rename = "ref")]
    pub reference: PatchRef,
    /// How it is applied.
    #[serde(rename = "type")]
    pub kind: PatchType,
    /// The patch, or the new object.
    pub body: Value,
}

/// An object to change, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PatchRef {
    /// API version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; absent for kinds that have none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl From<&ObjectId> for PatchRef {
    fn from(id: &ObjectId) -> Self {
        let kind: Kind = id.kind;
        Self {
            api_version: kind.api_version(),
            kind: kind.name().to_owned(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
        }
    }
}

impl PatchRef {
    /// The object without its version.
    pub fn to_ref(&self) -> Ref {
        Ref { kind: self.kind.clone(), namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// A place in a file; lines and columns from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields say it")]
pub struct Position {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    /// The template of a chart that the document was rendered from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A second place in a file that belongs to a finding, and what it has to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Related {
    /// Where.
    pub location: Position,
    /// A few words: `the Service has port = http-metrics`.
    pub message: String,
}
