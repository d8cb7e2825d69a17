//! What all objects have: names, labels, owners, ages.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};

use super::Kind;

/// The annotation by which Helm marks what belongs to a release.
pub const HELM_RELEASE: &str = "meta.helm.sh/release-name";

/// Labels or annotations.
pub type Labels = BTreeMap<String, String>;

/// Which object: kind, namespace (empty for cluster-scoped kinds), name. Prints as `ServiceMonitor shop/cart`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty where the kind has none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectId {
    /// An id from its parts.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// `namespace/name`, or the name alone.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() { self.name.clone() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path())
    }
}

/// The metadata of an object, as far as a diagnosis uses it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Namespace; empty where the kind has none.
    #[serde(default)]
    pub namespace: String,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
    /// Annotations. Of Services, Pods, Ingresses, Nodes and workloads only short ones are kept.
    #[serde(default, deserialize_with = "nullable")]
    pub annotations: Labels,
    /// Keys of annotations whose values were too long to keep.
    #[serde(skip)]
    pub dropped_annotations: Vec<String>,
    /// The labels that were in what was last sent with `kubectl apply`, where that was too long to keep.
    #[serde(skip)]
    pub applied_labels: Option<Vec<String>>,
    /// Generation of the spec.
    #[serde(default)]
    pub generation: Option<i64>,
    /// RFC 3339.
    #[serde(default)]
    pub creation_timestamp: Option<String>,
    /// RFC 3339; set while the object is being deleted.
    #[serde(default)]
    pub deletion_timestamp: Option<String>,
    /// The version that the API server gave to this state.
    #[serde(default)]
    pub resource_version: Option<String>,
    /// Unique id.
    #[serde(default)]
    pub uid: Option<String>,
    /// Owners.
    #[serde(default, deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
    /// Who wrote which part, as far as names and times go.
    #[serde(default, deserialize_with = "nullable")]
    pub managed_fields: Vec<ManagedField>,
}

impl Meta {
    /// The id of the object that has this metadata.
    pub fn id(&self, kind: Kind) -> ObjectId {
        ObjectId::new(kind, &self.namespace, &self.name)
    }

    /// The owner that controls the object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller)
    }

    /// When the object was made or last written, in seconds since 1970, as far as it says.
    pub fn changed_at(&self) -> Option<i64> {
        let written =
            self.managed_fields.iter().filter(|field| field.subresource.is_empty()).filter_map(|field| field.time.as_deref());
        written.chain(self.creation_timestamp.as_deref()).filter_map(seconds).max()
    }
}

/// An entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// API version of the owner.
    #[serde(default)]
    pub api_version: String,
    /// Kind of the owner.
    #[serde(default)]
    pub kind: String,
    /// Name of the owner.
    #[serde(default)]
    pub name: String,
    /// Whether this owner controls the object.
    #[serde(default)]
    pub controller: bool,
}

/// An entry of `metadata.managedFields`, without the fields themselves.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedField {
    /// The writer's name.
    #[serde(default)]
    pub manager: String,
    /// When it last wrote, RFC 3339.
    #[serde(default)]
    pub time: Option<String>,
    /// `status` for status writes, else empty.
    #[serde(default)]
    pub subresource: String,
}

/// Reads `null` as the default: `labels: null` is what some printers write for no labels.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Seconds since 1970 of an RFC 3339 time; `None` where it is not one.
pub fn seconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(|time| time.as_second())
}
