//! Link `ports`: does what each endpoint of a monitor asks for exist (OP-SM-4, OP-PM-3, OP-PORT)?

use super::backed::{Backed, Empty};
use super::matched::contains;
use super::spots::{Discovery, Spot};
use super::state::State;
use crate::prometheus::re2::Pattern;
use crate::world::{Container, Endpoint, IntOrString, Kind, Monitor, Pod, Service, Unseen, UnseenReason, World};

/// What one endpoint of a monitor asks for and gets.
#[derive(Clone, Debug)]
pub struct EndpointFacts<'w> {
    /// Its index.
    pub index: usize,
    /// What it asks for.
    pub wanted: Wanted,
    /// The state.
    pub state: State,
    /// What it yields.
    pub targets: Vec<Target<'w>>,
    /// Why it yields nothing.
    pub trouble: Option<PortTrouble<'w>>,
    /// Fields that say a port too but have no effect, because another comes first (OP-SM-5, OP-PM-3).
    pub shadowed: Vec<(&'static str, String)>,
    /// Names that a pattern matches although they are not written there (OP-CFG-3).
    pub surprises: Vec<String>,
    /// Matched Services that have endpoints but not this port, while others have it.
    pub lacking: Vec<&'w Service>,
    /// Matched Services that have this port and nothing behind them, while the others do not have it.
    pub unbacked: Vec<&'w Service>,
}

/// What the port rule of an endpoint looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The name of an endpoint port, which is that of the Service port.
    EndpointName(String),
    /// The name of a declared container port.
    ContainerName(String),
    /// The number of a declared container port.
    ContainerNumber(i64),
    /// Nothing: every port is taken.
    Any,
}

impl Wanted {
    /// The first rule that applies wins; values are patterns.
    pub fn of(monitor: &Monitor, endpoint: &Endpoint) -> Self {
        if let Some(name) = endpoint.port_name() {
            return if monitor.is_pod_monitor() { Self::ContainerName(name) } else { Self::EndpointName(name) };
        }
        if let Some(number) = endpoint.port_number.filter(|number| monitor.is_pod_monitor() && *number != 0) {
            return Self::ContainerNumber(number);
        }
        match endpoint.wanted_target_port() {
            Some(IntOrString::Int(number)) => Self::ContainerNumber(*number),
            Some(IntOrString::String(name)) => Self::ContainerName(name.clone()),
            None => Self::Any,
        }
    }

    /// The value, as text; empty for any.
    pub fn text(&self) -> String {
        match self {
            Self::EndpointName(name) | Self::ContainerName(name) => name.clone(),
            Self::ContainerNumber(number) => number.to_string(),
            Self::Any => String::new(),
        }
    }

    /// The field of the endpoint that asks.
    pub fn field(&self, monitor: &Monitor, endpoint: &Endpoint) -> &'static str {
        match self {
            Self::Any => "",
            _ if endpoint.port_name().is_some() => "port",
            Self::ContainerNumber(_) if monitor.is_pod_monitor() && endpoint.port_number.is_some() => "portNumber",
            _ => "targetPort",
        }
    }
}

/// Something that would be scraped, before user relabelings.
#[derive(Clone, Debug)]
pub struct Target<'w> {
    /// Where it was discovered.
    pub spot: Spot<'w>,
    /// Everything that makes two targets the same to Prometheus after the operator's own rules.
    pub identity: String,
    /// Address, scheme, path and parameters: what is fetched.
    pub fetched: String,
}

