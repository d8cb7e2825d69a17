//! Link `scraped`: what the running server says of a monitor's targets: whether it has them, whether they answer, and
//! why not.

use super::generated::Generated;
use super::kept::Kept;
use super::live::{LivePool, LiveServer};
use super::state::State;
use crate::prometheus::failure::Failure;
use crate::world::{Health, Kind, LivePod, LiveTarget, Monitor, Unseen, UnseenReason};

/// What the running server says of a monitor.
#[derive(Clone, Debug, Default)]
pub struct Scraped<'w> {
    /// The state of the link.
    pub state: State,
    /// Its endpoints, in order; none where the server was not asked.
    pub endpoints: Vec<ScrapedEndpoint<'w>>,
    /// How many targets it has; `None` where the server was not asked, or not all of its shards answered.
    pub actual: Option<usize>,
}

/// What the running server says of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct ScrapedEndpoint<'w> {
    /// The endpoint.
    pub index: usize,
    /// The pool, which is the name of its job.
    pub pool: String,
    /// Whether the server has the pool; `None` where it does not tell.
    pub exists: Option<bool>,
    /// The pods that do not have it, while others do.
    pub behind: Vec<&'w str>,
    /// Targets that answer.
    pub up: usize,
    /// Targets that were not scraped yet.
    pub pending: usize,
    /// Targets that do not answer.
    pub down: usize,
    /// Targets that relabeling dropped.
    pub dropped: usize,
    /// Why targets do not answer, the most frequent first.
    pub failures: Vec<FailedScrapes<'w>>,
}

/// Targets that fail for one reason.
#[derive(Clone, Debug)]
pub struct FailedScrapes<'w> {
    /// Why.
    pub failure: Failure,
    /// The targets.
    pub targets: Vec<&'w LiveTarget>,
}

impl ScrapedEndpoint<'_> {
    /// How many targets there are.
    pub fn active(&self) -> usize {
        self.up + self.pending + self.down
    }
}

impl Scraped<'_> {
    /// How many targets answer.
    pub fn up(&self) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.up).sum()
    }

    /// How many targets there are.
    pub fn active(&self) -> usize {
        self.endpoints.iter().map(ScrapedEndpoint::active).sum()
    }

    /// Whether the server tells of the pool of each endpoint that it has it.
    pub fn has_all_pools(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|endpoint| endpoint.exists == Some(true))
    }
}

/// The link before the running server was asked.
pub(super) fn not_asked() -> State {
    let need = "the running Prometheus was not asked".to_owned();
    State::unknown(Unseen { reason: UnseenReason::NotJudged, need })
}

/// Looks up a monitor in what the running server answered.
pub(super) fn scraped<'w>(live: &LiveServer<'w>, monitor: &Monitor, generated: &Generated<'_>) -> Scraped<'w> {
    if !live.answered() {
        let state = if live.missing.is_empty() { not_asked() } else { State::Unknown(live.missing.clone()) };
        return Scraped { state, ..Scraped::default() };
    }
    // Who asks about one monitor asks for its pools only.
    let asked = |at: usize| names(monitor, generated, at).iter().any(|name| live.tells_of(name));
    if !(0..monitor.spec.endpoints.len()).all(asked) {
        return Scraped { state: not_asked(), ..Scraped::default() };
    }
    let endpoints: Vec<ScrapedEndpoint<'w>> =
        (0..monitor.spec.endpoints.len()).map(|at| endpoint(live, monitor, generated, at)).collect();
    let actual = live.missing.is_empty().then(|| endpoints.iter().map(ScrapedEndpoint::active).sum());
    let mut out = Scraped { state: State::Passed, endpoints, actual };
    out.state = state(live, &out);
    out
}

/// The names that the job of an endpoint may have: that in the Secret, else those that operators give it. Up to 0.46
/// they did not tell the kind (OP-CFG-2).
fn names(monitor: &Monitor, generated: &Generated<'_>, at: usize) -> Vec<String> {
    if let Some((_, job)) = generated.jobs.iter().find(|(index, _)| *index == at) {
        return vec![job.name.clone()];
    }
    let (namespace, name) = (&monitor.metadata.namespace, &monitor.metadata.name);
    let kind = if monitor.kind == Kind::PodMonitor { "podMonitor" } else { "serviceMonitor" };
    vec![format!("{kind}/{namespace}/{name}/{at}"), format!("{namespace}/{name}/{at}")]
}

