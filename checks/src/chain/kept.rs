//! Link `kept`: what the relabel rules of a job leave of what is discovered for it: the operator's own rules, those of
//! a scrape class, the user's, and the ones that divide targets among shards.
//!
//! The job is run as it lies in the Secret, or, where that was not seen or holds no such job, as the operator would
//! write it there. Only what the monitor matches is run through it: all else the operator's own rules drop.

use std::collections::{BTreeMap, BTreeSet};

use super::backed::Backed;
use super::duplicates::changes_targets;
use super::index::Index;
use super::job::EndpointJob;
use super::matched::Matched;
use super::ports::EndpointFacts;
use super::running::Running;
use super::scrape_class;
use super::server::ServerFacts;
use super::state::State;
use crate::operator::scrape_config::RuleField;
use crate::prometheus::discovery::{Discovery, Group};
use crate::prometheus::relabel::{Action, Patterns};
use crate::prometheus::rule::Rule;
use crate::prometheus::sharded::Placed;
use crate::prometheus::target::{Fate, Target};
use crate::world::{Labels, Monitor, Pod, RelabelConfig, Service, Unseen, UnseenReason, World};

/// What relabeling leaves of a monitor.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The state of the link.
    pub state: State,
    /// Endpoints whose jobs were run.
    pub endpoints: Vec<KeptEndpoint>,
}

/// What relabeling leaves of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct KeptEndpoint {
    /// The endpoint.
    pub index: usize,
    /// How many targets are left, over all shards.
    pub active: usize,
    /// How many of them lie where the server's account may list.
    pub listed: usize,
    /// How many the user's or the class's rules drop, or leave without a valid address.
    pub dropped: usize,
    /// Why nothing, or less, is left: the first rule of the user or of a class that drops a target; where nothing is
    /// left and they drop none, the rule of the operator that the target which got farthest fell to.
    pub dropping: Option<Dropping>,
    /// Why the first of those is none that could be scraped, where that is so.
    pub invalid: Option<String>,
    /// Addresses at which several targets of one pod end: URL and the containers that they stand for.
    pub doubled: Vec<(String, Vec<String>)>,
}

impl KeptEndpoint {
    /// Whether nothing is left although there was something.
    pub fn is_lost(&self) -> bool {
        self.active == 0 && (self.dropped > 0 || self.dropping.is_some())
    }
}

/// A rule that drops a target.
#[derive(Clone, Debug)]
pub struct Dropping {
    /// The rule as it lies in the job.
    pub rule: Rule,
    /// Its place in the job.
    pub at: usize,
    /// The values of its source labels.
    pub values: Vec<String>,
    /// The field that it comes from, where that is known.
    pub field: Option<RuleField>,
    /// Whether a user wrote it, in the monitor or in a scrape class.
    pub of_user: bool,
}

/// What a walk hands to the evaluation of one chain.
pub(super) struct Evaluation<'a, 'w> {
    pub(super) world: &'w World,
    pub(super) index: &'a Index<'w>,
    pub(super) facts: &'a ServerFacts<'w>,
    pub(super) monitor: &'w Monitor,
    pub(super) matched: &'a Matched<'w>,
    pub(super) backed: &'a Backed<'w>,
    pub(super) ports: &'a [EndpointFacts<'w>],
    pub(super) jobs: &'a [Option<EndpointJob<'w>>],
    /// Whether the account may list in a namespace.
    pub(super) may_list: &'a dyn Fn(&str) -> bool,
}

