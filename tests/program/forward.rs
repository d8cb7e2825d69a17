//! What is reached by `--port-forward`, and what is not.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::running::{prometheus, targets, with_pod};
use super::shop::{Shop, no_panic, verdict};
use crate::kit::apiserver::certificates;

fn why(shop: &Shop, more: &[&str]) -> Value {
    let ran = shop.live(&[&["why", "servicemonitor/frontend", "-o", "json"], more].concat());
    no_panic(&ran);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

fn scraped(report: &Value) -> (String, String) {
    let links = report["subjects"][0]["chains"][0]["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["link"] == "scraped").unwrap();
    (link["state"].as_str().unwrap().to_owned(), link["why"].to_string())
}

fn forwarded(shop: &Shop) -> usize {
    shop.server.requests().iter().filter(|request| request.path.ends_with("/portforward")).count()
}

#[test]
fn it_reaches_what_listens_on_localhost_and_only_when_asked_for() {
    let shop = Shop::of(with_pod(json!({"listenLocal": true})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let (state, said) = scraped(&why(&shop, &[]));
    assert!(state == "unknown" && said.contains("listenLocal") && said.contains("--port-forward"), "{said}");
    assert_eq!(forwarded(&shop), 0);
    let report = why(&shop, &["--port-forward"]);
    assert_eq!(scraped(&report).0, "passed", "{report:#}");
    assert_eq!((verdict(&report, "frontend").as_str(), forwarded(&shop) > 0), ("ok", true));
    assert!(!shop.server.requests().iter().any(|request| request.path.contains("/proxy/")));
    // The way is only opened to ask: all that goes to the API server are GETs, as everywhere.
    assert!(shop.server.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn who_may_not_is_told_which_right_is_missing() {
    let shop = Shop::of(with_pod(json!({})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let all =
        ["servicemonitors", "podmonitors", "probes", "scrapeconfigs", "prometheusrules", "prometheuses", "prometheusagents"];
    let mut rights: Vec<(&str, String)> = all.iter().map(|plural| ("*", format!("{plural}.monitoring.coreos.com"))).collect();
    rights
        .extend(["namespaces", "services", "endpoints", "pods", "secrets", "pods/proxy"].map(|plural| ("*", plural.to_owned())));
    let rights: Vec<(&str, &str)> = rights.iter().map(|(place, resource)| (*place, resource.as_str())).collect();
    shop.server.allow(&rights);
    assert_eq!(scraped(&why(&shop, &[])).0, "passed");
    let (state, said) = scraped(&why(&shop, &["--port-forward"]));
    assert_eq!(state, "unknown");
    assert!(said.contains("you may not \\\"create pods/portforward in monitoring\\\""), "{said}");
}

#[test]
fn a_port_that_nobody_listens_on_is_told() {
    let shop = Shop::of(with_pod(json!({})));
    let (state, said) = scraped(&why(&shop, &["--port-forward"]));
    assert_eq!(state, "unknown");
    assert!(said.contains("nothing listens on port 9090 of the pod"), "{said}");
}

/// Speaks TLS before a port that does not.
fn with_tls(port: u16) -> u16 {
    let (_, tls) = certificates();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tls = Arc::clone(&tls);
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        return;
                    }
                    head.push(byte[0]);
                }
                let mut inner = TcpStream::connect(("127.0.0.1", port)).unwrap();
                inner.write_all(&head).unwrap();
                inner.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let mut answer = Vec::new();
                inner.read_to_end(&mut answer).unwrap();
                stream.write_all(&answer).unwrap();
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
    own
}

#[test]
fn tls_and_a_route_prefix_are_no_hindrance() {
    let shop = Shop::of(with_pod(json!({"web": {"tlsConfig": {"cert": {}, "keySecret": {}}}, "routePrefix": "/prom"})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", with_tls(prometheus(&targets(""), Some("GET /prom/api/v1"))));
    let report = why(&shop, &["--port-forward"]);
    assert_eq!(scraped(&report).0, "passed", "{}", scraped(&report).1);
    // One that speaks no TLS though its object says so.
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), None));
    let said = scraped(&why(&shop, &["--port-forward"])).1;
    assert!(said.contains("speaks HTTP, while its object says HTTPS"), "{said}");
}

#[test]
fn credentials_go_to_the_server_that_is_named_and_to_no_other() {
    let shop = Shop::of(with_pod(json!({})));
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&targets(""), Some("Bearer hunter2-for-prometheus")));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hunter2-for-prometheus\n").unwrap();
    let token = ["--port-forward", "--prometheus-token", "hunter2-for-prometheus"];
    let named = why(&shop, &[&token[..], &["--prometheus", "monitoring/k8s"]].concat());
    assert_eq!(scraped(&named).0, "passed", "{}", scraped(&named).1);
    let of_file = ["--port-forward", "--prometheus-token-file", file.to_str().unwrap(), "--prometheus", "monitoring/k8s"];
    assert_eq!(scraped(&why(&shop, &of_file)).0, "passed");
    let (state, said) = scraped(&why(&shop, &token));
    assert!(state == "unknown" && said.contains("--prometheus NS/NAME"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let ran = shop.live(&["why", "servicemonitor/frontend", "--port-forward", "--prometheus-url", "http://h"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}
