//! The scrape jobs that an operator writes for a monitor, worked out from the monitor and the server that selects it
//! (OP-CFG, OP-SM, OP-PM, OP-PB, OP-SC): what the configuration has to hold, which field each relabel rule comes
//! from, and how a live job differs from that.
//!
//! The operator's own checks are not repeated here (see `accept`): what a refused monitor would have given is of no
//! use. Values of Secrets are never known; [`REDACTED`](crate::prometheus::config::REDACTED) stands in their place.

mod class;
mod default_prometheus;
pub mod difference;
mod discovery;
mod draft;
mod endpoint;
mod field;
mod http;
mod limits;
mod lists;
mod pod_monitor;
mod probe;
mod relabel;
mod scrape_config_job;
mod selector;
mod service_monitor;
mod sharding;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use self::default_prometheus::default_prometheus;
use self::draft::Draft;
use self::field::Field;
use super::shard;
use super::version::Version;
use crate::world::{Kind, Meta, ObjectId, Server};

/// The first operator whose jobs are known here: the one that began to shard.
pub const OLDEST: Version = Version::new(0, 44, 0);

/// The newest operator whose jobs were compared; a newer one is taken to write the same.
pub const NEWEST: Version = Version::new(0, 93, u32::MAX);

/// Who writes jobs: what they depend on beside the monitor.
#[derive(Clone, Debug)]
pub struct Writer<'a> {
    /// The server whose configuration is written.
    pub server: &'a Server,
    /// The operator's version.
    pub operator: Version,
    /// The version of Prometheus that the operator writes for: `spec.version`, or its own default (OP-REJ-6).
    pub prometheus: Version,
    /// Whether Kubernetes serves EndpointSlices (1.21 and later); true unless it is known better (OP-ENF-11).
    pub endpoint_slices: bool,
    /// Whether Kubernetes copies the zone of a node to its pods (1.35 and later); false unless it is known better
    /// (OP-SHD-6).
    pub pod_zones: bool,
    /// The gate `PrometheusShardRetentionPolicy`: on by default since operator 0.92 (OP-SHD-5).
    pub retention_gate: bool,
    /// The gate `PrometheusTopologySharding`: on by default since operator 0.92 (OP-SHD-6).
    pub topology_gate: bool,
    server_id: ObjectId,
    /// The server names a candidate for a release (`3.0.0-rc.0`), which counts as older than the release.
    candidate: bool,
}

/// A job as the operator writes it.
#[derive(Clone, Debug)]
pub struct WrittenJob {
    /// Index of the endpoint; 0 for kinds that have one job.
    pub endpoint: usize,
    /// The entry of `scrape_configs`.
    pub value: Value,
    /// Where each entry of `relabel_configs` comes from.
    pub fields: Vec<RuleField>,
}

/// The field behind a relabel rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleField {
    /// The object that holds it: the monitor or the server.
    pub object: ObjectId,
    /// Its path, such as `spec.endpoints[0].port`; `None` for a rule that the operator always writes.
    pub path: Option<String>,
}

impl RuleField {
    /// Whether it is a relabeling that a user wrote, in a monitor or in a scrape class.
    pub fn is_relabeling(&self) -> bool {
        self.path.as_deref().is_some_and(|path| path.contains("elabelings["))
    }
}

/// Why there is no job to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotWritten {
    /// The reason, for people.
    pub reason: String,
}

impl NotWritten {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl<'a> Writer<'a> {
    /// A writer with the gates of a default installation; `None` for operators below [`OLDEST`].
    pub fn new(server: &'a Server, operator: Version, prometheus: Version) -> Option<Self> {
        let gates = operator >= Version::new(0, 92, 0);
        (operator >= OLDEST).then(|| Self {
            server,
            operator,
            prometheus,
            endpoint_slices: true,
            pod_zones: false,
            retention_gate: gates,
            topology_gate: gates,
            server_id: server.id(),
            candidate: server.spec.version.contains('-') && Version::parse(&server.spec.version) == Some(prometheus),
        })
    }

    /// The jobs of a monitor, in order of its endpoints; none where [`Self::write`] says why there is none.
    /// `spec` is the raw spec.
    pub fn jobs(&self, kind: Kind, metadata: &Meta, spec: &Value) -> Vec<WrittenJob> {
        self.write(kind, metadata, spec).unwrap_or_default()
    }

