//! Manifests with what the API server's own code makes of them, and what is said of slips that people make.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::operator::version::operator;
use crate::path::{Step, parse};

/// Manifests that were changed at random, one a line, with the answer of the API server's own code for the definitions
/// of one version: which fields it drops, at which fields it refuses what is left, and of which objects it finds
/// conditions that are not met. `meta` where the metadata could not even be read.
const ANSWERS: &str = include_str!("answers.jsonl");

fn problems(text: &str, version: Option<Version>) -> Vec<Problem> {
    let stream = crate::yaml::parse(text);
    assert!(stream.broken.is_empty(), "{:?}", stream.broken);
    let root = stream.documents[0].root();
    let word = |key: &str| root.get(key).and_then(|node| node.as_str()).unwrap_or_default();
    examine(word("kind"), word("apiVersion"), root, version)
}

/// A path as the API server writes it: keys with dots between, whatever is in them.
fn dotted(path: &str) -> String {
    let mut out = String::new();
    for step in parse(path).unwrap() {
        match step {
            Step::Index(index) => out += &format!("[{index}]"),
            Step::Key(key) if out.is_empty() => out += &key,
            Step::Key(key) => out += &format!(".{key}"),
        }
    }
    out
}

fn strings(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    list.map(|path| path.replace("[\"", ".").replace("\"]", "")).collect()
}

fn is_below(path: &str, all: &BTreeSet<String>) -> bool {
    all.iter().any(|other| path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with(['.', '['])))
}

