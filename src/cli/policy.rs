//! What a project wants to hear: flags before the environment before `.prom-doctor.yaml`; and baselines.

use std::fs;
use std::path::{Path, PathBuf};

use prom_doctor_checks::files::Bundle;
use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::policy::{self, Asked, Baseline, Choice, Choices, Config, FailOn, Settings};
use prom_doctor_checks::report::{Report, Severity};
use prom_doctor_checks::text::count;
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::World;

use super::Context;
use super::global::{Global, Threshold};
use crate::error::Error;
use crate::exit;
use crate::render::text::clean;
use crate::system::{unread, unwritten};
use crate::write;

/// The file that is looked for.
const FILE: &str = ".prom-doctor.yaml";

/// Names another file.
const VARIABLE: &str = "PROM_DOCTOR_CONFIG";

const POLICY: &str = "Configuration";

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Flags {
    /// Configuration file [default: PROM_DOCTOR_CONFIG, then .prom-doctor.yaml here or above, up to the repository]
    #[arg(long, global = true, value_name = "FILE", help_heading = POLICY)]
    pub(super) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config", help_heading = POLICY)]
    pub(super) no_config: bool,
    /// Only these checks, by code, name or the beginning of codes: PD0301,PD13
    #[arg(long, global = true, value_name = "CODE", value_delimiter = ',', help_heading = POLICY)]
    pub(super) select: Vec<String>,
    /// Not these checks
    #[arg(long, global = true, value_name = "CODE", value_delimiter = ',', help_heading = POLICY)]
    pub(super) ignore: Vec<String>,
    /// Suppress nothing: as if there were no suppressions in comments, annotations and configuration
    #[arg(long, global = true, help_heading = POLICY)]
    pub(super) no_ignores: bool,
    /// Set aside the findings that this file knows
    #[arg(long, global = true, value_name = "FILE", help_heading = POLICY)]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings into this file, to be set aside from now on
    #[arg(long, global = true, value_name = "FILE", help_heading = POLICY)]
    pub(super) write_baseline: Option<PathBuf>,
}

/// What a run is held to.
#[derive(Debug)]
pub(super) struct Policy {
    settings: Settings,
    fail_on: Option<Threshold>,
    operator_version: Option<Version>,
    write: Option<PathBuf>,
}

impl Policy {
    /// Reads flags and configuration, before anything else is read: what is wrong with them ends the run. `near` are the
    /// files that are looked at; where there are none, the working folder says which configuration is meant.
    pub(super) fn read(global: &Global, near: &[&Path]) -> Result<Self, Error> {
        let flags = &global.policy;
        let config = configuration(flags, near)?;
        let select = choices(&flags.select, "--select")?;
        let ignore = choices(&flags.ignore, "--ignore")?;
        let choices = Choices { select: select.or(config.select), ignore: ignore.or(config.ignore).unwrap_or_default() };
        let baseline = flags.baseline.as_deref().map(read_baseline).transpose()?;
        if let Some(path) = &flags.write_baseline {
            check_overwrite(path)?;
        }
        let fail_on = if global.exit_zero { Some(Threshold::Never) } else { global.fail_on.or(config.fail_on.map(threshold)) };
        let settings = Settings {
            choices,
            severity: config.severity,
            suppressions: config.suppressions,
            suppress: !flags.no_ignores,
            baseline,
            today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        };
        let operator_version = config.operator_version.as_deref().and_then(Version::parse);
        Ok(Self { settings, fail_on, operator_version, write: flags.write_baseline.clone() })
    }

    /// The version of the operator that is judged by: what the flag says, else the configuration.
    pub(super) fn operator_version(&self, flag: Option<Version>) -> Option<Version> {
        flag.or(self.operator_version)
    }

    /// What of the findings is to be heard.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets aside what the project does not want to hear. `bundle` is what was linted.
    pub(super) fn apply(
        &self,
        report: &mut Report,
        world: &World,
        question: &Question,
        bundle: Option<&Bundle>,
        context: &mut Context<'_>,
    ) -> Result<(), Error> {
        let asked = Asked::from(question);
        let Some(path) = &self.write else {
            policy::apply(report, world, asked, &self.settings, bundle);
            return Ok(());
        };
        let mut found = report.clone();
        policy::apply(&mut found, world, asked, &self.settings, bundle);
        let file = path.display().to_string();
        let baseline = Baseline { file: file.clone(), known: policy::baseline(&found) };
        write::whole(path, baseline.text()?.as_bytes()).map_err(|error| {
            Error::no_answer(
                format!("{} cannot be written: {}", clean(&file), unwritten(&error)),
                "the folder must exist and be writable".to_owned(),
            )
        })?;
        if context.global.quiet == 0 {
            let known = count(baseline.known.len(), "finding");
            context.err.write(&format!("{known} written into {}\n", clean(&file)))?;
        }
        let settings = Settings { baseline: Some(baseline), ..self.settings.clone() };
        policy::apply(report, world, asked, &settings, bundle);
        Ok(())
    }

