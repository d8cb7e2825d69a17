//! From a world to a report: walk, let the checks judge, merge and number what they found, count.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::assumed::tell_of_makers;
use crate::chain::{Chain, MonitorFacts, State, Walk};
use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::owner::edit_note;
use crate::registry::CHECKS;
use crate::report::{
    ChainReport, Confidence, Evidence, Finding, Link, LinkReport, NotChecked, NotJudged, OperatorSeen, Ref, Report, Run,
    Severity, SeverityCounts, Subject, Summary, Tool, Verdict, VerdictCounts,
};
use crate::text::without_userinfo;
use crate::view::{View, relevant};
use crate::wants::Question;
use crate::world::{Kind, Manifest, Meta, Monitor, ObjectId, Table, UnseenReason, World};

/// Judges what a world holds.
pub fn diagnose(world: &World, question: &Question, run: Run) -> Report {
    judge(&Walk::new(world, question.grace, question.server.as_ref()), question, run)
}

/// Judges what a walk found.
pub(crate) fn judge(walk: &Walk<'_>, question: &Question, mut run: Run) -> Report {
    let world = walk.world;
    let app = question.about.as_ref().filter(|about| !about.kind.is_monitoring()).map(|about| crate::app::app(walk, about));
    // A question about an application is one about the monitors that choose it, else about those that nearly do.
    let is_asked = |monitor: &Monitor| match &app {
        Some(app) => {
            let about = if app.reached.is_empty() { &app.near } else { &app.reached };
            about.iter().any(|reach| reach.monitor == Ref::from(monitor.id()))
        }
        None => question.asks(monitor),
    };
    let asked: Vec<usize> = (0..walk.monitors.len()).filter(|&at| is_asked(walk.monitors[at].monitor)).collect();
    let view = View::new(walk, &asked).of(question);
    let mut out = Out::default();
    for check in CHECKS {
        run_check(check, &view, &mut out);
    }
    unexplained(&view, &mut out);
    crate::manifest::without_consequences(&world.manifests, &mut out.drafts);
    let (findings, places) = number(world, out.drafts);
    let own = by_monitor(&findings, &places);
    let own = |facts: &MonitorFacts<'_>| own.get(&facts.monitor.id()).map(Vec::as_slice).unwrap_or_default();
    let mut subjects: Vec<Subject> = view.monitors().map(|facts| subject(&view, facts, own(facts))).collect();
    refuse(world, &view, &findings, &mut subjects);
    let not_checked = not_checked(world, question, &view);
    run.operators = walk
        .operators
        .iter()
        .map(|operator| OperatorSeen {
            namespace: operator.id.namespace.clone(),
            name: operator.id.name.clone(),
            version: operator.version.map(|version| version.to_string()),
        })
        .collect();
    Report {
        api_version: "promdoctor/v1",
        kind: "Report",
        tool: Tool { name: "prom-doctor", version: env!("CARGO_PKG_VERSION") },
        run,
        summary: summary(world, question, &subjects, &findings, not_checked.len()),
        subjects,
        findings,
        not_checked,
        app,
        baseline: None,
        standing: Vec::new(),
    }
}

/// Runs one check; one that panics is named and does not stop the others.
fn run_check(check: &Check, view: &View<'_>, out: &mut Out) {
    let mut own = Out::default();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (check.run)(view, &mut own)));
    match result {
        Ok(()) => out.drafts.append(&mut own.drafts),
        Err(_) => {
            let subject = Ref { kind: "Check".to_owned(), namespace: String::new(), name: check.code.to_owned() };
            let message =
                format!("check {} {} crashed: this is a defect of prom-doctor, please report it", check.code, check.name);
            if let Some(crashed) = CHECKS.iter().find(|check| check.name == "check-crashed") {
                out.finding(crashed, subject, message);
            }
        }
    }
}

