//! The job of a Probe (OP-PB).

use serde_json::{Map, Value, json};

use super::discovery::Discovery;
use super::draft::{Draft, copy_rule, set_rule};
use super::field::Field;
use super::{NotWritten, Task, selector};

/// Writes the job.
pub(super) fn write(task: &Task<'_>) -> Result<Draft, NotWritten> {
    let (writer, spec) = (task.writer, &task.spec);
    let mut draft = Draft::default();
    draft.set("job_name", task.job_name("probe", None));
    // Up to 0.54 even a Prometheus below 2.9 was told.
    if writer.reads(2, 9) || !writer.since(55) {
        task.timestamps(&mut draft, Some(true));
    }
    task.prober(&mut draft);
    if writer.since(50) {
        task.limits(&mut draft);
    }
    task.histograms(&mut draft);
    task.protocols(&mut draft);
    task.body_size(&mut draft, &spec.null());

    task.first_rule(&mut draft);
    let job = spec.get("jobName");
    if let Some(name) = job.some_text() {
        draft.rule(&job, set_rule("job", name));
    }
    let (list, ingress) = (spec.get("targets").get("staticConfig"), spec.get("targets").get("ingress"));
    if list.is_set() {
        task.static_targets(&mut draft, &list);
    } else if ingress.is_set() {
        task.ingresses(&mut draft, &ingress)?;
    } else {
        return Err(NotWritten::new("the Probe names neither targets.staticConfig nor targets.ingress"));
    }
    if writer.since(if list.is_set() { 68 } else { 55 }) {
        task.shard(&mut draft, "__param_target");
    }
    if writer.since(47) {
        let keys = draft.keys();
        task.class_tls(keys, &spec.get("tlsConfig"), false)?;
        writer.bearer_token(keys, &spec.get("bearerTokenSecret"));
        writer.basic_auth(keys, &spec.get("basicAuth"));
        writer.oauth2(keys, &spec.get("oauth2"), &task.id.namespace);
        task.class_authorization(keys, &spec.get("authorization"))?;
    }
    task.metric_rules(&mut draft, &spec.get("metricRelabelings"));
    Ok(draft)
}

impl Task<'_> {
    /// Writes how the prober is talked to.
    fn prober(&self, draft: &mut Draft) {
        let (writer, spec, prober) = (self.writer, &self.spec, self.spec.get("prober"));
        // Up to 0.60 the operator knew the default, since then the CRD fills it in.
        let path = prober.get("path").text();
        draft.set("metrics_path", if path.is_empty() && !writer.since(61) { "/probe" } else { path });
        draft.copy_text("scrape_interval", &spec.get("interval"));
        draft.copy_text("scrape_timeout", &spec.get("scrapeTimeout"));
        self.scheme(draft, &prober.get("scheme"));
        let params = self.params();
        if !params.is_empty() {
            draft.set("params", params);
        }
        let keys = draft.keys();
        if writer.since(84) {
            writer.proxy(keys, &prober);
        } else if let Some(url) = prober.get("proxyUrl").some_text().filter(|_| writer.since(49)) {
            keys.insert("proxy_url".to_owned(), json!(url));
        }
        if writer.since_patch(90, 1) {
            self.redirects(keys, spec);
        }
    }

    fn params(&self) -> Map<String, Value> {
        let (spec, mut params) = (&self.spec, Map::new());
        let module = spec.get("module").text();
        // Up to 0.48 even an empty module was written.
        if !module.is_empty() || !self.writer.since(49) {
            params.insert("module".to_owned(), json!([module]));
        }
        for param in spec.get("params").items().filter(|_| self.writer.since(85)) {
            let values = param.get("values");
            let values = if values.is_set() { values.value.clone() } else { json!([]) };
            params.entry(param.get("name").text()).or_insert(values);
        }
        params
    }

    fn static_targets(&self, draft: &mut Draft, list: &Field<'_>) {
        let (targets, labels) = (list.get("static"), list.get("labels"));
        let mut config = Map::new();
        config.insert("targets".to_owned(), if targets.is_set() { targets.value.clone() } else { json!([]) });
        let mut labels = labels.value.as_object().cloned();
        if self.writer.since(45) {
            labels.get_or_insert_default().entry("namespace").or_insert(json!(self.id.namespace));
        }
        if let Some(labels) = labels {
            config.insert("labels".to_owned(), Value::Object(labels));
        }
        draft.set("static_configs", vec![Value::Object(config)]);
        draft.fixed(self.id, copy_rule("__address__", "__param_target"));
        self.ask_prober(draft);
        self.class_rules(draft);
        if self.writer.since(46) {
            self.rules(draft, &list.get("relabelingConfigs"));
        }
        self.enforce(draft);
    }

    fn ingresses(&self, draft: &mut Draft, ingress: &Field<'_>) -> Result<(), NotWritten> {
        selector::keep_selected(self.writer, draft, "ingress", &ingress.get("selector"));
        let namespaces = ingress.get("namespaceSelector");
        let discovery = Discovery { role: "ingress", namespaces, attach: None, selected: &[] };
        draft.set("kubernetes_sd_configs", vec![self.kubernetes(&discovery)?]);
        let prefix = "__meta_kubernetes";
        let url = [format!("{prefix}_ingress_scheme"), "__address__".to_owned(), format!("{prefix}_ingress_path")];
        draft.fixed(self.id, replace(&url, "(.+);(.+);(.+)", "__param_target", "${1}://${2}${3}"));
        draft.fixed(self.id, copy_rule("__meta_kubernetes_namespace", "namespace"));
        draft.fixed(self.id, copy_rule("__meta_kubernetes_ingress_name", "ingress"));
        if self.writer.since(55) {
            draft.fixed(self.id, replace(&["__address__".to_owned()], "(.*)", "__tmp_ingress_address", "$1"));
        }
        self.ask_prober(draft);
        self.class_rules(draft);
        self.rules(draft, &ingress.get("relabelingConfigs"));
        self.enforce(draft);
        Ok(())
    }

    /// Turns the target into a parameter for the prober.
    fn ask_prober(&self, draft: &mut Draft) {
        draft.fixed(self.id, copy_rule("__param_target", "instance"));
        let url = self.spec.get("prober").get("url");
        draft.rule(&url, set_rule("__address__", url.text()));
    }
}

fn replace(sources: &[String], regex: &str, label: &str, replacement: &str) -> Value {
    json!({
        "source_labels": sources, "separator": ";", "regex": regex, "target_label": label, "replacement": replacement,
        "action": "replace",
    })
}
