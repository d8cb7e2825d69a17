//! The vectors beside this file: answers of real servers, and the simulation held to them.

mod config_errors;
mod regex;
mod relabel;
mod target_sets;

use serde_json::Value;

use super::relabel::Labels;
use super::rule::Rule;
use crate::operator::version::Version;

/// The versions, newest first, each with the suffix of its columns.
const VERSIONS: [(&str, Version); 4] = [
    ("", Version::new(3, 14, 0)),
    ("_v3_5", Version::new(3, 5, 3)),
    ("_v2_53", Version::new(2, 53, 3)),
    ("_v2_42", Version::new(2, 42, 0)),
];

/// The list below a key of a file.
fn read(text: &str, key: &str) -> Vec<Value> {
    let document = crate::yaml::documents(text).next().unwrap().unwrap();
    document.to_json().unwrap()[key].as_array().unwrap().clone()
}

/// The column of a version: its own, or that of the next newer one that has one.
fn column<'v>(row: &'v Value, name: &str, version: usize) -> &'v Value {
    (0..=version).rev().find_map(|at| row.get(format!("{name}{}", VERSIONS[at].0))).unwrap()
}

fn labels(value: &Value) -> Labels {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn rules(row: &Value) -> Vec<Rule> {
    row["relabel_configs"].as_array().unwrap().iter().map(Rule::read).collect()
}

/// Whether a vector holds for a version.
fn holds(row: &Value, version: Version) -> bool {
    row.get("min_version").is_none_or(|min| version >= Version::parse(min.as_str().unwrap()).unwrap())
}
