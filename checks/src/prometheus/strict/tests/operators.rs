//! What operators generate is accepted by the Prometheus that they generate it for, but for what real servers refuse, too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::operator::version::{Version, operator};
use crate::prometheus::config::{Payload, decode_config};
use crate::prometheus::strict::{Cause, Refused, refusals};

const CASES: &str = include_str!("../../../operator/scrape_config/corpus.yaml");
const ANSWERS: &str = include_str!("../../../operator/scrape_config/answers.jsonl");

/// Refused by real servers of the same versions: protocols and a role that came later, two ways to authenticate, two
/// selectors of one role.
const REFUSED: [(&str, &str); 7] = [
    ("agent-daemon-set-role-selector", "duplicated selector role: pod"),
    ("class-authorization-file", "at most one of basic_auth, oauth2 & authorization must be configured"),
    ("prometheus-2.20.0-scrape-config", "unknown Kubernetes SD role \"endpointslice\""),
    ("prometheus-2.49.1", "unknown scrape protocol PrometheusText1.0.0"),
    ("prometheus-2.50.0", "unknown scrape protocol PrometheusText1.0.0"),
    ("prometheus-2.53.0", "unknown scrape protocol PrometheusText1.0.0"),
    ("sm-scrape-protocols-2.53", "unknown scrape protocol PrometheusText1.0.0"),
];

/// Credentials are taken out, as they are of a Secret.
fn refused(config: &Value, versions: &[Version]) -> Vec<Refused> {
    let text = config.to_string();
    let Payload::Decoded(config) = decode_config(text.as_bytes(), false).payload else {
        panic!("{text}");
    };
    refusals(&config.redacted, &config.repeated, versions)
}

/// The versions of Prometheus that the cases ask for.
fn versions() -> BTreeMap<String, Version> {
    let cases = crate::yaml::documents(CASES).next().unwrap().unwrap().to_json().unwrap();
    let lists = cases.as_object().unwrap().values().filter_map(Value::as_array).flatten();
    let version = |case: &Value| {
        let version = Version::parse(case.pointer("/server/spec/version")?.as_str()?)?;
        Some((case["name"].as_str()?.to_owned(), version))
    };
    lists.filter_map(version).collect()
}

#[test]
fn generated_jobs_are_accepted() {
    let versions = versions();
    let mut lines = ANSWERS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rules = lines.next().unwrap()["rules"].as_array().unwrap().clone();
    let (mut judged, mut doubles, mut others) = (0, 0, BTreeSet::new());
    for mut answer in lines {
        let Some(jobs) = answer.get_mut("scrape_configs").and_then(Value::as_array_mut) else {
            continue;
        };
        for job in jobs.iter_mut() {
            for key in ["relabel_configs", "metric_relabel_configs"] {
                for rule in job.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                    if let Some(index) = rule.as_u64() {
                        *rule = rules[usize::try_from(index).unwrap()].clone();
                    }
                }
            }
        }
        let config = json!({ "scrape_configs": jobs });
        let case = answer["case"].as_str().unwrap();
        let found = refused(&config, versions.get(case).map(std::slice::from_ref).unwrap_or_default());
        judged += 1;
        // Before 0.47 monitors of two kinds and one name made jobs of one name.
        let mut operators = answer["operators"].as_array().unwrap().iter().map(|name| Version::parse(name.as_str().unwrap()));
        let old = operators.all(|version| version < Some(operator(47)));
        if old && !found.is_empty() && found.iter().all(|one| one.cause == Cause::SameName) {
            doubles += 1;
        } else if !found.is_empty() {
            let known = REFUSED.iter().any(|(name, why)| *name == case && found.iter().all(|one| one.text.contains(why)));
            assert!(known, "{case} {}: {found:#?}", answer["operators"]);
            others.insert(case.to_owned());
        }
    }
    assert!(judged > 700 && doubles > 30, "{judged} {doubles}");
    assert_eq!(others.len(), REFUSED.len());
}
