//! Steps 5 to 7: from the Secret into the memory of Prometheus, pod by pod. Neither the mount nor what the reloader made
//! of it can be read: what Prometheus has loaded shows that both were passed, and when it was loaded tells which was not.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::json;

use super::reloader::Settings;
use super::{Advice, Expect, KUBELET, Part, Reload, Scope, StepState, WATCH_INTERVAL, span, time};
use crate::chain::{Jobs, Refusal, compare, is_of, variables};
use crate::operator::pods as server_pods;
use crate::prometheus::config::{Config, Foretold, Job};
use crate::report::kubectl;
use crate::text::line;
use crate::world::{ContainerStatus, Kind, LivePod, Pod, Runtime};

const NOT_ASKED: &str = "the running Prometheus was not asked";

/// What is known of the pods of a server.
pub(super) struct Loaded<'w> {
    pods: Vec<Look<'w>>,
    /// Whether all pods that were asked have loaded the jobs that the objects lead to; told only where the Secret was not
    /// seen.
    pub(super) holds_objects: bool,
}

/// What is known of a pod.
struct Look<'w> {
    name: String,
    pod: Option<&'w Pod>,
    live: Option<&'w LivePod>,
    /// How what it has loaded differs from what it should have.
    differs: Differs,
    settings: Settings,
}

enum Differs {
    /// By meaning.
    Known(Jobs),
    /// Only which jobs there are is known.
    Names(Jobs),
    /// Why that is not known.
    Unknown(String),
}

