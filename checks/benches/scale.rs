//! What a big cluster costs: 5,000 monitors, each with its job, over 5,000 Services with 150,000 addresses. Compared in
//! one run: matching objects alone, running every job over what its monitor matches, the whole report, a plan and linting
//! on top of it, and running some jobs over all addresses, as Prometheus does, from which the cost for all of them follows.
//!
//! `cargo bench --bench scale`; `SCALE=10` takes a tenth of everything.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::{Duration, Instant};

use prom_doctor_checks::chain::{DEFAULT_GRACE, Walk};
use prom_doctor_checks::files::{Bundle, Reading, Standing, apply, lint_against};
use prom_doctor_checks::plan::{Asking, plan};
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::targets::{Options, targets};
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::{Kind, ObjectId, Seen, World, decode_value};
use serde_json::{Value, json};

const SERVICES: usize = 5_000;
const ADDRESSES: usize = 30;
/// Monitors of one namespace; a fifth of all monitors looks into all namespaces.
const NAMESPACES: usize = 100;
/// Jobs that are run over all addresses.
const SAMPLE: usize = 5;

fn main() {
    let part: usize = std::env::var("SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
    let services = SERVICES / part;
    let world = world(services);
    println!("{services} monitors and Services, {} addresses", services * ADDRESSES);
    let (matching, walk) = timed(|| Walk::matching(&world, DEFAULT_GRACE, None));
    let matched: usize = walk.monitors.iter().flat_map(|facts| &facts.chains).map(|chain| chain.matched.services.len()).sum();
    drop(walk);
    let (running, walk) = timed(|| Walk::new(&world, DEFAULT_GRACE, None));
    let kept = || walk.monitors.iter().flat_map(|facts| &facts.chains).flat_map(|chain| &chain.kept.endpoints);
    let (jobs, active): (usize, usize) = (kept().count(), kept().map(|kept| kept.active).sum());
    drop(walk);
    let run = || Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let (whole, report) = timed(|| prom_doctor_checks::diagnose(&world, &Question::default(), run()));
    println!("matching alone           {matching:>10.2?}   {matched} Services matched");
    println!("and running the jobs     {running:>10.2?}   {jobs} jobs, {active} targets");
    println!("the whole report         {whole:>10.2?}   {} monitors ok", report.summary.monitors.ok);
    let bundle = change();
    let question = Question::default();
    let asking = Asking { against: "the cluster", question: &question, policy: None };
    let (planning, plan) = timed(|| plan(&world, &bundle, &asking, run()));
    let per_report = |time: Duration| time.as_secs_f64() / whole.as_secs_f64();
    let changes = plan.changes.len();
    println!("a plan                   {planning:>10.2?}   {changes} changes; {:.2} reports", per_report(planning));
    let (linting, linted) = timed(|| {
        let laid = apply(&world, &bundle, DEFAULT_GRACE);
        lint_against(&bundle, &world, &laid, &question, Standing::Counted, run())
    });
    let found = linted.findings.len();
    println!("linting on top of it     {linting:>10.2?}   {found} findings; {:.2} reports", per_report(linting));
    let (all, found) = timed(|| sample(&world));
    let everything = all * u32::try_from(services / SAMPLE.min(services)).unwrap_or(u32::MAX);
    println!("{SAMPLE} jobs over all addresses {all:>7.2?}   {found} targets; all jobs so: {everything:.0?}");
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Runs the jobs of some monitors that look into all namespaces over all that is discovered there.
fn sample(world: &World) -> usize {
    let run = || Run { mode: Mode::Snapshot, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let one = |at: usize| {
        let about = ObjectId::new(Kind::ServiceMonitor, namespace(at * 5), format!("app-{}", at * 5));
        let question = Question { about: Some(about), ..Question::default() };
        targets(world, &question, &Options::default(), run()).jobs.iter().map(|job| job.active).sum::<usize>()
    };
    (0..SAMPLE).map(one).sum()
}

/// Files that change a Service and bring a monitor.
fn change() -> Bundle {
    let space = namespace(7);
    let service = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "app-7", "namespace": space, "labels": {"app": "other"}},
        "spec": {"selector": {"app": "app-7"}, "ports": [{"name": "metrics", "port": 9090}]}});
    let monitor = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
        "metadata": {"name": "again", "namespace": space},
        "spec": {"selector": {"matchLabels": {"app": "app-107"}}, "endpoints": [{"port": "metrics"}]}});
    Bundle::read(vec![("change.yaml".to_owned(), format!("{service}\n---\n{monitor}\n"))], &Reading::default())
}

fn namespace(at: usize) -> String {
    format!("team-{}", at % NAMESPACES)
}

fn world(services: usize) -> World {
    let mut world = World::default();
    let mut insert = |object: Value| {
        let decoded = decode_value(object, "bench", None);
        decoded.objects.into_iter().for_each(|object| world.insert(object));
    };
    insert(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "prometheus-operator", "namespace": "monitoring"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "prometheus-operator",
            "image": "quay.io/prometheus-operator/prometheus-operator:v0.93.0",
            "args": ["--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.0"]}]}}},
        "status": {"replicas": 1, "availableReplicas": 1}}),
    );
    insert(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
        "metadata": {"name": "k8s", "namespace": "monitoring"},
        "spec": {"version": "v3.5.0", "serviceDiscoveryRole": "EndpointSlice",
            "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}}}));
    let group = "rbac.authorization.k8s.io";
    insert(json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": "all"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}));
    insert(json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "all"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "all"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "monitoring"}]}));
    let spaces = (0..NAMESPACES).map(namespace).chain(["monitoring".to_owned()]);
    spaces.for_each(|name| insert(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})));
    for at in 0..services {
        let (name, namespace) = (format!("app-{at}"), namespace(at));
        let mut spec = json!({"selector": {"matchLabels": {"app": name}}, "endpoints": [{"port": "metrics"}]});
        if at % 5 == 0 {
            spec["namespaceSelector"] = json!({"any": true});
        }
        insert(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec}));
        let labels = json!({"app": name, "team": namespace, "app.kubernetes.io/part-of": "shop"});
        insert(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"selector": {"app": name}, "ports": [{"name": "metrics", "port": 9090}]}}));
        let mut endpoints = Vec::new();
        for number in 0..ADDRESSES {
            let all = at * ADDRESSES + number;
            let ip = format!("10.{}.{}.{}", all >> 16, all >> 8 & 255, all & 255);
            let pod = format!("{name}-{number}");
            endpoints.push(json!({"addresses": [ip], "conditions": {"ready": true},
                "targetRef": {"kind": "Pod", "name": pod, "namespace": namespace}}));
            insert(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": pod, "namespace": namespace, "labels": labels},
                "spec": {"containers": [{"name": "app", "image": "example.com/app:1",
                    "ports": [{"name": "metrics", "containerPort": 9090}, {"name": "http", "containerPort": 8080}]}]},
                "status": {"phase": "Running", "podIP": ip}}));
        }
        insert(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": format!("{name}-x"), "namespace": namespace,
                "labels": {"kubernetes.io/service-name": name, "app": name}},
            "ports": [{"name": "metrics", "port": 9090, "protocol": "TCP"}], "endpoints": endpoints}));
    }
    for kind in Kind::all() {
        world.sight.note(kind, None, Seen::Whole);
    }
    world
}
