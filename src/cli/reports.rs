//! `--report FORMAT=FILE`: the same report in files, beside what is shown.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum as _;

use super::Context;
use super::name::{did_you_mean, nearest};
use crate::error::Error;
use crate::render::text::clean;
use crate::render::{Format, Style};
use crate::system::unwritten;
use crate::write;

/// A file to write, and in which format.
#[derive(Clone, Debug)]
pub(super) struct ReportFile {
    format: Format,
    path: PathBuf,
}

/// `sarif=out/prom-doctor.sarif`.
pub(super) fn parse(text: &str) -> Result<ReportFile, String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE, for instance sarif=prom-doctor.sarif")?;
    let known = Format::from_str(format, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants().iter().map(ToString::to_string).collect();
        let near = nearest(format, names.iter().map(String::as_str));
        let help = if near.is_empty() { format!("one of {}", names.join(", ")) } else { did_you_mean(&near) };
        format!("{} is no format: {help}", clean(&format!("{format:?}")))
    })?;
    match path {
        "" => Err("the name of the file is missing".to_owned()),
        "-" => Err(format!("a report goes to a file; -o {format} writes to standard output")),
        path => Ok(ReportFile { format: known, path: path.into() }),
    }
}

/// Fails where one file would be written twice.
pub(super) fn check(files: &[ReportFile]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match files.iter().find(|file| !seen.insert(&file.path)) {
        Some(twice) => {
            let path = twice.path.display().to_string();
            Err(Error::usage(
                format!("two reports would be written to {}", clean(&path)),
                "give each a file of its own".to_owned(),
            ))
        }
        None => Ok(()),
    }
}

/// Writes the files. One that cannot be written is complained of, and the others are written all the same; whether
/// all were.
pub(super) fn write(text: impl Fn(Format, &Style) -> Result<String, Error>, context: &mut Context<'_>) -> Result<bool, Error> {
    let global = context.global;
    let style = Style { colour: false, width: None, ..context.style.clone() };
    let mut whole = true;
    for file in &global.report {
        let text = text(file.format, &style)?;
        if let Err(error) = write::whole(&file.path, text.as_bytes()) {
            whole = false;
            let path = file.path.display().to_string();
            let message = format!("the report cannot be written to {}: {}", clean(&path), unwritten(&error));
            context.complain(&Error::no_answer(message, "the folder must exist and be writable".to_owned()))?;
        }
    }
    Ok(whole)
}
