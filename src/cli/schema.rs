//! `schema`: the JSON Schemas of what `-o json` writes.

use clap::ValueEnum;
use prom_doctor_checks::{report, targets};

use super::Context;
use crate::error::Error;
use crate::exit::Exit;

/// Print the JSON Schema of -o json; needs no cluster
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of which answer
    #[arg(value_enum, default_value_t, value_name = "ANSWER")]
    of: Answer,
}

/// An answer that has a schema.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Answer {
    /// That of audit and why.
    #[default]
    Report,
    /// That of targets.
    Targets,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    context.global.data_format("schema")?;
    context.out.write(match args.of {
        Answer::Report => report::SCHEMA,
        Answer::Targets => targets::SCHEMA,
    })?;
    Ok(Exit::Clean)
}
