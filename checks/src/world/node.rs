//! Nodes, in slim form.

use serde::Deserialize;

use super::core::Condition;
use super::meta::{Meta, nullable};

/// A Node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Node {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: NodeSpec,
    /// Status.
    #[serde(default, deserialize_with = "nullable")]
    pub status: NodeStatus,
}

/// The spec of a Node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct NodeSpec {
    /// The machine, as its cloud names it.
    #[serde(default, rename = "providerID")]
    pub provider_id: Option<String>,
}

/// The status of a Node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Addresses, in the order in which they are preferred within a type.
    #[serde(default, deserialize_with = "nullable")]
    pub addresses: Vec<NodeAddress>,
    /// Ports of its daemons.
    #[serde(default, deserialize_with = "nullable")]
    pub daemon_endpoints: DaemonEndpoints,
    /// Conditions.
    #[serde(default, deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
}

/// An address of a Node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct NodeAddress {
    /// `InternalIP`, `Hostname` …
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The address.
    #[serde(default)]
    pub address: String,
}

/// Ports of the daemons of a Node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonEndpoints {
    /// The kubelet's.
    #[serde(default, deserialize_with = "nullable")]
    pub kubelet_endpoint: DaemonEndpoint,
}

/// The port of a daemon; its key is written with a capital letter.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DaemonEndpoint {
    /// Number.
    #[serde(default, rename = "Port", deserialize_with = "nullable")]
    pub port: i64,
}
