//! Link `ports`: does what each endpoint of a monitor asks for exist (OP-SM-4, OP-PM-3, OP-PORT)?

use super::spots::{Discovery, Spot};
use super::state::State;
use crate::prometheus::re2::Pattern;
use crate::world::{Container, Endpoint, IntOrString, Monitor, Pod, Service, Unseen, UnseenReason};

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
    /// `port` and `targetPort` are both set; `port` wins (OP-SM-5).
    pub shadowed: Option<IntOrString>,
    /// Names that a pattern matches although they are not written there (OP-CFG-3).
    pub surprises: Vec<String>,
    /// Matched Services that have endpoints but not this port, while others have it.
    pub lacking: Vec<&'w Service>,
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
    /// The Service has a port of the name, its hand-made endpoints do not.
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
        /// A named Service port that leads to the number or name.
        through_service: Option<(&'w Service, usize)>,
        /// A pod in which it is not declared.
        pod: Option<&'w Pod>,
    },
    /// Only an init container declares it, and this server does not look there.
    InitContainerOnly {
        /// The pod.
        pod: &'w Pod,
        /// The container.
        container: &'w Container,
    },
}

/// Judges an endpoint of a monitor against what discovery offers.
pub(super) fn endpoint<'w>(
    monitor: &Monitor,
    index: usize,
    spots: &[Spot<'w>],
    services: &[&'w Service],
    discovery: Discovery,
) -> EndpointFacts<'w> {
    let endpoint = &monitor.spec.endpoints[index];
    let wanted = Wanted::of(monitor, endpoint);
    let pattern = Pattern::new(&wanted.text());
    let both = endpoint.port_name().is_some() || (monitor.is_pod_monitor() && endpoint.port_number.is_some());
    let mut facts = EndpointFacts {
        index,
        state: State::Passed,
        targets: Vec::new(),
        trouble: None,
        shadowed: endpoint.wanted_target_port().filter(|_| both).cloned(),
        surprises: Vec::new(),
        lacking: Vec::new(),
        wanted,
    };
    if spots.is_empty() {
        facts.without_spots(services, &pattern);
        return facts;
    }
    let mut unknown = Vec::new();
    for spot in spots {
        match fits(&facts.wanted, &pattern, spot) {
            Some(true) => facts.targets.push(target(monitor, endpoint, spot)),
            Some(false) => {}
            None if spot.pod_unseen => {
                let need = format!("list pods in {}", spot.namespace);
                unknown.push(Unseen { reason: UnseenReason::NotAsked, need });
            }
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
        unknown.sort();
        unknown.dedup();
        if unknown.is_empty() {
            facts.trouble = Some(trouble(&facts.wanted, spots, services, discovery));
            facts.state = State::Failed;
        } else {
            facts.state = State::Unknown(unknown);
        }
    } else {
        let served = |service: &Service| {
            facts.targets.iter().any(|target| target.spot.service.is_some_and(|other| std::ptr::eq(other, service)))
        };
        let offered = |service: &Service| spots.iter().any(|spot| spot.service.is_some_and(|other| std::ptr::eq(other, service)));
        facts.lacking = services.iter().copied().filter(|service| offered(service) && !served(service)).collect();
    }
    facts
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
        monitor.metadata.name.clone(),
    ];
    Target { spot: spot.clone(), identity: identity.join("\n"), fetched }
}

impl EndpointFacts<'_> {
    /// Nothing is behind the Services yet: then only the Services' own port lists can be compared.
    fn without_spots(&mut self, services: &[&Service], pattern: &Pattern) {
        let Wanted::EndpointName(_) = &self.wanted else {
            self.state = State::Skipped;
            return;
        };
        let names = || services.iter().flat_map(|service| &service.spec.ports).map(|port| port.name());
        let fits = names().any(|name| pattern.matches(name) != Some(false));
        self.state = if names().next().is_none() {
            State::Skipped
        } else if fits {
            State::Passed
        } else {
            State::Failed
        };
    }
}

fn trouble<'w>(wanted: &Wanted, spots: &[Spot<'w>], services: &[&'w Service], discovery: Discovery) -> PortTrouble<'w> {
    let pods = pods(spots);
    let text = wanted.text();
    match wanted {
        Wanted::EndpointName(_) | Wanted::ContainerName(_) if text.parse::<u16>().is_ok() => {
            is_number(text.parse().unwrap_or_default(), services, &pods)
        }
        Wanted::EndpointName(name) => endpoint_name(name, spots, services, &pods),
        Wanted::ContainerName(name) => container_name(name, services, &pods, discovery),
        Wanted::ContainerNumber(number) => container_number(*number, services, &pods, discovery),
        Wanted::Any => PortTrouble::NameMissing { offered: Vec::new(), nearest: None, on_container: None },
    }
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

fn endpoint_name<'w>(name: &str, spots: &[Spot<'w>], services: &[&'w Service], pods: &[&'w Pod]) -> PortTrouble<'w> {
    let mut offered: Vec<String> = spots.iter().filter_map(|spot| spot.endpoint_port.clone()).collect();
    offered.sort();
    offered.dedup();
    let named = service_ports(services).find(|(service, at)| service.spec.ports[*at].name() == name);
    if let Some((service, _)) = named {
        return PortTrouble::EndpointsDiffer { service, offered };
    }
    if offered.iter().all(String::is_empty) {
        let ports = service_ports(services).filter(|(service, at)| service.spec.ports[*at].name().is_empty()).collect();
        return PortTrouble::Unnamed { ports };
    }
    let on_container = declared_ports(pods).find(|(_, container, at)| container.ports[*at].name() == name);
    // The Service may expose the container port of that name under another name.
    let through = on_container.and_then(|(pod, container, at)| {
        let number = container.ports[at].container_port;
        service_ports(services).map(|(service, at)| &service.spec.ports[at]).find(|port| port.resolve(pod) == Some(number))
    });
    let nearest = match through {
        Some(port) if !port.name().is_empty() => Some(port.name().to_owned()),
        _ if on_container.is_some() => None,
        _ => guess(name, &offered),
    };
    PortTrouble::NameMissing { offered, nearest, on_container: on_container.filter(|_| through.is_none()) }
}

/// The name that is probably meant: a similar one, the only one, or the only one that speaks of metrics.
fn guess(name: &str, offered: &[String]) -> Option<String> {
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
    PortTrouble::Undeclared { nearest: guess(name, &names), declared, through_service: None, pod: pods.first().copied() }
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
    if through_service.is_none()
        && let Some((service, port)) = service_ports(services).find(|(service, at)| service.spec.ports[*at].port == number)
    {
        return PortTrouble::IsServicePort { service, port };
    }
    PortTrouble::Undeclared { declared: declared_names(pods), nearest: None, through_service, pod: pods.first().copied() }
}
