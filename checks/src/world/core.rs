//! Namespaces, Services, Endpoints, EndpointSlices and Pods, in slim form.

use serde::Deserialize;

use super::meta::{Labels, Meta, nullable};

/// A number or a name, as `targetPort` may be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// A number.
    Int(i64),
    /// A string, also one of digits.
    String(String),
}

impl std::fmt::Display for IntOrString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::String(text) => f.write_str(text),
        }
    }
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Namespace {
    /// Metadata; the labels are what namespace selectors look at.
    pub metadata: Meta,
    /// Status.
    #[serde(default, deserialize_with = "nullable")]
    pub status: NamespaceStatus,
}

/// The status of a Namespace.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct NamespaceStatus {
    /// `Active` or `Terminating`.
    #[serde(default, deserialize_with = "nullable")]
    pub phase: String,
}

impl Namespace {
    /// Whether it is being deleted, and with it all that it holds.
    pub fn is_ending(&self) -> bool {
        self.metadata.deletion_timestamp.is_some() || self.status.phase == "Terminating"
    }
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Service {
    /// Metadata; the labels are what a ServiceMonitor selects.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: ServiceSpec,
}

/// The spec of a Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    /// Pods behind it; `None` or empty: Endpoints are made by hand.
    #[serde(default)]
    pub selector: Option<Labels>,
    /// Ports.
    #[serde(default, deserialize_with = "nullable")]
    pub ports: Vec<ServicePort>,
    /// `ClusterIP` (also when absent), `NodePort`, `LoadBalancer`, `ExternalName`.
    #[serde(default, rename = "type")]
    pub service_type: Option<String>,
    /// `None` as text for a headless Service.
    #[serde(default, rename = "clusterIP")]
    pub cluster_ip: Option<String>,
    /// The name an ExternalName Service stands for.
    #[serde(default)]
    pub external_name: Option<String>,
    /// The wanted address of a LoadBalancer.
    #[serde(default, rename = "loadBalancerIP")]
    pub load_balancer_ip: Option<String>,
    /// Dual-stack policy.
    #[serde(default)]
    pub ip_family_policy: Option<String>,
    /// Families, the primary one first.
    #[serde(default, deserialize_with = "nullable")]
    pub ip_families: Vec<String>,
}

impl Service {
    /// The selector, if it selects anything.
    pub fn selector(&self) -> Option<&Labels> {
        self.spec.selector.as_ref().filter(|selector| !selector.is_empty())
    }

    /// Whether the Service only stands for a name outside.
    pub fn is_external_name(&self) -> bool {
        self.spec.service_type.as_deref() == Some("ExternalName")
    }

    /// Whether the Service has no cluster IP.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip.as_deref() == Some("None")
    }
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Name; may be absent on a Service with one port.
    #[serde(default)]
    pub name: Option<String>,
    /// The Service's own port number.
    #[serde(default)]
    pub port: i64,
    /// Where it leads: a number or the name of a container port; absent: the same number.
    #[serde(default)]
    pub target_port: Option<IntOrString>,
    /// `TCP` when absent.
    #[serde(default)]
    pub protocol: Option<String>,
}

impl ServicePort {
    /// The name, empty for an unnamed port.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Where the port leads, with the default filled in.
    pub fn target(&self) -> IntOrString {
        match &self.target_port {
            Some(IntOrString::Int(0)) | None => IntOrString::Int(self.port),
            Some(IntOrString::String(name)) if name.is_empty() => IntOrString::Int(self.port),
            Some(target) => target.clone(),
        }
    }

    /// The number of the container port that this port leads to in a pod.
    pub fn resolve(&self, pod: &Pod) -> Option<i64> {
        match self.target() {
            IntOrString::Int(number) => Some(number),
            IntOrString::String(name) => {
                let protocol = self.protocol.as_deref().unwrap_or("TCP");
                let fits = |port: &&ContainerPort| port.name() == name && port.protocol() == protocol;
                let regular = pod.spec.containers.iter().flat_map(|container| &container.ports).find(fits);
                let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
                regular.or_else(|| sidecars.flat_map(|container| &container.ports).find(fits)).map(|port| port.container_port)
            }
        }
    }
}

/// Where an address leads: a reference to a Pod or Node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TargetRef {
    /// Kind.
    #[serde(default)]
    pub kind: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Namespace; empty: that of the referring object.
    #[serde(default)]
    pub namespace: String,
}

/// An Endpoints object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Endpoints {
    /// Metadata; the name is that of the Service.
    pub metadata: Meta,
    /// Subsets.
    #[serde(default, deserialize_with = "nullable")]
    pub subsets: Vec<Subset>,
}

/// A subset of an Endpoints object: each address has each port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subset {
    /// Ready addresses.
    #[serde(default, deserialize_with = "nullable")]
    pub addresses: Vec<Address>,
    /// Addresses that are not ready; Prometheus scrapes them all the same.
    #[serde(default, deserialize_with = "nullable")]
    pub not_ready_addresses: Vec<Address>,
    /// Ports.
    #[serde(default, deserialize_with = "nullable")]
    pub ports: Vec<EndpointPort>,
}

