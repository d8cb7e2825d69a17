//! `wait` on a cluster that changes under its eyes, and on one that fails.

use std::thread;
use std::time::{Duration, Instant};

use prom_doctor_checks::wait::SCHEMA;
use prom_doctor_checks::world::Kind;
use serde_json::{Value, json};

use super::running::{prometheus, targets, with_pod};
use super::shop::{Shop, find, no_panic, objects};
use crate::kit::apiserver::Fault;
use crate::kit::run::Ran;

/// The example with a Prometheus that answers.
fn shop(error: &str) -> Shop {
    let shop = Shop::of(with_pod(json!({})));
    let mut answer = targets(error);
    answer["data"]["droppedTargetCounts"]["serviceMonitor/shop/catalog/0"] = 25.into();
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&answer, None));
    shop
}

fn wait(shop: &Shop, arguments: &[&str]) -> Ran {
    let ran = shop.live(&[&["wait", "--interval", "200ms"], arguments].concat());
    no_panic(&ran);
    ran
}

/// What was told on the way, without the times.
fn told(ran: &Ran) -> Vec<&str> {
    let lines = ran.stderr.lines().filter_map(|line| {
        let (time, text) = line.split_once(' ')?;
        time.parse::<jiff::Timestamp>().is_ok().then_some(text)
    });
    lines.collect()
}

#[test]
fn what_is_there_is_not_waited_for() {
    let shop = shop("");
    for (goal, said) in
        [("up", "3 targets up"), ("discovered", "3 targets in"), ("loaded", "1 job loaded by"), ("generated", "1 job in Secret")]
    {
        let ran = wait(&shop, &["servicemonitor/frontend", "--for", goal]);
        assert_eq!(ran.code, Some(0), "{goal}: {ran:?}");
        assert!(ran.stdout.starts_with("✓ ServiceMonitor shop/frontend is ") && ran.stdout.contains(said), "{goal}: {ran:?}");
        assert!(told(&ran).is_empty(), "{ran:?}");
    }
    let before = shop.server.requests().len();
    assert_eq!(wait(&shop, &["smon", "frontend", "--for=generated", "-qq"]).code, Some(0));
    let asks = |path: &str| path.contains("/proxy/");
    assert!(!shop.server.requests()[before..].iter().any(|request| asks(&request.path)), "only the Secret was to be read");
}

#[test]
fn a_monitor_is_waited_for_before_it_is_created() {
    let shop = shop("");
    let mut all = objects();
    let monitor = find(&mut all, "ServiceMonitor", "frontend").clone();
    shop.server.remove(Kind::ServiceMonitor, "shop", "frontend");
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1_500));
            shop.server.put(monitor);
        });
        wait(&shop, &["servicemonitor/frontend", "--timeout", "30s"])
    });
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(told(&ran), ["step 1, saved: not created yet"], "a line for each change, no more: {ran:?}");
}

#[test]
fn it_ends_in_time_and_names_the_step() {
    let refused = "Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused";
    let shop = shop(refused);
    for (arguments, step, said) in [
        (["servicemonitor/frontend", "--for=up"], "step 9, scraped (link `scraped`)", "error[PD1201]"),
        (["servicemonitor/catalog", "--for=up"], "step 8, discovered (link `ports`)", "error[PD1001]"),
        (["servicemonitor/cart", "--for=generated"], "step 3, translated (link `selected`)", "error[PD0301]"),
        (["servicemonitor/nobody", "--for=loaded"], "step 1, saved (link `exists`)", "not created yet"),
    ] {
        let begin = Instant::now();
        let ran = wait(&shop, &[&arguments[..], &["--timeout", "3s"]].concat());
        let took = begin.elapsed();
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(took >= Duration::from_secs(3) && took < Duration::from_millis(4_500), "{arguments:?} took {took:?}");
        assert!(
            ran.stdout.replace("\n  ", " ").contains(&format!("it stopped at {step}")) && ran.stdout.contains(said),
            "{ran:?}"
        );
        assert_eq!(told(&ran).len(), 1, "{ran:?}");
    }
    // Enough is enough, and what time does not mend need not be waited for.
    let begin = Instant::now();
    let ran = wait(&shop, &["servicemonitor/cart", "--fail-fast", "--timeout", "60s"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let once = wait(&shop, &["servicemonitor/frontend", "--timeout", "0"]);
    assert_eq!(once.code, Some(1), "{once:?}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn a_request_that_hangs_does_not_hold_it_up() {
    let shop = shop("");
    shop.server.fault("/*", Fault::Silent);
    let begin = Instant::now();
    let ran = wait(&shop, &["servicemonitor/frontend", "--timeout", "2s"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(begin.elapsed() < Duration::from_millis(3_500), "{:?}", begin.elapsed());
    assert!(ran.stdout.contains("the cluster has not answered"), "{ran:?}");
}

#[test]
fn a_connection_that_is_lost_comes_back() {
    let shop = shop("Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused");
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1_500));
            // Longer than a request is tried again by itself.
            shop.server.fault("/*", Fault::HangUp(60));
            thread::sleep(Duration::from_millis(500));
            shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
        });
        wait(&shop, &["servicemonitor/frontend", "--timeout", "60s"])
    });
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = told(&ran);
    let lost = told.iter().filter(|line| line.contains("trying again")).count();
    let back = told.iter().filter(|line| line.contains("answers again")).count();
    assert_eq!((lost, back), (1, 1), "{told:?}");
}

