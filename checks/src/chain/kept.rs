//! Link `kept`: what the relabel rules of the live job leave, where the user's or a scrape class's rules may drop targets
//! or change where they lead. The job as it lies in the Secret is evaluated, on what Prometheus would discover.

use std::collections::{BTreeMap, BTreeSet};

use super::duplicates::changes_targets;
use super::generated::Generated;
use super::index::Index;
use super::matched::Matched;
use super::scrape_class;
use super::server::ServerFacts;
use super::state::State;
use crate::prometheus::config::Job;
use crate::prometheus::discovery::{Discovery, Group, Viewpoint};
use crate::prometheus::env::expand_env;
use crate::prometheus::relabel::{Action, Patterns};
use crate::prometheus::rule::Rule;
use crate::prometheus::target::{Fate, JobSettings, Target, TargetMaker};
use crate::world::{Labels, Monitor, RelabelConfig, Unseen, UnseenReason, World};

/// What relabeling leaves of a monitor.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The state of the link.
    pub state: State,
    /// Endpoints whose rules were evaluated.
    pub endpoints: Vec<KeptEndpoint>,
}

/// What relabeling leaves of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct KeptEndpoint {
    /// The endpoint.
    pub index: usize,
    /// What is left.
    pub targets: BTreeSet<Target>,
    /// How many the user's or the class's rules drop, or leave without a valid address.
    pub dropped: usize,
    /// The rule that drops the first of them, as it lies in the job, and the values that it looked at.
    pub dropping: Option<(Rule, Vec<String>)>,
    /// Addresses at which several targets of one pod end: URL and the containers that they stand for.
    pub doubled: Vec<(String, Vec<String>)>,
}

/// What a walk hands to the evaluation of one chain.
pub(super) struct Evaluation<'a, 'w> {
    pub(super) world: &'w World,
    pub(super) index: &'a Index<'w>,
    pub(super) facts: &'a ServerFacts<'w>,
    pub(super) monitor: &'w Monitor,
    pub(super) matched: &'a Matched<'w>,
    pub(super) generated: &'a Generated<'w>,
    /// Whether the live jobs are those of the monitor as it is.
    pub(super) holds: bool,
}

impl Evaluation<'_, '_> {
    pub(super) fn kept(&self) -> Kept {
        let mut out = Kept::default();
        let mut unknown = Vec::new();
        let class = scrape_class(self.monitor, self.facts.server);
        let of_class = class.is_some_and(|class| class.relabelings.iter().any(changes_targets));
        for (at, endpoint) in self.monitor.spec.endpoints.iter().enumerate() {
            if !of_class && !endpoint.relabelings.iter().any(changes_targets) {
                continue;
            }
            let drops = class.into_iter().flat_map(|class| &class.relabelings).chain(&endpoint.relabelings).any(drops);
            let live = self.generated.jobs.iter().find(|(index, _)| *index == at).filter(|_| self.holds);
            let Some((_, job)) = live else {
                let field = self.monitor.endpoints_field();
                let need = format!("what relabeling leaves of spec.{field}[{at}] is told from its job, which was not seen");
                unknown.extend(drops.then_some(Unseen { reason: UnseenReason::NotJudged, need }));
                continue;
            };
            match self.endpoint(at, job) {
                Ok(kept) => out.endpoints.push(kept),
                Err(need) => unknown.extend(drops.then_some(Unseen { reason: UnseenReason::NotJudged, need })),
            }
        }
        let lost = |kept: &KeptEndpoint| kept.targets.is_empty() && kept.dropped > 0;
        out.state = if out.endpoints.iter().any(lost) { State::Failed } else { State::passed_unless(unknown) };
        out
    }

