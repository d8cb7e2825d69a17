//! `why`: one monitor, or one application.

use prom_doctor_checks::diagnose;
use prom_doctor_checks::report::Ref;
use prom_doctor_checks::wants::{Live, Question};
use prom_doctor_checks::world::{Kind, ObjectId, Seen, World};

use super::audit::check_server;
use super::gather::gather;
use super::global::Threshold;
use super::name::{self, did_you_mean, not_found, seen};
use super::policy::Policy;
use super::{Context, show};
use crate::error::Error;
use crate::exit::{Asked, Exit};

/// Explain one monitor link by link, or which monitors reach a pod, Service or workload
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  why servicemonitor/api -n shop\n  why pod api-7d9 -n shop\n  why deployment/api")]
pub(super) struct Args {
    /// What to explain: TYPE/NAME or TYPE NAME
    #[arg(required = true, num_args = 1..=2, value_name = "TYPE/NAME")]
    object: Vec<String>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let (kind, name) = name::object(&args.object)?;
    let asked = asked(kind)?;
    check_one_namespace(context)?;
    let policy = Policy::read(context.global, &[])?;
    let running = &context.global.running;
    let gathered = gather(context, |question, world| {
        question.live = running.asks(Live::Targets);
        about(question, world, kind, &name)
    })?;
    let world = &gathered.world;
    let Some(id) = gathered.question.about.clone() else {
        return Err(Error::usage("nothing is asked about", None));
    };
    let there = seen(world, kind).contains(&id);
    if !there && !explains_absence(world, &id) {
        name::check_namespace(world, Some(&id.namespace))?;
        return Err(not_found(world, &id));
    }
    check_server(&gathered)?;
    let mut report = diagnose(world, &gathered.question, gathered.run());
    let own = Ref::from(&id);
    let speaks = report.findings.iter().any(|finding| finding.subject == own || finding.affects.contains(&own));
    if report.subjects.is_empty() && report.app.is_none() && !speaks {
        return Err(not_found(world, &id));
    }
    policy.apply(&mut report, world, &gathered.question, None, context)?;
    show::report(&report, asked, policy.exit(Threshold::Error, context.global), context)
}

/// Whether a kind is a monitor that is judged, or an application.
fn asked(kind: Kind) -> Result<Asked, Error> {
    match kind {
        Kind::ServiceMonitor | Kind::PodMonitor => Ok(Asked::Monitor),
        Kind::Pod
        | Kind::Service
        | Kind::Deployment
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicaSet
        | Kind::Job
        | Kind::CronJob => Ok(Asked::App),
        Kind::Probe | Kind::ScrapeConfig | Kind::PrometheusRule => Err(Error::usage(
            format!("why does not follow a {kind} yet"),
            "audit says whether a server takes it; ServiceMonitors and PodMonitors are followed link by link".to_owned(),
        )),
        _ => Err(Error::usage(
            format!("why does not explain a {kind}"),
            "it explains servicemonitor, podmonitor, pod, service, deployment, statefulset, daemonset, replicaset, job and cronjob".to_owned(),
        )),
    }
}

/// An absent monitor that a diagnosis has something to say about: its kind is not served, it is there in a look-alike
/// group, or it is there and malformed.
fn explains_absence(world: &World, id: &ObjectId) -> bool {
    let monitor = matches!(id.kind, Kind::ServiceMonitor | Kind::PodMonitor);
    let not_served = world.sight.of(id.kind, Some(&id.namespace)) == Seen::NotServed;
    let look_alike = world.foreign.iter().any(|foreign| {
        foreign.kind == id.kind.name() && foreign.metadata.namespace == id.namespace && foreign.metadata.name == id.name
    });
    monitor && (not_served || look_alike) || world.malformed.iter().any(|malformed| malformed.id.as_ref() == Some(id))
}

/// Fails where a name is asked about in all namespaces of a cluster.
pub(super) fn check_one_namespace(context: &Context<'_>) -> Result<(), Error> {
    if context.global.all_namespaces && context.global.snapshot.is_none() {
        return Err(Error::usage("a name is asked about in one namespace", "leave out -A, and give -n NAMESPACE".to_owned()));
    }
    Ok(())
}

/// Makes a question one about a single object.
pub(super) fn about(question: &mut Question, world: Option<&World>, kind: Kind, name: &str) -> Result<(), Error> {
    let id = match world {
        Some(world) => in_snapshot(world, question, kind, name)?,
        None => ObjectId::new(kind, question.namespace.clone().unwrap_or_default(), name),
    };
    question.namespace = Some(id.namespace.clone());
    question.about = Some(id);
    Ok(())
}

/// A dump has no current namespace: without `-n` a name means the only object of that name.
fn in_snapshot(world: &World, question: &Question, kind: Kind, name: &str) -> Result<ObjectId, Error> {
    if let Some(namespace) = &question.namespace {
        return Ok(ObjectId::new(kind, namespace, name));
    }
    let foreign = world.foreign.iter().filter(|foreign| foreign.kind == kind.name()).map(|foreign| foreign.metadata.id(kind));
    let malformed = world.malformed.iter().filter_map(|malformed| malformed.id.clone()).filter(|id| id.kind == kind);
    let mut all: Vec<ObjectId> =
        seen(world, kind).into_iter().chain(foreign).chain(malformed).filter(|id| id.name == name).collect();
    all.sort();
    all.dedup();
    match all.as_slice() {
        [] => Err(not_found(world, &ObjectId::new(kind, "", name))),
        [one] => Ok(one.clone()),
        several => {
            let places: Vec<String> = several.iter().map(|id| format!("-n {}", id.namespace)).collect();
            Err(Error::usage(format!("there is more than one {kind} {name}"), did_you_mean(&places)))
        }
    }
}
