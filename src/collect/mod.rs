//! The live cluster: who we are there, and what can be read.
//!
//! Nothing here decides what is needed; [`wants`] does. Nothing here can write: every request is built by one
//! function that only knows GET; `--port-forward` opens ways for such requests.

mod access;
mod ask;
mod client;
mod direct;
mod events;
mod fetch;
mod forward;
mod get;
mod list;
mod long;
mod pem;
mod problem;
mod proxy;
mod retry;

use std::collections::HashSet;

use prom_doctor_checks::overlay::laid;
use prom_doctor_checks::wants::{Question, Request, wants};
use prom_doctor_checks::world::World;

pub use self::access::{Access, ConnectError};
pub use self::client::Cluster;
pub use self::direct::{Credentials, Direct, DirectAccess};
pub use self::forward::PortForward;
pub use self::pem::read_pem;
pub use self::problem::{CollectError, Problem};

/// How often more may be wanted after reading. Each round reads kinds that the round before made interesting, so a
/// handful is plenty; the bound is against going in circles.
const ROUNDS: usize = 12;

/// Reads what a question needs. What could not be read is noted in the world's sight and is no error.
///
/// # Errors
/// Where nothing can be read at all: no server there, not a Kubernetes API, or credentials that it does not take.
pub async fn collect(cluster: &Cluster, question: &Question, progress: &(dyn Fn(&str) + Sync)) -> Result<World, CollectError> {
    collect_again(cluster, World::default(), question, progress).await
}

/// Reads what a question needs beside what is known already.
///
/// # Errors
/// As [`collect`].
pub async fn collect_again(
    cluster: &Cluster,
    known: World,
    question: &Question,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<World, CollectError> {
    collect_by(cluster, known, &|world| wants(world, question), progress).await
}

/// Reads what a question needs that is asked of the cluster with files laid over it: what they refer to, and what is
/// behind it. The files themselves are not in the world that is read.
///
/// # Errors
/// As [`collect`].
pub async fn collect_around(
    cluster: &Cluster,
    question: &Question,
    files: &World,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<World, CollectError> {
    let both = |world: &World| {
        let mut all = wants(world, question);
        all.extend(wants(&laid(world, files).world, question));
        all
    };
    collect_by(cluster, World::default(), &both, progress).await
}

async fn collect_by(
    cluster: &Cluster,
    known: World,
    wants: &(dyn Fn(&World) -> Vec<Request> + Sync),
    progress: &(dyn Fn(&str) + Sync),
) -> Result<World, CollectError> {
    let mut world = World { observed_at: Some(jiff::Timestamp::now().as_second()), ..known };
    let mut asked = HashSet::new();
    for _ in 0..ROUNDS {
        let fresh: Vec<Request> = wants(&world).into_iter().filter(|request| asked.insert(request.clone())).collect();
        if fresh.is_empty() {
            break;
        }
        cluster.fetch(&fresh, &mut world, progress).await?;
    }
    Ok(world)
}
