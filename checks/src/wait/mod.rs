//! How far a change has come on its way from a monitor to scraped targets: what `wait` follows. Nothing is waited for here;
//! a world is looked at once.

mod answer;
mod step;

pub use answer::{End, Event, EventKind, SCHEMA, Stand, WaitResult, Wanted};

use std::ops::RangeInclusive;

use crate::chain::{Chain, MonitorFacts, ServerFacts, Walk};
use crate::diagnose::judge;
use crate::pipeline::{Expect, StepName, StepState, of_monitor, span};
use crate::report::{Confidence, Finding, Link, Ref, Report, Run, Severity, Subject, Verdict};
use crate::view::relevant;
use crate::wants::Question;
use crate::world::{Kind, ObjectId, Seen, World};

use self::step::Step;

/// How far a change is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// Its jobs lie in the Secret.
    Generated,
    /// The running Prometheus has its jobs.
    Loaded,
    /// The running Prometheus has its targets.
    Discovered,
    /// Its targets answer.
    Up,
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// How far it is to come.
    pub goal: Goal,
    /// With how many targets on each server; `None` for all that are expected.
    pub targets: Option<usize>,
}

/// What a look at the world shows.
#[derive(Clone, Debug)]
pub struct Look {
    /// All that was found about the monitor.
    pub report: Report,
    /// How far it has come.
    pub standing: Standing,
}

/// How far a change has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it has come as far as was wished.
    pub reached: bool,
    /// The link at which it stands.
    pub link: Link,
    /// The step of `pipeline` at which it stands.
    pub step: StepName,
    /// How it stands there, in a few words.
    pub says: String,
    /// The finding that explains it, by its id.
    pub cause: Option<String>,
    /// Whether waiting alone will hardly mend it.
    pub stuck: bool,
    /// Whether the running server does not answer, so that it cannot be known for now.
    pub silent: bool,
    /// Why it cannot be known, however long one waits.
    pub unknowable: Option<String>,
    /// Why the cluster could not be read this time.
    pub lost: Option<String>,
    /// What is to come next, and until when.
    pub expect: Option<Expect>,
    /// What was not checked on the way, though the goal is reached.
    pub unchecked: Vec<String>,
}

impl Standing {
    fn at(link: Link, says: impl Into<String>) -> Self {
        Self {
            reached: false,
            link,
            step: StepName::ALL[steps_of(link).end() - 1],
            says: says.into(),
            cause: None,
            stuck: false,
            silent: false,
            unknowable: None,
            lost: None,
            expect: None,
            unchecked: Vec::new(),
        }
    }
}

/// Looks how far the monitor that is asked about has come. Nothing is too young to be judged: whoever waits wants to know
/// what is missing.
pub fn look(world: &World, question: &Question, wish: Wish, run: Run) -> Look {
    // Below any age, also that of an object written by a clock that is ahead.
    let usual = question.grace;
    let question = Question { grace: i64::MIN, ..question.clone() };
    let mut walk = Walk::new(world, question.grace, question.server.as_ref());
    walk.usual = usual;
    let report = judge(&walk, &question, run);
    let standing = match &question.about {
        Some(about) => standing(&walk, about, wish, usual, &report),
        None => Standing::at(Link::Exists, "no monitor is asked about"),
    };
    Look { report, standing }
}

fn standing(walk: &Walk<'_>, about: &ObjectId, wish: Wish, usual: i64, report: &Report) -> Standing {
    if let Some(why) = lost(walk.world, about) {
        return Standing { lost: Some(why.clone()), ..Standing::at(Link::Exists, why) };
    }
    let Some(facts) = walk.place_of(about).map(|at| &walk.monitors[at]) else { return absent(walk.world, about, report) };
    let subject = report.subjects.iter().find(|subject| subject.reference == Ref::from(about));
    if !facts.is_taken() {
        return not_taken(walk, facts, subject, report);
    }
    let all = relevant(facts).into_iter().map(|chain| {
        let server = walk.servers.iter().find(|server| std::ptr::eq(server.server, chain.server));
        let standing = Step { walk, chain, server, wish, usual }.standing();
        let standing = placed(standing, walk, chain, server);
        explained(standing, chain, subject, report)
    });
    // The server that is farthest behind tells; what cannot be known anywhere is said before what is waited for.
    let rank = |standing: &Standing| (standing.reached, standing.unknowable.is_none(), standing.link);
    let mut all: Vec<Standing> = all.collect();
    all.sort_by_key(rank);
    let told: Vec<String> = all.iter().filter(|one| one.reached).map(|one| one.says.clone()).collect();
    let unchecked = all.iter().flat_map(|one| one.unchecked.iter().cloned()).collect();
    let first = all.into_iter().next().unwrap_or_else(|| Standing::at(Link::Selected, "no server takes it"));
    if first.reached { Standing { says: told.join("; "), unchecked, ..first } } else { first }
}

/// The steps that a link stands for.
fn steps_of(link: Link) -> RangeInclusive<usize> {
    match link {
        Link::Tool | Link::Exists => 1..=1,
        Link::Watched => 2..=3,
        Link::Selected | Link::Accepted => 3..=3,
        Link::Generated => 3..=4,
        Link::Loaded => 5..=7,
        Link::Scraped => 8..=9,
        _ => 8..=8,
    }
}

