//! `schema`: the JSON Schemas of what `-o json` writes and of the configuration.

use clap::ValueEnum;
use prom_doctor_checks::{pipeline, plan, policy, report, targets, wait};

use super::Context;
use crate::error::Error;
use crate::exit::Exit;

/// Print the JSON Schema of -o json, or of the configuration; needs no cluster
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of what
    #[arg(value_enum, default_value_t, value_name = "ANSWER")]
    of: Answer,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Answer {
    /// That of audit and why.
    #[default]
    Report,
    /// That of targets.
    Targets,
    /// That of plan.
    Plan,
    /// That of pipeline.
    Pipeline,
    /// That of wait.
    Wait,
    /// The configuration file, .prom-doctor.yaml.
    Config,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    context.global.data_format("schema")?;
    context.out.write(match args.of {
        Answer::Report => report::SCHEMA,
        Answer::Targets => targets::SCHEMA,
        Answer::Plan => plan::SCHEMA,
        Answer::Pipeline => pipeline::SCHEMA,
        Answer::Wait => wait::SCHEMA,
        Answer::Config => policy::SCHEMA,
    })?;
    Ok(Exit::Clean)
}
