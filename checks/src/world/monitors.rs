//! ServiceMonitors and PodMonitors in slim form; the two read alike, so one type holds both.

use serde::Deserialize;
use serde_json::Value;

use super::core::{Condition, IntOrString};
use super::meta::{Meta, ObjectId, nullable};
use super::{Kind, ObjectId as Id};
use crate::prometheus::relabel::Action;
use crate::selector::LabelSelector;

/// A ServiceMonitor or PodMonitor.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Which of the two.
    pub kind: Kind,
    /// Metadata; the labels are what a server selects.
    pub metadata: Meta,
    /// Spec.
    pub spec: MonitorSpec,
    /// The spec as it was read, for excerpts and for fields that an API server pruned.
    pub raw: Value,
    /// What the operator says of it, where it says anything.
    pub status: MonitorStatus,
}

impl Monitor {
    /// Its id.
    pub fn id(&self) -> Id {
        ObjectId::new(self.kind, &self.metadata.namespace, &self.metadata.name)
    }

    /// The name of the list of endpoints in the spec.
    pub fn endpoints_field(&self) -> &'static str {
        if self.kind == Kind::PodMonitor { "podMetricsEndpoints" } else { "endpoints" }
    }

    /// Whether pods are selected rather than Services.
    pub fn is_pod_monitor(&self) -> bool {
        self.kind == Kind::PodMonitor
    }
}

/// The spec of a ServiceMonitor or PodMonitor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitorSpec {
    /// Labels of the Services or Pods.
    #[serde(default, deserialize_with = "nullable")]
    pub selector: LabelSelector,
    /// Where they are looked for.
    #[serde(default, deserialize_with = "nullable")]
    pub namespace_selector: NamespaceSelector,
    /// Endpoints.
    #[serde(default, alias = "podMetricsEndpoints", deserialize_with = "nullable")]
    pub endpoints: Vec<Endpoint>,
    /// A class of the server.
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_class: String,
    /// `RelabelConfig` (also when absent) or `RoleSelector`.
    #[serde(default, deserialize_with = "nullable")]
    pub selector_mechanism: String,
    /// `Endpoints` or `EndpointSlice`; overrides the server's.
    #[serde(default, deserialize_with = "nullable")]
    pub service_discovery_role: String,
    /// Extra metadata.
    #[serde(default, deserialize_with = "nullable")]
    pub attach_metadata: AttachMetadata,
}

/// What to attach to targets.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct AttachMetadata {
    /// Labels of the node.
    #[serde(default, deserialize_with = "nullable")]
    pub node: bool,
}

/// A monitor's `namespaceSelector`. Any other field in it is pruned by the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelector {
    /// All namespaces.
    #[serde(default, deserialize_with = "nullable")]
    pub any: bool,
    /// These namespaces.
    #[serde(default, deserialize_with = "nullable")]
    pub match_names: Vec<String>,
}

/// An item of `endpoints` or `podMetricsEndpoints`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Port name. A number here is refused by today's API servers, but old ones stored it.
    #[serde(default)]
    pub port: Option<IntOrString>,
    /// Container port number (PodMonitor).
    #[serde(default)]
    pub port_number: Option<i64>,
    /// Container port, by number or name.
    #[serde(default)]
    pub target_port: Option<IntOrString>,
    /// Path; `/metrics` when empty.
    #[serde(default, deserialize_with = "nullable")]
    pub path: String,
    /// Scheme; `http` when empty.
    #[serde(default, deserialize_with = "nullable")]
    pub scheme: String,
    /// URL parameters.
    #[serde(default, deserialize_with = "nullable")]
    pub params: Value,
    /// Scrape interval.
    #[serde(default, deserialize_with = "nullable")]
    pub interval: String,
    /// Scrape timeout.
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_timeout: String,
    /// Whether finished pods are left out; absent means yes.
    #[serde(default)]
    pub filter_running: Option<bool>,
    /// Relabelings of targets.
    #[serde(default, deserialize_with = "nullable")]
    pub relabelings: Vec<RelabelConfig>,
    /// Relabelings of samples.
    #[serde(default, deserialize_with = "nullable")]
    pub metric_relabelings: Vec<RelabelConfig>,
    /// A file in the Prometheus pod.
    #[serde(default, deserialize_with = "nullable")]
    pub bearer_token_file: String,
    /// A Secret key.
    #[serde(default)]
    pub bearer_token_secret: Option<KeyRef>,
    /// User and password.
    #[serde(default)]
    pub basic_auth: Option<BasicAuth>,
    /// Authorization header.
    #[serde(default)]
    pub authorization: Option<Authorization>,
    /// OAuth 2.
    #[serde(default)]
    pub oauth2: Option<OAuth2>,
    /// TLS.
    #[serde(default)]
    pub tls_config: Option<TlsConfig>,
    /// Proxy.
    #[serde(flatten)]
    pub proxy: Proxy,
}

impl Endpoint {
    /// The port name that is asked for; an empty one counts as none.
    pub fn port_name(&self) -> Option<String> {
        self.port.as_ref().map(ToString::to_string).filter(|port| !port.is_empty())
    }

    /// The target port that is asked for; `0` and the empty string count as none.
    pub fn wanted_target_port(&self) -> Option<&IntOrString> {
        self.target_port.as_ref().filter(|port| !matches!(port, IntOrString::Int(0)) && port.to_string() != "")
    }
}

