use serde_json::Value;

use super::{VERSIONS, column, holds, labels, read, rules};
use crate::operator::version::Version;
use crate::prometheus::relabel::{Labels, Relabeling, Semantics};
use crate::prometheus::target::{Fate, JobSettings, Target, TargetMaker};

/// The answer of a vector.
fn expected(answer: &Value) -> Option<Result<(Labels, String), String>> {
    match answer["state"].as_str().unwrap() {
        "active" => Some(Ok((labels(&answer["labels"]), answer["scrape_url"].as_str().unwrap().to_owned()))),
        "invalid" => Some(Err(answer["error"].as_str().unwrap().to_owned())),
        _ => None,
    }
}

/// The vectors leave the labels out that came with 3.13.
fn shown(target: Target) -> (Labels, String) {
    let mut labels = target.labels;
    labels.retain(|name, _| !name.ends_with("_histograms__") && !name.ends_with("_to_nhcb__"));
    (labels, target.url)
}

fn simulated(row: &Value, version: Option<Version>) -> Option<Result<(Labels, String), String>> {
    let mut settings = JobSettings::new(row["id"].as_str().unwrap());
    for (key, values) in row.get("params").and_then(Value::as_object).into_iter().flatten() {
        let values = values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned());
        settings.params.insert(key.clone(), values.collect());
    }
    match TargetMaker::new(settings, &rules(row), version).fate(&labels(&row["input"])) {
        Fate::Active(target) => Some(Ok(shown(target))),
        Fate::Invalid(why) => Some(Err(why)),
        Fate::Dropped { .. } => None,
        Fate::Unknown { why, .. } => Some(Err(format!("unknown: {why}"))),
    }
}

#[test]
fn targets_are_those_of_the_servers() {
    let (rows, mut compared) = (read(include_str!("relabel.yaml"), "vectors"), 0);
    for (at, (_, version)) in VERSIONS.iter().enumerate() {
        for row in rows.iter().filter(|row| holds(row, *version)) {
            let expected = expected(column(row, "expect", at));
            assert_eq!(simulated(row, Some(*version)), expected, "{} {} in {version}", row["id"], row["title"]);
            compared += 1;
        }
    }
    assert_eq!((rows.len(), compared), (72, 286));
}

/// Without a version the answer is that of all versions, or none.
#[test]
fn without_a_version_nothing_is_guessed() {
    let (rows, mut unknown) = (read(include_str!("relabel.yaml"), "vectors"), 0);
    for row in &rows {
        let same = (1..VERSIONS.len()).all(|at| column(row, "expect", at) == &row["expect"]) && row.get("min_version").is_none();
        let simulated = simulated(row, None);
        if same {
            assert_eq!(simulated, expected(&row["expect"]), "{}", row["id"]);
        } else {
            assert!(matches!(&simulated, Some(Err(why)) if why.starts_with("unknown: ")), "{} {simulated:?}", row["id"]);
            unknown += 1;
        }
    }
    assert!(unknown > 5, "{unknown}");
}

/// The trace of each vector ends as it is applied.
#[test]
fn traces_end_as_applied() {
    for row in read(include_str!("relabel.yaml"), "vectors") {
        for version in VERSIONS.iter().map(|(_, version)| Some(*version)).chain([None]) {
            let relabeling = Relabeling::new(&rules(&row), Semantics::from(version));
            crate::prometheus::relabel::ends_alike(&relabeling, &labels(&row["input"]));
        }
    }
}