/// A monitor that fails without an error at the link that decides gets one that says so: a failure is never silent.
fn unexplained(view: &View<'_>, out: &mut Out) {
    let Some(check) = CHECKS.iter().find(|check| check.name == "cause-unknown") else { return };
    let could_be_cause = |draft: &&Draft| draft.severity == Severity::Error && draft.confidence != Confidence::Possible;
    let explained: BTreeSet<(Option<Link>, &ObjectId)> = out
        .drafts
        .iter()
        .filter(could_be_cause)
        .flat_map(|draft| draft.chains.iter().map(|(monitor, _)| (Link::of_code(draft.code), monitor)))
        .collect();
    let mut missing = Vec::new();
    for facts in view.monitors().filter(|facts| matches!(facts.verdict, Verdict::Failed | Verdict::Partial)) {
        let Some(link) = deciding_link(facts) else { continue };
        let id = facts.monitor.id();
        if !explained.contains(&(Some(link), &id)) {
            missing.push((id, link));
        }
    }
    for (id, link) in missing {
        out.finding(check, &id, format!("broken at the link `{link}`, and no check says why: please report this")).affects(&id);
    }
}

/// The link at which a monitor's verdict is decided: where nobody selects it that decides, whatever else is wrong.
fn deciding_link(facts: &MonitorFacts<'_>) -> Option<Link> {
    match facts.deciding.map(|at| &facts.chains[at]) {
        Some(chain) if facts.is_taken() => chain.first_failed(),
        _ => Some(Link::Selected),
    }
}

/// Where a finding stands: chains (monitor and server, in order) with endpoint and namespace.
struct Place {
    chains: Vec<(ObjectId, Option<ObjectId>)>,
    endpoint: Option<usize>,
    namespace: Option<String>,
}

impl Place {
    /// Whether it stands in the chain of a monitor and a server.
    fn is_in(&self, monitor: &ObjectId, server: &ObjectId) -> bool {
        let first = self.chains.partition_point(|(found, _)| found < monitor);
        let own = self.chains[first..].iter().take_while(|(found, _)| found == monitor);
        own.into_iter().any(|(_, at)| at.as_ref().is_none_or(|at| at == server))
    }
}

/// The findings that concern a monitor, with their places: one frozen sync may concern thousands, so none of them
/// searches through what concerns the others.
type Own<'a> = Vec<(&'a Finding, &'a Place)>;

fn by_monitor<'a>(findings: &'a [Finding], places: &'a [Place]) -> BTreeMap<&'a ObjectId, Own<'a>> {
    let mut out: BTreeMap<&ObjectId, Own<'a>> = BTreeMap::new();
    for (finding, place) in findings.iter().zip(places) {
        for monitors in place.chains.chunk_by(|(a, _), (b, _)| a == b) {
            out.entry(&monitors[0].0).or_default().push((finding, place));
        }
    }
    out
}

