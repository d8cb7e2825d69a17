//! The last errors of a real Prometheus, by what is wrong with a target, held to the table that reads them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::prometheus::failure::{Certificate, Failure, Limit};
use serde_json::{Value, json};

use super::prometheus::{Prometheus, version};
use super::{PROGRAMS, programs};
use crate::kit::apiserver::ApiServer;
use crate::kit::missing;

const METRICS: &str = "a_total{x=\"y\"} 1\nb_total{x=\"y\"} 2\nc_total{x=\"y\"} 3\n";
const TEXT: &str = "Content-Type: text/plain; version=0.0.4\r\n";

/// What a server does with a connection once the request is read.
#[derive(Clone, Copy)]
enum Does {
    /// Status, headers and body of its answer.
    Answers(&'static str, &'static str, &'static str),
    /// It answers with the head, and never with the body.
    Stalls,
    /// Nothing, and the connection stays.
    Hangs,
    /// It closes the connection.
    Closes,
}

/// A server on a port of this machine, for as long as the tests run.
fn server(does: Does) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            // What is no text is a greeting in TLS.
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            match does {
                Does::Answers(status, headers, body) => {
                    let length = body.len();
                    let answer =
                        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                    let _ = reader.get_mut().write_all(answer.as_bytes());
                }
                Does::Stalls => {
                    let _ = reader
                        .get_mut()
                        .write_all(format!("HTTP/1.1 200 OK\r\n{TEXT}Content-Length: 99\r\n\r\na_total 1\n").as_bytes());
                    held.push(reader);
                }
                Does::Hangs => held.push(reader),
                Does::Closes => {}
            }
        }
    });
    port
}

/// A port on which nothing listens.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A target that fails: its name, where it is, more of its job, and how its error is to be read.
struct Case {
    name: &'static str,
    address: String,
    job: Value,
    expected: Option<Failure>,
}

fn cases(version: Version, tls: &ApiServer) -> Vec<Case> {
    let new = version >= Version::new(3, 0, 0);
    let good = Does::Answers("200 OK", TEXT, METRICS);
    let html = "<!DOCTYPE html><title>Sign in</title>\n";
    let answers = |status: &'static str| Does::Answers(status, TEXT, "no\n");
    let of = |name: &'static str, port: u16, job: Value, expected: Option<Failure>| Case {
        name,
        address: format!("127.0.0.1:{port}"),
        job,
        expected,
    };
    let own = |name: &'static str, does: Does, job: Value, expected: Failure| of(name, server(does), job, Some(expected));
    let tls_port = tls.address().rsplit(':').next().unwrap().parse().unwrap();
    vec![
        of("up", server(good), json!({}), None),
        of("refused", nobody(), json!({}), Some(Failure::Refused)),
        own("unauthorized", answers("401 Unauthorized"), json!({}), Failure::Unauthorized),
        own("forbidden", answers("403 Forbidden"), json!({}), Failure::Forbidden),
        own("not-found", answers("404 Not Found"), json!({}), Failure::NotFound),
        own("busy", answers("503 Service Unavailable"), json!({}), Failure::Status(503)),
        own("html", Does::Answers("200 OK", "Content-Type: text/html; charset=utf-8\r\n", html), json!({}), Failure::NotMetrics),
        own("no-metrics", Does::Answers("200 OK", TEXT, "what is this?\n"), json!({}), Failure::NotMetrics),
        own("empty-value", Does::Answers("200 OK", TEXT, "a_total x\n"), json!({}), Failure::NotMetrics),
        // Before 3.0 what came without a type was read as text.
        of("no-type", server(Does::Answers("200 OK", "", METRICS)), json!({}), new.then_some(Failure::NoContentType)),
        own("hangs", Does::Hangs, json!({}), Failure::Timeout { body: false }),
        own("stalls", Does::Stalls, json!({}), Failure::Timeout { body: true }),
        own("closes", Does::Closes, json!({}), Failure::Closed),
        own("https-to-http", good, json!({"scheme": "https"}), Failure::TlsToPlain),
        of("http-to-https", tls_port, json!({}), Some(Failure::NotHttp)),
        of("authority", tls_port, json!({"scheme": "https"}), Some(Failure::Certificate(Certificate::Authority))),
        Case { address: format!("nowhere.invalid:{}", nobody()), ..of("no-host", 0, json!({}), Some(Failure::NotResolved)) },
        own("samples", good, json!({"sample_limit": 2}), Failure::Limit(Limit::Samples)),
        own("labels", good, json!({"label_limit": 1}), Failure::Limit(Limit::Labels)),
        own("label-names", good, json!({"label_name_length_limit": 3}), Failure::Limit(Limit::LabelNames)),
        own("label-values", good, json!({"label_value_length_limit": 3}), Failure::Limit(Limit::LabelValues)),
        own("body", good, json!({"body_size_limit": "10B"}), Failure::Limit(Limit::BodySize)),
        own("token", good, json!({"authorization": {"credentials_file": "/nowhere/token"}}), Failure::CredentialsFile),
    ]
}

#[test]
fn last_errors_are_those_of_prometheus() {
    let programs = programs();
    if programs.is_empty() {
        return missing("last_errors_are_those_of_prometheus", &format!("no Prometheus: run .ci/prometheus, or set {PROGRAMS}"));
    }
    thread::scope(|scope| programs.iter().for_each(|program| drop(scope.spawn(|| hold(program)))));
}

fn hold(program: &Path) {
    let (version, tls) = (version(program), ApiServer::start(Vec::new()));
    let cases = cases(version, &tls);
    let jobs = cases.iter().map(|case| {
        let mut job = json!({"job_name": case.name, "static_configs": [{"targets": [case.address]}]});
        job.as_object_mut().unwrap().extend(case.job.as_object().unwrap().clone());
        job
    });
    let jobs: Vec<Value> = jobs.collect();
    let prometheus = Prometheus::start(
        program,
        None,
        &json!({"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": jobs}),
    );
    let begin = Instant::now();
    let mut open: BTreeMap<&str, &Case> = cases.iter().map(|case| (case.name, case)).collect();
    while !open.is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "never scraped: {:?}\n{}", open.keys(), prometheus.tail());
        thread::sleep(Duration::from_millis(500));
        open.retain(|name, case| {
            let targets = prometheus.targets(name).active;
            let Some(target) = targets.first().filter(|target| target["health"] != "unknown") else { return true };
            let error = target["lastError"].as_str().unwrap();
            assert_eq!(Failure::parse(error), case.expected, "Prometheus {version}, {name}: {error:?}");
            false
        });
    }
}
