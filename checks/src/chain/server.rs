//! What is known of a server before any monitor is looked at: which operator manages it, in which state its
//! configuration lies in its Secret, and what keeps the operator from writing it (OP-SYNC-4).

use std::sync::LazyLock;

use super::live::LiveServer;
use super::loaded::{Refusal, refusals};
use crate::operator::accept::{Dialect, KeyLookup, look_up};
use crate::operator::find::{Operator, crd_version};
use crate::operator::scope::{self, NotManaged};
use crate::operator::version::{Version, operator};
use crate::prometheus::config::{Config, Payload};
use crate::prometheus::duration::millis;
use crate::rbac::{Access, Account, Resource, is_bound, may};
use crate::world::{KeyRef, Kind, Meta, ObjectId, Server, ServerSpec, TlsConfig, Unseen, UnseenReason, World};

/// What is known of a server.
#[derive(Clone, Debug)]
pub struct ServerFacts<'w> {
    /// The server.
    pub server: &'w Server,
    /// Why it was not seen, for the stand-in of servers that could not be listed; empty for a real one.
    pub unseen: Vec<Unseen>,
    /// Operators that manage it, by index.
    pub managers: Vec<usize>,
    /// Operators that leave it alone, and why.
    pub others: Vec<(usize, NotManaged)>,
    /// Whether its status speaks of its newest spec: some operator looked at that, though perhaps not today.
    pub current: bool,
    /// What is wrong with its being watched; nothing where all is well.
    pub trouble: Vec<WatchTrouble>,
    /// Why nothing can be said about operators.
    pub unknown: Vec<Unseen>,
    /// The version of the operator that manages it.
    pub operator_version: Option<Version>,
    /// The Prometheus version by which the operator decides.
    pub prometheus_version: Option<Version>,
    /// Whether the configuration is left to the user.
    pub unmanaged: bool,
    /// The generated configuration.
    pub config: ConfigSight<'w>,
    /// What keeps the operator from writing a new configuration.
    pub blocked: Vec<Blocker>,
    /// Settings that could not be checked.
    pub blocked_unknown: Vec<Unseen>,
    /// What Prometheus would refuse the configuration for.
    pub refused: Vec<Refusal>,
    /// What its running pods answered.
    pub live: LiveServer<'w>,
}

/// What is wrong with a server's being watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchTrouble {
    /// There is no operator in the cluster.
    NoOperator,
    /// Operators run, but none of them manages the server.
    NotManaged,
    /// The operator that manages it has no running pod.
    Down(usize),
    /// More than one operator manages it.
    Several(Vec<usize>),
    /// `spec.paused` is set.
    Paused,
    /// The operator says that it failed.
    ReconcileFailed(String),
    /// The operator has not yet looked at the newest spec.
    Behind {
        /// The generation of the spec.
        generation: i64,
        /// The generation that the status speaks of.
        observed: i64,
    },
    /// The operator may not list what it needs.
    OperatorForbidden {
        /// The operator.
        operator: usize,
        /// The kinds.
        kinds: Vec<Kind>,
        /// The namespace; `None` for everywhere.
        namespace: Option<String>,
        /// Whether any binding names its account; without one the bindings were perhaps not among what was read.
        bound: bool,
    },
}

/// The generated configuration, as far as it was seen.
#[derive(Clone, Debug)]
pub enum ConfigSight<'w> {
    /// Nobody could look.
    Unseen(Unseen),
    /// There is no such Secret.
    Missing,
    /// There is no configuration key in the Secret.
    NoKey(Vec<String>),
    /// It is empty.
    Empty,
    /// It cannot be read.
    Undecodable(String),
    /// A configuration and its size in the Secret.
    Decoded(&'w Config, usize),
}

/// Something that makes every sync of a server fail, so that the last configuration stays (OP-SYNC-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// The field of the server.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// The Secret or ConfigMap that is at fault, where it is one.
    pub reference: Option<(ObjectId, String)>,
}

/// How long operator, kubelet and reloader may take, in seconds, unless the user says otherwise.
pub const DEFAULT_GRACE: i64 = 300;

