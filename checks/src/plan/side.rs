//! One side of a plan: what servers scrape, and what is judged of it.

use std::collections::BTreeMap;

use crate::chain::Walk;
use crate::diagnose::judge;
use crate::report::{Ref, Report, Run};
use crate::targets::{JobTargets, Scraped, TargetRow, TargetState, scraped};
use crate::wants::Question;
use crate::world::{Labels, Unseen, World};

/// What servers scrape, and what is judged of it.
pub(super) struct Side {
    pub(super) report: Report,
    pub(super) servers: BTreeMap<Ref, ServerSide>,
    /// Why there may be servers that were not seen.
    pub(super) unseen: Vec<Unseen>,
}

/// What one server scrapes.
pub(super) struct ServerSide {
    /// Its jobs, by name.
    pub(super) jobs: BTreeMap<String, JobSide>,
    pub(super) gaps: Vec<String>,
    pub(super) refused: Option<String>,
    /// Monitors whose jobs are not known, and why.
    pub(super) open: BTreeMap<Ref, String>,
}

/// What one job scrapes.
pub(super) struct JobSide {
    pub(super) monitor: Option<Ref>,
    pub(super) rows: Vec<Row>,
    /// Why that may not be all.
    pub(super) gaps: Vec<String>,
    pub(super) doubts: Vec<String>,
}

/// A target, without what only its discovery needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) url: String,
    pub(super) labels: Labels,
    pub(super) object: String,
    pub(super) shards: Vec<usize>,
}

impl Side {
    /// Walks a world once, and asks that walk for both.
    pub(super) fn of(world: &World, question: &Question, run: Run) -> Self {
        let walk = Walk::new(world, question.grace, question.server.as_ref());
        let servers = scraped(&walk).into_iter().map(|server| (Ref::from(&server.server), ServerSide::of(server))).collect();
        let unseen = walk.unseen_server.iter().flat_map(|facts| facts.unseen.clone()).collect();
        Self { report: judge(&walk, question, run), servers, unseen }
    }
}

impl ServerSide {
    fn of(scraped: Scraped) -> Self {
        let mut jobs: BTreeMap<String, JobSide> = BTreeMap::new();
        for job in scraped.jobs {
            // Two jobs of one name are refused by Prometheus; what is said of one is said of both.
            match jobs.get_mut(&job.job) {
                Some(known) => known.rows.extend(JobSide::of(job).rows),
                None => {
                    jobs.insert(job.job.clone(), JobSide::of(job));
                }
            }
        }
        let open = scraped.open.iter().map(|(id, why)| (Ref::from(id), why.clone())).collect();
        Self { jobs, gaps: scraped.gaps, refused: scraped.refused, open }
    }
}

impl JobSide {
    fn of(job: JobTargets) -> Self {
        let mut gaps = job.gaps;
        let mut rows = Vec::new();
        for row in job.targets {
            match row.state {
                TargetState::Active => rows.push(Row::of(row)),
                TargetState::Unknown => gaps.extend(row.why),
                TargetState::Dropped | TargetState::Invalid => {}
            }
        }
        gaps.sort();
        gaps.dedup();
        Self { monitor: job.monitor, rows, gaps, doubts: job.doubts }
    }
}

impl Row {
    fn of(row: TargetRow) -> Self {
        Self { url: row.url.unwrap_or_default(), labels: row.labels, object: row.object, shards: row.shards }
    }
}
