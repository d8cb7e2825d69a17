//! The job of a ServiceMonitor's endpoint (OP-SM-3).

use serde_json::json;

use super::discovery::Discovery;
use super::draft::{Draft, copy_filled_rule, copy_rule, keep_rule};
use super::endpoint::{endpoint_label, running_only};
use super::field::Field;
use super::{NotWritten, Task, selector};
use crate::prometheus::label_name::sanitized;

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

impl Task<'_> {
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
}
