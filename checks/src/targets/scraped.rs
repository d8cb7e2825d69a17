//! What servers scrape, all of it: every job of every server, whoever asked for it.

use super::jobs::{predicted, unjudged_of};
use super::list::List;
use super::{JobTargets, Options};
use crate::chain::{Chain, ConfigSight, EndpointJob, ServerFacts, State, Walk, is_job_of};
use crate::prometheus::config::Job;
use crate::report::{Link, Verdict};
use crate::wants::Question;
use crate::world::{Kind, ObjectId};

/// What one server scrapes.
pub(crate) struct Scraped {
    /// The server.
    pub(crate) server: ObjectId,
    /// Its jobs, by name.
    pub(crate) jobs: Vec<JobTargets>,
    /// Why it may scrape more than that.
    pub(crate) gaps: Vec<String>,
    /// What makes Prometheus refuse the whole configuration, so that what it has loaded is another one.
    pub(crate) refused: Option<String>,
    /// Objects of which it is not known what jobs they will have, and why.
    pub(crate) open: Vec<(ObjectId, String)>,
}

/// What each server scrapes, by what lies in its Secret, else by what the operator would write there.
pub(crate) fn scraped<'w>(walk: &Walk<'w>) -> Vec<Scraped> {
    let options = Options::default();
    let mut lists = Lists { narrow: List::new(walk, &options, false), whole: List::new(walk, &options, true) };
    walk.servers.iter().map(|server| lists.server(walk, server)).collect()
}

struct Lists<'l, 'w> {
    /// Runs what the selector of a monitor chooses.
    narrow: List<'l, 'w>,
    /// Runs all that is discovered.
    whole: List<'l, 'w>,
}

impl<'w> Lists<'_, 'w> {
    fn server(&mut self, walk: &Walk<'w>, server: &ServerFacts<'w>) -> Scraped {
        let mut out = Scraped { server: server.id(), jobs: Vec::new(), gaps: Vec::new(), refused: None, open: Vec::new() };
        match &server.config {
            ConfigSight::Decoded(config, _) => {
                out.jobs = config.jobs.iter().map(|job| self.live(walk, server, job)).collect();
                out.open = config.foretold.open.iter().map(|(id, why)| (id.clone(), why.clone())).collect();
            }
            ConfigSight::Unseen(why) => {
                self.unseen(walk, server, &mut out);
                let additional = server.server.spec.additional_scrape_configs.as_ref();
                if additional.is_some() {
                    out.gaps.push(format!("the jobs of spec.additionalScrapeConfigs are not known: {why}"));
                }
            }
            ConfigSight::Undecodable(why) => out.gaps.push(format!("its configuration cannot be read: {why}")),
            ConfigSight::Missing | ConfigSight::NoKey(_) | ConfigSight::Empty => {}
        }
        let refusal = server.refused.iter().find(|refusal| refusal.seen && refusal.certain);
        out.refused = refusal.map(|refusal| format!("job {}: {}", refusal.job, refusal.reason.text()));
        out.jobs.sort_by(|a, b| a.job.cmp(&b.job));
        out
    }

    fn live(&mut self, walk: &Walk<'w>, server: &ServerFacts<'w>, job: &'w Job) -> JobTargets {
        let live = EndpointJob::live(server, job, None);
        let origin = job.origin.as_ref();
        let monitor = origin.and_then(|origin| {
            let mut named = walk.world.monitors.named(&origin.namespace, &origin.name);
            named.find(|monitor| is_job_of(job, monitor, origin.endpoint))
        });
        let endpoint = origin.map(|origin| origin.endpoint);
        let Some(monitor) = monitor else {
            let id = unjudged_of(walk.world, job).map(|(kind, object)| object.metadata.id(kind));
            let id = id.or_else(|| origin.and_then(|origin| Some(ObjectId::new(origin.kind?, &origin.namespace, &origin.name))));
            return self.narrow.job(server, &live, (id, None), None);
        };
        let chain = chain(walk, server, &monitor.id());
        let source = (Some(monitor.id()), endpoint);
        // A job that says something else than its monitor looks at other objects than that chooses.
        let fits = |chain: &&Chain<'_>| {
            chain.generated.jobs.iter().any(|(at, _)| Some(*at) == endpoint)
                && !chain.generated.stale.iter().any(|stale| Some(stale.endpoint) == endpoint)
        };
        match chain.filter(fits) {
            Some(chain) => self.narrow.job(server, &live, source, Some(chain)),
            None => self.whole.job(server, &live, source, chain),
        }
    }

    /// The configuration was not seen: the jobs that the operator would write.
    fn unseen(&mut self, walk: &Walk<'w>, server: &ServerFacts<'w>, out: &mut Scraped) {
        for facts in &walk.monitors {
            let Some(chain) = chain(walk, server, &facts.monitor.id()) else { continue };
            let unselected = matches!(chain.verdict, Verdict::NotTaken) || chain.selected.state.is_failed();
            // What breaks before there is a job leaves none.
            let broken = chain.first_failed().is_some_and(|link| link < Link::Loaded);
            if unselected || broken {
                continue;
            }
            let id = facts.monitor.id();
            if let State::Unknown(why) = &chain.selected.state {
                let why = why.first().map(ToString::to_string).unwrap_or_default();
                out.open.push((id, format!("whether the server selects it is not known: {why}")));
                continue;
            }
            for endpoint in 0..facts.monitor.spec.endpoints.len() {
                match chain.jobs.get(endpoint).and_then(Option::as_ref) {
                    Some(job) => out.jobs.push(self.narrow.job(server, job, (Some(id.clone()), Some(endpoint)), Some(chain))),
                    None => {
                        let why = "the configuration was not seen, and what the operator would write is not known";
                        out.open.push((id.clone(), why.to_owned()));
                        break;
                    }
                }
            }
        }
        for (id, job) in predicted(walk.world, &Question::default(), server) {
            out.jobs.push(self.narrow.job(server, &job, (Some(id), None), None));
        }
        let others = [Kind::Probe, Kind::ScrapeConfig].into_iter().any(|kind| walk.world.has_any(kind));
        if others && server.operator_version.is_none() {
            out.gaps.push("the jobs of Probes and ScrapeConfigs are not known: the configuration was not seen".to_owned());
        }
    }
}

fn chain<'s, 'w>(walk: &'s Walk<'w>, server: &ServerFacts<'_>, id: &ObjectId) -> Option<&'s Chain<'w>> {
    let facts = &walk.monitors[walk.place_of(id)?];
    facts.chains.iter().find(|chain| std::ptr::eq(chain.server, server.server))
}