/// Looks at the pods of a server.
pub(super) fn look<'w>(scope: &Scope<'_, 'w>) -> Loaded<'w> {
    let facts = scope.facts;
    let running: Vec<&'w Pod> = server_pods::pods(scope.walk.world, facts.server).filter(|pod| !pod.is_finished()).collect();
    let asked: &[&'w LivePod] = &facts.live.pods;
    let of = |pod: &Pod| asked.iter().copied().find(|live| live.pod == pod.metadata.name);
    let mut found: Vec<(String, Option<&'w Pod>, Option<&'w LivePod>)> = Vec::new();
    if asked.iter().all(|live| running.iter().any(|pod| pod.metadata.name == live.pod)) {
        found.extend(running.iter().map(|pod| (pod.metadata.name.clone(), Some(*pod), of(pod))));
    } else {
        // One that was asked at its own address is one of the pods, and of one alone it is known which.
        let only = running.first().copied().filter(|_| running.len() == 1 && asked.len() == 1);
        found.extend(asked.iter().map(|live| (live.pod.clone(), only, Some(*live))));
    }
    let (wanted, foretold) = match facts.decoded() {
        Some(config) => (Some(Cow::Borrowed(config)), false),
        None => (predicted(scope).map(Cow::Owned), true),
    };
    let pods: Vec<Look<'w>> = found
        .into_iter()
        .map(|(name, pod, live)| {
            let differs = differs(scope, wanted.as_deref().map(|config| (config, foretold)), pod, live);
            Look { name, pod, live, differs, settings: Settings::of(facts.server, pod) }
        })
        .collect();
    let same = |look: &Look<'_>| matches!(&look.differs, Differs::Known(jobs) if jobs.is_same());
    let holds_objects = foretold && !pods.is_empty() && pods.iter().all(same);
    Loaded { pods, holds_objects }
}

/// What the Secret should hold, where it was not seen and what operators write is known.
fn predicted(scope: &Scope<'_, '_>) -> Option<Config> {
    let server = scope.facts.server;
    let mut jobs = Vec::new();
    for chain in scope.taken() {
        for job in &chain.jobs {
            jobs.push(job.as_ref()?.value().clone());
        }
    }
    let mut global = json!({"scrape_interval": server.scrape_interval()});
    if !server.spec.scrape_timeout.is_empty() {
        global["scrape_timeout"] = json!(server.spec.scrape_timeout);
    }
    (!jobs.is_empty()).then(|| Config::foretold(global, jobs, Foretold::default()))
}

fn differs(scope: &Scope<'_, '_>, wanted: Option<(&Config, bool)>, pod: Option<&Pod>, live: Option<&LivePod>) -> Differs {
    let Some(live) = live else { return Differs::Unknown(NOT_ASKED.to_owned()) };
    let Some((wanted, foretold)) = wanted else {
        return Differs::Unknown("the Secret was not read, so that there is nothing to compare with".to_owned());
    };
    let asked = |job: &Job| scope.only.is_none_or(|id| is_of(job, id));
    if let Some(config) = live.config.given() {
        let whole = scope.only.is_none() && !foretold;
        return Differs::Known(compare(wanted, config, &variables(scope.facts.server, pod), asked, whole));
    }
    let Some(targets) = live.targets.given() else {
        let why = live.config.failure().or(live.targets.failure());
        return Differs::Unknown(why.unwrap_or(NOT_ASKED).to_owned());
    };
    let pools: BTreeSet<&str> = targets.pools();
    let missing = wanted.jobs.iter().filter(|job| asked(job) && !pools.contains(job.name.as_str()));
    let missing: Vec<String> = missing.map(|job| job.name.clone()).collect();
    if !missing.is_empty() && !targets.all_pools {
        return Differs::Unknown("this version does not tell which jobs it has".to_owned());
    }
    Differs::Names(Jobs { missing, ..Jobs::default() })
}

/// The three steps of a pod.
struct Judged {
    parts: [Part; 3],
    expect: Option<Expect>,
}

impl Judged {
    /// How bad it is, the worst first: stuck, the earlier the worse; on its way; not known; done.
    fn rank(&self) -> (usize, usize) {
        let first = |state: StepState| self.parts.iter().position(|part| part.state == state);
        let found = [StepState::Stuck, StepState::Waiting, StepState::Unknown].into_iter().enumerate();
        found.into_iter().find_map(|(rank, state)| Some((rank, first(state)?))).unwrap_or((3, 0))
    }
}

/// The three steps over all pods: those of the pod that is worst off.
pub(super) fn parts(
    scope: &Scope<'_, '_>,
    loaded: &Loaded<'_>,
    written: Option<i64>,
) -> ([Part; 3], Option<Expect>, Option<Reload>) {
    if loaded.pods.is_empty() {
        return (without_pods(scope), None, None);
    }
    let judged = loaded.pods.iter().map(|look| (judge(scope, look, written), look));
    let Some((mut worst, look)) = judged.min_by_key(|(judged, _)| judged.rank()) else {
        return (without_pods(scope), None, None);
    };
    let number = loaded.pods.len();
    if number > 1 {
        let done = worst.rank().0 == 3;
        let of = if done { format!(" (all {number} pods)") } else { format!(" (pod {})", look.name) };
        let bare = |part: &&mut Part| part.state != StepState::Behind && !part.says.contains(&look.name);
        worst.parts.iter_mut().filter(bare).for_each(|part| part.says += &of);
    }
    let reload = reload(scope, look);
    (worst.parts, worst.expect, Some(reload))
}

/// What is known where there is no pod.
fn without_pods(scope: &Scope<'_, '_>) -> [Part; 3] {
    let facts = scope.facts;
    let namespace = &facts.server.metadata.namespace;
    let unknown = |why: &str| Part::unknown("not known", why);
    let seventh = match refusal(scope) {
        Some(refusal) => refused(scope, refusal),
        None => unknown(NOT_ASKED),
    };
    let whole = scope.walk.world.sight.whole(Kind::Pod, Some(namespace));
    if let Err(unseen) = whole {
        return [unknown(&unseen.to_string()), unknown(&unseen.to_string()), seventh];
    }
    // A namespace without any pod was left out of a dump.
    let any = scope.walk.world.pods.in_namespace(namespace).next().is_some();
    if !any {
        let why = format!("no pod of namespace {namespace} was seen");
        return [unknown(&why), unknown(&why), seventh];
    }
    let server = facts.id();
    let replicas = facts.server.raw.get("replicas").and_then(serde_json::Value::as_i64);
    let young = scope.age(facts.server.metadata.changed_at()).is_some_and(|age| age < scope.walk.usual);
    let fifth = if replicas == Some(0) {
        Part::stuck("no pod mounts it: spec.replicas is 0").shows(Some(&server), "spec.replicas", "0")
    } else if young {
        Part::waiting("no pod of the server is there yet")
    } else {
        let kind = server_pods::runs_as(facts.server);
        let set = crate::world::ObjectId::new(kind, namespace, facts.server.config_secret());
        Part::stuck("there is no pod of the server to mount it")
            .shows(Some(&server), "metadata.name", format!("no pod {}-…", facts.server.config_secret()))
            .advises(format!("look at its {kind}"), kubectl("describe", &set))
    };
    [fifth, unknown("there is no pod"), seventh]
}

/// What Prometheus would refuse in the configuration as it lies in the Secret.
fn refusal<'s>(scope: &'s Scope<'_, '_>) -> Option<&'s Refusal> {
    let all = || scope.facts.refused.iter().filter(|refusal| refusal.seen);
    all().find(|refusal| refusal.certain).or_else(|| all().next())
}

