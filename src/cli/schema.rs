//! `schema`: the JSON Schema of reports.

use prom_doctor_checks::report::SCHEMA;

use super::Context;
use crate::error::Error;
use crate::exit::Exit;

/// Print the JSON Schema of -o json; needs no cluster
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Error> {
    context.out.write(SCHEMA)?;
    Ok(Exit::Clean)
}
