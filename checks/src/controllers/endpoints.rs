//! Endpoints and EndpointSlices of a Service with a selector, from the pods that it chooses.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Addresses, in_ipv6, is_stand_in};
use crate::world::{
    Address, EndpointPort, EndpointSlice, Endpoints, IntOrString, Kind, Labels, Meta, Pod, SERVICE_NAME_LABEL, Service,
    ServicePort, SliceConditions, SliceEndpoint, Subset, TargetRef, World,
};

/// The label of a Service without an address of its own, on what is behind it.
const HEADLESS: &str = "service.kubernetes.io/headless";

/// Name, number and protocol of each port: addresses with the same ones share a slice.
type Ports = Vec<(String, i64, String)>;

/// An address behind a Service.
struct Backend {
    ip: String,
    node: Option<String>,
    ready: bool,
    pod: TargetRef,
}

/// Writes what is behind one Service.
pub(super) struct Maker<'s> {
    service: &'s Service,
    by_ports: BTreeMap<Ports, Vec<Backend>>,
}

impl<'s> Maker<'s> {
    pub(super) fn new(service: &'s Service) -> Self {
        Self { service, by_ports: BTreeMap::new() }
    }

    /// Adds a pod that the Service chooses. One without an IP, or that ran to its end, is left out; a port that leads to
    /// a name which the pod does not declare is missing.
    pub(super) fn add(&mut self, pod: &Pod) {
        if pod.status.pod_ip.is_empty() || pod.is_finished() {
            return;
        }
        let ports = self.service.spec.ports.iter();
        let ports = ports.filter_map(|port| Some(named(port, port.resolve(pod)?))).collect();
        let backend = Backend {
            ip: pod.status.pod_ip.clone(),
            node: Some(pod.spec.node_name.clone()).filter(|node| !node.is_empty()),
            ready: pod.is_ready(),
            pod: reference(&pod.metadata.namespace, &pod.metadata.name),
        };
        self.by_ports.entry(ports).or_default().push(backend);
    }

    /// Adds the address of a pod that was not seen. To which number a name leads is not known: the Service's own number
    /// stands for it, or another where that is taken.
    pub(super) fn stand_in(&mut self, addresses: &mut Addresses) {
        let (namespace, name) = (&self.service.metadata.namespace, &self.service.metadata.name);
        let ports = &self.service.spec.ports;
        let mut taken: BTreeSet<i64> = ports.iter().filter_map(number).collect();
        let mut find = |port: &ServicePort| {
            let found = number(port).unwrap_or_else(|| {
                let free = (port.port.max(1)..=65_535).chain(1..=65_535).find(|number| !taken.contains(number));
                free.unwrap_or(port.port)
            });
            taken.insert(found);
            named(port, found)
        };
        let ports: Ports = ports.iter().map(&mut find).collect();
        let backend = Backend {
            ip: addresses.take(&format!("Service/{namespace}/{name}")),
            node: None,
            ready: true,
            pod: reference(namespace, &format!("pod-of-{name}")),
        };
        self.by_ports.entry(ports).or_default().push(backend);
    }

