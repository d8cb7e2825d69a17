//! What the endpoints of ServiceMonitors and PodMonitors have in common.

use serde_json::{Value, json};

use super::draft::{Draft, copy_filled_rule, copy_rule, keep_rule, set_rule};
use super::field::Field;
use super::{Task, Writer};
use crate::prometheus::label_name::sanitized;

impl<'t> Task<'t> {
    /// Writes the settings of an endpoint, TLS and authorization apart.
    pub(super) fn endpoint_keys(&self, draft: &mut Draft, endpoint: &Field<'t>) {
        let writer = self.writer;
        let (timestamps, staleness) = (endpoint.get("honorTimestamps"), endpoint.get("trackTimestampsStaleness"));
        self.honor(draft, Some(endpoint.get("honorLabels").flag()), &timestamps, &staleness);
        draft.copy_text("scrape_interval", &endpoint.get("interval"));
        draft.copy_text("scrape_timeout", &endpoint.get("scrapeTimeout"));
        draft.copy_text("metrics_path", &endpoint.get("path"));
        draft.copy("params", &endpoint.get("params"));
        self.scheme(draft, &endpoint.get("scheme"));
        self.redirects(draft.keys(), endpoint);
        self.endpoint_proxy(draft.keys(), endpoint);
        writer.oauth2(draft.keys(), &endpoint.get("oauth2"), &self.id.namespace);
        writer.bearer_token(draft.keys(), &endpoint.get("bearerTokenSecret"));
        writer.basic_auth(draft.keys(), &endpoint.get("basicAuth"));
    }

    /// Writes the scheme, in lower case since 0.87.
    pub(super) fn scheme(&self, draft: &mut Draft, scheme: &Field<'_>) {
        if let Some(scheme) = scheme.some_text() {
            draft.set("scheme", if self.writer.since(87) { scheme.to_lowercase() } else { scheme.to_owned() });
        }
    }

    /// Keeps the name of the job at hand (0.47 and later).
    pub(super) fn first_rule(&self, draft: &mut Draft) {
        if self.writer.since(47) {
            draft.fixed(self.id, copy_rule("job", "__tmp_prometheus_job_name"));
        }
    }

    /// Copies the labels of pods that the monitor names, and since 0.62 those that the server names.
    pub(super) fn pod_labels(&self, draft: &mut Draft) {
        let (own, server) = (self.spec.get("podTargetLabels"), self.server.get("podTargetLabels"));
        let server = server.items().filter(|_| self.writer.since(62));
        for label in own.items().chain(server) {
            let name = sanitized(label.text());
            draft.rule(&label, copy_filled_rule(&format!("__meta_kubernetes_pod_label_{name}"), &name));
        }
    }

    /// Takes the `job` label from a label of the Service or pod.
    pub(super) fn job_label(&self, draft: &mut Draft, prefix: &str) {
        let label = self.spec.get("jobLabel");
        if let Some(name) = label.some_text() {
            draft.rule(&label, copy_filled_rule(&format!("__meta_kubernetes_{prefix}_label_{}", sanitized(name)), "job"));
        }
    }

    /// Appends the rules of the scrape class, those of a list in the monitor, and the enforced label.
    pub(super) fn user_rules(&self, draft: &mut Draft, list: &Field<'_>) {
        self.class_rules(draft);
        self.rules(draft, list);
        self.enforce(draft);
    }

    /// Writes the limits and rules for samples of ServiceMonitors and PodMonitors.
    pub(super) fn last_keys(&self, draft: &mut Draft, metric_rules: &Field<'_>) {
        self.limits(draft);
        self.histograms(draft);
        self.protocols(draft);
        self.body_size(draft, &self.spec.get("bodySizeLimit"));
        self.metric_rules(draft, metric_rules);
    }
}

impl Writer<'_> {
    /// Keeps targets by the name or the number of a container's port (OP-SM-4); zero and the empty name count as none.
    pub(super) fn keep_container_port(&self, draft: &mut Draft, port: &Field<'_>) {
        if let Some(name) = port.some_text() {
            draft.rule(port, keep_rule("__meta_kubernetes_pod_container_port_name", name));
        } else if let Some(number) = port.number().filter(|number| *number != 0) {
            // A text up to 0.78, a number since.
            let regex: Value = if self.since(79) { json!(number) } else { json!(number.to_string()) };
            draft.rule(port, keep_rule("__meta_kubernetes_pod_container_port_number", regex));
        }
    }
}

/// Leaves out pods that are done, unless the field says not to.
pub(super) fn running_only(draft: &mut Draft, filter: &Field<'_>) {
    if filter.flag() || !filter.is_set() {
        let phase = ["__meta_kubernetes_pod_phase"];
        draft.rule(filter, json!({"action": "drop", "source_labels": phase, "regex": "(Failed|Succeeded)"}));
    }
}

/// Writes the `endpoint` label: the port, else the target port.
pub(super) fn endpoint_label(draft: &mut Draft, port: &Field<'_>, target: &Field<'_>) {
    if let Some(name) = port.some_text() {
        draft.rule(port, set_rule("endpoint", name));
    } else if let Some(name) = target.some_text() {
        draft.rule(target, set_rule("endpoint", name));
    } else if let Some(number) = target.number() {
        draft.rule(target, set_rule("endpoint", &number.to_string()));
    }
}
