//! `lint`: manifests before they are applied.

use std::path::Path;
use std::time::Instant;

use prom_doctor_checks::files::{Bundle, Reading, Settings, Standing, apply, lint, lint_against};
use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::overlay::Says;
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::wants::Question;

use super::against::Against;
use super::audit::check_server;
use super::gather::{Gathered, gather_around};
use super::global::Threshold;
use super::policy::Policy;
use super::{Context, fix, show};
use crate::collect;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;

/// Judge manifests in files before they are applied: what is wrong with them whatever is in the cluster
///
/// No cluster is asked. What is not in the files may be in the cluster, so its absence is never held against them.
///
/// With --against the files are judged as if they were applied to a cluster, or to a snapshot of one: then what they do to
/// monitors beside theirs is told as well, and what is missing is missing. Nothing is applied.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  prom-doctor lint -f deploy/\n  prom-doctor lint -f 'deploy/**/*.yaml'\n  helm template . | prom-doctor lint -f -\n  kubectl kustomize overlays/prod | prom-doctor lint -f -\n  prom-doctor lint -f monitor.yaml --against cluster\n  prom-doctor lint -f deploy/ --fix"
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) input: Input,
    /// Version of prometheus-operator to judge by [default: the one in the files, else the newest known]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) operator_version: Option<Version>,
    /// Judge the files as if they were applied to this: cluster, or the path of a snapshot
    #[arg(long, value_name = "cluster|PATH", value_parser = Against::parse)]
    pub(super) against: Option<Against>,
    /// Also tell, and count, what was wrong before and has nothing to do with the files
    #[arg(long, requires = "against")]
    pub(super) show_standing: bool,
    #[command(flatten)]
    pub(super) fix: fix::Flags,
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
    /// Files without any Kubernetes object are no failure: a hook gets whatever was changed
    #[arg(long)]
    pub(super) allow_empty: bool,
}

pub(super) fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "a version looks like 0.93.0".to_owned())
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    if let Some(against) = &args.against {
        return on_top(args, &Against::or_usual(Some(against), context.global)?, context);
    }
    let start = Instant::now();
    let global = context.global;
    if global.snapshot.is_some() {
        let help = "--against PATH judges the files as if they were applied to a dump".to_owned();
        return Err(Error::usage("lint reads manifests, and --snapshot a dump of a cluster", help));
    }
    let paths: Vec<&Path> = args.input.given().filter(|path| *path != "-").map(Path::new).collect();
    let policy = Policy::read(global, &paths)?;
    let (bundle, unread) = args.input.read(context)?;
    let question = Question { namespace: None, ..global.question(None) };
    let settings = Settings { operator_version: policy.operator_version(args.operator_version), question };
    let operator = settings.operator(&bundle.world);
    let run = Run {
        mode: Mode::Files,
        context: Some(args.input.given().collect::<Vec<_>>().join(",")),
        observed_at: None,
        duration_ms: 0,
        operators: Vec::new(),
    };
    let against = format!("for operator {operator}; no cluster was asked");
    let fails = policy.exit(Threshold::Warning, global);
    if args.fix.asked(context)? {
        let texts = bundle.files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        let after = fix::After { against: &against, fails, unread };
        return args.fix.run(texts, &after, context, |texts, context| {
            let reading = reading(named(context), &texts);
            let bundle = Bundle::read(texts, &reading);
            let mut report = lint(&bundle, &settings, run.clone());
            report.run.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            policy.apply(&mut report, &bundle.world, &settings.question, Some(&bundle), context)?;
            Ok((bundle, report))
        });
    }
    let mut report = lint(&bundle, &settings, run);
    report.run.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    policy.apply(&mut report, &bundle.world, &settings.question, Some(&bundle), context)?;
    let exit = show::linted(&report, &bundle, &against, fails, context)?;
    // What could not be read might have had findings.
    Ok(if unread && exit == Exit::Clean { Exit::NoAnswer } else { exit })
}

/// How manifests are read; those that name no namespace get this one.
fn reading(namespace: Option<String>, texts: &[(String, String)]) -> Reading {
    let folder = std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    Reading { namespace, pem: Some(collect::read_pem), kustomizations: files::kustomizations(texts), folder }
}

/// The namespace that the user names.
fn named(context: &Context<'_>) -> Option<String> {
    context.global.namespace.clone().filter(|namespace| !namespace.is_empty())
}

