//! `explain`: the page of a check, or the list of all.

use prom_doctor_checks::check::Check;
use prom_doctor_checks::registry::CHECKS;
use serde_json::{Value, json};

use super::Context;
use super::name::{did_you_mean, nearest};
use crate::error::Error;
use crate::exit::Exit;
use crate::render::DataFormat;
use crate::render::json::json;
use crate::render::page;
use crate::render::yaml::yaml;

/// Show the page of a check, or list all checks; needs no cluster
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Code or name of a check: PD0301 or selector-label-mismatch
    check: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let found = args.check.as_deref().map(|word| find(CHECKS, word)).transpose()?;
    let (style, headers) = (&context.style, !context.global.no_headers);
    let text = match (context.global.data_format("explain")?, found) {
        (DataFormat::Text, Some(check)) => page::page(check, style),
        (DataFormat::Text, None) => page::list(CHECKS, headers, style),
        (DataFormat::Json, found) => json(&data(found))?,
        (DataFormat::Yaml, found) => yaml(&data(found))?,
    };
    context.out.write(&text)?;
    Ok(Exit::Clean)
}

fn data(found: Option<&Check>) -> Value {
    match found {
        Some(check) => page::data(check, true),
        None => json!(CHECKS.iter().map(|check| page::data(check, false)).collect::<Vec<_>>()),
    }
}

/// A check by code or name, in any case.
fn find<'a>(checks: &[&'a Check], word: &str) -> Result<&'a Check, Error> {
    let same = |check: &&&Check| check.code.eq_ignore_ascii_case(word) || check.name.eq_ignore_ascii_case(word);
    if let Some(check) = checks.iter().find(same) {
        return Ok(check);
    }
    let codes = nearest(&word.to_ascii_uppercase(), checks.iter().map(|check| check.code));
    let names = nearest(&word.to_ascii_lowercase(), checks.iter().map(|check| check.name));
    let near = if word.to_ascii_uppercase().starts_with("PD") && !codes.is_empty() { codes } else { names };
    let help = if near.is_empty() { "explain without a code lists all checks".to_owned() } else { did_you_mean(&near) };
    Err(Error::usage(format!("there is no check {word:?}"), help))
}

#[cfg(test)]
mod tests {
    use prom_doctor_checks::report::Severity;

    use super::*;

    const CHECK: Check = Check {
        code: "PD0301",
        name: "selector-label-mismatch",
        summary: "a label of the monitor is not what the server's selector asks for",
        severity: Severity::Error,
        since: "0.1.0",
        reads: &[],
        explain: "# What\n",
        run: |_, _| {},
    };

    #[test]
    fn checks_are_found_by_code_and_name() {
        let checks = [&CHECK];
        assert_eq!(find(&checks, "pd0301").unwrap().code, "PD0301");
        assert_eq!(find(&checks, "Selector-Label-Mismatch").unwrap().code, "PD0301");
        let help = |word: &str| match find(&checks, word) {
            Err(Error::Usage { help, .. }) => help.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        assert_eq!(help("PD0302"), "did you mean PD0301?");
        assert_eq!(help("label-mismatch"), "did you mean selector-label-mismatch?");
        assert_eq!(help("zzz"), "explain without a code lists all checks");
    }
}
