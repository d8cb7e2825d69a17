//! A monitor's way through a server, as facts: what each link saw, without severity and without prose.
//!
//! Every link is walked, also behind a broken one: as if that were mended, with the objects it would then have.

mod backed;
mod beyond;
mod compared;
mod discoverable;
mod duplicates;
#[cfg(test)]
mod frozen;
mod generated;
mod index;
mod job;
mod kept;
mod live;
mod loaded;
mod matched;
mod meant;
mod namespaces;
mod other;
mod ports;
mod running;
mod scraped;
mod selected;
mod server;
mod spots;
mod state;
mod word;
mod words;

use std::cell::RefCell;
use std::collections::BTreeSet;

pub use self::backed::{Backed, Backing, Empty, EmptyService};
pub use self::compared::{DifferentJob, Jobs, differing};
pub(crate) use self::compared::{compare, is_of, of_nobody, variables};
pub use self::discoverable::{Discoverable, NODES, Place, Role};
pub use self::duplicates::{Duplicate, DuplicateKind, changes_targets};
pub use self::generated::{GenerateTrouble, Generated, Stale, is_job_of};
pub use self::index::{ByLabel, Index};
pub use self::job::{EndpointJob, Written};
pub use self::kept::{Dropping, Kept, KeptEndpoint, is_written, matched_groups};
pub use self::live::{LivePool, LiveServer};
pub use self::loaded::Refusal;
pub use self::matched::{Matched, Meant, Mismatch, NearObject, contains, makes, wants_no_pods};
pub use self::meant::{is_for, is_nearly_chosen, is_of_one_pod};
pub use self::namespaces::SdNamespaces;
pub(crate) use self::other::accepted as other_accepted;
pub use self::other::{InEveryShard, Other, Unselected};
pub use self::ports::{EndpointFacts, PortTrouble, Target, Wanted, guess_port};
pub use self::running::Running;
pub use self::scraped::{FailedScrapes, Scraped, ScrapedEndpoint, Surprise};
pub(crate) use self::selected::choice;
pub use self::selected::{Choice, NAME_LABEL, Selected, selects};
pub use self::server::{Blocker, ConfigSight, DEFAULT_GRACE, ServerFacts, WatchTrouble};
pub use self::spots::{Discovery, Spot, of_pod};
pub use self::state::State;
pub use self::word::{Refuses, Word};
use crate::operator::accept::{Acceptance, Reason, examine};
use crate::operator::find::{Operator, operators};
use crate::operator::scrape_config::OLDEST;
use crate::prometheus::config::Job;
use crate::prometheus::relabel::Patterns;
use crate::report::{Link, Targets, Verdict};
use crate::world::{Kind, Monitor, ObjectId, Pod, ScrapeClass, Server, Service, Unseen, UnseenReason, World};

/// Everything that a walk over a world found.
#[derive(Debug)]
pub struct Walk<'w> {
    /// The world.
    pub world: &'w World,
    /// Operators.
    pub operators: Vec<Operator>,
    /// Servers.
    pub servers: Vec<ServerFacts<'w>>,
    /// Stands for the servers that could not be seen, where there may be any.
    pub unseen_server: Option<ServerFacts<'w>>,
    /// Monitors and their chains, in the order of namespace, kind and name.
    pub monitors: Vec<MonitorFacts<'w>>,
    /// What is scraped twice.
    pub duplicates: Vec<Duplicate>,
    /// Indexes.
    pub index: Index<'w>,
    /// Seconds within which an object counts as young.
    pub grace: i64,
    /// Seconds within which a change is usually through: what has not come within them is stuck. As long as `grace`,
    /// unless nothing is to count as young.
    pub usual: i64,
    /// Patterns of jobs that were run, while the walk is made; `None` where jobs are not run.
    patterns: Option<RefCell<Patterns>>,
}

/// A monitor and its way through every server.
#[derive(Debug)]
pub struct MonitorFacts<'w> {
    /// The monitor.
    pub monitor: &'w Monitor,
    /// One chain per server, in the order of [`Walk::servers`].
    pub chains: Vec<Chain<'w>>,
    /// Over all servers.
    pub verdict: Verdict,
    /// The chain that decides the verdict: the worst taker, else the nearest miss.
    pub deciding: Option<usize>,
    /// The chain of the server that was evidently to take it and does not, where the files hold both: which other servers
    /// there are, and whether one takes it, is not known.
    pub missed_by: Option<usize>,
}

