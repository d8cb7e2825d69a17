//! Where the world comes from that is asked about: a cluster or a snapshot.

use std::path::Path;
use std::time::{Duration, Instant};

use prom_doctor_checks::files::Bundle;
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::wants::{Live, Question};
use prom_doctor_checks::world::World;

use super::Context;
use super::against::Against;
use super::global::Global;
use super::progress::Progress;
use crate::collect::{self, Access, Cluster, CollectError, Direct};
use crate::error::Error;
use crate::snapshot;
use crate::system::without_number;

/// What was read to answer a question.
pub(super) struct Gathered {
    /// The objects.
    pub(super) world: World,
    /// The question, its open ends filled in.
    pub(super) question: Question,
    mode: Mode,
    context: Option<String>,
    start: Instant,
}

impl Gathered {
    /// How the program was run, for the report.
    pub(super) fn run(&self) -> Run {
        let observed = self.world.observed_at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        Run {
            mode: self.mode,
            context: self.context.clone(),
            observed_at: observed.map(|time| time.to_string()),
            duration_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            operators: Vec::new(),
        }
    }

    /// The context of the kubeconfig, or the path of the snapshot.
    pub(super) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What a test read.
    #[cfg(test)]
    pub(super) fn of_snapshot(world: World, question: Question) -> Self {
        Self { world, question, mode: Mode::Snapshot, context: None, start: Instant::now() }
    }

    /// Whether this came from files rather than from a cluster.
    pub(super) fn is_snapshot(&self) -> bool {
        self.mode != Mode::Live
    }
}

/// Reads what a question needs. `about` completes the question: live it gets the current namespace before
/// anything is read, for a snapshot what was read.
pub(super) fn gather(
    context: &Context<'_>,
    about: impl FnOnce(&mut Question, Option<&World>) -> Result<(), Error>,
) -> Result<Gathered, Error> {
    let start = Instant::now();
    let global = context.global;
    let progress = Progress::new(!global.no_progress && global.quiet == 0);
    let say = |text: &str| progress.say(text);
    if let Some(path) = &global.snapshot {
        let world = from_snapshot(global, path, &say)?;
        let mut question = global.question(None);
        about(&mut question, Some(&world))?;
        server_namespace(&mut question, &world);
        let context = Some(path.display().to_string());
        return Ok(Gathered { world, question, mode: Mode::Snapshot, context, start });
    }
    let (world, mut question, name) = on_cluster(global, &say, async |cluster| {
        let direct = direct(global)?;
        let mut question = global.question(Some(cluster.default_namespace()));
        about(&mut question, None)?;
        let world = read(cluster, direct.as_ref(), &mut question, World::default(), &say).await;
        let world = world.map_err(|error| Error::no_answer(told(&error), None))?;
        Ok((world, question, cluster.context_name().map(str::to_owned)))
    })?;
    server_namespace(&mut question, &world);
    Ok(Gathered { world, question, mode: Mode::Live, context: name, start })
}

/// Reads what it takes to tell what files do to a cluster or to a snapshot of one. `read` makes objects of the files,
/// given the namespace of those that name none.
///
/// What is asked about is everything: what files do to monitors beside theirs is half of the answer.
pub(super) fn gather_around(
    context: &Context<'_>,
    against: &Against,
    jobs: bool,
    read: impl FnOnce(Option<String>) -> Result<Bundle, Error>,
) -> Result<(Gathered, Bundle), Error> {
    let start = Instant::now();
    let global = context.global;
    let progress = Progress::new(!global.no_progress && global.quiet == 0);
    let say = |text: &str| progress.say(text);
    let all = Question { namespace: None, selector: None, jobs, ..global.question(None) };
    let (world, bundle, name) = match against {
        Against::Snapshot(path) => {
            let bundle = read(global.scope(None))?;
            (from_snapshot(global, path, &say)?, bundle, Some(path.display().to_string()))
        }
        Against::Cluster => on_cluster(global, &say, async |cluster| {
            let bundle = read(global.scope(Some(cluster.default_namespace())))?;
            let world = collect::collect_around(cluster, &all, &bundle.world, &say).await;
            let world = world.map_err(|error| Error::no_answer(told(&error), None))?;
            Ok((world, bundle, cluster.context_name().map(str::to_owned)))
        })?,
    };
    let mut question = all;
    server_namespace(&mut question, &world);
    server_namespace(&mut question, &bundle.world);
    Ok((Gathered { world, question, mode: Mode::Overlay, context: name, start }, bundle))
}

