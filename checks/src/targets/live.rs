//! The targets of a job as the running server has them, beside those that are expected.

use serde::Serialize;

use super::{JobSource, JobTargets, TargetState};
use crate::chain::ServerFacts;
use crate::text::count;
use crate::world::{Health, Kind, Labels, LiveTarget, World};

/// What the running server says of a job.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveJob {
    /// Whether it has the job; `null` where it does not tell.
    pub exists: Option<bool>,
    /// How many targets it scrapes.
    pub active: usize,
    /// How many of them answer.
    pub up: usize,
    /// How many of them were not scraped yet.
    pub pending: usize,
    /// How many of them do not answer.
    pub down: usize,
    /// How many it discovers and does not scrape.
    pub dropped: usize,
    /// Why not all of that is known.
    pub missing: Vec<String>,
    /// How it differs from what is expected, and why, as far as that is known.
    pub differs: Vec<String>,
    /// Targets that it has and that the objects do not lead to.
    pub others: Vec<LiveRow>,
}

/// A target as the running server has it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveRow {
    /// What is scraped.
    pub url: String,
    /// The labels of its series.
    pub labels: Labels,
    /// Whether it answers.
    pub health: LiveHealth,
    /// When it was last scraped, RFC 3339; `null` for never.
    pub last_scrape: Option<String>,
    /// How many seconds ago.
    pub age_seconds: Option<i64>,
    /// Why the last scrape failed, as the server words it, without credentials.
    pub error: Option<String>,
    /// What that means.
    pub cause: Option<String>,
}

/// Whether a target answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LiveHealth {
    /// The last scrape succeeded.
    Up,
    /// It was not scraped yet.
    Pending,
    /// The last scrape failed.
    Down,
}

/// Lays what the running server says of a job beside what is expected; nothing where it was not `asked`.
pub(super) fn lay_beside(world: &World, server: &ServerFacts<'_>, job: &mut JobTargets, asked: bool) {
    let live = &server.live;
    if live.pods.is_empty() {
        if asked {
            job.live = Some(LiveJob { missing: vec![no_pods(world, server)], ..LiveJob::nothing() });
        }
        return;
    }
    let mut out = LiveJob::nothing();
    out.missing = live.missing.iter().map(ToString::to_string).collect();
    let Some(pool) = live.pools.get(job.job.as_str()) else {
        if live.answered() {
            out.exists = live.all_pools.then_some(false);
            out.differs.push("it does not show the job: it has not loaded it, or discovers nothing for it yet".to_owned());
        }
        job.live = Some(out);
        return;
    };
    out.exists = Some(true);
    (out.up, out.pending, out.down) = (pool.count(Health::Up), pool.count(Health::Pending), pool.count(Health::Down));
    (out.active, out.dropped) = (pool.active.len(), pool.dropped);
    let mut left: Vec<&LiveTarget> = pool.active.clone();
    let mut relabeled = 0;
    // First those that agree in everything, so that one with other labels does not take the place of one that fits.
    for exact in [true, false] {
        for row in job.targets.iter_mut().filter(|row| row.state == TargetState::Active && row.live.is_none()) {
            let is_same =
                |target: &&LiveTarget| row.url.as_deref() == Some(target.url.as_str()) && (!exact || row.labels == target.labels);
            if let Some(at) = left.iter().position(is_same) {
                relabeled += usize::from(!exact);
                row.live = Some(LiveRow::of(world, left.remove(at)));
            }
        }
    }
    out.others = left.into_iter().map(|target| LiveRow::of(world, target)).collect();
    let lacking = job.targets.iter().filter(|row| row.state == TargetState::Active && row.live.is_none()).count();
    out.explain(job, lacking, relabeled);
    job.live = Some(out);
}

/// Why no pod of a server was asked.
fn no_pods(world: &World, server: &ServerFacts<'_>) -> String {
    let namespace = &server.server.metadata.namespace;
    match world.sight.whole(Kind::Pod, Some(namespace)) {
        Ok(()) => format!("no pod of {} runs", server.id()),
        Err(unseen) => format!("the pods of {}: {unseen}", server.id()),
    }
}

impl LiveJob {
    fn nothing() -> Self {
        Self {
            exists: None,
            active: 0,
            up: 0,
            pending: 0,
            down: 0,
            dropped: 0,
            missing: Vec::new(),
            differs: Vec::new(),
            others: Vec::new(),
        }
    }

    fn explain(&mut self, job: &JobTargets, lacking: usize, relabeled: usize) {
        let mut say = |text: String| self.differs.push(text);
        if lacking > 0 {
            let why = if !self.missing.is_empty() {
                "not all of its pods answered"
            } else if self.active == 0 && self.dropped == 0 {
                "it discovers nothing at all for this job: its account may not list there, or it has only just begun"
            } else if job.source == JobSource::Predicted {
                "its job was not seen, and may be an older one"
            } else if job.broken.is_some() {
                "its way breaks before"
            } else {
                "it may have loaded an older configuration, or discovery is behind"
            };
            say(format!("{} not in Prometheus: {why}", are(lacking)));
        }
        if relabeled > 0 {
            say(format!("{relabeled} with other labels in Prometheus: it may have loaded an older configuration"));
        }
        if !self.others.is_empty() {
            let number = self.others.len();
            say(format!("{} only in Prometheus: objects that are gone, or an older configuration", are(number)));
        }
    }
}

fn are(number: usize) -> String {
    format!("{} {}", count(number, "target"), if number == 1 { "is" } else { "are" })
}

impl LiveRow {
    fn of(world: &World, target: &LiveTarget) -> Self {
        let time = target.scraped_at.and_then(|at| jiff::Timestamp::from_second(at).ok());
        Self {
            url: target.url.clone(),
            labels: target.labels.clone(),
            health: match target.health {
                Health::Up => LiveHealth::Up,
                Health::Pending => LiveHealth::Pending,
                Health::Down => LiveHealth::Down,
            },
            last_scrape: time.map(|time| time.to_string()),
            age_seconds: world.observed_at.zip(target.scraped_at).map(|(now, at)| (now - at).max(0)),
            error: Some(target.error.clone()).filter(|error| !error.is_empty()),
            cause: target.failure.as_ref().and_then(crate::prometheus::failure::Failure::words),
        }
    }
}