/// An address of an Endpoints object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// IP.
    #[serde(default)]
    pub ip: String,
    /// Host name.
    #[serde(default)]
    pub hostname: Option<String>,
    /// The node it is on.
    #[serde(default)]
    pub node_name: Option<String>,
    /// The pod or node behind it.
    #[serde(default)]
    pub target_ref: Option<TargetRef>,
}

/// A port of an Endpoints object or EndpointSlice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointPort {
    /// Name; must equal that of the Service port.
    #[serde(default)]
    pub name: Option<String>,
    /// Number.
    #[serde(default)]
    pub port: Option<i64>,
    /// `TCP` when absent.
    #[serde(default)]
    pub protocol: Option<String>,
    /// The protocol spoken on top, in slices.
    #[serde(default)]
    pub app_protocol: Option<String>,
}

impl EndpointPort {
    /// The name, empty for an unnamed port.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The protocol with the default filled in.
    pub fn protocol(&self) -> &str {
        self.protocol.as_deref().unwrap_or("TCP")
    }
}

/// An EndpointSlice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSlice {
    /// Metadata; label `kubernetes.io/service-name` names the Service.
    pub metadata: Meta,
    /// `IPv4`, `IPv6` or `FQDN`.
    #[serde(default)]
    pub address_type: String,
    /// Endpoints.
    #[serde(default, deserialize_with = "nullable")]
    pub endpoints: Vec<SliceEndpoint>,
    /// Ports.
    #[serde(default, deserialize_with = "nullable")]
    pub ports: Vec<EndpointPort>,
}

/// The label by which a slice names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// An endpoint of a slice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SliceEndpoint {
    /// Addresses.
    #[serde(default, deserialize_with = "nullable")]
    pub addresses: Vec<String>,
    /// Conditions; one that is not set is not the same as one that is false.
    #[serde(default, deserialize_with = "nullable")]
    pub conditions: SliceConditions,
    /// Host name.
    #[serde(default)]
    pub hostname: Option<String>,
    /// The node it is on.
    #[serde(default)]
    pub node_name: Option<String>,
    /// The zone it is in.
    #[serde(default)]
    pub zone: Option<String>,
    /// Topology, as objects of the old API have it.
    #[serde(default, alias = "topology")]
    pub deprecated_topology: Option<Labels>,
    /// The pod or node behind it.
    #[serde(default)]
    pub target_ref: Option<TargetRef>,
}

/// The conditions of an endpoint of a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct SliceConditions {
    /// Whether it is ready.
    #[serde(default)]
    pub ready: Option<bool>,
    /// Whether it serves, also while it ends.
    #[serde(default)]
    pub serving: Option<bool>,
    /// Whether it ends.
    #[serde(default)]
    pub terminating: Option<bool>,
}

/// A Pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Pod {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: PodSpec,
    /// Status.
    #[serde(default, deserialize_with = "nullable")]
    pub status: PodStatus,
}

impl Pod {
    /// Containers, then init containers: the order in which Prometheus visits them.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.spec.containers.iter().chain(&self.spec.init_containers)
    }

    /// Whether the pod ran to its end.
    pub fn is_finished(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Whether it looks like one of a server: of such pods it matters what is mounted and how their containers are.
    fn is_of_server(&self) -> bool {
        let labelled = ["operator.prometheus.io/name", "prometheus"].iter().any(|key| self.metadata.labels.contains_key(*key));
        labelled || self.spec.containers.iter().any(|container| container.name == "prometheus")
    }

    /// Forgets what matters of pods of servers only.
    pub(super) fn slim(&mut self) {
        if self.is_of_server() {
            return;
        }
        self.spec.volumes = None;
        self.spec.containers.iter_mut().chain(&mut self.spec.init_containers).for_each(|container| container.mounts = None);
        let statuses = self.status.container_statuses.iter_mut().chain(&mut self.status.init_container_statuses);
        statuses.for_each(|status| status.state = None);
    }

    /// A container and what is said of its running.
    pub fn container(&self, name: &str) -> Option<(&Container, Option<&ContainerStatus>)> {
        let sidecars = self.spec.init_containers.iter().filter(|container| container.is_sidecar());
        let container = self.spec.containers.iter().chain(sidecars).find(|container| container.name == name)?;
        let mut statuses = self.status.container_statuses.iter().chain(&self.status.init_container_statuses);
        Some((container, statuses.find(|status| status.name == name)))
    }

    /// Whether the `Ready` condition is true.
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|condition| condition.kind == "Ready" && condition.status == "True")
    }
}

/// The spec of a pod, or of a pod template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSpec {
    /// Containers.
    #[serde(default, deserialize_with = "nullable")]
    pub containers: Vec<Container>,
    /// Init containers, native sidecars among them.
    #[serde(default, deserialize_with = "nullable")]
    pub init_containers: Vec<Container>,
    /// Service account; empty: `default`.
    #[serde(default, deserialize_with = "nullable")]
    pub service_account_name: String,
    /// Node; empty until the pod is scheduled.
    #[serde(default, deserialize_with = "nullable")]
    pub node_name: String,
    /// Volumes; kept of pods of servers only.
    #[serde(default)]
    pub volumes: Option<Box<[Volume]>>,
}