/// Why an endpoint yields nothing although there is something behind the Services or pods.
#[derive(Clone, Debug)]
pub enum PortTrouble<'w> {
    /// A number stands where a name is compared.
    IsNumber {
        /// The number.
        number: i64,
        /// Service ports that have this number, as their own or as the one they lead to.
        service_ports: Vec<(&'w Service, usize)>,
        /// Containers that declare the number.
        declared: Vec<(&'w Pod, &'w Container, usize)>,
    },
    /// The Service port has no name.
    Unnamed {
        /// Such ports.
        ports: Vec<(&'w Service, usize)>,
    },
    /// No endpoint port has the name.
    NameMissing {
        /// The names that there are.
        offered: Vec<String>,
        /// The one that is probably meant.
        nearest: Option<String>,
        /// A container port of that name that no Service exposes.
        on_container: Option<(&'w Pod, &'w Container, usize)>,
    },
    /// The Service has a port of the name, but it leads to a container port that no pod declares, so that it is left
    /// out of the endpoints.
    LeadsNowhere {
        /// The Service.
        service: &'w Service,
        /// Index of its port.
        port: usize,
        /// A pod behind it.
        pod: &'w Pod,
    },
    /// The Service has a port of the name, its endpoints, made by hand or old, do not.
    EndpointsDiffer {
        /// The Service.
        service: &'w Service,
        /// The names in the endpoints.
        offered: Vec<String>,
    },
    /// `targetPort` holds the Service's own port, which leads elsewhere.
    IsServicePort {
        /// The Service.
        service: &'w Service,
        /// Index of its port.
        port: usize,
    },
    /// No container declares the port.
    Undeclared {
        /// Name and number of the ports that are declared.
        declared: Vec<(String, i64)>,
        /// The declared name that is probably meant.
        nearest: Option<String>,
        /// A named Service port that leads to the number, or whose name is probably meant.
        through_service: Option<(&'w Service, usize)>,
        /// A pod in which it is not declared.
        pod: Option<&'w Pod>,
    },
    /// A container port is asked for, but the addresses are not those of pods.
    NotPods {
        /// The names of the endpoint ports.
        offered: Vec<String>,
    },
    /// Only an init container declares it, and this server does not look there.
    InitContainerOnly {
        /// The pod.
        pod: &'w Pod,
        /// The container.
        container: &'w Container,
    },
}

/// Judges an endpoint of a monitor against what discovery offers. `drops_finished`: the server leaves out finished
/// pods unless the endpoint says otherwise.
pub(super) fn endpoint<'w>(
    world: &'w World,
    monitor: &Monitor,
    index: usize,
    backed: &Backed<'w>,
    services: &[&'w Service],
    discovery: Discovery,
    drops_finished: bool,
) -> EndpointFacts<'w> {
    let endpoint = &monitor.spec.endpoints[index];
    let wanted = Wanted::of(monitor, endpoint);
    let pattern = Pattern::new(&wanted.text());
    let drops = drops_finished && endpoint.filter_running != Some(false);
    let gone = |spot: &&Spot<'_>| drops && spot.pod.is_some_and(Pod::is_finished);
    let spots: Vec<Spot<'w>> = backed.spots.iter().filter(|spot| !gone(spot)).cloned().collect();
    let mut facts = EndpointFacts {
        index,
        state: State::Passed,
        targets: Vec::new(),
        trouble: None,
        shadowed: shadowed(monitor, endpoint, wanted.field(monitor, endpoint)),
        surprises: Vec::new(),
        lacking: Vec::new(),
        unbacked: Vec::new(),
        wanted,
    };
    if spots.is_empty() {
        facts.without_spots(world, services, &pattern, discovery);
        return facts;
    }
    let mut unknown = Vec::new();
    for spot in &spots {
        match fits(&facts.wanted, &pattern, spot) {
            Some(true) => facts.targets.push(target(monitor, endpoint, spot)),
            Some(false) => {}
            None if spot.pod_unseen => unknown.extend(world.sight.whole(Kind::Pod, Some(spot.namespace)).err()),
            None => {
                let need = format!("the pattern {:?} cannot be judged: Go's dialect may differ here", facts.wanted.text());
                unknown.push(Unseen { reason: UnseenReason::NotJudged, need });
            }
        }
    }
    facts.targets.sort_by(|a, b| a.identity.cmp(&b.identity));
    facts.targets.dedup_by(|a, b| a.identity == b.identity);
    if let Wanted::EndpointName(name) | Wanted::ContainerName(name) = &facts.wanted
        && !pattern.is_literal()
    {
        let names = facts.targets.iter().filter_map(|target| compared_name(&facts.wanted, &target.spot));
        facts.surprises = names.filter(|found| found != name).collect();
        facts.surprises.sort();
        facts.surprises.dedup();
    }
    if facts.targets.is_empty() {
        unknown.extend(facts.behind_unseen(world, &spots, services));
        let empty = facts.empty_holders(backed);
        unknown.extend(empty.iter().filter_map(|(_, empty)| empty.unknown()).flatten().cloned());
        unknown.sort();
        unknown.dedup();
        if unknown.is_empty() && !empty.is_empty() {
            // The port is there: what is behind it is missing, and that may be meant.
            let mistakes = empty.iter().filter(|(_, empty)| !empty.is_intended());
            facts.unbacked = mistakes.map(|(service, _)| *service).collect();
        } else if unknown.is_empty() {
            facts.trouble = Some(trouble(world, &facts.wanted, &spots, services, discovery));
            facts.state = State::Failed;
        } else {
            facts.state = State::Unknown(unknown);
        }
    } else {
        let served = |service: &Service| facts.targets.iter().any(|target| is_of(&target.spot, service));
        let offered = |service: &Service| spots.iter().any(|spot| is_of(spot, service));
        facts.lacking = services.iter().copied().filter(|service| offered(service) && !served(service)).collect();
    }
    facts
}

/// The fields that say a port although another field comes first.
fn shadowed(monitor: &Monitor, endpoint: &Endpoint, used: &str) -> Vec<(&'static str, String)> {
    let number = endpoint.port_number.filter(|number| monitor.is_pod_monitor() && *number != 0);
    let fields = [
        ("portNumber", number.map(|number| number.to_string())),
        ("targetPort", endpoint.wanted_target_port().map(ToString::to_string)),
    ];
    let set = fields.into_iter().filter_map(|(field, value)| Some((field, value?)));
    set.filter(|(field, _)| *field != used && (used == "port" || *field == "targetPort")).collect()
}

/// Whether the port rule keeps a spot; `None` where that cannot be told.
fn fits(wanted: &Wanted, pattern: &Pattern, spot: &Spot<'_>) -> Option<bool> {
    match wanted {
        Wanted::Any => Some(true),
        // An absent label is the empty text to a rule.
        Wanted::EndpointName(_) => pattern.matches(spot.endpoint_port.as_deref().unwrap_or_default()),
        Wanted::ContainerName(_) if spot.pod_unseen => None,
        Wanted::ContainerName(_) => pattern.matches(spot.container_port.map_or("", |port| port.name())),
        Wanted::ContainerNumber(_) if spot.pod_unseen => None,
        Wanted::ContainerNumber(number) => Some(spot.container_port.is_some_and(|port| port.container_port == *number)),
    }
}

fn compared_name(wanted: &Wanted, spot: &Spot<'_>) -> Option<String> {
    match wanted {
        Wanted::EndpointName(_) => Some(spot.endpoint_port.clone().unwrap_or_default()),
        Wanted::ContainerName(_) => Some(spot.container_port.map(|port| port.name().to_owned()).unwrap_or_default()),
        _ => None,
    }
}

fn target<'w>(monitor: &Monitor, endpoint: &Endpoint, spot: &Spot<'w>) -> Target<'w> {
    let scheme = if endpoint.scheme.is_empty() { "http" } else { &endpoint.scheme };
    let path = if endpoint.path.is_empty() { "/metrics" } else { &endpoint.path };
    let params = if endpoint.params.is_null() { String::new() } else { format!("?{}", endpoint.params) };
    let fetched = format!("{}://{}{path}{params}", scheme.to_ascii_lowercase(), spot.address());
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    let identity = [
        fetched.clone(),
        spot.namespace.to_owned(),
        name(spot.service.map(|service| service.metadata.name.as_str())),
        name(spot.pod.map(|pod| pod.metadata.name.as_str())),
        name(spot.container.map(|container| container.name.as_str())),
        name(spot.node),
        monitor.metadata.name.clone(),
    ];
    Target { spot: spot.clone(), identity: identity.join("\n"), fetched }
}