fn refused(scope: &Scope<'_, '_>, refusal: &Refusal) -> Part {
    let server = scope.facts.id();
    let object = refusal.monitor.clone().unwrap_or_else(|| scope.facts.config_secret());
    let text = line(&refusal.reason.text(), 140);
    let place = if refusal.monitor.is_some() {
        format!("{object} {}", refusal.path)
    } else {
        format!("{} {}", refusal.job, refusal.path)
    };
    let mut part = Part::stuck(format!("Prometheus refuses the configuration: {}: {text}", place.trim())).shows(
        Some(&object),
        refusal.path.clone(),
        text,
    );
    if !refusal.certain {
        part = part.likely();
    }
    part.advises(
        "mend it: until then Prometheus keeps all of its old configuration",
        kubectl("edit", refusal.monitor.as_ref().unwrap_or(&server)),
    )
}

fn judge(scope: &Scope<'_, '_>, look: &Look<'_>, written: Option<i64>) -> Judged {
    if let Some(judged) = halted(scope, look) {
        return judged;
    }
    let runtime = look.live.and_then(|live| live.runtime.given());
    let failed = runtime.is_some_and(|runtime| !runtime.reloaded);
    let loaded_at = runtime.and_then(|runtime| runtime.loaded_at);
    let settings = &look.settings;
    let asked_at = look.live.and_then(|live| live.reloader.given()).and_then(|reloader| reloader.succeeded_at);
    let arrived = || [Part::done("shown by what Prometheus has loaded"), Part::done(unpacked(settings)).at(asked_at)];
    let seventh = |part: Part| part.at(loaded_at);
    let wrong = |part: Part| part.warns(settings.troubles.iter().map(|trouble| trouble.words.clone()));
    let [fifth, sixth] = arrived();
    let done = |words: String| Judged { parts: [fifth.clone(), sixth.clone(), wrong(seventh(Part::done(words)))], expect: None };
    let stays = "the last reload failed, though the jobs are loaded: a rule file, or a file that a job needs, cannot be read";
    match &look.differs {
        Differs::Known(jobs) | Differs::Names(jobs) if jobs.is_same() && failed => {
            let part = match refusal(scope).filter(|_| matches!(look.differs, Differs::Names(_))) {
                Some(refusal) => refused(scope, refusal),
                None => Part::stuck(stays),
            };
            let part = seventh(reload_failed(part)).advises("read the log of Prometheus", log(scope, look));
            Judged { parts: [fifth, sixth, part], expect: None }
        }
        Differs::Known(jobs) if jobs.is_same() => {
            let words =
                if scope.only.is_some() { "it has the jobs of the monitor" } else { "Prometheus has what the Secret says" };
            done(words.to_owned())
        }
        Differs::Names(jobs) if jobs.is_same() && loaded_at.zip(written).is_none_or(|(loaded, written)| loaded >= written) => {
            let mut judged = done("Prometheus has all jobs of the Secret".to_owned());
            judged.parts.iter_mut().for_each(|part| part.confidence = crate::report::Confidence::Likely);
            judged
        }
        Differs::Names(jobs) if jobs.is_same() => on_its_way(scope, look, written, jobs).unwrap_or_else(|| {
            let why = "whether its jobs say what the Secret says was not compared";
            let part = || Part::unknown("Prometheus has all jobs, and loaded them before the Secret was written", why);
            Judged { parts: [part(), part(), seventh(part())], expect: None }
        }),
        Differs::Known(jobs) | Differs::Names(jobs) => behind(scope, look, written, jobs, runtime),
        Differs::Unknown(why) => {
            let part = || Part::unknown("cannot be seen from outside", why.clone());
            let (mut five, mut six, mut seven) =
                (part(), part(), Part::unknown("what Prometheus has loaded is not known", why.clone()));
            if failed {
                seven =
                    reload_failed(Part::stuck("the last reload failed")).advises("read the log of Prometheus", log(scope, look));
            } else if let Some(refusal) = refusal(scope) {
                seven = refused(scope, refusal);
            }
            for trouble in &settings.troubles {
                let part = [&mut five, &mut six, &mut seven].into_iter().nth(trouble.step - 5);
                if let Some(part) = part.filter(|part| part.state == StepState::Unknown) {
                    *part = of_trouble(trouble);
                }
            }
            Judged { parts: [five, six, seventh(seven)], expect: None }
        }
    }
}