impl<'w> Evaluation<'_, 'w> {
    pub(super) fn kept(&self, patterns: &mut Patterns) -> Kept {
        let mut out = Kept::default();
        let mut unknown = Vec::new();
        for at in 0..self.monitor.spec.endpoints.len() {
            // Without rules of users the other links know what is left, if they know all that there is.
            let matters = self.users(at).any(|rule| drops(rule) || changes_targets(rule));
            let Some(job) = self.jobs.get(at).and_then(Option::as_ref) else {
                let field = self.monitor.endpoints_field();
                let need = format!("what relabeling leaves of spec.{field}[{at}] is told from its job, which was not seen");
                unknown.extend(matters.then_some(Unseen { reason: UnseenReason::NotJudged, need }));
                continue;
            };
            match self.endpoint(at, job, patterns) {
                Ok(kept) => out.endpoints.push(kept),
                Err(NotRun { need, whatever }) => {
                    unknown.extend((matters || whatever).then_some(Unseen { reason: UnseenReason::NotJudged, need }));
                }
            }
        }
        let lost = out.endpoints.iter().any(KeptEndpoint::is_lost);
        out.state = if lost { State::Failed } else { State::passed_unless(unknown) };
        out
    }

    /// The relabelings that users wrote for an endpoint: those of its scrape class and its own.
    fn users(&self, endpoint: usize) -> impl Iterator<Item = &'w RelabelConfig> {
        let class = scrape_class(self.monitor, self.facts.server);
        class.into_iter().flat_map(|class| &class.relabelings).chain(&self.monitor.spec.endpoints[endpoint].relabelings)
    }

    /// Runs the job of an endpoint over what its matched objects offer; `Err` says what cannot be judged.
    fn endpoint(&self, at: usize, job: &EndpointJob<'w>, patterns: &mut Patterns) -> Result<KeptEndpoint, NotRun> {
        let running = Running::new(self.world, self.facts, job.value(), patterns)?;
        let [discovery] = running.discovery.as_slice() else {
            return Err("the job has another discovery than the operator writes".to_owned().into());
        };
        let not_judged = discovery.unknown.iter().find(|why| why.reason == UnseenReason::NotJudged);
        let refused = discovery.refused.first().cloned().or(not_judged.map(|why| why.need.clone()));
        if let Some(why) = refused.or(running.job.unknown.first().cloned()) {
            return Err(format!("what relabeling leaves cannot be told: {why}").into());
        }
        let rules = running.job.job.rules.as_slice();
        let led = self.users(at).any(changes_targets);
        let mut run = Run { job, evaluation: self, at, rules, running: &running, led, tally: Tally::default() };
        for (namespace, group) in matched_groups(self.world, self.index, discovery, self.matched) {
            // Whatever users wrote: which of two values a label gets is left to chance.
            if let Some(need) = group.doubted(rules) {
                return Err(NotRun { need, whatever: true });
            }
            if let Some(why) = group.not_judged(rules) {
                return Err(why.into());
            }
            let listed = (self.may_list)(namespace);
            for labels in group.discovered() {
                run.one(&labels, listed)?;
            }
        }
        Ok(run.finish())
    }
}

/// The groups of the objects that a monitor matches, and of those that its rules let through beside them, each with its
/// namespace. All others the operator's own rules drop.
pub fn matched_groups<'d, 'w>(
    world: &'w World,
    index: &'d Index<'w>,
    discovery: &'d Discovery<'w>,
    matched: &'d Matched<'w>,
) -> impl Iterator<Item = (&'w str, Group)> + use<'d, 'w> {
    let of_pod = |pod: &&'w Pod| Some((pod.metadata.namespace.as_str(), discovery.of_pod(pod)?));
    let pods = matched.pods.iter().chain(&matched.beyond_pods).filter_map(of_pod);
    let of_service = |service: &&'w Service| {
        let (namespace, name) = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
        let endpoints = world.endpoints.get(namespace, name).and_then(|endpoints| discovery.of_endpoints(endpoints));
        let slices = index.slices_of(service).iter().filter_map(|slice| discovery.of_slice(slice));
        endpoints.into_iter().chain(slices).map(move |group| (namespace, group))
    };
    let services = matched.services.iter().chain(&matched.beyond_services).flat_map(of_service);
    // A selector that asks for no label takes addresses without a Service too.
    let (endpoints, slices) =
        if matched.asks_for_nothing { (index.orphan_endpoints(), index.orphan_slices()) } else { (&[][..], &[][..]) };
    let endpoints =
        endpoints.iter().filter_map(|object| Some((object.metadata.namespace.as_str(), discovery.of_endpoints(object)?)));
    let slices = slices.iter().filter_map(|slice| Some((slice.metadata.namespace.as_str(), discovery.of_slice(slice)?)));
    pods.chain(services).chain(endpoints).chain(slices)
}

/// Why a job was not run.
struct NotRun {
    need: String,
    /// Whether that leaves open what is kept even where users wrote no rules.
    whatever: bool,
}

impl From<String> for NotRun {
    fn from(need: String) -> Self {
        Self { need, whatever: false }
    }
}

/// A job being run over discovered targets.
struct Run<'r, 'a, 'w> {
    evaluation: &'r Evaluation<'a, 'w>,
    job: &'r EndpointJob<'w>,
    at: usize,
    rules: &'r [Rule],
    running: &'r Running<'w>,
    /// Whether rules of users may change where targets lead.
    led: bool,
    tally: Tally,
}