impl<'w> EndpointFacts<'w> {
    /// Its path: `spec.endpoints[0]`.
    pub fn path(&self, monitor: &Monitor) -> String {
        format!("spec.{}", self.name(monitor))
    }

    /// What people call it: `endpoints[0]`.
    pub fn name(&self, monitor: &Monitor) -> String {
        format!("{}[{}]", monitor.endpoints_field(), self.index)
    }

    /// The field in which it asks for a port; empty if it asks for none.
    pub fn field(&self, monitor: &Monitor) -> &'static str {
        self.wanted.field(monitor, &monitor.spec.endpoints[self.index])
    }

    /// The Services that have the port, with what leaves each of them empty; none, where one of them yields something or
    /// where it is their ports that lead nowhere.
    fn empty_holders<'b>(&self, backed: &'b Backed<'w>) -> Vec<(&'w Service, &'b Empty<'w>)> {
        let Wanted::EndpointName(name) = &self.wanted else { return Vec::new() };
        let holds = |service: &Service| service.spec.ports.iter().any(|port| port.name() == name);
        let holders = backed.services.iter().filter(|backing| holds(backing.service));
        let empty = holders.map(|backing| match &backing.empty {
            Some(Empty::PortsLeadNowhere(_)) | None => None,
            Some(empty) => Some((backing.service, empty)),
        });
        empty.collect::<Option<_>>().unwrap_or_default()
    }

    /// The Service that has the port, where what is behind that one is not in the files and so may serve it.
    fn behind_unseen(&self, world: &World, spots: &[Spot<'_>], services: &[&'w Service]) -> Option<Unseen> {
        let Wanted::EndpointName(name) = &self.wanted else { return None };
        let empty = |service: &&&Service| {
            service.spec.ports.iter().any(|port| port.name() == name)
                && !spots.iter().any(|spot| is_of(spot, service))
                && pods_of(world, service).next().is_none()
        };
        let service = services.iter().filter(|_| world.sight.is_open()).find(empty)?;
        let need = format!("what is behind Service {}", service.metadata.id(Kind::Service).path());
        Some(Unseen { reason: UnseenReason::NotInFiles, need })
    }

    /// Nothing is behind the Services, or it was not seen: then only the Services' own port lists can be compared. A
    /// number where the name of a container port is compared is wrong whatever there is: such names hold a letter.
    fn without_spots(&mut self, world: &'w World, services: &[&'w Service], pattern: &Pattern, discovery: Discovery) {
        let names = || services.iter().flat_map(|service| &service.spec.ports).map(|port| port.name());
        let fails = match &self.wanted {
            Wanted::EndpointName(_) if names().next().is_some() => names().all(|name| pattern.matches(name) == Some(false)),
            Wanted::ContainerName(name) => number_of(name).is_some(),
            _ => false,
        };
        let judged = fails || (matches!(self.wanted, Wanted::EndpointName(_)) && names().next().is_some());
        self.state = match (fails, judged) {
            (true, _) => State::Failed,
            (false, true) => State::Passed,
            (false, false) => State::Skipped,
        };
        if fails {
            self.trouble = Some(trouble(world, &self.wanted, &[], services, discovery));
        }
    }
}