fn of_trouble(trouble: &super::reloader::Trouble) -> Part {
    let mut part = Part::stuck(trouble.words.clone());
    part.evidence.push(trouble.fact.clone());
    part.advice.push(trouble.advice.clone());
    part
}

fn unpacked(settings: &Settings) -> String {
    match (&settings.container, settings.watches_folder) {
        (Some(container), true) => format!("by container {container}, which watches the mount"),
        (Some(container), false) => format!("by container {container}, which looks every {}", span(settings.watch_interval)),
        (None, _) => "shown by what Prometheus has loaded".to_owned(),
    }
}

fn reload_failed(part: Part) -> Part {
    part.shows(None, "/api/v1/status/runtimeinfo reloadConfigSuccess", "false")
}

fn log(scope: &Scope<'_, '_>, look: &Look<'_>) -> Option<String> {
    let pod = look.pod?;
    Some(format!("kubectl -n {} logs {} -c prometheus", scope.facts.server.metadata.namespace, pod.metadata.name))
}

/// A pod whose containers do not run.
fn halted(scope: &Scope<'_, '_>, look: &Look<'_>) -> Option<Judged> {
    let pod = look.pod?;
    let id = pod.metadata.id(Kind::Pod);
    let young = scope.age(pod.metadata.changed_at()).is_some_and(|age| age < scope.walk.usual);
    let nothing = || Part::unknown("the pod does not run", format!("pod {} does not run", id.name));
    let describe = || kubectl("describe", &id);
    let (_, status) = pod.container("prometheus").unzip();
    let why = status.flatten().and_then(ContainerStatus::halted);
    let starts = matches!(why, Some("ContainerCreating" | "PodInitializing")) || why.is_none() && pod.status.phase == "Pending";
    let init = pod.status.init_container_statuses.iter().find_map(|status| {
        let why = status.halted().filter(|why| !matches!(*why, "Completed" | "PodInitializing" | "ContainerCreating"))?;
        status.name.contains("reloader").then_some((status, why))
    });
    if let Some((status, why)) = init.filter(|_| starts) {
        let part = Part::stuck(format!("the first unpacking fails: container {}: {why}", status.name))
            .shows(Some(&id), format!("status.initContainerStatuses[{}].state", status.name), why)
            .advises("read its log", format!("kubectl -n {} logs {} -c {}", id.namespace, id.name, status.name));
        return Some(Judged { parts: [Part::done("mounted: containers run"), part, nothing()], expect: None });
    }
    if starts {
        let words = format!("pod {} has not started: {}", id.name, why.unwrap_or("Pending"));
        let part = if young { Part::waiting(words) } else { Part::stuck(words) };
        let part = part
            .shows(Some(&id), "status.phase", pod.status.phase.clone())
            .advises("see which volume, image or node it waits for", describe());
        return Some(Judged { parts: [part, nothing(), nothing()], expect: None });
    }
    let why = why.filter(|_| status.flatten().is_some())?;
    let part = match refusal(scope) {
        Some(refusal) => refused(scope, refusal),
        None => Part::stuck(format!("Prometheus does not run: {why}")).advises(
            "read the log of Prometheus",
            format!("kubectl -n {} logs {} -c prometheus --previous", id.namespace, id.name),
        ),
    };
    let part = part.shows(Some(&id), "status.containerStatuses[prometheus].state", why);
    let earlier = || Part::done("not what keeps Prometheus from running").likely();
    Some(Judged { parts: [earlier(), earlier(), part], expect: None })
}

