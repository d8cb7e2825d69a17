//! A check: one unit of judgement, with a code, a page and a function; and the narrow window through which it
//! looks at a walk.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::chain::{Chain, ConfigSight, EmptyService, GenerateTrouble, MonitorFacts, ServerFacts, Walk, WatchTrouble};
use crate::operator::accept::{Reason, Rejection};
use crate::operator::find::Operator;
use crate::report::{At, Confidence, Evidence, Fix, Link, Ref, Severity, Verdict};
use crate::selector::{Miss, Near};
use crate::text::{line, without_credentials};
use crate::world::{Kind, ObjectId, Pod, Service, Workload};

/// A check, as data.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `PD0301`.
    pub code: &'static str,
    /// `selector-label-mismatch`: names the bad thing.
    pub name: &'static str,
    /// One line, lower case, without a full stop.
    pub summary: &'static str,
    /// How bad its findings are, unless one says otherwise.
    pub severity: Severity,
    /// The version of prom-doctor that brought it.
    pub since: &'static str,
    /// Kinds that it looks at itself, beyond what the chain holds.
    pub reads: &'static [Kind],
    /// Its page, Markdown.
    pub explain: &'static str,
    /// Its judgement.
    pub run: fn(&View<'_>, &mut Out),
}

impl Check {
    /// The link at which its findings stand.
    pub fn link(&self) -> Link {
        Link::of_code(self.code).unwrap_or(Link::Tool)
    }
}

/// The window of a check: chains of the monitors that were asked about, servers, operators, and single objects of
/// the kinds that it declared.
#[derive(Debug)]
pub struct View<'w> {
    walk: &'w Walk<'w>,
    asked: &'w [usize],
    read: RefCell<BTreeSet<Kind>>,
}

impl<'w> View<'w> {
    /// A window on the monitors at the given places of the walk.
    pub fn new(walk: &'w Walk<'w>, asked: &'w [usize]) -> Self {
        Self { walk, asked, read: RefCell::default() }
    }