/// Adds the step at which it stands, and between the Secret and Prometheus what that step says of itself.
fn placed(mut standing: Standing, walk: &Walk<'_>, chain: &Chain<'_>, server: Option<&ServerFacts<'_>>) -> Standing {
    if standing.reached || standing.silent || standing.unknowable.is_some() {
        return standing;
    }
    let Some(pipeline) = server.and_then(|server| of_monitor(walk, server, &chain.monitor.id())) else { return standing };
    let Some(step) = pipeline.among(steps_of(standing.link)) else { return standing };
    standing.step = step.name;
    standing.expect.clone_from(&pipeline.expect);
    if standing.link == Link::Loaded && matches!(step.state, StepState::Waiting | StepState::Stuck) {
        let likely = if step.confidence == Confidence::Certain { "" } else { "most likely " };
        standing.says = format!("{}: {likely}{}", standing.says, step.says);
    }
    if let Some(expect) = standing.expect.as_ref().filter(|expect| expect.within_seconds > 0) {
        standing.says = format!("{}; {} within {}", standing.says, expect.what, span(expect.within_seconds));
    }
    standing
}

/// Why the cluster could not be read: without what everybody needs nothing can be told.
fn lost(world: &World, about: &ObjectId) -> Option<String> {
    let own = (about.kind, Some(about.namespace.as_str()));
    let needed = [own, (Kind::Prometheus, None), (Kind::PrometheusAgent, None), (Kind::Service, None)];
    needed.into_iter().find_map(|(kind, namespace)| match world.sight.of(kind, namespace) {
        Seen::Failed(why) => Some(why),
        _ => None,
    })
}

fn absent(world: &World, about: &ObjectId, report: &Report) -> Standing {
    let seen = world.sight.of(about.kind, Some(&about.namespace));
    let malformed = world.malformed.iter().find(|malformed| malformed.id.as_ref() == Some(about));
    let own = Ref::from(about);
    let about_it =
        |finding: &&Finding| finding.severity == Severity::Error && (finding.subject == own || finding.affects.contains(&own));
    let cause = report.findings.iter().find(about_it);
    let says = match (cause, malformed, &seen) {
        (_, Some(malformed), _) => malformed.message.clone(),
        (Some(cause), ..) => cause.message.clone(),
        (_, _, Seen::NotServed) => format!("the API server does not serve {}", about.kind.resource()),
        (_, _, Seen::Forbidden) => format!("you may not \"list {} in {}\"", about.kind.resource(), about.namespace),
        _ => "not created yet".to_owned(),
    };
    let unknowable = (seen == Seen::Forbidden && malformed.is_none()).then(|| says.clone());
    Standing { cause: cause.map(|cause| cause.id.clone()), unknowable, ..Standing::at(Link::Exists, says) }
}

fn not_taken(walk: &Walk<'_>, facts: &MonitorFacts<'_>, subject: Option<&Subject>, report: &Report) -> Standing {
    let cause = subject.and_then(|subject| subject.cause.as_ref());
    let finding = cause.and_then(|id| report.findings.iter().find(|finding| finding.id == *id));
    let link = finding.map_or(Link::Selected, |finding| finding.link);
    let why: Vec<String> = match (&walk.unseen_server, facts.verdict) {
        (Some(unseen), Verdict::Unknown) => unseen.unseen.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let says = match finding {
        Some(finding) => finding.message.clone(),
        None if why.is_empty() => "no Prometheus selects it".to_owned(),
        None => format!("whether a Prometheus selects it is not known: {}", why.join("; ")),
    };
    let unknowable = (!why.is_empty()).then(|| says.clone());
    Standing { cause: cause.cloned(), stuck: unknowable.is_none(), unknowable, ..Standing::at(link, says) }
}

/// Adds the finding that explains where a chain stands.
fn explained(mut standing: Standing, chain: &Chain<'_>, subject: Option<&Subject>, report: &Report) -> Standing {
    let server = Ref::from(&chain.server.id());
    let own = subject.and_then(|subject| subject.chains.iter().find(|own| own.server == server));
    let ids =
        own.into_iter().flat_map(|own| &own.links).filter(|link| link.link == standing.link).flat_map(|link| &link.findings);
    let found = ids.filter_map(|id| report.findings.iter().find(|finding| finding.id == *id));
    let mut causes = found.filter(|finding| finding.severity == Severity::Error && finding.confidence != Confidence::Possible);
    if let Some(cause) = causes.next().filter(|_| !standing.reached) {
        standing.cause = Some(cause.id.clone());
        // What is only late is told in words of waiting, what is wrong in those of its finding.
        let late = is_late(&cause.name);
        if !late {
            standing.says.clone_from(&cause.message);
        }
        standing.stuck = !late && !matches!(standing.link, Link::Exists | Link::Backed | Link::Scraped);
    }
    standing
}

/// What operator, kubelet, reloader and Prometheus mend by themselves when their time has come.
fn is_late(name: &str) -> bool {
    matches!(
        name,
        "job-missing"
            | "job-stale"
            | "config-secret-missing"
            | "config-empty"
            | "job-not-loaded"
            | "server-not-reconciled"
            | "nothing-discovered"
            | "cause-unknown"
    )
}

/// The server of a chain for people.
fn server_of(chain: &Chain<'_>) -> String {
    chain.server.id().to_string()
}

/// Whether any pod of a server can be asked at all, ever: else why not.
fn deaf(walk: &Walk<'_>, server: &ServerFacts<'_>) -> Option<String> {
    let live = &server.live;
    if live.pods.is_empty() {
        let namespace = &server.server.metadata.namespace;
        let forbidden = walk.world.sight.of(Kind::Pod, Some(namespace)) == Seen::Forbidden;
        return forbidden.then(|| format!("you may not \"list pods in {namespace}\""));
    }
    let why = |pod: &&crate::world::LivePod| pod.targets.failure().filter(|_| pod.lasting).map(str::to_owned);
    live.pods.iter().copied().find_map(|pod| why(&pod))
}
