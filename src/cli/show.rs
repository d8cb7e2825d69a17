//! From a report to the screen and the exit code, for every command that has one.

use prom_doctor_checks::report::Report;

use super::Context;
use super::global::Format;
use crate::error::Error;
use crate::exit::{self, Asked, Exit};
use crate::render::{at_least, human, json::json, yaml::yaml};

/// Shows a report. What is shown never changes the exit code.
pub(super) fn report(report: &Report, asked: Asked, fails: exit::Policy, context: &mut Context<'_>) -> Result<Exit, Error> {
    let global = context.global;
    if global.quiet < 2 {
        let shown = at_least(report, global.min_severity);
        let text = match global.output {
            Format::Human | Format::Wide => human(&shown, asked, global.detail(), &context.style),
            Format::Json | Format::JsonV1 => json(&*shown)?,
            Format::Yaml => yaml(&*shown)?,
        };
        context.out.write(&text)?;
    }
    Ok(exit::of_report(report, asked, fails))
}
