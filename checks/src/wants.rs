//! What must be read to answer a question. The shell asks, fetches, and asks again until nothing more is wanted.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::{Chain, EndpointJob, MonitorFacts, Role, ScrapedEndpoint, SdNamespaces, ServerFacts, Walk};
use crate::operator::find::metrics_door;
use crate::operator::pods::{self, Door};
use crate::prometheus::discovery::SdRole;
use crate::prometheus::failure::Failure;
use crate::report::Link;
use crate::targets::{is_other, predicted};
use crate::view::relevant;
use crate::world::{Ask, Kind, LivePod, Meta, Monitor, ObjectId, Seen, Table, World};

/// What a user wants to know.
#[derive(Clone, Debug)]
pub struct Question {
    /// The namespace whose monitors are asked about; `None` for all. It limits the question, not what is read.
    pub namespace: Option<String>,
    /// A single monitor, or an application, that is asked about.
    pub about: Option<crate::world::ObjectId>,
    /// Only monitors whose labels match.
    pub selector: Option<crate::selector::LabelSelector>,
    /// Only this server: namespace and name.
    pub server: Option<(String, String)>,
    /// Whether the targets of all jobs are asked about, not only the verdicts of monitors.
    pub jobs: bool,
    /// Whether the running servers are asked, and for what.
    pub live: Live,
    /// Seconds within which an object is too young to be judged by what is missing from the configuration.
    pub grace: i64,
}

impl Question {
    /// Whether a monitor is among those asked about. A question about an application is one about all monitors
    /// that could reach it, which the report names apart; then no monitor is a subject of its own.
    pub fn asks(&self, monitor: &Monitor) -> bool {
        if let Some(about) = &self.about {
            return *about == monitor.id();
        }
        self.namespace.as_ref().is_none_or(|namespace| *namespace == monitor.metadata.namespace)
            && self.selector.as_ref().is_none_or(|selector| selector.matches(&monitor.metadata.labels))
    }

    /// Whether a Probe or ScrapeConfig is among what is asked about.
    pub fn asks_object(&self, kind: Kind, meta: &Meta) -> bool {
        match &self.about {
            Some(about) => *about == meta.id(kind),
            None => {
                self.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
                    && self.selector.as_ref().is_none_or(|selector| selector.matches(&meta.labels))
            }
        }
    }

    /// Whether a monitor must be looked at to answer: those asked about, and for an application all.
    pub fn concerns(&self, monitor: &Monitor) -> bool {
        self.asks(monitor) || self.about.as_ref().is_some_and(|about| !about.kind.is_monitoring())
    }
}

impl Default for Question {
    fn default() -> Self {
        Self {
            namespace: None,
            about: None,
            selector: None,
            server: None,
            jobs: false,
            live: Live::No,
            grace: crate::chain::DEFAULT_GRACE,
        }
    }
}

/// What the running servers are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Live {
    /// Nothing.
    #[default]
    No,
    /// Their targets, and how the last reload went.
    Targets,
    /// All that they tell of themselves.
    All,
}

impl Live {
    /// The questions to each of them.
    pub fn asks(self) -> &'static [Ask] {
        match self {
            Self::No => &[],
            Self::Targets => &[Ask::Targets, Ask::Runtime],
            Self::All => &Ask::ALL,
        }
    }
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// All objects of a kind, in one namespace or everywhere.
    List {
        /// The kind.
        kind: Kind,
        /// The namespace; `None` for the whole cluster.
        namespace: Option<String>,
    },
    /// One Secret or ConfigMap: these are never listed.
    Get {
        /// The kind.
        kind: Kind,
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
    /// What operators say in events that they refuse, in one namespace or everywhere.
    Refusals {
        /// The namespace; `None` for the whole cluster.
        namespace: Option<String>,
    },
    /// The metrics of an operator.
    Measure {
        /// What runs it.
        operator: ObjectId,
        /// Where it tells them.
        door: Door,
    },
    /// A question to a running pod of a server.
    Ask {
        /// Namespace and name of the server.
        server: (String, String),
        /// The pod.
        pod: String,
        /// Where it answers, or why it cannot be asked now.
        door: Result<Door, String>,
        /// What it is asked.
        ask: Ask,
        /// The pools whose targets are asked about; none for all.
        pools: Vec<String>,
    },
}