/// Seconds from the writing of the Secret until a reload is due.
fn usual(settings: &Settings) -> i64 {
    KUBELET.saturating_add(if settings.watches_folder { 5 } else { settings.watch_interval })
}

/// What has not come through and is not overdue.
fn on_its_way(scope: &Scope<'_, '_>, look: &Look<'_>, written: Option<i64>, jobs: &Jobs) -> Option<Judged> {
    let age = scope.age(written)?;
    let settings = &look.settings;
    // Who lets the reloader look less often waits longer.
    let limit = scope.walk.usual.saturating_add((settings.watch_interval - WATCH_INTERVAL).max(0));
    if age >= limit {
        return None;
    }
    let due = written.map(|written| written.saturating_add(usual(settings)));
    let expect = Expect {
        what: "Prometheus reloads".to_owned(),
        by: time(due),
        within_seconds: due.zip(scope.now()).map_or(0, |(due, now)| due - now),
    };
    let waits = |part: Part| part.jobs(jobs);
    let seventh = Part::new(StepState::Behind, "not reloaded since the Secret was written");
    // What is wrong with the pod is so from the first second on.
    if let Some(trouble) = settings.troubles.first() {
        let part = of_trouble(trouble).jobs(jobs);
        let waits = || Part::waiting(format!("the kubelet takes up to {} to refresh the mount", span(KUBELET)));
        let parts = match trouble.step {
            5 => [part, Part::new(StepState::Behind, ""), seventh],
            6 => [waits(), part, seventh],
            _ => [waits(), Part::new(StepState::Behind, "waits for the mount"), part],
        };
        return Some(Judged { parts, expect: None });
    }
    let parts = if age < KUBELET {
        let words = format!("the kubelet takes up to {} to refresh the mount", span(KUBELET));
        [waits(Part::waiting(words)), Part::new(StepState::Behind, "waits for the mount"), seventh]
    } else {
        let fifth = Part::unknown("the kubelet has had its time", "the mount cannot be seen from outside");
        let sixth = waits(Part::waiting(format!("the config-reloader looks every {}", span(settings.watch_interval))));
        [fifth, sixth, seventh]
    };
    Some(Judged { parts, expect: Some(expect) })
}

/// What a pod that has not loaded what the Secret says is stuck at.
fn behind(scope: &Scope<'_, '_>, look: &Look<'_>, written: Option<i64>, jobs: &Jobs, runtime: Option<&Runtime>) -> Judged {
    let failed = runtime.is_some_and(|runtime| !runtime.reloaded);
    let loaded_at = runtime.and_then(|runtime| runtime.loaded_at);
    let refusal = refusal(scope);
    let what = format!("{}, such as {}", jobs.words(), jobs.first().unwrap_or_default());
    let old = Part::new(StepState::Behind, format!("Prometheus has an old configuration: {what}")).at(loaded_at).jobs(jobs);
    let came = || Part::done("a new file came: Prometheus was asked to reload").likely();
    if failed && (refusal.is_some() || on_its_way(scope, look, written, jobs).is_none()) {
        let part = match refusal {
            Some(refusal) => refused(scope, refusal),
            None => Part::stuck(format!("the last reload failed, and Prometheus keeps its old configuration: {what}")),
        };
        let part = reload_failed(part.at(loaded_at).jobs(jobs)).advises("read the log of Prometheus", log(scope, look));
        return Judged { parts: [came(), came(), part], expect: None };
    }
    if let Some(mut judged) = on_its_way(scope, look, written, jobs) {
        judged.parts[2].at = loaded_at;
        if let Some(refusal) = refusal {
            let words = refused(scope, refusal).says;
            judged.parts[2].warnings.push(words);
        }
        return judged;
    }
    let Some((step, part)) = overdue(scope, look, written, runtime, &what) else {
        let why = "when the Secret was written is not known, so that it may still be on its way";
        let unseen = || Part::unknown("cannot be seen from outside", why);
        let old = Part::unknown(format!("Prometheus has an old configuration: {what}"), why).at(loaded_at).jobs(jobs);
        return Judged { parts: [unseen(), unseen(), old], expect: None };
    };
    let part = part.jobs(jobs);
    let later = || Part::new(StepState::Behind, "");
    let parts = match step {
        5 => [part, later(), old],
        6 => [mounted(look, &part), part, old],
        _ => {
            let came = || Part::done("most likely: Prometheus was to reload, and did not").likely();
            [came(), came(), part.at(loaded_at)]
        }
    };
    Judged { parts, expect: None }
}