fn trouble<'w>(
    world: &'w World,
    wanted: &Wanted,
    spots: &[Spot<'w>],
    services: &[&'w Service],
    discovery: Discovery,
) -> PortTrouble<'w> {
    let pods = pods(spots);
    match wanted {
        Wanted::EndpointName(name) | Wanted::ContainerName(name) if number_of(name).is_some() && !is_named(services, name) => {
            is_number(number_of(name).unwrap_or_default(), services, &pods)
        }
        Wanted::EndpointName(name) => endpoint_name(world, name, spots, services, &pods),
        _ if pods.is_empty() && !spots.is_empty() => PortTrouble::NotPods { offered: endpoint_ports(spots) },
        Wanted::ContainerName(name) => container_name(name, services, &pods, discovery),
        Wanted::ContainerNumber(number) => container_number(*number, services, &pods, discovery),
        Wanted::Any => PortTrouble::NameMissing { offered: Vec::new(), nearest: None, on_container: None },
    }
}

/// A port number that was written as a text.
fn number_of(name: &str) -> Option<i64> {
    name.parse::<u16>().ok().filter(|number| number.to_string() == name).map(i64::from)
}

fn is_named(services: &[&Service], name: &str) -> bool {
    services.iter().flat_map(|service| &service.spec.ports).any(|port| port.name() == name)
}