/// Merges drafts that say the same about the same subject, sorts them, and gives them their ids.
fn number(world: &World, drafts: Vec<Draft>) -> (Vec<Finding>, Vec<Place>) {
    let mut merged: BTreeMap<(&'static str, Ref, String), Draft> = BTreeMap::new();
    for mut draft in drafts {
        tell_of_makers(world, &mut draft);
        match merged.get_mut(&(draft.code, draft.subject.clone(), draft.key.clone())) {
            None => {
                merged.insert((draft.code, draft.subject.clone(), draft.key.clone()), draft);
            }
            Some(first) => {
                first.severity = first.severity.min(draft.severity);
                first.confidence = first.confidence.min(draft.confidence);
                first.chains.extend(draft.chains);
                for evidence in draft.evidence {
                    if !first.evidence.contains(&evidence) && first.evidence.len() < 20 {
                        first.evidence.push(evidence);
                    }
                }
                for fix in draft.fixes {
                    if !first.fixes.contains(&fix) && first.fixes.len() < 6 {
                        first.fixes.push(fix);
                    }
                }
            }
        }
    }
    let mut drafts: Vec<Draft> = merged.into_values().collect();
    drafts.sort_by(|a, b| order(a).cmp(&order(b)));
    drafts.into_iter().enumerate().map(|(at, draft)| finish(world, at, draft)).unzip()
}

fn order(draft: &Draft) -> (Severity, &'static str, &str, &str, &str, &str) {
    let subject = &draft.subject;
    (draft.severity, draft.code, &subject.namespace, &subject.kind, &subject.name, &draft.key)
}

fn finish(world: &World, at: usize, mut draft: Draft) -> (Finding, Place) {
    for fix in &mut draft.fixes {
        let ids: BTreeSet<ObjectId> = fix.patch.iter().filter_map(|patch| patch.reference.id()).collect();
        let notes: Vec<String> = ids.iter().filter_map(|id| edit_note(id, meta_of(world, id)?)).collect();
        for note in notes {
            *fix = fix.clone().note(note);
        }
    }
    tell_of_inferred(world, &mut draft);
    draft.chains.sort();
    draft.chains.dedup();
    // Whoever quotes an address quotes it without its password.
    let mask = |text: &mut String| {
        if let Cow::Owned(masked) = without_userinfo(text) {
            *text = masked;
        }
    };
    mask(&mut draft.message);
    for evidence in &mut draft.evidence {
        evidence.wanted.iter_mut().chain(&mut evidence.found).chain(&mut evidence.note).for_each(mask);
    }
    draft.fixes.iter_mut().for_each(|fix| mask(&mut fix.title));
    let affects: BTreeSet<Ref> = draft.chains.iter().map(|(monitor, _)| Ref::from(monitor)).collect();
    let name = CHECKS.iter().find(|check| check.code == draft.code).map(|check| check.name).unwrap_or_default();
    let finding = Finding {
        id: format!("f{}", at + 1),
        code: draft.code.to_owned(),
        name: name.to_owned(),
        link: Link::of_code(draft.code).unwrap_or(Link::Tool),
        severity: draft.severity,
        confidence: draft.confidence,
        fingerprint: fingerprint(draft.code, &draft.subject, &draft.key),
        docs: docs(draft.code),
        subject: draft.subject,
        affects: affects.into_iter().collect(),
        message: draft.message,
        evidence: draft.evidence,
        fixes: draft.fixes,
        location: None,
        related: Vec::new(),
        copy: None,
        suppressed: false,
        suppression: None,
    };
    let place = Place { chains: draft.chains, endpoint: draft.endpoint, namespace: draft.namespace };
    (finding, place)
}

/// What stands behind a monitor is likely at most where kinds of it were not listed and only seem to be none.
fn tell_of_inferred(world: &World, draft: &mut Draft) {
    let link = Link::of_code(draft.code);
    if !matches!(link, Some(Link::Matched | Link::Backed)) {
        return;
    }
    // A finding about the objects of a kind needs the next only where the kind itself was seen.
    let kinds: Vec<Kind> = world.sight.inferred().filter(|kind| *kind == Kind::Service || link == Some(Link::Backed)).collect();
    if kinds.is_empty() {
        return;
    }
    draft.likely_if(true);
    let names: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
    let note = format!("there are no {} at all in what was read; --assume-partial where they were left out", names.join(" and "));
    draft.evidence.push(Evidence { note: Some(note), ..Evidence::default() });
}

/// A finding of a check that no walk runs: about what is written in files and in a project's configuration.
pub(crate) fn written(check: &Check, subject: Ref, key: &str, message: String) -> Finding {
    Finding {
        id: String::new(),
        code: check.code.to_owned(),
        name: check.name.to_owned(),
        link: check.link(),
        severity: check.severity,
        confidence: Confidence::Certain,
        fingerprint: fingerprint(check.code, &subject, key),
        docs: docs(check.code),
        subject,
        affects: Vec::new(),
        message,
        evidence: Vec::new(),
        fixes: Vec::new(),
        location: None,
        related: Vec::new(),
        copy: None,
        suppressed: false,
        suppression: None,
    }
}

/// How to read the page of a check.
fn docs(code: &str) -> String {
    format!("kubectl prom-doctor explain {code}")
}

/// Code, subject and keys, hashed (FNV-1a, 64 bits): the same in every run that finds the same thing.
pub(crate) fn fingerprint(code: &str, subject: &Ref, key: &str) -> String {
    let text = [code, &subject.kind, &subject.namespace, &subject.name, key].join("\u{1f}");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The metadata of an object, if it is here.
fn meta_of<'w>(world: &'w World, id: &ObjectId) -> Option<&'w Meta> {
    let (namespace, name) = (id.namespace.as_str(), id.name.as_str());
    match id.kind {
        Kind::ServiceMonitor | Kind::PodMonitor => world.monitor(id).map(|monitor| &monitor.metadata),
        Kind::Prometheus | Kind::PrometheusAgent => {
            let mut servers = world.servers.named(namespace, name);
            servers.find(|server| server.kind == id.kind).map(|server| &server.metadata)
        }
        Kind::Namespace => world.namespaces.get("", name).map(|object| &object.metadata),
        Kind::Service => world.services.get(namespace, name).map(|object| &object.metadata),
        Kind::Endpoints => world.endpoints.get(namespace, name).map(|object| &object.metadata),
        Kind::EndpointSlice => world.slices.get(namespace, name).map(|object| &object.metadata),
        Kind::Pod => world.pods.get(namespace, name).map(|object| &object.metadata),
        Kind::Role | Kind::ClusterRole => world.roles.get(namespace, name).map(|object| &object.metadata),
        Kind::RoleBinding | Kind::ClusterRoleBinding => world.bindings.get(namespace, name).map(|object| &object.metadata),
        Kind::Secret => world.secrets.get(namespace, name).map(|object| &object.metadata),
        Kind::ConfigMap => world.config_maps.get(namespace, name).map(|object| &object.metadata),
        kind => world.workload(kind, namespace, name).map(|object| &object.metadata),
    }
}

