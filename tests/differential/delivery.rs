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

/// A break: what `wait` and `why` name, and the step of `pipeline`.
struct Break {
    what: &'static str,
    link: &'static str,
    code: &'static str,
    step: usize,
    /// What `pipeline` says of it.
    says: &'static str,
}

const NAMES: [&str; 9] = ["saved", "seen", "translated", "written", "mounted", "unpacked", "reloaded", "discovered", "scraped"];

/// That a monitor gets stuck: `wait` names the link when its time is over, `why` the same with the same cause, and `pipeline`
/// the step, with all before it passed and nothing behind it called broken.
fn stuck(line: &Line, monitor: &str, namespace: &str, broken: &Break) {
    let Break { what, link, code, step, says } = *broken;
    let begin = Instant::now();
    let ran = wait(line, monitor, &["-n", namespace, "--timeout=3s", "--grace=0"]);
    let took = begin.elapsed();
    assert_eq!(ran.code, Some(1), "{what}: {ran:?}\n{}", line.log());
    assert!(took >= Duration::from_secs(3) && took < Duration::from_millis(4_500), "{what}: {took:?}");
    let stopped = format!("it stopped at step {step}, {} (link `{link}`)", NAMES[step - 1]);
    assert!(ran.stdout.replace("\n  ", " ").contains(&stopped), "{what}: {}\n{}", ran.stdout, line.log());
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
    let server = &list["servers"][0];
    assert_eq!((ran.code, &server["state"], &server["stuck"]), (Some(1), &json!("stuck"), &json!(step)), "{what}: {list:#}");
    let steps = server["steps"].as_array().unwrap();
    for (at, found) in steps.iter().enumerate() {
        let wanted = match at + 1 {
            number if number < step => "done",
            number if number == step => "stuck",
            _ => "behind",
        };
        assert_eq!((&found["name"], &found["state"]), (&json!(NAMES[at]), &json!(wanted)), "{what}: step {}: {list:#}", at + 1);
    }
    assert!(steps[step - 1]["says"].as_str().unwrap().contains(says), "{what}: {list:#}");
    let text = line.run(&["pipeline", "prometheus/k8s", "-n=monitoring", "--grace=0"]).stdout;
    assert!(text.contains(&format!("stuck at step {step}, {}\n", NAMES[step - 1])), "{what}: {text}");
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
    let steps: Vec<String> = told(&ran).iter().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
    // Targets may be up as soon as they are there.
    let (before, after) = steps.split_at(steps.len().min(3));
    assert_eq!(before, ["step 1, saved", "step 4, written", "step 5, mounted"], "{ran:?}");
    let later = ["step 8, discovered", "step 9, scraped"];
    assert!(after.iter().all(|step| later.contains(&step.as_str())) && after.is_sorted() && after.len() <= 2, "{ran:?}");
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
    for said in ["trying again", "the cluster answers again", "does not answer: nothing listens at its port"] {
        assert_eq!(told(&ran).iter().filter(|line| line.contains(said)).count(), 1, "{said}: {ran:?}");
    }

    // A change of what is there: it is not taken for the old one, whose targets are up all the time.
    line.works(Station::Reloader, false);
    line.save("second", &json!({"honorLabels": true}));
    let ran = wait(&line, "second", &["--timeout=5s"]);
    assert_eq!(ran.code, Some(1), "{ran:?}\n{}", line.log());
    assert!(ran.stdout.contains("it stopped at step 6, unpacked"), "{ran:?}\n{}", line.log());
    line.works(Station::Reloader, true);
    let ran = wait(&line, "second", &["--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());

    breaks(&line);
}

/// Each step broken, and mended again.
fn breaks(line: &Line) {
    let broken = |what, link, code, step, says| Break { what, link, code, step, says };
    let arrives = |monitor: &str| {
        let ran = wait(line, monitor, &["--timeout=30s"]);
        assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    };

    line.works(Station::Operator, false);
    line.save("orphan", &json!({}));
    stuck(line, "orphan", "shop", &broken("the operator is down", "watched", "PD0202", 2, "no running pod"));
    line.works(Station::Operator, true);

    line.set("additionalScrapeConfigs", json!({"name": "nowhere", "key": "jobs.yaml"}));
    line.save("frozen", &json!({}));
    stuck(line, "frozen", "shop", &broken("every sync fails", "generated", "PD0507", 3, "every sync fails"));
    line.works(Station::Kubelet, false);
    line.set("additionalScrapeConfigs", Value::Null);

    stuck(line, "frozen", "shop", &broken("the mount is not refreshed", "loaded", "PD0602", 5, "still holds the old file"));
    line.works(Station::Reloader, false);
    line.works(Station::Kubelet, true);
    stuck(line, "frozen", "shop", &broken("the reloader crashes", "loaded", "PD0602", 6, "CrashLoopBackOff"));
    line.works(Station::Reloader, true);
    arrives("frozen");
    line.fill(true);
    line.save("full", &json!({}));
    stuck(line, "full", "shop", &broken("the reloader cannot unpack", "loaded", "PD0602", 6, "could not read, unpack or write"));
    line.fill(false);
    arrives("full");

    line.save("invalid", &json!({"metricRelabelings": [{"action": "label-drop", "regex": "x"}]}));
    let refused = broken("the configuration is invalid", "loaded", "PD0601", 7, "spec.endpoints[0].metricRelabelings[0]");
    stuck(line, "invalid", "shop", &refused);
    line.delete("shop", "invalid");

    line.save_in("dark", "app", &json!({}));
    // Prometheus hands on what it discovers every five seconds, and only then there is a pool, be it an empty one.
    let ran = wait(line, "app", &["-n=dark", "--for=loaded", "--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    stuck(line, "app", "dark", &broken("discovery is forbidden", "discoverable", "PD0701", 8, "may not discover in dark"));
    line.delete("dark", "app");

    line.save("elsewhere", &json!({"path": "/missing"}));
    let ran = wait(line, "elsewhere", &["--for=discovered", "--timeout=30s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}\n{}", line.log());
    // Until the first scrape.
    thread::sleep(Duration::from_secs(2));
    stuck(line, "elsewhere", "shop", &broken("scrapes fail", "scraped", "PD1205", 9, "404"));
}