/// The names of the endpoint ports; the empty one stands for those without a name.
fn endpoint_ports(spots: &[Spot<'_>]) -> Vec<String> {
    let mut names: Vec<String> = spots.iter().filter_map(|spot| spot.endpoint_port.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn pods<'w>(spots: &[Spot<'w>]) -> Vec<&'w Pod> {
    let mut pods: Vec<&Pod> = spots.iter().filter_map(|spot| spot.pod).collect();
    pods.sort_by(|a, b| (&a.metadata.namespace, &a.metadata.name).cmp(&(&b.metadata.namespace, &b.metadata.name)));
    pods.dedup_by(|a, b| std::ptr::eq(*a, *b));
    pods
}

fn service_ports<'w>(services: &[&'w Service]) -> impl Iterator<Item = (&'w Service, usize)> {
    services.iter().flat_map(|service| (0..service.spec.ports.len()).map(move |at| (*service, at)))
}

fn declared_ports<'w>(pods: &[&'w Pod]) -> impl Iterator<Item = (&'w Pod, &'w Container, usize)> {
    let of_pod = |pod: &'w Pod| {
        pod.all_containers().flat_map(move |container| (0..container.ports.len()).map(move |at| (pod, container, at)))
    };
    pods.iter().flat_map(move |pod| of_pod(pod))
}

