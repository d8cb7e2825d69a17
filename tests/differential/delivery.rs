//! The delivery line from a saved monitor to a scraped target, with a real Prometheus at its end: `wait` follows a change
//! through it, and what breaks it is named.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::line::{Line, Station};
use super::{PROGRAMS, programs};
use crate::kit::apiserver::Fault;
use crate::kit::missing;
use crate::kit::run::Ran;

/// What `wait` told on the way, without the times.
fn told(ran: &Ran) -> Vec<String> {
    let lines = ran.stderr.lines().filter_map(|line| {
        let (time, text) = line.split_once(' ')?;
        time.parse::<jiff::Timestamp>().is_ok().then(|| text.to_owned())
    });
    lines.collect()
}

fn wait(line: &Line, monitor: &str, more: &[&str]) -> Ran {
    line.run(&[&["wait", "servicemonitor", monitor, "--interval=100ms"], more].concat())
}

/// That a monitor gets stuck: `wait` names the link when its time is over, `why` the same with the same cause, and `pipeline`
/// the step.
fn stuck(line: &Line, what: &str, monitor: &str, namespace: &str, (link, code, step): (&str, &str, &str)) {
    let begin = Instant::now();
    let ran = wait(line, monitor, &["-n", namespace, "--timeout=3s"]);
    let took = begin.elapsed();
    assert_eq!(ran.code, Some(1), "{what}: {ran:?}\n{}", line.log());
    assert!(took >= Duration::from_secs(3) && took < Duration::from_millis(4_500), "{what}: {took:?}");
    assert!(ran.stdout.contains(&format!("it stopped at `{link}`")), "{what}: {ran:?}\n{}", line.log());
    assert!(ran.stdout.contains(&format!("error[{code}]")), "{what}: {ran:?}\n{}", line.log());
    let why = line.run(&["why", "servicemonitor", monitor, "-n", namespace, "-o=json", "--grace=0"]);
    let report: Value = serde_json::from_str(&why.stdout).unwrap_or_else(|error| panic!("{what}: {error}: {why:?}"));
    let links = report["subjects"][0]["chains"][0]["links"].as_array().unwrap();
    let failed = links.iter().find(|link| link["state"] == "failed").map(|link| &link["link"]);
    assert_eq!(failed, Some(&json!(link)), "{what}: {report:#}");
    let cause = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == report["subjects"][0]["cause"]);
    assert_eq!(cause.unwrap()["code"], code, "{what}: {report:#}");
    let ran = line.run(&["pipeline", "prometheus/k8s", "-n=monitoring", "-o=json", "--grace=0"]);
    let list: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{what}: {error}: {ran:?}"));
    let steps = list["servers"][0]["steps"].as_array().unwrap();
    match list["servers"][0]["stuck"].as_u64() {
        Some(number) => assert_eq!(steps[number as usize - 1]["name"], step, "{what}: {list:#}"),
        // Without the metrics of a reloader it cannot be seen which of three steps it is, only that it is one of them.
        None => {
            assert!(["mounted", "unpacked"].contains(&step), "{what}: {list:#}");
            let done: Vec<bool> = steps.iter().map(|step| step["state"] == "done").collect();
            assert_eq!(done[..7], [true, true, true, true, false, false, false], "{what}: {list:#}");
        }
    }
}

#[test]
fn a_change_is_followed_from_the_api_server_to_its_targets() {
    let programs = programs();
    if programs.is_empty() {
        return missing(
            "a_change_is_followed_from_the_api_server_to_its_targets",
            &format!("no Prometheus: run .ci/prometheus, or set {PROGRAMS}"),
        );
    }
    thread::scope(|scope| programs.iter().for_each(|program| drop(scope.spawn(|| follow(program)))));
}