#[test]
fn it_is_as_the_api_server_has_it() {
    let (mut refused, mut dropped, mut conditions, mut wrong) = (0, 0, 0, Vec::new());
    for line in ANSWERS.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let version = operator(u32::try_from(answer["v"].as_u64().unwrap()).unwrap());
        let found = problems(&answer["o"].to_string(), Some(version));
        let own: BTreeSet<String> = found
            .iter()
            .filter(|problem| problem.refused && problem.fault != Fault::Condition)
            .map(|problem| match &problem.meant {
                // A required field that is misspelt is missing.
                Some(meant) if problem.is_pruned() => dotted(&meant.path),
                _ => dotted(&problem.path),
            })
            .collect();
        if answer["meta"] == true {
            refused += 1;
            if !own.iter().any(|path| path.starts_with("metadata")) {
                wrong.push(format!("{line}\n  metadata cannot be read, and here it can"));
            }
            continue;
        }
        let theirs = strings(&answer["errors"]);
        let own_dropped: BTreeSet<String> = found
            .iter()
            .filter(|problem| problem.is_pruned() && problem.belongs.is_none())
            .map(|problem| dotted(&problem.path))
            .collect();
        // What is dropped inside a value of the wrong type need not be told.
        let their_dropped: BTreeSet<String> =
            strings(&answer["pruned"]).into_iter().filter(|path| !is_below(path, &theirs)).collect();
        let own_rules: BTreeSet<String> =
            found.iter().filter(|problem| problem.fault == Fault::Condition).map(|problem| dotted(problem.parent())).collect();
        let their_rules = strings(&answer["rules"]);
        (refused, dropped) = (refused + theirs.len(), dropped + their_dropped.len());
        conditions += their_rules.len();
        if (&own, &own_dropped, &own_rules) != (&theirs, &their_dropped, &their_rules) {
            wrong.push(format!(
                "{line}\n  refused {theirs:?}, here {own:?}\n  dropped {their_dropped:?}, here {own_dropped:?}\n  \
                 conditions {their_rules:?}, here {own_rules:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        ANSWERS.lines().count(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(refused > 150 && dropped > 100 && conditions > 3, "too little was compared: {refused}, {dropped}, {conditions}");
}

/// What is said of the one problem of a manifest: its path, and where it belongs.
fn meant(text: &str) -> (String, Option<String>) {
    let found = problems(text, None);
    assert_eq!(found.len(), 1, "{found:#?}");
    (found[0].path.clone(), found[0].meant.as_ref().map(|meant| meant.path.clone()))
}

fn monitor(spec: &str) -> String {
    format!("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: a}}\nspec: {{{spec}}}")
}

fn server(spec: &str) -> String {
    format!("apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {{name: a}}\nspec: {{{spec}}}")
}

#[test]
fn slips_of_the_pen_lead_to_where_the_field_belongs() {
    let cases = [
        (
            "selector: {namespaceSelector: {any: true}}, endpoints: []",
            "spec.selector.namespaceSelector",
            Some("spec.namespaceSelector"),
        ),
        ("selector: {matchLabel: {a: b}}, endpoints: []", "spec.selector.matchLabel", Some("spec.selector.matchLabels")),
        ("selector: {app: x}, endpoints: []", "spec.selector.app", Some("spec.selector.matchLabels.app")),
        ("selector: {}, endpoint: [{port: a}]", "spec.endpoint", Some("spec.endpoints")),
        ("selector: {}, podMetricsEndpoints: [{port: a}]", "spec.podMetricsEndpoints", Some("spec.endpoints")),
        ("selector: {}, endpoints: [{path: /}], port: a", "spec.port", Some("spec.endpoints[0].port")),
        ("selector: {}, endpoints: [{port: a}, {port: b}], interval: 1m", "spec.interval", Some("spec.endpoints[*].interval")),
        ("selector: {}, endpoints: [{port: a, jobLabel: b}]", "spec.endpoints[0].jobLabel", Some("spec.jobLabel")),
        (
            "selector: {}, endpoints: [{port: a, scrapetimeout: 1s}]",
            "spec.endpoints[0].scrapetimeout",
            Some("spec.endpoints[0].scrapeTimeout"),
        ),
        ("selector: {}, endpoints: [], labels: {a: b}", "spec.labels", Some("metadata.labels")),
        ("selector: {}, endpoints: [], namespaceSelector: {matchLabels: {a: b}}", "spec.namespaceSelector.matchLabels", None),
        ("selector: {}, endpoints: [], matchLabels: {a: b}", "spec.matchLabels", Some("spec.selector.matchLabels")),
        ("selector: {}, endpoints: [{port: a, matchLabels: {a: b}}]", "spec.endpoints[0].matchLabels", None),
    ];
    for (spec, path, wanted) in cases {
        assert_eq!(meant(&monitor(spec)), (path.to_owned(), wanted.map(str::to_owned)), "{spec}");
    }
    let cases = [
        ("serviceMonitoringSelector: {}", "spec.serviceMonitoringSelector", Some("spec.serviceMonitorSelector")),
        (
            "serviceMonitorNamespacesSelector: {}",
            "spec.serviceMonitorNamespacesSelector",
            Some("spec.serviceMonitorNamespaceSelector"),
        ),
        (
            "serviceMonitorNamespaceSelector: {matchNames: [a]}",
            "spec.serviceMonitorNamespaceSelector.matchNames",
            Some("spec.serviceMonitorNamespaceSelector.matchExpressions"),
        ),
    ];
    for (spec, path, wanted) in cases {
        assert_eq!(meant(&server(spec)), (path.to_owned(), wanted.map(str::to_owned)), "{spec}");
    }
}

#[test]
fn scalars_are_what_they_are_to_kubectl() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  name: a\n  labels: {a: on, b: 1e3, c: 012}\n\
                spec: {selector: {}, endpoints: [{port: 8080, honorLabels: 'true', interval: 30}]}";
    let found = problems(text, None);
    let said: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|problem| (problem.path.as_str(), problem.meant.as_ref().and_then(|meant| meant.value.as_deref())))
        .collect();
    assert_eq!(
        said,
        [
            ("metadata.labels.a", Some("on")),
            ("metadata.labels.b", Some("1e3")),
            ("metadata.labels.c", Some("012")),
            ("spec.endpoints[0].port", Some("8080")),
            ("spec.endpoints[0].honorLabels", Some("true")),
            ("spec.endpoints[0].interval", Some("30s")),
        ]
    );
    assert!(found.iter().all(|problem| problem.fault == Fault::Type && problem.refused));
}

#[test]
fn fields_are_known_from_a_version_on() {
    let text = monitor("selector: {}, endpoints: [], scrapeClass: a");
    let found = problems(&text, Some(operator(68)));
    assert_eq!(found[0].fault, Fault::Newer { since: operator(72), empties: false });
    assert!(problems(&text, Some(operator(72))).is_empty());
    assert!(problems(&text, None).is_empty());
    // What is newer than all that is known here may have it.
    let text = monitor("selector: {}, endpoints: [], brandNew: a");
    assert!(problems(&text, None)[0].certain);
    assert!(!problems(&text, Some(Version::new(1, 2, 0)))[0].certain);
}

#[test]
fn kinds_and_versions_of_the_api() {
    let wrong = |api: &str, kind: &str| {
        let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{selector: {{}}, endpoints: []}}");
        let found = problems(&text, None);
        found
            .first()
            .map(|problem| (problem.path.clone(), problem.meant.as_ref().and_then(|meant| meant.value.clone()), found.len()))
    };
    let version = |to: &str| Some(("apiVersion".to_owned(), Some(format!("monitoring.coreos.com/{to}")), 1));
    assert_eq!(wrong("monitoring.coreos.com/v1", "ServiceMonitor"), None);
    for api in ["monitoring.coreos.com/v1beta1", "v1", "monitoring.coreos.com", "monitoring.coreos/v1", "monitoring.coreos.io/v1"]
    {
        assert_eq!(wrong(api, "ServiceMonitor"), version("v1"), "{api}");
    }
    let kind = |to: &str| Some(("kind".to_owned(), Some(to.to_owned()), 1));
    assert_eq!(wrong("monitoring.coreos.com/v1", "Servicemonitor"), kind("ServiceMonitor"));
    assert_eq!(wrong("monitoring.coreos.com/v1", "ServiceMonitors"), kind("ServiceMonitor"));
    assert_eq!(wrong("monitoring.coreos.com/v1", "VMServiceScrape"), Some(("kind".to_owned(), None, 1)));
    // Others have kinds of the same name.
    assert_eq!(wrong("azmonitoring.coreos.com/v1", "ServiceMonitor"), None);
    assert_eq!(wrong("apps/v1", "Deployment"), None);
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ScrapeConfig\nmetadata: {name: a}\nspec: {}";
    assert_eq!(problems(text, None)[0].meant.as_ref().unwrap().value.as_deref(), Some("monitoring.coreos.com/v1alpha1"));
    assert_eq!(problems(text, Some(operator(60)))[0].fault, Fault::Newer { since: operator(65), empties: false });
}

