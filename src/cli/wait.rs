//! `wait`: follows one change on its way, until its targets are up.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use prom_doctor_checks::report::{Mode, Ref, Run};
use prom_doctor_checks::wait::{self, Event, EventKind, Goal, Look, Stand, Standing, WaitResult, Wanted, Wish, look};
use prom_doctor_checks::wants::{Live, Question};
use prom_doctor_checks::world::{Kind, World};

use super::gather::{direct, read, server_namespace, told, within};
use super::global::duration;
use super::progress::Progress;
use super::why::{about, check_one_namespace};
use super::{Context, name};
use crate::collect::{Cluster, CollectError, Direct};
use crate::error::Error;
use crate::exit::Exit;
use crate::out::Out;
use crate::render::text::{Mark, Paint, clean};
use crate::render::{self, DataFormat, Style, json::json, yaml::yaml};

/// How long definitions and rights count as known: they are long to read and hardly ever change.
const SLOW: Duration = Duration::from_secs(30);
/// The longest pause while the cluster does not answer.
const LONGEST: Duration = Duration::from_secs(10);
/// How often the line on a terminal moves.
const FRAME: Duration = Duration::from_millis(120);

/// Wait until a monitor's targets are up, and say where its way stops
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  wait servicemonitor/api -n shop\n  wait servicemonitor/api --for=up --targets 3 --timeout 10m\n  wait podmonitor/worker --for=generated --timeout 30s\n\nExit codes: 0 it is there, 1 it is not within the timeout, 3 that cannot be known, or the cluster does not answer at the first look. Later it may go away and come back."
)]
pub(super) struct Args {
    /// What to wait for: TYPE/NAME or TYPE NAME of a ServiceMonitor or PodMonitor, be it created yet or not
    #[arg(required = true, num_args = 1..=2, value_name = "TYPE/NAME")]
    object: Vec<String>,
    /// How far it is to come
    #[arg(long = "for", value_enum, default_value_t, value_name = "STATE")]
    goal: State,
    /// Be content with this many targets on each Prometheus [default: all that are expected]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    targets: Option<u32>,
    /// How long to wait; 0 looks once
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    timeout: Duration,
    /// How often to look
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    interval: Duration,
    /// End at once with 1 at something that time alone does not mend
    #[arg(long)]
    fail_fast: bool,
}

/// How far a monitor is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum State {
    /// The operator has written its jobs into the Secret.
    Generated,
    /// Every pod of Prometheus has its jobs.
    Loaded,
    /// Prometheus has its targets.
    Discovered,
    /// Its targets answer.
    #[default]
    Up,
}

impl State {
    fn goal(self) -> Goal {
        match self {
            Self::Generated => Goal::Generated,
            Self::Loaded => Goal::Loaded,
            Self::Discovered => Goal::Discovered,
            Self::Up => Goal::Up,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Loaded => "loaded",
            Self::Discovered => "discovered",
            Self::Up => "up",
        }
    }
}

/// How the waiting ended.
enum End {
    Reached,
    /// It cannot be known.
    Unknowable(String),
    /// Time alone will not mend it, and the user did not want to wait for more.
    Stuck,
    /// One look was enough, and it was not there.
    Late,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let format = context.global.data_format("wait")?;
    let (kind, name) = name::object(&args.object)?;
    check(args, kind, context)?;
    let global = context.global;
    let live = if args.goal == State::Generated { Live::No } else { Live::Targets };
    let show = !global.no_progress && global.quiet == 0;
    let teller = Teller::new(show, &context.style, context.err, args.timeout);
    let wish = Wish { goal: args.goal.goal(), targets: args.targets.and_then(|number| usize::try_from(number).ok()) };
    let seen: RefCell<Option<Look>> = RefCell::new(None);
    let monitor: RefCell<Option<Ref>> = RefCell::new(None);
    let limit = Some(args.timeout).filter(|limit| !limit.is_zero());
    let end = within(global, &|_| (), limit, async |cluster| {
        let direct = direct(global)?;
        let mut question = global.question(Some(cluster.default_namespace()));
        about(&mut question, None, kind, &name)?;
        question.live = global.running.asks(live);
        *monitor.borrow_mut() = question.about.as_ref().map(Ref::from);
        let round = Round { cluster, direct: direct.as_ref(), question, wish, start: teller.start };
        let mut work = std::pin::pin!(follow(args, &round, &teller, &seen));
        loop {
            tokio::select! {
                end = &mut work => return end,
                () = teller.frame() => teller.draw(),
            }
        }
    })?;
    let (seen, took) = (seen.into_inner(), teller.start.elapsed());
    let events = teller.end();
    let monitor = monitor.into_inner();
    let named = monitor.as_ref().map_or_else(|| format!("{kind} {name}"), Ref::to_string);
    let goal = args.goal.word();
    if let Some(monitor) = monitor.filter(|_| format != DataFormat::Text && context.global.quiet < 2) {
        let result = result(args, end.as_ref(), monitor, seen.clone(), events, took);
        context.out.write(&if format == DataFormat::Json { json(&result)? } else { yaml(&result)? })?;
    }
    let exit = match &end {
        Some(End::Reached) => Exit::Clean,
        Some(End::Unknowable(why)) => {
            let help = (args.goal != State::Generated && !why.contains("list")).then(|| {
                "--for=generated waits for the Secret only; --prometheus-url asks Prometheus without the API server".to_owned()
            });
            return Err(Error::no_answer(clean(&format!("whether {named} is {goal} cannot be known: {why}")), help));
        }
        Some(End::Stuck | End::Late) | None => Exit::Findings,
    };
    if format == DataFormat::Text && context.global.quiet < 2 {
        let text = Ending { end: &end, named: &named, goal, seen: seen.as_ref(), took, style: &context.style }.text();
        context.out.write(&text)?;
    }
    Ok(exit)
}