    /// The monitors that were asked about.
    pub fn monitors(&self) -> impl Iterator<Item = &'w MonitorFacts<'w>> + use<'w> {
        let walk = self.walk;
        self.asked.iter().map(move |&at| &walk.monitors[at])
    }

    /// The chains that count: those of servers that take the monitor, else that of the nearest server.
    pub fn chains(&self) -> impl Iterator<Item = &'w Chain<'w>> + use<'w> {
        self.monitors().flat_map(relevant)
    }

    /// The chains in which a link is broken, whether first or behind another.
    pub fn broken(&self, link: Link) -> impl Iterator<Item = &'w Chain<'w>> + use<'w> {
        self.chains().filter(move |chain| chain.failed(link))
    }

    /// What the operator refuses monitors for, chain by chain; not where the live configuration holds them all the same.
    pub fn rejected(&self) -> impl Iterator<Item = (&'w Chain<'w>, &'w Rejection)> + use<'w> {
        let refused = self.chains().filter(|chain| chain.accepted.state.is_failed());
        refused.flat_map(|chain| chain.accepted.examination.rejections.iter().map(move |rejection| (chain, rejection)))
    }

    /// Servers, each with the chains that a trouble of its generated configuration breaks; not where a sync that fails
    /// explains it.
    pub fn ungenerated(&self, trouble: &GenerateTrouble) -> Vec<(&'w ServerFacts<'w>, Vec<&'w Chain<'w>>)> {
        let mut out = Vec::new();
        for facts in self.servers().iter().filter(|facts| facts.blocked.is_empty()) {
            let broken =
                |chain: &&Chain<'_>| chain.generated.state.is_failed() && chain.generated.trouble.as_ref() == Some(trouble);
            let chains: Vec<&Chain<'_>> = self.chains_of(facts).filter(broken).collect();
            if !chains.is_empty() {
                out.push((facts, chains));
            }
        }
        out
    }

    /// What to do where an operator should have written a configuration and did not: start a sync, read its log.
    pub fn sync_again(&self, facts: &ServerFacts<'_>) -> Vec<Fix> {
        let id = facts.id();
        let server = format!("{} {}", id.kind.resource(), id.name);
        let again = format!("kubectl -n {} annotate {server} prom-doctor/sync-again=\"$(date +%s)\" --overwrite", id.namespace);
        let mut out = vec![Fix::advice("let the operator look again: a changed annotation of the server starts a sync", again)];
        for operator in facts.managers.iter().map(|&at| &self.operator(at).id) {
            let kind = if operator.kind == Kind::Pod { "" } else { "deploy/" };
            let log = format!("kubectl -n {} logs {kind}{} --tail=-1 | grep {}", operator.namespace, operator.name, id.name);
            out.push(Fix::advice("read what the operator says about it", log));
        }
        out
    }

    /// Monitors that no server takes, with the chain of the nearest server. Not those for which some server could
    /// not be read.
    pub fn unselected(&self) -> impl Iterator<Item = (&'w MonitorFacts<'w>, &'w Chain<'w>)> + use<'w> {
        self.monitors().filter(|facts| !facts.is_taken() && facts.verdict == Verdict::Failed).filter_map(|facts| {
            let chain = &facts.chains[facts.deciding?];
            Some((facts, chain))
        })
    }

    /// The servers.
    pub fn servers(&self) -> &'w [ServerFacts<'w>] {
        &self.walk.servers
    }

    /// What is known of the server of a chain.
    pub fn server(&self, chain: &Chain<'_>) -> Option<&'w ServerFacts<'w>> {
        self.walk.servers.iter().chain(&self.walk.unseen_server).find(|facts| std::ptr::eq(facts.server, chain.server))
    }

    /// The chains of a server among those that count.
    pub fn chains_of(&self, server: &ServerFacts<'_>) -> impl Iterator<Item = &'w Chain<'w>> + use<'w, '_> {
        let id = server.id();
        self.chains().filter(move |chain| chain.server.id() == id)
    }

    /// What is wrong with the servers' being watched, each with the monitors that it concerns.
    pub fn troubles(&self) -> Vec<Troubled<'w>> {
        let mut out = Vec::new();
        for server in self.servers() {
            let all: Vec<&Chain<'_>> = self.chains_of(server).collect();
            if all.is_empty() && !self.asks_for_all() {
                continue;
            }
            for trouble in &server.trouble {
                let bitten = |chain: &&&Chain<'_>| chain.watched.troubles_bite && !chain.watched.held;
                let bitten: Vec<&Chain<'_>> = all.iter().filter(bitten).copied().collect();
                let bites = !bitten.is_empty();
                let absent = matches!(trouble, WatchTrouble::NoOperator | WatchTrouble::NotManaged);
                if absent && server.current && !bites {
                    continue;
                }
                out.push(Troubled { server, trouble, chains: if bites { bitten } else { all.clone() }, bites });
            }
        }
        out
    }

    /// An operator.
    pub fn operator(&self, at: usize) -> &'w Operator {
        &self.walk.operators[at]
    }

    /// All operators.
    pub fn operators(&self) -> &'w [Operator] {
        &self.walk.operators
    }

    /// What is scraped twice, where a monitor is concerned that was asked about.
    pub fn duplicates(&self) -> impl Iterator<Item = &'w crate::chain::Duplicate> + use<'w> {
        let asked: BTreeSet<ObjectId> = self.monitors().map(|facts| facts.monitor.id()).collect();
        self.walk.duplicates.iter().filter(move |duplicate| duplicate.kind.monitors().into_iter().any(|id| asked.contains(id)))
    }

    /// The chain of a monitor and a server, whether it was asked about or not.
    pub fn chain(&self, monitor: &ObjectId, server: &ObjectId) -> Option<&'w Chain<'w>> {
        let facts = self.walk.monitors.iter().find(|facts| facts.monitor.id() == *monitor)?;
        facts.chains.iter().find(|chain| chain.server.id() == *server)
    }

    /// Whether a monitor is among those that were asked about.
    pub fn is_asked(&self, id: &ObjectId) -> bool {
        self.monitors().any(|facts| facts.monitor.id() == *id)
    }

    /// Whether the whole world was asked about.
    pub fn asks_for_all(&self) -> bool {
        self.asked.len() == self.walk.monitors.len()
    }

    fn note(&self, kind: Kind) {
        self.read.borrow_mut().insert(kind);
    }

    /// The kinds that were looked at through this window.
    pub fn read(&self) -> BTreeSet<Kind> {
        self.read.borrow().clone()
    }

    /// A Service.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&'w Service> {
        self.note(Kind::Service);
        self.walk.world.services.get(namespace, name)
    }

    /// The Services of a namespace.
    pub fn services_in(&self, namespace: &str) -> impl Iterator<Item = &'w Service> + use<'w> {
        self.note(Kind::Service);
        self.walk.world.services.in_namespace(namespace)
    }

    /// The labels of a Namespace.
    pub fn namespace_labels(&self, name: &str) -> Option<&'w crate::world::Labels> {
        self.note(Kind::Namespace);
        self.walk.world.namespaces.get("", name).map(|namespace| &namespace.metadata.labels)
    }

    /// The names of all Namespaces.
    pub fn namespaces(&self) -> impl Iterator<Item = &'w str> + use<'w> {
        self.note(Kind::Namespace);
        self.walk.world.namespaces.iter().map(|namespace| namespace.metadata.name.as_str())
    }

    /// The workload whose pods have these labels: the thing to edit instead of a pod.
    pub fn workload_of(&self, pod: &Pod) -> Option<(ObjectId, &'w Workload)> {
        self.note(Kind::Deployment);
        let own = |(_, workload): &(Kind, &'w Workload)| {
            let labels = &workload.template().metadata.labels;
            !labels.is_empty() && crate::chain::contains(&pod.metadata.labels, labels)
        };
        let built = |kind: Kind| matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet);
        let found = self
            .walk
            .world
            .workloads
            .iter()
            .filter(|(kind, _)| built(**kind))
            .flat_map(|(kind, table)| table.in_namespace(&pod.metadata.namespace).map(move |workload| (*kind, workload)));
        found.into_iter().find(own).map(|(kind, workload)| (workload.metadata.id(kind), workload))
    }

    /// The whole world, for the few checks that judge what was read rather than a chain.
    pub fn world(&self) -> &'w crate::world::World {
        self.walk.world
    }
}

