//! A scrape job.

use std::collections::BTreeSet;

use serde_json::Value;

use super::global::{ESCAPINGS, duration, is_unreadable};
use super::place::Place;
use super::{Cause, Judge, keys};
use crate::prometheus::config::{scalar, text};
use crate::prometheus::relabel::{Problem, Semantics, problem_at, shape};
use crate::prometheus::rule::Rule;
use crate::text::without_credentials;

impl Judge {
    /// Looks at a job; `names` are those of the jobs before it.
    pub(super) fn scrape_job(&mut self, job: &Value, global: &Value, names: &mut BTreeSet<String>) {
        let root = Place::root();
        if job.is_null() {
            return self.refuse(&root, "empty or null scrape config section");
        }
        self.section(job, &keys::JOB, &root);
        if !job.is_object() {
            return;
        }
        let name = text(job, "job_name").unwrap_or_default();
        if name.is_empty() && !job.get("job_name").is_some_and(|name| name.is_array() || name.is_object()) {
            self.refuse(&root.key("job_name"), "job_name is empty");
        } else if !name.is_empty() && !names.insert(name.clone()) {
            let text = format!("found multiple scrape configs with job name {name:?}");
            self.refuse_for(&root.key("job_name"), text, Cause::SameName);
        }
        self.client(job, &root);
        self.times(job, global, &name);
        self.discovery(job, &root);
        if let Some(why) = self.protocols(job) {
            let text = format!("{why} for scrape config with job name {name:?}");
            self.refuse(&root.key("scrape_protocols"), text);
        }
        let fallback = text(job, "fallback_scrape_protocol").filter(|fallback| !fallback.is_empty() && self.since(3, 0));
        if let Some(why) = fallback.and_then(|fallback| self.protocol(&fallback)) {
            let text = format!("invalid fallback_scrape_protocol for scrape config with job name {name:?}: {why}");
            self.refuse(&root.key("fallback_scrape_protocol"), text);
        }
        let legacy_names = self.names(job, global);
        for key in ["relabel_configs", "metric_relabel_configs"] {
            self.rules(job, key, legacy_names);
        }
    }

    fn times(&mut self, job: &Value, global: &Value, name: &str) {
        let own = duration(job, "scrape_interval");
        let of_server = own.is_none();
        let unreadable = is_unreadable(job, "scrape_interval") || of_server && is_unreadable(global, "scrape_interval");
        let interval = own.or_else(|| duration(global, "scrape_interval")).unwrap_or_else(|| ("1m".to_owned(), 60_000));
        let Some((timeout, _)) = duration(job, "scrape_timeout").filter(|(_, millis)| *millis > interval.1 && !unreadable) else {
            return;
        };
        let text = format!("scrape timeout greater than scrape interval for scrape config with job name {name:?}");
        let cause = Cause::Timeout { timeout, interval: interval.0, global: of_server };
        self.refuse_for(&Place::root().key("scrape_timeout"), text, cause);
    }

    fn discovery(&mut self, job: &Value, root: &Place<'_>) {
        let list = |key: &str| job.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        let at = root.key("kubernetes_sd_configs");
        list("kubernetes_sd_configs").for_each(|(index, sd)| self.kubernetes(sd, &at.item(index)));
        let at = root.key("static_configs");
        let relabels = job.get("relabel_configs").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
        for (index, group) in list("static_configs") {
            let at = at.item(index);
            let names = group.get("labels").and_then(Value::as_object).into_iter().flatten();
            for (name, _) in names {
                if self.is_bad_label(name, false) {
                    self.refuse(&at.key("labels").key(name), format!("{name:?} is not a valid label name"));
                }
            }
            let targets = group.get("targets").and_then(Value::as_array).into_iter().flatten().enumerate();
            // Rules may make an address of it.
            for (index, target) in targets.filter(|_| !relabels) {
                let target = scalar(target).filter(|target| target.contains('/'));
                if let Some(target) = target {
                    // Not its query, which may hold a credential.
                    let target = without_credentials(target.split('?').next().unwrap_or_default());
                    self.refuse(&at.key("targets").item(index), format!("{target:?} is not a valid hostname"));
                }
            }
        }
    }

    /// Looks at how names of metrics and labels are validated and escaped; tells whether only old names are valid.
    fn names(&mut self, job: &Value, global: &Value) -> bool {
        let root = Place::root();
        let of = |value: &Value, key: &str| text(value, key).unwrap_or_default();
        let (own, given) = (of(job, "metric_name_validation_scheme"), of(global, "metric_name_validation_scheme"));
        if let Some(why) = self.validation_scheme(&own, false, true) {
            self.refuse(&root.key("metric_name_validation_scheme"), why);
        }
        let legacy = if own.is_empty() { given == "legacy" } else { own == "legacy" };
        let (escaping, by_all) = (of(job, "metric_name_escaping_scheme"), of(global, "metric_name_escaping_scheme"));
        if self.is_bad_escaping(&escaping) {
            let at = root.key("metric_name_escaping_scheme");
            let text =
                format!("unknown scrape config name escaping method specified, must be one of {ESCAPINGS}, got {escaping:?}");
            self.refuse(&at, text);
        }
        let by_all = match by_all.as_str() {
            "" if given == "legacy" => "underscores",
            "" => "allow-utf-8",
            given => given,
        };
        // Before 3.7 a job did not derive it from its own scheme.
        let escaping = match escaping.as_str() {
            "" if own.is_empty() || !self.since(3, 7) => by_all,
            "" if legacy => "underscores",
            "" => "allow-utf-8",
            own => own,
        };
        if self.since(3, 4) && legacy && escaping == "allow-utf-8" {
            let text = "utf8 metric names requested but validation scheme is not set to UTF8";
            self.refuse(&root.key("metric_name_escaping_scheme"), text);
        }
        legacy
    }

    fn rules(&mut self, job: &Value, key: &str, legacy_names: bool) {
        let root = Place::root();
        let all = root.key(key);
        let semantics = Semantics { legacy_names, ..self.version.into() };
        let rules = job.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, value) in rules {
            let at = all.item(index);
            let (key, text) = match shape(value) {
                Some(_) if value.is_null() && key == "metric_relabel_configs" => {
                    (None, "empty or null metric relabeling rule in scrape config".to_owned())
                }
                Some(Problem::Refused(text)) => (None, text),
                Some(Problem::CannotJudge(_)) => continue,
                // Old versions took it for a rule that does nothing.
                None if value.get("action").is_some_and(Value::is_null) && !self.since(2, 30) => continue,
                None if value.get("action").is_some_and(Value::is_null) => {
                    (Some("action"), "relabel action cannot be empty".to_owned())
                }
                None => match problem_at(&Rule::read(value), semantics, &mut self.patterns) {
                    Some((key, Problem::Refused(text))) => (Some(key), text),
                    _ => continue,
                },
            };
            match key {
                Some(key) => self.refuse_for(&at.key(key), text, Cause::Rule),
                None => self.refuse_for(&at, text, Cause::Rule),
            }
        }
    }
}
