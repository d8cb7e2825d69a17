//! `version`: which program this is.

use serde_json::json;

use super::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::DataFormat;
use crate::render::json::json;
use crate::render::yaml::yaml;

/// Print the version; needs no cluster
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Error> {
    let version = env!("CARGO_PKG_VERSION");
    let data = json!({"name": "prom-doctor", "version": version});
    let text = match context.global.data_format("version")? {
        DataFormat::Text => format!("prom-doctor {version}\n"),
        DataFormat::Json => json(&data)?,
        DataFormat::Yaml => yaml(&data)?,
    };
    context.out.write(&text)?;
    Ok(Exit::Clean)
}