/// What is wrong with a server's being watched, and whom it concerns.
#[derive(Debug)]
pub struct Troubled<'w> {
    /// The server.
    pub server: &'w ServerFacts<'w>,
    /// What is wrong.
    pub trouble: &'w WatchTrouble,
    /// The chains in which it bites; all of the server where it bites in none.
    pub chains: Vec<&'w Chain<'w>>,
    /// Whether something is missing because of it already, rather than only what comes new.
    pub bites: bool,
}

impl Troubled<'_> {
    /// Starts a finding on its chains: an error where it bites, else a warning; less than certain where the
    /// configuration was not seen, which may hold the monitors already.
    pub fn finding<'o>(
        &self,
        check: &Check,
        out: &'o mut Out,
        subject: impl Into<Ref>,
        message: impl Into<String>,
    ) -> &'o mut Draft {
        let finding = out.finding(check, subject, message);
        self.chains.iter().for_each(|chain| {
            finding.on(chain);
        });
        finding.severity(if self.bites { Severity::Error } else { Severity::Warning });
        finding.likely_if(self.bites && matches!(self.server.config, ConfigSight::Unseen(_)))
    }
}

/// The chains of a monitor that count.
pub(crate) fn relevant<'w>(facts: &'w MonitorFacts<'w>) -> Vec<&'w Chain<'w>> {
    if facts.is_taken() {
        facts.chains.iter().filter(|chain| chain.verdict != Verdict::NotTaken).collect()
    } else {
        facts.deciding.map(|at| &facts.chains[at]).into_iter().collect()
    }
}

/// What the checks found, before it is merged and numbered.
#[derive(Debug, Default)]
pub struct Out {
    /// Drafts in the order in which they were made.
    pub drafts: Vec<Draft>,
}

/// A finding in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Code of the check.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The object to mend.
    pub subject: Ref,
    /// The monitors that it concerns, with the server whose chain it belongs to.
    pub chains: Vec<(ObjectId, Option<ObjectId>)>,
    /// The endpoint that it is about.
    pub endpoint: Option<usize>,
    /// The namespace that it is about.
    pub namespace: Option<String>,
    /// One line.
    pub message: String,
    /// What was compared.
    pub evidence: Vec<Evidence>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// What tells it from other findings of the same check on the same subject.
    pub key: String,
}

impl Out {
    /// Starts a finding of a check: certain, as bad as the check says, about `subject`.
    pub fn finding(&mut self, check: &Check, subject: impl Into<Ref>, message: impl Into<String>) -> &mut Draft {
        self.drafts.push(Draft {
            code: check.code,
            severity: check.severity,
            confidence: Confidence::Certain,
            subject: subject.into(),
            chains: Vec::new(),
            endpoint: None,
            namespace: None,
            message: message.into(),
            evidence: Vec::new(),
            fixes: Vec::new(),
            key: String::new(),
        });
        let last = self.drafts.len() - 1;
        &mut self.drafts[last]
    }
}

