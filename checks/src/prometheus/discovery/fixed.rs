//! Targets that a job names itself, and what of a job's discovery is not evaluated.

use serde_json::Value;

use super::Group;
use crate::prometheus::config::{items, scalar};
use crate::world::Labels;

/// The groups of `static_configs`, one per entry, named by their places as Prometheus does.
pub fn static_groups(job: &Value) -> Vec<Group> {
    let group = |(at, entry): (usize, &Value)| {
        let labels = entry.get("labels").and_then(Value::as_object).into_iter().flatten();
        let labels: Labels = labels.filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect();
        let target = |address: String| Labels::from([("__address__".to_owned(), address)]);
        let targets = items(entry, "targets").filter_map(scalar).map(target).collect();
        Group { source: at.to_string(), labels, targets, ..Group::default() }
    };
    items(job, "static_configs").enumerate().map(group).collect()
}

/// The kinds of discovery in a job that are not evaluated here: `consul_sd_configs`. Empty lists are none.
pub fn not_evaluated(job: &Value) -> Vec<&str> {
    let used = |(_, value): &(&String, &Value)| value.as_array().is_some_and(|entries| !entries.is_empty());
    let keys = job.as_object().into_iter().flatten().filter(used).map(|(key, _)| key.as_str());
    keys.filter(|key| key.ends_with("_sd_configs") && *key != "kubernetes_sd_configs").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_targets_carry_the_labels_of_their_entry_and_other_kinds_are_named() {
        let job = serde_json::json!({
            "job_name": "a",
            "static_configs": [{"targets": ["h:1", "h:2"], "labels": {"team": "x", "n": 1}}, {"targets": ["k"]}],
            "consul_sd_configs": [{"server": "c"}], "dns_sd_configs": [],
        });
        let groups = static_groups(&job);
        let all: Vec<Labels> = groups.iter().flat_map(Group::discovered).collect();
        assert_eq!((groups.len(), all.len(), groups[1].source.as_str()), (2, 3, "1"));
        assert_eq!((all[1]["__address__"].as_str(), all[1]["team"].as_str(), all[1]["n"].as_str()), ("h:2", "x", "1"));
        assert_eq!(not_evaluated(&job), ["consul_sd_configs"]);
    }
}