/// How it ended, for other programs.
fn result(args: &Args, end: Option<&End>, monitor: Ref, seen: Option<Look>, events: Vec<Event>, took: Duration) -> WaitResult {
    let end = match end {
        Some(End::Reached) => wait::End::Reached,
        Some(End::Unknowable(_)) => wait::End::Unknowable,
        Some(End::Stuck) => wait::End::Stuck,
        Some(End::Late) | None => wait::End::Timeout,
    };
    let targets = args.targets.and_then(|number| usize::try_from(number).ok());
    let wanted = Wanted { state: args.goal.word(), targets, timeout_seconds: args.timeout.as_secs() };
    let none = Run { mode: Mode::Live, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let mut run = seen.as_ref().map_or(none, |look| look.report.run.clone());
    run.duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let mut out = WaitResult::new(run, monitor, wanted, end, events);
    if let Some(Look { report, standing }) = seen {
        out.stands = Some(Stand::from(&standing));
        out.report = Some(report);
    }
    out
}

/// What clap cannot check.
fn check(args: &Args, kind: Kind, context: &Context<'_>) -> Result<(), Error> {
    if !matches!(kind, Kind::ServiceMonitor | Kind::PodMonitor) {
        return Err(Error::usage(
            format!("wait does not follow a {kind}"),
            "it follows a servicemonitor or podmonitor".to_owned(),
        ));
    }
    if context.global.snapshot.is_some() {
        return Err(Error::usage("a snapshot does not change", "leave out --snapshot, or ask `why`".to_owned()));
    }
    if context.global.running.no_live && args.goal != State::Generated {
        let message = format!("only the running Prometheus knows what is {}, and --no-live forbids to ask it", args.goal.word());
        return Err(Error::usage(message, "leave out --no-live, or wait --for=generated".to_owned()));
    }
    if args.targets.is_some() && matches!(args.goal, State::Generated | State::Loaded) {
        let message = format!("--targets has no meaning for --for={}", args.goal.word());
        return Err(Error::usage(message, "targets are counted with --for=discovered and --for=up".to_owned()));
    }
    check_one_namespace(context)
}

/// What is asked in every round.
struct Round<'r> {
    cluster: &'r Cluster,
    direct: Option<&'r Direct>,
    question: Question,
    wish: Wish,
    start: Instant,
}

impl Round<'_> {
    /// Reads the cluster anew; definitions and rights only where they are not known.
    async fn world(&self, known: World, live: Live) -> Result<(World, Question), CollectError> {
        let mut question = Question { live, ..self.question.clone() };
        let world = read(&self.cluster.afresh(), self.direct, &mut question, known, &|_| ()).await?;
        server_namespace(&mut question, &world);
        Ok((world, question))
    }

    fn look(&self, world: &World, question: &Question) -> Look {
        let run = Run {
            mode: Mode::Live,
            context: self.cluster.context_name().map(str::to_owned),
            observed_at: world.observed_at.and_then(|at| jiff::Timestamp::from_second(at).ok()).map(|at| at.to_string()),
            duration_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            operators: Vec::new(),
        };
        look(world, question, self.wish, run)
    }
}