/// More lists per namespace than this, and one list over the cluster is cheaper.
const MANY_NAMESPACES: usize = 12;

/// What is still to be read; empty when the world holds all that can be had.
///
/// First the operator's kinds and what they refer to by label, which are few; then, where some monitor looks, the
/// pods and addresses; last what explains an emptiness.
pub fn wants(world: &World, question: &Question) -> Vec<Request> {
    let mut wanted = Wanted { world, requests: BTreeSet::new() };
    wanted.first(question);
    if wanted.requests.is_empty() {
        let walk = Walk::matching(world, question.grace, None);
        let looking: Vec<&MonitorFacts<'_>> = walk.monitors.iter().filter(|facts| question.concerns(facts.monitor)).collect();
        wanted.named(&walk, question, &looking);
        wanted.behind(question, &looking);
        if wanted.requests.is_empty() {
            wanted.explanations(question, &looking);
            wanted.refusals(&walk, question, &looking);
        }
        if question.jobs {
            wanted.discovered(&walk, question);
        }
        if question.live != Live::No {
            wanted.live(&walk, question, &looking);
            wanted.between(&looking);
            if question.live == Live::All && question.about.is_none() {
                wanted.measures(&walk);
            }
        }
    }
    wanted.requests.into_iter().collect()
}

struct Wanted<'w> {
    world: &'w World,
    requests: BTreeSet<Request>,
}

