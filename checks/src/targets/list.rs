//! One job, run over what is discovered for it.

use std::collections::{BTreeMap, BTreeSet};

use super::live::lay_beside;
use super::mask;
use super::{
    Drops, JobSource, JobTargets, LabelChange, Options, RuleReport, StepEffect, TargetRow, TargetState, Trace, TraceStep,
};
use crate::chain::{Chain, EndpointJob, Running, ServerFacts, State, Walk, matched_groups};
use crate::operator::scrape_config::NEWEST;
use crate::prometheus::config::REDACTED;
use crate::prometheus::discovery::{Group, static_groups};
use crate::prometheus::relabel::{Effect, Labels, Patterns, Step};
use crate::prometheus::rule::Rule;
use crate::prometheus::target::{Fate, Target};
use crate::report::{At, Link, Verdict};
use crate::world::ObjectId;

/// Makes lists of targets, one job after the other.
pub(super) struct List<'l, 'w> {
    walk: &'l Walk<'w>,
    options: &'l Options,
    /// Whether all that is discovered is run, not only what a monitor's selector chooses.
    whole: bool,
    patterns: Patterns,
}

impl<'l, 'w> List<'l, 'w> {
    /// `single`: one monitor is asked about, so that all that is discovered for it is worth a look.
    pub(super) fn new(walk: &'l Walk<'w>, options: &'l Options, single: bool) -> Self {
        let whole = single || options.dropped || options.trace.is_some();
        Self { walk, options, whole, patterns: Patterns::default() }
    }

    /// The targets of a job; `chain` is that of the ServiceMonitor or PodMonitor that it comes from.
    pub(super) fn job(
        &mut self,
        server: &ServerFacts<'w>,
        job: &EndpointJob<'w>,
        (monitor, endpoint): (Option<ObjectId>, Option<usize>),
        chain: Option<&Chain<'w>>,
    ) -> JobTargets {
        let name = job.value().get("job_name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let mut out = JobTargets {
            job: name,
            server: (&server.id()).into(),
            monitor: monitor.map(Into::into),
            endpoint,
            source: if job.is_live() { JobSource::Secret } else { JobSource::Predicted },
            broken: chain.filter(|chain| chain.verdict != Verdict::Ok).and_then(|chain| broken(chain, endpoint)),
            active: 0,
            dropped: 0,
            invalid: 0,
            unknown: 0,
            whole: self.whole || chain.is_none(),
            drops: Vec::new(),
            notes: Vec::new(),
            gaps: Vec::new(),
            doubts: Vec::new(),
            targets: Vec::new(),
            live: None,
            trace: None,
        };
        if let Some(refusal) = server.refused.iter().find(|_| job.is_live()) {
            let why = refusal.reason.text();
            out.notes.push(format!("Prometheus refuses this whole configuration, for job {}: {why}", refusal.job));
            out.broken = out.broken.or(Some(Link::Loaded));
        }
        if chain.is_none() && !job.is_live() {
            out.notes.push("whether the operator watches and accepts it was not checked".to_owned());
        }
        if server.operator_version.is_some_and(|version| version > NEWEST) && !job.is_live() {
            out.notes.push("the operator is newer than 0.93, the newest whose jobs are known here".to_owned());
        }
        if let Some(State::Unknown(why)) = chain.map(|chain| &chain.discoverable.state) {
            out.doubts.extend(why.iter().map(|why| format!("whether the server may discover it is not known: {why}")));
            out.notes.extend(out.doubts.iter().cloned());
        }
        match Running::new(self.walk.world, server, job.value(), &mut self.patterns) {
            Err(why) => {
                out.gaps.push(why.clone());
                out.notes.push(why);
            }
            Ok(running) => self.run(&running, job, chain, &mut out),
        }
        lay_beside(self.walk.world, server, &mut out, self.options.live);
        out
    }

    fn run(&self, running: &Running<'w>, job: &EndpointJob<'w>, chain: Option<&Chain<'w>>, out: &mut JobTargets) {
        let mut notes: BTreeSet<String> = running.job.unknown.iter().cloned().collect();
        notes.extend(running.not_evaluated.iter().map(|kind| format!("{kind} is not evaluated: its targets are not listed")));
        for discovery in &running.discovery {
            notes.extend(discovery.unknown.iter().map(ToString::to_string));
            notes.extend(discovery.refused.iter().map(|why| format!("Prometheus refuses this job: {why}")));
        }
        let mut rows = Rows::new(running, job, self.options);
        let mut gaps = notes.clone();
        for group in self.groups(running, chain, &mut notes) {
            gaps.extend(group.unknown.iter().map(ToString::to_string));
            notes.extend(group.unknown.iter().map(ToString::to_string));
            let doubt = group.not_judged(&running.job.job.rules);
            group.discovered().for_each(|labels| rows.add(&group.source, labels, doubt.as_deref()));
        }
        let count = |state: TargetState| rows.counts.get(&state).copied().unwrap_or_default();
        out.active = count(TargetState::Active);
        out.dropped = count(TargetState::Dropped);
        out.invalid = count(TargetState::Invalid);
        out.unknown = count(TargetState::Unknown);
        out.drops = rows.drops();
        out.trace = rows.traced();
        out.notes.extend(notes);
        out.gaps.extend(gaps);
        out.targets = rows.kept;
        out.targets.sort_by(|a, b| (a.state, &a.url, &a.address, &a.object).cmp(&(b.state, &b.url, &b.address, &b.object)));
    }