    pub(super) fn finish(self) -> (Endpoints, Vec<EndpointSlice>) {
        let (service, meta) = (self.service, &self.service.metadata);
        let metadata = |name: String, labels: Labels| Meta { name, namespace: meta.namespace.clone(), labels, ..Meta::default() };
        let mut subsets = Vec::new();
        let mut slices = Vec::new();
        let family = service.spec.ip_families.first().map_or("", String::as_str);
        for (at, (ports, backends)) in self.by_ports.into_iter().enumerate() {
            let ports: Vec<EndpointPort> = ports
                .into_iter()
                .map(|(name, number, protocol)| EndpointPort {
                    name: Some(name).filter(|name| !name.is_empty()),
                    port: Some(number),
                    protocol: Some(protocol),
                    app_protocol: None,
                })
                .collect();
            // An address of which no port is left is in no subset, but it is in a slice.
            let nameless = ports.is_empty() && !service.spec.ports.is_empty();
            let mut subset = Subset { ports: ports.clone(), ..Subset::default() };
            let mut families: BTreeMap<&str, Vec<SliceEndpoint>> = BTreeMap::new();
            for backend in backends {
                let six = in_ipv6(&backend.ip).filter(|_| family == "IPv6" && is_stand_in(&backend.ip));
                let ip = six.unwrap_or_else(|| backend.ip.clone());
                let kind = if ip.contains(':') { "IPv6" } else { "IPv4" };
                families.entry(kind).or_default().push(SliceEndpoint {
                    addresses: vec![ip],
                    conditions: SliceConditions {
                        ready: Some(backend.ready),
                        serving: Some(backend.ready),
                        terminating: Some(false),
                    },
                    node_name: backend.node.clone(),
                    target_ref: Some(backend.pod.clone()),
                    ..SliceEndpoint::default()
                });
                let list = if backend.ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
                list.push(Address { ip: backend.ip, hostname: None, node_name: backend.node, target_ref: Some(backend.pod) });
            }
            if !nameless {
                subsets.push(subset);
            }
            slices.extend(families.into_iter().map(|(kind, endpoints)| EndpointSlice {
                metadata: metadata(format!("{}-{}-{at}", meta.name, kind.to_ascii_lowercase()), slice_labels(service)),
                address_type: kind.to_owned(),
                endpoints,
                ports: ports.clone(),
            }));
        }
        (Endpoints { metadata: metadata(meta.name.clone(), labels(service)), subsets }, slices)
    }
}

fn named(port: &ServicePort, number: i64) -> (String, i64, String) {
    (port.name().to_owned(), number, port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()))
}

/// The number that a port leads to in every pod.
fn number(port: &ServicePort) -> Option<i64> {
    match port.target() {
        IntOrString::Int(number) => Some(number),
        IntOrString::String(_) => None,
    }
}

fn reference(namespace: &str, name: &str) -> TargetRef {
    TargetRef { kind: "Pod".to_owned(), name: name.to_owned(), namespace: namespace.to_owned() }
}

/// The labels that the controllers copy from a Service.
fn labels(service: &Service) -> Labels {
    let mut labels = service.metadata.labels.clone();
    if service.is_headless() {
        labels.insert(HEADLESS.to_owned(), String::new());
    }
    labels
}

fn slice_labels(service: &Service) -> Labels {
    let mut labels = labels(service);
    labels.insert(SERVICE_NAME_LABEL.to_owned(), service.metadata.name.clone());
    labels
}

/// Whether a change of a Service changes what is behind it, rather than what it is called.
pub(super) fn leads_elsewhere(old: &Service, new: &Service) -> bool {
    let ports = |service: &Service| -> Vec<(String, String, Option<String>)> {
        let ports = service.spec.ports.iter();
        ports.map(|port| (port.name().to_owned(), port.target().to_string(), port.protocol.clone())).collect()
    };
    old.spec.selector != new.spec.selector
        || ports(old) != ports(new)
        || old.spec.ip_families != new.spec.ip_families
        || old.is_external_name() != new.is_external_name()
}

/// Gives what is behind a Service the labels that the Service has now.
pub(super) fn reword(world: &mut World, service: &Service) {
    let (namespace, name) = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
    let id = service.metadata.id(Kind::Service);
    if let Some(found) = world.endpoints.get(namespace, name).filter(|found| found.metadata.labels != labels(service)) {
        let mut endpoints = found.clone();
        endpoints.metadata.labels = labels(service);
        world.assumed.insert(endpoints.metadata.id(Kind::Endpoints), id.clone());
        world.endpoints.insert(endpoints);
    }
    let mut own: Vec<EndpointSlice> = world
        .slices
        .in_namespace(namespace)
        .filter(|slice| slice.metadata.labels.get(SERVICE_NAME_LABEL).is_some_and(|named| named == name))
        .cloned()
        .collect();
    for mut slice in own.drain(..) {
        let managed = slice.metadata.labels.get(MANAGED_BY).cloned();
        let mut wanted = slice_labels(service);
        wanted.extend(managed.map(|by| (MANAGED_BY.to_owned(), by)));
        if slice.metadata.labels != wanted {
            slice.metadata.labels = wanted;
            world.assumed.insert(slice.metadata.id(Kind::EndpointSlice), id.clone());
            world.slices.insert(slice);
        }
    }
}

/// Who writes a slice.
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