impl MonitorFacts<'_> {
    /// Whether any server takes it.
    pub fn is_taken(&self) -> bool {
        self.chains.iter().any(|chain| chain.verdict != Verdict::NotTaken)
    }
}

/// One monitor's way through one server.
#[derive(Debug)]
pub struct Chain<'w> {
    /// The monitor.
    pub monitor: &'w Monitor,
    /// The server.
    pub server: &'w Server,
    /// Where a server's pods look for its targets.
    pub namespaces: SdNamespaces,
    /// By which role.
    pub role: Role,
    /// Why the monitor is too young to be judged by what is missing from the configuration.
    pub young: Option<Unseen>,
    /// Link `watched`.
    pub watched: Watched,
    /// Link `selected`.
    pub selected: Selected,
    /// Link `accepted`.
    pub accepted: Accepted,
    /// Link `generated`.
    pub generated: Generated<'w>,
    /// Link `loaded`.
    pub loaded: State,
    /// Jobs that a running pod has otherwise than they lie in the Secret.
    pub outdated: Vec<String>,
    /// What of this monitor makes Prometheus refuse the whole configuration.
    pub refused: Vec<Refusal>,
    /// Link `discoverable`.
    pub discoverable: Discoverable,
    /// Link `matched`.
    pub matched: Matched<'w>,
    /// Services that would be matched if `matched` were mended.
    pub mended: Vec<&'w Service>,
    /// Link `backed`.
    pub backed: Backed<'w>,
    /// Link `ports`, by endpoint.
    pub endpoints: Vec<EndpointFacts<'w>>,
    /// Whether the operator is older than those whose jobs are known, and no job in the Secret shows what it made of the
    /// monitor: what follows from its rules is then likely at most.
    pub unknown_rules: bool,
    /// Whether only files were read, so that what is not in them may bring what they lack.
    pub open: bool,
    /// The jobs of its endpoints, in their order, as far as they are known.
    pub jobs: Vec<Option<EndpointJob<'w>>>,
    /// Link `kept`.
    pub kept: Kept,
    /// Link `scraped`.
    pub scraped: Scraped<'w>,
    /// The links in order, with their states.
    pub links: Vec<LinkFact>,
    /// For this server.
    pub verdict: Verdict,
    /// How many targets.
    pub targets: Targets,
}

/// What is known of a monitor's being watched.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The state of the link.
    pub state: State,
    /// Whether the operator of the server does not see the monitor's namespace.
    pub namespace_unwatched: bool,
    /// Whether the server's troubles matter: its last configuration does not hold the monitor as it is.
    pub troubles_bite: bool,
    /// Whether the last configuration holds the monitor as it is, so that only what is new is missing.
    pub held: bool,
}

/// What is known of a monitor's being accepted.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// The state of the link.
    pub state: State,
    /// What our own examination says.
    pub examination: Acceptance,
    /// What the operator itself says, as far as it speaks of things as they are.
    pub word: Word,
    /// The live configuration holds the monitor although the examination would refuse it.
    pub contradicted: bool,
}

/// A link of a chain, or one endpoint or namespace of it.
#[derive(Clone, Debug)]
pub struct LinkFact {
    /// Which link.
    pub link: Link,
    /// Its state.
    pub state: State,
    /// The endpoint.
    pub endpoint: Option<usize>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Whether an earlier link is broken.
    pub hypothetical: bool,
    /// What was seen, in a few words.
    pub detail: Option<String>,
}

impl<'w> Walk<'w> {
    /// Walks all monitors, as each may scrape what another does, through all servers or the one asked about, and runs
    /// their jobs.
    pub fn new(world: &'w World, grace: i64, only_server: Option<&(String, String)>) -> Self {
        let mut walk = Self::with(world, grace, only_server, Some(RefCell::default()));
        walk.patterns = None;
        walk
    }

    /// Walks all monitors as far as objects are matched; no job is run.
    pub fn matching(world: &'w World, grace: i64, only_server: Option<&(String, String)>) -> Self {
        Self::with(world, grace, only_server, None)
    }

