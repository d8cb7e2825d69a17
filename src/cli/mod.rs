//! The command line: one file per command, each with its arguments and a `run` that wires collecting, judging
//! and rendering together.

mod against;
mod audit;
mod config;
mod explain;
mod fix;
mod gather;
mod global;
mod help;
mod lint;
mod name;
mod pipeline;
mod plan;
mod policy;
mod progress;
mod reports;
mod schema;
mod selector;
mod show;
mod targets;
mod version;
mod wait;
mod why;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::against::Against;
use self::global::Global;
use crate::error::{self, Error};
use crate::exit::Exit;
use crate::out::Out;
use crate::render::text::clean_lines;
use crate::render::{Style, colour, width};

/// Explains why a target of prometheus-operator is missing, link by link.
///
/// Without a command: audit of the current namespace.
///
/// It only reads: get and list, nothing is ever written to the cluster. No telemetry; nothing is sent to anybody
/// but your API server, and with lint, --snapshot, explain, schema and version not even that.
#[derive(Debug, Parser)]
#[command(name = "prom-doctor", version, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 nothing found, 1 findings, 2 wrong usage, 3 no answer, 130 interrupted.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::Args),
    Why(why::Args),
    Wait(wait::Args),
    Targets(targets::Args),
    Pipeline(pipeline::Args),
    Plan(plan::Args),
    Config(config::Args),
    Lint(lint::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Version(version::Args),
}

impl Command {
    /// What files are laid over, for the commands that do that and where it is said.
    fn against(&self) -> Option<&Against> {
        match self {
            Self::Lint(args) => args.against.as_ref(),
            Self::Plan(args) => args.against.as_ref(),
            _ => None,
        }
    }
}

/// What every command gets.
struct Context<'a> {
    global: &'a Global,
    style: Style,
    out: &'a mut Out,
    err: &'a mut Out,
}

impl Context<'_> {
    /// How to write to standard error.
    fn error_style(&self) -> Style {
        error_style(self.global.color, self.style.ascii, &self.style.program)
    }

    /// Shows an error that does not end the run.
    fn complain(&mut self, error: &Error) -> Result<(), Error> {
        if self.global.quiet < 2 {
            let style = self.error_style();
            self.err.write(&error::render(error, &style))?;
        }
        Ok(())
    }
}

/// Runs the program; whatever happens becomes an exit code.
pub fn main(args: Vec<OsString>, out: &mut Out, err: &mut Out) -> Exit {
    let program = program(args.first());
    let choice = asked_colour(&args);
    let stdout = decide(choice, std::io::stdout().is_terminal());
    colour::push(stdout);
    let parsed = command(&program).try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(stop) => return clap_stop(&stop, choice, stdout, out, err),
    };
    let ascii = cli.global.ascii || width::plain_locale(|name| std::env::var(name).ok());
    let style = Style { colour: stdout, ascii, width: width::of_stdout(), program: program.clone() };
    let quiet = cli.global.quiet;
    start_log(cli.global.verbosity());
    let mut context = Context { global: &cli.global, style, out, err };
    match run(cli.command.as_ref(), &mut context) {
        Ok(exit) => exit,
        Err(error) => {
            if quiet < 2 {
                let text = error::render(&error, &error_style(choice, ascii, &program));
                // Where even standard error is gone, the exit code is all that is left to say.
                let _ = context.err.write(&text);
            }
            error.exit()
        }
    }
}

fn run(command: Option<&Command>, context: &mut Context<'_>) -> Result<Exit, Error> {
    let against = command.and_then(Command::against);
    context.global.check(against)?;
    match command {
        None => audit::run(context),
        Some(Command::Audit(_)) => audit::run(context),
        Some(Command::Why(args)) => why::run(args, context),
        Some(Command::Wait(args)) => wait::run(args, context),
        Some(Command::Targets(args)) => targets::run(args, context),
        Some(Command::Pipeline(args)) => pipeline::run(args, context),
        Some(Command::Plan(args)) => plan::run(args, context),
        Some(Command::Config(args)) => config::run(args, context),
        Some(Command::Lint(args)) => lint::run(args, context),
        Some(Command::Explain(args)) => explain::run(args, context),
        Some(Command::Schema(args)) => schema::run(args, context),
        Some(Command::Version(_)) => version::run(context),
    }
}