fn endpoint<'w>(live: &LiveServer<'w>, monitor: &Monitor, generated: &Generated<'_>, at: usize) -> ScrapedEndpoint<'w> {
    let names = names(monitor, generated, at);
    let found = names.iter().find_map(|name| Some((name, live.pools.get(name.as_str())?)));
    // An old name may be that of a PodMonitor's job: its targets are not found through a Service.
    let is_own = |target: &LiveTarget| target.service.is_empty() == (monitor.kind == Kind::PodMonitor);
    let is_old = |name: &str| name.split('/').count() == 3;
    let found = found.filter(|(name, pool)| !is_old(name) || pool.active.first().is_none_or(|target| is_own(target)));
    let mut out = ScrapedEndpoint { index: at, pool: names[0].clone(), ..ScrapedEndpoint::default() };
    let Some((name, pool)) = found else {
        // A server makes the pool once discovery hands something on: up to 2.x there is none while discovery fails, though
        // the job is loaded. Only the configuration in memory shows that.
        let has = |pod: &&LivePod| pod.config.given().map(|config| config.jobs.iter().any(|job| names.contains(&job.name)));
        let shown: Vec<bool> = live.pods.iter().filter_map(has).collect();
        out.exists = match shown.as_slice() {
            [] => live.all_pools.then_some(false),
            shown => Some(shown.iter().all(|has| *has)),
        };
        return out;
    };
    out.pool.clone_from(name);
    out.exists = Some(true);
    out.behind = live.pods.iter().filter(|pod| lacks(pod, name)).map(|pod| pod.pod.as_str()).collect();
    (out.up, out.pending, out.down) = (pool.count(Health::Up), pool.count(Health::Pending), pool.count(Health::Down));
    out.dropped = pool.dropped;
    out.failures = failures(pool);
    out
}

/// Whether a pod says that it does not have a job.
fn lacks(pod: &LivePod, name: &str) -> bool {
    match (pod.config.given(), pod.targets.given()) {
        (Some(config), _) => !config.jobs.iter().any(|job| job.name == name),
        (None, Some(targets)) => targets.all_pools && targets.tells_of(name) && !targets.pools().contains(name),
        _ => false,
    }
}

fn failures<'w>(pool: &LivePool<'w>) -> Vec<FailedScrapes<'w>> {
    let mut out: Vec<FailedScrapes<'w>> = Vec::new();
    for &target in pool.active.iter().filter(|target| target.health == Health::Down) {
        let failure = target.failure.clone().unwrap_or(Failure::Other);
        match out.iter_mut().find(|group| group.failure == failure) {
            Some(group) => group.targets.push(target),
            None => out.push(FailedScrapes { failure, targets: vec![target] }),
        }
    }
    out.sort_by(|a, b| b.targets.len().cmp(&a.targets.len()).then_with(|| a.failure.cmp(&b.failure)));
    out
}

fn state(live: &LiveServer<'_>, scraped: &Scraped<'_>) -> State {
    let sum = |of: fn(&ScrapedEndpoint<'_>) -> usize| scraped.endpoints.iter().map(of).sum::<usize>();
    let (down, pending) = (sum(|endpoint| endpoint.down), sum(|endpoint| endpoint.pending));
    if down > 0 {
        return State::Failed;
    }
    if !live.missing.is_empty() {
        return State::Unknown(live.missing.clone());
    }
    if pending > 0 {
        let need =
            format!("too early to tell: {pending} of {} were not scraped yet", crate::text::count(scraped.active(), "target"));
        return State::unknown(Unseen { reason: UnseenReason::TooEarly, need });
    }
    if scraped.active() > 0 {
        return State::Passed;
    }
    State::Skipped
}

/// How the running server differs from what its configuration and the objects lead to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surprise {
    /// It has the job and discovered nothing at all for it, while there is something.
    NothingDiscovered {
        /// How many targets there should be.
        expected: usize,
    },
    /// It has fewer or more targets.
    Other {
        /// How many targets there should be.
        expected: usize,
    },
}

impl Surprise {
    /// Compares an endpoint with what relabeling should leave of it; `None` where both agree or one is not known.
    pub(super) fn of(kept: &Kept, scraped: &Scraped<'_>, at: usize) -> Option<Self> {
        scraped.actual?;
        let found = scraped.endpoints.iter().find(|endpoint| endpoint.index == at)?;
        let expected = kept.endpoints.iter().find(|endpoint| endpoint.index == at)?.listed;
        if found.exists != Some(true) || found.active() == expected {
            return None;
        }
        let nothing = found.active() == 0 && found.dropped == 0;
        Some(if nothing { Self::NothingDiscovered { expected } } else { Self::Other { expected } })
    }
}
