//! The live collector against the test API server.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use prom_doctor::collect::{Access, Cluster, CollectError, ConnectError};
use prom_doctor_checks::wants::Request;
use prom_doctor_checks::world::{Kind, PemFact, Seen, World};
use serde_json::{Value, json};

use crate::kit::apiserver::{ApiServer, Fault, TOKEN};

fn service(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name, "resourceVersion": "1"},
           "spec": {"ports": [{"name": "web", "port": 80}]}})
}

fn services(count: usize) -> Vec<Value> {
    (0..count).map(|number| service(if number % 2 == 0 { "shop" } else { "bank" }, &format!("s{number:04}"))).collect()
}

fn monitor(name: &str, endpoints: Value) -> Value {
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
           "metadata": {"namespace": "shop", "name": name}, "spec": {"selector": {}, "endpoints": endpoints}})
}

fn list(kind: Kind) -> Request {
    Request::List { kind, namespace: None }
}

fn list_in(kind: Kind, namespace: &str) -> Request {
    Request::List { kind, namespace: Some(namespace.to_owned()) }
}

fn secret(namespace: &str, name: &str) -> Request {
    Request::Get { kind: Kind::Secret, namespace: namespace.to_owned(), name: name.to_owned() }
}

fn access(server: &ApiServer) -> Access {
    Access { kubeconfig: Some(server.kubeconfig()), ..Access::default() }
}

async fn read_with(access: &Access, requests: &[Request]) -> Result<World, CollectError> {
    let cluster = Cluster::connect(access).await.expect("a client");
    let mut world = World::default();
    cluster.fetch(requests, &mut world, &|_| {}).await?;
    Ok(world)
}

async fn read(server: &ApiServer, requests: &[Request]) -> World {
    read_with(&access(server), requests).await.expect("a world")
}

fn names(world: &World) -> Vec<String> {
    world.services.iter().map(|service| format!("{}/{}", service.metadata.namespace, service.metadata.name)).collect()
}

