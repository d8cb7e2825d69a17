//! Verdicts on a chain and on a monitor.

use std::fmt;

use serde::Serialize;

/// What is to be said of a monitor, for one server or over all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The server's selectors do not choose it.
    NotTaken,
    /// Every endpoint and namespace yields what it should, as far as objects and configuration tell.
    Ok,
    /// Nothing failed, but something unknown could hide a failure.
    Unknown,
    /// Some endpoint or namespace yields nothing, others do.
    Partial,
    /// No target where some are expected.
    Failed,
}

impl Verdict {
    /// As in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotTaken => "not-taken",
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
