//! From a report to the screen, to files and to the exit code, for every command that has one.

use prom_doctor_checks::report::Report;

use super::{Context, reports};
use crate::error::Error;
use crate::exit::{self, Asked, Exit};
use crate::render::at_least;

/// Shows a report, and writes it to the files of `--report`. What is shown never changes the exit code.
pub(super) fn report(report: &Report, asked: Asked, fails: exit::Policy, context: &mut Context<'_>) -> Result<Exit, Error> {
    let global = context.global;
    let shown = at_least(report, global.min_severity);
    if global.quiet < 2 {
        let text = global.output.write(&shown, asked, global.detail(), &context.style)?;
        context.out.write(&text)?;
    }
    let written = reports::write(&shown, asked, context)?;
    Ok(if written { exit::of_report(report, asked, fails) } else { Exit::NoAnswer })
}
