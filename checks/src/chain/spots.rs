//! What service discovery offers before any rule: one spot per address and port, with what the port rules look
//! at (SD-EP, SD-EPS, SD-POD).
//!
//! Addresses that are not ready are offered too. Behind a Service each further port that a pod's containers declare is
//! offered as well, on the pod's own address and without an endpoint port name: that is why `targetPort` reaches ports
//! that no Service exposes, and why an endpoint without a port takes so many.

use std::collections::BTreeMap;

use super::discoverable::Role;
use super::index::Index;
use crate::operator::version::Version;
use crate::selector::LabelSelector;
use crate::world::{Container, ContainerPort, EndpointSlice, Kind, Pod, Service, TargetRef, World};

/// An address that service discovery offers.
#[derive(Clone, Debug)]
pub struct Spot<'w> {
    /// Namespace.
    pub namespace: &'w str,
    /// The Service, for the roles that come from Services.
    pub service: Option<&'w Service>,
    /// The pod behind it, if it is one and was seen.
    pub pod: Option<&'w Pod>,
    /// The node that the address is said to be of, which becomes a label.
    pub node: Option<&'w str>,
    /// IP or host name.
    pub host: String,
    /// Port; `None` for a container without declared ports.
    pub port: Option<i64>,
    /// The name of the endpoint port; empty if unnamed. `None` for spots that do not come from an endpoint port.
    pub endpoint_port: Option<String>,
    /// The container that declares the port.
    pub container: Option<&'w Container>,
    /// Its declaration.
    pub container_port: Option<&'w ContainerPort>,
    /// Whether it refers to a pod that may exist but was not seen, so that container ports are unknown.
    pub pod_unseen: bool,
}

impl Spot<'_> {
    /// `host:port`.
    pub fn address(&self) -> String {
        match self.port {
            Some(port) if self.host.contains(':') => format!("[{}]:{port}", self.host),
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

/// How a server discovers.
#[derive(Clone, Copy, Debug)]
pub struct Discovery {
    /// The role.
    pub role: Role,
    /// The server's version.
    pub prometheus: Option<Version>,
}

impl Discovery {
    fn since(self, major: u32, minor: u32) -> bool {
        self.prometheus.is_none_or(|version| version >= Version::new(major, minor, 0))
    }

    /// Whether ports of init containers count for Endpoints and EndpointSlices (SD-EP-9: since 3.0).
    pub fn knows_init_ports(self) -> bool {
        self.since(3, 0)
    }

    /// Whether a slice counts: since 3.11 a dual-stack Service yields its primary family only (SD-EPS-7).
    pub(super) fn takes_family(self, service: &Service, slice: &EndpointSlice) -> bool {
        let dual = matches!(service.spec.ip_family_policy.as_deref(), Some("PreferDualStack" | "RequireDualStack"));
        let primary = service.spec.ip_families.first();
        !(dual && self.since(3, 11) && primary.is_some_and(|family| *family != slice.address_type))
    }

    /// What the discovery offers for a Service. `own_labels` is the selector of a RoleSelector monitor, which is
    /// applied to the Endpoints or slices as well (OP-SM-2).
    pub fn of_service<'w>(
        self,
        world: &'w World,
        index: &Index<'w>,
        service: &'w Service,
        own_labels: Option<&LabelSelector>,
    ) -> Vec<Spot<'w>> {
        let mut spots = Vec::new();
        let visible = |labels: &crate::world::Labels| own_labels.is_none_or(|selector| selector.matches(labels));
        let (namespace, name) = (service.metadata.namespace.as_str(), service.metadata.name.as_str());
        if self.role == Role::Endpoints {
            if let Some(endpoints) = world.endpoints.get(namespace, name).filter(|endpoints| visible(&endpoints.metadata.labels))
            {
                let mut group = Group::new(self, world, service);
                for subset in &endpoints.subsets {
                    for port in &subset.ports {
                        for address in subset.addresses.iter().chain(&subset.not_ready_addresses) {
                            group.add(
                                address.ip.clone(),
                                port.port,
                                port.name.clone().unwrap_or_default(),
                                address.target_ref.as_ref(),
                            );
                        }
                    }
                }
                spots.extend(group.finish());
            }
            return spots;
        }
        let slices = index.slices_of(service).iter().filter(|slice| visible(&slice.metadata.labels));
        for slice in slices.filter(|slice| self.takes_family(service, slice)) {
            let mut group = Group::new(self, world, service);
            for endpoint in &slice.endpoints {
                for port in &slice.ports {
                    for address in &endpoint.addresses {
                        group.add(
                            address.clone(),
                            port.port,
                            port.name.clone().unwrap_or_default(),
                            endpoint.target_ref.as_ref(),
                        );
                    }
                }
            }
            spots.extend(group.finish());
        }
        spots
    }
}