fn subject(view: &View<'_>, facts: &MonitorFacts<'_>, own: &[(&Finding, &Place)]) -> Subject {
    let id = facts.monitor.id();
    Subject {
        reference: (&id).into(),
        verdict: facts.verdict,
        cause: cause(facts, own),
        findings: own.iter().map(|(finding, _)| finding.id.clone()).collect(),
        chains: facts.chains.iter().map(|chain| chain_report(view, chain, &id, own)).collect(),
    }
}

/// A monitor that the API server refuses has no target, whatever a walk over it finds; it may not even have been read.
fn refuse(world: &World, view: &View<'_>, findings: &[Finding], subjects: &mut Vec<Subject>) {
    let is_monitor = |kind: &str| [Kind::ServiceMonitor, Kind::PodMonitor].iter().any(|known| known.name() == kind);
    let is_refused = |manifest: &&Manifest| manifest.is_refused() && !manifest.kept_out;
    let refused = world.manifests.iter().filter(|manifest| is_refused(manifest) && is_monitor(&manifest.reference.kind));
    for manifest in refused {
        let own = |finding: &&Finding| finding.link == Link::Manifest && finding.subject == manifest.reference;
        let ids: Vec<String> = findings.iter().filter(own).map(|finding| finding.id.clone()).collect();
        let cause = findings.iter().filter(own).find(|finding| finding.severity == Severity::Error).map(|first| first.id.clone());
        match subjects.iter_mut().find(|subject| subject.reference == manifest.reference) {
            Some(subject) => (subject.verdict, subject.cause) = (Verdict::Failed, cause),
            None if view.asks_for_all() => subjects.push(Subject {
                reference: manifest.reference.clone(),
                verdict: Verdict::Failed,
                cause,
                findings: ids,
                chains: Vec::new(),
            }),
            None => {}
        }
    }
}

/// The finding at the first broken link of the chain that decides; where that link is broken because the manifest loses
/// a field, what is said of the field.
fn cause(facts: &MonitorFacts<'_>, own: &[(&Finding, &Place)]) -> Option<String> {
    if !matches!(facts.verdict, Verdict::Failed | Verdict::Partial) {
        return None;
    }
    let chain = facts.deciding.map(|at| &facts.chains[at]);
    let link = deciding_link(facts)?;
    let here = |place: &Place| match chain {
        None => true,
        Some(chain) => place.is_in(&chain.monitor.id(), &chain.server.id()),
    };
    let fits = |(finding, place): &&(&Finding, &Place)| {
        finding.link == link && finding.severity == Severity::Error && finding.confidence != Confidence::Possible && here(place)
    };
    let unexplained = || own.iter().find(|(finding, _)| finding.name == "cause-unknown");
    let lost = || own.iter().find(|(finding, _)| finding.link == Link::Manifest && finding.severity == Severity::Error);
    own.iter().find(fits).or_else(unexplained).or_else(lost).map(|(finding, _)| finding.id.clone())
}