/// Looks again and again.
async fn follow(args: &Args, round: &Round<'_>, teller: &Teller<'_>, seen: &RefCell<Option<Look>>) -> Result<End, Error> {
    let mut slow: Option<(Instant, World)> = None;
    let mut failed: u32 = 0;
    // The configuration in memory is long to read: only it shows that a job of an old name is the new one.
    let mut live = round.question.live;
    loop {
        let begin = Instant::now();
        let known = slow.as_ref().filter(|(read, _)| read.elapsed() < SLOW).map(|(_, world)| world.slow());
        let fresh = known.is_none();
        let lost = match round.world(known.unwrap_or_default(), live).await {
            Ok((world, question)) => {
                let look = round.look(&world, &question);
                if fresh {
                    slow = Some((begin, world));
                }
                match look.standing.lost.clone() {
                    Some(why) => why,
                    None => {
                        failed = 0;
                        if look.standing.reached && live == Live::Targets {
                            live = Live::All;
                            continue;
                        }
                        teller.stands(&look);
                        let standing = look.standing.clone();
                        *seen.borrow_mut() = Some(look);
                        if standing.reached {
                            return Ok(End::Reached);
                        }
                        if let Some(why) = standing.unknowable {
                            return Ok(End::Unknowable(why));
                        }
                        if args.fail_fast && standing.stuck {
                            return Ok(End::Stuck);
                        }
                        if args.timeout.is_zero() {
                            return Ok(End::Late);
                        }
                        // A cluster that takes long to read is not to be busy with that all the time.
                        tokio::time::sleep(args.interval.max(begin.elapsed() * 4)).await;
                        continue;
                    }
                }
            }
            Err(error @ (CollectError::Unreachable { .. } | CollectError::NotKubernetes { .. })) if seen.borrow().is_some() => {
                told(&error)
            }
            // A wrong address is never right; who waits for a cluster to come up does so before.
            Err(error @ (CollectError::Unreachable { .. } | CollectError::NotKubernetes { .. })) => {
                let help = "a cluster that has answered before may go away and come back, one that never did is not waited for";
                return Err(Error::no_answer(told(&error), Some(help.to_owned())));
            }
            Err(error) => return Err(Error::no_answer(told(&error), None)),
        };
        slow = None;
        if args.timeout.is_zero() {
            return Err(Error::no_answer(lost, None));
        }
        teller.lost(&lost);
        let pause = Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(failed)).min(LONGEST);
        failed = failed.saturating_add(1);
        tokio::time::sleep(pause).await;
    }
}

/// Tells what happens on standard error: on a terminal a line that moves, in a log a line for each change.
struct Teller<'t> {
    progress: Progress,
    show: bool,
    style: &'t Style,
    err: RefCell<&'t mut Out>,
    timeout: Duration,
    start: Instant,
    now: RefCell<Now>,
}

#[derive(Default)]
struct Now {
    /// Step and cause of what was last told, and whether Prometheus did not answer then.
    told: Option<(usize, Option<String>, bool)>,
    events: Vec<Event>,
    /// What the moving line says.
    line: String,
    lost: bool,
    frame: usize,
}

impl<'t> Teller<'t> {
    fn new(show: bool, style: &'t Style, err: &'t mut Out, timeout: Duration) -> Self {
        let now = Now { line: "connecting".to_owned(), ..Now::default() };
        let progress = Progress::new(show);
        Self { progress, show, style, err: RefCell::new(err), timeout, start: Instant::now(), now: RefCell::new(now) }
    }