    fn with(world: &'w World, grace: i64, only_server: Option<&(String, String)>, patterns: Option<RefCell<Patterns>>) -> Self {
        let operators = operators(world);
        let index = Index::new(world);
        let asked = |server: &&Server| {
            only_server.is_none_or(|(namespace, name)| server.metadata.namespace == *namespace && server.metadata.name == *name)
        };
        let mut servers: Vec<ServerFacts<'w>> =
            world.servers.iter().filter(asked).map(|server| server::server_facts(world, server, &operators, grace)).collect();
        servers.sort_by_key(ServerFacts::id);
        let live = live::assign(world, &servers);
        servers.iter_mut().zip(live).for_each(|(facts, live)| facts.live = live);
        let unseen: BTreeSet<Unseen> = match only_server {
            Some((namespace, name)) if servers.is_empty() => {
                let need = format!("get prometheuses.monitoring.coreos.com {namespace}/{name}");
                [Unseen { reason: UnseenReason::NotAsked, need }].into()
            }
            Some(_) => BTreeSet::new(),
            None => [Kind::Prometheus, Kind::PrometheusAgent]
                .into_iter()
                .filter_map(|kind| world.sight.whole(kind, None).err())
                .collect(),
        };
        let unseen_server =
            (!unseen.is_empty()).then(|| server::unseen_server(unseen.into_iter().collect(), world.operator_version));
        let (monitors, duplicates) = (Vec::new(), Vec::new());
        let mut walk =
            Self { world, operators, servers, unseen_server, monitors, duplicates, index, grace, usual: grace, patterns };
        let mut monitors: Vec<&'w Monitor> = world.monitors.iter().collect();
        monitors.sort_by(|a, b| order(a).cmp(&order(b)));
        walk.monitors = monitors.into_iter().map(|monitor| walk.monitor(monitor)).collect();
        let chains: Vec<&Chain<'_>> = walk.monitors.iter().flat_map(|monitor| &monitor.chains).collect();
        walk.duplicates = duplicates::duplicates(&chains);
        walk
    }

    /// Where a monitor stands in [`Walk::monitors`].
    pub fn place_of(&self, id: &ObjectId) -> Option<usize> {
        let wanted = (id.namespace.as_str(), id.kind, id.name.as_str());
        self.monitors.binary_search_by(|facts| order(facts.monitor).cmp(&wanted)).ok()
    }

