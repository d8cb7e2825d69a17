//! `lint --fix` and `lint --diff`: what can be mended is mended in the files, or shown.

use std::fs;
use std::path::Path;

use prom_doctor_checks::files::{Bundle, File};
use prom_doctor_checks::repair::{Options, Repaired, repair};
use prom_doctor_checks::report::Report;

use super::{Context, show};
use crate::error::Error;
use crate::exit::{self, Exit};
use crate::files::STREAM;
use crate::out::Out;
use crate::render::text::clean;
use crate::render::{Did, Format, diff, fixes};
use crate::system::{unread, unwritten};
use crate::write;

/// The names and texts of files.
type Files = Vec<(String, String)>;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Flags {
    /// Mend what is safe to mend: the files are written, standard input goes to standard output
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix or --diff: also what may change more than the finding says, such as labels, selectors and whole objects
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Write nothing, show as a unified diff what --fix would change; exit code 1 if it would change anything
    #[arg(long)]
    pub(super) diff: bool,
}

/// How a run goes on once everything is mended.
#[derive(Debug)]
pub(super) struct After<'a> {
    /// What the files were judged against.
    pub(super) against: &'a str,
    /// What fails the run.
    pub(super) fails: exit::Policy,
    /// Whether something could not be read, and so not be mended.
    pub(super) unread: bool,
}

impl Flags {
    /// Whether files are to be mended, or what would be is to be shown.
    pub(super) fn asked(self, context: &Context<'_>) -> Result<bool, Error> {
        let asked = self.fix || self.diff;
        if self.unsafe_fixes && !asked {
            let help = "--fix makes the fixes, --diff shows them".to_owned();
            return Err(Error::usage("--unsafe-fixes alone fixes nothing", help));
        }
        if asked && context.global.policy.write_baseline.is_some() {
            let help = "fix first, then write a baseline of what is left".to_owned();
            return Err(Error::usage("a baseline of what is about to be fixed is worth nothing", help));
        }
        Ok(asked)
    }

    /// Mends files. `judge` reads and judges them.
    pub(super) fn run(
        self,
        files: Files,
        after: &After<'_>,
        context: &mut Context<'_>,
        mut judge: impl FnMut(Files, &mut Context<'_>) -> Result<(Bundle, Report), Error>,
    ) -> Result<Exit, Error> {
        let options = Options { unsafe_too: self.unsafe_fixes, passing: Some(STREAM.to_owned()) };
        let repaired = repair(files.clone(), &options, |files| judge(files, context))?;
        let changed: Vec<Changed<'_>> = files
            .iter()
            .zip(&repaired.files)
            .filter(|((_, old), (_, new))| old != new)
            .map(|((name, old), (_, new))| Changed { name, old, new })
            .collect();
        if self.diff {
            return differences(&repaired, &changed, after, context);
        }
        let mut unwritten = false;
        for changed in changed.iter().filter(|changed| changed.name != STREAM) {
            if let Err(error) = changed.write() {
                unwritten = true;
                context.complain(&error)?;
            }
        }
        let piped = repaired.files.iter().find(|(name, _)| name == STREAM);
        let exit = match piped {
            None => tell(&repaired, after, context)?,
            // Who pipes wants the text, and nothing else, at the other end.
            Some((_, text)) => {
                context.out.write(text)?;
                let mut spare = Out::stderr();
                let style = context.error_style();
                tell(&repaired, after, &mut Context { global: context.global, style, out: context.err, err: &mut spare })?
            }
        };
        Ok(if unwritten { Exit::NoAnswer } else { exit })
    }
}

/// Says what was fixed, and shows what is left.
fn tell(repaired: &Repaired, after: &After<'_>, context: &mut Context<'_>) -> Result<Exit, Error> {
    let people = matches!(context.global.output, Format::Human | Format::Wide);
    let said = context.global.quiet == 0;
    if said && !people {
        // What a program reads stays what it is.
        context.err.write(&fixes(repaired, Did::Fixed, &context.error_style()))?;
    }
    let exit = show::linted(&repaired.report, &repaired.bundle, after.against, after.fails, context)?;
    if said && people {
        context.out.write(&fixes(repaired, Did::Fixed, &context.style))?;
    }
    Ok(if after.unread && exit == Exit::Clean { Exit::NoAnswer } else { exit })
}

/// Shows what would change.
fn differences(
    repaired: &Repaired,
    changed: &[Changed<'_>],
    after: &After<'_>,
    context: &mut Context<'_>,
) -> Result<Exit, Error> {
    for Changed { name, old, new } in changed {
        let file = |text: &str| File::new((*name).to_owned(), text.to_owned());
        context.out.write(&diff(&file(old), &file(new), &context.style))?;
    }
    if context.global.quiet == 0 {
        let text = fixes(repaired, Did::WouldFix, &context.error_style());
        context.err.write(&text)?;
    }
    Ok(match changed {
        [_, ..] if after.fails.fail_on.is_some() => Exit::Findings,
        _ if after.unread => Exit::NoAnswer,
        _ => Exit::Clean,
    })
}

/// A file with another text than it had.
struct Changed<'a> {
    name: &'a str,
    old: &'a str,
    new: &'a str,
}

impl Changed<'_> {
    /// Writes the file, if it still is what was read.
    fn write(&self) -> Result<(), Error> {
        let path = Path::new(self.name);
        let refused = |why: &str, help: &str| Error::no_answer(format!("{} {why}", clean(self.name)), Some(help.to_owned()));
        let now = fs::read(path)
            .map_err(|error| refused(&format!("cannot be read again: {}", unread(&error)), "nothing was written"))?;
        if now.starts_with(b"\xff\xfe") || now.starts_with(b"\xfe\xff") {
            return Err(refused("is UTF-16, and is not written", "convert it to UTF-8 first"));
        }
        if now != self.old.as_bytes() {
            return Err(refused("has changed since it was read, and is not written", "run it again"));
        }
        write::whole(path, self.new.as_bytes()).map_err(|error| {
            refused(&format!("cannot be written: {}", unwritten(&error)), "it is as it was; --diff shows what would change")
        })
    }
}