fn is_number<'w>(number: i64, services: &[&'w Service], pods: &[&'w Pod]) -> PortTrouble<'w> {
    let of_number = |(service, at): &(&Service, usize)| {
        let port = &service.spec.ports[*at];
        port.port == number
            || port.target() == IntOrString::Int(number)
            || pods.iter().any(|pod| port.resolve(pod) == Some(number))
    };
    let mut service_ports: Vec<(&Service, usize)> = service_ports(services).filter(of_number).collect();
    // The port that leads to the number is a better guess than the one that merely has it.
    service_ports.sort_by_key(|(service, at)| service.spec.ports[*at].port == number);
    let declared = declared_ports(pods).filter(|(_, container, at)| container.ports[*at].container_port == number).collect();
    PortTrouble::IsNumber { number, service_ports, declared }
}

/// The pods that a Service selects, as far as they have not ended.
fn pods_of<'w>(world: &'w World, service: &'w Service) -> impl Iterator<Item = &'w Pod> {
    let chosen = move |pod: &&Pod| service.selector().is_some_and(|selector| contains(&pod.metadata.labels, selector));
    world.pods.in_namespace(&service.metadata.namespace).filter(|pod| !pod.is_finished()).filter(chosen)
}

fn endpoint_name<'w>(
    world: &'w World,
    name: &str,
    spots: &[Spot<'w>],
    services: &[&'w Service],
    pods: &[&'w Pod],
) -> PortTrouble<'w> {
    let mut offered = endpoint_ports(spots);
    if let Some((service, port)) = service_ports(services).find(|(service, at)| service.spec.ports[*at].name() == name) {
        let mut behind: Vec<&Pod> = spots.iter().filter(|spot| is_of(spot, service)).filter_map(|spot| spot.pod).collect();
        if !spots.is_empty() && behind.is_empty() {
            // With its last port a pod is left out of the endpoints.
            behind.extend(pods_of(world, service));
        }
        let nowhere = service.selector().is_some() && behind.iter().all(|pod| service.spec.ports[port].resolve(pod).is_none());
        return match behind.first() {
            Some(pod) if nowhere => PortTrouble::LeadsNowhere { service, port, pod },
            _ => PortTrouble::EndpointsDiffer { service, offered },
        };
    }
    if spots.is_empty() {
        offered = service_ports(services).map(|(service, at)| service.spec.ports[at].name().to_owned()).collect();
        offered.sort();
        offered.dedup();
    }
    let unnamed: Vec<(&Service, usize)> =
        service_ports(services).filter(|(service, at)| service.spec.ports[*at].name().is_empty()).collect();
    if offered.iter().all(String::is_empty) && !unnamed.is_empty() {
        return PortTrouble::Unnamed { ports: unnamed };
    }
    let on_container = declared_ports(pods).find(|(_, container, at)| container.ports[*at].name() == name);
    // The Service may expose the container port of that name under another name.
    let through = on_container.and_then(|(pod, container, at)| {
        let number = container.ports[at].container_port;
        let named = service_ports(services).map(|(service, at)| &service.spec.ports[at]).filter(|port| !port.name().is_empty());
        named.filter(|port| offered.iter().any(|name| name == port.name())).find(|port| port.resolve(pod) == Some(number))
    });
    let nearest = match through {
        Some(port) => Some(port.name().to_owned()),
        None if on_container.is_some() => None,
        None => guess_port(name, &offered),
    };
    PortTrouble::NameMissing { offered, nearest, on_container: on_container.filter(|_| through.is_none()) }
}

fn is_of(spot: &Spot<'_>, service: &Service) -> bool {
    spot.service.is_some_and(|other| std::ptr::eq(other, service))
}

/// The name that is probably meant: a similar one, the only one, or the only one that speaks of metrics.
pub fn guess_port(name: &str, offered: &[String]) -> Option<String> {
    let names: Vec<&str> = offered.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let metrics: Vec<&str> = names.iter().copied().filter(|name| name.contains("metric") || name.contains("prom")).collect();
    let similar = crate::text::nearest(name, names.iter().copied());
    let only = |names: &[&'_ str]| match names {
        [only] => Some((*only).to_owned()),
        _ => None,
    };
    similar.map(str::to_owned).or_else(|| only(&names)).or_else(|| only(&metrics))
}

fn declared_names(pods: &[&Pod]) -> Vec<(String, i64)> {
    let mut names: Vec<(String, i64)> = declared_ports(pods)
        .map(|(_, container, at)| (container.ports[at].name().to_owned(), container.ports[at].container_port))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn init_only<'w>(
    pods: &[&'w Pod],
    discovery: Discovery,
    fits: impl Fn(&crate::world::ContainerPort) -> bool,
) -> Option<PortTrouble<'w>> {
    if discovery.role == super::discoverable::Role::Pod || discovery.knows_init_ports() {
        return None;
    }
    pods.iter().find_map(|pod| {
        let container = pod.spec.init_containers.iter().find(|container| container.ports.iter().any(&fits))?;
        Some(PortTrouble::InitContainerOnly { pod, container })
    })
}

fn container_name<'w>(name: &str, services: &[&'w Service], pods: &[&'w Pod], discovery: Discovery) -> PortTrouble<'w> {
    if let Some(trouble) = init_only(pods, discovery, |port| port.name() == name) {
        return trouble;
    }
    let service_port = service_ports(services).find(|(service, at)| service.spec.ports[*at].name() == name);
    if let Some((service, port)) = service_port {
        return PortTrouble::IsServicePort { service, port };
    }
    let declared = declared_names(pods);
    let names: Vec<String> = declared.iter().map(|(name, _)| name.clone()).collect();
    // A port of the Service is as good, if one of those that lead somewhere is probably meant.
    let leads = |(service, at): &(&Service, usize)| pods.iter().any(|pod| service.spec.ports[*at].resolve(pod).is_some());
    let exposed: Vec<(&Service, usize)> = service_ports(services).filter(leads).collect();
    let named = |(service, at): &(&'w Service, usize)| service.spec.ports[*at].name().to_owned();
    let meant = guess_port(name, &exposed.iter().map(named).collect::<Vec<_>>());
    let through_service = exposed.into_iter().find(|port| meant.as_ref() == Some(&named(port)));
    PortTrouble::Undeclared { nearest: guess_port(name, &names), declared, through_service, pod: pods.first().copied() }
}

fn container_number<'w>(number: i64, services: &[&'w Service], pods: &[&'w Pod], discovery: Discovery) -> PortTrouble<'w> {
    if let Some(trouble) = init_only(pods, discovery, |port| port.container_port == number) {
        return trouble;
    }
    let leads_there = |(service, at): &(&Service, usize)| {
        let port = &service.spec.ports[*at];
        port.target() == IntOrString::Int(number) || pods.iter().any(|pod| port.resolve(pod) == Some(number))
    };
    let through_service =
        service_ports(services).filter(|(service, at)| !service.spec.ports[*at].name().is_empty()).find(|port| leads_there(port));
    let mut elsewhere = service_ports(services).filter(|port| !leads_there(port));
    if through_service.is_none()
        && let Some((service, port)) = elsewhere.find(|(service, at)| service.spec.ports[*at].port == number)
    {
        return PortTrouble::IsServicePort { service, port };
    }
    PortTrouble::Undeclared { declared: declared_names(pods), nearest: None, through_service, pod: pods.first().copied() }
}