impl Wanted<'_> {
    /// A list over the cluster, and where that is not allowed, one in each of the namespaces that matter.
    fn list(&mut self, kind: Kind, namespaces: &[String]) {
        let sight = &self.world.sight;
        if !sight.asked(kind, None) {
            self.requests.insert(Request::List { kind, namespace: None });
        } else if kind.namespaced() && matches!(sight.of(kind, None), Seen::Forbidden) {
            namespaces.iter().for_each(|namespace| self.list_in(kind, namespace));
        }
    }

    fn list_in(&mut self, kind: Kind, namespace: &str) {
        let sight = &self.world.sight;
        let whole = sight.asked(kind, None) && sight.of(kind, None).proves_absence();
        if !namespace.is_empty() && !whole && !sight.asked(kind, Some(namespace)) {
            self.requests.insert(Request::List { kind, namespace: Some(namespace.to_owned()) });
        }
    }

    /// Lists in some namespaces, or over the cluster where they are many or all.
    fn list_where(&mut self, kind: Kind, places: &Places, fallback: &[String]) {
        match places {
            Places::Everywhere => self.list(kind, fallback),
            Places::These(names) if names.len() > MANY_NAMESPACES => self.list(kind, &names.iter().cloned().collect::<Vec<_>>()),
            Places::These(names) => names.iter().for_each(|name| self.list_in(kind, name)),
        }
    }

    fn get(&mut self, kind: Kind, namespace: &str, name: &str) {
        let known = match kind {
            Kind::Secret => self.world.secrets.get(namespace, name).is_some(),
            _ => self.world.config_maps.get(namespace, name).is_some(),
        };
        if !name.is_empty() && !known && !self.world.sight.asked_object(kind, namespace, name) {
            self.requests.insert(Request::Get { kind, namespace: namespace.to_owned(), name: name.to_owned() });
        }
    }

    fn first(&mut self, question: &Question) {
        let places = self.places(question);
        for kind in FIRST {
            self.list(*kind, &places);
        }
    }

    /// The namespaces that matter where the cluster cannot be seen as a whole.
    fn places(&self, question: &Question) -> Vec<String> {
        let mut places: BTreeSet<String> = question.namespace.iter().cloned().collect();
        places.extend(question.about.iter().map(|about| about.namespace.clone()));
        places.extend(question.server.iter().map(|(namespace, _)| namespace.clone()));
        places.extend(self.world.servers.iter().map(|server| server.metadata.namespace.clone()));
        for monitor in self.world.monitors.iter().filter(|monitor| question.concerns(monitor)) {
            places.insert(monitor.metadata.namespace.clone());
            places.extend(monitor.spec.namespace_selector.match_names.iter().cloned());
        }
        places.into_iter().filter(|place| !place.is_empty()).collect()
    }

    /// Secrets and ConfigMaps that some object names.
    fn named(&mut self, walk: &Walk<'_>, question: &Question, looking: &[&MonitorFacts<'_>]) {
        for facts in &walk.servers {
            let namespace = facts.server.metadata.namespace.clone();
            self.get(Kind::Secret, &namespace, &facts.server.config_secret());
            for (kind, name) in references(&facts.server.raw) {
                self.get(kind, &namespace, &name);
            }
        }
        let monitors = looking.iter().map(|facts| (&facts.monitor.metadata, &facts.monitor.raw));
        let world = self.world;
        let others = [Kind::Probe, Kind::ScrapeConfig].into_iter().flat_map(|kind| {
            let all = world.unjudged.get(&kind).into_iter().flat_map(Table::iter);
            all.filter(move |object| question.asks_object(kind, &object.metadata)).map(|object| (&object.metadata, &object.raw))
        });
        for (meta, raw) in monitors.chain(others) {
            for (kind, name) in references(raw) {
                self.get(kind, &meta.namespace, &name);
            }
        }
    }

    /// Pods and addresses, where some monitor looks.
    fn behind(&mut self, question: &Question, looking: &[&MonitorFacts<'_>]) {
        let (mut pods, mut endpoints, mut slices) = (Places::none(), Places::none(), Places::none());
        for chain in looking.iter().flat_map(|facts| relevant(facts)) {
            // The mended chain may look elsewhere: where the Services or pods are that it should reach.
            let elsewhere = chain.mended.iter().map(|service| service.metadata.namespace.as_str());
            let places = Places::of(&chain.namespaces).with(elsewhere);
            match chain.role {
                Role::Endpoints => endpoints.add(&places),
                Role::EndpointSlice => slices.add(&places),
                Role::Pod => {}
            }
            pods.add(&places);
        }
        if let Some(about) = question.about.as_ref().filter(|about| !about.kind.is_monitoring()) {
            let here = Places::These([about.namespace.clone()].into());
            pods.add(&here);
            endpoints.add(&here);
        }
        let fallback = self.places(question);
        // Where a job adds labels of nodes, its rules may look at them.
        let adds_nodes = |job: &EndpointJob<'_>| job.discovery().any(|sd| sd.attach.node);
        if looking.iter().flat_map(|facts| relevant(facts)).flat_map(|chain| chain.jobs.iter().flatten()).any(adds_nodes) {
            self.list(Kind::Node, &[]);
        }
        self.list_where(Kind::Pod, &pods, &fallback);
        self.list_where(Kind::Endpoints, &endpoints, &fallback);
        self.list_where(Kind::EndpointSlice, &slices, &fallback);
    }

    /// What the running pods of servers are asked: of those that take a monitor that is asked about, or of the one that
    /// is asked about itself.
    fn live(&mut self, walk: &Walk<'_>, question: &Question, looking: &[&MonitorFacts<'_>]) {
        let takers: BTreeSet<ObjectId> =
            looking.iter().flat_map(|facts| relevant(facts)).map(|chain| chain.server.id()).collect();
        for facts in &walk.servers {
            let meta = &facts.server.metadata;
            let named = question
                .server
                .as_ref()
                .is_some_and(|(namespace, name)| *name == meta.name && (namespace.is_empty() || *namespace == meta.namespace));
            let whole = question.jobs || question.live == Live::All;
            let asked = named || question.server.is_none() && (whole || takers.contains(&facts.id()));
            if !asked {
                continue;
            }
            self.list_in(Kind::Pod, &meta.namespace);
            let unloaded = self.is_unloaded(facts, looking);
            let pools = pools_asked(facts, question, looking);
            for pod in pods::pods(self.world, facts.server).filter(|pod| !pod.is_finished()) {
                let server = (meta.namespace.clone(), meta.name.clone());
                let heard = |ask: Ask| {
                    let of = |live: &&LivePod| live.server.as_ref() == Some(&server) && live.pod == pod.metadata.name;
                    self.world.live.iter().find(of).is_some_and(|live| live.was_asked(ask))
                };
                let asks = if unloaded { Live::All.asks() } else { question.live.asks() };
                for ask in asks.iter().copied().filter(|ask| !heard(*ask)) {
                    let door =
                        if ask == Ask::Reloader { pods::reloader_door(pod).map(Ok) } else { Some(pods::door(facts.server, pod)) };
                    let Some(door) = door else { continue };
                    let pools = if ask == Ask::Targets { pools.clone() } else { Vec::new() };
                    let request = Request::Ask { server: server.clone(), pod: pod.metadata.name.clone(), door, ask, pools };
                    self.requests.insert(request);
                }
            }
        }
    }

    /// What may stand between a server and targets that do not answer: policies of the network and of a mesh.
    fn between(&mut self, looking: &[&MonitorFacts<'_>]) {
        let failed = looking.iter().flat_map(|facts| relevant(facts)).flat_map(|chain| &chain.scraped.endpoints);
        for failed in failed.flat_map(|endpoint| &endpoint.failures) {
            let kind = match failed.failure {
                Failure::Timeout { body: false } => Kind::NetworkPolicy,
                Failure::Closed => Kind::PeerAuthentication,
                _ => continue,
            };
            failed.targets.iter().take(MANY_NAMESPACES).for_each(|target| self.list_in(kind, &target.namespace));
        }
    }

    /// Whether a server seems not to have loaded what lies in its Secret: then what it has, and why, is asked too.
    fn is_unloaded(&self, facts: &ServerFacts<'_>, looking: &[&MonitorFacts<'_>]) -> bool {
        let own = |chain: &&Chain<'_>| std::ptr::eq(chain.server, facts.server);
        let lacks = |chain: &Chain<'_>| {
            let lacks = |endpoint: &ScrapedEndpoint<'_>| endpoint.exists == Some(false) || !endpoint.behind.is_empty();
            chain.failed(Link::Loaded) || chain.scraped.endpoints.iter().any(lacks)
        };
        if looking.iter().flat_map(|facts| &facts.chains).filter(own).any(lacks) {
            return true;
        }
        let secret = self.world.secrets.get(&facts.server.metadata.namespace, &facts.server.config_secret());
        let written = secret.and_then(|secret| secret.metadata.changed_at());
        let mut runtimes = facts.live.pods.iter().filter_map(|live| live.runtime.given());
        runtimes
            .any(|runtime| !runtime.reloaded || runtime.loaded_at.zip(written).is_some_and(|(loaded, written)| loaded < written))
    }

    /// What the jobs of servers discover beside those of monitors.
    fn discovered(&mut self, walk: &Walk<'_>, question: &Question) {
        let fallback = self.places(question);
        let world = self.world;
        for facts in &walk.servers {
            let live = facts.decoded().into_iter().flat_map(|config| &config.jobs).filter(|job| is_other(world, question, job));
            let live = live.flat_map(|job| job.discovery.iter().cloned());
            let predicted = predicted(world, question, facts);
            for sd in live.chain(predicted.iter().flat_map(|(_, job)| job.discovery())) {
                let Some(role) = SdRole::named(&sd.role) else { continue };
                let own = sd.own_namespace.then(|| facts.server.metadata.namespace.clone());
                let names: BTreeSet<String> = sd.namespaces.iter().cloned().chain(own).collect();
                let places = if names.is_empty() { Places::Everywhere } else { Places::These(names) };
                let beside: &[Kind] = match role {
                    SdRole::Endpoints | SdRole::EndpointSlice => &[Kind::Service, Kind::Pod],
                    _ => &[],
                };
                for kind in beside.iter().copied().chain([role.kind()]) {
                    if kind.namespaced() {
                        self.list_where(kind, &places, &fallback);
                    } else {
                        self.list(kind, &fallback);
                    }
                }
                if sd.attach.node {
                    self.list(Kind::Node, &fallback);
                }
            }
        }
    }

    /// What operators say where something is refused, or missing in the configuration. Events cannot be looked up by what
    /// they say, so that asking for them costs the API server as many as there are.
    fn refusals(&mut self, walk: &Walk<'_>, question: &Question, looking: &[&MonitorFacts<'_>]) {
        let lacks = |facts: &&MonitorFacts<'_>| {
            relevant(facts).iter().any(|chain| chain.failed(Link::Accepted) || chain.failed(Link::Generated))
        };
        let mut places: BTreeSet<&String> =
            looking.iter().filter(|facts| lacks(facts)).map(|facts| &facts.monitor.metadata.namespace).collect();
        let others = if question.about.is_none() { walk.refused_others() } else { Vec::new() };
        let here = |namespace: &String| question.namespace.as_ref().is_none_or(|asked| asked == namespace);
        places.extend(others.iter().map(|other| &other.id.namespace).filter(|namespace| here(namespace)));
        let asked = &self.world.refusals_asked;
        let many = places.len() > MANY_NAMESPACES;
        let all = if many { vec![None] } else { places.into_iter().cloned().map(Some).collect() };
        let fresh = all.into_iter().filter(|place| !asked.contains(&None) && !asked.contains(place));
        self.requests.extend(fresh.map(|namespace| Request::Refusals { namespace }));
    }

    /// What the operators count that manage the servers.
    fn measures(&mut self, walk: &Walk<'_>) {
        let managers: BTreeSet<usize> = walk.servers.iter().flat_map(|facts| facts.managers.iter().copied()).collect();
        for operator in managers.into_iter().map(|at| &walk.operators[at]) {
            self.list_in(Kind::Pod, &operator.id.namespace);
            if self.world.measures.contains_key(&operator.id) {
                continue;
            }
            if let Some(door) = metrics_door(self.world, operator) {
                self.requests.insert(Request::Measure { operator: operator.id.clone(), door });
            }
        }
    }

    /// What explains an emptiness: the other kind of addresses, workloads, pods elsewhere.
    fn explanations(&mut self, question: &Question, looking: &[&MonitorFacts<'_>]) {
        let (mut empty, mut other) = (Places::none(), BTreeMap::<Kind, Places>::new());
        let mut pods_everywhere = false;
        for chain in looking.iter().flat_map(|facts| relevant(facts)) {
            let bare = chain.backed.services.iter().filter(|backing| backing.empty.is_some());
            for backing in bare {
                let here = Places::These([backing.service.metadata.namespace.clone()].into());
                empty.add(&here);
                let kind = if chain.role == Role::Endpoints { Kind::EndpointSlice } else { Kind::Endpoints };
                other.entry(kind).or_insert_with(Places::none).add(&here);
            }
            let portless = chain.endpoints.iter().any(|endpoint| endpoint.state.is_failed());
            if portless || (chain.monitor.is_pod_monitor() && chain.matched.pods.is_empty()) {
                empty.add(&Places::of(&chain.namespaces));
            }
            if chain.matched.state.is_failed() {
                empty.add(&Places::of(&chain.namespaces));
                pods_everywhere |= chain.monitor.is_pod_monitor();
            }
        }
        if let Some(about) = question.about.as_ref().filter(|about| !about.kind.is_monitoring()) {
            empty.add(&Places::These([about.namespace.clone()].into()));
        }
        let fallback = self.places(question);
        for kind in [Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::CronJob] {
            self.list_where(kind, &empty, &fallback);
        }
        for (kind, places) in other {
            self.list_where(kind, &places, &fallback);
        }
        if pods_everywhere {
            self.list(Kind::Pod, &fallback);
        }
    }
}

