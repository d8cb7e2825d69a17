//! Prometheus and PrometheusAgent objects in slim form; both are servers.

use serde::Deserialize;
use serde_json::Value;

use super::Kind;
use super::core::Condition;
use super::meta::{Meta, ObjectId, nullable};
use super::monitors::{AttachMetadata, Authorization, BasicAuth, KeyRef, OAuth2, RelabelConfig, TlsConfig};
use crate::selector::LabelSelector;

/// A Prometheus or PrometheusAgent object.
#[derive(Clone, Debug)]
pub struct Server {
    /// Which of the two.
    pub kind: Kind,
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    pub spec: ServerSpec,
    /// The spec as it was read.
    pub raw: Value,
    /// Status; `None` where the object has none.
    pub status: Option<ServerStatus>,
}

impl Server {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        ObjectId::new(self.kind, &self.metadata.namespace, &self.metadata.name)
    }

    /// The object selector for a kind of monitor; `None` is null and selects nothing.
    pub fn object_selector(&self, kind: Kind) -> Option<&LabelSelector> {
        match kind {
            Kind::PodMonitor => self.spec.pod_monitor_selector.as_ref(),
            Kind::Probe => self.spec.probe_selector.as_ref(),
            Kind::ScrapeConfig => self.spec.scrape_config_selector.as_ref(),
            Kind::PrometheusRule => self.spec.rule_selector.as_ref(),
            _ => self.spec.service_monitor_selector.as_ref(),
        }
    }

    /// The namespace selector for a kind of monitor; `None` is null and means the server's own namespace.
    pub fn namespace_selector(&self, kind: Kind) -> Option<&LabelSelector> {
        match kind {
            Kind::PodMonitor => self.spec.pod_monitor_namespace_selector.as_ref(),
            Kind::Probe => self.spec.probe_namespace_selector.as_ref(),
            Kind::ScrapeConfig => self.spec.scrape_config_namespace_selector.as_ref(),
            Kind::PrometheusRule => self.spec.rule_namespace_selector.as_ref(),
            _ => self.spec.service_monitor_namespace_selector.as_ref(),
        }
    }

    /// The field of the object selector for a kind of monitor.
    pub fn object_selector_field(kind: Kind) -> &'static str {
        match kind {
            Kind::PodMonitor => "podMonitorSelector",
            Kind::Probe => "probeSelector",
            Kind::ScrapeConfig => "scrapeConfigSelector",
            Kind::PrometheusRule => "ruleSelector",
            _ => "serviceMonitorSelector",
        }
    }

    /// The field of the namespace selector for a kind of monitor.
    pub fn namespace_selector_field(kind: Kind) -> &'static str {
        match kind {
            Kind::PodMonitor => "podMonitorNamespaceSelector",
            Kind::Probe => "probeNamespaceSelector",
            Kind::ScrapeConfig => "scrapeConfigNamespaceSelector",
            Kind::PrometheusRule => "ruleNamespaceSelector",
            _ => "serviceMonitorNamespaceSelector",
        }
    }

    /// The service account of the pods.
    pub fn service_account(&self) -> &str {
        if self.spec.service_account_name.is_empty() { "default" } else { &self.spec.service_account_name }
    }

    /// The interval of scrapes that set none.
    pub fn scrape_interval(&self) -> &str {
        if self.spec.scrape_interval.is_empty() { "30s" } else { &self.spec.scrape_interval }
    }

    /// Whether it is an agent in DaemonSet mode, which takes PodMonitors only.
    pub fn is_daemon_set(&self) -> bool {
        self.kind == Kind::PrometheusAgent && self.spec.mode == "DaemonSet"
    }

    /// The name of the Secret with the generated configuration (OP-NAME-1): one for all shards.
    pub fn config_secret(&self) -> String {
        let prefix = if self.kind == Kind::PrometheusAgent { "prom-agent" } else { "prometheus" };
        format!("{prefix}-{}", self.metadata.name)
    }

    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.as_ref()?.conditions.iter().find(|condition| condition.kind == kind)
    }
}