    fn monitor(&self, monitor: &'w Monitor) -> MonitorFacts<'w> {
        let mut chains: Vec<Chain<'w>> = self.servers.iter().map(|facts| self.chain(monitor, facts)).collect();
        // Operators that share a cluster are kept apart by their namespaces, and their servers then select everything;
        // an agent in DaemonSet mode selects ServiceMonitors and can do nothing with them. Where another server takes a
        // monitor, it is none of their business.
        let may_take =
            |chain: &Chain<'_>| !(chain.watched.namespace_unwatched && !chain.watched.held || chain.generated.not_for_daemon_set);
        if chains.iter().any(|chain| chain.verdict != Verdict::NotTaken && may_take(chain)) {
            for chain in chains.iter_mut().filter(|chain| !may_take(chain)) {
                chain.verdict = Verdict::NotTaken;
                chain.targets = chain.count();
            }
        }
        let is_taken = chains.iter().any(|chain| chain.verdict != Verdict::NotTaken);
        let missed_by = if self.world.sight.is_open() && !is_taken { evident_server(&chains) } else { None };
        // A server that could not be seen may select it: what does not depend on the server is judged with that one.
        if let Some(unseen) = self.unseen_server.as_ref().filter(|_| !is_taken) {
            chains.push(self.chain(monitor, unseen));
        }
        let takers = || chains.iter().enumerate().filter(|(_, chain)| chain.verdict != Verdict::NotTaken);
        let worst =
            takers().max_by(|(a, x), (b, y)| x.verdict.cmp(&y.verdict).then(b.cmp(a))).map(|(at, chain)| (at, chain.verdict));
        let nearest = || chains.iter().enumerate().min_by_key(|(at, chain)| (chain.selected.distance(), *at));
        let nearest = nearest().map(|(at, _)| at).filter(|_| worst.is_none());
        if let Some((at, facts)) = nearest.and_then(|at| Some((at, self.servers.get(at)?))) {
            let chain = &mut chains[at];
            chain.jobs = EndpointJob::all(facts, monitor, &chain.generated, chain.watched.held);
            self.run(chain, facts);
        }
        let (verdict, deciding) = match worst {
            Some((at, verdict)) => (verdict, Some(at)),
            None => (Verdict::Failed, nearest),
        };
        MonitorFacts { monitor, chains, verdict, deciding, missed_by }
    }

    fn chain(&self, monitor: &'w Monitor, facts: &ServerFacts<'w>) -> Chain<'w> {
        let world = self.world;
        let namespaces = SdNamespaces::of(monitor, facts.server);
        let role = if facts.unseen.is_empty() { Role::of(monitor, facts) } else { Role::visible(world, monitor) };
        let mut selected = if facts.unseen.is_empty() {
            selected::selected(world, monitor.kind, &monitor.metadata, facts.server, facts.unmanaged)
        } else {
            Selected::unknown(facts.unseen.clone())
        };
        let age = [world.age(&monitor.metadata), world.age(&facts.server.metadata)].into_iter().flatten().min();
        let young = generated::too_young(age, self.grace);
        let mut generated = generated::generated(facts, monitor, &namespaces, young.clone());
        let holds = generated.trouble.is_none() && !generated.jobs.is_empty() && facts.decoded().is_some();
        // A job that is yet to be written shows nothing of what the operator made of its monitor.
        let shown = holds && !facts.decoded().is_some_and(|config| config.foretold.written.contains(&monitor.id()));
        if let State::Unknown(why) = &selected.state
            && facts.unseen.is_empty()
        {
            // The configuration shows what the selectors could not tell; that a job is missing shows nothing, since
            // it may be missing because nobody selects the monitor.
            if shown {
                selected.state = State::Passed;
            } else if generated.jobs.is_empty() && generated.state.is_failed() {
                generated.state = State::Unknown(why.clone());
                generated.trouble = None;
            }
        }
        let watched = self.watched(monitor, facts, &generated, holds);
        let accepted = accepted(world, monitor, facts, shown);
        let would_be_there = selected.state.is_failed() || watched.state.is_failed() || accepted.state.is_failed();
        if !facts.blocked.is_empty() && !holds && !generated.state.is_failed() {
            generated.state = State::Failed;
        } else if would_be_there && facts.blocked.is_empty() && !generated.not_for_daemon_set && generated.trouble.is_some() {
            // A monitor that was not selected, seen or accepted has no job for that reason; mended, it would have one.
            generated.state = State::Passed;
            generated.trouble = None;
            generated.missing.clear();
        }
        let matched = matched::matched(world, &self.index, monitor, facts, &namespaces);
        let discoverable = discoverable::discoverable(world, facts, monitor, role, &namespaces);
        let discovery = Discovery { role, prometheus: facts.prometheus_version };
        let since = if monitor.is_pod_monitor() { 60 } else { 61 };
        let filters = monitor.spec.endpoints.iter().all(|endpoint| endpoint.filter_running != Some(false));
        let asking = backed::Asking {
            world,
            index: &self.index,
            discovery,
            drops_finished: filters && facts.since(since),
            own_labels: Some(&monitor.spec.selector)
                .filter(|_| monitor.spec.selector_mechanism == "RoleSelector" && facts.since(79)),
            grace: self.grace,
        };
        let (mended, pods) = if matched.state.is_failed() { mended(world, monitor, &matched) } else { (Vec::new(), Vec::new()) };
        let nothing = mended.is_empty() && pods.is_empty();
        let looked_at = if nothing { matched.clone() } else { Matched { services: mended.clone(), pods, ..matched.clone() } };
        let mut backed = asking.backed(&looked_at);
        let endpoints: Vec<EndpointFacts<'w>> = (0..monitor.spec.endpoints.len())
            .map(|at| {
                let services = &looked_at.services;
                ports::endpoint(world, monitor, at, &backed, services, discovery, facts.since(since))
            })
            .collect();
        backed.want(endpoints.iter().flat_map(|endpoint| endpoint.unbacked.iter().copied()));
        let (loaded, refused) = loaded::loaded(world, facts, monitor, !selected.state.is_failed(), !generated.jobs.is_empty());
        let jobs = Vec::new();
        let mut chain = Chain {
            loaded,
            outdated: Vec::new(),
            refused,
            open: world.sight.is_open(),
            unknown_rules: !holds && facts.operator_version.is_some_and(|version| version < OLDEST),
            jobs,
            kept: Kept::default(),
            monitor,
            server: facts.server,
            namespaces,
            role,
            young,
            watched,
            selected,
            accepted,
            generated,
            discoverable,
            matched,
            mended,
            backed,
            endpoints,
            scraped: Scraped::default(),
            links: Vec::new(),
            verdict: Verdict::Ok,
            targets: Targets::default(),
        };
        // Which jobs a server would have of a monitor that it does not take matters only for the nearest server.
        if !chain.selected.state.is_failed() {
            chain.jobs = EndpointJob::all(facts, monitor, &chain.generated, holds);
        }
        self.run(&mut chain, facts);
        chain
    }