/// More pools than this, and the answer of a server about all of them is no longer to it.
const MANY_POOLS: usize = 8;

/// The pools of a server that a question is about; none for all. A big server has a hundred thousand targets, and those
/// of one monitor are a few. The name of a pool is that of the job; where it is not known for certain, all are asked for.
fn pools_asked(facts: &ServerFacts<'_>, question: &Question, looking: &[&MonitorFacts<'_>]) -> Vec<String> {
    let about = question.about.as_ref().filter(|about| matches!(about.kind, Kind::ServiceMonitor | Kind::PodMonitor));
    let own = |chain: &&Chain<'_>| std::ptr::eq(chain.server, facts.server);
    let Some(chain) = about
        .and_then(|about| looking.iter().find(|facts| facts.monitor.id() == *about))
        .and_then(|facts| facts.chains.iter().find(own))
    else {
        return Vec::new();
    };
    let written = |at: usize| chain.generated.jobs.iter().find(|(index, _)| *index == at).map(|(_, job)| job.name.clone());
    let named = |at: usize| facts.operator_version.map(|_| facts.job_name(&chain.monitor.id(), at));
    let names = (0..chain.monitor.spec.endpoints.len()).map(|at| written(at).or_else(|| named(at)));
    let names: Option<Vec<String>> = names.collect();
    names.filter(|names| names.len() <= MANY_POOLS).unwrap_or_default()
}

