//! The kinds of object that a diagnosis reads, and the names people call them by.

use std::fmt;

/// A kind of Kubernetes object that prom-doctor reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the Kubernetes kinds of the same name")]
pub enum Kind {
    ServiceMonitor,
    PodMonitor,
    Probe,
    ScrapeConfig,
    PrometheusRule,
    Prometheus,
    PrometheusAgent,
    Namespace,
    Service,
    Endpoints,
    EndpointSlice,
    Pod,
    Ingress,
    Node,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
    ServiceAccount,
    CustomResourceDefinition,
    Secret,
    ConfigMap,
    PeerAuthentication,
    NetworkPolicy,
}

/// API group, preferred version, kind, plural, short names, namespaced.
type Row = (Kind, &'static str, &'static str, &'static str, &'static str, &'static [&'static str], bool);

const MONITORING: &str = "monitoring.coreos.com";
const RBAC: &str = "rbac.authorization.k8s.io";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (Kind::ServiceMonitor, MONITORING, "v1", "ServiceMonitor", "servicemonitors", &["smon"], true),
    (Kind::PodMonitor, MONITORING, "v1", "PodMonitor", "podmonitors", &["pmon"], true),
    (Kind::Probe, MONITORING, "v1", "Probe", "probes", &["prb"], true),
    (Kind::ScrapeConfig, MONITORING, "v1alpha1", "ScrapeConfig", "scrapeconfigs", &["scfg"], true),
    (Kind::PrometheusRule, MONITORING, "v1", "PrometheusRule", "prometheusrules", &["promrule"], true),
    (Kind::Prometheus, MONITORING, "v1", "Prometheus", "prometheuses", &["prom"], true),
    (Kind::PrometheusAgent, MONITORING, "v1alpha1", "PrometheusAgent", "prometheusagents", &["promagent"], true),
    (Kind::Namespace, "", "v1", "Namespace", "namespaces", &["ns"], false),
    (Kind::Service, "", "v1", "Service", "services", &["svc"], true),
    (Kind::Endpoints, "", "v1", "Endpoints", "endpoints", &["ep"], true),
    (Kind::EndpointSlice, "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", &[], true),
    (Kind::Pod, "", "v1", "Pod", "pods", &["po"], true),
    (Kind::Ingress, "networking.k8s.io", "v1", "Ingress", "ingresses", &["ing"], true),
    (Kind::Node, "", "v1", "Node", "nodes", &["no"], false),
    (Kind::Deployment, "apps", "v1", "Deployment", "deployments", &["deploy"], true),
    (Kind::StatefulSet, "apps", "v1", "StatefulSet", "statefulsets", &["sts"], true),
    (Kind::DaemonSet, "apps", "v1", "DaemonSet", "daemonsets", &["ds"], true),
    (Kind::ReplicaSet, "apps", "v1", "ReplicaSet", "replicasets", &["rs"], true),
    (Kind::Job, "batch", "v1", "Job", "jobs", &[], true),
    (Kind::CronJob, "batch", "v1", "CronJob", "cronjobs", &["cj"], true),
    (Kind::Role, RBAC, "v1", "Role", "roles", &[], true),
    (Kind::ClusterRole, RBAC, "v1", "ClusterRole", "clusterroles", &[], false),
    (Kind::RoleBinding, RBAC, "v1", "RoleBinding", "rolebindings", &[], true),
    (Kind::ClusterRoleBinding, RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", &[], false),
    (Kind::ServiceAccount, "", "v1", "ServiceAccount", "serviceaccounts", &["sa"], true),
    (Kind::CustomResourceDefinition, "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", &["crd", "crds"], false),
    (Kind::Secret, "", "v1", "Secret", "secrets", &[], true),
    (Kind::ConfigMap, "", "v1", "ConfigMap", "configmaps", &["cm"], true),
    (Kind::PeerAuthentication, "security.istio.io", "v1", "PeerAuthentication", "peerauthentications", &["pa"], true),
    (Kind::NetworkPolicy, "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", &["netpol"], true),
];

impl Kind {
    /// Every kind, in the order in which they are listed to people.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        // The table has one row per variant (tested), so the first row is never used as a stand-in.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }

    /// The API group; empty for the core group.
    pub fn group(self) -> &'static str {
        self.row().1
    }

    /// The API version that is asked for.
    pub fn version(self) -> &'static str {
        self.row().2
    }

    /// `group/version`, or the version alone for the core group.
    pub fn api_version(self) -> String {
        match self.group() {
            "" => self.version().to_owned(),
            group => format!("{group}/{}", self.version()),
        }
    }

    /// The kind as written in manifests.
    pub fn name(self) -> &'static str {
        self.row().3
    }

    /// The plural resource name in lower case.
    pub fn plural(self) -> &'static str {
        self.row().4
    }

    /// The resource as RBAC and error messages name it: `services`, `rolebindings.rbac.authorization.k8s.io`.
    pub fn resource(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// Whether objects of the kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self.row().6
    }

    /// One of the operator's own kinds.
    pub fn is_monitoring(self) -> bool {
        self.group() == MONITORING
    }

    /// A Secret or ConfigMap: never listed, only fetched by name.
    pub fn fetched_by_name(self) -> bool {
        matches!(self, Self::Secret | Self::ConfigMap)
    }

    /// The kind of a manifest. Any version of the right group counts: servers convert, dumps keep old ones.
    pub fn of_manifest(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        TABLE.iter().find(|row| row.3 == kind && (row.1 == group || old_group(row.0, group))).map(|row| row.0)
    }

    /// The kind that a user means by `smon`, `servicemonitors`, `ServiceMonitor` or
    /// `servicemonitors.monitoring.coreos.com`, as kubectl reads it.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let (plain, group) = word.split_once('.').map_or((word.as_str(), None), |(plain, group)| (plain, Some(group)));
        TABLE
            .iter()
            .find(|row| {
                let names = plain == row.4 || plain == row.3.to_ascii_lowercase() || row.5.contains(&plain);
                let fits = group.is_none_or(|group| group == row.1 || group.strip_prefix(&format!("{}.", row.2)) == Some(row.1));
                names && fits
            })
            .map(|row| row.0)
    }
}

/// Groups that a kind had in older clusters.
fn old_group(kind: Kind, group: &str) -> bool {
    match kind {
        Kind::Deployment | Kind::DaemonSet | Kind::ReplicaSet | Kind::Ingress => group == "extensions",
        _ => false,
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_each_of_its_names() {
        for row in TABLE {
            for name in [row.3, row.4].iter().chain(row.5) {
                assert_eq!(Kind::named(name), Some(row.0), "{name}");
            }
            assert_eq!(Kind::named(&row.0.resource()), Some(row.0));
            assert_eq!(Kind::of_manifest(&row.0.api_version(), row.3), Some(row.0));
            assert_eq!(row.0.name(), row.3);
        }
    }

    #[test]
    fn look_alikes_of_other_groups_are_not_ours() {
        assert_eq!(Kind::of_manifest("azmonitoring.coreos.com/v1", "ServiceMonitor"), None);
        assert_eq!(Kind::named("servicemonitors.azmonitoring.coreos.com"), None);
    }
}