fn failed(seen: &Seen) -> &str {
    match seen {
        Seen::Failed(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_add_up_to_the_whole() {
    let server = ApiServer::start(services(1203));
    let pages = read_with(&Access { chunk_size: 100, ..access(&server) }, &[list(Kind::Service)]).await.unwrap();
    assert_eq!(server.asked("/api/v1/services"), 13);
    let whole = read_with(&Access { chunk_size: 0, ..access(&server) }, &[list(Kind::Service)]).await.unwrap();
    assert_eq!(names(&pages), names(&whole));
    assert_eq!(pages.services.len(), 1203);
    assert_eq!(pages.sight.of(Kind::Service, None), Seen::Whole);
    let alone = read(&server, &[list_in(Kind::Service, "shop")]).await;
    assert_eq!(alone.services.len(), 602);
    assert_eq!(alone.sight.of(Kind::Service, Some("shop")), Seen::Whole);
    assert_eq!(alone.sight.of(Kind::Service, Some("bank")), Seen::NotAsked);
}

#[tokio::test(flavor = "multi_thread")]
async fn big_answers_come_compressed() {
    let server = ApiServer::start(services(3000));
    let world = read_with(&Access { chunk_size: 0, ..access(&server) }, &[list(Kind::Service)]).await.unwrap();
    assert_eq!(world.services.len(), 3000);
    assert!(server.requests().iter().all(|request| request.header("accept-encoding") == ["gzip"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_expires_is_read_anew_in_one_piece() {
    let server = ApiServer::start(services(1000));
    server.fault("/api/v1/services", Fault::Gone(2));
    let world = read_with(&Access { chunk_size: 100, ..access(&server) }, &[list(Kind::Service)]).await.unwrap();
    assert_eq!(world.services.len(), 1000);
    assert_eq!(world.sight.of(Kind::Service, None), Seen::Whole);
    let last = server.requests().pop().unwrap();
    assert!(last.query.is_empty(), "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_for_less() {
    let server = ApiServer::start(services(500));
    server.fault("/api/v1/services", Fault::Busy(Some(1), Some(1)));
    let started = Instant::now();
    let world = read_with(&Access { chunk_size: 200, ..access(&server) }, &[list(Kind::Service)]).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "Retry-After was not kept");
    assert_eq!(world.services.len(), 500);
    let limits: Vec<String> = server.requests().iter().map(|request| request.query["limit"].clone()).collect();
    assert_eq!(limits, ["200", "100", "100", "100", "100", "100"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_busy_costs_its_kind_and_no_patience() {
    for after in [None, Some(1), Some(60)] {
        let server = ApiServer::start([services(3), vec![monitor("cart", json!([]))]].concat());
        server.fault("/api/v1/services", Fault::Busy(None, after));
        let started = Instant::now();
        let world = read(&server, &[list(Kind::Service), list(Kind::ServiceMonitor)]).await;
        assert!(started.elapsed() < Duration::from_secs(3), "{:?} with Retry-After {after:?}", started.elapsed());
        let seen = world.sight.of(Kind::Service, None);
        assert!(failed(&seen).starts_with("the API server is shedding load (429)"), "{seen:?}");
        assert!(server.asked("/api/v1/services") <= 3);
        assert_eq!(world.sight.of(Kind::ServiceMonitor, None), Seen::Whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_failures_pass_or_are_named() {
    let server = ApiServer::start(services(5));
    server.fault("/api/v1/services", Fault::Broken(Some(1)));
    assert_eq!(read(&server, &[list(Kind::Service)]).await.services.len(), 5);
    server.fault("/api/v1/services", Fault::HangUp(1));
    assert_eq!(read(&server, &[list(Kind::Service)]).await.services.len(), 5);
    server.fault("/api/v1/services", Fault::CutOff(Some(1)));
    assert_eq!(read(&server, &[list(Kind::Service)]).await.services.len(), 5);
    server.fault("/api/v1/services", Fault::Broken(None));
    let world = read(&server, &[list(Kind::Service)]).await;
    let seen = world.sight.of(Kind::Service, None);
    assert_eq!(failed(&seen), "the API server failed (500): Internal error occurred: etcdserver: request timed out");
    let server = ApiServer::start(services(5));
    server.fault("/api/v1/services", Fault::CutOff(None));
    let world = read(&server, &[list(Kind::Service), list(Kind::Namespace)]).await;
    assert!(failed(&world.sight.of(Kind::Service, None)).starts_with("the connection broke before the answer was complete"));
    assert_eq!(world.sight.of(Kind::Namespace, None), Seen::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_right_and_no_crd_concern_their_kind_only() {
    let server = ApiServer::start(services(2));
    let scrape_configs = ("*", "scrapeconfigs.monitoring.coreos.com");
    server.allow(&[("*", "services"), ("shop", "pods"), ("shop", "secrets"), scrape_configs]);
    server.fault("/apis/monitoring.coreos.com/v1alpha1/*", Fault::NotServed);
    let requests = [
        list(Kind::Service),
        list(Kind::Pod),
        list_in(Kind::Pod, "shop"),
        list(Kind::ScrapeConfig),
        secret("shop", "none"),
        secret("bank", "none"),
    ];
    let world = read(&server, &requests).await;
    assert_eq!(world.sight.of(Kind::Service, None), Seen::Whole);
    assert_eq!(world.sight.of(Kind::Pod, None), Seen::Forbidden);
    assert_eq!(world.sight.of(Kind::Pod, Some("shop")), Seen::Whole);
    assert_eq!(world.sight.of(Kind::Pod, Some("bank")), Seen::Forbidden);
    assert_eq!(world.sight.of(Kind::ScrapeConfig, None), Seen::NotServed);
    assert_eq!(world.sight.of_object(Kind::Secret, "shop", "none"), Seen::Whole);
    assert_eq!(world.sight.of_object(Kind::Secret, "bank", "none"), Seen::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_becomes_facts() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let pair = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
    let server = ApiServer::start(vec![
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "tls"},
               "data": {"tls.crt": encode(&pair.cert.pem()), "tls.key": encode(&pair.signing_key.serialize_pem())}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "odd"}, "data": "hunter2"}),
    ]);
    let world = read(&server, &[secret("shop", "tls"), secret("shop", "odd"), secret("shop", "../../pods")]).await;
    let store = world.secrets.get("shop", "tls").unwrap();
    match (&store.keys["tls.crt"].pem, &store.keys["tls.key"].pem) {
        (PemFact::Certificate(certificate), PemFact::PrivateKey(key)) => assert_eq!(certificate, key),
        other => panic!("{other:?}"),
    }
    let malformed = &world.malformed[0];
    assert_eq!(malformed.object.as_deref(), Some("Secret shop/odd"));
    assert!(!format!("{world:?}").contains("hunter2"), "a value of a Secret is repeated");
    assert_eq!(failed(&world.sight.of_object(Kind::Secret, "shop", "odd")), "it does not read as a Secret");
    // A name that cannot exist is not asked for.
    assert_eq!(world.sight.of_object(Kind::Secret, "shop", "../../pods"), Seen::Whole);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_object_is_named_and_costs_only_itself() {
    let server = ApiServer::start(vec![monitor("cart", json!([])), monitor("odd", json!("web")), monitor("pay", json!([]))]);
    let world = read(&server, &[list(Kind::ServiceMonitor)]).await;
    let found: Vec<&str> = world.monitors.iter().map(|monitor| monitor.metadata.name.as_str()).collect();
    assert_eq!(found, ["cart", "pay"]);
    assert_eq!(world.malformed[0].object.as_deref(), Some("ServiceMonitor shop/odd"));
    assert_eq!(world.malformed[0].place, "/apis/monitoring.coreos.com/v1/servicemonitors");
    assert_eq!(world.sight.of(Kind::ServiceMonitor, None), Seen::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_an_error_and_no_hang() {
    let server = ApiServer::start(services(2));
    server.fault("/*", Fault::Silent);
    let started = Instant::now();
    let access = Access { request_timeout: Some(Duration::from_secs(1)), ..access(&server) };
    let error = read_with(&access, &[list(Kind::Service), list(Kind::Pod)]).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let expected = format!("the API server {} cannot be reached: no answer within 1 s", server.address());
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_connections_and_says_nothing_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let access = Access {
        kubeconfig: None,
        server: Some(format!("https://127.0.0.1:{port}")),
        request_timeout: Some(Duration::from_secs(1)),
        ..Access::default()
    };
    let started = Instant::now();
    let error = read_with(&access, &[list(Kind::Service)]).await.unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(error.contains("cannot be reached: no "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_silent_kind_does_not_hide_the_others() {
    let server = ApiServer::start(services(2));
    server.fault("/api/v1/pods", Fault::Silent);
    let access = Access { request_timeout: Some(Duration::from_secs(1)), ..access(&server) };
    let world = read_with(&access, &[list(Kind::Pod), list(Kind::Service)]).await.unwrap();
    assert_eq!(world.services.len(), 2);
    assert_eq!(failed(&world.sight.of(Kind::Pod, None)), "no answer within 1 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_take_too_long_are_made_smaller() {
    let server = ApiServer::start(services(300));
    server.fault("/api/v1/services", Fault::SlowAbove(100, Duration::from_secs(2)));
    let access = Access { request_timeout: Some(Duration::from_secs(1)), chunk_size: 200, ..access(&server) };
    // The first answer shows that the server is there; only then is a timeout worth a second try.
    let cluster = Cluster::connect(&access).await.unwrap();
    cluster.get("/version").await.unwrap();
    let mut world = World::default();
    cluster.fetch(&[list(Kind::Service)], &mut world, &|_| {}).await.unwrap();
    assert_eq!(world.services.len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_has_a_deadline() {
    let server = ApiServer::start(services(300));
    server.fault("/api/v1/services", Fault::Slow(Duration::from_millis(300)));
    let access = Access { deadline: Duration::from_secs(1), chunk_size: 10, ..access(&server) };
    let started = Instant::now();
    let world = read_with(&access, &[list(Kind::Service), list(Kind::Namespace)]).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(failed(&world.sight.of(Kind::Service, None)), "the 1 s for reading the cluster are over");
    assert_eq!(world.sight.of(Kind::Namespace, None), Seen::Whole);
    assert!(world.services.len() >= 10, "what was read before is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_cannot_be_read_at_all_is_an_error_that_says_why() {
    let server = ApiServer::start(services(2));
    let error = |error: CollectError| error.to_string();
    let requests = [list(Kind::Service), list(Kind::ServiceMonitor), list(Kind::Pod)];

    let wrong = Access { token: Some("another-s3cr3t".to_owned()), ..access(&server) };
    let text = error(read_with(&wrong, &requests).await.unwrap_err());
    assert!(text.contains("does not accept the credentials (Unauthorized)"), "{text}");
    assert!(!text.contains("another-s3cr3t"), "{text}");

    let unknown = Access { kubeconfig: None, server: Some(server.address()), ..Access::default() };
    let text = error(read_with(&unknown, &requests).await.unwrap_err());
    assert!(text.contains("certificate is signed by an unknown authority"), "{text}");

    let name = Access { tls_server_name: Some("other.example.com".to_owned()), ..access(&server) };
    let text = error(read_with(&name, &requests).await.unwrap_err());
    assert!(text.contains("certificate is for another name"), "{text}");

    let plain = Access { server: Some(server.address().replace("https", "http")), ..access(&server) };
    let text = error(read_with(&plain, &requests).await.unwrap_err());
    assert!(text.contains("cannot be reached"), "{text}");

    let nobody = Access { server: Some("https://127.0.0.1:1".to_owned()), ..access(&server) };
    let text = error(read_with(&nobody, &requests).await.unwrap_err());
    assert_eq!(text, "the API server https://127.0.0.1:1 cannot be reached: connection refused, nothing listens there");

    let nowhere = Access { server: Some("https://nowhere.invalid".to_owned()), ..access(&server) };
    let text = error(read_with(&nowhere, &requests).await.unwrap_err());
    assert!(text.starts_with("the API server https://nowhere.invalid cannot be reached: "), "{text}");

    server.fault("/*", Fault::Html);
    let text = error(read_with(&access(&server), &requests).await.unwrap_err());
    assert!(text.contains("is not a Kubernetes API server: it answers \"<!DOCTYPE html>"), "{text}");
    server.fault("/*", Fault::NotServed);
    let text = error(read_with(&access(&server), &requests).await.unwrap_err());
    assert!(text.contains("is not a Kubernetes API server: not found: 404 page not found"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_gets_are_sent_and_nothing_else_is_asked_for() {
    let server = ApiServer::start(services(30));
    let requests: Vec<Request> = Kind::all().filter(|kind| !kind.fetched_by_name()).map(list).collect();
    let cluster = Cluster::connect(&Access { chunk_size: 7, ..access(&server) }).await.unwrap();
    let lines = Mutex::new(Vec::new());
    let mut world = World::default();
    cluster.fetch(&requests, &mut world, &|line| lines.lock().unwrap().push(line.to_owned())).await.unwrap();
    for kind in Kind::all().filter(|kind| !kind.fetched_by_name()) {
        assert_eq!(world.sight.of(kind, None), Seen::Whole, "{kind}");
    }
    assert!(lines.lock().unwrap().iter().any(|line| line == "reading services (28 so far)"), "{lines:?}");
    assert!(server.requests().iter().all(|request| request.method == "GET"));
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_a_few_requests_are_under_way_at_once() {
    let server = ApiServer::start(services(1));
    server.fault("/*", Fault::Slow(Duration::from_millis(50)));
    let requests: Vec<Request> = Kind::all().filter(|kind| !kind.fetched_by_name()).map(list).collect();
    read_with(&Access { max_concurrency: 3, ..access(&server) }, &requests).await.unwrap();
    assert_eq!(server.most_at_once(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn impersonation_reaches_the_server() {
    let server = ApiServer::start(services(1));
    let access = Access {
        as_user: Some("system:serviceaccount:shop:tenant".to_owned()),
        as_groups: vec!["developers".to_owned(), "system:authenticated".to_owned()],
        as_uid: Some("42".to_owned()),
        ..access(&server)
    };
    read_with(&access, &[list(Kind::Service)]).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(request.header("impersonate-user"), ["system:serviceaccount:shop:tenant"]);
    assert_eq!(request.header("impersonate-group"), ["developers", "system:authenticated"]);
    assert_eq!(request.header("impersonate-uid"), ["42"]);
    assert!(request.header("user-agent")[0].starts_with("prom-doctor/"));
}

#[cfg(unix)]
fn script(folder: &Path, body: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("plugin");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The server's kubeconfig with a credential plugin in place of the token.
#[cfg(unix)]
fn with_plugin(server: &ApiServer, folder: &Path, command: &str) -> Access {
    let mut config: Value = serde_json::from_slice(&std::fs::read(server.kubeconfig()).unwrap()).unwrap();
    config["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never",
        "installHint": "get it from example.com", "env": [{"name": "KEY", "value": "s3cr3t-key"}],
        "provideClusterInfo": true,
    }});
    let path = folder.join("config");
    std::fs::write(&path, config.to_string()).unwrap();
    Access { kubeconfig: Some(path), ..Access::default() }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_plugin_runs_once() {
    let server = ApiServer::start(services(1));
    for expiry in ["", ", \"expirationTimestamp\": \"2999-01-01T00:00:00Z\""] {
        let folder = tempfile::tempdir().unwrap();
        let credential = format!(
            "{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {{\"token\": \"{TOKEN}\"{expiry}}}}}"
        );
        let body = format!("echo x >> {}/runs\necho '{credential}'", folder.path().display());
        let plugin = script(folder.path(), &body);
        let access = with_plugin(&server, folder.path(), plugin.to_str().unwrap());
        let world = read_with(&access, &[list(Kind::Service)]).await.unwrap();
        assert_eq!(world.services.len(), 1);
        assert_eq!(std::fs::read_to_string(folder.path().join("runs")).unwrap(), "x\n");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_plugin_that_fails_is_named_and_not_quoted() {
    let server = ApiServer::start(services(1));
    let folder = tempfile::tempdir().unwrap();
    let plugin = script(folder.path(), "echo s3cr3t-output\necho 'login expired' >&2\nexit 3");
    let fail = async |access: Access| match Cluster::connect(&access).await {
        Ok(_) => panic!("it worked"),
        Err(error @ ConnectError::Credentials { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
    };
    let text = fail(with_plugin(&server, folder.path(), plugin.to_str().unwrap())).await;
    assert!(text.ends_with("failed (exit status: 3): login expired"), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
    script(folder.path(), "echo 's3cr3t: [output'");
    let text = fail(with_plugin(&server, folder.path(), plugin.to_str().unwrap())).await;
    assert!(text.ends_with("printed no ExecCredential with a status") && !text.contains("s3cr3t"), "{text}");
    let text = fail(with_plugin(&server, folder.path(), "no-such-plugin")).await;
    assert!(text.ends_with("\"no-such-plugin\" is not installed (get it from example.com)"), "{text}");
}

/// Everything that is logged, at the most talkative level.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn neither_token_nor_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("trace"))
        .with_writer(move || writer.clone())
        .finish();
    // One thread, so that the subscriber of this thread hears everything.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = ApiServer::start(vec![
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "plain"}, "data": {"a": "aHVudGVyMg=="}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "odd"}, "data": "aHVudGVyMg=="}),
    ]);
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let world = read(&server, &[secret("shop", "plain"), secret("shop", "odd"), list(Kind::Service)]).await;
            assert_eq!(world.secrets.len(), 1);
        });
    });
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("requesting"), "nothing was logged");
    assert!(!logged.contains(TOKEN) && !logged.contains("aHVudGVyMg") && !logged.contains("hunter2"), "{logged}");
}
