//! The fields that the operator's own kinds know, by the object that holds them: enough to tell a slip of the pen from
//! a field that somebody took away (OP-CAUSE-17). A field of a newer operator that is not listed does no harm: only
//! fields are looked up that the API server did not keep.

use serde_json::Value;

use super::scope::{pruned_fields, sent_spec};
use crate::path::{Step, parse};
use crate::text::distance;
use crate::world::{Kind, Meta};

/// A field that was sent with `kubectl apply` and is not stored.
#[derive(Clone, Debug)]
pub struct Pruned {
    /// Its path.
    pub path: String,
    /// Its name.
    pub field: String,
    /// The names that are known at its place.
    pub known: &'static [&'static str],
    /// The known name that was probably meant.
    pub meant: Option<&'static str>,
    /// What was sent.
    pub sent: Value,
}

impl Pruned {
    /// Whether the name is right, so that the CRD is too old for it or somebody took it away later.
    pub fn is_known(&self) -> bool {
        self.known.contains(&self.field.as_str())
    }

    /// What was sent, as evidence has it.
    pub fn words(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match &self.sent {
            Value::Array(items) => items.iter().map(text).collect(),
            value => vec![text(value)],
        }
    }

    /// The path of the object that should hold the field.
    pub fn parent(&self) -> &str {
        self.path.strip_suffix(&crate::path::key_text(&self.field)).unwrap_or(&self.path)
    }
}

/// The fields of a monitor or server that were sent and are not stored, as far as it is known what their place may
/// hold: labels and parameters have names of their own.
pub fn pruned(kind: Kind, meta: &Meta, stored: &Value) -> Vec<Pruned> {
    let Some(sent) = sent_spec(&meta.annotations) else { return Vec::new() };
    let one = |path: String| {
        let steps = parse(&path).ok()?;
        let (Step::Key(field), parents) = steps.split_last()? else { return None };
        let known = fields_at(kind, parents)?;
        let pointer = crate::path::pointer(path.strip_prefix("spec")?.trim_start_matches('.'));
        let sent = sent.pointer(&pointer)?.clone();
        if is_empty(&sent, known.contains(&field.as_str())) {
            return None;
        }
        let meant = meant(field, known);
        Some(Pruned { field: field.clone(), known, meant, sent, path })
    };
    pruned_fields(&meta.annotations, stored).into_iter().filter_map(one).collect()
}

/// Whether the value is none: clients leave such fields out. An empty object under a wrong name was a wish.
fn is_empty(value: &Value, known: bool) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => known && fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The known name that was probably meant: other upper and lower case, the other number, or a few slips.
fn meant(field: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let slips = |name: &str| distance(&field.to_ascii_lowercase(), &name.to_ascii_lowercase());
    let near = known.iter().copied().filter(|name| *name != field).map(|name| (slips(name), name));
    near.min().filter(|(slips, _)| *slips <= (field.chars().count() / 6).clamp(1, 4)).map(|(_, name)| name)
}

/// The fields that an object holds, by the path to it; `None` where its keys are free or not listed here.
fn fields_at(kind: Kind, parents: &[Step]) -> Option<&'static [&'static str]> {
    let names: Vec<&str> = parents
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let is_monitor = matches!(kind, Kind::ServiceMonitor | Kind::PodMonitor);
    Some(match (names.as_slice(), kind) {
        (["spec"], Kind::ServiceMonitor) => SERVICE_MONITOR,
        (["spec"], Kind::PodMonitor) => POD_MONITOR,
        (["spec"], _) => SERVER,
        (["spec", "selector"], _) if is_monitor => SELECTOR,
        (["spec", "namespaceSelector"], _) if is_monitor => NAMESPACE_SELECTOR,
        (["spec", "attachMetadata"], _) if is_monitor => ATTACH_METADATA,
        (["spec", "endpoints"], Kind::ServiceMonitor) => SERVICE_ENDPOINT,
        (["spec", "podMetricsEndpoints"], Kind::PodMonitor) => POD_ENDPOINT,
        (["spec", "endpoints" | "podMetricsEndpoints", "relabelings" | "metricRelabelings"], _) => RELABELING,
        (["spec", "endpoints", "tlsConfig"], _) => TLS,
        (["spec", "podMetricsEndpoints", "tlsConfig"], _) => SAFE_TLS,
        (["spec", "endpoints" | "podMetricsEndpoints", "basicAuth"], _) => BASIC_AUTH,
        (["spec", "endpoints" | "podMetricsEndpoints", "authorization"], _) => AUTHORIZATION,
        (["spec", field], _) if !is_monitor && field.ends_with("Selector") && *field != "nodeSelector" => SELECTOR,
        _ => return None,
    })
}