    /// The next time that the line moves; never, where there is none.
    async fn frame(&self) {
        if self.progress.is_on() {
            tokio::time::sleep(FRAME).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn draw(&self) {
        let mut now = self.now.borrow_mut();
        now.frame = now.frame.wrapping_add(1);
        let frames: &[&str] = if self.style.ascii {
            &["|", "/", "-", "\\"]
        } else {
            &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
        };
        let frame = frames[now.frame % frames.len()];
        let (took, limit) = (since(self.start.elapsed()), since(self.timeout));
        self.progress.draw(&format!("{frame} {took} of {limit}   {}", now.line));
    }

    /// How far it is.
    fn stands(&self, look: &Look) {
        let standing = &look.standing;
        let mut now = self.now.borrow_mut();
        let code =
            |id: &String| look.report.findings.iter().find(|finding| finding.id == *id).map(|finding| finding.code.clone());
        let code = standing.cause.as_ref().and_then(code);
        let told = (standing.step.number(), code.clone(), standing.silent);
        now.line = in_words(standing);
        let back = std::mem::take(&mut now.lost);
        if back {
            self.write(Mark::Passed, "the cluster answers again");
            now.events.push(event(EventKind::Back, "the cluster answers again"));
        }
        // A cause that is gone while the step stays is no news.
        let is_known = |(step, code, silent): &(usize, Option<String>, bool)| {
            (*step, *silent) == (told.0, told.2) && (told.1.is_none() || *code == told.1)
        };
        let known = now.told.as_ref().is_some_and(is_known);
        if known && !standing.reached {
            return;
        }
        let kind = if standing.reached { EventKind::Reached } else { EventKind::Stands };
        let own = event(kind, &standing.says);
        now.events.push(Event { step: Some(told.0), link: Some(standing.link), code: code.clone(), ..own });
        // What cannot be known is said as an error.
        if standing.reached || standing.unknowable.is_some() {
            return;
        }
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        let mark = if standing.stuck { Mark::Failed } else { Mark::Skipped };
        self.write(mark, &format!("{}{code}", now.line));
        now.told = Some(told);
    }

    /// The cluster does not answer: that is said once.
    fn lost(&self, why: &str) {
        let mut now = self.now.borrow_mut();
        now.line = format!("the cluster does not answer: {why}");
        if !std::mem::replace(&mut now.lost, true) {
            self.write(Mark::Unknown, &format!("{}; trying again", now.line));
            now.events.push(event(EventKind::Lost, why));
        }
    }

    /// Takes the moving line away: what happened.
    fn end(self) -> Vec<Event> {
        self.now.into_inner().events
    }

    fn write(&self, mark: Mark, text: &str) {
        if !self.show {
            return;
        }
        let text = clean(text);
        let line = if self.progress.is_on() {
            self.progress.clear();
            let head = format!("{} {} ", self.style.mark(mark), since(self.start.elapsed()));
            let columns = self.style.mark_width() + 1 + since(self.start.elapsed()).chars().count() + 1;
            self.style.hang(&head, columns, &text)
        } else {
            format!("{} {text}\n", now())
        };
        // What is told on the way is no answer: where it cannot be written, the waiting goes on.
        let _ = self.err.borrow_mut().write(&line);
    }
}

/// Something that happened now.
fn event(kind: EventKind, says: &str) -> Event {
    Event { at: now().to_string(), kind, step: None, link: None, says: says.to_owned(), code: None }
}

/// Whole seconds are enough.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap_or_default()
}

/// `step 4, written: not yet in Secret monitoring/prometheus-k8s`.
fn in_words(standing: &Standing) -> String {
    format!("step {}, {}: {}", standing.step.number(), standing.step.as_str(), standing.says)
}

/// What is said at the end.
struct Ending<'e> {
    end: &'e Option<End>,
    named: &'e str,
    goal: &'static str,
    seen: Option<&'e Look>,
    took: Duration,
    style: &'e Style,
}

impl Ending<'_> {
    fn text(&self) -> String {
        let (named, goal, took) = (clean(self.named), self.goal, since(self.took));
        let reached = matches!(self.end, Some(End::Reached));
        let mark = if reached { Mark::Passed } else { Mark::Failed };
        let head = format!("{} ", self.style.mark(mark));
        let columns = self.style.mark_width() + 1;
        let Some(Look { report, standing }) = self.seen else {
            let text = format!("{named} is not {goal} after {took}: the cluster has not answered");
            return self.style.hang(&head, columns, &text);
        };
        let says = clean(&standing.says);
        if reached {
            let mut out = self.style.hang(&head, columns, &format!("{named} is {goal} after {took}: {says}"));
            let open = format!("{} ", self.style.mark(Mark::Unknown));
            for why in &standing.unchecked {
                out.push_str(&self.style.hang(&open, columns, &format!("not checked: {}", clean(why))));
            }
            return out;
        }
        let (link, step) = (standing.link, standing.step);
        let stopped = format!("it stopped at step {}, {} (link `{link}`)", step.number(), step.as_str());
        let mut out = self.style.hang(&head, columns, &format!("{named} is not {goal} after {took}: {stopped}"));
        out.push_str(&self.style.hang(&" ".repeat(columns), columns, &says));
        if let Some(finding) = standing.cause.as_ref().and_then(|id| render::finding(report, id, self.style)) {
            out.push('\n');
            out.push_str(&finding);
        } else if let Some((kind, rest)) = self.named.split_once(' ')
            && let Some((namespace, name)) = rest.split_once('/')
        {
            let why = format!("{} why {}/{name} -n {namespace}", self.style.program, kind.to_lowercase());
            let help = format!("  {} help: ", self.style.paint("=", Paint::Note));
            out.push_str(&self.style.hang(&help, 10, &clean(&why)));
        }
        out
    }
}

/// `42s`, `3m05s`, `1h02m`.
fn since(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let of = |seconds| since(Duration::from_secs(seconds));
        assert_eq!([of(0), of(59), of(60), of(605), of(3_725)], ["0s", "59s", "1m00s", "10m05s", "1h02m"]);
    }
}