fn follow(program: &Path) {
    let mut line = Line::start(program);

    // The way, link by link.
    line.slow(true);
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1_500));
            line.save("first", &json!({}));
        });
        wait(&line, "first", &["--timeout=60s"])
    });
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    assert!(ran.stdout.contains("2 targets up in Prometheus monitoring/k8s"), "{ran:?}");
    let links: Vec<String> = told(&ran).iter().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
    let (before, after): (Vec<&str>, Vec<&str>) = links.iter().map(String::as_str).partition(|link| *link != "scraped");
    assert_eq!(before, ["exists", "generated", "loaded"], "{ran:?}");
    // Targets may be up as soon as they are there.
    assert!(after.len() <= 2 && links.ends_with(&vec!["scraped".to_owned(); after.len()]), "{ran:?}");
    line.slow(false);

    // A restart of Prometheus and lost connections on the way.
    line.works(Station::Reloader, false);
    line.save("second", &json!({}));
    let ran = thread::scope(|scope| {
        let kubeconfig = line.api().kubeconfig();
        let waits = scope.spawn(move || {
            let environment = [("KUBECONFIG", kubeconfig.to_str().unwrap())];
            let arguments = ["wait", "servicemonitor", "second", "--interval=100ms", "--timeout=90s", "--targets=2"];
            crate::kit::run::prom_doctor_with(Path::new("/"), &arguments, &environment, "")
        });
        // It has to have begun: who cannot reach a cluster at all is told so at once.
        thread::sleep(Duration::from_secs(2));
        line.restart(Duration::from_secs(3));
        line.api().fault("/*", Fault::HangUp(100));
        thread::sleep(Duration::from_secs(2));
        line.works(Station::Reloader, true);
        waits.join().unwrap()
    });
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    for said in ["trying again", "the cluster answers again", "does not answer: the API server failed (503)"] {
        assert_eq!(told(&ran).iter().filter(|line| line.contains(said)).count(), 1, "{said}: {ran:?}");
    }

    // A change of what is there: it is not taken for the old one, whose targets are up all the time.
    line.works(Station::Reloader, false);
    line.save("second", &json!({"honorLabels": true}));
    let ran = wait(&line, "second", &["--timeout=5s"]);
    assert_eq!(ran.code, Some(1), "{ran:?}\n{}", line.log());
    assert!(ran.stdout.contains("it stopped at `loaded`"), "{ran:?}\n{}", line.log());
    line.works(Station::Reloader, true);
    let ran = wait(&line, "second", &["--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());

    // Each station broken, and mended again.
    line.works(Station::Operator, false);
    line.save("orphan", &json!({}));
    stuck(&line, "the operator is down", "orphan", "shop", ("watched", "PD0202", "seen"));
    line.works(Station::Operator, true);

    line.set("additionalScrapeConfigs", json!({"name": "nowhere", "key": "jobs.yaml"}));
    line.save("frozen", &json!({}));
    stuck(&line, "every sync fails", "frozen", "shop", ("generated", "PD0507", "translated"));
    line.works(Station::Kubelet, false);
    line.set("additionalScrapeConfigs", Value::Null);

    stuck(&line, "the mount is not refreshed", "frozen", "shop", ("loaded", "PD0602", "mounted"));
    line.works(Station::Reloader, false);
    line.works(Station::Kubelet, true);
    stuck(&line, "the reloader does not reload", "frozen", "shop", ("loaded", "PD0602", "unpacked"));
    line.works(Station::Reloader, true);
    let ran = wait(&line, "frozen", &["--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());

    line.save("invalid", &json!({"metricRelabelings": [{"action": "label-drop", "regex": "x"}]}));
    stuck(&line, "the configuration is invalid", "invalid", "shop", ("loaded", "PD0601", "reloaded"));
    line.delete("shop", "invalid");

    line.save_in("dark", "app", &json!({}));
    // Prometheus hands on what it discovers every five seconds, and only then there is a pool, be it an empty one.
    let ran = wait(&line, "app", &["-n=dark", "--for=loaded", "--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    stuck(&line, "discovery is forbidden", "app", "dark", ("discoverable", "PD0701", "discovered"));

    line.delete("dark", "app");

    line.save("elsewhere", &json!({"path": "/missing"}));
    let ran = wait(&line, "elsewhere", &["--for=discovered", "--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    // Until the first scrape.
    thread::sleep(Duration::from_secs(2));
    stuck(&line, "scrapes fail", "elsewhere", "shop", ("scraped", "PD1205", "scraped"));
}