#[test]
fn repeated_keys_and_items() {
    let found = problems(&monitor("selector: {}, endpoints: [], endpoints: [{port: a}]"), None);
    assert_eq!(found[0].fault, Fault::RepeatedKey { differs: true });
    assert_eq!(found[0].path, "spec.endpoints");
    let found = problems(&monitor("selector: {}, endpoints: [], scrapeProtocols: [PrometheusProto, PrometheusProto]"), None);
    assert_eq!((found[0].fault.clone(), found[0].path.as_str()), (Fault::RepeatedItem, "spec.scrapeProtocols[1]"));
}

#[test]
fn what_is_merged_in_counts() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\n\
                spec:\n  selector: {}\n  endpoints:\n  - &one {port: a, bogus: b}\n  - {<<: *one, port: c}\n";
    let paths: Vec<String> = problems(text, None).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["spec.endpoints[0].bogus", "spec.endpoints[1].bogus"]);
}

#[test]
fn hostile_manifests_end() {
    let mut text =
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\nspec:\n  a0: &a0 {port: b}\n"
            .to_owned();
    for level in 1..40 {
        let below = level - 1;
        text += &format!("  a{level}: &a{level} {{x: *a{below}, y: *a{below}, matchLabels: *a{below}}}\n");
    }
    text += "  selector: *a39\n  endpoints: [*a39, *a39]\n";
    assert!(!problems(&text, None).is_empty());
}

proptest::proptest! {
    #[test]
    fn patches_mend_what_they_are_for(at in 0usize..10_000) {
        let lines: Vec<&str> = ANSWERS.lines().collect();
        let answer: Value = serde_json::from_str(lines[at % lines.len()]).unwrap();
        let version = Some(operator(u32::try_from(answer["v"].as_u64().unwrap()).unwrap()));
        for problem in problems(&answer["o"].to_string(), version) {
            let Some(patch) = problem.meant.as_ref().and_then(|meant| meant.patch.clone()) else { continue };
            let mut mended = answer["o"].clone();
            let steps: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
            json_patch::patch(&mut mended, &steps).unwrap();
            let left = problems(&mended.to_string(), version);
            let again = left.iter().any(|other| other.path == problem.path && other.fault == problem.fault && other.found == problem.found);
            proptest::prop_assert!(!again, "{patch}\n{problem:#?}\n{left:#?}");
        }
    }
}

/// A discovery asks its own service: what was written for that is not for the targets.
#[test]
fn credentials_of_a_discovery_are_not_sent_to_the_targets() {
    let config = |field: &str| {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {{name: a}}\nspec: {{ec2SDConfigs: [{{region: a, {field}}}]}}\n"
        );
        problems(&text, None).remove(0).meant.map(|meant| meant.path)
    };
    for field in ["basicAuth: {}", "authorization: {}", "oauth2: {}"] {
        assert_eq!(config(field), None, "{field}");
    }
    assert_eq!(config("scrapeInterval: 30s").as_deref(), Some("spec.scrapeInterval"));
}