/// The pools that a question is about, for a server that is asked at an address of its own; none for all. Where it is not
/// known which server that is, its pools have to tell.
pub fn pools(world: &World, question: &Question) -> Vec<String> {
    if question.about.is_none() || question.server.is_none() && world.servers.iter().count() != 1 {
        return Vec::new();
    }
    let walk = Walk::matching(world, question.grace, question.server.as_ref());
    let [facts] = walk.servers.as_slice() else { return Vec::new() };
    let looking: Vec<&MonitorFacts<'_>> = walk.monitors.iter().filter(|facts| question.concerns(facts.monitor)).collect();
    pools_asked(facts, question, &looking)
}

/// The kinds that are read for every question.
const FIRST: &[Kind] = &[
    Kind::ServiceMonitor,
    Kind::PodMonitor,
    Kind::Probe,
    Kind::ScrapeConfig,
    Kind::PrometheusRule,
    Kind::Prometheus,
    Kind::PrometheusAgent,
    Kind::Namespace,
    Kind::Service,
    Kind::Deployment,
    Kind::Role,
    Kind::ClusterRole,
    Kind::RoleBinding,
    Kind::ClusterRoleBinding,
    Kind::CustomResourceDefinition,
];

/// Some namespaces, or all.
#[derive(Clone, Debug)]
enum Places {
    Everywhere,
    These(BTreeSet<String>),
}