/// `spec` of a ServiceMonitor.
const SERVICE_MONITOR: &[&str] = &[
    "attachMetadata",
    "bodySizeLimit",
    "convertClassicHistogramsToNHCB",
    "endpoints",
    "fallbackScrapeProtocol",
    "jobLabel",
    "keepDroppedTargets",
    "labelLimit",
    "labelNameLengthLimit",
    "labelValueLengthLimit",
    "namespaceSelector",
    "nativeHistogramBucketLimit",
    "nativeHistogramMinBucketFactor",
    "podTargetLabels",
    "sampleLimit",
    "scrapeClass",
    "scrapeClassicHistograms",
    "scrapeNativeHistograms",
    "scrapeProtocols",
    "selector",
    "selectorMechanism",
    "serviceDiscoveryRole",
    "targetLabels",
    "targetLimit",
];

/// `spec` of a PodMonitor.
const POD_MONITOR: &[&str] = &[
    "attachMetadata",
    "bodySizeLimit",
    "convertClassicHistogramsToNHCB",
    "fallbackScrapeProtocol",
    "jobLabel",
    "keepDroppedTargets",
    "labelLimit",
    "labelNameLengthLimit",
    "labelValueLengthLimit",
    "namespaceSelector",
    "nativeHistogramBucketLimit",
    "nativeHistogramMinBucketFactor",
    "podMetricsEndpoints",
    "podTargetLabels",
    "sampleLimit",
    "scrapeClass",
    "scrapeClassicHistograms",
    "scrapeNativeHistograms",
    "scrapeProtocols",
    "selector",
    "selectorMechanism",
    "targetLimit",
];

/// An item of `endpoints`.
const SERVICE_ENDPOINT: &[&str] = &[
    "authorization",
    "basicAuth",
    "bearerTokenFile",
    "bearerTokenSecret",
    "enableHttp2",
    "filterRunning",
    "followRedirects",
    "honorLabels",
    "honorTimestamps",
    "interval",
    "metricRelabelings",
    "noProxy",
    "oauth2",
    "params",
    "path",
    "port",
    "proxyConnectHeader",
    "proxyFromEnvironment",
    "proxyUrl",
    "relabelings",
    "scheme",
    "scrapeTimeout",
    "targetPort",
    "tlsConfig",
    "trackTimestampsStaleness",
];

/// An item of `podMetricsEndpoints`.
const POD_ENDPOINT: &[&str] = &[
    "authorization",
    "basicAuth",
    "bearerTokenSecret",
    "enableHttp2",
    "filterRunning",
    "followRedirects",
    "honorLabels",
    "honorTimestamps",
    "interval",
    "metricRelabelings",
    "noProxy",
    "oauth2",
    "params",
    "path",
    "port",
    "portNumber",
    "proxyConnectHeader",
    "proxyFromEnvironment",
    "proxyUrl",
    "relabelings",
    "scheme",
    "scrapeTimeout",
    "targetPort",
    "tlsConfig",
    "trackTimestampsStaleness",
];

/// A relabeling.
const RELABELING: &[&str] = &["action", "modulus", "regex", "replacement", "separator", "sourceLabels", "targetLabel"];

/// `tlsConfig` with files.
const TLS: &[&str] =
    &["ca", "caFile", "cert", "certFile", "insecureSkipVerify", "keyFile", "keySecret", "maxVersion", "minVersion", "serverName"];

/// `tlsConfig` without files.
const SAFE_TLS: &[&str] = &["ca", "cert", "insecureSkipVerify", "keySecret", "maxVersion", "minVersion", "serverName"];

/// `basicAuth`.
const BASIC_AUTH: &[&str] = &["password", "username"];

/// `authorization`.
const AUTHORIZATION: &[&str] = &["credentials", "type"];

/// A label selector.
const SELECTOR: &[&str] = &["matchExpressions", "matchLabels"];

/// A monitor's `namespaceSelector`.
const NAMESPACE_SELECTOR: &[&str] = &["any", "matchNames"];

/// `attachMetadata`.
const ATTACH_METADATA: &[&str] = &["node"];

