//! The narrow window through which a check looks at a walk: it can neither list nor fetch.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::chain::{
    Chain, ConfigSight, Duplicate, GenerateTrouble, InEveryShard, MonitorFacts, Other, ServerFacts, Unselected, Walk,
    WatchTrouble, contains,
};
use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::operator::accept::Rejection;
use crate::operator::find::Operator;
use crate::pipeline::{Step, StepName, of_monitor};
use crate::report::{Link, Ref, Severity, Verdict};
use crate::wants::Question;
use crate::world::{Kind, Labels, ObjectId, Pod, Service, Workload, World};

/// The window of a check: chains of the monitors that were asked about, servers, operators, and single objects of
/// the kinds that it declared.
#[derive(Debug)]
pub struct View<'w> {
    walk: &'w Walk<'w>,
    asked: &'w [usize],
    question: Option<&'w Question>,
    refused_others: OnceCell<Vec<Other<'w>>>,
    read: RefCell<BTreeSet<Kind>>,
    /// The steps between Secret and Prometheus that servers are stuck at, once somebody wanted to know.
    steps: RefCell<BTreeMap<ObjectId, Option<Step>>>,
}

impl<'w> View<'w> {
    /// A window on the monitors at the given places of the walk, in their order there.
    pub fn new(walk: &'w Walk<'w>, asked: &'w [usize]) -> Self {
        Self { walk, asked, question: None, refused_others: OnceCell::new(), read: RefCell::default(), steps: RefCell::default() }
    }

    /// For a question, which also tells which Probes and ScrapeConfigs are meant; all are without one.
    pub fn of(self, question: &'w Question) -> Self {
        Self { question: Some(question), ..self }
    }

    /// The Probes and ScrapeConfigs that were asked about and are refused, server by server.
    pub fn refused_others(&self) -> &[Other<'w>] {
        self.refused_others.get_or_init(|| {
            let mut all = self.walk.refused_others();
            all.retain(|other| self.asks_other(&other.id));
            all
        })
    }

    /// Whether an object without a chain was asked about.
    fn asks_other(&self, id: &ObjectId) -> bool {
        let object = self.walk.world.unjudged.get(&id.kind).and_then(|table| table.get(&id.namespace, &id.name));
        let asks = |question: &Question| object.is_some_and(|object| question.asks_object(id.kind, &object.metadata));
        object.is_some() && self.question.is_none_or(asks)
    }

    /// Everything that was asked about and that no server takes: monitors as [`View::unselected`] has them, Probes,
    /// ScrapeConfigs and PrometheusRules.
    pub fn untaken(&self) -> Vec<Unselected<'w>> {
        let of_chain = |(facts, chain): (&'w MonitorFacts<'w>, &'w Chain<'w>)| Unselected {
            id: facts.monitor.id(),
            metadata: &facts.monitor.metadata,
            server: chain.server,
            selected: chain.selected.clone(),
            chain: Some(chain),
        };
        let mut out: Vec<Unselected<'w>> = self.unselected().map(of_chain).collect();
        out.extend(self.walk.unselected_others().into_iter().filter(|found| self.asks_other(&found.id)));
        out
    }

    /// The Probes and ScrapeConfigs that were asked about and that every shard of a server scrapes whole.
    pub fn in_every_shard(&self) -> Vec<InEveryShard<'w>> {
        let mut all = self.walk.in_every_shard();
        all.retain(|found| self.asks_other(&found.id));
        all
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

    /// Monitors that no server takes, with the chain of the nearest server. Not those for which some server could
    /// not be read, unless that is only not in the files and one in them was meant.
    pub fn unselected(&self) -> impl Iterator<Item = (&'w MonitorFacts<'w>, &'w Chain<'w>)> + use<'w> {
        self.monitors().filter_map(|facts| {
            let failed = !facts.is_taken() && facts.verdict == Verdict::Failed;
            let at = if failed { facts.deciding? } else { facts.missed_by? };
            Some((facts, &facts.chains[at]))
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

    /// The step between the Secret and Prometheus that the configuration of a chain that is not loaded is stuck at.
    pub fn step(&self, chain: &Chain<'_>) -> Option<Step> {
        let facts = self.server(chain).filter(|_| chain.failed(Link::Loaded) && chain.refused.is_empty())?;
        // The pods of a server have one configuration: where it is stuck for one monitor it is for all.
        let find = || {
            let step = of_monitor(self.walk, facts, &chain.monitor.id())?.stuck_at().cloned()?;
            [StepName::Mounted, StepName::Unpacked, StepName::Reloaded].contains(&step.name).then_some(step)
        };
        self.steps.borrow_mut().entry(facts.id()).or_insert_with(find).clone()
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
    pub fn duplicates(&self) -> impl Iterator<Item = &'w Duplicate> {
        let asks = |duplicate: &&Duplicate| duplicate.kind.monitors().into_iter().any(|id| self.is_asked(id));
        self.walk.duplicates.iter().filter(asks)
    }

    /// The chain of a monitor and a server, whether it was asked about or not.
    pub fn chain(&self, monitor: &ObjectId, server: &ObjectId) -> Option<&'w Chain<'w>> {
        let facts = &self.walk.monitors[self.walk.place_of(monitor)?];
        facts.chains.iter().find(|chain| chain.server.id() == *server)
    }

    /// Whether a monitor is among those that were asked about.
    pub fn is_asked(&self, id: &ObjectId) -> bool {
        self.walk.place_of(id).is_some_and(|at| self.asked.binary_search(&at).is_ok())
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

    /// The labels of a Namespace.
    pub fn namespace_labels(&self, name: &str) -> Option<&'w Labels> {
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
        const BUILT: [Kind; 3] = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
        BUILT.into_iter().for_each(|kind| self.note(kind));
        let own = |(_, workload): &(Kind, &'w Workload)| {
            let labels = &workload.template().metadata.labels;
            !labels.is_empty() && contains(&pod.metadata.labels, labels)
        };
        let found = self
            .walk
            .world
            .workloads
            .iter()
            .filter(|(kind, _)| BUILT.contains(kind))
            .flat_map(|(kind, table)| table.in_namespace(&pod.metadata.namespace).map(move |workload| (*kind, workload)));
        found.into_iter().find(own).map(|(kind, workload)| (workload.metadata.id(kind), workload))
    }

    /// The whole world, for the few checks that judge what was read rather than a chain.
    pub fn world(&self) -> &'w World {
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
        finding.on_all(self.chains.iter().copied());
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