    /// Evaluates the job of an endpoint over what its matched objects offer; `Err` says what cannot be judged.
    fn endpoint(&self, at: usize, job: &Job) -> Result<KeptEndpoint, String> {
        let [sd] = job.discovery.as_slice() else {
            return Err("the job has another discovery than the operator writes".to_owned());
        };
        let server = self.facts.server;
        let version = self.facts.prometheus_version;
        let from = Viewpoint { version, namespace: &server.metadata.namespace };
        let discovery = Discovery::new(self.world, sd, from);
        let not_judged = discovery.unknown.iter().find(|why| why.reason == UnseenReason::NotJudged);
        if let Some(why) = discovery.refused.first().cloned().or(not_judged.map(|why| why.need.clone())) {
            return Err(format!("what relabeling leaves cannot be told: {why}"));
        }
        let global = self.facts.decoded().map(|config| config.redacted["global"].clone()).unwrap_or_default();
        let shards = server.spec.shards.unwrap_or(1).max(1);
        if shards > MOST_SHARDS {
            return Err(format!("the targets of {shards} shards are too many to evaluate"));
        }
        // Shards differ in one rule: the patterns of all others are compiled once.
        let mut patterns = Patterns::default();
        let makers: Vec<TargetMaker> = (0..shards)
            .map(|shard| {
                let rules: Vec<Rule> = job.rules.iter().map(|rule| on_shard(rule, shard)).collect();
                TargetMaker::with(JobSettings::read(&job.redacted, &global), &rules, version, &mut patterns)
            })
            .collect();
        let mut kept = KeptEndpoint { index: at, ..KeptEndpoint::default() };
        let mut by_url: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for group in self.groups(&discovery) {
            let mut looked_at = job.rules.iter().flat_map(|rule| &rule.source_labels);
            if let Some(label) = looked_at.find(|label| group.doubts.contains_key(*label)) {
                return Err(format!("a rule looks at {label}, whose value cannot be told"));
            }
            // Labels of what was not seen, such as nodes, would be taken for absent.
            if let Some(why) = group.unknown.first() {
                return Err(format!("what relabeling leaves cannot be told without: {}", why.need));
            }
            for labels in group.discovered() {
                self.one(job, &makers, &labels, &mut kept, &mut by_url)?;
            }
        }
        kept.doubled =
            by_url.into_iter().filter(|(_, of)| of.len() > 1).map(|((url, _), of)| (url, of.into_iter().collect())).collect();
        Ok(kept)
    }

    /// What becomes of one discovered target, on whichever shard.
    fn one(
        &self,
        job: &Job,
        makers: &[TargetMaker],
        labels: &Labels,
        kept: &mut KeptEndpoint,
        by_url: &mut BTreeMap<(String, String), BTreeSet<String>>,
    ) -> Result<(), String> {
        let mut lost = None;
        for maker in makers {
            match maker.fate(labels) {
                Fate::Active(target) => {
                    let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
                    let pod = label("__meta_kubernetes_pod_name");
                    if !pod.is_empty() {
                        let entry = by_url.entry((target.url.clone(), pod)).or_default();
                        entry.insert(label("__meta_kubernetes_pod_container_name"));
                    }
                    kept.targets.insert(target);
                    return Ok(());
                }
                Fate::Dropped { rule } => lost = lost.or(Some(Some(rule))),
                Fate::Invalid(_) => lost = lost.or(Some(None)),
                Fate::Unknown { why, .. } => return Err(format!("relabeling cannot be told: {why}")),
            }
        }
        match lost {
            // The operator's own rules choose among Services, pods and ports: other links speak of those.
            Some(Some(rule)) if !self.is_users(&job.rules[rule], kept.index) => {}
            Some(rule) => {
                kept.dropped += 1;
                if kept.dropping.is_none() {
                    kept.dropping = rule.map(|rule| {
                        let rule = job.rules[rule].clone();
                        let before = makers[0].trace(labels).into_iter().last().map(|step| step.before).unwrap_or_default();
                        let values = rule.source_labels.iter().map(|label| before.get(label).cloned().unwrap_or_default());
                        let values = values.collect();
                        (rule, values)
                    });
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Whether a rule of the job was written by the user or stands in the class.
    fn is_users(&self, rule: &Rule, endpoint: usize) -> bool {
        let own = &self.monitor.spec.endpoints[endpoint].relabelings;
        own.iter()
            .chain(scrape_class(self.monitor, self.facts.server).into_iter().flat_map(|class| &class.relabelings))
            .any(|written| is_written(written, rule))
    }

    /// The groups of the objects that the monitor matches; all others the operator's own rules drop.
    fn groups(&self, discovery: &Discovery<'_>) -> Vec<Group> {
        let world = self.world;
        let mut groups: Vec<Group> = self.matched.pods.iter().filter_map(|pod| discovery.of_pod(pod)).collect();
        for service in &self.matched.services {
            let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
            groups.extend(world.endpoints.get(namespace, name).and_then(|endpoints| discovery.of_endpoints(endpoints)));
            groups.extend(self.index.slices_of(service).iter().filter_map(|slice| discovery.of_slice(slice)));
        }
        groups
    }
}

/// Nobody runs more; a number from an object must not decide how long this takes.
const MOST_SHARDS: i64 = 1000;

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

/// A rule as the reloader of a shard writes it out.
fn on_shard(rule: &Rule, shard: i64) -> Rule {
    let variables: BTreeMap<String, String> = [("SHARD".to_owned(), shard.to_string())].into();
    let expand = |text: &Option<String>| text.as_deref().map(|text| expand_env(text, &variables));
    Rule { regex: expand(&rule.regex), replacement: expand(&rule.replacement), ..rule.clone() }
}
