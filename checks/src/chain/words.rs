//! The links of a chain in order, each with its state and a few words on what was seen.

use super::selected::Choice;
use super::server::{ConfigSight, ServerFacts};
use super::state::State;
use super::{Chain, LinkFact, SdNamespaces, Walk};
use crate::assumed::name_in_words;
use crate::report::Link;
use crate::text::{count, list};
use crate::world::{Kind, Pod, Unseen};

pub(super) fn links(chain: &Chain<'_>, walk: &Walk<'_>, facts: &ServerFacts<'_>) -> Vec<LinkFact> {
    let mut out = Links { facts: Vec::new() };
    out.whole(Link::Exists, State::Passed, None);
    out.whole(Link::Watched, chain.watched.state.clone(), watched(walk, facts));
    out.whole(Link::Selected, chain.selected.state.clone(), selected(chain).filter(|_| facts.unseen.is_empty()));
    out.whole(Link::Accepted, chain.accepted.state.clone(), None);
    out.whole(Link::Generated, chain.generated.state.clone(), generated(chain, facts));
    out.whole(Link::Loaded, chain.loaded.clone(), None);
    out.whole(Link::Discoverable, chain.discoverable.state.clone(), discoverable(chain).filter(|_| facts.unseen.is_empty()));
    for place in chain.discoverable.places.iter().filter(|_| chain.discoverable.places.len() > 1) {
        if place.namespace.is_some() {
            out.namespace(Link::Discoverable, place.state.clone(), place.namespace.clone());
        }
    }
    out.whole(Link::Matched, chain.matched.state.clone(), matched(chain, walk));
    out.whole(Link::Backed, chain.backed.state.clone(), backed(chain));
    for namespace in &chain.backed.empty_namespaces {
        out.namespace(Link::Backed, State::Failed, Some((*namespace).to_owned()));
    }
    for endpoint in chain.endpoints.iter().filter(|endpoint| !endpoint.unbacked.is_empty() && chain.endpoints.len() > 1) {
        out.push(Link::Backed, State::Failed, Some(endpoint.index), None, None);
    }
    ports(chain, &mut out);
    out.whole(Link::Kept, chain.kept.state.clone(), kept(chain));
    for lost in chain.kept.endpoints.iter().filter(|kept| kept.active == 0 && chain.endpoints.len() > 1) {
        let state = if lost.is_lost() { State::Failed } else { State::Skipped };
        out.push(Link::Kept, state, Some(lost.index), None, Some(format!("0 of {}", count(lost.dropped, "target"))));
    }
    out.whole(Link::Scraped, chain.scraped.state.clone(), scraped(chain));
    for endpoint in chain.scraped.endpoints.iter().filter(|endpoint| endpoint.down > 0 && chain.endpoints.len() > 1) {
        let words = of_endpoint(endpoint.up, endpoint.active(), &endpoint.failures);
        out.push(Link::Scraped, State::Failed, Some(endpoint.index), None, Some(words));
    }
    let first = out.facts.iter().filter(|fact| fact.state.is_failed()).map(|fact| fact.link).min();
    for fact in &mut out.facts {
        fact.hypothetical = first.is_some_and(|first| first < fact.link);
    }
    out.facts
}

struct Links {
    facts: Vec<LinkFact>,
}

impl Links {
    fn push(&mut self, link: Link, state: State, endpoint: Option<usize>, namespace: Option<String>, detail: Option<String>) {
        self.facts.push(LinkFact { link, state, endpoint, namespace, hypothetical: false, detail });
    }

    fn whole(&mut self, link: Link, state: State, detail: Option<String>) {
        self.push(link, state, None, None, detail);
    }

    fn namespace(&mut self, link: Link, state: State, namespace: Option<String>) {
        self.push(link, state, None, namespace, None);
    }
}

fn watched(walk: &Walk<'_>, facts: &ServerFacts<'_>) -> Option<String> {
    let names: Vec<String> = facts.managers.iter().map(|&at| walk.operators[at].id.path()).collect();
    (!names.is_empty()).then(|| format!("by {}", list(&names, 3)))
}

fn selected(chain: &Chain<'_>) -> Option<String> {
    if chain.selected.unmanaged {
        return Some("the server has no selector at all: its configuration is left to the user".to_owned());
    }
    let misses = |choice: &Choice| match choice {
        Choice::Missed(misses) => misses.len(),
        Choice::Null | Choice::Invalid(..) => 1,
        Choice::Taken | Choice::Unknown(_) => 0,
    };
    match misses(&chain.selected.object) + misses(&chain.selected.namespace) {
        0 => Some(format!("by {}", chain.server.id().path())),
        missed => Some(format!("not by {}: {} not met", chain.server.id().path(), count(missed, "requirement"))),
    }
}

fn generated(chain: &Chain<'_>, facts: &ServerFacts<'_>) -> Option<String> {
    let secret = format!("Secret {}/{}", chain.server.metadata.namespace, chain.server.config_secret());
    match &facts.config {
        ConfigSight::Decoded(..) if chain.generated.missing.is_empty() && !chain.generated.jobs.is_empty() => {
            Some(format!("{} in {secret}", count(chain.generated.jobs.len(), "job")))
        }
        ConfigSight::Decoded(..) if chain.generated.state.is_failed() => {
            Some(format!("{} of {} in {secret}", chain.generated.jobs.len(), count(chain.monitor.spec.endpoints.len(), "job")))
        }
        _ => None,
    }
}