    /// Runs the jobs of a chain, and draws the sum.
    fn run(&self, chain: &mut Chain<'w>, facts: &ServerFacts<'w>) {
        // A job that the operator does not write or Prometheus does not load is not run: what it will be once that is
        // mended nobody knows.
        let runs = chain.refused.is_empty() && !chain.accepted.state.is_failed();
        if let Some(patterns) = self.patterns.as_ref().filter(|_| runs) {
            let may_list = |namespace: &str| chain.may_list(namespace);
            let evaluation = kept::Evaluation {
                world: self.world,
                index: &self.index,
                facts,
                monitor: chain.monitor,
                matched: &chain.matched,
                backed: &chain.backed,
                ports: &chain.endpoints,
                jobs: &chain.jobs,
                may_list: &may_list,
            };
            chain.kept = evaluation.kept(&mut patterns.borrow_mut());
        }
        chain.scraped = scraped::scraped(&facts.live, chain.monitor, &chain.generated);
        chain.compare(self.world, facts);
        chain.links = words::links(chain, self, facts);
        chain.verdict = chain.judge();
        chain.targets = chain.count();
    }

    fn watched(&self, monitor: &Monitor, facts: &ServerFacts<'_>, generated: &Generated<'_>, holds: bool) -> Watched {
        let namespace = &monitor.metadata.namespace;
        let managers: Vec<&Operator> = facts.managers.iter().map(|&at| &self.operators[at]).collect();
        let blind = managers.iter().any(|operator| operator.flags.unresolved.is_some());
        let unwatched = !managers.is_empty() && !blind && managers.iter().all(|operator| !operator.sees_monitors_in(namespace));
        // A trouble only keeps what is new from appearing. An operator that runs and manages the server will get to the
        // newest spec; and one that was not seen matters where the status is current only if a job is missing.
        let matters = |trouble: &WatchTrouble| match trouble {
            WatchTrouble::Behind { .. } => facts.managers.is_empty(),
            WatchTrouble::NoOperator | WatchTrouble::NotManaged => !facts.current || generated.state.is_failed(),
            _ => true,
        };
        let bite = facts.trouble.iter().any(matters) && !holds;
        let fight = facts.trouble.iter().any(|trouble| matches!(trouble, WatchTrouble::Several(_)));
        let state = if bite || (unwatched && !holds) {
            State::Failed
        } else if fight {
            // Two operators undo each other's work: what lies in the Secret just now may be gone soon.
            let need = "several operators manage the server and undo each other's work".to_owned();
            State::unknown(Unseen { reason: UnseenReason::Undecided, need })
        } else if blind {
            let need = "the operator's --namespaces: its value comes from where it cannot be seen".to_owned();
            State::unknown(Unseen { reason: UnseenReason::NotAsked, need })
        } else {
            State::passed_unless(facts.unknown.clone())
        };
        Watched { state, namespace_unwatched: unwatched, troubles_bite: bite, held: holds }
    }
}

