//! `audit`: every monitor, and every cause.

use prom_doctor_checks::diagnose;
use prom_doctor_checks::world::Kind;

use super::gather::{Gathered, gather};
use super::global::Threshold;
use super::name::{check_namespace, did_you_mean, seen};
use super::policy::Policy;
use super::{Context, show};
use crate::error::Error;
use crate::exit::{Asked, Exit};

/// Judge every monitor: one line each, then the causes (what runs without a command)
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Error> {
    let policy = Policy::read(context.global, &[])?;
    let gathered = gather(context, |_, _| Ok(()))?;
    check_namespace(&gathered.world, gathered.question.namespace.as_deref())?;
    check_server(&gathered)?;
    let mut report = diagnose(&gathered.world, &gathered.question, gathered.run());
    policy.apply(&mut report, &gathered.world, &gathered.question, None, context)?;
    show::report(&report, Asked::Audit, policy.exit(Threshold::Error, context.global), context)
}

/// Fails where the server that was asked about is surely not there.
pub(super) fn check_server(gathered: &Gathered) -> Result<(), Error> {
    let world = &gathered.world;
    let Some((namespace, name)) = &gathered.question.server else { return Ok(()) };
    if world.servers.get(namespace, name).is_some() {
        return Ok(());
    }
    let shown = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    let whole = [Kind::Prometheus, Kind::PrometheusAgent]
        .map(|kind| world.sight.whole(kind, Some(namespace.as_str()).filter(|namespace| !namespace.is_empty())));
    if let Some(unseen) = whole.into_iter().find_map(Result::err) {
        return Err(Error::no_answer(format!("the server {shown} was not seen, and not all could be seen: {unseen}"), None));
    }
    let all: Vec<String> =
        seen(world, Kind::Prometheus).into_iter().chain(seen(world, Kind::PrometheusAgent)).map(|id| id.path()).collect();
    let help = (!all.is_empty()).then(|| did_you_mean(&all));
    Err(Error::not_found(format!("there is no Prometheus or PrometheusAgent {shown}"), help))
}