    /// What is discovered; without what lies where the server's account may not list.
    fn groups(&self, running: &Running<'w>, chain: Option<&Chain<'w>>, notes: &mut BTreeSet<String>) -> Vec<Group> {
        let mut groups = static_groups(&running.job.job.redacted);
        for discovery in &running.discovery {
            let Some(chain) = chain else {
                groups.extend(discovery.groups());
                continue;
            };
            let found: Vec<(String, Group)> = if self.whole {
                discovery.groups().map(|group| (group.namespace().to_owned(), group)).collect()
            } else {
                let all = matched_groups(self.walk.world, &self.walk.index, discovery, &chain.matched);
                all.map(|(namespace, group)| (namespace.to_owned(), group)).collect()
            };
            for (namespace, group) in found {
                if chain.may_list(&namespace) {
                    groups.push(group);
                } else {
                    notes.insert(format!("the account of the server may not list in {namespace}: nothing is discovered there"));
                }
            }
        }
        if chain.is_none() && !running.discovery.is_empty() {
            notes.insert("whether the account of the server may list there was not checked".to_owned());
        }
        groups
    }
}

/// The targets of a job in the making.
struct Rows<'r, 'w> {
    running: &'r Running<'w>,
    job: &'r EndpointJob<'w>,
    options: &'r Options,
    /// Those that are to be listed.
    kept: Vec<TargetRow>,
    counts: BTreeMap<TargetState, usize>,
    drops: BTreeMap<usize, usize>,
    /// Targets that are there already: what is equal in labels and URL is one.
    same: BTreeSet<Target>,
    /// The one to be traced, and how many meet what was asked for.
    traced: Option<(TargetRow, Labels, usize)>,
    met: usize,
}

impl<'r, 'w> Rows<'r, 'w> {
    fn new(running: &'r Running<'w>, job: &'r EndpointJob<'w>, options: &'r Options) -> Self {
        Self {
            running,
            job,
            options,
            kept: Vec::new(),
            counts: BTreeMap::new(),
            drops: BTreeMap::new(),
            same: BTreeSet::new(),
            traced: None,
            met: 0,
        }
    }

    fn add(&mut self, source: &str, labels: Labels, doubt: Option<&str>) {
        let placed = self.running.job.place(&labels);
        // Most of what is discovered is dropped: what nobody looks at is only counted.
        if let Fate::Dropped { rule } = placed.fate
            && doubt.is_none()
        {
            *self.drops.entry(rule).or_default() += 1;
            if !self.options.dropped && self.options.trace.is_none() {
                *self.counts.entry(TargetState::Dropped).or_default() += 1;
                return;
            }
        }
        let mut row = TargetRow {
            state: TargetState::Active,
            address: labels.get("__address__").map(|address| mask::value("__address__", address)).unwrap_or_default(),
            object: source.to_owned(),
            url: None,
            labels: Labels::new(),
            discovered_labels: self.running.job.discovered(&labels),
            shards: Vec::new(),
            rule: None,
            value: None,
            why: None,
            live: None,
        };
        match placed.fate {
            _ if doubt.is_some() => {
                row.state = TargetState::Unknown;
                row.why = doubt.map(str::to_owned);
            }
            Fate::Active(target) => {
                row.url = Some(mask::url(&target.url));
                row.labels = masked(&target.public());
                if self.running.job.is_sharded() {
                    row.shards = self.running.job.shards_of(&labels);
                }
                if !self.same.insert(target) {
                    return;
                }
            }
            Fate::Dropped { rule } => {
                row.state = TargetState::Dropped;
                if self.options.dropped {
                    let step = self.running.job.trace(placed.shard, &labels).into_iter().last();
                    row.value = step.map(|step| self.shown(step.rule, step.input));
                }
                row.rule = self.rule(rule);
            }
            Fate::Invalid(why) => {
                row.state = TargetState::Invalid;
                row.why = Some(why);
            }
            Fate::Unknown { rule, why } => {
                row.state = TargetState::Unknown;
                row.rule = rule.and_then(|rule| self.rule(rule));
                row.why = Some(why);
            }
        }
        *self.counts.entry(row.state).or_default() += 1;
        if self.options.trace.as_ref().is_some_and(|wanted| meets(&row, wanted)) {
            self.met += 1;
            if self.traced.as_ref().is_none_or(|(traced, ..)| reach(traced) < reach(&row)) {
                self.traced = Some((row.clone(), labels, placed.shard));
            }
        }
        row.discovered_labels = masked(&row.discovered_labels);
        if row.state != TargetState::Dropped || self.options.dropped {
            self.kept.push(row);
        }
    }