/// Reads a dump.
fn from_snapshot(global: &Global, path: &Path, say: &dyn Fn(&str)) -> Result<World, Error> {
    say("reading the snapshot");
    let mut options = snapshot::Options { pem: Some(collect::read_pem), ..snapshot::Options::default() };
    for (kind, whole) in global.assumptions()? {
        if whole { options.assume_whole.push(kind) } else { options.assume_partial.push(kind) }
    }
    snapshot::read(path, &options)
        .map_err(|error| Error::no_answer(told(&error), "a snapshot is a file, folder or archive of YAML or JSON".to_owned()))
}

/// The Prometheus that is asked without the API server in between, if the flags name one. Its client wants a runtime around
/// it.
pub(super) fn direct(global: &Global) -> Result<Option<Direct>, Error> {
    let direct = global.running.direct(global.connection.request_timeout).map(|access| Direct::new(&access)).transpose();
    direct.map_err(|why| Error::usage(why, None))
}

/// Reads what a question needs of a cluster beside what is known already, and asks the running servers what it wants to
/// know of them.
pub(super) async fn read(
    cluster: &Cluster,
    direct: Option<&Direct>,
    question: &mut Question,
    known: World,
    say: &(dyn Fn(&str) + Sync),
) -> Result<World, CollectError> {
    // Who is asked at an address of its own is not asked through the API server as well.
    let live = question.live;
    question.live = if direct.is_some() { Live::No } else { live };
    let world = collect::collect_again(cluster, known, question, say).await;
    question.live = live;
    let mut world = world?;
    if let Some(direct) = direct {
        say("asking Prometheus");
        server_namespace(question, &world);
        direct.ask(question, &mut world).await;
    }
    Ok(world)
}

/// Does something with the cluster of the flags, until it is done or the user has enough.
fn on_cluster<T>(global: &Global, say: &dyn Fn(&str), work: impl AsyncFnOnce(&Cluster) -> Result<T, Error>) -> Result<T, Error> {
    let done = within(global, say, None, work)?;
    // Without a limit there is no end before that.
    done.ok_or(Error::Interrupted)
}

/// The same within a time, whatever is under way then; `None` where it ran out.
pub(super) fn within<T>(
    global: &Global,
    say: &dyn Fn(&str),
    limit: Option<Duration>,
    work: impl AsyncFnOnce(&Cluster) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::no_answer(format!("no threads for the network: {}", without_number(&error.to_string())), None))?;
    let access = access(global);
    let work = async {
        say("connecting");
        let cluster =
            Cluster::connect(&access).await.map_err(|error| Error::no_answer(told(&error), error.help().map(str::to_owned)))?;
        work(&cluster).await
    };
    let result = runtime.block_on(async {
        let over = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = work => result.map(Some),
            () = over => Ok(None),
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    });
    // A name look-up that hangs must not hold up the end of the program.
    runtime.shutdown_background();
    result
}

/// `--prometheus k8s` without a namespace means the one here, else the one of that name, where there is only one.
pub(super) fn server_namespace(question: &mut Question, world: &World) {
    let Some((namespace, name)) = question.server.as_mut().filter(|(namespace, _)| namespace.is_empty()) else { return };
    let here = question.namespace.as_ref().filter(|here| world.servers.get(here, name).is_some());
    let mut all = world.servers.iter().filter(|server| server.metadata.name == *name).map(|server| &server.metadata.namespace);
    if let Some(found) = here.or_else(|| all.next().filter(|_| all.next().is_none())) {
        namespace.clone_from(found);
    }
}

/// An error of a collector, which names its own reasons, without what a terminal acts upon.
pub(super) fn told(error: &impl std::fmt::Display) -> String {
    crate::render::text::clean(&error.to_string()).into_owned()
}

fn access(global: &Global) -> Access {
    let flags = global.connection.clone();
    Access {
        kubeconfig: flags.kubeconfig,
        context: flags.context,
        cluster: flags.cluster,
        user: flags.user,
        namespace: global.namespace.clone(),
        as_user: flags.impersonate,
        as_groups: flags.impersonate_groups,
        as_uid: flags.impersonate_uid,
        server: flags.server,
        token: flags.token.map(|token| token.0),
        certificate_authority: flags.certificate_authority,
        client_certificate: flags.client_certificate,
        client_key: flags.client_key,
        insecure_skip_tls_verify: flags.insecure_skip_tls_verify,
        tls_server_name: flags.tls_server_name,
        request_timeout: flags.request_timeout,
        chunk_size: usize::try_from(flags.chunk_size).unwrap_or(usize::MAX),
        max_concurrency: usize::from(flags.max_concurrency),
        port_forward: global.running.port_forward(global.prometheus.as_deref()),
        ..Access::default()
    }
}
