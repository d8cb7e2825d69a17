use serde_json::Value;

use super::{VERSIONS, column, read};
use crate::operator::version::Version;
use crate::prometheus::relabel::{Problem, problem, shape};
use crate::prometheus::rule::Rule;

/// What the rules of a configuration are refused for.
fn refusal(config: &Value, version: Version) -> Option<(Problem, bool)> {
    let lists = |job: &Value| [job.get("relabel_configs").cloned(), job.get("metric_relabel_configs").cloned()];
    let jobs = config.get("scrape_configs").and_then(Value::as_array).into_iter().flatten();
    let rules = jobs.flat_map(lists).flatten().filter_map(|rules| rules.as_array().cloned()).flatten();
    let found = |rule: Value| {
        let of_shape = shape(&rule).map(|problem| (problem, false));
        of_shape.or_else(|| problem(&Rule::read(&rule), version).map(|problem| (problem, true)))
    };
    rules.filter_map(found).next()
}

/// Rows about other parts of the configuration have rules without fault, or none.
#[test]
fn refused_rules_are_those_of_the_servers() {
    let rows = read(include_str!("config_errors.yaml"), "config_errors");
    let (mut compared, mut about_rules) = (0, 0);
    for row in &rows {
        let text = row["config"].as_str().unwrap();
        let config = crate::yaml::documents(text).next().map_or(Value::Null, |document| document.unwrap().to_json().unwrap());
        let has_rules = text.contains("relabel_configs");
        about_rules += usize::from(has_rules);
        for (at, (_, version)) in VERSIONS.iter().enumerate() {
            let expected = column(row, "error", at).as_str();
            let found = refusal(&config, *version);
            if !has_rules {
                assert_eq!(found, None);
                continue;
            }
            match (found, expected) {
                (None, None) => {}
                // Go's names of types are not for people; what is wrong with the shape is said in other words.
                (Some((Problem::Refused(text), words)), Some(expected)) => {
                    assert!(!words || text == expected, "{text} / {expected}")
                }
                other => panic!("{} in {}: {other:?}", row["title"], version),
            }
            compared += 1;
        }
    }
    assert_eq!((rows.len(), about_rules, compared), (74, 38, 152));
}
