//! Names, labels and annotations.

use serde_json::{Map, Value, json};

use super::Random;

/// Keys of labels. Some differ only in what Prometheus makes of them.
pub(in crate::differential) const KEYS: &[&str] =
    &["app", "tier", "app.kubernetes.io/name", "UPPER_case", "2fa", "x-y", "team", "a--b", "release"];
/// Values of labels.
pub(in crate::differential) const VALUES: &[&str] = &["web", "api", "Web", "", "front-1", "v1.2_3", "true", "8080"];
const ANNOTATIONS: &[&str] = &["prometheus.io/scrape", "prometheus.io/port", "prometheus.io/path", "note", "x/y.z-w", "_u"];
/// Annotations hold any text.
const TEXTS: &[&str] = &[
    "true",
    "9100",
    "/metrics/x?y=1",
    "",
    "a b",
    "two\nlines",
    "\"quoted\" \\ $1 ${2}",
    "Größe ΑΣ ß İ",
    "日本",
    "{\"a\": [1]}",
    " lead",
    "trail ",
];

/// The metadata of an object.
pub(super) fn metadata(random: &mut Random, namespace: &str, name: &str) -> Value {
    let mut meta = json!({"name": name, "resourceVersion": "1"});
    meta["uid"] = format!("{:08x}-{namespace}", random.below(1 << 32)).into();
    if !namespace.is_empty() {
        meta["namespace"] = namespace.into();
    }
    if random.percent(75) {
        meta["labels"] = labels(random).into();
    }
    if random.percent(50) {
        meta["annotations"] = annotations(random).into();
    }
    if random.percent(5) {
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    }
    meta
}

fn labels(random: &mut Random) -> Map<String, Value> {
    let mut labels = Map::new();
    for _ in 0..random.below(4) {
        labels.insert(random.pick(KEYS).to_owned(), random.pick(VALUES).into());
    }
    // Two keys that become one label, sometimes with values that differ.
    if random.percent(1) {
        labels.insert("x-y".to_owned(), "web".into());
        labels.insert("x.y".to_owned(), random.pick(&["web", "api"]).into());
    }
    labels
}

fn annotations(random: &mut Random) -> Map<String, Value> {
    let mut annotations = Map::new();
    for _ in 0..random.below(3) {
        annotations.insert(random.pick(ANNOTATIONS).to_owned(), random.pick(TEXTS).into());
    }
    if random.percent(1) {
        annotations.insert("long".to_owned(), "x".repeat(300).into());
    }
    annotations
}

/// Owners: none, one, or one that does not control and one that does.
pub(super) fn owners(random: &mut Random, kinds: &[&str], names: &[&str]) -> Vec<Value> {
    let mut owners = Vec::new();
    for _ in 0..random.pick(&[0, 1, 1, 1, 2]) {
        let (kind, name) = (random.pick(kinds), random.pick(names));
        let mut owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u"});
        if random.percent(80) {
            owner["controller"] = random.percent(85).into();
        }
        owners.push(owner);
    }
    owners
}