/// A volume of a pod, as far as configurations travel through it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// The Secret that it shows.
    #[serde(default)]
    pub secret: Option<SecretVolume>,
}

/// A volume that shows a Secret.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretVolume {
    /// The Secret.
    #[serde(default)]
    pub secret_name: String,
}

/// Where a container sees a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The volume.
    #[serde(default)]
    pub name: String,
    /// The folder, or the file, in the container.
    #[serde(default)]
    pub mount_path: String,
    /// A single file or folder of the volume: the kubelet never refreshes such a mount.
    #[serde(default)]
    pub sub_path: Option<String>,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Image.
    #[serde(default, deserialize_with = "nullable")]
    pub image: String,
    /// Command.
    #[serde(default, deserialize_with = "nullable")]
    pub command: Vec<String>,
    /// Arguments.
    #[serde(default, deserialize_with = "nullable")]
    pub args: Vec<String>,
    /// Environment, for arguments that refer to it.
    #[serde(default, deserialize_with = "nullable")]
    pub env: Vec<EnvVar>,
    /// Declared ports.
    #[serde(default, deserialize_with = "nullable")]
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    #[serde(default)]
    pub restart_policy: Option<String>,
    /// What it sees of volumes; kept of pods of servers only.
    #[serde(default, rename = "volumeMounts")]
    pub mounts: Option<Box<[VolumeMount]>>,
}

impl Container {
    /// An init container that keeps running.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

/// An environment variable, as far as operator arguments use them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Literal value.
    #[serde(default)]
    pub value: Option<String>,
    /// A value that comes from the pod.
    #[serde(default)]
    pub value_from: Option<EnvSource>,
}

/// Where an environment variable comes from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvSource {
    /// A field of the pod.
    #[serde(default)]
    pub field_ref: Option<FieldRef>,
}

/// A field of the pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldRef {
    /// Path, for instance `metadata.annotations['olm.targetNamespaces']`.
    #[serde(default)]
    pub field_path: String,
}

/// A declared container port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Number.
    #[serde(default)]
    pub container_port: i64,
    /// `TCP` when absent.
    #[serde(default)]
    pub protocol: Option<String>,
}

impl ContainerPort {
    /// The name, empty for an unnamed port.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The protocol with the default filled in.
    pub fn protocol(&self) -> &str {
        self.protocol.as_deref().unwrap_or("TCP")
    }
}

/// The status of a pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodStatus {
    /// Phase.
    #[serde(default, deserialize_with = "nullable")]
    pub phase: String,
    /// IP; empty until the pod runs.
    #[serde(default, rename = "podIP", deserialize_with = "nullable")]
    pub pod_ip: String,
    /// The IP of its node.
    #[serde(default, rename = "hostIP")]
    pub host_ip: Option<String>,
    /// Conditions.
    #[serde(default, deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// What runs of its containers.
    #[serde(default, deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus>,
    /// What runs of its init containers.
    #[serde(default, deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// What runs of a container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerStatus {
    /// The name of the container.
    #[serde(default)]
    pub name: String,
    /// Its id, with the prefix of its runtime.
    #[serde(default, rename = "containerID")]
    pub container_id: Option<String>,
    /// Whether it is ready.
    #[serde(default)]
    pub ready: bool,
    /// How often it was started anew.
    #[serde(default)]
    pub restart_count: i64,
    /// How it is; kept of pods of servers only.
    #[serde(default)]
    pub state: Option<Box<ContainerState>>,
}

/// How a container is: one of these.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ContainerState {
    /// It does not run, and why.
    #[serde(default)]
    pub waiting: Option<NotRunning>,
    /// It runs.
    #[serde(default)]
    pub running: Option<RunningSince>,
    /// It ended, and why.
    #[serde(default)]
    pub terminated: Option<NotRunning>,
}

/// Why a container does not run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct NotRunning {
    /// `CrashLoopBackOff`, `ContainerCreating` …
    #[serde(default, deserialize_with = "nullable")]
    pub reason: String,
}

/// Since when a container runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningSince {
    /// RFC 3339.
    #[serde(default)]
    pub started_at: Option<String>,
}

impl ContainerStatus {
    /// Why it does not run; `None` where it does, or nothing is said.
    pub fn halted(&self) -> Option<&str> {
        let state = self.state.as_deref()?;
        let ended = || state.terminated.as_ref().map(|ended| if ended.reason.is_empty() { "terminated" } else { &ended.reason });
        state.waiting.as_ref().map(|waiting| waiting.reason.as_str()).or_else(ended)
    }
}

/// A condition of a status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Type.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(default)]
    pub status: String,
    /// Reason.
    #[serde(default, deserialize_with = "nullable")]
    pub reason: String,
    /// Message.
    #[serde(default, deserialize_with = "nullable")]
    pub message: String,
    /// The generation that the condition speaks of.
    #[serde(default)]
    pub observed_generation: Option<i64>,
}