impl Places {
    fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    fn of(namespaces: &SdNamespaces) -> Self {
        match namespaces {
            SdNamespaces::All => Self::Everywhere,
            SdNamespaces::These(names) => Self::These(names.iter().cloned().collect()),
        }
    }

    fn with<'a>(mut self, names: impl Iterator<Item = &'a str>) -> Self {
        if let Self::These(these) = &mut self {
            these.extend(names.map(str::to_owned));
        }
        self
    }

    fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::These(names), Self::These(more)) => names.extend(more.iter().cloned()),
            _ => *self = Self::Everywhere,
        }
    }
}

/// The Secrets and ConfigMaps that a spec names: maps with a `name` and a `key`. Whether it is a ConfigMap the
/// field above tells.
fn references(spec: &serde_json::Value) -> BTreeSet<(Kind, String)> {
    fn walk(value: &serde_json::Value, above: &str, out: &mut BTreeSet<(Kind, String)>) {
        match value {
            serde_json::Value::Object(map) => {
                if let (Some(name), Some(_)) = (map.get("name").and_then(|name| name.as_str()), map.get("key")) {
                    let kind = if above == "configMap" { Kind::ConfigMap } else { Kind::Secret };
                    out.insert((kind, name.to_owned()));
                }
                map.iter().for_each(|(key, value)| walk(value, key, out));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, above, out)),
            _ => {}
        }
    }
    // Containers and volumes of a server name many things that play no role in its configuration.
    let mut out = BTreeSet::new();
    let plays_no_role = ["containers", "initContainers", "volumes", "env", "affinity", "tolerations", "thanos", "web"];
    if let serde_json::Value::Object(map) = spec {
        map.iter().filter(|(key, _)| !plays_no_role.contains(&key.as_str())).for_each(|(key, value)| walk(value, key, &mut out));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::decode_value;

    fn world() -> World {
        let mut world = World::default();
        let objects = serde_json::json!([
            {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "k8s", "namespace": "monitoring"},
             "spec": {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}}},
            {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "cart", "namespace": "shop"},
             "spec": {"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [
                {"port": "web", "basicAuth": {"username": {"name": "auth", "key": "u"}, "password": {"name": "auth", "key": "p"}},
                 "tlsConfig": {"ca": {"configMap": {"name": "ca", "key": "ca.crt"}}}}]}},
        ]);
        decode_value(objects, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        world
    }

    fn list(kind: Kind, namespace: Option<&str>) -> Request {
        Request::List { kind, namespace: namespace.map(str::to_owned) }
    }

    #[test]
    fn first_the_few_kinds_then_what_lies_where_monitors_look() {
        let (mut world, question) = (world(), Question::default());
        let first = wants(&world, &question);
        assert!(first.contains(&list(Kind::Service, None)) && !first.iter().any(|request| *request == list(Kind::Pod, None)));
        FIRST.iter().for_each(|kind| world.sight.note(*kind, None, Seen::Whole));
        let second = wants(&world, &question);
        assert!(second.contains(&list(Kind::Pod, Some("shop"))), "{second:?}");
        assert!(second.contains(&list(Kind::Endpoints, Some("shop"))), "{second:?}");
        let get =
            |kind, namespace: &str, name: &str| Request::Get { kind, namespace: namespace.to_owned(), name: name.to_owned() };
        for wanted in [
            get(Kind::Secret, "monitoring", "prometheus-k8s"),
            get(Kind::Secret, "shop", "auth"),
            get(Kind::ConfigMap, "shop", "ca"),
        ] {
            assert!(second.contains(&wanted), "{wanted:?} in {second:?}");
        }
        assert!(!second.iter().any(|request| matches!(request, Request::List { kind: Kind::Secret | Kind::ConfigMap, .. })));
    }

    #[test]
    fn what_probes_and_scrape_configs_name_is_fetched_too() {
        let mut world = world();
        let objects = serde_json::json!([
            {"apiVersion": "monitoring.coreos.com/v1", "kind": "Probe", "metadata": {"name": "site", "namespace": "shop"},
             "spec": {"prober": {"url": "blackbox:9115"}, "bearerTokenSecret": {"name": "site-token", "key": "token"},
                "tlsConfig": {"ca": {"configMap": {"name": "site-ca", "key": "ca.crt"}}}}},
            {"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "ScrapeConfig", "metadata": {"name": "vms", "namespace": "infra"},
             "spec": {"basicAuth": {"password": {"name": "vms-auth", "key": "p"}},
                "consulSDConfigs": [{"server": "consul:8500", "tokenRef": {"name": "consul", "key": "t"}}]}},
        ]);
        decode_value(objects, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        FIRST.iter().for_each(|kind| world.sight.note(*kind, None, Seen::Whole));
        let get =
            |kind, namespace: &str, name: &str| Request::Get { kind, namespace: namespace.to_owned(), name: name.to_owned() };
        let of_shop = [get(Kind::Secret, "shop", "site-token"), get(Kind::ConfigMap, "shop", "site-ca")];
        let of_infra = [get(Kind::Secret, "infra", "vms-auth"), get(Kind::Secret, "infra", "consul")];
        let wanted = wants(&world, &Question::default());
        assert!(of_shop.iter().chain(&of_infra).all(|request| wanted.contains(request)), "{wanted:?}");
        // Those of objects that nobody asks about are nobody's business.
        let wanted = wants(&world, &Question { namespace: Some("shop".to_owned()), ..Question::default() });
        assert!(of_shop.iter().all(|request| wanted.contains(request)), "{wanted:?}");
        assert!(!of_infra.iter().any(|request| wanted.contains(request)), "{wanted:?}");
    }

    #[test]
    fn where_the_cluster_is_closed_the_namespaces_are_asked() {
        let mut world = world();
        FIRST.iter().for_each(|kind| world.sight.note(*kind, None, Seen::Forbidden));
        let question = Question { namespace: Some("shop".to_owned()), ..Question::default() };
        let wanted = wants(&world, &question);
        assert!(
            wanted.contains(&list(Kind::Service, Some("shop"))) && wanted.contains(&list(Kind::Prometheus, Some("monitoring")))
        );
        assert!(!wanted.iter().any(|request| matches!(request, Request::List { kind: Kind::ClusterRole | Kind::Namespace, .. })));
    }

    /// The loop of asking ends, whatever the answers are.
    #[test]
    fn asking_ends() {
        for answer in [Seen::Whole, Seen::Forbidden, Seen::NotServed, Seen::Failed("x".to_owned())] {
            for namespace in [None, Some("shop".to_owned())] {
                let mut world = world();
                let question = Question { namespace, live: Live::All, ..Question::default() };
                for round in 0.. {
                    assert!(round < 12, "still asking");
                    let wanted = wants(&world, &question);
                    if wanted.is_empty() {
                        break;
                    }
                    for request in wanted {
                        match request {
                            Request::List { kind, namespace } => world.sight.note(kind, namespace.as_deref(), answer.clone()),
                            Request::Get { kind, namespace, name } => {
                                world.sight.note_object(kind, &namespace, &name, answer.clone())
                            }
                            Request::Refusals { namespace } => assert!(world.refusals_asked.insert(namespace)),
                            Request::Measure { operator, .. } => world.measure(operator, Err("x".to_owned())),
                            Request::Ask { server, pod, ask, .. } => world.hear(Some(server), &pod, ask, Err("x".to_owned())),
                        }
                    }
                }
            }
        }
    }
}
