//! Ingresses, in slim form.

use serde::Deserialize;

use super::meta::{Meta, nullable};

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Ingress {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: IngressSpec,
}

/// The spec of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressSpec {
    /// The class of controller that serves it.
    #[serde(default)]
    pub ingress_class_name: Option<String>,
    /// Hosts that are served with TLS.
    #[serde(default, deserialize_with = "nullable")]
    pub tls: Vec<IngressTls>,
    /// Rules.
    #[serde(default, deserialize_with = "nullable")]
    pub rules: Vec<IngressRule>,
}

/// Hosts with one certificate.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct IngressTls {
    /// The hosts; may be wildcards.
    #[serde(default, deserialize_with = "nullable")]
    pub hosts: Vec<String>,
}

/// A rule of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct IngressRule {
    /// Host; empty for all.
    #[serde(default, deserialize_with = "nullable")]
    pub host: String,
    /// Its paths; `None` leads everything to the default.
    #[serde(default)]
    pub http: Option<IngressPaths>,
}

/// The paths of a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct IngressPaths {
    /// The paths.
    #[serde(default, deserialize_with = "nullable")]
    pub paths: Vec<IngressPath>,
}

/// A path of a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct IngressPath {
    /// The path; empty for all.
    #[serde(default, deserialize_with = "nullable")]
    pub path: String,
}