/// The spots of one Endpoints object or slice, with the further container ports of the pods seen in it.
struct Group<'w> {
    discovery: Discovery,
    world: &'w World,
    service: &'w Service,
    spots: Vec<Spot<'w>>,
    /// By namespace and name: the pod, and the ports by which it was seen.
    seen: BTreeMap<(&'w str, &'w str), (&'w Pod, Vec<i64>)>,
}

impl<'w> Group<'w> {
    fn new(discovery: Discovery, world: &'w World, service: &'w Service) -> Self {
        Self { discovery, world, service, spots: Vec::new(), seen: BTreeMap::new() }
    }

    fn containers(&self, pod: &'w Pod) -> impl Iterator<Item = &'w Container> + use<'w> {
        let init = if self.discovery.knows_init_ports() { pod.spec.init_containers.as_slice() } else { &[] };
        pod.spec.containers.iter().chain(init)
    }

    fn add(&mut self, host: String, port: Option<i64>, name: String, reference: Option<&'w TargetRef>) {
        let namespace = self.service.metadata.namespace.as_str();
        let node = reference.filter(|reference| reference.kind == "Node").map(|reference| reference.name.as_str());
        let reference = reference.filter(|reference| reference.kind == "Pod");
        // A reference without a namespace leads nowhere: pods are looked up by namespace and name (SD-EP-6).
        let pod = reference.and_then(|reference| self.world.pods.get(&reference.namespace, &reference.name));
        let unseen = |reference: &TargetRef| {
            !reference.namespace.is_empty() && self.world.sight.whole(Kind::Pod, Some(&reference.namespace)).is_err()
        };
        let mut spot = Spot {
            namespace,
            service: Some(self.service),
            pod,
            node,
            host,
            port,
            endpoint_port: Some(name),
            container: None,
            container_port: None,
            pod_unseen: pod.is_none() && reference.is_some_and(unseen),
        };
        if let (Some(pod), Some(port)) = (pod, port) {
            // The last container that declares the number wins, by its first port of that number.
            for container in self.containers(pod) {
                if let Some(declared) = container.ports.iter().find(|declared| declared.container_port == port) {
                    (spot.container, spot.container_port) = (Some(container), Some(declared));
                }
            }
        }
        if let Some(pod) = pod {
            let id = (pod.metadata.namespace.as_str(), pod.metadata.name.as_str());
            self.seen.entry(id).or_insert((pod, Vec::new())).1.extend(port);
        }
        self.spots.push(spot);
    }