/// The server in the files by which a monitor was evidently meant to be taken: the only one, or the one that it misses
/// by no more than values of its labels.
fn evident_server(chains: &[Chain<'_>]) -> Option<usize> {
    let near = || chains.iter().enumerate().filter(|(_, chain)| chain.selected.is_near_miss());
    let nearest = near().min_by_key(|(at, chain)| (chain.selected.distance(), *at)).map(|(at, _)| at);
    nearest.or((chains.len() == 1).then_some(0))
}

fn order(monitor: &Monitor) -> (&str, Kind, &str) {
    (&monitor.metadata.namespace, monitor.kind, &monitor.metadata.name)
}

/// What the operator makes of the monitor: its own word where it gave one, else our examination, unless the live
/// configuration shows that it was accepted as it is.
fn accepted(world: &World, monitor: &Monitor, facts: &ServerFacts<'_>, holds: bool) -> Accepted {
    let mut examination = examine(world, monitor, facts.server, facts.operator_version, facts.prometheus_version);
    if !facts.unseen.is_empty() {
        // Which classes and which interval an unseen server has is not known; what any server refuses is.
        let of_server = |reason: &Reason| matches!(reason, Reason::ScrapeClass { .. } | Reason::Timeout { of_server: true, .. });
        examination.rejections.retain(|rejection| !of_server(&rejection.reason));
        examination.unknown.extend(facts.unseen.iter().cloned());
    }
    let mut word = Word::of(world, monitor.kind, &monitor.metadata, &monitor.status.bindings, facts.server);
    let mut past = None;
    if let Word::Refuses(refuses) = &word
        && !refuses.status
        && examination.rejections.is_empty()
    {
        // An event alone is of the past. That the job is not in the configuration shows that it still holds; where that was
        // not seen, what was refused may have been mended since, by a Secret that came.
        if holds {
            word = Word::None;
        } else if facts.decoded().is_none() {
            let need = format!("whether the operator still refuses it, as it said {}: {}", refuses.place(), refuses.text);
            past = Some(Unseen { reason: UnseenReason::Undecided, need });
            word = Word::None;
        }
    }
    let refuses = word.refuses().is_some_and(|refuses| refuses.status || !holds);
    let accepts = word == Word::Accepts;
    let contradicted = (holds || accepts) && !examination.rejections.is_empty() && !refuses;
    let state = if refuses || (!examination.rejections.is_empty() && !contradicted) {
        State::Failed
    } else if accepts || holds {
        State::Passed
    } else {
        State::passed_unless(examination.unknown.iter().cloned().chain(past).collect())
    };
    Accepted { state, examination, word, contradicted }
}

/// The Services or Pods that a mended selector would most probably choose.
fn mended<'w>(world: &'w World, monitor: &Monitor, matched: &Matched<'w>) -> (Vec<&'w Service>, Vec<&'w Pod>) {
    let near = matched.near.first().filter(|near| near.misses.len() <= 2).map(|near| &near.id);
    let ids: Vec<&ObjectId> = match matched.why {
        Some(Mismatch::WrittenForPods) => return (matched.services_of_pods.clone(), Vec::new()),
        Some(Mismatch::NoService) | None => Vec::new(),
        Some(Mismatch::Labels) => {
            match near.and_then(|id| world.pods.get(&id.namespace, &id.name)).filter(|_| monitor.is_pod_monitor()) {
                // The other pods of its sort would come along.
                Some(pod) => {
                    let fitted = monitor.spec.selector.fitted(&pod.metadata.labels);
                    let fits = |other: &&Pod| fitted.as_ref().is_some_and(|fitted| fitted.matches(&other.metadata.labels));
                    return (Vec::new(), world.pods.in_namespace(&pod.metadata.namespace).filter(fits).collect());
                }
                None => near.into_iter().collect(),
            }
        }
        Some(Mismatch::AbsentNamespaces | Mismatch::Ignored | Mismatch::NotCovered) => matched.elsewhere.iter().collect(),
    };
    let of = |kind: Kind| ids.iter().filter(move |id| id.kind == kind);
    let services = of(Kind::Service).filter_map(|id| world.services.get(&id.namespace, &id.name));
    let pods = of(Kind::Pod).filter_map(|id| world.pods.get(&id.namespace, &id.name));
    (services.collect(), pods.collect())
}

/// The scrape class that applies to a monitor: the one that it names, else the server's default.
pub(crate) fn scrape_class<'w>(monitor: &Monitor, server: &'w Server) -> Option<&'w ScrapeClass> {
    let mut classes = server.spec.scrape_classes.iter();
    if monitor.spec.scrape_class.is_empty() {
        classes.find(|class| class.default == Some(true))
    } else {
        classes.find(|class| class.name == monitor.spec.scrape_class)
    }
}