impl Out {
    /// Starts a finding about something in a monitor that is refused, with what it says and how to mend it.
    pub fn rejected(&mut self, check: &Check, view: &View<'_>, chain: &Chain<'_>, rejection: &Rejection) -> &mut Draft {
        let (path, reason) = (&rejection.path, &rejection.reason);
        let monitor = chain.monitor.id();
        // An object that is not there is one trouble, however many of its keys are asked for.
        let gone = match reason {
            Reason::MissingKey { kind, name, keys: None, .. } if !name.is_empty() => Some(format!("{kind} {name}")),
            _ => None,
        };
        let message = match &gone {
            Some(_) => reason.text(),
            None => format!("{}: {}", path.strip_prefix("spec.").unwrap_or(path), reason.text()),
        };
        let draft = self.finding(check, &monitor, line(&message, 200));
        draft.on(chain).likely_if(!rejection.certain);
        match (gone, endpoint_of(path)) {
            (Some(object), _) => draft.key(object),
            (None, Some(index)) => draft.endpoint(index).key(path),
            (None, None) => draft.key(path),
        };
        draft.reason(chain, path, reason);
        for fix in crate::refused::fixes(view.world(), chain, path, reason) {
            draft.fix(fix);
        }
        let explained = chain.accepted.operator_says.as_ref().filter(|says| reason.is_meant_by(says));
        if let Some(says) = explained {
            let words = line(&without_credentials(says), 400);
            draft.evidence(Evidence { note: Some(format!("the operator says: {words}")), ..Evidence::default() });
        }
        draft
    }
}

/// The endpoint that a path leads into.
fn endpoint_of(path: &str) -> Option<usize> {
    match crate::path::parse(path).ok()?.get(2)? {
        crate::path::Step::Index(index) => Some(*index),
        crate::path::Step::Key(_) => None,
    }
}

impl Draft {
    /// It belongs to a chain.
    pub fn on(&mut self, chain: &Chain<'_>) -> &mut Self {
        self.chains.push((chain.monitor.id(), Some(chain.server.id())));
        self
    }

    /// It concerns a monitor, whatever the server.
    pub fn affects(&mut self, monitor: &ObjectId) -> &mut Self {
        self.chains.push((monitor.clone(), None));
        self
    }

    /// It is about one endpoint; findings about different endpoints are not merged.
    pub fn endpoint(&mut self, index: usize) -> &mut Self {
        self.endpoint = Some(index);
        self.key(format!("endpoint {index}"))
    }

    /// It is about one namespace; findings about different namespaces are not merged.
    pub fn namespace(&mut self, name: &str) -> &mut Self {
        self.namespace = Some(name.to_owned());
        self.key(format!("namespace {name}"))
    }

    /// Adds to what tells it from other findings of the same check on the same subject. No values that change by
    /// themselves, such as counts or pod names.
    pub fn key(&mut self, key: impl AsRef<str>) -> &mut Self {
        self.key.push('\n');
        self.key.push_str(key.as_ref());
        self
    }

    /// How bad, where it differs from the check's usual severity.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// As bad as it is that a Service is empty: an error where nothing else is there to scrape, else an info.
    pub fn weigh(&mut self, found: &EmptyService<'_, '_>) -> &mut Self {
        self.severity(if found.decides { Severity::Error } else { Severity::Info }).namespace(&found.service.metadata.namespace)
    }

    /// How sure, where it is not certain.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Less than certain if a condition holds.
    pub fn likely_if(&mut self, condition: bool) -> &mut Self {
        if condition {
            self.confidence = self.confidence.max(Confidence::Likely);
        }
        self
    }

    /// Adds evidence.
    pub fn evidence(&mut self, evidence: Evidence) -> &mut Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds evidence: a field asks for something that another field does not have.
    pub fn compared(
        &mut self,
        asks: &ObjectId,
        path: impl Into<String>,
        wanted: impl Words,
        found: impl Words,
        other: Option<(&ObjectId, String)>,
    ) -> &mut Self {
        self.evidence(crate::report::evidence_at(asks, path, wanted.words(), found.words(), other))
    }

