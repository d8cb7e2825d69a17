//! The job of a PodMonitor's endpoint (OP-PM).

use serde_json::json;

use super::discovery::Discovery;
use super::draft::{Draft, copy_rule, keep_rule, set_rule};
use super::endpoint::{endpoint_label, running_only};
use super::field::Field;
use super::{NotWritten, Task, selector};

/// Writes the job.
pub(super) fn write<'t>(task: &Task<'t>, at: usize, endpoint: &Field<'t>) -> Result<Draft, NotWritten> {
    let writer = task.writer;
    let mut draft = Draft::default();
    draft.set("job_name", task.job_name("podMonitor", Some(at)));
    task.endpoint_keys(&mut draft, endpoint);
    let namespaces = task.spec.get("namespaceSelector");
    let discovery = Discovery { role: "pod", namespaces, attach: Some((57, (2, 35))), selected: &["pod"] };
    draft.set("kubernetes_sd_configs", vec![task.kubernetes(&discovery)?]);
    task.class_tls(draft.keys(), &endpoint.get("tlsConfig"), false)?;
    task.class_authorization(draft.keys(), &endpoint.get("authorization"))?;

    task.first_rule(&mut draft);
    if writer.since(60) {
        running_only(&mut draft, &endpoint.get("filterRunning"));
    }
    if !task.role_selector() {
        selector::keep_selected(writer, &mut draft, "pod", &task.spec.get("selector"));
    }
    let (port, number, target) = (endpoint.get("port"), endpoint.get("portNumber"), endpoint.get("targetPort"));
    if let Some(name) = port.some_text() {
        draft.rule(&port, keep_rule("__meta_kubernetes_pod_container_port_name", name));
    } else if writer.since(79) && number.number().is_some_and(|number| number != 0) {
        draft.rule(&number, keep_rule("__meta_kubernetes_pod_container_port_number", json!(number.number())));
    } else {
        writer.keep_container_port(&mut draft, &target);
    }
    for (source, label) in [("namespace", "namespace"), ("pod_container_name", "container"), ("pod_name", "pod")] {
        draft.fixed(task.id, copy_rule(&format!("__meta_kubernetes_{source}"), label));
    }
    task.pod_labels(&mut draft);
    draft.fixed(task.id, set_rule("job", &format!("{}/{}", task.id.namespace, task.id.name)));
    task.job_label(&mut draft, "pod");
    endpoint_label(&mut draft, &port, &target);
    task.user_rules(&mut draft, &endpoint.get("relabelings"));
    if !writer.is_daemon_set() {
        task.shard(&mut draft, "__address__");
    }
    task.last_keys(&mut draft, &endpoint.get("metricRelabelings"));
    Ok(draft)
}