    /// SD-EP-10: each declared container port by which a pod was not seen is one more spot, on the pod's own IP.
    fn finish(mut self) -> Vec<Spot<'w>> {
        let seen = std::mem::take(&mut self.seen);
        // Up to 2.45 pods without an IP gave addresses without a host.
        let counts = |pod: &Pod| !pod.status.pod_ip.is_empty() || !self.discovery.since(2, 46);
        for (pod, ports) in seen.values().filter(|(pod, _)| counts(pod)) {
            for container in self.containers(pod) {
                for declared in container.ports.iter().filter(|declared| !ports.contains(&declared.container_port)) {
                    self.spots.push(Spot {
                        namespace: &self.service.metadata.namespace,
                        service: Some(self.service),
                        pod: Some(pod),
                        node: None,
                        host: pod.status.pod_ip.clone(),
                        port: Some(declared.container_port),
                        endpoint_port: None,
                        container: Some(container),
                        container_port: Some(declared),
                        pod_unseen: false,
                    });
                }
            }
        }
        self.spots
    }
}

/// What the discovery offers for a pod: one spot per declared port, and one without port for each container
/// that declares none (SD-POD).
pub fn of_pod(pod: &Pod) -> Vec<Spot<'_>> {
    if pod.status.pod_ip.is_empty() {
        return Vec::new();
    }
    fn spot<'w>(pod: &'w Pod, container: &'w Container, container_port: Option<&'w ContainerPort>) -> Spot<'w> {
        Spot {
            namespace: pod.metadata.namespace.as_str(),
            service: None,
            pod: Some(pod),
            node: None,
            host: pod.status.pod_ip.clone(),
            port: container_port.map(|port| port.container_port),
            endpoint_port: None,
            container: Some(container),
            container_port,
            pod_unseen: false,
        }
    }
    let mut spots = Vec::new();
    for container in pod.all_containers() {
        if container.ports.is_empty() {
            spots.push(spot(pod, container, None));
        }
        spots.extend(container.ports.iter().map(|port| spot(pod, container, Some(port))));
    }
    spots
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::world::{Seen, decode_value};

    /// Objects, and what three versions of Prometheus offered for them.
    #[derive(Deserialize)]
    struct Case {
        title: String,
        role: String,
        objects: Vec<Value>,
        spots: BTreeMap<String, Vec<Row>>,
    }

    /// Address, pod, endpoint port, container, its port's name and number.
    type Row = (String, String, String, String, String, String);

    fn row(spot: &Spot<'_>) -> Row {
        let name = spot.pod.map(|pod| pod.metadata.name.clone()).unwrap_or_default();
        let container = spot.container.map(|container| container.name.clone()).unwrap_or_default();
        let port = spot.container_port.map(|port| port.name().to_owned()).unwrap_or_default();
        let number = spot.container_port.map(|port| port.container_port.to_string()).unwrap_or_default();
        (spot.address(), name, spot.endpoint_port.clone().unwrap_or_default(), container, port, number)
    }

    fn offered(world: &World, role: Role, version: &str) -> Vec<Row> {
        if role == Role::Pod {
            return world.pods.iter().flat_map(of_pod).map(|spot| row(&spot)).collect();
        }
        let index = Index::new(world);
        let discovery = Discovery { role, prometheus: Version::parse(version) };
        world
            .services
            .iter()
            .flat_map(|service| discovery.of_service(world, &index, service, None))
            .map(|spot| row(&spot))
            .collect()
    }

    #[test]
    fn spots_are_what_prometheus_offers() {
        let mut tried = 0;
        for line in include_str!("spots/discovery.jsonl").lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let mut world = World::default();
            for object in case.objects {
                let decoded = decode_value(object, "case", None);
                assert!(decoded.malformed.is_empty(), "{}: {:?}", case.title, decoded.malformed);
                decoded.objects.into_iter().for_each(|object| world.insert(object));
            }
            world.sight.note(Kind::Pod, None, Seen::Whole);
            let role = match case.role.as_str() {
                "pod" => Role::Pod,
                "endpoints" => Role::Endpoints,
                _ => Role::EndpointSlice,
            };
            for (version, mut wanted) in case.spots {
                let mut found = offered(&world, role, &version);
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{} ({version})", case.title);
                tried += 1;
            }
        }
        assert!(tried > 30);
    }
}
