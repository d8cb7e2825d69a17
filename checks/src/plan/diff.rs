//! The targets of servers before and after, compared.
//!
//! A target is what is scraped and the labels of its series. Which job it stands in is of no consequence for who looks at
//! the series: one that moves from a job to another stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::because::Because;
use super::side::{JobSide, Row, ServerSide, Side};
use super::{Doubled, JobChange, JobPlan, NotKnown, PlannedTarget, Relabeled, ServerPlan, unseen};
use crate::report::Ref;
use crate::targets::LabelChange;

/// Compares both sides, server by server; what could not be compared is added to what is not known.
pub(super) fn servers(was: &Side, is: &Side, because: &Because<'_>, not_known: &mut Vec<NotKnown>) -> Vec<ServerPlan> {
    let all: BTreeSet<&Ref> = was.servers.keys().chain(is.servers.keys()).collect();
    for why in was.unseen.iter().chain(&is.unseen) {
        not_known.push(NotKnown { server: None, of: None, why: format!("there may be servers that were not seen: {why}") });
    }
    for open in unseen(&was.report).chain(unseen(&is.report)) {
        let why = format!("there may be monitors that were not seen: {}", open.need);
        not_known.push(NotKnown { server: None, of: None, why });
    }
    all.into_iter()
        .map(|server| {
            let (before, after) = (was.servers.get(server), is.servers.get(server));
            Comparison { server, before, after, because }.plan(not_known)
        })
        .collect()
}

/// A target and its job.
#[derive(Clone, Copy)]
struct Placed<'s> {
    job: &'s str,
    row: &'s Row,
}

/// One server before and after.
struct Comparison<'c> {
    server: &'c Ref,
    before: Option<&'c ServerSide>,
    after: Option<&'c ServerSide>,
    because: &'c Because<'c>,
}

/// What becomes of single targets.
#[derive(Default)]
struct Pairs<'s> {
    kept: Vec<(Placed<'s>, Placed<'s>)>,
    relabeled: Vec<(Placed<'s>, Placed<'s>)>,
    removed: Vec<Placed<'s>>,
    added: Vec<Placed<'s>>,
}

impl<'c> Comparison<'c> {
    fn plan(&self, not_known: &mut Vec<NotKnown>) -> ServerPlan {
        let mut plan = ServerPlan {
            server: self.server.clone(),
            new: self.before.is_none(),
            added: 0,
            removed: 0,
            relabeled: 0,
            kept: 0,
            moved: 0,
            not_loaded: None,
            jobs: Vec::new(),
            doubled: Vec::new(),
        };
        self.gaps(not_known);
        let refused = |side: Option<&'c ServerSide>| side.and_then(|side| side.refused.as_ref());
        match (refused(self.before), refused(self.after)) {
            (None, Some(why)) if self.before.is_some() => {
                // It goes on with what it has loaded.
                plan.kept = self.rows(self.before).len();
                plan.not_loaded = Some(why.clone());
                return plan;
            }
            (before, after) => {
                for why in before.into_iter().chain(after) {
                    let why = format!("Prometheus refuses its configuration, and what it has loaded is not known: {why}");
                    not_known.push(NotKnown { server: Some(self.server.clone()), of: None, why });
                }
            }
        }
        let pairs = pairs(self.rows(self.before), self.rows(self.after));
        plan.added = pairs.added.len();
        plan.removed = pairs.removed.len();
        plan.relabeled = pairs.relabeled.len();
        plan.kept = pairs.kept.len();
        plan.moved = pairs.kept.iter().filter(|(before, after)| before.row.shards != after.row.shards).count();
        plan.jobs = self.jobs(&pairs);
        plan.doubled = doubled(&self.rows(self.before), &self.rows(self.after));
        plan
    }

