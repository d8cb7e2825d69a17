//! `pipeline`: the nine steps by which a change becomes effective, and where it is stuck.

use prom_doctor_checks::pipeline::{PipelineState, pipelines};
use prom_doctor_checks::wants::Live;
use prom_doctor_checks::world::Kind;

use super::Context;
use super::audit::check_server;
use super::gather::gather;
use super::global::Threshold;
use super::name::{self, check_namespace};
use crate::error::Error;
use crate::exit::Exit;
use crate::render::{self, DataFormat, json::json, yaml::yaml};

/// Follow a change through nine steps: saved, seen and translated by the operator, written, mounted, unpacked, reloaded,
/// discovered, scraped
///
/// Tells for each Prometheus which steps are passed, since when, what shows it, and what to expect next. Exit code 1: it
/// is stuck at a step; 3: nothing is known to be stuck, and some step is not known.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pipeline\n  pipeline prometheus/k8s -n monitoring\n  pipeline -o wide\n  pipeline prometheus/k8s --prometheus-url http://localhost:9090"
)]
pub(super) struct Args {
    /// Which server: prometheus/NAME or prometheusagent/NAME [default: all, or those of -n]
    #[arg(num_args = 0..=2, value_name = "TYPE/NAME")]
    object: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let global = context.global;
    let format = global.data_format("pipeline")?;
    let asked = match args.object.as_slice() {
        [] => None,
        words => Some(name::object(words)?),
    };
    if let Some((kind, _)) = asked.as_ref().filter(|(kind, _)| !matches!(kind, Kind::Prometheus | Kind::PrometheusAgent)) {
        let help = "prometheus and prometheusagent have steps; `why` and `wait` follow a monitor".to_owned();
        return Err(Error::usage(format!("a {kind} is no server"), help));
    }
    if asked.is_some() && global.prometheus.is_some() {
        return Err(Error::usage("the server is named twice", "leave out --prometheus".to_owned()));
    }
    if global.selector.is_some() {
        let help = "-l chooses the monitors that audit asks about".to_owned();
        return Err(Error::usage("a server's steps are those of all of its monitors", help));
    }
    let own = global.namespace.clone().filter(|_| !global.all_namespaces);
    let live = global.running.asks(Live::All);
    let mut gathered = gather(context, |question, _| {
        // Its monitors are anywhere; a namespace says where the server is.
        question.namespace = None;
        question.live = live;
        if let Some((_, name)) = &asked {
            question.server = Some((own.clone().unwrap_or_default(), name.clone()));
        }
        Ok(())
    })?;
    check_namespace(&gathered.world, own.as_deref().filter(|_| asked.is_none()))?;
    check_server(&gathered)?;
    gathered.question.namespace = own.filter(|_| asked.is_none());
    let run = gathered.run();
    let mut answer = pipelines(&gathered.world, &gathered.question, run);
    if let Some((kind, _)) = &asked {
        answer.servers.retain(|pipeline| pipeline.server.kind == kind.name());
    }
    if answer.servers.is_empty() {
        return Err(nothing(&gathered.world, &gathered.question, asked.as_ref()));
    }
    if context.global.quiet < 2 {
        let text = match format {
            DataFormat::Text => render::pipelines(&answer, context.global.detail(), &context.style),
            DataFormat::Json => json(&answer)?,
            DataFormat::Yaml => yaml(&answer)?,
        };
        context.out.write(&text)?;
    }
    let fails = !context.global.exit_zero && context.global.fail_on != Some(Threshold::Never);
    let any = |state: PipelineState| answer.servers.iter().any(|pipeline| pipeline.state == state);
    Ok(match () {
        () if fails && any(PipelineState::Stuck) => Exit::Findings,
        () if any(PipelineState::Unknown) => Exit::NoAnswer,
        () => Exit::Clean,
    })
}

/// There is no server to tell of.
fn nothing(
    world: &prom_doctor_checks::world::World,
    question: &prom_doctor_checks::wants::Question,
    asked: Option<&(Kind, String)>,
) -> Error {
    if let Some((kind, name)) = asked {
        let namespace = question.server.as_ref().map(|(namespace, _)| namespace.clone()).unwrap_or_default();
        return name::not_found(world, &prom_doctor_checks::world::ObjectId::new(*kind, namespace, name));
    }
    let kinds = [Kind::Prometheus, Kind::PrometheusAgent];
    if let Some(unseen) = kinds.into_iter().find_map(|kind| world.sight.whole(kind, question.namespace.as_deref()).err()) {
        return Error::no_answer(format!("no Prometheus was seen, and not all could be seen: {unseen}"), None);
    }
    let place = question.namespace.as_ref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    Error::not_found(format!("there is no Prometheus and no PrometheusAgent{place}"), None)
}