/// What a run has seen so far.
#[derive(Default)]
struct Tally {
    /// Each target once, and whether it lies where the server's account may list.
    active: BTreeMap<Target, bool>,
    dropped: usize,
    invalid: Option<String>,
    by_user: Option<Dropping>,
    farthest: Option<Dropping>,
    by_url: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Run<'_, '_, '_> {
    /// What becomes of one discovered target, on whichever shard.
    fn one(&mut self, labels: &Labels, listed: bool) -> Result<(), String> {
        let Placed { shard, fate } = self.running.job.place(labels);
        match fate {
            Fate::Active(target) => {
                let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
                let pod = label("__meta_kubernetes_pod_name");
                if !pod.is_empty() {
                    let entry = self.tally.by_url.entry((target.url.clone(), pod)).or_default();
                    entry.insert(label("__meta_kubernetes_pod_container_name"));
                }
                *self.tally.active.entry(target).or_default() |= listed;
            }
            Fate::Dropped { rule } => {
                let of_user = self.is_users(rule);
                if let Some(label) = self.untold(rule, labels).filter(|_| of_user) {
                    return Err(format!("a rule looks at {label}, which files do not tell"));
                }
                self.tally.dropped += usize::from(of_user);
                let farther = self.tally.farthest.as_ref().is_none_or(|farthest| farthest.at < rule);
                if of_user && self.tally.by_user.is_none() {
                    self.tally.by_user = Some(self.dropping(rule, shard, labels));
                } else if !of_user && farther {
                    self.tally.farthest = Some(self.dropping(rule, shard, labels));
                }
            }
            // Only what users wrote leads to addresses that are none.
            Fate::Invalid(why) => {
                if self.led {
                    self.tally.dropped += 1;
                    self.tally.invalid.get_or_insert(why);
                }
            }
            Fate::Unknown { why, .. } => return Err(format!("relabeling cannot be told: {why}")),
        }
        Ok(())
    }

    /// A label that a rule looks at and of which files tell nothing, as it is given when something runs.
    fn untold(&self, at: usize, labels: &Labels) -> Option<&str> {
        if !self.evaluation.world.sight.is_open() {
            return None;
        }
        let mut untold: BTreeSet<&str> = BTreeSet::new();
        for rule in &self.rules[..at] {
            if rule.source_labels.iter().any(|label| untold.contains(label.as_str()) || !is_told(label, labels)) {
                untold.insert(&rule.target_label);
            }
        }
        let sources = self.rules[at].source_labels.iter().map(String::as_str);
        sources.into_iter().find(|label| untold.contains(label) || !is_told(label, labels))
    }

    fn dropping(&self, at: usize, shard: usize, labels: &Labels) -> Dropping {
        let rule = self.rules[at].clone();
        let before = self.running.job.trace(shard, labels).into_iter().last().map(|step| step.before).unwrap_or_default();
        let values = rule.source_labels.iter().map(|label| before.get(label).cloned().unwrap_or_default()).collect();
        Dropping { values, at, field: self.job.field(at).cloned(), of_user: self.is_users(at), rule }
    }

    /// Whether a rule of the job was written by the user or stands in the class.
    fn is_users(&self, rule: usize) -> bool {
        if let Some(field) = self.job.field(rule) {
            return field.is_relabeling();
        }
        self.evaluation.users(self.at).any(|written| is_written(written, &self.rules[rule]))
    }

    fn finish(self) -> KeptEndpoint {
        let Tally { active, dropped, invalid, by_user, farthest, by_url } = self.tally;
        let ports = self.evaluation.ports.iter().find(|facts| facts.index == self.at);
        // Where the other links expect nothing, or say what is wrong, the operator's rules do what they are for.
        let expected = ports.is_some_and(|facts| !facts.targets.is_empty()) && !self.evaluation.backed.state.is_failed();
        let dropping = by_user.or(farthest.filter(|_| active.is_empty() && dropped == 0 && expected));
        // Without rules of users, containers meet at one address only where an endpoint asks for no port: that is a matter
        // of the link `ports`.
        let led = self.led;
        let several = by_url.into_iter().filter(|(_, containers)| led && containers.len() > 1);
        KeptEndpoint {
            index: self.at,
            active: active.len(),
            listed: active.values().filter(|listed| **listed).count(),
            dropped,
            dropping,
            invalid,
            doubled: several.map(|((url, _), containers)| (url, containers.into_iter().collect())).collect(),
        }
    }
}

/// Whether files tell what a label of a discovered target holds. Labels and annotations that a template has not got may
/// still be put on its pods; what a Service has not got it will not have.
fn is_told(label: &str, labels: &Labels) -> bool {
    let Some(meta) = label.strip_prefix("__meta_kubernetes_") else {
        return !label.starts_with("__meta_") && label != "__address__";
    };
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| meta.starts_with(prefix));
    let of_template = ["pod_label", "pod_annotation", "namespace_label", "namespace_annotation"];
    let of_files = [
        "endpoint_port_",
        "endpointslice_port",
        "pod_container_image",
        "pod_container_init",
        "pod_container_name",
        "pod_container_port_",
        "service_annotation",
        "service_external_name",
        "service_label",
        "service_name",
        "service_port",
    ];
    meta == "namespace" || starts(&of_files) || starts(&of_template) && labels.contains_key(label)
}

/// Whether a rule may drop a target.
fn drops(rule: &RelabelConfig) -> bool {
    rule.action().is_some_and(Action::may_drop_targets) || rule.target_label == "__address__"
}

/// Whether a rule in a job is what a rule of the API becomes there.
pub fn is_written(written: &RelabelConfig, rule: &Rule) -> bool {
    written.action() == Action::parse(&rule.action)
        && written.source_labels == rule.source_labels
        && written.target_label == rule.target_label
        && (written.regex.is_empty() || rule.regex.as_deref() == Some(written.regex.as_str()))
}
