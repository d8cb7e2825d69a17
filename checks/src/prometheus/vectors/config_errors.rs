use serde_json::Value;

use super::{VERSIONS, column, read};
use crate::prometheus::strict::{Refused, refusals};

/// What is refused in a text, with what the YAML reader alone knows.
fn refused(text: &str, versions: &[crate::operator::version::Version]) -> Vec<Refused> {
    let Some(document) = crate::yaml::documents(text).next() else {
        return refusals(&Value::Null, &[], versions);
    };
    let document = document.unwrap();
    refusals(&document.to_json().unwrap(), &document.repeated_keys(), versions)
}

/// Go's names of types are not for people, nor its parser's words for selectors: what those refuse is said in other words.
fn in_other_words(text: &str) -> bool {
    ["yaml: unmarshal errors", "unable to parse requirement", "invalid selector"].iter().any(|start| text.starts_with(start))
}

#[test]
fn configurations_are_refused_that_the_servers_refuse() {
    let rows = read(include_str!("config_errors.yaml"), "config_errors");
    let (mut compared, mut same_words) = (0, 0);
    for row in &rows {
        let text = row["config"].as_str().unwrap();
        for (at, (_, version)) in VERSIONS.iter().enumerate() {
            // The package of 2.42 came without Kubernetes discovery.
            if version.minor == 42 && text.contains("kubernetes_sd_configs") {
                continue;
            }
            let found = refused(text, &[*version]);
            let expected = column(row, "error", at).as_str();
            assert_eq!(found.is_empty(), expected.is_none(), "{} in {version}: {expected:?} / {found:?}", row["title"]);
            if let Some(expected) = expected.filter(|expected| !in_other_words(expected)) {
                assert!(found.iter().any(|one| one.text == expected), "{expected} / {found:?}");
                same_words += 1;
            }
            compared += 1;
        }
        // What holds for all versions holds for each of them.
        if !refused(text, &[]).is_empty() {
            assert!(VERSIONS.iter().all(|(_, version)| !refused(text, &[*version]).is_empty()), "{text}");
        }
    }
    assert_eq!((rows.len(), compared, same_words), (74, 282, 152));
}