    fn rule(&self, index: usize) -> Option<RuleReport> {
        let rule: &Rule = self.running.job.job.rules.get(index)?;
        // A pattern may spell out what it is compared with.
        let secret = rule.regex.is_some() && rule.source_labels.iter().any(|label| mask::is_secret(label));
        let field = self.job.field(index);
        let field = field.and_then(|field| Some(At { reference: (&field.object).into(), path: field.path.clone()? }));
        Some(RuleReport {
            index,
            action: rule.action.clone(),
            source_labels: rule.source_labels.clone(),
            separator: rule.separator().to_owned(),
            regex: if secret { REDACTED.to_owned() } else { rule.regex().to_owned() },
            target_label: rule.target_label.clone(),
            replacement: mask::value(&rule.target_label, rule.replacement()),
            modulus: rule.modulus,
            field,
        })
    }

    /// What a rule looked at, without credentials.
    fn shown(&self, rule: usize, value: String) -> String {
        let sources = self.running.job.job.rules.get(rule).map(|rule| rule.source_labels.as_slice()).unwrap_or_default();
        match sources {
            sources if sources.iter().any(|label| mask::is_secret(label)) && !value.is_empty() => REDACTED.to_owned(),
            [label, ..] => mask::value(label, &value),
            [] => value,
        }
    }

    fn drops(&self) -> Vec<Drops> {
        self.drops.iter().filter_map(|(rule, count)| Some(Drops { rule: self.rule(*rule)?, count: *count })).collect()
    }

    fn traced(&self) -> Option<Trace> {
        let (mut target, labels, shard) = self.traced.clone()?;
        target.discovered_labels = masked(&target.discovered_labels);
        let steps = self.running.job.trace(shard, &labels);
        let steps = steps.into_iter().filter_map(|step| self.step(step)).collect();
        Some(Trace { others: self.met.saturating_sub(1), target, steps })
    }

    fn step(&self, step: Step) -> Option<TraceStep> {
        let (effect, changes, why) = match step.verdict {
            Effect::None => (StepEffect::None, Vec::new(), None),
            Effect::Dropped => (StepEffect::Dropped, Vec::new(), None),
            Effect::Unknown(why) => (StepEffect::Unknown, Vec::new(), Some(why)),
            Effect::Changed(changes) => {
                let change = |change: crate::prometheus::relabel::Change| LabelChange {
                    before: change.before.map(|before| mask::value(&change.label, &before)),
                    after: change.after.map(|after| mask::value(&change.label, &after)),
                    label: change.label,
                };
                (StepEffect::Changed, changes.into_iter().map(change).collect(), None)
            }
        };
        Some(TraceStep { rule: self.rule(step.rule)?, value: self.shown(step.rule, step.input), effect, changes, why })
    }
}

/// The link at which an endpoint breaks: ports and relabelings of another one are no matter of its.
fn broken(chain: &Chain<'_>, endpoint: Option<usize>) -> Option<Link> {
    let of_others = |link: &Link| {
        let own = chain.links.iter().find(|fact| fact.link == *link && fact.endpoint.is_some() && fact.endpoint == endpoint);
        own.is_some_and(|own| !own.state.is_failed())
    };
    Link::CHAIN.iter().copied().find(|link| chain.failed(*link) && !of_others(link))
}

/// Labels as they may be shown.
fn masked(labels: &Labels) -> Labels {
    labels.iter().map(|(name, value)| (name.clone(), mask::value(name, value))).collect()
}

/// Whether a target is one that somebody means by a text: a part of its address, URL, object, or of a name among its
/// labels.
fn meets(row: &TargetRow, wanted: &str) -> bool {
    let named = |(name, value): (&String, &String)| name.ends_with("_name") && value.contains(wanted);
    wanted.is_empty()
        || [&row.address, &row.object].into_iter().chain(&row.url).any(|text| text.contains(wanted))
        || row.discovered_labels.iter().any(named)
}

/// How far a target got: one that is scraped farthest.
fn reach(row: &TargetRow) -> usize {
    match row.state {
        TargetState::Active => usize::MAX,
        TargetState::Invalid => usize::MAX - 1,
        _ => row.rule.as_ref().map_or(0, |rule| rule.index + 1),
    }
}