    /// Adds evidence: what a field says, without a counterpart.
    pub fn says(&mut self, id: &ObjectId, path: impl Into<String>, found: impl Words) -> &mut Self {
        let mut evidence = crate::report::evidence_at(id, path, Vec::new(), found.words(), None);
        evidence.operator = None;
        self.evidence(evidence)
    }

    /// Adds evidence: requirements of a selector that labels do not meet.
    pub fn missed(&mut self, asks: &ObjectId, selector: &str, misses: &[Miss], labelled: &ObjectId, labels: &str) -> &mut Self {
        for miss in misses {
            let requirement = &miss.requirement;
            let note = match &miss.near {
                None => None,
                Some(Near::OtherCase) => Some("only upper and lower case differ".to_owned()),
                Some(Near::Slip) => Some("a slip of the pen?".to_owned()),
                Some(Near::OtherKey { key, value }) => Some(format!("it has {key}={value}")),
            };
            self.evidence(Evidence {
                reference: Some(asks.into()),
                path: format!("{selector}.{}", requirement.path),
                operator: Some(requirement.operator.as_str().to_owned()),
                wanted: requirement.values.clone(),
                found: miss.found.clone().into_iter().collect(),
                at: Some(At { reference: labelled.into(), path: format!("{labels}{}", crate::path::key_text(&requirement.key)) }),
                note,
            });
        }
        self
    }

    /// Adds evidence: a field of a monitor, and what it is refused for.
    pub fn reason(&mut self, chain: &Chain<'_>, path: &str, reason: &Reason) -> &mut Self {
        let (monitor, server) = (chain.monitor.id(), chain.server.id());
        let list = |word: &str| vec![word.to_owned()];
        match reason {
            Reason::MissingKey { kind, name, key, keys } => {
                let object = ObjectId::new(*kind, &monitor.namespace, name);
                let other = (!name.is_empty()).then(|| (&object, "data".to_owned()));
                self.compared(&monitor, path, list(key), keys.clone().unwrap_or_default(), other)
            }
            Reason::Timeout { timeout, interval, of_server: true } => {
                let other = Some((&server, "spec.scrapeInterval".to_owned()));
                self.compared(&monitor, path, list(timeout), list(interval), other)
            }
            Reason::Timeout { timeout, interval, of_server: false } => {
                let other = Some((&monitor, path.replace(".scrapeTimeout", ".interval")));
                self.compared(&monitor, path, list(timeout), list(interval), other)
            }
            Reason::ScrapeClass { name, known } => {
                let other = Some((&server, "spec.scrapeClasses[*].name".to_owned()));
                self.compared(&monitor, path, list(name), known.clone(), other)
            }
            Reason::Version { what, needs, has } => {
                let other = Some((&server, "spec.version".to_owned()));
                self.compared(&monitor, path, format!("{what}: {needs}"), list(&has.to_string()), other)
            }
            Reason::FileAccess { file } => {
                let other = Some((&server, "spec.arbitraryFSAccessThroughSMs.deny".to_owned()));
                self.compared(&monitor, path, list(file), list("true"), other)
            }
            Reason::AuthConflict { fields } => {
                self.says(&monitor, path, fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>())
            }
            Reason::Duration { text } => self.says(&monitor, path, list(text)),
            Reason::Selector { .. } | Reason::Relabel { .. } | Reason::Http { .. } | Reason::Tls { .. } => {
                let pointer = crate::path::pointer(path);
                let value = pointer.strip_prefix("/spec").and_then(|pointer| chain.monitor.raw.pointer(pointer));
                let text = match value {
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(value) => value.to_string(),
                    None => String::new(),
                };
                let text = line(&without_credentials(&text), 200);
                self.says(&monitor, path, if text.is_empty() { Vec::new() } else { vec![text] })
            }
        }
    }

    /// Adds a way to mend it.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fixes.push(fix);
        self
    }
}

/// One word or several, as evidence takes them.
pub trait Words {
    /// The words.
    fn words(self) -> Vec<String>;
}

impl Words for &str {
    fn words(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl Words for String {
    fn words(self) -> Vec<String> {
        vec![self]
    }
}

impl Words for Vec<String> {
    fn words(self) -> Vec<String> {
        self
    }
}

impl Words for &[String] {
    fn words(self) -> Vec<String> {
        self.to_vec()
    }
}
