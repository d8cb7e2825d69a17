//! What a real Prometheus shows of a configuration that it has loaded is that configuration: nothing differs by meaning.
//! Held on all jobs that recorded operators write.

use std::collections::BTreeMap;
use std::path::Path;

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::pipeline::differing;
use prom_doctor_checks::prometheus::strict::refusals;
use serde_json::{Value, json};

use super::prometheus::{self, Prometheus};
use super::{programs, say};

/// Every job that an operator wrote, under names of their own.
fn jobs() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("checks/src/operator/scrape_config/answers.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rules = lines.next().unwrap()["rules"].take();
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for mut answer in lines {
        for job in answer["scrape_configs"].as_array_mut().into_iter().flatten() {
            for list in ["relabel_configs", "metric_relabel_configs"] {
                for rule in job.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    *rule = rules[usize::try_from(rule.as_u64().unwrap()).unwrap()].clone();
                }
            }
            all.insert(job.to_string(), job.clone());
        }
    }
    let named = |(at, mut job): (usize, Value)| {
        job["job_name"] = json!(format!("{}#{at}", job["job_name"].as_str().unwrap()));
        job
    };
    all.into_values().enumerate().map(named).collect()
}

#[test]
fn what_prometheus_shows_is_what_it_loaded() {
    for program in programs() {
        let version = prometheus::version(&program);
        hold(&program, version);
    }
}

fn hold(program: &Path, version: Version) {
    let global =
        json!({"scrape_interval": "30s", "scrape_timeout": "20s", "external_labels": {"a": "b"}, "evaluation_interval": "15s"});
    // Some builds know no other discovery, and nothing is to be looked up on the way.
    let own =
        |job: &Value| job.as_object().unwrap().keys().all(|key| !key.ends_with("_sd_configs") || key == "kubernetes_sd_configs");
    let valid = |job: &Value| refusals(&json!({"global": global, "scrape_configs": [job]}), &[], &[version]).is_empty();
    let jobs: Vec<Value> = jobs().into_iter().filter(|job| own(job) && valid(job)).collect();
    let config = json!({"global": global, "scrape_configs": jobs});
    let server = Prometheus::start(program, None, &config);
    let shown: Value = serde_json::from_str(&server.status_config()).unwrap();
    let jobs_of = differing(&config.to_string(), shown["data"]["yaml"].as_str().unwrap()).unwrap();
    assert!(jobs.len() > 300, "hardly anything was compared: {}", jobs.len());
    assert!(jobs_of.missing.is_empty() && jobs_of.extra.is_empty(), "{:?} {:?}", jobs_of.missing, jobs_of.extra);
    let first: Vec<String> =
        jobs_of.different.iter().take(12).map(|job| format!("{}: {}", job.job, job.fields.join("; "))).collect();
    assert!(
        first.is_empty(),
        "{} of {} jobs differ as Prometheus {version} shows them:\n{}",
        jobs_of.different.len(),
        jobs.len(),
        first.join("\n")
    );
    say(&format!("Prometheus {version} shows {} jobs as they were written", jobs.len()));
}