fn discoverable(chain: &Chain<'_>) -> Option<String> {
    if chain.discoverable.other_credential {
        return Some("through spec.apiserverConfig, whose rights are not known".to_owned());
    }
    let account = &chain.discoverable.account;
    Some(format!("as {}/{} in {}", account.namespace, account.name, chain.namespaces.words()))
}

fn matched(chain: &Chain<'_>, walk: &Walk<'_>) -> Option<String> {
    let names = |names: Vec<String>, noun: &str| format!("{}: {}", count(names.len(), noun), list(&names, 3));
    let matched = &chain.matched;
    if !matched.pods.is_empty() {
        let name = |pod: &&Pod| name_in_words(walk.world, &pod.metadata.id(Kind::Pod));
        return Some(names(matched.pods.iter().map(name).collect(), "Pod"));
    }
    if !matched.services.is_empty() {
        return Some(names(matched.services.iter().map(|service| service.metadata.name.clone()).collect(), "Service"));
    }
    if matched.state.is_fine() && !matched.idle.is_empty() {
        return Some(format!("no pods, as meant: {}", matched.idle[0]));
    }
    let noun = if chain.monitor.is_pod_monitor() { "Pod" } else { "Service" };
    let place = match &chain.namespaces {
        SdNamespaces::All => String::new(),
        SdNamespaces::These(_) => format!(" in {}", chain.namespaces.words()),
    };
    matched.state.is_failed().then(|| format!("0 of {}{place}", count(matched.candidates, noun)))
}

fn backed(chain: &Chain<'_>) -> Option<String> {
    let backed = &chain.backed;
    if backed.intended && backed.spots.is_empty() && matches!(backed.state, State::Passed) {
        return Some("empty, as meant".to_owned());
    }
    let mut hosts: Vec<&str> = backed.spots.iter().map(|spot| spot.host.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let kind = match chain.role {
        super::Role::Pod if chain.open => " there",
        super::Role::Pod => "",
        role => {
            if role.kind() == Kind::Endpoints {
                " in Endpoints"
            } else {
                " in EndpointSlices"
            }
        }
    };
    let would = if chain.open { " would be" } else { "" };
    (!hosts.is_empty()).then(|| format!("{}{would}{kind}", count(hosts.len(), "address")))
}

fn kept(chain: &Chain<'_>) -> Option<String> {
    let left: usize = chain.kept.endpoints.iter().map(|kept| kept.active).sum();
    let dropped: usize = chain.kept.endpoints.iter().map(|kept| kept.dropped).sum();
    (dropped > 0).then(|| format!("{left} of {} after relabeling", count(left + dropped, "target")))
}

fn scraped(chain: &Chain<'_>) -> Option<String> {
    let scraped = &chain.scraped;
    let failures: Vec<_> = scraped.endpoints.iter().flat_map(|endpoint| &endpoint.failures).cloned().collect();
    match scraped.active() {
        0 => scraped.actual.map(|_| "it has no targets".to_owned()),
        active => Some(of_endpoint(scraped.up(), active, &failures)),
    }
}

/// `2 of 3 targets up: connect: connection refused`.
fn of_endpoint(up: usize, active: usize, failures: &[super::FailedScrapes<'_>]) -> String {
    let error = failures.iter().flat_map(|failed| failed.targets.first()).map(|target| target.error.as_str()).next();
    let error = error.map(|error| format!(": {}", crate::text::line(error, 120))).unwrap_or_default();
    format!("{up} of {} up{error}", count(active, "target"))
}

fn ports(chain: &Chain<'_>, out: &mut Links) {
    let endpoints = &chain.endpoints;
    let failed = endpoints.iter().any(|endpoint| endpoint.state.is_failed());
    let unknown: Vec<Unseen> = endpoints.iter().flat_map(|endpoint| endpoint.state.why().to_vec()).collect();
    let skipped = endpoints.iter().all(|endpoint| endpoint.state == State::Skipped);
    let state = if endpoints.is_empty() || failed {
        State::Failed
    } else if skipped {
        State::Skipped
    } else {
        State::passed_unless(unknown)
    };
    let words = |endpoint: &super::EndpointFacts<'_>| {
        let wanted = endpoint.wanted.text();
        let numbers: std::collections::BTreeSet<i64> = endpoint.targets.iter().filter_map(|target| target.spot.port).collect();
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let what = if wanted.is_empty() { "every port".to_owned() } else { format!("{wanted:?}") };
        match endpoint.targets.len() {
            0 => what,
            targets if numbers.is_empty() || numbers.first() == Some(&wanted) => format!("{what}, {}", count(targets, "target")),
            targets => format!("{what} → {}, {}", list(&numbers, 3), count(targets, "target")),
        }
    };
    let detail = match endpoints.as_slice() {
        [] => Some("the monitor has no endpoints".to_owned()),
        [one] => Some(words(one)),
        several => {
            let targets = several.iter().map(|endpoint| endpoint.targets.len()).sum();
            Some(format!("{}, {}", count(several.len(), "endpoint"), count(targets, "target")))
        }
    };
    out.whole(Link::Ports, state, detail);
    for endpoint in endpoints.iter().filter(|_| endpoints.len() > 1) {
        out.push(Link::Ports, endpoint.state.clone(), Some(endpoint.index), None, Some(words(endpoint)));
    }
}