    /// Whether it is not known what jobs a monitor has, on either side.
    fn is_open(&self, monitor: Option<&Ref>) -> bool {
        let open = |side: Option<&'c ServerSide>| {
            monitor.is_some_and(|monitor| side.is_some_and(|side| side.open.contains_key(monitor)))
        };
        open(self.before) || open(self.after)
    }

    /// The targets of one side, without those of which the other side is not known.
    fn rows(&self, side: Option<&'c ServerSide>) -> Vec<Placed<'c>> {
        let jobs = side.into_iter().flat_map(|side| &side.jobs).filter(|(_, job)| !self.is_open(job.monitor.as_ref()));
        jobs.flat_map(|(name, job)| job.rows.iter().map(|row| Placed { job: name, row })).collect()
    }

    fn gaps(&self, not_known: &mut Vec<NotKnown>) {
        let mut add = |of: Option<String>, why: &str| {
            not_known.push(NotKnown { server: Some(self.server.clone()), of, why: why.to_owned() });
        };
        for side in self.before.into_iter().chain(self.after) {
            side.gaps.iter().for_each(|why| add(None, why));
            side.open.iter().for_each(|(monitor, why)| add(Some(monitor.to_string()), why));
            for (name, job) in &side.jobs {
                job.gaps.iter().for_each(|why| add(Some(name.clone()), why));
            }
        }
    }

    fn jobs(&self, pairs: &Pairs<'c>) -> Vec<JobPlan> {
        let mut jobs: BTreeMap<(&str, Option<u32>), JobPlan> = BTreeMap::new();
        for placed in &pairs.removed {
            self.job(&mut jobs, placed.job).removed.push(target(placed.row));
        }
        for placed in &pairs.added {
            self.job(&mut jobs, placed.job).added.push(target(placed.row));
        }
        for (before, after) in &pairs.relabeled {
            self.job(&mut jobs, after.job).relabeled.push(relabeled(*before, *after));
        }
        for (_, after) in &pairs.kept {
            if let Some(job) = jobs.get_mut(&natural(after.job)) {
                job.kept += 1;
            }
        }
        let mut jobs: Vec<JobPlan> = jobs.into_values().collect();
        for job in &mut jobs {
            self.explain(job, pairs);
        }
        jobs
    }

    fn job<'j>(&self, jobs: &'j mut BTreeMap<(&'c str, Option<u32>), JobPlan>, name: &'c str) -> &'j mut JobPlan {
        let of = |side: Option<&'c ServerSide>| -> Option<&'c JobSide> { side?.jobs.get(name) };
        let (before, after) = (of(self.before), of(self.after));
        jobs.entry(natural(name)).or_insert_with(|| JobPlan {
            job: name.to_owned(),
            monitor: before.or(after).and_then(|job| job.monitor.clone()),
            change: match (before, after) {
                (None, _) => JobChange::Added,
                (_, None) => JobChange::Removed,
                _ => JobChange::Stays,
            },
            because: Vec::new(),
            finding: None,
            added: Vec::new(),
            removed: Vec::new(),
            relabeled: Vec::new(),
            kept: 0,
            doubts: after.map(|job| job.doubts.clone()).unwrap_or_default(),
        })
    }

    fn explain(&self, job: &mut JobPlan, pairs: &Pairs<'c>) {
        let own = |placed: &&Placed<'c>| placed.job == job.job;
        let changed = pairs.removed.iter().chain(&pairs.added).filter(own);
        let relabeled = pairs.relabeled.iter().map(|(_, after)| after).filter(own);
        let from: Vec<&str> = changed.chain(relabeled).map(|placed| placed.row.object.as_str()).collect();
        job.because = self.because.objects(self.server, job.monitor.as_ref(), from.into_iter());
        let lost = job.monitor.as_ref().filter(|_| !job.removed.is_empty());
        job.finding = lost.and_then(|monitor| self.because.finding(self.server, monitor)).map(|finding| finding.id.clone());
        job.removed.sort();
        job.added.sort();
        job.relabeled.sort_by(|a, b| a.url.cmp(&b.url));
    }
}

/// The name of a job so that its endpoint 10 comes after its endpoint 9.
fn natural(job: &str) -> (&str, Option<u32>) {
    match job.rsplit_once('/') {
        Some((head, number)) => number.parse().map_or((job, None), |number| (head, Some(number))),
        None => (job, None),
    }
}