impl Chain<'_> {
    /// The states of a link as a whole.
    pub fn state(&self, link: Link) -> State {
        let whole = self.links.iter().find(|fact| fact.link == link && fact.endpoint.is_none() && fact.namespace.is_none());
        whole.map(|fact| fact.state.clone()).unwrap_or(State::Skipped)
    }

    /// Whether a link is broken.
    pub fn failed(&self, link: Link) -> bool {
        self.state(link).is_failed()
    }

    /// The first broken link.
    pub fn first_failed(&self) -> Option<Link> {
        Link::CHAIN.iter().copied().find(|link| self.failed(*link))
    }

    /// Whether targets come out of it as things are.
    pub fn yields(&self) -> bool {
        let scrapes = self.verdict == Verdict::Failed && self.first_failed() == Some(Link::Scraped);
        let yields = scrapes || matches!(self.verdict, Verdict::Ok | Verdict::Partial | Verdict::Unknown);
        yields && self.targets.predicted != Some(0)
    }

    /// The links whose failure leaves something: then the chain is partial, not failed.
    fn judge(&self) -> Verdict {
        if self.selected.state.is_failed() {
            return Verdict::NotTaken;
        }
        let mut partial = false;
        for link in Link::CHAIN.iter().filter(|link| self.failed(**link)) {
            if !self.leaves_something(*link) {
                return Verdict::Failed;
            }
            partial = true;
        }
        if partial {
            return Verdict::Partial;
        }
        let counted =
            |fact: &&LinkFact| !matches!(fact.link, Link::Scraped) && (fact.link != Link::Loaded || self.loaded_matters());
        let unknown = self.links.iter().filter(counted).any(|fact| matches!(fact.state, State::Unknown(_)));
        if unknown { Verdict::Unknown } else { Verdict::Ok }
    }

    /// Holds what is expected to what the running server says: whether it loaded the jobs, and has their targets.
    fn compare(&mut self, world: &World, facts: &ServerFacts<'_>) {
        if !facts.live.answered() || self.selected.state.is_failed() {
            return;
        }
        let behind = self.scraped.endpoints.iter().any(|endpoint| !endpoint.behind.is_empty());
        let lacks = behind || self.scraped.endpoints.iter().any(|endpoint| endpoint.exists == Some(false));
        let shown = facts.live.pods.iter().any(|pod| pod.config.given().is_some());
        if matches!(self.loaded, State::Unknown(_)) {
            if self.scraped.has_all_pools() && !(behind && self.watched.held) {
                self.loaded = State::Passed;
            } else if lacks && self.watched.held && !shown && self.discoverable.state != State::Passed {
                // While discovery fails there is no pool either.
                let need = "the running Prometheus has no targets of the job: it has not loaded it, or cannot discover them";
                self.loaded = State::unknown(Unseen { reason: UnseenReason::NotJudged, need: need.to_owned() });
            } else if lacks && self.watched.held {
                self.loaded = self.young.clone().map_or(State::Failed, State::unknown);
            }
        }
        self.outdated = self.outdated(world, facts);
        if !self.outdated.is_empty() && !self.loaded.is_failed() && self.watched.held {
            self.loaded = self.young.clone().map_or(State::Failed, State::unknown);
        }
        let earlier = |state: &State| !state.is_failed();
        let well = [&self.loaded, &self.discoverable.state, &self.matched.state, &self.backed.state, &self.kept.state];
        let well = well.into_iter().all(earlier) && self.endpoints.iter().all(|endpoint| earlier(&endpoint.state));
        let empty = |at: usize| matches!(self.surprise(at), Some(Surprise::NothingDiscovered { .. }));
        let nothing = (0..self.endpoints.len()).any(empty);
        if well && nothing && self.scraped.state == State::Skipped {
            self.scraped.state = self.young.clone().map_or(State::Failed, State::unknown);
        }
    }

    /// The jobs that a pod has, and has otherwise than they lie in the Secret, where pods showed what they have loaded.
    fn outdated(&self, world: &World, facts: &ServerFacts<'_>) -> Vec<String> {
        let Some(wanted) = facts.decoded() else { return Vec::new() };
        let differs = |job: &Job| {
            facts.live.pods.iter().any(|live| {
                let Some(loaded) = live.config.given() else { return false };
                let found = loaded.jobs_of(&self.monitor.metadata).find(|found| found.name == job.name);
                let pod = world.pods.get(&facts.server.metadata.namespace, &live.pod);
                found.is_some_and(|found| !compared::is_loaded(wanted, job, loaded, found, facts.server, pod))
            })
        };
        let all = self.generated.jobs.iter().filter(|(_, job)| differs(job));
        all.map(|(_, job)| job.name.clone()).collect()
    }

    /// How the running server differs from what is expected of an endpoint.
    pub fn surprise(&self, endpoint: usize) -> Option<Surprise> {
        Surprise::of(&self.kept, &self.scraped, endpoint)
    }

    /// Whether the configuration is known to be refused, so that not knowing what is loaded hides a failure.
    fn loaded_matters(&self) -> bool {
        self.loaded.why().iter().any(|why| why.reason != UnseenReason::NotJudged)
    }

    fn leaves_something(&self, link: Link) -> bool {
        let yields =
            || self.endpoints.iter().any(|endpoint| endpoint.targets.iter().any(|target| self.may_list(target.spot.namespace)));
        match link {
            Link::Discoverable => self.discoverable.places.iter().any(|place| !place.state.is_failed()) && yields(),
            Link::Backed => !self.backed.spots.is_empty() && (self.backed.wanted.is_empty() || yields()),
            Link::Kept => {
                let left =
                    |endpoint: &EndpointFacts<'_>| match self.kept.endpoints.iter().find(|kept| kept.index == endpoint.index) {
                        Some(kept) => kept.active > 0,
                        None => !endpoint.targets.is_empty(),
                    };
                self.endpoints.iter().any(left)
            }
            Link::Ports => yields(),
            Link::Scraped => self.scraped.endpoints.iter().any(|endpoint| endpoint.up + endpoint.pending > 0),
            // Other pods of the server scrape it.
            Link::Loaded => {
                let elsewhere = |endpoint: &ScrapedEndpoint<'_>| !endpoint.behind.is_empty() && endpoint.active() > 0;
                self.outdated.is_empty() && self.scraped.endpoints.iter().any(elsewhere)
            }
            _ => false,
        }
    }

    /// Whether nothing that a list in a namespace needs is denied.
    pub fn may_list(&self, namespace: &str) -> bool {
        let here = |place: &&Place| place.namespace.as_deref().is_none_or(|place| place == namespace);
        self.discoverable.places.iter().filter(here).all(|place| !place.state.is_failed())
    }

    fn count(&self) -> Targets {
        let mut distinct: BTreeSet<(usize, &str)> = BTreeSet::new();
        let mut all: BTreeSet<(usize, &str)> = BTreeSet::new();
        for endpoint in &self.endpoints {
            for target in &endpoint.targets {
                all.insert((endpoint.index, target.identity.as_str()));
                if self.may_list(target.spot.namespace) {
                    distinct.insert((endpoint.index, target.identity.as_str()));
                }
            }
        }
        let known = self.endpoints.iter().all(|endpoint| !matches!(endpoint.state, State::Unknown(_)))
            && !matches!(self.backed.state, State::Unknown(_))
            && !matches!(self.matched.state, State::Unknown(_));
        let predicted = match self.verdict {
            Verdict::NotTaken => Some(0),
            // Targets that do not answer are targets.
            Verdict::Failed if self.first_failed() != Some(Link::Scraped) => Some(0),
            // Prometheus does not load a configuration that it refuses because of another monitor.
            _ if self.loaded_matters() => Some(0),
            _ if known && !matches!(self.kept.state, State::Unknown(_)) && !matches!(self.selected.state, State::Unknown(_)) => {
                let evaluated = |index: usize| self.kept.endpoints.iter().find(|kept| kept.index == index);
                let relabeled: usize = self.kept.endpoints.iter().map(|kept| kept.listed).sum();
                Some(relabeled + distinct.iter().filter(|(index, _)| evaluated(*index).is_none()).count())
            }
            _ => None,
        };
        // An endpoint whose port is wrong would have one target per address that offers any endpoint port.
        let addresses: BTreeSet<&str> = self
            .backed
            .spots
            .iter()
            .filter(|spot| spot.port.is_some() || spot.pod.is_some())
            .map(|spot| spot.host.as_str())
            .collect();
        // What a mended selector or port would lead to is told by the chain; all else its job has been run for.
        let of_endpoint =
            |endpoint: &EndpointFacts<'_>| match self.kept.endpoints.iter().find(|kept| kept.index == endpoint.index) {
                _ if endpoint.state.is_failed() => addresses.len(),
                Some(kept) if !self.matched.state.is_failed() && kept.is_lost() => endpoint.targets.len(),
                Some(kept) if !self.matched.state.is_failed() => kept.active,
                _ => all.iter().filter(|(index, _)| *index == endpoint.index).count(),
            };
        let if_mended = self.endpoints.iter().map(of_endpoint).sum();
        let tells = known
            && self.backed.wanted.is_empty()
            && !self.backed.spots.is_empty()
            && !matches!(self.kept.state, State::Unknown(_));
        Targets {
            predicted,
            if_mended: tells.then_some(if_mended).or(predicted.filter(|_| self.verdict == Verdict::Ok)),
            actual: self.scraped.actual,
            up: self.scraped.actual.map(|_| self.scraped.up()),
        }
    }
}