/// A relabel rule as the operator's API writes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelabelConfig {
    /// Labels whose values are joined.
    #[serde(default, deserialize_with = "nullable")]
    pub source_labels: Vec<String>,
    /// Separator.
    #[serde(default)]
    pub separator: Option<String>,
    /// Label to write.
    #[serde(default, deserialize_with = "nullable")]
    pub target_label: String,
    /// Regular expression.
    #[serde(default, deserialize_with = "nullable")]
    pub regex: String,
    /// For `hashmod`.
    #[serde(default, deserialize_with = "nullable")]
    pub modulus: u64,
    /// Replacement.
    #[serde(default)]
    pub replacement: Option<String>,
    /// Action; `replace` when empty, case does not matter.
    #[serde(default, deserialize_with = "nullable")]
    pub action: String,
}

impl RelabelConfig {
    /// The action, with the default filled in; `None` where Prometheus knows no such action.
    pub fn action(&self) -> Option<Action> {
        if self.action.is_empty() { Some(Action::Replace) } else { Action::parse(&self.action) }
    }
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Map<String, Value>")]
pub struct KeyRef {
    /// Name of the object.
    pub name: String,
    /// Key in it.
    pub key: String,
    /// Ignored by the operator inside monitors.
    pub optional: Option<bool>,
}

// A derived one takes lists as well, and then a credential that stands in a list for a name, which is shown.
impl TryFrom<serde_json::Map<String, Value>> for KeyRef {
    type Error = String;

    fn try_from(fields: serde_json::Map<String, Value>) -> Result<Self, String> {
        let text = |field: &str| match fields.get(field) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(format!("{field} of a key is no string")),
        };
        let optional = match fields.get("optional") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_bool().ok_or("optional of a key is no boolean")?),
        };
        Ok(Self { name: text("name")?, key: text("key")?, optional })
    }
}

/// A key of a Secret or of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretOrConfigMap {
    /// Of a Secret.
    #[serde(default)]
    pub secret: Option<KeyRef>,
    /// Of a ConfigMap.
    #[serde(default)]
    pub config_map: Option<KeyRef>,
}

/// User and password, both Secret keys and both needed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct BasicAuth {
    /// User.
    #[serde(default)]
    pub username: KeyRef,
    /// Password.
    #[serde(default)]
    pub password: KeyRef,
}

/// Authorization header.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Authorization {
    /// `Bearer` when empty.
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    pub kind: String,
    /// A Secret key.
    #[serde(default)]
    pub credentials: Option<KeyRef>,
}

/// OAuth 2 client credentials.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth2 {
    /// Client id.
    #[serde(default, deserialize_with = "nullable")]
    pub client_id: SecretOrConfigMap,
    /// Client secret.
    #[serde(default, deserialize_with = "nullable")]
    pub client_secret: KeyRef,
    /// Where tokens come from.
    #[serde(default, deserialize_with = "nullable")]
    pub token_url: String,
    /// TLS towards the token server.
    #[serde(default)]
    pub tls_config: Option<TlsConfig>,
    /// Proxy towards the token server.
    #[serde(flatten)]
    pub proxy: Proxy,
}

/// TLS of a scrape.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsConfig {
    /// CA.
    #[serde(default, deserialize_with = "nullable")]
    pub ca: SecretOrConfigMap,
    /// Client certificate.
    #[serde(default, deserialize_with = "nullable")]
    pub cert: SecretOrConfigMap,
    /// Client key.
    #[serde(default)]
    pub key_secret: Option<KeyRef>,
    /// CA file in the Prometheus pod.
    #[serde(default, deserialize_with = "nullable")]
    pub ca_file: String,
    /// Certificate file.
    #[serde(default, deserialize_with = "nullable")]
    pub cert_file: String,
    /// Key file.
    #[serde(default, deserialize_with = "nullable")]
    pub key_file: String,
    /// `TLS10` … `TLS13`.
    #[serde(default, deserialize_with = "nullable")]
    pub min_version: String,
    /// `TLS10` … `TLS13`.
    #[serde(default, deserialize_with = "nullable")]
    pub max_version: String,
}

/// Proxy settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proxy {
    /// URL.
    #[serde(default, deserialize_with = "nullable")]
    pub proxy_url: String,
    /// Hosts that go without.
    #[serde(default, deserialize_with = "nullable")]
    pub no_proxy: String,
    /// From the environment of the Prometheus pod.
    #[serde(default, deserialize_with = "nullable")]
    pub proxy_from_environment: bool,
    /// Headers, Secret keys.
    #[serde(default, deserialize_with = "nullable")]
    pub proxy_connect_header: std::collections::BTreeMap<String, Vec<KeyRef>>,
}

/// What the operator says of a monitor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct MonitorStatus {
    /// One entry per server that selects it.
    #[serde(default, deserialize_with = "nullable")]
    pub bindings: Vec<StatusBinding>,
}

/// What one server's operator says of a monitor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct StatusBinding {
    /// `prometheuses` or `prometheusagents`.
    #[serde(default)]
    pub resource: String,
    /// Namespace of the server.
    #[serde(default)]
    pub namespace: String,
    /// Name of the server.
    #[serde(default)]
    pub name: String,
    /// `Accepted`.
    #[serde(default, deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
}
