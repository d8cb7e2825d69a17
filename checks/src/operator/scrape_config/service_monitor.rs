//! The job of a ServiceMonitor's endpoint (OP-SM-3).

use serde_json::{Value, json};

use super::discovery::Discovery;
use super::draft::{Draft, copy_filled_rule, copy_rule, keep_rule, sanitized, set_rule};
use super::field::Field;
use super::{NotWritten, Task, Writer, selector};

/// Writes the job.
pub(super) fn write<'t>(task: &Task<'t>, at: usize, endpoint: &Field<'t>) -> Result<Draft, NotWritten> {
    let mut draft = Draft::default();
    let role = task.service_role();
    draft.set("job_name", task.job_name("serviceMonitor", Some(at)));
    task.endpoint_keys(&mut draft, endpoint);
    let namespaces = task.spec.get("namespaceSelector");
    let discovery = Discovery { role, namespaces, attach: Some((61, (2, 37))), selected: &[role, "service"] };
    draft.set("kubernetes_sd_configs", vec![task.kubernetes(&discovery)?]);

    task.class_tls(draft.keys(), &endpoint.get("tlsConfig"), true)?;
    task.class_authorization(draft.keys(), &endpoint.get("authorization"))?;
    draft.copy_text("bearer_token_file", &endpoint.get("bearerTokenFile"));

    task.first_rule(&mut draft);
    if !task.role_selector() {
        selector::keep_selected(task.writer, &mut draft, "service", &task.spec.get("selector"));
    }
    let slices = role == "endpointslice";
    let port_name = if slices { "__meta_kubernetes_endpointslice_port_name" } else { "__meta_kubernetes_endpoint_port_name" };
    let (port, target) = (endpoint.get("port"), endpoint.get("targetPort"));
    if let Some(name) = port.some_text() {
        draft.rule(&port, keep_rule(port_name, name));
    } else {
        task.writer.keep_container_port(&mut draft, &target);
    }
    task.copied_labels(&mut draft, slices);
    if task.writer.since(61) {
        running_only(&mut draft, &endpoint.get("filterRunning"));
    }
    for label in task.spec.get("targetLabels").items() {
        let name = sanitized(label.text());
        draft.rule(&label, copy_filled_rule(&format!("__meta_kubernetes_service_label_{name}"), &name));
    }
    task.pod_labels(&mut draft);
    let job = json!({"source_labels": ["__meta_kubernetes_service_name"], "target_label": "job", "replacement": "${1}"});
    draft.fixed(task.id, job);
    task.job_label(&mut draft, "service");
    endpoint_label(&mut draft, &port, &target);
    task.user_rules(&mut draft, &endpoint.get("relabelings"));
    task.shard(&mut draft, "__address__");
    task.last_keys(&mut draft, &endpoint.get("metricRelabelings"));
    Ok(draft)
}

impl<'t> Task<'t> {
    /// Writes what the endpoints of ServiceMonitors and PodMonitors have in common, TLS and bearer token files apart.
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

    fn copied_labels(&self, draft: &mut Draft, slices: bool) {
        let prefix = if slices { "__meta_kubernetes_endpointslice" } else { "__meta_kubernetes_endpoint" };
        let sources = [format!("{prefix}_address_target_kind"), format!("{prefix}_address_target_name")];
        for (kind, label) in [("Node", "node"), ("Pod", "pod")] {
            let regex = format!("{kind};(.*)");
            let replacement = "${1}";
            let rule = json!({
                "source_labels": sources, "separator": ";", "regex": regex, "replacement": replacement, "target_label": label,
            });
            draft.fixed(self.id, rule);
        }
        for (source, label) in
            [("namespace", "namespace"), ("service_name", "service"), ("pod_name", "pod"), ("pod_container_name", "container")]
        {
            draft.fixed(self.id, copy_rule(&format!("__meta_kubernetes_{source}"), label));
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