#[test]
fn what_cannot_be_known_is_said_at_once() {
    let shop = Shop::of(with_pod(json!({})));
    let resources: Vec<String> = Kind::all().map(Kind::resource).collect();
    let rights: Vec<(&str, &str)> = resources.iter().map(|resource| ("*", resource.as_str())).collect();
    shop.server.allow(&rights);
    let begin = Instant::now();
    let ran = wait(&shop, &["servicemonitor/frontend", "--timeout", "60s"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
    assert!(ran.stderr.contains("get pods/proxy in monitoring") && ran.stderr.contains("--for=generated"), "{ran:?}");
    assert_eq!(wait(&shop, &["servicemonitor/frontend", "--for=generated"]).code, Some(0));
    // Another way to it opens what the right was missing for.
    let url = format!("http://127.0.0.1:{}", prometheus(&targets(""), None));
    assert_eq!(wait(&shop, &["servicemonitor/frontend", "--prometheus-url", &url]).code, Some(0));
    let ran = wait(&Shop::of(with_pod(json!({"listenLocal": true}))), &["servicemonitor/frontend", "--timeout", "60s"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("listenLocal"), "{ran:?}");
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

#[test]
fn some_targets_may_be_enough() {
    let shop = Shop::of(with_pod(json!({})));
    let mut some = targets("");
    some["data"]["activeTargets"][1]["health"] = "unknown".into();
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&some, None));
    let ran = wait(&shop, &["servicemonitor/frontend", "--timeout", "1s"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("2 of 3 targets up"), "{ran:?}");
    let ran = wait(&shop, &["servicemonitor/frontend", "--targets", "2", "--timeout", "20s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(wait(&shop, &["servicemonitor/frontend", "--targets", "4", "--timeout", "1s"]).code, Some(1));
}

#[test]
fn other_programs_are_told_how_it_ended_and_what_happened() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let told = |ran: &Ran, code: i32, end: &str| {
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!((ran.code, &answer["end"]), (Some(code), &json!(end)), "{ran:?}");
        answer
    };
    let shop = shop("Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused");
    let late = told(&wait(&shop, &["servicemonitor/frontend", "--timeout=1s", "-o=json"]), 1, "timeout");
    assert_eq!(late["wanted"], json!({"state": "up", "targets": null, "timeoutSeconds": 1}));
    assert_eq!((&late["stands"]["step"], &late["stands"]["name"]), (&json!(9), &json!("scraped")));
    let cause = late["report"]["findings"].as_array().unwrap().iter().find(|found| found["id"] == late["stands"]["cause"]);
    assert_eq!(cause.unwrap()["code"], "PD1201");
    assert_eq!((&late["events"][0]["kind"], &late["events"][0]["code"]), (&json!("stands"), &json!("PD1201")));
    let there = told(&wait(&shop, &["servicemonitor/frontend", "--for=loaded", "-o=json"]), 0, "reached");
    assert_eq!(there["events"].as_array().unwrap().iter().map(|event| &event["kind"]).collect::<Vec<_>>(), ["reached"]);
    told(&wait(&shop, &["servicemonitor/cart", "--fail-fast", "-o=json"]), 1, "stuck");
    shop.server.fault("/*", Fault::Silent);
    let never = told(&wait(&shop, &["servicemonitor/frontend", "--timeout=1s", "-o=json"]), 1, "timeout");
    assert_eq!((&never["stands"], &never["report"], &never["events"]), (&Value::Null, &Value::Null, &json!([])));
    let deaf = Shop::of(with_pod(json!({"listenLocal": true})));
    told(&wait(&deaf, &["servicemonitor/frontend", "-o=json"]), 3, "unknowable");
    let printed = deaf.live(&["schema", "wait"]);
    assert_eq!(printed.stdout, SCHEMA);
}

#[test]
fn a_cluster_that_never_answered_is_not_waited_for() {
    let shop = shop("");
    shop.server.fault("/*", Fault::HangUp(10_000));
    let begin = Instant::now();
    let ran = wait(&shop, &["servicemonitor/frontend", "--timeout", "60s"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
    assert!(ran.stderr.contains("is not waited for"), "{ran:?}");
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    assert!(shop.live(&["wait", "--help"]).stdout.contains("does not answer at the first look"));
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let shop = Shop::of(with_pod(json!({})));
    for arguments in [
        &["pod/x"][..],
        &["probe/x"],
        &["servicemonitor/frontend", "--no-live"],
        &["servicemonitor/frontend", "--targets", "0"],
        &["servicemonitor/frontend", "--targets", "2", "--for=loaded"],
        &["servicemonitor/frontend", "--for=ready"],
        &["servicemonitor/frontend", "--timeout", "soon"],
        &["servicemonitor/frontend", "-A"],
        &["servicemonitor/frontend", "-o", "sarif"],
    ] {
        assert_eq!(wait(&shop, arguments).code, Some(2), "{arguments:?}");
    }
    assert_eq!(shop.dump(&["wait", "servicemonitor/frontend"]).code, Some(2));
    assert!(shop.server.requests().is_empty());
}
