//! Held to what real servers say: `keys.jsonl` and `answers.jsonl` hold configurations of ours and whether Prometheus
//! loads them.
//!
//! HOW OBTAINED. A program that links the packages `config` and `discovery/kubernetes` of a version reads each
//! configuration as the server does at its start, and prints the error. Nothing was written by hand.
//!
//! HOW TO READ. The first line names the versions, oldest first. In `keys.jsonl` a line is a place in a configuration,
//! and of each key that is known there (with the value null) the versions that know it: `2.48.0-2.55.1`; nothing before or
//! after the dash is the oldest or newest. In `answers.jsonl` a line is a configuration and what versions said,
//! each with the first version that said it: `null` where it loads.

mod operators;

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::yaml;

fn lines(text: &str) -> (Vec<(String, Version)>, Vec<Value>) {
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    let version = |name: &Value| (name.as_str().unwrap().to_owned(), Version::parse(name.as_str().unwrap()).unwrap());
    (head["versions"].as_array().unwrap().iter().map(version).collect(), lines.collect())
}

fn refused(text: &str, versions: &[Version]) -> Vec<Refused> {
    let document = yaml::documents(text).next().unwrap().unwrap();
    refusals(&document.to_json().unwrap(), &document.repeated_keys(), versions)
}

#[test]
fn keys_are_known_to_the_versions_that_know_them() {
    let (versions, places) = lines(include_str!("keys.jsonl"));
    let known = places.iter().flat_map(|place| place["keys"].as_object().unwrap().keys());
    let all: BTreeSet<&str> = known.map(String::as_str).chain(["foo"]).collect();
    let mut compared = 0;
    for place in &places {
        let (config, known) = (place["config"].as_str().unwrap(), place["keys"].as_object().unwrap());
        for key in &all {
            let text = config.replace("KEY", key);
            let (from, to) = match known.get(*key) {
                None => (usize::MAX, 0),
                Some(range) => {
                    let (from, to) = range.as_str().unwrap().split_once('-').unwrap();
                    let index = |name: &str| versions.iter().position(|(other, _)| other == name);
                    (index(from).unwrap_or(0), index(to).unwrap_or(versions.len()))
                }
            };
            for (at, (name, version)) in versions.iter().enumerate() {
                let found = refused(&text, &[*version]);
                assert_eq!(found.is_empty(), (from..=to).contains(&at), "{text} in {name}: {found:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 13_000, "{compared}");
}

#[test]
fn configurations_load_that_real_servers_load() {
    let (versions, rows) = lines(include_str!("answers.jsonl"));
    let (mut compared, mut same_words) = (0, 0);
    for row in &rows {
        let text = row["config"].as_str().unwrap();
        let answers = row["answers"].as_object().unwrap();
        let mut expected = &Value::Null;
        for (name, version) in &versions {
            expected = answers.get(name).unwrap_or(expected);
            // It takes newer names where a feature is switched on, which is not looked at.
            if name.starts_with("2.55.") && expected.as_str().is_some_and(|why| why.ends_with("is not a valid label name")) {
                continue;
            }
            let found = refused(text, &[*version]);
            assert_eq!(found.is_empty(), expected.is_null(), "{text} in {name}: {expected} / {found:?}");
            compared += 1;
            same_words += usize::from(found.iter().any(|one| Some(one.text.as_str()) == expected.as_str()));
        }
        if !refused(text, &[]).is_empty() {
            assert!(versions.iter().all(|(_, version)| !refused(text, &[*version]).is_empty()), "{text}");
        }
    }
    assert!(compared > 2_000 && same_words > 900, "{compared} {same_words}");
}

/// What a newer server knows was not there to be read.
#[test]
fn words_that_are_not_known_yet_are_not_refused_for_newer_servers() {
    for text in [
        "scrape_configs: [{job_name: a, new_key: 1}]",
        "new_section: {}",
        "scrape_configs: [{job_name: a, scrape_protocols: [PrometheusText2.0.0]}]",
        "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: gateway}]}]",
        "scrape_configs: [{job_name: a, tls_config: {min_version: TLS14}}]",
    ] {
        assert!(refused(text, &[Version::new(3, 15, 0)]).is_empty(), "{text}");
        assert!(!refused(text, &[Version::new(3, 14, 7)]).is_empty(), "{text}");
    }
    let old = "scrape_configs: [{job_name: a, scrape_classic_histograms: true}]";
    assert_eq!(refused(old, &[Version::new(3, 15, 0)]).len(), 1);
    // A key that some version knows is not refused where the version is not known.
    assert!(refused(old, &[]).is_empty());
    assert!(refused(old, &[Version::new(3, 5, 0), Version::new(2, 53, 0)]).is_empty());
}

#[test]
fn places_and_reasons() {
    let text = "\
global: {scrape_interval: 30s, scrape_timeout: 1m, scrape_timeout: 2m}
scrape_configs:
- job_name: a
  scrap_interval: 5s
  keep_dropped_targets: 5
  static_configs: [{targets: ['http://u:hunter2@h/x'], labels: {'a b': c}}]
- job_name: a
  basic_auth: {username: u, passwd: hunter2}
  kubernetes_sd_configs: [{role: pods, token: hunter2, namespaces: [a]}]
  metric_relabel_configs: [{action: keep}, {action: rename}]
  params: hunter2
";
    let found = refused(text, &[Version::new(2, 42, 0)]);
    let lines: Vec<String> = found
        .iter()
        .map(|one| format!("{} {}: {}", one.job.map_or("-".to_owned(), |job| job.to_string()), one.path, one.text))
        .collect();
    let wanted = [
        "- global.scrape_timeout: key scrape_timeout is set twice in the same map",
        "- global.scrape_timeout: global scrape timeout greater than scrape interval",
        "0 scrap_interval: field scrap_interval not found in a scrape job, scrape_interval is meant?",
        "0 keep_dropped_targets: field keep_dropped_targets not found in a scrape job by 2.42.0: it needs Prometheus 2.47",
        "0 static_configs[0].labels[\"a b\"]: \"a b\" is not a valid label name",
        "0 static_configs[0].targets[0]: \"http://<redacted>@h/x\" is not a valid hostname",
        "1 basic_auth.passwd: field passwd not found in basic_auth, password is meant?",
        "1 kubernetes_sd_configs[0].token: field token not found in kubernetes_sd_configs, bearer_token is meant?",
        "1 kubernetes_sd_configs[0].namespaces: namespaces is a map, not a list",
        "1 params: params is a map of lists of texts, not a text",
        "1 job_name: found multiple scrape configs with job name \"a\"",
        "1 kubernetes_sd_configs[0].role: unknown Kubernetes SD role \"pods\"",
        "1 metric_relabel_configs[1].action: unknown relabel action \"rename\"",
    ];
    for line in wanted {
        assert!(lines.iter().any(|other| other == line), "{line} / {lines:#?}");
    }
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    assert!(!lines.concat().contains("hunter2"));
}
