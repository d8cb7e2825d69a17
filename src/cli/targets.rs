//! `targets`: what a job scrapes, what it does not, and which rule and field decide.

use prom_doctor_checks::targets::{Options, targets};
use prom_doctor_checks::wants::Live;
use prom_doctor_checks::world::Kind;

use super::Context;
use super::audit::check_server;
use super::gather::gather;
use super::name::{self, check_namespace, not_found, seen};
use super::why::{about, check_one_namespace};
use crate::error::Error;
use crate::exit::Exit;
use crate::render::{self, DataFormat, json::json, yaml::yaml};

/// List the targets that monitors have, with their labels; with --live, beside them those that Prometheus has, whether they
/// answer, and why not; with --trace, which rule and field decide
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  targets servicemonitor/api -n shop\n  targets smon/api -n shop --dropped\n  targets smon/api -n shop --trace\n  targets smon/api -n shop --trace=10.0.3.7\n  targets smon/api -n shop --live\n  targets -A --prometheus monitoring/k8s"
)]
pub(super) struct Args {
    /// Whose targets: TYPE/NAME or TYPE NAME of a monitor [default: all monitors asked about]
    #[arg(num_args = 0..=2, value_name = "TYPE/NAME")]
    object: Vec<String>,
    /// List what is discovered and not scraped too
    #[arg(long)]
    dropped: bool,
    /// Follow one target through every rule: one whose address, pod or object holds TEXT [default: the most telling]
    #[arg(long, value_name = "TEXT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    trace: Option<String>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let format = context.global.data_format("targets")?;
    let asked = match args.object.as_slice() {
        [] => None,
        words => Some(name::object(words)?),
    };
    if let Some((kind, _)) = asked.as_ref().filter(|(kind, _)| !is_monitor(*kind)) {
        let help = "servicemonitor, podmonitor, probe and scrapeconfig have targets".to_owned();
        return Err(Error::usage(format!("a {kind} has no targets of its own"), help));
    }
    if asked.is_some() {
        check_one_namespace(context)?;
    }
    let gathered = gather(context, |question, world| {
        question.jobs = true;
        asked.as_ref().map_or(Ok(()), |(kind, name)| about(question, world, *kind, name))
    })?;
    let (world, question) = (&gathered.world, &gathered.question);
    check_namespace(world, question.namespace.as_deref())?;
    check_server(&gathered)?;
    let live = question.live != Live::No;
    let options = Options { dropped: args.dropped, trace: args.trace.clone(), live };
    let list = targets(world, question, &options, gathered.run());
    if let Some(id) = question.about.as_ref().filter(|_| list.jobs.is_empty()) {
        if !seen(world, id.kind).contains(id) {
            return Err(not_found(world, id));
        }
        let none = "no job of it lies in a Secret that was seen, and none can be worked out";
        let help = match id.kind {
            Kind::Probe | Kind::ScrapeConfig => format!("{none}: no server selects it, or the operator's version is not known"),
            kind => format!("{none}; ask `why {}/{} -n {}`", kind.name().to_lowercase(), id.name, id.namespace),
        };
        return Err(Error::no_answer(format!("the job of {id} is not known"), Some(help)));
    }
    if list.jobs.is_empty() && world.monitors.iter().any(|monitor| question.asks(monitor)) {
        let help =
            "no Secret of a server was seen, and what the operator would write follows from its version, which is not known";
        return Err(Error::no_answer("no job of these monitors is known", Some(help.to_owned())));
    }
    if let Some(text) = args.trace.as_ref().filter(|text| !text.is_empty() && list.jobs.iter().all(|job| job.trace.is_none())) {
        let help = "targets --dropped lists what is discovered".to_owned();
        return Err(Error::not_found(format!("no address, pod or object that is discovered holds {text:?}"), Some(help)));
    }
    if context.global.quiet < 2 {
        let text = match format {
            DataFormat::Text => render::targets(&list, &context.style),
            DataFormat::Json => json(&list)?,
            DataFormat::Yaml => yaml(&list)?,
        };
        context.out.write(&text)?;
    }
    let open = list.jobs.iter().any(|job| job.unknown > 0 || !job.notes.is_empty());
    Ok(if open && context.global.strict { Exit::NoAnswer } else { Exit::Clean })
}

fn is_monitor(kind: Kind) -> bool {
    matches!(kind, Kind::ServiceMonitor | Kind::PodMonitor | Kind::Probe | Kind::ScrapeConfig)
}