/// Whether the mount was refreshed, where the reloader does not do its work: what is wrong with that shows that the kubelet
/// did its own, or had the time to.
fn mounted(look: &Look<'_>, sixth: &Part) -> Part {
    let fails = look.live.and_then(|live| live.reloader.given()).is_some_and(|reloader| reloader.not_applied > Some(0));
    let known = fails || !look.settings.troubles.is_empty() || sixth.confidence == crate::report::Confidence::Certain;
    if known {
        Part::done("most likely: the kubelet works on the pod and has had its time").likely()
    } else {
        Part::unknown("cannot be seen from outside", "the mount cannot be read, and nothing shows that it was refreshed")
    }
}

/// The step at which a configuration that is overdue is stuck, while reloads do not fail; `None` where whether it is
/// overdue is not known and nothing is wrong.
fn overdue(
    scope: &Scope<'_, '_>,
    look: &Look<'_>,
    written: Option<i64>,
    runtime: Option<&Runtime>,
    what: &str,
) -> Option<(usize, Part)> {
    let settings = &look.settings;
    let age = scope.age(written).map(|age| format!(", {} after the Secret was written", span(age))).unwrap_or_default();
    if let Some(node) = look.pod.and_then(|pod| scope.walk.world.nodes.get("", &pod.spec.node_name)) {
        let ready = node.status.conditions.iter().find(|condition| condition.kind == "Ready");
        if let Some(condition) = ready.filter(|condition| condition.status != "True") {
            let id = node.metadata.id(Kind::Node);
            let part = Part::stuck(format!("the kubelet of node {} does not answer, and refreshes no mounts", id.name));
            let part = part.shows(Some(&id), "status.conditions[Ready]", condition.status.clone());
            return Some((5, part.advises("bring the node back", kubectl("describe", &id))));
        }
    }
    if let Some(trouble) = settings.troubles.first() {
        return Some((trouble.step, of_trouble(trouble)));
    }
    let flags = look.live.and_then(|live| live.flags.given());
    let reloads = flags.and_then(|flags| flags.get("web.enable-lifecycle"));
    if let Some(value) = reloads.filter(|value| *value == "false" && !settings.signal) {
        let part = Part::stuck("Prometheus takes no requests to reload: it lacks --web.enable-lifecycle");
        return Some((7, part.shows(None, "/api/v1/status/flags web.enable-lifecycle", value.clone())));
    }
    let answer = look.live.map(|live| &live.reloader);
    let reloader = answer.and_then(|answer| answer.given());
    if reloader.is_some_and(|reloader| reloader.succeeded == Some(false)) {
        let part =
            Part::stuck("the config-reloader's request to reload fails").shows(None, "reloader_last_reload_successful", "0");
        return Some((7, part.advises("read the log of the config-reloader", reloader_log(scope, look))));
    }
    let look_at_files = Advice {
        title: "compare the times of the mounted and the unpacked file".to_owned(),
        command: look.pod.map(|pod| {
            let name = settings.container.as_deref().unwrap_or(server_pods::RELOADER);
            let (namespace, pod) = (&pod.metadata.namespace, &pod.metadata.name);
            format!("kubectl -n {namespace} exec {pod} -c {name} -- ls -lL /etc/prometheus/config /etc/prometheus/config_out")
        }),
    };
    let calm = reloader.and_then(|reloader| reloader.succeeded_at).zip(written).filter(|(at, written)| at < written);
    let failed =
        reloader.and_then(|reloader| reloader.not_applied).filter(|failed| *failed > 0 && (calm.is_some() || written.is_none()));
    if let Some(failed) = failed {
        let times = crate::text::count(usize::try_from(failed).unwrap_or(0), "time");
        let words =
            format!("the config-reloader could not read, unpack or write the configuration, {times} since it was started");
        let part = Part::stuck(words).likely().shows(None, "reloader_config_apply_operations_failed_total", failed.to_string());
        return Some((6, part.advises("read the log of the config-reloader", reloader_log(scope, look))));
    }
    // Nothing listens where the pod says that it does.
    if let Some(why) = answer.and_then(|answer| answer.failure()).filter(|why| why.contains("connection refused")) {
        let part = Part::stuck("the config-reloader does not answer").likely().shows(None, "its /metrics", line(why, 120));
        return Some((6, part.advises("read the log of the config-reloader", reloader_log(scope, look))));
    }
    let mut fifth = None;
    // A load at the start takes what was unpacked before. One later on comes from a reloader at work.
    if let (Some(written), Some(loaded)) = (written, runtime.and_then(|runtime| runtime.loaded_at)) {
        let at_start = runtime.and_then(|runtime| runtime.started_at).is_none_or(|started| loaded - started < 600);
        if loaded > written + KUBELET && !at_start {
            let when = span(loaded - written);
            let words = format!(
                "the mount still holds the old file: a reload {when} after the Secret was written brought the old configuration"
            );
            fifth = Some(Part::stuck(words).shows(
                None,
                "/api/v1/status/runtimeinfo lastConfigTime",
                time(Some(loaded)).unwrap_or_default(),
            ));
        }
    }
    if let (None, Some((at, _))) = (&fifth, calm) {
        let words = format!("the mount still holds the old file: the config-reloader works and has seen no new one{age}");
        let fact = time(Some(at)).unwrap_or_default();
        fifth = Some(Part::stuck(words).shows(None, "reloader_last_reload_success_timestamp_seconds", fact));
    }
    if let Some(mut part) = fifth {
        part.advice.push(look_at_files);
        if let Some(pod) = look.pod {
            part = part.advises("have the kubelet look at the pod now", touch(pod));
        }
        return Some((5, part.likely()));
    }
    written?;
    let mut part = Part::stuck(format!("the config-reloader has brought nothing new to Prometheus{age}: {what}")).likely();
    part.advice.push(look_at_files);
    Some((6, part.advises("read the log of the config-reloader", reloader_log(scope, look))))
}

