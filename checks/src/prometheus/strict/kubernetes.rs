//! An entry of `kubernetes_sd_configs` (SD-CFG-2, SD-CFG-5).

use serde_json::Value;

use super::Judge;
use super::http::{given, present};
use super::place::Place;
use crate::prometheus::config::text;
use crate::prometheus::discovery::{is_field_selector, is_label_selector};

impl Judge {
    pub(super) fn kubernetes(&mut self, sd: &Value, at: &Place<'_>) {
        if !sd.is_object() {
            return;
        }
        let role = text(sd, "role").unwrap_or_default();
        if !present(sd, "role") {
            let slices = if self.since(2, 21) { " endpointslice," } else { "" };
            self.refuse(at, format!("role missing (one of: pod, service, endpoints,{slices} node, ingress)"));
        } else if self.is_no_role(&role) && text(sd, "role").is_some() {
            self.refuse(&at.key("role"), format!("unknown Kubernetes SD role {role:?}"));
        }
        self.client(sd, at);
        self.server(sd, at);
        self.selectors(sd, &role, at);
    }

    fn is_no_role(&self, role: &str) -> bool {
        let old = ["pod", "service", "endpoints", "node", "ingress"];
        self.is_read() && !old.contains(&role) && !(role == "endpointslice" && self.since(2, 21))
    }

    /// Which API server is asked, and how.
    fn server(&mut self, sd: &Value, at: &Place<'_>) {
        let (server, file) = (present(sd, "api_server"), given(sd, "kubeconfig_file"));
        let own = sd.pointer("/namespaces/own_namespace").and_then(Value::as_bool).unwrap_or(false);
        if server && file {
            self.refuse(&at.key("kubeconfig_file"), "cannot use 'kubeconfig_file' and 'api_server' simultaneously");
        } else if file && is_custom(sd) {
            let text = "cannot use a custom HTTP client configuration together with 'kubeconfig_file'";
            self.refuse(&at.key("kubeconfig_file"), text);
        } else if !server && is_custom(sd) {
            self.refuse(at, "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
        }
        if own && server && self.since(2, 34) {
            let text = "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously";
            self.refuse(&at.key("namespaces").key("own_namespace"), text);
        } else if own && file && self.since(2, 34) {
            let text = "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously";
            self.refuse(&at.key("namespaces").key("own_namespace"), text);
        }
    }

    fn selectors(&mut self, sd: &Value, role: &str, at: &Place<'_>) {
        let allowed: &[&str] = match role {
            "pod" if self.since(3, 11) => &["pod", "node"],
            "pod" => &["pod"],
            "service" => &["service"],
            "endpoints" => &["pod", "service", "endpoints"],
            "endpointslice" => &["pod", "service", "endpointslice"],
            "node" => &["node"],
            "ingress" => &["ingress"],
            _ => return,
        };
        let Some(list) = sd.get("selectors").and_then(Value::as_array) else {
            return;
        };
        let all = at.key("selectors");
        let roles: Vec<String> = list.iter().map(|selector| text(selector, "role").unwrap_or_default()).collect();
        for (index, selector) in list.iter().enumerate() {
            let (at, of) = (all.item(index), &roles[index]);
            if !selector.is_object() && !selector.is_null() {
                continue;
            }
            if present(selector, "role") && self.is_no_role(of) {
                self.refuse(&at.key("role"), format!("unknown Kubernetes SD role {of:?}"));
            } else if roles[..index].contains(of) {
                self.refuse(&at, format!("duplicated selector role: {of}"));
            } else if !allowed.contains(&of.as_str()) && self.is_read() {
                self.refuse(&at.key("role"), format!("{role} role supports only {} selectors", allowed.join(", ")));
            }
            let (label, field) = (text(selector, "label").unwrap_or_default(), text(selector, "field").unwrap_or_default());
            if !is_field_selector(&field) {
                self.refuse(&at.key("field"), format!("{field:?} is not a field selector"));
            }
            // Older versions read it as a field selector.
            if self.since(2, 24) && !is_label_selector(&label) {
                self.refuse(&at.key("label"), format!("{label:?} is not a label selector"));
            }
        }
    }
}

/// Whether the settings of the HTTP client differ from those that Prometheus takes by itself.
fn is_custom(sd: &Value) -> bool {
    let pointers = ["authorization", "basic_auth", "http_headers", "oauth2", "proxy_connect_header", "proxy_url"];
    let flag = |key: &str| sd.get(key).and_then(Value::as_bool);
    let zero = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    let tls = sd.get("tls_config").and_then(Value::as_object);
    pointers.iter().any(|key| present(sd, key))
        || ["bearer_token", "bearer_token_file", "no_proxy"].iter().any(|key| given(sd, key))
        || tls.is_some_and(|tls| !tls.values().all(zero))
        || flag("proxy_from_environment") == Some(true)
        // These are true where they are left out; null is false.
        || ["enable_http2", "follow_redirects"].iter().any(|key| sd.get(key).is_some_and(zero))
}