/// Looks at a server.
pub(super) fn server_facts<'w>(world: &'w World, server: &'w Server, operators: &[Operator], grace: i64) -> ServerFacts<'w> {
    let (mut managers, mut others) = (Vec::new(), Vec::new());
    for (at, operator) in operators.iter().enumerate() {
        match scope::not_managed(operator, server) {
            None => managers.push(at),
            Some(why) => others.push((at, why)),
        }
    }
    // An operator that is scaled to nothing does not fight with one that runs.
    if managers.iter().any(|&at| !operators[at].is_down()) {
        managers.retain(|&at| !operators[at].is_down());
    }
    let manager = managers.first().map(|&at| &operators[at]);
    let seen = || manager.or(operators.first()).and_then(|operator| operator.version).or_else(|| crd_version(world));
    let operator_version = world.operator_version.or_else(seen);
    let disable_unmanaged = manager.is_some_and(|operator| operator.flags.disable_unmanaged);
    let mut facts = ServerFacts {
        server,
        unseen: Vec::new(),
        prometheus_version: scope::prometheus_version(server, operator_version),
        unmanaged: scope::selectors_all_null(server, operator_version) && !disable_unmanaged,
        operator_version,
        current: false,
        trouble: Vec::new(),
        unknown: Vec::new(),
        config: config_sight(world, server),
        blocked: Vec::new(),
        blocked_unknown: Vec::new(),
        refused: Vec::new(),
        live: LiveServer::default(),
        managers,
        others,
    };
    facts.blockers(world);
    facts.watch(world, operators, grace);
    facts.refused = refusals(world, &facts);
    facts
}

/// Stands for a server that could not be seen, so that what does not depend on it is judged all the same.
static UNSEEN: LazyLock<Server> = LazyLock::new(|| Server {
    kind: Kind::Prometheus,
    metadata: Meta { name: "(not seen)".to_owned(), ..Meta::default() },
    spec: ServerSpec::default(),
    raw: serde_json::Value::Null,
    status: None,
});

/// What is known of a server that could not be seen: nothing, and why.
pub(super) fn unseen_server(why: Vec<Unseen>, operator_version: Option<Version>) -> ServerFacts<'static> {
    let first = why.first().cloned();
    let first =
        first.unwrap_or(Unseen { reason: UnseenReason::NotAsked, need: "list prometheuses.monitoring.coreos.com".to_owned() });
    ServerFacts {
        server: &UNSEEN,
        managers: Vec::new(),
        others: Vec::new(),
        current: false,
        trouble: Vec::new(),
        unknown: why.clone(),
        operator_version,
        prometheus_version: None,
        unmanaged: false,
        config: ConfigSight::Unseen(first),
        blocked: Vec::new(),
        blocked_unknown: Vec::new(),
        refused: Vec::new(),
        live: LiveServer::default(),
        unseen: why,
    }
}

/// The operator version that the CRDs were made for (OP-FIND-3, since 0.69).
fn config_sight<'w>(world: &'w World, server: &Server) -> ConfigSight<'w> {
    let (namespace, name) = (&server.metadata.namespace, server.config_secret());
    let Some(secret) = world.secrets.get(namespace, &name) else {
        return match world.sight.whole_object(Kind::Secret, namespace, &name) {
            Ok(()) => ConfigSight::Missing,
            Err(unseen) => ConfigSight::Unseen(unseen),
        };
    };
    if secret.masked {
        let need = format!("get secrets {namespace}/{name} (its values were cut out of this dump)");
        return ConfigSight::Unseen(Unseen { reason: UnseenReason::NotAsked, need });
    }
    match &secret.config {
        None => ConfigSight::NoKey(secret.keys.keys().cloned().collect()),
        Some(config) => match &config.payload {
            Payload::Empty => ConfigSight::Empty,
            Payload::Undecodable(why) => ConfigSight::Undecodable(why.clone()),
            Payload::Decoded(decoded) => ConfigSight::Decoded(decoded, config.size),
        },
    }
}