/// The spec of a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields are those of the API, explained where they are used")]
pub struct ServerSpec {
    #[serde(default)]
    pub service_monitor_selector: Option<LabelSelector>,
    #[serde(default)]
    pub service_monitor_namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub pod_monitor_selector: Option<LabelSelector>,
    #[serde(default)]
    pub pod_monitor_namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub probe_selector: Option<LabelSelector>,
    #[serde(default)]
    pub probe_namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub scrape_config_selector: Option<LabelSelector>,
    #[serde(default)]
    pub scrape_config_namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    pub rule_selector: Option<LabelSelector>,
    #[serde(default)]
    pub rule_namespace_selector: Option<LabelSelector>,
    #[serde(default, deserialize_with = "nullable")]
    pub version: String,
    #[serde(default, deserialize_with = "nullable")]
    pub image: String,
    #[serde(default)]
    pub shards: Option<i64>,
    #[serde(default, deserialize_with = "nullable")]
    pub paused: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub mode: String,
    #[serde(default, deserialize_with = "nullable")]
    pub service_account_name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub ignore_namespace_selectors: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub service_discovery_role: String,
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_interval: String,
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_timeout: String,
    #[serde(default)]
    pub additional_scrape_configs: Option<KeyRef>,
    #[serde(default)]
    pub additional_alert_relabel_configs: Option<KeyRef>,
    #[serde(default)]
    pub additional_alert_manager_configs: Option<KeyRef>,
    #[serde(default, rename = "arbitraryFSAccessThroughSMs", deserialize_with = "nullable")]
    pub arbitrary_fs_access: FsAccess,
    #[serde(default, rename = "apiserverConfig")]
    pub api_server: Option<HttpClient>,
    #[serde(default, deserialize_with = "nullable")]
    pub scrape_classes: Vec<ScrapeClass>,
    #[serde(default, deserialize_with = "nullable")]
    pub remote_write: Vec<HttpClient>,
    #[serde(default, deserialize_with = "nullable")]
    pub remote_read: Vec<HttpClient>,
    #[serde(default, deserialize_with = "nullable")]
    pub alerting: Alerting,
}

/// Whether ServiceMonitors may name files of the Prometheus pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct FsAccess {
    /// They may not.
    #[serde(default, deserialize_with = "nullable")]
    pub deny: bool,
}

/// The Alertmanagers of a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Alerting {
    /// Alertmanagers.
    #[serde(default, deserialize_with = "nullable")]
    pub alertmanagers: Vec<HttpClient>,
}

/// HTTP settings of something that a server talks to: only what names Secrets or rules.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields are those of the API, explained where they are used")]
pub struct HttpClient {
    #[serde(default)]
    pub basic_auth: Option<BasicAuth>,
    #[serde(default)]
    pub authorization: Option<Authorization>,
    #[serde(default)]
    pub oauth2: Option<OAuth2>,
    #[serde(default)]
    pub tls_config: Option<TlsConfig>,
    #[serde(default, deserialize_with = "nullable")]
    pub relabelings: Vec<RelabelConfig>,
}

/// A scrape class of a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScrapeClass {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Used by monitors that name none.
    #[serde(default)]
    pub default: Option<bool>,
    /// Relabelings, put before those of the monitor.
    #[serde(default, deserialize_with = "nullable")]
    pub relabelings: Vec<RelabelConfig>,
    /// Relabelings of samples.
    #[serde(default, deserialize_with = "nullable")]
    pub metric_relabelings: Vec<RelabelConfig>,
    /// TLS.
    #[serde(default)]
    pub tls_config: Option<TlsConfig>,
    /// Authorization.
    #[serde(default)]
    pub authorization: Option<Authorization>,
    /// Extra metadata.
    #[serde(default, deserialize_with = "nullable")]
    pub attach_metadata: AttachMetadata,
}

/// The status of a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerStatus {
    /// `Available`, `Reconciled`.
    #[serde(default, deserialize_with = "nullable")]
    pub conditions: Vec<Condition>,
    /// The operator's own note that it leaves the object alone.
    #[serde(default)]
    pub paused: Option<bool>,
}
