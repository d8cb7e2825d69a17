//! Our selectors, which name what they miss, against kube's, which only say yes or no.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use kube::core::{Selector, SelectorExt};
use prom_doctor_checks::selector::{Expression, LabelSelector};
use proptest::prelude::*;

/// Few keys and values, so that they meet often.
fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["app", "tier", "release"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", ""]).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = Expression> {
    let operators = prop::sample::select(vec!["In", "NotIn", "Exists", "DoesNotExist"]);
    (key(), operators, prop::collection::vec(value(), 1..3)).prop_map(|(key, operator, values)| {
        let takes_values = operator.ends_with("In");
        Expression { key, operator: operator.to_owned(), values: if takes_values { values } else { Vec::new() } }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn selectors_agree_with_those_of_kube(
        match_labels in prop::collection::btree_map(key(), value(), 0..3),
        match_expressions in prop::collection::vec(expression(), 0..3),
        labels in prop::collection::btree_map(key(), value(), 0..4),
    ) {
        let ours = LabelSelector { match_labels: match_labels.clone(), match_expressions: match_expressions.clone() };
        let requirement = |expression: Expression| meta::LabelSelectorRequirement {
            key: expression.key,
            operator: expression.operator,
            values: (!expression.values.is_empty()).then_some(expression.values),
        };
        let theirs = meta::LabelSelector {
            match_labels: Some(match_labels),
            match_expressions: Some(match_expressions.into_iter().map(requirement).collect()),
        };
        let theirs = Selector::try_from(theirs).unwrap();
        let labels: BTreeMap<String, String> = labels;
        prop_assert_eq!(ours.matches(&labels), theirs.matches(&labels));
        // A yes means no misses, and each miss is a reason for the no.
        prop_assert_eq!(ours.matches(&labels), ours.misses(&labels).is_empty());
    }
}