fn command(program: &str) -> clap::Command {
    help::tailored(Cli::command()).bin_name(program).color(clap::ColorChoice::Auto)
}

/// What the user types: `kubectl prom-doctor` where kubectl called us. kubectl turns the dashes of a plugin's
/// file name into spaces and takes underscores for dashes.
fn program(arg: Option<&OsString>) -> String {
    let file = arg.and_then(|arg| Path::new(arg).file_stem()).map(|file| file.to_string_lossy().into_owned());
    match file.as_deref().and_then(|file| file.strip_prefix("kubectl-")) {
        Some(plugin) if !plugin.is_empty() => format!("kubectl {}", plugin.replace('-', " ").replace('_', "-")),
        _ => "prom-doctor".to_owned(),
    }
}

/// What `--color` says, before anything is parsed: help and complaints about usage are coloured too.
fn asked_colour(args: &[OsString]) -> colour::Choice {
    let mut choice = colour::Choice::Auto;
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--");
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix("--color") {
            Some("") => args.next(),
            Some(rest) => rest.strip_prefix('=').map(|value| value.to_owned().into()),
            None => continue,
        };
        if let Some(value) = value.and_then(|value| <colour::Choice as clap::ValueEnum>::from_str(&value, false).ok()) {
            choice = value;
        }
    }
    choice
}

fn decide(choice: colour::Choice, terminal: bool) -> bool {
    colour::decide(choice, terminal, |name| std::env::var(name).ok())
}

/// How errors are written: standard error decides for itself.
fn error_style(choice: colour::Choice, ascii: bool, program: &str) -> Style {
    let terminal = std::io::stderr().is_terminal();
    let width = terminal.then(|| width::of_stdout().unwrap_or(80));
    Style { colour: decide(choice, terminal), ascii, width, program: program.to_owned() }
}

/// Help and version go to standard output and are no failure; everything else that clap says is wrong usage.
fn clap_stop(stop: &clap::Error, choice: colour::Choice, stdout: bool, out: &mut Out, err: &mut Out) -> Exit {
    let asked = !stop.use_stderr();
    let coloured = if asked { stdout } else { decide(choice, std::io::stderr().is_terminal()) };
    // clap repeats what was typed, and takes only some escapes out of it.
    let plain = stop.render().to_string();
    let shown = clean_lines(&plain);
    let text = if coloured && shown == plain { stop.render().ansi().to_string() } else { shown };
    let stream = if asked { out } else { err };
    match stream.write(&text) {
        Ok(()) if asked => Exit::Clean,
        Ok(()) => Exit::Usage,
        Err(_) => Exit::NoAnswer,
    }
}

/// What the program does, on standard error, for those who ask with `-v`. kube's client writes request and
/// response bodies at its deeper levels, and these hold Secrets: it may only say what went wrong.
fn start_log(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => "info",
        2..=4 => "debug",
        _ => "trace",
    };
    let filter = format!("warn,prom_doctor={level},prom_doctor_checks={level},kube_client=error,kube=error");
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .compact();
    // A second run in the same process (tests) keeps the first subscriber.
    let _ = subscriber.try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        command("prom-doctor").debug_assert();
    }

    #[test]
    fn the_program_is_called_as_it_was_typed() {
        let name = |text: &str| program(Some(&OsString::from(text)));
        assert_eq!(name("/usr/bin/kubectl-prom_doctor"), "kubectl prom-doctor");
        assert_eq!(name("prom-doctor"), "prom-doctor");
        assert_eq!(name("/x/kubectl-"), "prom-doctor");
        assert_eq!(program(None), "prom-doctor");
    }

    #[test]
    fn colour_is_known_before_parsing() {
        let asked = |words: &str| asked_colour(&words.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(asked("p --color=never audit"), colour::Choice::Never);
        assert_eq!(asked("p audit --color always"), colour::Choice::Always);
        assert_eq!(asked("p -- --color=always"), colour::Choice::Auto);
    }
}
