//! What stands outside of jobs, and is not a matter of kinds alone.

use serde_json::Value;

use super::place::Place;
use super::{Cause, Judge};
use crate::prometheus::config::text;
use crate::prometheus::duration::parse;
use crate::prometheus::label_name::is_plain;

/// A duration that is there and not 0: what is not counts as left out.
pub(super) fn duration(value: &Value, key: &str) -> Option<(String, u64)> {
    let text = text(value, key)?;
    let millis = parse(&text).ok().filter(|&millis| millis > 0)?;
    Some((text, millis))
}

/// Whether a duration is there that cannot be read.
pub(super) fn is_unreadable(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_null()) && text(value, key).is_none_or(|text| parse(&text).is_err())
}

impl Judge {
    /// Whether a label name is refused where only old names are allowed.
    pub(super) fn is_bad_label(&self, name: &str, old_names: bool) -> bool {
        // 2.55 takes new names where a feature is switched on.
        let old_names = old_names || !self.since(2, 55);
        name.is_empty() || old_names && !is_plain(name)
    }

    pub(super) fn global(&mut self, config: &Value, at: &Place<'_>) {
        let Some(global) = config.get("global").filter(|global| global.is_object()) else {
            return;
        };
        let scheme = text(global, "metric_name_validation_scheme").unwrap_or_default();
        let old_names = scheme == "legacy" && self.since(3, 7);
        let labels = global.get("external_labels").and_then(Value::as_object).into_iter().flatten();
        for (name, _) in labels {
            if self.is_bad_label(name, old_names) {
                self.refuse(&at.key("external_labels").key(name), format!("{name:?} is not a valid label name"));
            }
        }
        let (interval, timeout) = (duration(global, "scrape_interval"), duration(global, "scrape_timeout"));
        let interval = interval.map_or(60_000, |(_, millis)| millis);
        if timeout.is_some_and(|(_, timeout)| timeout > interval) && !is_unreadable(global, "scrape_interval") {
            self.refuse(&at.key("scrape_timeout"), "global scrape timeout greater than scrape interval");
        }
        if let Some(why) = self.protocols(global) {
            self.refuse(&at.key("scrape_protocols"), format!("{why} for global config"));
        }
        let jobs = config.get("scrape_configs").and_then(Value::as_array).is_some_and(|jobs| !jobs.is_empty());
        if let Some(why) = self.validation_scheme(&scheme, true, jobs) {
            self.refuse(&at.key("metric_name_validation_scheme"), why);
        }
        let escaping = text(global, "metric_name_escaping_scheme").unwrap_or_default();
        if jobs && self.is_bad_escaping(&escaping) {
            let at = at.key("metric_name_escaping_scheme");
            self.refuse(
                &at,
                format!("unknown global name escaping method specified, must be one of {ESCAPINGS}, got {escaping:?}"),
            );
        }
    }

    /// What is wrong with a validation scheme: the global one, or a job's.
    pub(super) fn validation_scheme(&self, scheme: &str, global: bool, jobs: bool) -> Option<String> {
        if ["", "legacy", "utf8"].contains(&scheme) || !self.since(2, 55) {
            return None;
        }
        let whose = if global { "global" } else { "scrape config" };
        match () {
            () if self.since(3, 6) => Some(format!("unrecognized ValidationScheme: {scheme:?}")),
            // Before, only jobs made Prometheus look at it.
            () if !jobs => None,
            () if self.since(3, 4) => {
                Some(format!("unknown {whose} name validation method specified, must be either 'legacy' or 'utf8', got {scheme}"))
            }
            () if global => {
                Some(format!("unknown name validation method specified, must be either 'legacy' or 'utf8', got {scheme}"))
            }
            () => None,
        }
    }

    pub(super) fn is_bad_escaping(&self, scheme: &str) -> bool {
        let known = ["", "allow-utf-8", "underscores", "dots", "values"];
        self.since(3, 4) && self.is_read() && !known.contains(&scheme)
    }

    /// What is wrong with the `scrape_protocols` of a job, or of the global section.
    pub(super) fn protocols(&self, value: &Value) -> Option<String> {
        let list = value.get("scrape_protocols").and_then(Value::as_array).filter(|_| self.since(2, 49))?;
        if list.is_empty() {
            return Some("scrape_protocols cannot be empty".to_owned());
        }
        let names: Vec<String> = list.iter().map(|name| crate::prometheus::config::scalar(name).unwrap_or_default()).collect();
        for (at, name) in names.iter().enumerate() {
            if names[..at].iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
                return Some(format!("duplicated protocol in scrape_protocols, got [{}]", names.join(" ")));
            }
            if let Some(why) = self.protocol(name) {
                return Some(format!("scrape_protocols: {why}"));
            }
        }
        None
    }

    /// What is wrong with the name of a protocol.
    pub(super) fn protocol(&self, name: &str) -> Option<String> {
        let all =
            ["OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto", "PrometheusText0.0.4", "PrometheusText1.0.0"];
        let known = if self.since(3, 0) { &all[..] } else { &all[..4] };
        let wrong = self.is_read() && !known.contains(&name);
        wrong.then(|| format!("unknown scrape protocol {name}, supported: [{}]", known.join(" ")))
    }

    /// Paths of files may hold one star, in their last part.
    pub(super) fn files(&mut self, config: &Value) {
        let root = Place::root();
        for (key, what) in [("rule_files", "rule file"), ("scrape_config_files", "scrape config file")] {
            let at = root.key(key);
            let list = config.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
            for (index, path) in list {
                let path = path.as_str().unwrap_or_default();
                let rest = path.split_once('*').map_or("", |(_, rest)| rest);
                if rest.contains('/') {
                    self.refuse_for(&at.item(index), format!("invalid {what} path {path:?}"), Cause::Other);
                }
            }
        }
    }
}

/// The ways to escape names, as Prometheus lists them.
pub(super) const ESCAPINGS: &str = "'allow-utf-8', 'underscores', 'dots', or 'values'";
