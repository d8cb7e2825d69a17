//! CustomResourceDefinitions, as far as they say what a cluster can hold.

use serde::Deserialize;

use super::meta::{Meta, nullable};

/// A CustomResourceDefinition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Crd {
    /// Metadata; annotation `operator.prometheus.io/version` tells the operator version it was made for.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: CrdSpec,
}

/// The spec of a CustomResourceDefinition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct CrdSpec {
    /// API group.
    #[serde(default)]
    pub group: String,
    /// Names.
    #[serde(default)]
    pub names: CrdNames,
}

/// The names that a CustomResourceDefinition gives.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct CrdNames {
    /// Kind.
    #[serde(default)]
    pub kind: String,
}