    /// What fails a run; `usual` where neither flags nor configuration say.
    pub(super) fn exit(&self, usual: Threshold, global: &Global) -> exit::Policy {
        exit::Policy { fail_on: self.fail_on.unwrap_or(usual).severity(), strict: global.strict }
    }
}

fn threshold(fail_on: FailOn) -> Threshold {
    match fail_on {
        FailOn::At(Severity::Error) => Threshold::Error,
        FailOn::At(Severity::Warning) => Threshold::Warning,
        FailOn::At(Severity::Info) => Threshold::Info,
        FailOn::Never => Threshold::Never,
    }
}

fn choices(words: &[String], flag: &str) -> Result<Option<Vec<Choice>>, Error> {
    let choice = |word: &String| {
        Choice::parse(word.trim()).map_err(|(message, help)| {
            let help = help.unwrap_or_else(|| "explain without a code lists all checks".to_owned());
            Error::usage(clean(&format!("{flag}: {message}")), help)
        })
    };
    let found: Vec<Choice> = words.iter().map(choice).collect::<Result<_, _>>()?;
    Ok((!found.is_empty()).then_some(found))
}

/// What the configuration file says; nothing where there is none.
fn configuration(flags: &Flags, near: &[&Path]) -> Result<Config, Error> {
    if flags.no_config {
        return Ok(Config::default());
    }
    let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let path = match flags.config.clone().or_else(variable) {
        Some(named) => named,
        None => match find(near)? {
            Some(found) => found,
            None => return Ok(Config::default()),
        },
    };
    let shown = clean(&path.display().to_string()).into_owned();
    let text = fs::read_to_string(&path).map_err(|error| {
        let help = format!("--config FILE or {VARIABLE} names another one, --no-config does without");
        Error::usage(format!("the configuration {shown} cannot be read: {}", unread(&error)), help)
    })?;
    policy::read(&text, &shown).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| clean(&format!("{shown}:{problem}")).into_owned()).collect();
        Error::usage(lines.join("\n"), "`prom-doctor schema config` prints the JSON Schema of this file".to_owned())
    })
}

/// The configuration of what is looked at: in its folder or above, up to the root of the repository.
fn find(near: &[&Path]) -> Result<Option<PathBuf>, Error> {
    let here = std::env::current_dir()
        .map_err(|error| Error::no_answer(format!("there is no working folder: {}", unread(&error)), None))?;
    let folder = |path: &&Path| {
        let whole = here.join(path);
        if whole.is_dir() { whole } else { whole.parent().map(Path::to_owned).unwrap_or(whole) }
    };
    let starts: Vec<PathBuf> = if near.is_empty() { vec![here.clone()] } else { near.iter().map(folder).collect() };
    let mut found: Vec<PathBuf> = Vec::new();
    for start in starts {
        if let Some(path) = above(&start).filter(|path| !found.contains(path)) {
            found.push(path);
        }
    }
    let shown = |path: &PathBuf| path.strip_prefix(&here).unwrap_or(path).to_owned();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(shown(one))),
        several => {
            let names: Vec<String> = several.iter().map(|path| clean(&shown(path).display().to_string()).into_owned()).collect();
            Err(Error::usage(
                format!("these files have several configurations: {}", names.join(", ")),
                "name one with --config FILE, or look at one project at a time".to_owned(),
            ))
        }
    }
}

fn above(start: &Path) -> Option<PathBuf> {
    // `..` in what was typed would be taken for a folder of that name.
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    for folder in start.ancestors() {
        let file = folder.join(FILE);
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn read_baseline(path: &Path) -> Result<Baseline, Error> {
    const HELP: &str = "--write-baseline FILE makes one of what is found";
    let shown = clean(&path.display().to_string()).into_owned();
    let text = fs::read_to_string(path)
        .map_err(|error| Error::usage(format!("the baseline {shown} cannot be read: {}", unread(&error)), HELP.to_owned()))?;
    Baseline::read(&text, &shown)
        .map_err(|error| Error::usage(clean(&format!("{shown} is no baseline: {error}")), "it is JSON; ".to_owned() + HELP))
}

/// Fails where a file would be lost that is no baseline.
fn check_overwrite(path: &Path) -> Result<(), Error> {
    let Ok(bytes) = fs::read(path) else { return Ok(()) };
    let is_baseline = std::str::from_utf8(&bytes).is_ok_and(|text| Baseline::read(text, "").is_ok());
    if bytes.is_empty() || is_baseline {
        return Ok(());
    }
    let shown = path.display().to_string();
    Err(Error::usage(
        format!("{} is there and is no baseline: it is not overwritten", clean(&shown)),
        "name another file, or remove it".to_owned(),
    ))
}
