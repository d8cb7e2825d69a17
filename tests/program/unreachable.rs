//! Clusters that cannot be found, do not answer, or are none.

use std::fs;
use std::time::{Duration, Instant};

use super::shop::{Shop, no_panic, report};
use crate::kit::apiserver::{Fault, TOKEN};
use crate::kit::run::{Ran, prom_doctor, prom_doctor_with};

fn fails(ran: &Ran, said: &[&str]) {
    no_panic(ran);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
    for part in said {
        assert!(ran.stderr.contains(part), "{part:?} is not in {}", ran.stderr);
    }
    assert!(!ran.stderr.contains(TOKEN), "{}", ran.stderr);
}

#[test]
fn no_kubeconfig_at_all() {
    let folder = tempfile::tempdir().unwrap();
    fails(&prom_doctor(folder.path(), &[]), &["no kubeconfig found", ".kube/config", "KUBECONFIG"]);
    let named = prom_doctor(folder.path(), &["--kubeconfig", "nowhere"]);
    fails(&named, &["nowhere", "cannot be read"]);
    let lost = prom_doctor_with(folder.path(), &[], &[("KUBECONFIG", "gone:lost")], "");
    fails(&lost, &["no kubeconfig found", "gone"]);
    fs::write(folder.path().join("broken"), "clusters: [\nusers: s3cr3t").unwrap();
    let broken = prom_doctor(folder.path(), &["--kubeconfig", "broken"]);
    fails(&broken, &["broken", "cannot be read"]);
    assert!(!broken.stderr.contains("s3cr3t"), "{}", broken.stderr);
}

#[test]
fn a_context_that_is_not_there() {
    let shop = Shop::new();
    fails(&shop.live(&["--context", "tset"]), &["there is no context \"tset\" in the kubeconfig", "test"]);
    fails(&shop.live(&["--cluster", "prod"]), &["there is no cluster \"prod\" in the kubeconfig"]);
    fails(&shop.live(&["--user", "me"]), &["there is no user \"me\" in the kubeconfig"]);
    assert!(shop.server.requests().is_empty());
}

#[test]
fn a_server_that_is_not_there() {
    let shop = Shop::new();
    let nobody = shop.live(&["--server", "https://127.0.0.1:1"]);
    fails(&nobody, &["the API server https://127.0.0.1:1 cannot be reached: connection refused"]);
    let nowhere = shop.live(&["--server", "https://nowhere.invalid"]);
    fails(&nowhere, &["the API server https://nowhere.invalid cannot be reached"]);
    fails(&shop.live(&["--server", "::"]), &["no URL"]);
}

#[test]
fn a_server_that_never_answers() {
    let shop = Shop::new();
    shop.server.fault("/*", Fault::Silent);
    let started = Instant::now();
    let ran = shop.live(&["--request-timeout", "1s"]);
    // A first try, and one that asks for less.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    fails(&ran, &[&shop.server.address(), "cannot be reached", "no answer within 1 s"]);
}

#[test]
fn one_list_that_never_comes() {
    let shop = Shop::new();
    shop.server.fault("/api/v1/services", Fault::Silent);
    let ran = shop.live(&["-o", "json", "--request-timeout", "1s"]);
    no_panic(&ran);
    assert_eq!(ran.code, Some(1), "what could be read shows errors: {ran:?}");
    let unseen = report(&ran)["notChecked"].to_string();
    assert!(unseen.contains("services") && unseen.contains("no answer within 1 s"), "{unseen}");
}

#[test]
fn something_else_than_an_api_server() {
    let shop = Shop::new();
    fails(&shop.live(&["--token", "another"]), &["does not accept the credentials"]);
    shop.server.fault("/*", Fault::Html);
    fails(&shop.live(&[]), &["is not a Kubernetes API server"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_at_once() {
    let shop = Shop::new();
    shop.server.fault("/*", Fault::Silent);
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_prom-doctor"))
        .arg("audit")
        .env_clear()
        .env("KUBECONFIG", shop.server.kubeconfig())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while shop.server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    // As Ctrl-C does, to this process alone.
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert!(String::from_utf8(ended.stderr).unwrap().contains("interrupted"));
}