fn chain_report(view: &View<'_>, chain: &Chain<'_>, monitor: &ObjectId, own: &[(&Finding, &Place)]) -> ChainReport {
    let server = chain.server.id();
    let here: Own<'_> = own.iter().copied().filter(|(_, place)| place.is_in(monitor, &server)).collect();
    let step = |link: Link| view.step(chain).filter(|_| link == Link::Loaded).map(|step| step.in_words());
    let links = chain.links.iter().map(|fact| {
        let fits = |(finding, place): &&(&Finding, &Place)| {
            finding.link == fact.link
                && fact.endpoint.is_none_or(|at| place.endpoint == Some(at))
                && fact.namespace.as_ref().is_none_or(|name| place.namespace.as_ref() == Some(name))
        };
        let mut findings: Vec<String> = here.iter().filter(fits).map(|(finding, _)| finding.id.clone()).collect();
        if findings.is_empty() && fact.state.is_failed() {
            let lost = here.iter().filter(|(finding, _)| finding.link == Link::Manifest && finding.severity == Severity::Error);
            findings.extend(lost.map(|(finding, _)| finding.id.clone()));
        }
        LinkReport {
            link: fact.link,
            state: fact.state.report(),
            findings,
            endpoint: fact.endpoint,
            namespace: fact.namespace.clone(),
            hypothetical: fact.hypothetical,
            detail: fact.detail.clone().or_else(|| step(fact.link)),
            why: fact.state.why().iter().map(ToString::to_string).collect(),
        }
    });
    ChainReport { server: (&server).into(), verdict: chain.verdict, links: links.collect(), targets: chain.targets }
}

/// What could not be judged, with the right or input that is missing. What only the running server could tell is
/// left out: it is missing from every run of this version.
fn not_checked(world: &World, question: &Question, view: &View<'_>) -> Vec<NotChecked> {
    // One missing right may leave several links open: it stands at the first of them.
    let mut found: BTreeMap<(UnseenReason, String), (Link, BTreeSet<Ref>)> = BTreeMap::new();
    let mut total = 0;
    for facts in view.monitors() {
        total += 1;
        let mut note = |link: Link, why: &crate::world::Unseen| {
            let entry = found.entry((why.reason, why.need.clone())).or_insert_with(|| (link, BTreeSet::new()));
            entry.0 = entry.0.min(link);
            entry.1.insert(facts.monitor.id().into());
        };
        for fact in relevant(facts).into_iter().flat_map(|chain| &chain.links) {
            let State::Unknown(why) = &fact.state else { continue };
            let silent = matches!(fact.link, Link::Scraped | Link::Loaded);
            why.iter().filter(|why| !(silent && why.reason == UnseenReason::NotJudged)).for_each(|why| note(fact.link, why));
        }
    }
    for kind in [Kind::ServiceMonitor, Kind::PodMonitor] {
        if let Err(why) = world.sight.whole(kind, question.namespace.as_deref()) {
            found.entry((why.reason, why.need)).or_insert_with(|| (Link::Exists, BTreeSet::new())).0 = Link::Exists;
        }
    }
    let entry = |((reason, need), (link, affects)): ((UnseenReason, String), (Link, BTreeSet<Ref>))| {
        let all = affects.len() == total && total > 1;
        NotChecked { link, reason, need, affects: if all { Vec::new() } else { affects.into_iter().collect() } }
    };
    let mut list: Vec<NotChecked> = found.into_iter().map(entry).collect();
    list.sort();
    list
}

fn summary(world: &World, question: &Question, subjects: &[Subject], findings: &[Finding], not_checked: usize) -> Summary {
    let unjudged = |kind: Kind| {
        let all = world.unjudged.get(&kind).into_iter().flat_map(Table::iter);
        all.filter(|one| question.namespace.as_ref().is_none_or(|namespace| one.metadata.namespace == *namespace)).count()
    };
    Summary {
        monitors: VerdictCounts::of(subjects),
        findings: SeverityCounts::of(findings),
        // Nothing is set aside yet: what a project lets be is heard after judging.
        suppressed: 0,
        in_baseline: 0,
        not_selected: 0,
        standing: SeverityCounts::default(),
        not_checked,
        not_judged: NotJudged {
            probes: unjudged(Kind::Probe),
            scrape_configs: unjudged(Kind::ScrapeConfig),
            prometheus_rules: unjudged(Kind::PrometheusRule),
        },
    }
}
