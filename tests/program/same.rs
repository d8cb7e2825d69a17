//! A live cluster and a dump of it are told the same.

use serde_json::json;

use super::shop::{Shop, lasting, list, objects, report};
use crate::kit::run::prom_doctor;

#[test]
fn a_dump_of_the_cluster_gets_the_same_report() {
    // Of a kind without any object a dump shows no trace, so that it could have been left out: one of each is here.
    let mut all = objects();
    for (kind, version) in [
        ("StatefulSet", "apps/v1"),
        ("DaemonSet", "apps/v1"),
        ("ReplicaSet", "apps/v1"),
        ("Job", "batch/v1"),
        ("CronJob", "batch/v1"),
    ] {
        all.push(json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": "geo", "name": "other"}, "spec": {}}));
    }
    let shop = Shop::of(all);
    let questions: &[&[&str]] = &[
        &["audit", "-A"],
        &["audit", "-n", "shop"],
        &["audit", "-n", "stock"],
        &["why", "smon/cart", "-n", "shop"],
        &["why", "smon/emails", "-n", "shop"],
        &["why", "pmon/cache", "-n", "shop"],
        &["why", "smon/stock", "-n", "stock"],
        &["why", "svc/catalog", "-n", "shop"],
        &["why", "deploy/orders", "-n", "shop"],
    ];
    for question in questions {
        let question = [question, &["-o", "json"][..]].concat();
        let (live, dump) = (shop.live(&question), shop.dump(&question));
        assert_eq!(live.code, dump.code, "{question:?}");
        let (live, dump) = (lasting(report(&live)), lasting(report(&dump)));
        assert!(live == dump, "{question:?}: {}", difference(&live, &dump));
    }
    // People see the same words.
    let human = |arguments: &[&str]| (shop.live(arguments).stdout, shop.dump(arguments).stdout);
    let (live, dump) = human(&["audit", "-A", "-o", "wide"]);
    assert_eq!(live, dump);
}

#[test]
fn the_order_of_a_dump_does_not_matter() {
    let mut all = objects();
    let folder = tempfile::tempdir().unwrap();
    let report_of = |objects: &[serde_json::Value]| {
        std::fs::write(folder.path().join("dump.yaml"), list(objects)).unwrap();
        lasting(report(&prom_doctor(folder.path(), &["audit", "-o", "json", "--snapshot", "dump.yaml"])))
    };
    let before = report_of(&all);
    all.reverse();
    let after = report_of(&all);
    assert!(before == after, "{}", difference(&before, &after));
}

/// The first places where two reports differ.
pub(crate) fn difference(left: &serde_json::Value, right: &serde_json::Value) -> String {
    fn walk(path: &str, left: &serde_json::Value, right: &serde_json::Value, out: &mut Vec<String>) {
        use serde_json::Value;
        match (left, right) {
            _ if left == right => {}
            (Value::Object(a), Value::Object(b)) => {
                for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                    let none = Value::Null;
                    walk(&format!("{path}.{key}"), a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none), out);
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).enumerate().for_each(|(at, (a, b))| walk(&format!("{path}[{at}]"), a, b, out));
            }
            _ => out.push(format!("\n{path}:\n  {left}\n  {right}")),
        }
    }
    let mut out = Vec::new();
    walk("", left, right, &mut out);
    out.truncate(12);
    out.concat()
}