impl Input {
    /// The paths as they were given.
    pub(super) fn given(&self) -> impl Iterator<Item = &str> {
        self.filename.iter().chain(&self.paths).map(String::as_str)
    }

    /// Reads the files, and tells what of them could not be read.
    pub(super) fn read(&self, context: &mut Context<'_>) -> Result<(Bundle, bool), Error> {
        let namespace = named(context);
        let (texts, unread) = self.texts(context)?;
        Ok((self.bundle(texts, namespace)?, unread))
    }

    /// The texts of the files, by name; and whether some could not be read, which is told.
    pub(super) fn texts(&self, context: &mut Context<'_>) -> Result<(Vec<(String, String)>, bool), Error> {
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
        Ok((texts.files, unread))
    }

    /// The objects in texts; those that name no namespace get this one.
    pub(super) fn bundle(&self, texts: Vec<(String, String)>, namespace: Option<String>) -> Result<Bundle, Error> {
        let names = texts.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let reading = reading(namespace, &texts);
        let bundle = Bundle::read(texts, &reading);
        if bundle.is_empty() && !self.allow_empty {
            let place = clean(&prom_doctor_checks::text::list(&names, 3));
            return Err(Error::no_answer(
                format!("no Kubernetes object in {place}"),
                "an object has `apiVersion`, `kind` and `metadata`".to_owned(),
            ));
        }
        Ok(bundle)
    }
}

/// Judges the files as if they were applied.
fn on_top(args: &Args, against: &Against, context: &mut Context<'_>) -> Result<Exit, Error> {
    let global = context.global;
    let paths: Vec<&Path> = args.input.given().filter(|path| *path != "-").map(Path::new).collect();
    let policy = Policy::read(global, &paths)?;
    let (texts, unread) = args.input.texts(context)?;
    let fix = args.fix.asked(context)?;
    let mut home = None;
    let (mut gathered, bundle) = gather_around(context, against, false, |namespace| {
        home.clone_from(&namespace);
        args.input.bundle(texts, namespace)
    })?;
    check_server_around(&gathered, &bundle)?;
    gathered.world.operator_version = policy.operator_version(args.operator_version);
    let (world, question) = (&gathered.world, &gathered.question);
    let standing = if args.show_standing { Standing::Told } else { Standing::Counted };
    let judge = |bundle: &Bundle, context: &mut Context<'_>| {
        let laid = apply(world, bundle, question.grace);
        let mut report = lint_against(bundle, world, &laid, question, standing, gathered.run());
        policy.apply(&mut report, &laid.world, question, Some(bundle), context)?;
        Ok::<_, Error>((laid, report))
    };
    let fails = policy.exit(Threshold::Warning, global);
    let what = format!("as if applied to {}; nothing was applied", against.words(&gathered));
    let (mut overlay, report) = judge(&bundle, context)?;
    let exit = if fix {
        let texts = bundle.files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        args.fix.run(texts, &fix::After { against: &what, fails, unread }, context, |texts, context| {
            let reading = reading(home.clone(), &texts);
            let bundle = Bundle::read(texts, &reading);
            let (laid, report) = judge(&bundle, context)?;
            overlay = laid;
            Ok((bundle, report))
        })?
    } else {
        show::linted(&report, &bundle, &what, fails, context)?
    };
    for refused in overlay.untold() {
        context.complain(&Error::no_answer(clean(&format!("{} would be refused: {}", refused.object, refused.why)), None))?;
    }
    for note in overlay.notes.iter().filter(|note| note.says != Says::Remark) {
        let server = note.server.as_ref().map(|server| format!("{server}: ")).unwrap_or_default();
        context.complain(&Error::no_answer(clean(&format!("{server}{}", note.text)), None))?;
    }
    Ok(match exit {
        Exit::Clean if overlay.untold().next().is_some() && fails.fail_on.is_some() => Exit::Findings,
        Exit::Clean if unread => Exit::NoAnswer,
        exit => exit,
    })
}

/// Fails where the server that was asked about is neither there nor in the files.
pub(super) fn check_server_around(gathered: &Gathered, bundle: &Bundle) -> Result<(), Error> {
    let brought = |(namespace, name): &(String, String)| bundle.world.servers.get(namespace, name).is_some();
    if gathered.question.server.as_ref().is_some_and(brought) { Ok(()) } else { check_server(gathered) }
}

fn clean(text: &str) -> String {
    crate::render::text::clean(text).into_owned()
}
