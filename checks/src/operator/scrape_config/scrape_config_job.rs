//! The job of a ScrapeConfig (OP-SC).

use serde_json::json;

use super::draft::Draft;
use super::{NotWritten, Task};

/// Writes the job.
pub(super) fn write(task: &Task<'_>) -> Result<Draft, NotWritten> {
    let (writer, spec) = (task.writer, &task.spec);
    let mut draft = Draft::default();
    let kind = if writer.since(70) { "scrapeConfig" } else { "scrapeconfig" };
    draft.set("job_name", task.job_name(kind, None));
    if writer.since_patch(65, 2) {
        task.first_rule(&mut draft);
    }
    task.class_rules(&mut draft);
    let job = spec.get("jobName");
    if job.is_set() && writer.since(75) {
        draft.rule(&job, json!({"target_label": "job", "action": "replace", "replacement": job.value}));
    }
    task.own_settings(&mut draft)?;
    task.discovery_lists(&mut draft)?;
    task.own_rules(&mut draft)?;
    Ok(draft)
}

impl Task<'_> {
    fn own_settings(&self, draft: &mut Draft) -> Result<(), NotWritten> {
        let (writer, spec) = (self.writer, &self.spec);
        let (timestamps, staleness) = (spec.get("honorTimestamps"), spec.get("trackTimestampsStaleness"));
        let labels = spec.get("honorLabels").value.as_bool();
        if timestamps.is_set() {
            self.honor(draft, labels, &timestamps, &staleness);
        } else {
            self.honor_labels_only(draft, labels, &staleness);
        }
        let path = spec.get("metricsPath");
        if writer.since(67) {
            draft.copy("metrics_path", &path);
        } else {
            draft.copy_text("metrics_path", &path);
        }
        if writer.since(66) {
            writer.basic_auth(draft.keys(), &spec.get("basicAuth"));
            self.class_authorization(draft.keys(), &spec.get("authorization"))?;
        }
        if writer.since(67) {
            let params = spec.get("params");
            if !params.entries().is_empty() {
                draft.copy("params", &params);
            }
            draft.copy("scrape_interval", &spec.get("scrapeInterval"));
            draft.copy("scrape_timeout", &spec.get("scrapeTimeout"));
            let scheme = spec.get("scheme");
            if scheme.is_set() {
                draft.set("scheme", scheme.text().to_lowercase());
            }
            self.class_tls(draft.keys(), &spec.get("tlsConfig"), false)?;
            self.limits(draft);
            let size = if writer.since(89) { spec.get("bodySizeLimit") } else { spec.null() };
            self.body_size(draft, &size);
        }
        if writer.since(71) {
            writer.proxy(draft.keys(), spec);
        }
        if writer.since(76) {
            writer.oauth2(draft.keys(), &spec.get("oauth2"), &self.id.namespace);
        }
        for (field, key, operator, minor) in
            [("enableCompression", "enable_compression", 72, 49), ("enableHTTP2", "enable_http2", 79, 35)]
        {
            if writer.since(operator) && writer.reads(2, minor) {
                draft.copy(key, &spec.get(field));
            }
        }
        self.histograms(draft);
        self.protocols(draft);
        self.names(draft);
        Ok(())
    }

    /// Writes how names of metrics are checked and escaped (0.83 and later).
    fn names(&self, draft: &mut Draft) {
        let (writer, spec) = (self.writer, &self.spec);
        let (validation, escaping) = (spec.get("nameValidationScheme"), spec.get("nameEscapingScheme"));
        if validation.is_set() && writer.since(83) && writer.reads(3, 0) {
            draft.set("metric_name_validation_scheme", validation.text().to_lowercase());
        }
        let escaping = match escaping.text() {
            "AllowUTF8" => "allow-utf-8",
            "Underscores" => "underscores",
            "Dots" => "dots",
            "Values" => "values",
            _ => return,
        };
        if writer.since(83) && writer.reads(3, 4) {
            draft.set("metric_name_escaping_scheme", escaping);
        }
    }

    fn own_rules(&self, draft: &mut Draft) -> Result<(), NotWritten> {
        let (writer, spec) = (self.writer, &self.spec);
        let list = spec.get("relabelings");
        let (any, set) = (list.items().next().is_some(), list.is_set());
        if set && !writer.since_patch(65, 2) {
            let reason = "operators 0.65.0 and 0.65.1 write the relabelings of ScrapeConfigs with keys that Prometheus refuses";
            return Err(NotWritten::new(reason));
        }
        if any || set && !writer.since(72) {
            self.rules(draft, &list);
            self.enforce(draft);
        }
        // Up to 0.70 the key was written with relabelings only, even the operator's own rule.
        if !set && !writer.since(71) {
            draft.leave_rules_out();
        }
        let shards = writer.shards();
        if writer.since(72) && shards != 1 && !draft.has_action("hashmod") {
            self.shard(draft, "__address__");
        }
        if writer.since(68) {
            let metric_rules = spec.get("metricRelabelings");
            if metric_rules.is_set() || writer.since(75) {
                self.metric_rules(draft, &metric_rules);
            }
        }
        Ok(())
    }
}