/// `spec` of a Prometheus or PrometheusAgent.
const SERVER: &[&str] = &[
    "additionalAlertManagerConfigs",
    "additionalAlertRelabelConfigs",
    "additionalArgs",
    "additionalScrapeConfigs",
    "affinity",
    "alerting",
    "allowOverlappingBlocks",
    "apiserverConfig",
    "arbitraryFSAccessThroughSMs",
    "automountServiceAccountToken",
    "baseImage",
    "bodySizeLimit",
    "configMaps",
    "containers",
    "convertClassicHistogramsToNHCB",
    "disableCompaction",
    "dnsConfig",
    "dnsPolicy",
    "enableAdminAPI",
    "enableFeatures",
    "enableOTLPReceiver",
    "enableRemoteWriteReceiver",
    "enableServiceLinks",
    "enforcedBodySizeLimit",
    "enforcedKeepDroppedTargets",
    "enforcedLabelLimit",
    "enforcedLabelNameLengthLimit",
    "enforcedLabelValueLengthLimit",
    "enforcedNamespaceLabel",
    "enforcedSampleLimit",
    "enforcedTargetLimit",
    "evaluationInterval",
    "excludedFromEnforcement",
    "exemplars",
    "externalLabels",
    "externalUrl",
    "hostAliases",
    "hostNetwork",
    "hostUsers",
    "ignoreNamespaceSelectors",
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "initContainers",
    "keepDroppedTargets",
    "labelLimit",
    "labelNameLengthLimit",
    "labelValueLengthLimit",
    "listenLocal",
    "logFormat",
    "logLevel",
    "maximumStartupDurationSeconds",
    "minReadySeconds",
    "mode",
    "nameEscapingScheme",
    "nameValidationScheme",
    "nodeSelector",
    "otlp",
    "overrideHonorLabels",
    "overrideHonorTimestamps",
    "paused",
    "persistentVolumeClaimRetentionPolicy",
    "podManagementPolicy",
    "podMetadata",
    "podMonitorNamespaceSelector",
    "podMonitorSelector",
    "podTargetLabels",
    "portName",
    "priorityClassName",
    "probeNamespaceSelector",
    "probeSelector",
    "prometheusExternalLabelName",
    "prometheusRulesExcludedFromEnforce",
    "query",
    "queryLogFile",
    "reloadStrategy",
    "remoteRead",
    "remoteWrite",
    "remoteWriteReceiverMessageVersions",
    "replicaExternalLabelName",
    "replicas",
    "resources",
    "retention",
    "retentionSize",
    "routePrefix",
    "ruleNamespaceSelector",
    "ruleQueryOffset",
    "ruleSelector",
    "rules",
    "runtime",
    "sampleLimit",
    "schedulerName",
    "scrapeClasses",
    "scrapeClassicHistograms",
    "scrapeConfigNamespaceSelector",
    "scrapeConfigSelector",
    "scrapeFailureLogFile",
    "scrapeInterval",
    "scrapeNativeHistograms",
    "scrapeProtocols",
    "scrapeTimeout",
    "secrets",
    "securityContext",
    "serviceAccountName",
    "serviceDiscoveryRole",
    "serviceMonitorNamespaceSelector",
    "serviceMonitorSelector",
    "serviceName",
    "sha",
    "shardRetentionPolicy",
    "shardingStrategy",
    "shards",
    "storage",
    "tag",
    "targetLimit",
    "terminationGracePeriodSeconds",
    "thanos",
    "tolerations",
    "topologySpreadConstraints",
    "tracingConfig",
    "tsdb",
    "updateStrategy",
    "version",
    "volumeMounts",
    "volumes",
    "walCompression",
    "web",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::LAST_APPLIED;

    fn found(kind: Kind, sent: Value, stored: Value) -> Vec<(String, Option<&'static str>)> {
        let mut meta = Meta::default();
        meta.annotations.insert(LAST_APPLIED.to_owned(), serde_json::json!({"spec": sent}).to_string());
        pruned(kind, &meta, &stored).into_iter().map(|pruned| (pruned.path, pruned.meant)).collect()
    }

    #[test]
    fn slips_are_told_from_labels_and_empty_values() {
        let sent = serde_json::json!({"selector": {"matchlabels": {"a": "b"}, "matchLabels": {"x": "y"}}, "jobLabel": "",
            "namespaceSelector": {"matchLabels": {"team": "a"}}, "endpoints": [{"prot": "web", "params": {"q": ["1"]}}]});
        let stored = serde_json::json!({"selector": {"matchLabels": {}}, "namespaceSelector": {}, "endpoints": [{"params": {}}]});
        let wanted = vec![
            ("spec.endpoints[0].prot".to_owned(), Some("port")),
            ("spec.namespaceSelector.matchLabels".to_owned(), None),
            ("spec.selector.matchlabels".to_owned(), Some("matchLabels")),
        ];
        assert_eq!(found(Kind::ServiceMonitor, sent, stored), wanted);
    }

    #[test]
    fn a_selector_of_a_server_under_another_name() {
        let sent =
            serde_json::json!({"serviceMonitoringSelector": {}, "serviceMonitorNamespacesSelector": {"matchLabels": {"a": "b"}}});
        let wanted = vec![
            ("spec.serviceMonitorNamespacesSelector".to_owned(), Some("serviceMonitorNamespaceSelector")),
            ("spec.serviceMonitoringSelector".to_owned(), Some("serviceMonitorSelector")),
        ];
        assert_eq!(found(Kind::Prometheus, sent, serde_json::json!({})), wanted);
    }
}
