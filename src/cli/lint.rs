//! `lint`: manifests before they are applied.

use std::path::Path;
use std::time::Instant;

use prom_doctor_checks::files::{Bundle, Reading, Settings, lint};
use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::wants::Question;

use super::global::Threshold;
use super::policy::Policy;
use super::{Context, show};
use crate::collect;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;

/// Judge manifests in files before they are applied: what is wrong with them whatever is in the cluster
///
/// No cluster is asked. What is not in the files may be in the cluster, so its absence is never held against them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lint -f deploy/\n  lint -f 'deploy/**/*.yaml'\n  helm template . | prom-doctor lint -f -")]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) input: Input,
    /// Version of prometheus-operator to judge by [default: the one in the files, else the newest known]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) operator_version: Option<Version>,
}

/// Which files are read.
#[derive(Debug, clap::Args)]
pub(super) struct Input {
    /// Files, folders, patterns; - is standard input
    #[arg(short, long, value_name = "PATH", value_delimiter = ',', required_unless_present = "paths")]
    pub(super) filename: Vec<String>,
    /// The same without -f
    #[arg(value_name = "PATH", hide = true)]
    pub(super) paths: Vec<String>,
    /// Look into folders inside folders, too
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "a version looks like 0.93.0".to_owned())
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let start = Instant::now();
    let global = context.global;
    if global.snapshot.is_some() {
        return Err(Error::usage("lint reads manifests, and --snapshot a dump of a cluster", "leave out one of them".to_owned()));
    }
    let paths: Vec<&Path> = args.input.given().filter(|path| *path != "-").map(Path::new).collect();
    let policy = Policy::read(global, &paths)?;
    let (bundle, unread) = args.input.read(context)?;
    let question = Question { namespace: None, ..global.question(None) };
    let configured = policy.operator_version.as_deref().and_then(Version::parse);
    let settings = Settings { operator_version: args.operator_version.or(configured), question };
    let operator = settings.operator(&bundle.world);
    let run = Run {
        mode: Mode::Files,
        context: Some(args.input.given().collect::<Vec<_>>().join(",")),
        observed_at: None,
        duration_ms: 0,
        operators: Vec::new(),
    };
    let mut report = lint(&bundle, &settings, run);
    report.run.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let texts: Vec<(&str, &str)> = bundle.files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    policy.apply(&mut report, &bundle.world, &settings.question, &texts, context)?;
    let against = format!("for operator {operator}; no cluster was asked");
    let exit = show::linted(&report, &bundle, &against, policy.exit(Threshold::Warning, global), context)?;
    // What could not be read might have had findings.
    Ok(if unread && exit == Exit::Clean { Exit::NoAnswer } else { exit })
}

impl Input {
    /// The paths as they were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &str> {
        self.filename.iter().chain(&self.paths).map(String::as_str)
    }

    /// Reads the files, and tells what of them could not be read.
    pub(super) fn read(&self, context: &mut Context<'_>) -> Result<(Bundle, bool), Error> {
        let given: Vec<String> = self.given().map(str::to_owned).collect();
        let texts = files::read(&given, self.recursive);
        let unread = !texts.failed.is_empty();
        let troubles = texts.failed.into_iter().map(|failed| Error::no_answer(clean(&failed.to_string()), failed.help));
        if texts.files.is_empty() {
            let mut troubles = troubles.collect::<Vec<_>>();
            let last = troubles.pop();
            for trouble in troubles {
                context.complain(&trouble)?;
            }
            return Err(last.unwrap_or_else(|| Error::usage("no file is named", "add -f PATH".to_owned())));
        }
        for trouble in troubles {
            context.complain(&trouble)?;
        }
        let names = texts.files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let namespace = context.global.namespace.clone().filter(|namespace| !namespace.is_empty());
        let bundle = Bundle::read(texts.files, &Reading { namespace, pem: Some(collect::read_pem) });
        if bundle.is_empty() {
            let place = clean(&prom_doctor_checks::text::list(&names, 3));
            return Err(Error::no_answer(
                format!("no Kubernetes object in {place}"),
                "an object has `apiVersion`, `kind` and `metadata`".to_owned(),
            ));
        }
        Ok((bundle, unread))
    }
}

fn clean(text: &str) -> String {
    crate::render::text::clean(text).into_owned()
}
