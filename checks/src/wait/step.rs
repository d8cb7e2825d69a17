//! One monitor on its way through one server: at which link it stands.

use super::{Goal, Standing, Wish, deaf, server_of};
use crate::chain::{Chain, GenerateTrouble, ScrapedEndpoint, ServerFacts, State, Walk};
use crate::report::{Link, Verdict};
use crate::text::count;
use crate::world::{LivePod, Unseen, UnseenReason};

/// A chain that is looked at.
pub(super) struct Step<'s, 'w> {
    pub(super) walk: &'s Walk<'w>,
    pub(super) chain: &'s Chain<'w>,
    pub(super) server: Option<&'s ServerFacts<'w>>,
    pub(super) wish: Wish,
    /// How long operator, kubelet and reloader usually take, in seconds.
    pub(super) usual: i64,
}

impl Step<'_, '_> {
    pub(super) fn standing(&self) -> Standing {
        // Who may not ask the running Prometheus should hear that at once, not when its time has come.
        if let Some(why) = self.server.filter(|_| self.wish.goal > Goal::Generated).and_then(|server| deaf(self.walk, server)) {
            let says = format!("{} cannot be asked: {why}", server_of(self.chain));
            return Standing { unknowable: Some(says.clone()), ..Standing::at(Link::Loaded, says) };
        }
        let mut unchecked = Vec::new();
        let stops = self.broken().or_else(|| self.generated(&mut unchecked)).or_else(|| match self.wish.goal {
            Goal::Generated => None,
            Goal::Loaded => self.loaded(),
            Goal::Discovered | Goal::Up => self.loaded().or_else(|| self.targets()),
        });
        match stops {
            Some(standing) => standing,
            None => Standing { reached: true, unchecked, ..Standing::at(self.last(), self.done()) },
        }
    }

    /// The link behind which the goal lies.
    fn last(&self) -> Link {
        match self.wish.goal {
            Goal::Generated => Link::Generated,
            Goal::Loaded => Link::Loaded,
            Goal::Discovered | Goal::Up => Link::Scraped,
        }
    }

    fn done(&self) -> String {
        let (server, scraped) = (server_of(self.chain), &self.chain.scraped);
        match self.wish.goal {
            Goal::Generated => match &self.server {
                Some(server) => format!("{} in {}", count(self.jobs(), "job"), secret(server)),
                None => format!("generated for {server}"),
            },
            Goal::Loaded => format!("{} loaded by {server}", count(self.jobs(), "job")),
            Goal::Discovered => format!("{} in {server}", count(scraped.active(), "target")),
            Goal::Up => format!("{} up in {server}", count(scraped.up(), "target")),
        }
    }

    fn jobs(&self) -> usize {
        self.chain.generated.jobs.len().max(self.chain.scraped.endpoints.len())
    }

    /// The first broken link before the running server is asked. Where some targets are enough, a link that leaves some
    /// does not stop it.
    fn broken(&self) -> Option<Standing> {
        let last = self.last().min(Link::Kept);
        let enough = self.wish.targets.is_some() && self.chain.verdict == Verdict::Partial;
        let stops = |link: &Link| *link <= last && self.chain.failed(*link) && !(enough && *link > Link::Loaded);
        let link = Link::CHAIN.iter().copied().find(stops)?;
        let says = match link {
            Link::Generated => self.not_generated(),
            Link::Loaded => self.not_loaded(),
            link => {
                let whole =
                    self.chain.links.iter().find(|fact| fact.link == link && fact.endpoint.is_none() && fact.namespace.is_none());
                whole.and_then(|fact| fact.detail.clone()).unwrap_or_else(|| format!("broken for {}", server_of(self.chain)))
            }
        };
        Some(Standing::at(link, says))
    }

    fn not_generated(&self) -> String {
        let Some(server) = self.server else { return "not generated yet".to_owned() };
        let secret = secret(server);
        match self.chain.generated.trouble {
            Some(GenerateTrouble::SecretMissing) => format!("{secret} is not there yet"),
            Some(GenerateTrouble::JobStale) => format!("{secret} does not hold its newest form yet"),
            _ => format!("not yet in {secret}"),
        }
    }

    /// Whether the monitor changed so lately that the operator may not be through with it.
    fn is_new(&self) -> bool {
        self.walk.world.age(&self.chain.monitor.metadata).is_some_and(|age| age < self.usual)
    }

    fn not_loaded(&self) -> String {
        format!("not yet loaded by {}", server_of(self.chain))
    }

