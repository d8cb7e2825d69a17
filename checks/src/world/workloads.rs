//! Deployments and other things that make pods, in slim form.

use serde::Deserialize;

use super::core::PodSpec;
use super::meta::{Meta, nullable};
use crate::selector::LabelSelector;

/// A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Workload {
    /// Metadata.
    pub metadata: Meta,
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: WorkloadSpec,
    /// Status.
    #[serde(default, deserialize_with = "nullable")]
    pub status: WorkloadStatus,
}

impl Workload {
    /// The template of its pods.
    pub fn template(&self) -> &PodTemplate {
        match &self.spec.job_template {
            Some(job) => &job.spec.template,
            None => &self.spec.template,
        }
    }
}

/// The spec of a workload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadSpec {
    /// Wanted pods; absent means 1. DaemonSets and Jobs have none.
    #[serde(default)]
    pub replicas: Option<i64>,
    /// A CronJob or Job that is held.
    #[serde(default)]
    pub suspend: Option<bool>,
    /// Which pods are its own.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// The template of its pods.
    #[serde(default, deserialize_with = "nullable")]
    pub template: PodTemplate,
    /// The template of a CronJob's jobs.
    #[serde(default)]
    pub job_template: Option<JobTemplate>,
}

/// The template of a CronJob's jobs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct JobTemplate {
    /// Spec.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: JobTemplateSpec,
}

/// The spec of a job template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct JobTemplateSpec {
    /// The template of the job's pods.
    #[serde(default, deserialize_with = "nullable")]
    pub template: PodTemplate,
}

/// A pod template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    #[serde(default, deserialize_with = "nullable")]
    pub metadata: Meta,
    /// Spec of the pods.
    #[serde(default, deserialize_with = "nullable")]
    pub spec: PodSpec,
}

/// The status of a workload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadStatus {
    /// Existing pods.
    #[serde(default)]
    pub replicas: Option<i64>,
    /// Pods that serve.
    #[serde(default)]
    pub available_replicas: Option<i64>,
    /// Nodes on which a DaemonSet wants a pod.
    #[serde(default)]
    pub desired_number_scheduled: Option<i64>,
    /// When a Job ended.
    #[serde(default)]
    pub completion_time: Option<String>,
    /// The generation that was acted upon.
    #[serde(default)]
    pub observed_generation: Option<i64>,
}
