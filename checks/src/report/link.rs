//! The links of a chain, and their states.

use std::fmt;

use serde::Serialize;

/// A step on the way from a monitor to its targets; `duplicates` and what follows stand beside the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// The tool itself: access, quality of what was read.
    Tool,
    /// Is the object there, of the right kind and group, is its CRD served?
    Exists,
    /// Does an operator see the namespace and the server; is it alive, alone, not paused?
    Watched,
    /// Do the server's label and namespace selectors choose it?
    Selected,
    /// Does the operator accept it?
    Accepted,
    /// Does the Secret hold its jobs, fresh?
    Generated,
    /// Has Prometheus loaded the configuration?
    Loaded,
    /// May Prometheus list there?
    Discoverable,
    /// Do its selectors match Services or Pods?
    Matched,
    /// Are there pods and endpoints behind them?
    Backed,
    /// Do its ports fit what is offered?
    Ports,
    /// What do relabeling and shards leave?
    Kept,
    /// What does the running Prometheus say?
    Scraped,
    /// The same thing scraped twice.
    Duplicates,
    /// Syntax and fields.
    Manifest,
    /// What nobody scrapes.
    Coverage,
    /// Waste, size, scale.
    Cost,
}

impl Link {
    /// The links of a chain, in order.
    pub const CHAIN: &'static [Self] = &[
        Self::Exists,
        Self::Watched,
        Self::Selected,
        Self::Accepted,
        Self::Generated,
        Self::Loaded,
        Self::Discoverable,
        Self::Matched,
        Self::Backed,
        Self::Ports,
        Self::Kept,
        Self::Scraped,
    ];

    /// As in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Exists => "exists",
            Self::Watched => "watched",
            Self::Selected => "selected",
            Self::Accepted => "accepted",
            Self::Generated => "generated",
            Self::Loaded => "loaded",
            Self::Discoverable => "discoverable",
            Self::Matched => "matched",
            Self::Backed => "backed",
            Self::Ports => "ports",
            Self::Kept => "kept",
            Self::Scraped => "scraped",
            Self::Duplicates => "duplicates",
            Self::Manifest => "manifest",
            Self::Coverage => "coverage",
            Self::Cost => "cost",
        }
    }

    /// The first two digits of the codes of its checks.
    pub fn band(self) -> &'static str {
        match self {
            Self::Tool => "00",
            Self::Exists => "01",
            Self::Watched => "02",
            Self::Selected => "03",
            Self::Accepted => "04",
            Self::Generated => "05",
            Self::Loaded => "06",
            Self::Discoverable => "07",
            Self::Matched => "08",
            Self::Backed => "09",
            Self::Ports => "10",
            Self::Kept => "11",
            Self::Scraped => "12",
            Self::Duplicates => "13",
            Self::Manifest => "14",
            Self::Coverage => "15",
            Self::Cost => "16",
        }
    }

    /// The link of a code such as `PD0301`.
    pub fn of_code(code: &str) -> Option<Self> {
        let band = code.get(2..4)?;
        [Self::Tool, Self::Duplicates, Self::Manifest, Self::Coverage, Self::Cost]
            .iter()
            .chain(Self::CHAIN)
            .copied()
            .find(|link| link.band() == band)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state of a link in one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// As it should be.
    Passed,
    /// Broken.
    Failed,
    /// Not known, with a reason.
    Unknown,
    /// Does not apply.
    Skipped,
}
