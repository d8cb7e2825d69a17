//! Steps 8 and 9: targets, and whether they answer.

use super::{Part, Scope, StepState, span};
use crate::chain::{Chain, LivePool, Surprise};
use crate::prometheus::duration::millis;
use crate::report::Link;
use crate::text::{count, line, list};
use crate::world::{Health, Kind};

/// The two steps.
pub(super) fn parts(scope: &Scope<'_, '_>) -> [Part; 2] {
    let pools = Pools::of(scope);
    [discovered(scope, &pools), scraped(scope, &pools)]
}

/// The pools that are looked at.
#[derive(Default)]
struct Pools<'s, 'w> {
    all: Vec<(&'w str, &'s LivePool<'w>)>,
    /// Whether the running server told its targets.
    known: bool,
    /// Why not, or why not all of them.
    why: Option<String>,
}

impl<'s, 'w> Pools<'s, 'w> {
    fn of(scope: &'s Scope<'s, 'w>) -> Self {
        let live = &scope.facts.live;
        let own = |name: &str| {
            let of = |chain: &Chain<'_>| chain.scraped.endpoints.iter().any(|endpoint| endpoint.pool == name);
            scope.only.is_none() || scope.chains().any(of)
        };
        let all = live.pools.iter().filter(|(name, _)| own(name)).map(|(name, pool)| (*name, pool)).collect();
        let why = live.missing.first().map(ToString::to_string);
        let asked = "the running Prometheus was not asked".to_owned();
        let known = live.answered();
        Self { all, known, why: why.or((!known).then_some(asked)) }
    }