    fn generated(&self, unchecked: &mut Vec<String>) -> Option<Standing> {
        match &self.chain.generated.state {
            // What its job says otherwise than the operator would write it is most probably from before its last change; but
            // not for ever, for somebody may have edited it.
            State::Passed if self.is_new() && self.chain.jobs.iter().flatten().any(|job| !job.edited().is_empty()) => {
                let secret = self.server.map_or_else(|| "the Secret".to_owned(), secret);
                Some(Standing::at(Link::Generated, format!("{secret} does not hold its newest form yet")))
            }
            State::Passed => None,
            State::Failed => Some(Standing::at(Link::Generated, self.not_generated())),
            State::Skipped => {
                let says = "it has no endpoints, so there is nothing to scrape";
                Some(Standing { stuck: true, ..Standing::at(Link::Generated, says) })
            }
            State::Unknown(why) if self.wish.goal == Goal::Generated => Some(open(Link::Generated, why)),
            // What the running server has shows more than the Secret; only its being the newest is not known then.
            State::Unknown(why) => {
                unchecked.extend(why.iter().map(|why| format!("whether it is its newest form: {why}")));
                None
            }
        }
    }

    /// Whether every pod that answers has the jobs.
    fn loaded(&self) -> Option<Standing> {
        let scraped = &self.chain.scraped;
        let Some(server) = self.server else { return Some(Standing::at(Link::Loaded, self.not_loaded())) };
        if let Some(silent) = server.live.pods.iter().find_map(|pod| Some((pod, pod.targets.failure()?))) {
            let (pod, why) = silent;
            let of = if pod.pod.is_empty() { String::new() } else { format!(" ({})", pod.pod) };
            let says = format!("{}{of} does not answer: {why}", server_of(self.chain));
            return Some(Standing { silent: true, ..Standing::at(Link::Loaded, says) });
        }
        if !server.live.answered() {
            return Some(Standing::at(Link::Loaded, format!("no pod of {} runs yet", server_of(self.chain))));
        }
        let has = |pod: &LivePod, name: &str| {
            let pool = pod.targets.given().is_some_and(|targets| targets.pools().contains(name));
            pool || pod.config.given().is_some_and(|config| config.jobs.iter().any(|job| job.name == name))
        };
        let lags = |endpoint: &ScrapedEndpoint<'_>| {
            let mut pods = server.live.pods.iter().filter(|pod| pod.targets.given().is_some());
            let name = endpoint.pool.as_str();
            // Before 2.47 an empty pool is not named: it may be there all the same.
            if server.live.all_pools { pods.any(|pod| !has(pod, name)) } else { !pods.any(|pod| has(pod, name)) }
        };
        match &self.chain.loaded {
            State::Passed if !scraped.endpoints.iter().any(lags) => None,
            State::Unknown(why) if why.iter().any(|why| why.reason == UnseenReason::Undecided) => Some(open(Link::Loaded, why)),
            _ => Some(Standing::at(Link::Loaded, self.not_loaded())),
        }
    }

    fn targets(&self) -> Option<Standing> {
        let scraped = &self.chain.scraped;
        let expected = self.chain.targets.predicted;
        let wanted = self.wish.targets.or(expected).unwrap_or(1);
        let (up, active) = (scraped.up(), scraped.active());
        let server = server_of(self.chain);
        if scraped.actual.is_none() {
            return Some(open(Link::Scraped, scraped.state.why()));
        }
        if wanted == 0 && active == 0 {
            return Some(Standing::at(Link::Scraped, "there is nothing to scrape, as far as objects tell: waiting for targets"));
        }
        let discovered = active >= wanted.max(1);
        let all = self.wish.targets.is_some() || up == active;
        let reached = match self.wish.goal {
            Goal::Discovered => discovered,
            _ => discovered && up >= wanted.max(1) && all,
        };
        if reached {
            return None;
        }
        let says = if discovered {
            format!("{up} of {} up in {server}", count(active.max(wanted), "target"))
        } else {
            format!("{active} of {} discovered by {server}", count(wanted.max(1), "target"))
        };
        Some(Standing::at(Link::Scraped, says))
    }
}

fn secret(server: &ServerFacts<'_>) -> String {
    format!("Secret {}/{}", server.server.metadata.namespace, server.server.config_secret())
}

/// A link of which nothing is known. What may not be read now will not be readable later.
fn open(link: Link, why: &[Unseen]) -> Standing {
    let says = why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let says = if says.is_empty() { "not known".to_owned() } else { says };
    let never = why.iter().any(|why| why.reason == UnseenReason::Forbidden);
    Standing { unknowable: never.then(|| says.clone()), ..Standing::at(link, says) }
}