fn target(row: &Row) -> PlannedTarget {
    PlannedTarget { url: row.url.clone(), object: row.object.clone(), labels: row.labels.clone() }
}

fn relabeled(before: Placed<'_>, after: Placed<'_>) -> Relabeled {
    let (old, new) = (before.row, after.row);
    let names: BTreeSet<&String> = old.labels.keys().chain(new.labels.keys()).collect();
    let change = |name: &String| LabelChange {
        label: name.clone(),
        before: old.labels.get(name).cloned(),
        after: new.labels.get(name).cloned(),
    };
    let differs = |name: &&String| old.labels.get(*name) != new.labels.get(*name);
    Relabeled {
        url: new.url.clone(),
        url_before: (old.url != new.url).then(|| old.url.clone()),
        job_before: (before.job != after.job).then(|| before.job.to_owned()),
        labels: names.into_iter().filter(differs).map(change).collect(),
    }
}

/// Pairs the targets of both sides: those that are the same, then those that are the same but for their labels.
fn pairs<'s>(before: Vec<Placed<'s>>, after: Vec<Placed<'s>>) -> Pairs<'s> {
    let mut out = Pairs::default();
    let whole = |placed: &Placed<'s>| (placed.row.url.as_str(), &placed.row.labels);
    let (before, after) = paired(before, after, |placed| (Some(placed.job), whole(placed)), &mut out.kept);
    let (before, after) = paired(before, after, |placed| (None::<&str>, whole(placed)), &mut out.kept);
    let url = |placed: &Placed<'s>| placed.row.url.as_str();
    let (before, after) = paired(before, after, |placed| (Some(placed.job), url(placed)), &mut out.relabeled);
    let (before, after) = paired(before, after, |placed| (None::<&str>, url(placed)), &mut out.relabeled);
    // Another path or scheme at the same instance: its series go on, with what differs.
    let instance = |placed: &Placed<'s>| {
        let label = |name: &str| placed.row.labels.get(name).map(String::as_str);
        (placed.job, placed.row.object.as_str(), label("job"), label("instance"))
    };
    let (before, after) = paired(before, after, instance, &mut out.relabeled);
    (out.removed, out.added) = (before, after);
    out
}

/// Pairs what has the same key, and gives back what is left.
fn paired<'s, K: Ord>(
    before: Vec<Placed<'s>>,
    after: Vec<Placed<'s>>,
    key: impl Fn(&Placed<'s>) -> K,
    out: &mut Vec<(Placed<'s>, Placed<'s>)>,
) -> (Vec<Placed<'s>>, Vec<Placed<'s>>) {
    let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (at, placed) in before.iter().enumerate().rev() {
        waiting.entry(key(placed)).or_default().push(at);
    }
    let mut taken = BTreeSet::new();
    let mut left = Vec::new();
    for placed in after {
        match waiting.get_mut(&key(&placed)).and_then(Vec::pop) {
            Some(at) => {
                taken.insert(at);
                out.push((before[at], placed));
            }
            None => left.push(placed),
        }
    }
    let rest = before.into_iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, placed)| placed);
    (rest.collect(), left)
}

/// What is scraped more often than before, and more than once.
fn doubled(before: &[Placed<'_>], after: &[Placed<'_>]) -> Vec<Doubled> {
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    for placed in before {
        *often.entry(placed.row.url.as_str()).or_default() += 1;
    }
    let mut by_url: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for placed in after {
        by_url.entry(placed.row.url.as_str()).or_default().push(placed.job);
    }
    let doubled = |(url, mut jobs): (&str, Vec<&str>)| {
        let (before, after) = (often.get(url).copied().unwrap_or_default(), jobs.len());
        jobs.sort_unstable();
        jobs.dedup();
        let jobs = jobs.into_iter().map(str::to_owned).collect();
        (after > 1 && after > before).then(|| Doubled { url: url.to_owned(), before, after, jobs })
    };
    by_url.into_iter().filter_map(doubled).collect()
}