fn reloader_log(scope: &Scope<'_, '_>, look: &Look<'_>) -> Option<String> {
    let name = look.settings.container.as_deref().unwrap_or(server_pods::RELOADER);
    Some(format!("kubectl -n {} logs {} -c {name}", scope.facts.server.metadata.namespace, look.pod?.metadata.name))
}

/// A change of a pod makes its kubelet look at it, and at its mounts.
fn touch(pod: &Pod) -> String {
    let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
    format!("kubectl -n {namespace} annotate pod {name} prom-doctor/touched=\"$(date +%s)\" --overwrite")
}

/// How long a reload takes, and how to have one at once.
fn reload(scope: &Scope<'_, '_>, look: &Look<'_>) -> Reload {
    let settings = &look.settings;
    let server = scope.facts.server;
    let mut by_hand = Vec::new();
    if let Some(pod) = look.pod {
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        let title = |text: &str| text.to_owned();
        by_hand.push(Advice { title: title("have the kubelet refresh the mount"), command: Some(touch(pod)) });
        let exec = format!("kubectl -n {namespace} exec {name} -c prometheus --");
        let command = if settings.signal {
            format!("{exec} killall -HUP prometheus")
        } else {
            let (scheme, trust) = if server_pods::is_tls(server) { ("https", " --no-check-certificate") } else { ("http", "") };
            format!("{exec} wget -qO- --post-data=''{trust} {scheme}://localhost:9090{}/-/reload", server_pods::prefix(server))
        };
        by_hand.push(Advice { title: title("have Prometheus load the unpacked file"), command: Some(command) });
    }
    Reload {
        kubelet_seconds: KUBELET,
        watch_interval_seconds: (!settings.watches_folder).then_some(settings.watch_interval),
        seen: settings.seen,
        by_hand,
    }
}
