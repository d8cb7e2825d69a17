//! Several requests at once, and what comes of them in the world.

use std::sync::Arc;

use bytes::Bytes;
use prom_doctor_checks::wants::Request;
use prom_doctor_checks::world::{Ask, Kind, ObjectId, Refusal, Seen, World};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::ask::{Heard, Silence, ask, measure};
use super::client::Cluster;
use super::events::refusals;
use super::get::{Got, get};
use super::list::{Listing, list};
use super::problem::{CollectError, Problem};

enum Outcome {
    Listed(Kind, Option<String>, Listing),
    Got(Kind, String, String, Got),
    Refused(Option<String>, Vec<(ObjectId, Refusal)>),
    Measured(ObjectId, Result<Bytes, Silence>),
    Answered((String, String), String, Ask, Result<Heard, Silence>),
}

impl Cluster {
    /// Reads what is asked for into the world and notes how much of it could be seen. `progress` hears one line at a
    /// time.
    ///
    /// # Errors
    /// Where the cluster as a whole cannot be read; that one kind cannot is noted in the world's sight.
    pub async fn fetch(
        &self,
        requests: &[Request],
        world: &mut World,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<(), CollectError> {
        let (say, mut said) = mpsc::unbounded_channel::<String>();
        let places = Arc::new(Semaphore::new(self.concurrency()));
        let mut tasks = JoinSet::new();
        for request in requests {
            let (cluster, request, say, places) = (self.clone(), request.clone(), say.clone(), Arc::clone(&places));
            tasks.spawn(async move {
                // The semaphore is never closed, so there is always a permit to be had.
                let _permit = places.acquire_owned().await;
                run(&cluster, request, &say).await
            });
        }
        drop(say);
        loop {
            tokio::select! {
                Some(line) = said.recv() => progress(&line),
                done = tasks.join_next() => match done {
                    // Leaving drops the set, which ends the requests under way.
                    Some(Ok(outcome)) => self.note(outcome, world)?,
                    Some(Err(error)) => match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_) => continue,
                    },
                    None => return Ok(()),
                },
            }
        }
    }

    fn note(&self, outcome: Outcome, world: &mut World) -> Result<(), CollectError> {
        match outcome {
            Outcome::Listed(kind, namespace, listing) => {
                // What came before a list broke off is still true.
                listing.objects.into_iter().for_each(|object| world.insert(object));
                world.malformed.extend(listing.malformed);
                let seen = match listing.end {
                    Ok(()) => Seen::Whole,
                    Err(problem) => self.seen(kind, problem, Seen::NotServed)?,
                };
                world.sight.note(kind, namespace.as_deref(), seen);
            }
            Outcome::Got(kind, namespace, name, got) => {
                let seen = match got {
                    Got::Here(object) => {
                        world.insert(*object);
                        Seen::Whole
                    }
                    Got::Nothing => Seen::Whole,
                    Got::Malformed(malformed) => {
                        let seen = Seen::Failed(malformed.message.clone());
                        world.malformed.push(malformed);
                        seen
                    }
                    Got::Problem(problem) => self.seen(kind, problem, Seen::Whole)?,
                };
                world.sight.note_object(kind, &namespace, &name, seen);
            }
            Outcome::Refused(namespace, refusals) => {
                world.refusals_asked.insert(namespace);
                refusals.into_iter().for_each(|(id, refusal)| world.refuse(id, refusal));
            }
            Outcome::Measured(operator, answer) => {
                world.measure(operator, answer.as_deref().map_err(|silence| silence.why.clone()));
            }
            Outcome::Answered(server, pod, ask, answer) => {
                // A reloader that does not answer is no server that does not.
                let refused = ask != Ask::Reloader && answer.as_ref().is_err_and(|silence| silence.lasting);
                match answer {
                    Ok(Heard::Targets(targets)) => world.hear_targets(Some(server.clone()), &pod, targets),
                    Ok(Heard::Text(body)) => world.hear(Some(server.clone()), &pod, ask, Ok(&body)),
                    Err(silence) => world.hear(Some(server.clone()), &pod, ask, Err(silence.why)),
                }
                if refused {
                    world.refused(Some(&server), &pod);
                }
            }
        }
        Ok(())
    }

    fn seen(&self, kind: Kind, problem: Problem, not_found: Seen) -> Result<Seen, CollectError> {
        if let Some(error) = self.fatal(&problem, kind.group().is_empty()) {
            return Err(error);
        }
        Ok(match problem {
            Problem::Forbidden(_) => Seen::Forbidden,
            Problem::NotFound(_) => not_found,
            other => Seen::Failed(other.to_string()),
        })
    }
}

async fn run(cluster: &Cluster, request: Request, say: &mpsc::UnboundedSender<String>) -> Outcome {
    // Nobody listens any more once a problem has ended the whole; that is no reason to fail.
    let tell = |line: String| say.send(line).unwrap_or_default();
    match request {
        Request::List { kind, namespace } => {
            let place = namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
            tell(format!("reading {}{place}", kind.plural()));
            let so_far = |count| tell(format!("reading {}{place} ({count} so far)", kind.plural()));
            let listing = list(cluster, kind, namespace.as_deref(), so_far).await;
            Outcome::Listed(kind, namespace, listing)
        }
        Request::Get { kind, namespace, name } => {
            tell(format!("reading {kind} {namespace}/{name}"));
            let got = get(cluster, kind, &namespace, &name).await;
            Outcome::Got(kind, namespace, name, got)
        }
        Request::Refusals { namespace } => {
            tell("reading what operators refuse".to_owned());
            let refusals = refusals(cluster, namespace.as_deref()).await;
            Outcome::Refused(namespace, refusals)
        }
        Request::Measure { operator, door } => {
            tell(format!("asking operator {}/{}", operator.namespace, operator.name));
            let answer = measure(cluster, &operator.namespace, &door).await;
            Outcome::Measured(operator, answer)
        }
        Request::Ask { server, pod, door, ask: what, pools } => {
            tell(format!("asking pod {}/{pod}", server.0));
            let answer = match door {
                Ok(door) => ask(cluster, &server, &door, what, &pools).await,
                // A pod that is only not running yet will be.
                Err(why) => Err(Silence { lasting: false, why }),
            };
            Outcome::Answered(server, pod, what, answer)
        }
    }
}
