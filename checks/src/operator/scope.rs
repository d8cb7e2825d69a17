//! Which operator manages which server, and which version speaks for it: one that watches the server's namespace, whose
//! instance selector fits the server's labels, and whose controller id is that of the server (OP-NSF-3, -7, -8).

use serde_json::Value;

use super::find::Operator;
use super::version::{Version, operator};
use crate::world::{LAST_APPLIED, Server};

/// The annotation by which a server names the operator that may manage it (operator 0.73 and newer).
pub const CONTROLLER_ID: &str = "operator.prometheus.io/controller-id";

/// Why an operator leaves a server alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotManaged {
    /// The server's namespace is outside the list of the operator; the flag and its value.
    Namespace {
        /// The flag.
        flag: &'static str,
        /// Its value.
        value: String,
    },
    /// `--prometheus-instance-selector` does not match the server's labels.
    InstanceSelector {
        /// The requirements that failed.
        misses: Vec<crate::selector::Miss>,
    },
    /// The controller id differs.
    ControllerId {
        /// What the operator has.
        operator: String,
        /// What the server has.
        server: String,
    },
}

/// Why an operator leaves a server alone; `None` where it manages it.
pub fn not_managed(operator: &Operator, server: &Server) -> Option<NotManaged> {
    let flags = &operator.flags;
    let join = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(",");
    if !operator.sees_servers_in(&server.metadata.namespace) {
        let (flag, value) = if !flags.instance_namespaces.is_empty() {
            ("--prometheus-instance-namespaces", join(&flags.instance_namespaces))
        } else if !flags.namespaces.is_empty() {
            ("--namespaces", join(&flags.namespaces))
        } else {
            ("--deny-namespaces", join(&flags.deny_namespaces))
        };
        return Some(NotManaged::Namespace { flag, value });
    }
    if let Some(selector) = &flags.instance_selector {
        let misses = selector.misses(&server.metadata.labels);
        if !misses.is_empty() {
            return Some(NotManaged::InstanceSelector { misses });
        }
    }
    let wanted = server.metadata.annotations.get(CONTROLLER_ID).map(String::as_str).unwrap_or_default();
    if flags.controller_id != wanted {
        return Some(NotManaged::ControllerId { operator: flags.controller_id.clone(), server: wanted.to_owned() });
    }
    None
}

/// Whether the four selectors of a Prometheus are all null, so that the operator leaves its configuration to
/// the user (OP-UNM-1, -3): Probes count since 0.41, ScrapeConfigs since 0.69.
pub fn selectors_all_null(server: &Server, version: Option<Version>) -> bool {
    let spec = &server.spec;
    let newer = |minor| version.is_none_or(|version| version >= operator(minor));
    server.kind == crate::world::Kind::Prometheus
        && spec.service_monitor_selector.is_none()
        && spec.pod_monitor_selector.is_none()
        && (spec.probe_selector.is_none() || !newer(41))
        && (spec.scrape_config_selector.is_none() || !newer(69))
}

/// The Prometheus version by which the operator decides (OP-REJ-6): `spec.version`, else the operator's own
/// default, of which only the major version is told here.
pub fn prometheus_version(server: &Server, operator_version: Option<Version>) -> Option<Version> {
    Version::parse(&server.spec.version)
        .or_else(|| operator_version.filter(|version| *version >= operator(79)).map(|_| Version::new(3, 0, 0)))
}

/// The spec that was last sent with `kubectl apply`.
pub fn sent_spec(annotations: &crate::world::Labels) -> Option<Value> {
    let mut sent: Value = serde_json::from_str(annotations.get(LAST_APPLIED)?).ok()?;
    sent.get_mut("spec").map(Value::take)
}

/// The paths of spec fields that were sent with `kubectl apply` but are not in the stored spec: the API server
/// pruned them, or somebody took them away later.
pub fn pruned_fields(annotations: &crate::world::Labels, stored: &Value) -> Vec<String> {
    let mut pruned = Vec::new();
    if let Some(spec) = sent_spec(annotations) {
        compare(&spec, stored, "spec", &mut pruned);
    }
    pruned.sort();
    pruned
}

fn compare(sent: &Value, stored: &Value, path: &str, pruned: &mut Vec<String>) {
    match (sent, stored) {
        (Value::Object(sent), Value::Object(stored)) => {
            for (key, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("{path}{}", crate::path::key_text(key));
                match stored.get(key) {
                    Some(stored) => compare(value, stored, &path, pruned),
                    None => pruned.push(path),
                }
            }
        }
        (Value::Array(sent), Value::Array(stored)) if sent.len() == stored.len() => {
            for (at, (sent, stored)) in sent.iter().zip(stored).enumerate() {
                compare(sent, stored, &format!("{path}[{at}]"), pruned);
            }
        }
        _ => {}
    }
}
