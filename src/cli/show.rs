//! From a report to the screen, to files and to the exit code, for every command that has one.

use prom_doctor_checks::files::Bundle;
use prom_doctor_checks::report::Report;

use super::{Context, reports};
use crate::error::Error;
use crate::exit::{self, Asked, Exit};
use crate::render::{Detail, Format, Style, at_least, lint};

/// Shows a report, and writes it to the files of `--report`. What is shown never changes the exit code.
pub(super) fn report(report: &Report, asked: Asked, fails: exit::Policy, context: &mut Context<'_>) -> Result<Exit, Error> {
    shown(report, asked, fails, None, context)
}

/// Shows what was found in files, each finding where it is written; `against` says what else was known.
pub(super) fn linted(
    report: &Report,
    bundle: &Bundle,
    against: &str,
    fails: exit::Policy,
    context: &mut Context<'_>,
) -> Result<Exit, Error> {
    shown(report, Asked::Lint, fails, Some((bundle, against)), context)
}

fn shown(
    report: &Report,
    asked: Asked,
    fails: exit::Policy,
    files: Option<(&Bundle, &str)>,
    context: &mut Context<'_>,
) -> Result<Exit, Error> {
    let global = context.global;
    let shown = at_least(report, global.min_severity);
    let text = |format: Format, style: &Style| match (format, files) {
        (Format::Human | Format::Wide, Some((bundle, against))) => {
            Ok(lint(&shown, bundle, against, Detail { wide: format == Format::Wide, ..global.detail() }, style))
        }
        _ => format.write(&shown, asked, global.detail(), style),
    };
    if global.quiet < 2 {
        let text = text(global.output, &context.style)?;
        context.out.write(&text)?;
    }
    let written = reports::write(text, context)?;
    Ok(if written { exit::of_report(report, asked, fails) } else { Exit::NoAnswer })
}
