//! `plan`: what applying manifests would do to the targets.

use std::path::Path;

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::plan::{Asking, plan};

use super::Context;
use super::against::Against;
use super::gather::gather_around;
use super::global::Threshold;
use super::lint::{Input, check_server_around, version};
use super::policy::Policy;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::{self, DataFormat, json::json, yaml::yaml};

/// Tell what applying manifests would do to the targets of every Prometheus; nothing is applied
///
/// The files are laid over the cluster, or over a snapshot of one, as `kubectl apply` would do it, and what the operator
/// and Prometheus make of that is worked out before and after. Exit code 1: a target is lost, an error is new, or the API
/// server would refuse an object.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  prom-doctor plan -f monitor.yaml\n  prom-doctor plan -f deploy/ -R --against snapshot.tgz\n  helm template shop . -n shop | prom-doctor plan -f - -n shop -o wide"
)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// What the files are applied to: cluster, or the path of a snapshot [default: --snapshot, else the cluster]
    #[arg(long, value_name = "cluster|PATH", value_parser = Against::parse)]
    pub(super) against: Option<Against>,
    /// Version of prometheus-operator, whatever runs
    #[arg(long, value_name = "VERSION", value_parser = version)]
    operator_version: Option<Version>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let format = context.global.data_format("plan")?;
    if context.global.selector.is_some() {
        let help = "-l chooses the monitors that audit asks about".to_owned();
        return Err(Error::usage("a plan is about everything that the files change", help));
    }
    if context.global.policy.write_baseline.is_some() {
        let help = "lint --against writes one".to_owned();
        return Err(Error::usage("a plan writes no baseline", help));
    }
    let paths: Vec<&Path> = args.input.given().filter(|path| *path != "-").map(Path::new).collect();
    let policy = Policy::read(context.global, &paths)?;
    let fails = policy.exit(Threshold::Error, context.global);
    let against = Against::or_usual(args.against.as_ref(), context.global)?;
    let (texts, unread) = args.input.texts(context)?;
    let (mut gathered, bundle) = gather_around(context, &against, true, |namespace| args.input.bundle(texts, namespace))?;
    check_server_around(&gathered, &bundle)?;
    gathered.world.operator_version = policy.operator_version(args.operator_version);
    let what = against.words(&gathered);
    let asking = Asking { against: &what, question: &gathered.question, policy: Some(policy.settings()) };
    let answer = plan(&gathered.world, &bundle, &asking, gathered.run());
    if context.global.quiet < 2 {
        let text = match format {
            DataFormat::Text => render::plan(&answer, context.global.detail(), &context.style),
            DataFormat::Json => json(&answer)?,
            DataFormat::Yaml => yaml(&answer)?,
        };
        context.out.write(&text)?;
    }
    let harmed = fails.fail_on.is_some_and(|least| answer.harms(least));
    let open = unread || fails.strict && answer.is_open();
    Ok(match harmed {
        true => Exit::Findings,
        false if open => Exit::NoAnswer,
        false => Exit::Clean,
    })
}
