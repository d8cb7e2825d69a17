//! What the cluster is asked, and what becomes of answers that are late, cut into pages, or missing.

use std::collections::BTreeSet;

use super::shop::{Shop, codes_of, lasting, no_panic, verdicts};
use crate::kit::apiserver::Fault;

#[test]
fn it_only_reads_and_takes_secrets_by_name() {
    let shop = Shop::new();
    for question in [&["audit", "-A"][..], &["why", "smon/auth"], &["why", "deploy/cart"], &["config", "-A"], &[]] {
        no_panic(&shop.live(question));
    }
    let requests = shop.server.requests();
    assert!(requests.len() > 20);
    assert!(requests.iter().all(|request| request.method == "GET"));
    // The server refuses such lists too, and counts them as violations.
    assert_eq!(shop.server.violations(), Vec::<String>::new());
    let named = |kind: &str| -> BTreeSet<String> {
        let paths = requests.iter().map(|request| request.path.as_str()).filter(|path| path.contains(kind));
        paths.map(str::to_owned).collect()
    };
    let secrets = ["/api/v1/namespaces/monitoring/secrets/prometheus-k8s", "/api/v1/namespaces/shop/secrets/auth-metrics"];
    assert_eq!(named("/secrets"), secrets.map(str::to_owned).into());
    assert_eq!(named("/configmaps"), BTreeSet::new());
}

#[test]
fn nothing_is_asked_twice() {
    let shop = Shop::new();
    shop.live(&["audit", "-A"]);
    let requests = shop.server.requests();
    let mut asked: Vec<_> = requests.iter().map(|request| (&request.path, &request.query)).collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all, "a request was repeated: {asked:?}");
}

#[test]
fn pages_change_nothing() {
    let shop = Shop::new();
    let whole = lasting(shop.report(&["audit", "-A"]));
    let before = shop.server.requests().len();
    assert_eq!(lasting(shop.report(&["audit", "-A", "--chunk-size", "2"])), whole);
    let pages = shop.server.requests().split_off(before);
    assert!(pages.iter().filter(|request| request.query.contains_key("continue")).count() > 20);
    assert!(pages.iter().filter_map(|request| request.query.get("limit")).all(|limit| limit == "2"));
    assert_eq!(lasting(shop.report(&["audit", "-A", "--chunk-size", "0"])), whole);
    assert_eq!(lasting(shop.report(&["audit", "-A", "--max-concurrency", "1"])), whole);
}

#[test]
fn a_list_that_expires_in_the_middle_is_read_again() {
    let shop = Shop::new();
    let whole = lasting(shop.report(&["audit", "-A"]));
    for list in ["/api/v1/services", "/apis/monitoring.coreos.com/v1/servicemonitors"] {
        shop.server.fault(list, Fault::Gone(3));
        assert_eq!(lasting(shop.report(&["audit", "-A", "--chunk-size", "2"])), whole, "{list}");
    }
}

#[test]
fn moments_of_weakness_pass() {
    let shop = Shop::new();
    let whole = lasting(shop.report(&["audit", "-A"]));
    for fault in [Fault::Busy(Some(1), Some(1)), Fault::Broken(Some(1)), Fault::CutOff(Some(1)), Fault::HangUp(1)] {
        shop.server.fault("/api/v1/services", fault.clone());
        assert_eq!(lasting(shop.report(&["audit", "-A"])), whole, "{fault:?}");
    }
}

#[test]
fn a_kind_that_cannot_be_read_costs_only_itself() {
    let shop = Shop::new();
    shop.server.fault("/api/v1/services", Fault::Busy(None, Some(30)));
    let ran = shop.live(&["audit", "-A"]);
    no_panic(&ran);
    // The label that nobody asks for is still seen.
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("PD0301") && !ran.stdout.contains("PD1001"), "{}", ran.stdout);
    let report = shop.report(&["audit", "-A"]);
    assert_eq!(codes_of(&report, "cart"), ["PD0301"]);
    let frontend = "shop/frontend unknown".to_owned();
    assert!(verdicts(&report).contains(&frontend), "{:?}", verdicts(&report));
    let unseen = report["notChecked"].as_array().unwrap();
    let said = |text: &str| unseen.iter().any(|item| item["need"].as_str().unwrap().contains(text));
    assert!(said("services") && said("shedding load (429)"), "{unseen:#?}");
    // That no monitor has a Service must not be concluded from it.
    assert!(!verdicts(&report).contains(&"shop/frontend failed".to_owned()));
    assert_eq!(shop.live(&["why", "smon/frontend"]).code, Some(3));
    assert_eq!(shop.live(&["-A", "--strict", "--fail-on", "never"]).code, Some(3));
}

#[test]
fn what_is_slow_does_not_run_out_of_patience_too_early() {
    let shop = Shop::new();
    shop.server.fault("/*", Fault::Slow(std::time::Duration::from_millis(30)));
    let ran = shop.live(&["audit", "-A"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
}
