//! Which jobs a question is about: those of the monitors asked about, through every server that takes them or comes
//! nearest, and those in the Secrets that come from no ServiceMonitor or PodMonitor.

use super::list::List;
use super::{JobTargets, Options, TargetList};
use crate::chain::{EndpointJob, ServerFacts, Walk, Written, other_accepted, selects};
use crate::prometheus::config::Job;
use crate::report::{Run, Tool};
use crate::view::relevant;
use crate::wants::Question;
use crate::world::{Kind, ObjectId, Table, Unjudged, World};

/// Lists the targets of the jobs that a question is about.
pub fn targets(world: &World, question: &Question, options: &Options, run: Run) -> TargetList {
    let walk = Walk::matching(world, question.grace, question.server.as_ref());
    let mut list = List::new(&walk, options, question.about.is_some());
    let mut jobs: Vec<JobTargets> = Vec::new();
    for facts in walk.monitors.iter().filter(|facts| question.asks(facts.monitor)) {
        for chain in relevant(facts) {
            let Some(server) = walk.servers.iter().find(|server| std::ptr::eq(server.server, chain.server)) else { continue };
            for endpoint in 0..facts.monitor.spec.endpoints.len() {
                // What lies in the Secret is what is scraped, be it as old as it may.
                let live = chain.generated.jobs.iter().find(|(at, _)| *at == endpoint);
                let live = live.map(|(_, job)| EndpointJob::live(server, job, Some((facts.monitor.into(), endpoint))));
                let Some(job) = live.as_ref().or(chain.jobs.get(endpoint).and_then(Option::as_ref)) else { continue };
                let source = (Some(facts.monitor.id()), Some(endpoint));
                jobs.push(list.job(server, job, source, Some(chain)));
            }
        }
    }
    for server in &walk.servers {
        for job in server.decoded().into_iter().flat_map(|config| &config.jobs).filter(|job| is_other(world, question, job)) {
            let from = unjudged_of(world, job);
            let id = from.map(|(kind, object)| object.metadata.id(kind));
            let id = id.or_else(|| origin(job));
            let live = EndpointJob::live(server, job, from.map(|(kind, object)| (written(kind, object), 0)));
            jobs.push(list.job(server, &live, (id, None), None));
        }
        for (id, job) in predicted(world, question, server) {
            jobs.push(list.job(server, &job, (Some(id), None), None));
        }
    }
    jobs.sort_by(|a, b| (&a.server, natural(&a.job)).cmp(&(&b.server, natural(&b.job))));
    TargetList {
        api_version: "promdoctor/v1",
        kind: "TargetList",
        tool: Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") },
        run,
        jobs,
    }
}

/// The jobs that a server whose configuration was not seen would have of Probes and ScrapeConfigs that are asked about.
pub(crate) fn predicted<'w>(world: &'w World, question: &Question, server: &ServerFacts<'w>) -> Vec<(ObjectId, EndpointJob<'w>)> {
    if server.decoded().is_some() {
        return Vec::new();
    }
    let asked = unjudged(world).filter(|(kind, object)| question.asks_object(*kind, &object.metadata));
    let taken = asked.filter(|(kind, object)| {
        let accepted = || other_accepted(world, written(*kind, object), server).rejections.is_empty();
        selects(world, *kind, &object.metadata, server.server) && accepted()
    });
    let jobs = taken.flat_map(|(kind, object)| {
        let jobs = EndpointJob::predicted(server, written(kind, object)).into_iter();
        jobs.map(move |(_, job)| (object.metadata.id(kind), job))
    });
    jobs.collect()
}

/// The name of a job so that its endpoint 10 comes after its endpoint 9.
fn natural(job: &str) -> (&str, Option<u32>) {
    match job.rsplit_once('/') {
        Some((head, number)) if number.parse::<u32>().is_ok() => (head, number.parse().ok()),
        _ => (job, None),
    }
}

fn written(kind: Kind, object: &Unjudged) -> Written<'_> {
    Written { kind, metadata: &object.metadata, raw: &object.raw }
}

/// Probes and ScrapeConfigs.
fn unjudged(world: &World) -> impl Iterator<Item = (Kind, &Unjudged)> {
    [Kind::Probe, Kind::ScrapeConfig]
        .into_iter()
        .flat_map(|kind| world.unjudged.get(&kind).into_iter().flat_map(Table::iter).map(move |object| (kind, object)))
}

/// The Probe or ScrapeConfig that a job comes from.
pub(super) fn unjudged_of<'w>(world: &'w World, job: &Job) -> Option<(Kind, &'w Unjudged)> {
    let origin = job.origin.as_ref()?;
    let kind = origin.kind?;
    Some((kind, world.unjudged.get(&kind)?.get(&origin.namespace, &origin.name)?))
}

/// The monitor that the name of a job leads to.
fn origin(job: &Job) -> Option<ObjectId> {
    let origin = job.origin.as_ref()?;
    Some(ObjectId::new(origin.kind?, &origin.namespace, &origin.name))
}

/// Whether a job that comes from no monitor of [`World::monitors`] is asked about.
pub(crate) fn is_other(world: &World, question: &Question, job: &Job) -> bool {
    let id = origin(job);
    let has_chain = |id: &ObjectId| world.monitor(id).is_some();
    let unnamed = job.origin.as_ref().filter(|origin| origin.kind.is_none());
    let has_chain_of_either =
        unnamed.is_some_and(|origin| world.monitors.named(&origin.namespace, &origin.name).next().is_some());
    if id.as_ref().is_some_and(has_chain) || has_chain_of_either {
        return false;
    }
    match (&question.about, &question.selector, &question.namespace) {
        (Some(about), _, _) => id.as_ref() == Some(about),
        // A selector is about the labels of monitors.
        (None, Some(_), _) => false,
        (None, None, Some(namespace)) => job.origin.as_ref().is_some_and(|origin| origin.namespace == *namespace),
        (None, None, None) => true,
    }
}
