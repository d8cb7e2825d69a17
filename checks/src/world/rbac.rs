//! Roles and bindings, in slim form.

use serde::Deserialize;

use super::meta::{Meta, nullable};

/// A Role or ClusterRole.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Role {
    /// Metadata; a ClusterRole has no namespace.
    pub metadata: Meta,
    /// Rules.
    #[serde(default, deserialize_with = "nullable")]
    pub rules: Vec<PolicyRule>,
}

/// A rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRule {
    /// API groups; `*` for all.
    #[serde(default, deserialize_with = "nullable")]
    pub api_groups: Vec<String>,
    /// Resources; `*` for all.
    #[serde(default, deserialize_with = "nullable")]
    pub resources: Vec<String>,
    /// Names; a rule that has any does not allow lists.
    #[serde(default, deserialize_with = "nullable")]
    pub resource_names: Vec<String>,
    /// Verbs; `*` for all.
    #[serde(default, deserialize_with = "nullable")]
    pub verbs: Vec<String>,
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Metadata; a ClusterRoleBinding has no namespace.
    pub metadata: Meta,
    /// The role.
    #[serde(default, deserialize_with = "nullable")]
    pub role_ref: RoleRef,
    /// Who gets it.
    #[serde(default, deserialize_with = "nullable")]
    pub subjects: Vec<Subject>,
}

/// The role of a binding.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`.
    #[serde(default)]
    pub kind: String,
    /// Name.
    #[serde(default)]
    pub name: String,
}

/// A subject of a binding.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Subject {
    /// `ServiceAccount`, `User` or `Group`.
    #[serde(default)]
    pub kind: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Namespace of a ServiceAccount.
    #[serde(default)]
    pub namespace: String,
}
