//! `kubernetes_sd_configs` (OP-SM-1, OP-MON-2, OP-ENF-11, OP-ENF-12).

use serde_json::{Map, Value, json};

use super::field::Field;
use super::{NotWritten, Task, selector};
use crate::prometheus::config::REDACTED;

/// The oldest Prometheus that takes `attach_metadata` for a role.
pub(super) type AttachSince = (u32, u32);

/// What the entry is for.
pub(super) struct Discovery<'d> {
    /// The role.
    pub(super) role: &'d str,
    /// The monitor's `namespaceSelector`.
    pub(super) namespaces: Field<'d>,
    /// The oldest operator and Prometheus that attach metadata; `None` for roles that never do.
    pub(super) attach: Option<(u32, AttachSince)>,
    /// The roles whose objects Kubernetes selects in RoleSelector mode.
    pub(super) selected: &'d [&'d str],
}

impl Task<'_> {
    /// The role by which the addresses behind Services are found.
    pub(super) fn service_role(&self) -> &'static str {
        let writer = self.writer;
        let own = self.spec.get("serviceDiscoveryRole");
        let server = self.server.get("serviceDiscoveryRole");
        let role = if writer.since(86) && own.is_set() { own } else { server };
        let slices = writer.since(76) && writer.endpoint_slices && writer.reads(2, 21) && role.text() == "EndpointSlice";
        if slices { "endpointslice" } else { "endpoints" }
    }

    /// Whether targets are chosen by Kubernetes rather than by relabel rules (OP-SM-2).
    pub(super) fn role_selector(&self) -> bool {
        let mechanism = self.spec.get("selectorMechanism");
        self.writer.since(79) && mechanism.is_set() && mechanism.text() != "RelabelConfig"
    }

    /// The entry.
    ///
    /// # Errors
    /// The operator stumbles over the server's `apiserverConfig` or over the selector.
    pub(super) fn kubernetes(&self, discovery: &Discovery<'_>) -> Result<Value, NotWritten> {
        let writer = self.writer;
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("role", json!(discovery.role));
        if let Some(names) = self.namespaces(&discovery.namespaces) {
            put("namespaces", json!({ "names": names }));
        }
        if let Some(node) = self.attached(discovery) {
            put("attach_metadata", json!({ "node": node }));
        }
        let mut selectors = Vec::new();
        if writer.is_daemon_set() {
            selectors.push(json!({"role": "pod", "field": "spec.nodeName=$(NODE_NAME)"}));
        }
        if self.role_selector() && !discovery.selected.is_empty() {
            let label = selector::text(writer, &self.spec.get("selector"))?;
            selectors.extend(discovery.selected.iter().map(|role| json!({"role": role, "label": label})));
        }
        if !selectors.is_empty() {
            put("selectors", Value::Array(selectors));
        }
        self.api_server(&mut out)?;
        Ok(Value::Object(out))
    }

    /// OP-MON-2: the namespaces that are looked at; `None` means all.
    fn namespaces(&self, selector: &Field<'_>) -> Option<Value> {
        let names = selector.get("matchNames");
        let own = || Some(json!([self.id.namespace]));
        if self.server.get("ignoreNamespaceSelectors").flag() {
            own()
        } else if selector.get("any").flag() {
            None
        } else if names.items().next().is_none() {
            own()
        } else {
            Some(names.value.clone())
        }
    }

    fn attached(&self, discovery: &Discovery<'_>) -> Option<Value> {
        let writer = self.writer;
        let (operator, (major, minor)) = discovery.attach?;
        if !writer.since(operator) || !writer.reads(major, minor) {
            return None;
        }
        let own = self.spec.get("attachMetadata");
        let attach = if own.is_set() || !writer.since(76) { own } else { self.class.get("attachMetadata") };
        let node = attach.get("node");
        if writer.zones().is_some() && !writer.zone_of_pods() && !node.flag() {
            return Some(json!(true));
        }
        // Operators 0.70 to 0.76 wrote an unset `node` as null.
        let unset = if writer.since(NULL_NODE_SINCE) && !writer.since(77) { Value::Null } else { json!(false) };
        attach.is_set().then(|| if node.is_set() { node.value.clone() } else { unset })
    }

    /// OP-ENF-12: another API server, with all that is needed to talk to it.
    fn api_server(&self, out: &mut Map<String, Value>) -> Result<(), NotWritten> {
        let (writer, config) = (self.writer, self.server.get("apiserverConfig"));
        if !config.is_set() {
            return Ok(());
        }
        out.insert("api_server".to_owned(), json!(config.get("host").text()));
        writer.basic_auth(out, &config.get("basicAuth"));
        if config.get("bearerToken").some_text().is_some() {
            out.insert("bearer_token".to_owned(), json!(REDACTED));
        }
        if let Some(file) = config.get("bearerTokenFile").some_text() {
            out.insert("bearer_token_file".to_owned(), json!(file));
        }
        // Since 0.75 the Secret is looked for in the monitor's namespace, where it is not unless the server is there too.
        let found = !writer.since(75) || self.id.namespace == writer.server.metadata.namespace;
        writer.authorization(out, &config.get("authorization"), found)?;
        // Up to 0.75.1 the names of the files lack a namespace, since then they have the monitor's.
        let namespace = if writer.since_patch(75, 2) { self.id.namespace.as_str() } else { "" };
        writer.tls(out, &config.get("tlsConfig"), namespace);
        if writer.since(84) {
            writer.proxy(out, &config);
        }
        Ok(())
    }
}

/// The first operator whose type for `node` tells unset from false.
const NULL_NODE_SINCE: u32 = 70;