    fn sum(&self, of: impl Fn(&LivePool<'_>) -> usize) -> usize {
        self.all.iter().map(|(_, pool)| of(pool)).sum()
    }
}

fn why(chain: &Chain<'_>) -> String {
    let meta = &chain.monitor.metadata;
    format!("kubectl prom-doctor why {}/{} -n {}", chain.monitor.kind.name().to_lowercase(), meta.name, meta.namespace)
}

/// Links after which a monitor has no targets though Prometheus may list.
const LATER: [Link; 4] = [Link::Matched, Link::Backed, Link::Ports, Link::Kept];

fn discovered(scope: &Scope<'_, '_>, pools: &Pools<'_, '_>) -> Part {
    // What is scraped may be discovered, whatever the roles say that were read.
    let bare = |chain: &&Chain<'_>| chain.scraped.active() == 0;
    let denied: Vec<&Chain<'_>> = scope.taken().filter(|chain| chain.failed(Link::Discoverable)).filter(bare).collect();
    let empty = |chain: &&Chain<'_>| {
        let nothing = |at: usize| matches!(chain.surprise(at), Some(Surprise::NothingDiscovered { .. }));
        !scope.is_young(chain) && (0..chain.monitor.spec.endpoints.len()).any(nothing)
    };
    let silent: Vec<&Chain<'_>> = scope.taken().filter(empty).collect();
    let names = |chains: &[&Chain<'_>]| chains.iter().map(|chain| chain.monitor.id().path()).collect::<Vec<_>>();
    let account = scope.facts.account();
    if let Some(first) = denied.first() {
        let id = crate::world::ObjectId::new(Kind::ServiceAccount, &account.namespace, &account.name);
        let places: Vec<String> = first
            .discoverable
            .places
            .iter()
            .filter(|place| place.state.is_failed())
            .map(|place| place.namespace.clone().unwrap_or_else(|| "all namespaces".to_owned()))
            .collect();
        let words = format!("account {} may not discover in {}: {}", account.name, list(&places, 3), list(&names(&denied), 3));
        let mut part = Part::stuck(words).shows(Some(&id), "list, watch", format!("denied in {}", list(&places, 3)));
        if pools.known {
            let pool = first.scraped.endpoints.first().map(|endpoint| endpoint.pool.clone()).unwrap_or_default();
            part = part.shows(
                None,
                "/api/v1/targets",
                format!("{pool}: 0 targets, {} dropped", first.scraped.endpoints.iter().map(|one| one.dropped).sum::<usize>()),
            );
        }
        return part.advises("see which role is missing", why(first));
    }
    if let Some(first) = silent.first() {
        let words = format!(
            "Prometheus discovers nothing at all for {}, and there is something: its lists fail, or its watch is broken",
            list(&names(&silent), 3)
        );
        let pool = first.scraped.endpoints.first().map(|endpoint| endpoint.pool.clone()).unwrap_or_default();
        let part = Part::stuck(words).likely().shows(None, "/api/v1/targets", format!("{pool}: 0 targets, 0 dropped"));
        return part.advises("read the log of Prometheus for what it may not list", why(first));
    }
    let breaks = |chain: &&Chain<'_>| LATER.iter().any(|link| chain.failed(*link)) && chain.scraped.active() == 0;
    let broken: Vec<&Chain<'_>> = scope.taken().filter(breaks).collect();
    if let (Some(_), Some(first)) = (scope.only, broken.first()) {
        let link = LATER.iter().find(|link| first.failed(**link)).map_or("kept", |link| link.as_str());
        let part = Part::stuck(format!("no targets come of it: its way breaks at the link `{link}`"));
        return part.shows(Some(&first.monitor.id()), link, "failed").advises("see why", why(first));
    }
    let warnings = (!broken.is_empty()).then(|| {
        format!("{} without targets for reasons of their own: {}", count(broken.len(), "monitor"), list(&names(&broken), 3))
    });
    if !pools.known {
        let reason = pools.why.clone().unwrap_or_default();
        return Part::unknown("which targets it has is not known", reason).warns(warnings);
    }
    let (active, dropped) = (pools.sum(|pool| pool.active.len()), pools.sum(|pool| pool.dropped));
    let with = pools.all.iter().filter(|(_, pool)| !pool.active.is_empty()).count();
    let words = format!("{} in {with} of {}, {dropped} dropped", count(active, "target"), count(pools.all.len(), "job"));
    let idle = scope.only.is_some() && active == 0;
    let part = match &pools.why {
        Some(reason) => Part::unknown(words, reason.clone()),
        None if idle && scope.taken().any(|chain| chain.targets.predicted != Some(0)) => {
            let young = scope.chains().any(|chain| scope.is_young(chain));
            if young {
                Part::waiting("no targets yet")
            } else {
                Part::unknown(words, "it has no targets, and none are known to be missing")
            }
        }
        None => Part::done(words),
    };
    part.shows(None, "/api/v1/targets", format!("{} active, {dropped} dropped", active)).warns(warnings)
}

fn scraped(scope: &Scope<'_, '_>, pools: &Pools<'_, '_>) -> Part {
    if !pools.known {
        return Part::unknown("whether targets answer is not known", pools.why.clone().unwrap_or_default());
    }
    let active = pools.sum(|pool| pool.active.len());
    let (up, down) = (pools.sum(|pool| pool.count(Health::Up)), pools.sum(|pool| pool.count(Health::Down)));
    let pending = pools.sum(|pool| pool.count(Health::Pending));
    let at = pools.all.iter().flat_map(|(_, pool)| &pool.active).filter_map(|target| target.scraped_at).max();
    let dead: Vec<(&str, &LivePool<'_>)> = pools
        .all
        .iter()
        .filter(|(_, pool)| !pool.active.is_empty() && pool.count(Health::Down) == pool.active.len())
        .copied()
        .collect();
    let error = |pool: &LivePool<'_>| {
        let target = pool.active.iter().find(|target| target.health == Health::Down);
        target.map(|target| (target.url.clone(), line(&target.error, 100))).unwrap_or_default()
    };
    if let Some((name, pool)) = dead.first() {
        let (url, why) = error(pool);
        let more = if dead.len() > 1 { format!(", and {} more", count(dead.len() - 1, "job")) } else { String::new() };
        let words = format!("no target of {name} answers{more}: {why}");
        let mut part = Part::stuck(words).at(at).shows(None, format!("/api/v1/targets {url}"), why);
        let own = |chain: &&Chain<'_>| chain.scraped.endpoints.iter().any(|endpoint| endpoint.pool == *name);
        if let Some(chain) = scope.chains().find(own) {
            part = part.advises("see the cause in words", super::targets::why(chain));
        }
        return part;
    }
    let words = format!("{up} of {} up", count(active, "target"));
    let some = pools.all.iter().find(|(_, pool)| pool.count(Health::Down) > 0);
    let warnings = some.map(|(name, pool)| {
        format!("{}: {name}: {}", count(down, "target down").replace("target downs", "targets down"), error(pool).1)
    });
    let part = if active == 0 {
        let part = Part::unknown("there is no target to scrape", "it has no targets");
        if scope.only.is_none() { Part::new(StepState::Done, "there is no target to scrape") } else { part }
    } else if pending > 0 && (up == 0 || scope.only.is_some()) {
        let interval =
            millis(scope.facts.server.scrape_interval()).and_then(|millis| i64::try_from(millis / 1000).ok()).unwrap_or(30);
        Part::waiting(format!(
            "{pending} of {} not scraped yet: that takes an interval, usually {}",
            count(active, "target"),
            span(interval)
        ))
    } else {
        Part::done(words)
    };
    part.at(at).shows(None, "/api/v1/targets", format!("{up} up, {down} down, {pending} not scraped yet")).warns(warnings)
}