impl ServerFacts<'_> {
    /// The server's id.
    pub fn id(&self) -> ObjectId {
        self.server.id()
    }

    /// The Secret with its configuration.
    pub fn config_secret(&self) -> ObjectId {
        ObjectId::new(Kind::Secret, &self.server.metadata.namespace, self.server.config_secret())
    }

    /// Where in the Secret the configuration lies: packed since operator 0.28.
    pub fn config_path(&self) -> String {
        let key = if self.since(28) { crate::world::CONFIG_KEY } else { crate::world::OLD_CONFIG_KEY };
        format!("data{}", crate::path::key_text(key))
    }

    /// The name of the job of a monitor's endpoint (OP-CFG-2): the kind stands in it since operator 0.47.
    pub fn job_name(&self, monitor: &ObjectId, endpoint: usize) -> String {
        let name = format!("{}/{}/{endpoint}", monitor.namespace, monitor.name);
        match monitor.kind {
            _ if !self.since(47) => name,
            Kind::PodMonitor => format!("podMonitor/{name}"),
            _ => format!("serviceMonitor/{name}"),
        }
    }

    /// The service account of its pods.
    pub fn account(&self) -> Account {
        Account { namespace: self.server.metadata.namespace.clone(), name: self.server.service_account().to_owned() }
    }

    /// Whether the operator is at least 0.`minor`; an unknown version counts as new.
    pub fn since(&self, minor: u32) -> bool {
        self.operator_version.is_none_or(|version| version >= operator(minor))
    }

    /// The configuration, where it could be read.
    pub fn decoded(&self) -> Option<&Config> {
        match &self.config {
            ConfigSight::Decoded(config, _) => Some(config),
            _ => None,
        }
    }

    fn watch(&mut self, world: &World, operators: &[Operator], grace: i64) {
        let server = self.server;
        self.current = self.is_up_to_date();
        if self.managers.is_empty() {
            let blind = operators.iter().find_map(|operator| operator.flags.unresolved.clone());
            let whole = world.sight.whole(Kind::Deployment, None);
            match (whole, blind) {
                (Err(unseen), _) => self.unknown.push(unseen),
                (Ok(()), Some(flag)) => {
                    self.unknown.push(Unseen { reason: UnseenReason::NotAsked, need: format!("the value of {flag}") })
                }
                (Ok(()), None) if operators.is_empty() => self.trouble.push(WatchTrouble::NoOperator),
                (Ok(()), None) => self.trouble.push(WatchTrouble::NotManaged),
            }
        } else if self.managers.len() > 1 {
            self.trouble.push(WatchTrouble::Several(self.managers.clone()));
        }
        if let [only] = self.managers.as_slice()
            && operators[*only].is_down()
        {
            let id = &operators[*only].id;
            let age = world.workload(id.kind, &id.namespace, &id.name).and_then(|workload| world.age(&workload.metadata));
            match super::generated::too_young(age, grace).filter(|_| operators[*only].replicas > 0) {
                Some(unseen) => self.unknown.push(unseen),
                None => self.trouble.push(WatchTrouble::Down(*only)),
            }
        }
        if let [only] = self.managers.as_slice() {
            self.operator_rights(world, *only, &operators[*only]);
        }
        if server.spec.paused {
            self.trouble.push(WatchTrouble::Paused);
        }
        let reconciled = server.condition("Reconciled").filter(|condition| condition.status == "False");
        if let Some(condition) = reconciled.filter(|_| self.blocked.is_empty()) {
            self.trouble.push(WatchTrouble::ReconcileFailed(crate::text::without_credentials(&condition.message)));
        }
        if let (Some(generation), Some(observed)) = (server.metadata.generation, self.observed_generation())
            && observed < generation
            && world.age(&server.metadata).is_none_or(|age| age >= grace)
        {
            self.trouble.push(WatchTrouble::Behind { generation, observed });
        }
    }

    fn observed_generation(&self) -> Option<i64> {
        let conditions = self.server.status.iter().flat_map(|status| &status.conditions);
        conditions.filter_map(|condition| condition.observed_generation).max()
    }

    fn is_up_to_date(&self) -> bool {
        let observed = self.observed_generation();
        observed.is_some() && observed >= self.server.metadata.generation
    }

    /// OP-RBAC-7, -8: an operator that may not list monitors sees none, and says so only in its log.
    fn operator_rights(&mut self, world: &World, at: usize, operator: &Operator) {
        let account = Account { namespace: operator.id.namespace.clone(), name: operator.service_account.clone() };
        let bound = is_bound(world, &account);
        // An account without any binding, in a cluster where somebody wrote jobs: its bindings were not read.
        if !bound && self.decoded().is_some_and(|config| !config.jobs.is_empty()) {
            return;
        }
        let places: Vec<Option<String>> = if operator.flags.namespaces.is_empty() {
            vec![None]
        } else {
            operator.flags.namespaces.iter().cloned().map(Some).collect()
        };
        for namespace in places {
            let denied = |kind: &Kind| {
                let resource = Resource::of(*kind);
                may(world, &account, &["list", "watch"], resource, namespace.as_deref()) == Access::Denied
            };
            let kinds: Vec<Kind> = [Kind::ServiceMonitor, Kind::PodMonitor].into_iter().filter(denied).collect();
            if !kinds.is_empty() {
                self.trouble.push(WatchTrouble::OperatorForbidden { operator: at, kinds, namespace, bound });
            }
        }
    }

    /// OP-SYNC-4: what makes every sync fail.
    fn blockers(&mut self, world: &World) {
        let spec = &self.server.spec;
        for kind in [Kind::ServiceMonitor, Kind::PodMonitor, Kind::Probe, Kind::ScrapeConfig] {
            let selectors = [
                (self.server.object_selector(kind), Server::object_selector_field(kind)),
                (self.server.namespace_selector(kind), Server::namespace_selector_field(kind)),
            ];
            for (selector, field) in selectors {
                if let Some((at, why)) = selector.and_then(crate::selector::LabelSelector::invalid) {
                    self.block(format!("spec.{field}.{at}"), why);
                }
            }
        }
        if !spec.version.is_empty() {
            // A major version alone will do.
            match Version::parse(&spec.version).or_else(|| Version::parse(&format!("{}.0", spec.version))) {
                None => self.block("spec.version".to_owned(), format!("{:?} is not a version", spec.version)),
                Some(version) if !(2..=3).contains(&version.major) => {
                    self.block("spec.version".to_owned(), format!("Prometheus {} is not supported", version.major));
                }
                Some(_) => {}
            }
        }
        let interval = self.server.scrape_interval();
        if let (Some(long), Some(short)) = (millis(&spec.scrape_timeout), millis(interval))
            && long > short
            && self.since(54)
        {
            let why = format!("scrapeTimeout {} is longer than scrapeInterval {interval}", spec.scrape_timeout);
            self.block("spec.scrapeTimeout".to_owned(), why);
        }
        let defaults: Vec<&str> =
            spec.scrape_classes.iter().filter(|class| class.default == Some(true)).map(|class| class.name.as_str()).collect();
        if defaults.len() > 1 {
            self.block(
                "spec.scrapeClasses".to_owned(),
                format!("more than one default class: {}", crate::text::list(&defaults, 5)),
            );
        }
        self.rules();
        self.references(world);
    }

    /// Relabel rules of scrape classes and Alertmanagers. Those of remote writes pass, and Prometheus refuses them.
    fn rules(&mut self) {
        if !self.since(72) {
            return;
        }
        let spec = &self.server.spec;
        let mut lists = Vec::new();
        for (at, class) in spec.scrape_classes.iter().enumerate() {
            lists.push((format!("spec.scrapeClasses[{at}].relabelings"), &class.relabelings));
            lists.push((format!("spec.scrapeClasses[{at}].metricRelabelings"), &class.metric_relabelings));
        }
        let half = |tls: &TlsConfig| {
            let cert = tls.cert.secret.is_some() || tls.cert.config_map.is_some() || !tls.cert_file.is_empty();
            cert != (tls.key_secret.is_some() || !tls.key_file.is_empty())
        };
        let classes = spec.scrape_classes.iter().enumerate();
        for (at, _) in classes.filter(|(_, class)| class.tls_config.as_ref().is_some_and(half)) {
            let why = "a client certificate needs its key, and a key its certificate".to_owned();
            self.block(format!("spec.scrapeClasses[{at}].tlsConfig"), why);
        }
        for (at, client) in spec.alerting.alertmanagers.iter().enumerate() {
            lists.push((format!("spec.alerting.alertmanagers[{at}].relabelings"), &client.relabelings));
        }
        let dialect = Dialect { operator: self.operator_version, prometheus: self.prometheus_version };
        for (path, rules) in lists {
            for (at, rule) in rules.iter().enumerate() {
                if let Err((field, reason)) = dialect.problem(rule, &mut Vec::new()) {
                    self.block(format!("{path}[{at}]{field}"), reason.text());
                }
            }
        }
    }

    fn block(&mut self, path: String, why: String) {
        self.blocked.push(Blocker { path, why, reference: None });
    }

    /// Secrets that the configuration needs. A missing one blocks unless it is marked optional; before 0.69 the
    /// additional configurations were optional in any case.
    fn references(&mut self, world: &World) {
        let spec = &self.server.spec;
        let additional = [
            (&spec.additional_scrape_configs, "additionalScrapeConfigs"),
            (&spec.additional_alert_relabel_configs, "additionalAlertRelabelConfigs"),
            (&spec.additional_alert_manager_configs, "additionalAlertManagerConfigs"),
        ];
        let mut wanted: Vec<(KeyRef, String, bool)> = Vec::new();
        for (reference, field) in additional {
            if let Some(reference) = reference.as_ref().filter(|reference| reference.optional != Some(true)) {
                wanted.push((reference.clone(), format!("spec.{field}"), true));
            }
        }
        let clients = (spec.remote_write.iter().enumerate().map(|(at, client)| (format!("spec.remoteWrite[{at}]"), client)))
            .chain(spec.remote_read.iter().enumerate().map(|(at, client)| (format!("spec.remoteRead[{at}]"), client)))
            .chain(
                spec.alerting
                    .alertmanagers
                    .iter()
                    .enumerate()
                    .map(|(at, client)| (format!("spec.alerting.alertmanagers[{at}]"), client)),
            )
            .chain(spec.api_server.iter().map(|client| ("spec.apiserverConfig".to_owned(), client)));
        for (path, client) in clients {
            if let Some(basic) = &client.basic_auth {
                wanted.push((basic.username.clone(), format!("{path}.basicAuth.username"), false));
                wanted.push((basic.password.clone(), format!("{path}.basicAuth.password"), false));
            }
            if let Some(key) = client.authorization.as_ref().and_then(|authorization| authorization.credentials.as_ref()) {
                wanted.push((key.clone(), format!("{path}.authorization.credentials"), false));
            }
            if let Some(oauth2) = &client.oauth2 {
                wanted.push((oauth2.client_secret.clone(), format!("{path}.oauth2.clientSecret"), false));
                let id = oauth2.client_id.secret.as_ref();
                wanted.extend(id.map(|id| (id.clone(), format!("{path}.oauth2.clientId.secret"), false)));
            }
            if let Some(tls) = &client.tls_config {
                wanted.extend(tls_secrets(tls, &path));
            }
        }
        for (at, class) in spec.scrape_classes.iter().enumerate() {
            if let Some(tls) = &class.tls_config {
                wanted.extend(tls_secrets(tls, &format!("spec.scrapeClasses[{at}]")));
            }
        }
        let namespace = self.server.metadata.namespace.clone();
        for (reference, path, is_list) in wanted.into_iter().filter(|(reference, ..)| !reference.name.is_empty()) {
            let id = ObjectId::new(Kind::Secret, &namespace, &reference.name);
            let why = match look_up(world, Kind::Secret, &namespace, &reference) {
                KeyLookup::Unknown(unseen) => {
                    self.blocked_unknown.push(unseen);
                    continue;
                }
                KeyLookup::Missing(_) if is_list && !self.since(69) => continue,
                KeyLookup::Missing(None) => format!("Secret {} does not exist", id.path()),
                KeyLookup::Missing(Some(keys)) => {
                    format!("Secret {} has no key {:?} (it has {})", id.path(), reference.key, crate::text::list(&keys, 5))
                }
                KeyLookup::Found(_) => {
                    let fact = world.secrets.get(&namespace, &reference.name).and_then(|store| store.keys.get(&reference.key));
                    match fact.and_then(|fact| fact.yaml_list) {
                        Some(false) if is_list => format!("key {:?} of Secret {} is not a YAML list", reference.key, id.path()),
                        _ => continue,
                    }
                }
            };
            self.blocked.push(Blocker { path, why, reference: Some((id, reference.key)) });
        }
    }
}

/// The Secret keys that TLS settings name.
fn tls_secrets(tls: &TlsConfig, path: &str) -> Vec<(KeyRef, String, bool)> {
    let named = [(&tls.ca.secret, "ca.secret"), (&tls.cert.secret, "cert.secret"), (&tls.key_secret, "keySecret")];
    let wanted = |(key, field): (&Option<KeyRef>, &str)| Some((key.clone()?, format!("{path}.tlsConfig.{field}"), false));
    named.into_iter().filter_map(wanted).collect()
}
