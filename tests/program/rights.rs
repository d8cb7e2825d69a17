//! Rights in one namespace only: what can be judged there is, and what may not be seen is named.

use prom_doctor_checks::world::Kind;
use serde_json::Value;

use super::shop::{Shop, codes_of, no_panic, objects, verdict, verdicts};

/// Everything in the namespace `shop`, as a Role there could grant it.
fn only_shop(shop: &Shop) {
    let resources: Vec<String> = Kind::all().filter(|kind| kind.namespaced()).map(Kind::resource).collect();
    let rights: Vec<(&str, &str)> = resources.iter().map(|resource| ("shop", resource.as_str())).collect();
    shop.server.allow(&rights);
}

/// The state of a link in the first chain of a monitor.
fn state(report: &Value, name: &str, link: &str) -> String {
    let subjects = report["subjects"].as_array().unwrap();
    let subject = subjects.iter().find(|subject| subject["ref"]["name"] == name).unwrap();
    let links = subject["chains"][0]["links"].as_array().unwrap_or_else(|| panic!("no chain: {subject:#}"));
    links.iter().find(|found| found["link"] == link).unwrap()["state"].as_str().unwrap().to_owned()
}

fn needs(report: &Value) -> String {
    report["notChecked"].as_array().unwrap().iter().map(|item| item["need"].as_str().unwrap().to_owned() + "\n").collect()
}

#[test]
fn in_ones_own_namespace_services_addresses_and_ports_are_judged() {
    let shop = Shop::new();
    only_shop(&shop);
    let report = shop.report(&[]);
    // What is wrong whoever selects it is an error.
    assert_eq!(codes_of(&report, "catalog"), ["PD1001"]);
    assert_eq!((state(&report, "catalog", "ports").as_str(), verdict(&report, "catalog")), ("failed", "failed".to_owned()));
    // The chain of all others is walked as far as it can be seen; none of them can be said to be fine.
    for link in ["matched", "backed", "ports"] {
        assert_eq!(state(&report, "frontend", link), "passed", "{link}");
    }
    for link in ["watched", "selected", "generated", "discoverable"] {
        assert_eq!(state(&report, "frontend", link), "unknown", "{link}");
    }
    assert_eq!(verdict(&report, "frontend"), "unknown");
    assert_eq!(verdict(&report, "cart"), "unknown", "nobody can know that no server selects it");
    assert!(!verdicts(&report).iter().any(|line| line.ends_with(" ok")), "{:?}", verdicts(&report));
    for need in ["list prometheuses.monitoring.coreos.com", "list prometheusagents.monitoring.coreos.com"] {
        assert!(needs(&report).contains(need), "{need}: {}", needs(&report));
    }
    let people = shop.live(&[]);
    no_panic(&people);
    assert_eq!((people.code, people.stderr.as_str()), (Some(1), ""));
    assert!(people.stdout.contains("not checked:"), "{}", people.stdout);
    assert!(people.stdout.contains("list prometheuses.monitoring.coreos.com"), "{}", people.stdout);
}

#[test]
fn what_was_not_checked_fails_only_on_demand() {
    // The healthy part of the example.
    let mut all = objects();
    all.retain(|object| {
        let monitor = object["kind"] == "ServiceMonitor" || object["kind"] == "PodMonitor";
        !monitor || object["metadata"]["name"] == "frontend" || object["metadata"]["name"] == "worker"
    });
    let shop = Shop::of(all);
    let ask = |arguments: &[&str]| {
        let ran = shop.live(arguments);
        no_panic(&ran);
        ran.code
    };
    assert_eq!(ask(&["--strict"]), Some(0));
    assert_eq!(ask(&["why", "smon/frontend"]), Some(0));
    only_shop(&shop);
    assert_eq!(verdicts(&shop.report(&[])), ["shop/frontend unknown", "shop/worker unknown"]);
    assert_eq!(ask(&[]), Some(0));
    assert_eq!(ask(&["--strict"]), Some(3));
    // One that is asked about by name has no answer, and neither has its application.
    assert_eq!(ask(&["why", "smon/frontend"]), Some(3));
    assert_eq!(ask(&["why", "smon/frontend", "--exit-zero"]), Some(3));
    assert_eq!(ask(&["why", "svc/frontend"]), Some(3));
    let app = shop.live(&["why", "svc/frontend"]).stdout;
    assert!(app.starts_with("Service shop/frontend   chosen by 1 monitor; whether it is scraped is not known\n"), "{app}");
    // Elsewhere there is nothing that could be read.
    let elsewhere = shop.live(&["why", "smon/stock", "-n", "stock"]);
    assert_eq!(elsewhere.code, Some(3));
    assert!(elsewhere.stderr.contains("servicemonitors.monitoring.coreos.com in stock"), "{}", elsewhere.stderr);
    assert_eq!(ask(&["config"]), Some(3));
    let all = shop.report(&["-A"]);
    assert!(needs(&all).contains("list servicemonitors.monitoring.coreos.com in all namespaces"), "{}", needs(&all));
    assert_eq!(ask(&["-A"]), Some(0));
}

#[test]
fn a_right_that_is_missing_never_breaks_what_is_fine() {
    let shop = Shop::new();
    let full = verdicts(&shop.report(&["-A"]));
    for gone in Kind::all() {
        let resources: Vec<String> = Kind::all().filter(|kind| *kind != gone).map(Kind::resource).collect();
        let rights: Vec<(&str, &str)> = resources.iter().map(|resource| ("*", resource.as_str())).collect();
        shop.server.allow(&rights);
        let report = shop.report(&["-A"]);
        let seen = verdicts(&report);
        let monitors = matches!(gone, Kind::ServiceMonitor | Kind::PodMonitor);
        assert!(monitors || seen.len() == full.len(), "{gone}: monitors are lost");
        for line in &seen {
            let unknown = line.ends_with(" unknown");
            assert!(unknown || full.contains(line), "without {gone} {line}: {:#}", report["findings"]);
        }
        // Where a verdict was lost, the right is named.
        if seen.len() != full.len() || seen.iter().any(|line| !full.contains(line)) {
            assert!(needs(&report).contains(&gone.resource()), "{gone} is not named: {}", needs(&report));
        }
    }
}