    /// The jobs of a monitor, in order of its endpoints. `spec` is the raw spec as an API server gives it, with what the
    /// CRD fills in: a Probe without `prober.path` gets an empty path of operators since 0.61.
    ///
    /// # Errors
    /// The operator writes none for this kind of object, or stumbles over it, or what it writes is not known here.
    pub fn write(&self, kind: Kind, metadata: &Meta, spec: &Value) -> Result<Vec<WrittenJob>, NotWritten> {
        if self.is_daemon_set() && kind != Kind::PodMonitor {
            return Err(NotWritten::new(format!("an agent in DaemonSet mode scrapes PodMonitors only, and this is a {kind}")));
        }
        let shards = self.shards();
        if shards > shard::MOST {
            return Err(NotWritten::new(format!("a rule that names {shards} shards is not written out here")));
        }
        let major = self.prometheus.major;
        if self.since(64) && major != 2 && !(self.since(77) && major == 3) {
            let (operator, prometheus) = (self.operator, self.prometheus);
            return Err(NotWritten::new(format!("operator {operator} writes nothing for Prometheus {prometheus}")));
        }
        let id = metadata.id(kind);
        let spec = Field::root(&id, spec);
        let task = Task { writer: self, id: &id, class: self.class(&spec), server: self.server_spec(), spec };
        match kind {
            Kind::ServiceMonitor => task.each("endpoints", service_monitor::write),
            Kind::PodMonitor => task.each("podMetricsEndpoints", pod_monitor::write),
            Kind::Probe => Ok(vec![probe::write(&task)?.finish(0)]),
            Kind::ScrapeConfig if self.since(65) => Ok(vec![scrape_config_job::write(&task)?.finish(0)]),
            Kind::ScrapeConfig => Err(NotWritten::new("operators below 0.65 do not know ScrapeConfigs")),
            _ => Err(NotWritten::new(format!("a {kind} is no monitor"))),
        }
    }

    fn server_spec(&self) -> Field<'_> {
        Field::root(&self.server_id, &self.server.raw)
    }

    /// Whether the operator is 0.`minor`.0 or newer.
    fn since(&self, minor: u32) -> bool {
        self.operator >= Version::new(0, minor, 0)
    }

    /// Whether the operator is 0.`minor`.`patch` or newer.
    fn since_patch(&self, minor: u32, patch: u32) -> bool {
        self.operator >= Version::new(0, minor, patch)
    }

    /// Whether Prometheus is `major`.`minor`.0 or newer.
    fn reads(&self, major: u32, minor: u32) -> bool {
        let wanted = Version::new(major, minor, 0);
        self.prometheus > wanted || self.prometheus == wanted && !self.candidate
    }

    /// OP-AGT-2: known to operators since 0.77; older ones have no such mode.
    fn is_daemon_set(&self) -> bool {
        self.since(77) && self.server.is_daemon_set()
    }
}

/// The writing for one monitor.
struct Task<'t> {
    writer: &'t Writer<'t>,
    /// The monitor.
    id: &'t ObjectId,
    /// Its spec.
    spec: Field<'t>,
    /// The scrape class that it takes; null where it takes none.
    class: Field<'t>,
    /// The spec of the server.
    server: Field<'t>,
}

impl<'t> Task<'t> {
    fn each(
        &self,
        list: &str,
        write: fn(&Self, usize, &Field<'t>) -> Result<Draft, NotWritten>,
    ) -> Result<Vec<WrittenJob>, NotWritten> {
        let endpoints = self.spec.get(list);
        endpoints.items().enumerate().map(|(at, endpoint)| Ok(write(self, at, &endpoint)?.finish(at))).collect()
    }

    /// Name of a job (OP-CFG-2); operators up to 0.46 do not write the kind into it.
    fn job_name(&self, kind: &str, endpoint: Option<usize>) -> String {
        let name = format!("{}/{}", self.id.namespace, self.id.name);
        let name = endpoint.map_or_else(|| name.clone(), |at| format!("{name}/{at}"));
        if self.writer.since(47) { format!("{kind}/{name}") } else { name }
    }
}
