//! The formats of a report, and the one place that chooses what writes them.

use std::fmt;

use clap::ValueEnum;
use prom_doctor_checks::report::Report;

use super::places::Places;
use super::{Detail, Style, github, gitlab, human, json, junit, markdown, plain, sarif, yaml};
use crate::error::Error;
use crate::exit::Asked;

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For people, with every link of every monitor.
    Wide,
    /// A line for each finding.
    Short,
    /// The objects to mend: TYPE/NAME.
    Name,
    /// The report as JSON, in its newest version.
    Json,
    /// The report as JSON, version 1.
    JsonV1,
    /// A line of JSON for each finding.
    Jsonl,
    /// The report as YAML.
    Yaml,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations in the log of a GitHub workflow.
    Github,
    /// GitLab's Code Quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Markdown, for summaries and comments.
    Markdown,
}

/// In which form an answer that is no report can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFormat {
    /// For people.
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// The form of an answer that is no report; `None` for the formats that only reports have.
    pub fn data(self) -> Option<DataFormat> {
        match self {
            Self::Human | Self::Wide => Some(DataFormat::Text),
            Self::Json | Self::JsonV1 => Some(DataFormat::Json),
            Self::Yaml => Some(DataFormat::Yaml),
            _ => None,
        }
    }

    /// A report in this format.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn write(self, report: &Report, asked: Asked, detail: Detail, style: &Style) -> Result<String, Error> {
        let places = Places::here();
        Ok(match self {
            Self::Human | Self::Wide => human(report, asked, Detail { wide: self == Self::Wide, ..detail }, style),
            Self::Short => plain::short(report),
            Self::Name => plain::names(report),
            Self::Json | Self::JsonV1 => json::json(report)?,
            Self::Jsonl => report.findings.iter().map(json::line).collect::<Result<_, _>>()?,
            Self::Yaml => yaml::yaml(report)?,
            Self::Sarif => json::json(&sarif::sarif(report, &places))?,
            Self::Github => github::github(report, &places),
            Self::Gitlab => json::json(&gitlab::gitlab(report, &places))?,
            Self::Junit => junit::junit(report, &places)?,
            Self::Markdown => markdown::markdown(report, &places),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}
