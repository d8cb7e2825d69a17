//! Files laid over a world, and what that does to the targets: on clusters drawn by chance, where the world that comes of
//! it has to be the one that applying the files makes; and on small ones, where the outcome is known.

use std::collections::BTreeSet;

use prom_doctor_checks::chain::{DEFAULT_GRACE, EndpointJob, Walk, Written};
use prom_doctor_checks::files::{Bundle, Reading, Standing, apply, lint_against};
use prom_doctor_checks::overlay::{ChangeKind, Overlay, Says, overlay};
use prom_doctor_checks::plan::{Asking, JobChange, Plan, plan};
use prom_doctor_checks::report::{Finding, Mode, Report, Run, Severity, Verdict};
use prom_doctor_checks::targets::{Options, TargetState, targets};
use prom_doctor_checks::wants::Question;
use prom_doctor_checks::world::{Kind, ObjectId, Seen, World};
use serde_json::{Value, json};

use crate::agreement::cluster;
use crate::kit::complete::complete;
use crate::kit::random::Random;
use crate::kit::{closed_world, diagnose, objects};

const CLUSTERS: u64 = 150;

fn run() -> Run {
    Run { mode: Mode::Overlay, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() }
}

fn bundle(files: &[Value]) -> Bundle {
    let text = json!({"apiVersion": "v1", "kind": "List", "items": files}).to_string();
    Bundle::read(vec![("files.yaml".to_owned(), text)], &Reading::default())
}

fn planned(before: &World, files: &[Value]) -> Plan {
    plan(before, &bundle(files), &Asking { against: "a world", question: &Question::default(), policy: None }, run())
}

fn laid(before: &World, files: &[Value]) -> Overlay {
    overlay(before, &bundle(files).world, DEFAULT_GRACE)
}

/// Objects as `kubectl apply` leaves them: each with a note of what was sent.
fn applied(objects: &[Value]) -> Vec<Value> {
    let noted = |object: &Value| {
        let mut object = object.clone();
        let sent = object.to_string();
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!(sent);
        object
    };
    objects.iter().map(noted).collect()
}

/// Adds the Secrets that the operator writes for these objects.
fn synced(objects: &[Value]) -> Vec<Value> {
    let mut all = objects.to_vec();
    all.retain(|object| {
        object["kind"] != "Secret" || object["metadata"]["name"].as_str().is_some_and(|name| !name.starts_with("prometheus-"))
    });
    let world = closed_world(&all);
    let walk = Walk::matching(&world, DEFAULT_GRACE, None);
    let mut secrets = Vec::new();
    for (at, server) in walk.servers.iter().enumerate() {
        let mut jobs: Vec<Value> = Vec::new();
        for facts in &walk.monitors {
            let chain = &facts.chains[at];
            let taken = !chain.selected.state.is_failed() && chain.accepted.examination.rejections.is_empty();
            if taken && !chain.watched.namespace_unwatched && !chain.generated.not_for_daemon_set {
                let written = EndpointJob::predicted(server, Written::from(facts.monitor));
                jobs.extend(written.iter().map(|(_, job)| job.value().clone()));
            }
        }
        let text = json!({"global": {"scrape_interval": server.server.scrape_interval()}, "scrape_configs": jobs}).to_string();
        secrets.push(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": server.server.config_secret(), "namespace": server.server.metadata.namespace},
            "stringData": {"prometheus.yaml": text}}));
    }
    all.extend(secrets);
    all
}

/// What is scraped: server, URL and labels of each target.
fn scraped(world: &World) -> Vec<(String, String, String)> {
    let list = targets(world, &Question::default(), &Options::default(), run());
    let mut all = Vec::new();
    for job in &list.jobs {
        for row in job.targets.iter().filter(|row| row.state == TargetState::Active) {
            let labels = serde_json::to_string(&row.labels).unwrap();
            all.push((job.server.to_string(), row.url.clone().unwrap_or_default(), labels));
        }
    }
    all.sort();
    all
}

/// Verdicts, and findings by code and subject.
type Judged = (Vec<(String, Verdict)>, BTreeSet<(String, String)>);

/// What is judged: verdicts, and findings without what only says where the configuration was read.
fn judged(report: &Report) -> Judged {
    let verdicts = report.subjects.iter().map(|subject| (subject.reference.to_string(), subject.verdict)).collect();
    (verdicts, report.findings.iter().map(|finding| (finding.code.clone(), finding.subject.to_string())).collect())
}

/// Changes an object of a cluster in a way that matters to somebody.
fn change(random: &mut Random, object: &mut Value) {
    match object["kind"].as_str().unwrap_or_default() {
        "ServiceMonitor" | "PodMonitor" => {
            let list = if object["kind"] == "PodMonitor" { "podMetricsEndpoints" } else { "endpoints" };
            match random.below(6) {
                0 => object["spec"][list][0] = json!({"port": random.pick(&["web", "metrics", "none"])}),
                1 => object["spec"]["selector"] = json!({"matchLabels": {"app": random.pick(&["cart", "v1.2"])}}),
                2 => object["spec"][list].as_array_mut().unwrap().push(json!({"port": "web", "path": "/other"})),
                3 => object["spec"][list][0]["relabelings"] = json!([{"targetLabel": "team", "replacement": "a"}]),
                4 => object["spec"][list][0]["scrapeTimeout"] = json!("5m"),
                _ => object["metadata"]["labels"] = json!({"team": random.pick(&["a", "b"])}),
            }
        }
        "Prometheus" => match random.below(5) {
            0 => object["spec"]["shards"] = json!(1 + random.below(3)),
            1 => object["spec"]["enforcedNamespaceLabel"] = json!("tenant"),
            2 => object["spec"]["serviceMonitorSelector"] = json!({"matchLabels": {"team": "a"}}),
            3 => object["spec"]["podMonitorNamespaceSelector"] = json!({"matchLabels": {"team": "a"}}),
            _ => object["spec"]["scrapeInterval"] = json!("45s"),
        },
        "Service" | "Namespace" => object["metadata"]["labels"]["app"] = json!(random.pick(&["cart", "v1.2", "other"])),
        "Pod" => object["metadata"]["labels"]["tier"] = json!(random.pick(&["back", "front"])),
        _ => {}
    }
}

/// A cluster, and the same with some objects changed; those objects.
fn changed(seed: u64) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
    let mut random = Random::new(seed);
    let before = cluster(&mut random);
    let mut after = before.clone();
    let mut files = Vec::new();
    for (old, new) in before.iter().zip(&mut after) {
        if random.percent(40) {
            change(&mut random, new);
        }
        if old != new {
            files.push(new.clone());
        }
    }
    (before, after, files)
}

#[test]
fn the_world_with_files_laid_over_it_is_the_one_that_applying_them_makes() {
    let (mut differ, mut targets) = (0, 0);
    for seed in 0..CLUSTERS {
        let (before, after, files) = changed(seed);
        let old = closed_world(&synced(&applied(&before)));
        let new = closed_world(&synced(&applied(&after)));
        let laid = laid(&old, &files);
        assert!(laid.refused.is_empty(), "{seed}: {:?}", laid.refused);
        let (foreseen, made) = (scraped(&laid.world), scraped(&new));
        assert_eq!(foreseen, made, "cluster {seed}: {files:#?}");
        assert_eq!(judged(&diagnose(&laid.world)), judged(&diagnose(&new)), "cluster {seed}: {files:#?}");
        differ += usize::from(scraped(&old) != made);
        targets += made.len();
    }
    println!("{CLUSTERS} changes, {differ} of them to targets, {targets} targets afterwards");
    assert!(differ > 20 && targets > 100, "the changes have become too dull: {differ}, {targets}");
}

#[test]
fn files_that_are_as_the_cluster_is_change_nothing() {
    for seed in 0..40 {
        let objects = cluster(&mut Random::new(seed));
        let world = closed_world(&synced(&applied(&objects)));
        let plan = planned(&world, &objects);
        let changed: Vec<_> = plan.changes.iter().filter(|change| change.kind != ChangeKind::Unchanged).collect();
        assert!(changed.is_empty(), "{seed}: {changed:#?}");
        let summary = plan.summary;
        assert_eq!(summary.added + summary.removed + summary.relabeled + summary.doubled, 0, "{seed}");
        assert_eq!(summary.new_findings + summary.gone_findings, 0, "{seed}: {:#?}", plan.findings);
        assert_eq!(summary.kept, scraped(&world).len(), "{seed}");
        assert!(!plan.harms(Severity::Error), "{seed}: {:#?} {:#?}", plan.refused, plan.findings.new);
    }
}

#[test]
fn the_way_back_is_the_mirror_of_the_way() {
    for seed in 0..60 {
        let (before, after, files) = changed(seed);
        let ids: BTreeSet<String> = files.iter().map(|file| format!("{} {}", file["kind"], file["metadata"]["name"])).collect();
        let is_touched = |object: &&Value| ids.contains(&format!("{} {}", object["kind"], object["metadata"]["name"]));
        let back: Vec<Value> = before.iter().filter(is_touched).cloned().collect();
        let there = planned(&closed_world(&synced(&applied(&before))), &files);
        let back = planned(&closed_world(&synced(&applied(&after))), &back);
        // One that only becomes worse or milder is new on one way, and never gone.
        let all = |list: &[Finding]| -> BTreeSet<String> { list.iter().map(|finding| finding.fingerprint.clone()).collect() };
        assert!(all(&there.findings.gone).is_subset(&all(&back.findings.new)), "{seed}");
        assert!(all(&back.findings.gone).is_subset(&all(&there.findings.new)), "{seed}");
        let (there, back) = (there.summary, back.summary);
        assert_eq!((there.added, there.removed), (back.removed, back.added), "{seed}");
        assert_eq!((there.relabeled, there.kept), (back.relabeled, back.kept), "{seed}");
    }
}

/// A small cluster with its Secret written.
fn small(text: &str) -> Vec<Value> {
    synced(&applied(&complete(objects(text))))
}

const CART: &str = "
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec:
  selector: {matchLabels: {app: cart}}
  endpoints: [{port: web}]
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {selector: {app: cart}, ports: [{name: web, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-0, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: cart, image: x, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: cart, image: x, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-2, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: cart, image: x, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.3}
";

#[test]
fn a_label_of_a_service_costs_three_targets() {
    let world = closed_world(&small(CART));
    let files = objects(
        "
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {app: basket}}
spec: {selector: {app: cart}, ports: [{name: web, port: 80, targetPort: 8080}]}
",
    );
    let plan = planned(&world, &files);
    assert_eq!((plan.summary.removed, plan.summary.added, plan.summary.kept), (3, 0, 0), "{plan:#?}");
    let job = &plan.servers[0].jobs[0];
    assert_eq!(job.because[0].to_string(), "Service shop/cart");
    assert_eq!(plan.changes[0].fields, ["metadata.labels.app"]);
    let finding = plan.findings.new.iter().find(|finding| Some(&finding.id) == job.finding.as_ref()).unwrap();
    assert_eq!(finding.code, "PD0802");
    let verdict = &plan.verdicts[0];
    assert_eq!((verdict.before, verdict.after), (Some(Verdict::Ok), Verdict::Failed), "{verdict:?}");
    assert!(plan.harms(Severity::Error) && plan.summary.new_errors == 1);
}

#[test]
fn a_monitor_that_scrapes_the_same_again_doubles() {
    let world = closed_world(&small(CART));
    let files = objects(
        "
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: again, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  endpoints: [{port: web}]
",
    );
    let plan = planned(&world, &files);
    assert_eq!((plan.summary.removed, plan.summary.added, plan.summary.kept, plan.summary.doubled), (0, 3, 3, 3));
    let doubled = &plan.servers[0].doubled[0];
    assert_eq!(doubled.jobs, ["serviceMonitor/shop/again/0", "serviceMonitor/shop/cart/0"]);
    assert_eq!(plan.servers[0].jobs[0].change, JobChange::Added);
    assert!(plan.findings.new.iter().any(|finding| finding.code == "PD1302"), "{:#?}", plan.findings);
    assert!(!plan.harms(Severity::Error), "no target is lost");
}

#[test]
fn a_selector_of_a_server_adopts_forty_monitors() {
    let mut text = "
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: monitoring}
spec:
  version: v3.5.0
  serviceMonitorSelector: {matchLabels: {team: a}}
  serviceMonitorNamespaceSelector: {}
"
    .to_owned();
    for at in 0..40 {
        text += &format!(
            "---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: app-{at}, namespace: shop, labels: {{team: b}}}}
spec: {{selector: {{matchLabels: {{app: app-{at}}}}}, endpoints: [{{port: web}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{at}, namespace: shop, labels: {{app: app-{at}}}}}
spec: {{selector: {{app: app-{at}}}, ports: [{{name: web, port: 80}}]}}
"
        );
    }
    let world = closed_world(&small(&text));
    let files = objects(
        "
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: monitoring}
spec:
  version: v3.5.0
  serviceMonitorSelector: {}
  serviceMonitorNamespaceSelector: {}
",
    );
    let plan = planned(&world, &files);
    assert_eq!((plan.summary.added, plan.summary.removed), (40, 0));
    assert_eq!(plan.servers[0].jobs.len(), 40);
    assert!(plan.servers[0].jobs.iter().all(|job| job.because[0].to_string() == "Prometheus monitoring/k8s"));
    assert_eq!(plan.verdicts.len(), 40);
    assert!(plan.findings.gone.iter().any(|finding| finding.code == "PD0301"), "{:#?}", plan.findings.gone);
    assert!(!plan.harms(Severity::Error));
}

#[test]
fn where_the_operator_writes_nothing_all_stays() {
    for spec in ["paused: true", "scrapeInterval: 10s, scrapeTimeout: 1m"] {
        let server = format!(
            "
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {{name: k8s, namespace: monitoring}}
spec: {{version: v3.5.0, serviceMonitorSelector: {{}}, serviceMonitorNamespaceSelector: {{}}, {spec}}}
---{CART}"
        );
        let world = closed_world(&small(&server));
        let files = objects(
            "
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec:
  selector: {matchLabels: {app: cart}}
  endpoints: [{port: none}]
",
        );
        let plan = planned(&world, &files);
        assert_eq!((plan.summary.kept, plan.summary.removed, plan.summary.added), (3, 0, 0), "{spec}: {plan:#?}");
        assert_eq!(plan.notes[0].says, Says::NoEffect, "{:?}", plan.notes);
        // What the server lets through later is not judged as if it were there.
        assert!(plan.summary.new_errors > 0, "{spec}: {:#?}", plan.findings);
    }
}

#[test]
fn what_kept_the_operator_from_it_can_be_mended() {
    let server = |spec: &str| {
        format!(
            "
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {{name: k8s, namespace: monitoring}}
spec: {{version: v3.5.0, serviceMonitorSelector: {{}}, serviceMonitorNamespaceSelector: {{}}{spec}}}
"
        )
    };
    let mut objects_before = small(&(server(", paused: true") + "---" + CART));
    // Its monitor came after the operator had stopped.
    for secret in objects_before.iter_mut().filter(|object| object["kind"] == "Secret") {
        secret["stringData"]["prometheus.yaml"] = json!("{global: {}, scrape_configs: []}");
    }
    let plan = planned(&closed_world(&objects_before), &objects(&server("")));
    assert_eq!((plan.summary.added, plan.summary.removed), (3, 0), "{plan:#?}");
    assert_eq!(plan.changes[0].fields, ["spec.paused"]);
}

#[test]
fn what_was_not_seen_is_not_known() {
    let mut objects_before = small(CART);
    objects_before.retain(|object| object["kind"] != "Secret");
    let mut world = closed_world(&objects_before);
    world.sight.note_object(Kind::Secret, "monitoring", "prometheus-k8s", Seen::Forbidden);
    let file = objects(CART)[1].clone();
    let mut other = file.clone();
    other["metadata"]["labels"]["app"] = json!("basket");
    // The operator's version tells what would lie in the Secret.
    let plan = planned(&world, &[other.clone()]);
    assert_eq!((plan.summary.removed, plan.summary.kept), (3, 0), "{plan:#?}");
    // Without it nothing is known, and nothing is said to stay.
    world.workloads.clear();
    world.sight.note(Kind::Deployment, None, Seen::Forbidden);
    let plan = planned(&world, &[other]);
    assert_eq!((plan.summary.removed, plan.summary.kept), (0, 0), "{plan:#?}");
    assert!(plan.is_open());
}

#[test]
fn jobs_of_an_operator_whose_version_is_not_known_are_not_foretold() {
    let mut world = closed_world(&small(CART));
    world.workloads.clear();
    world.sight.note(Kind::Deployment, None, Seen::Forbidden);
    let mut file = objects(CART)[0].clone();
    file["spec"]["endpoints"][0]["port"] = json!("none");
    let plan = planned(&world, &[file]);
    assert_eq!((plan.summary.removed, plan.summary.kept), (0, 0), "{plan:#?}");
    assert!(plan.not_known.iter().any(|open| open.why.contains("version")), "{:#?}", plan.not_known);
}

#[test]
fn a_new_server_gets_its_targets() {
    let world = closed_world(&small(CART));
    let files = objects(
        "
apiVersion: monitoring.coreos.com/v1alpha1
kind: PrometheusAgent
metadata: {name: edge, namespace: monitoring}
spec: {version: v3.5.0, serviceAccountName: prometheus-k8s, serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}
",
    );
    let plan = planned(&world, &files);
    let edge = plan.servers.iter().find(|server| server.server.name == "edge").unwrap();
    assert!(edge.new);
    assert_eq!((edge.added, edge.removed), (3, 0), "{plan:#?}");
    assert!(!plan.harms(Severity::Error), "{:#?}", plan.findings);
}

#[test]
fn a_namespace_that_nobody_makes_refuses() {
    let world = closed_world(&small(CART));
    let mut file = objects(CART)[0].clone();
    file["metadata"]["namespace"] = json!("elsewhere");
    let plan = planned(&world, &[file.clone()]);
    assert_eq!(plan.refused[0].object.to_string(), "ServiceMonitor elsewhere/cart");
    assert!(plan.harms(Severity::Error));
    // What is refused is not there afterwards: nothing is said of it as if it were.
    assert!(plan.changes.is_empty() && plan.verdicts.is_empty(), "{:#?} {:#?}", plan.changes, plan.verdicts);
    assert_eq!((plan.summary.added, plan.summary.kept, plan.summary.new_findings), (0, 3, 0), "{:#?}", plan.findings);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}});
    assert!(planned(&world, &[file, namespace]).refused.is_empty());
}

#[test]
fn what_its_definition_does_not_allow_changes_nothing() {
    let world = closed_world(&small(CART));
    let mut file = objects(CART)[0].clone();
    file["spec"]["endpoints"][0]["scheme"] = json!("ftp");
    file["spec"]["selector"]["matchLabels"]["app"] = json!("basket");
    let mut new = file.clone();
    new["metadata"]["name"] = json!("again");
    new["spec"]["selector"]["matchLabels"]["app"] = json!("cart");
    for (refused, name) in [(&file, "cart"), (&new, "again")] {
        let plan = planned(&world, std::slice::from_ref(refused));
        let told: Vec<String> = plan.refused.iter().map(|refused| format!("{}: {}", refused.object, refused.why)).collect();
        let why = "spec.endpoints[0].scheme has a value that is not allowed";
        assert_eq!(told, [format!("ServiceMonitor shop/{name}: {why}")]);
        assert_eq!((plan.summary.added, plan.summary.removed, plan.summary.kept), (0, 0, 3), "{plan:#?}");
        assert!(plan.verdicts.is_empty(), "the one that is there stays as it is: {:#?}", plan.verdicts);
        let codes: Vec<&str> = plan.findings.new.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["PD1405"]);
        assert!(plan.findings.gone.is_empty() && plan.harms(Severity::Error));
    }
    // The rest of the files is applied, and what comes of it has its own cause.
    let mut service = objects(CART)[1].clone();
    service["metadata"]["labels"]["app"] = json!("basket");
    let plan = planned(&world, &[file, service]);
    assert_eq!((plan.summary.removed, plan.refused.len()), (3, 1), "{plan:#?}");
    let cause = plan.finding(plan.verdicts[0].cause.as_deref()).map(|finding| finding.code.as_str());
    assert_eq!(cause, Some("PD0802"), "{:#?}", plan.findings);
}

#[test]
fn apply_takes_away_only_what_it_brought() {
    let mut live = complete(objects(CART));
    for object in &mut live {
        if object["kind"] == "ServiceMonitor" {
            object["spec"]["jobLabel"] = json!("app");
        }
    }
    let without = objects(CART);
    let id = ObjectId::new(Kind::ServiceMonitor, "shop", "cart");
    // Nobody knows who wrote it: it stays, and that is said.
    let kept = laid(&closed_world(&live), &without[..1]);
    assert_eq!(kept.changes[&id].kind, ChangeKind::Unchanged);
    assert_eq!(kept.changes[&id].stays, ["spec.jobLabel"]);
    // It was sent: it goes.
    let gone = laid(&closed_world(&applied(&live)), &without[..1]);
    assert_eq!(gone.changes[&id].fields, ["spec.jobLabel"]);
    assert!(gone.changes[&id].stays.is_empty());
    // Helm takes away what a new chart does not have.
    for object in &mut live {
        object["metadata"]["annotations"]["meta.helm.sh/release-name"] = json!("shop");
    }
    let gone = laid(&closed_world(&live), &without[..1]);
    assert_eq!(gone.changes[&id].fields, ["spec.jobLabel"]);
}

#[test]
fn old_troubles_are_none_of_the_files() {
    let broken = "
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: old, namespace: shop}
spec: {selector: {matchLabels: {app: nothing}}, endpoints: [{port: web}]}
";
    let world = closed_world(&small(&format!("{CART}{broken}")));
    let lint = |files: &[Value]| {
        let bundle = bundle(files);
        let overlay = apply(&world, &bundle, DEFAULT_GRACE);
        lint_against(&bundle, &world, &overlay, &Question::default(), Standing::Counted, run())
    };
    let fine = lint(&objects(CART)[..1]);
    assert!(fine.findings.is_empty(), "{:#?}", fine.findings);
    assert_eq!(fine.subjects.len(), 1);
    // What the cluster has shows what the file alone could not.
    let mut file = objects(CART)[0].clone();
    file["spec"]["endpoints"][0]["port"] = json!("metrics");
    let report = lint(&[file]);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["PD1001"]);
    assert_eq!(report.findings[0].location.as_ref().map(|at| at.file.as_str()), Some("files.yaml"));
    // A change to a Service breaks a monitor that is not in the files.
    let mut service = objects(CART)[1].clone();
    service["metadata"]["labels"]["app"] = json!("basket");
    let report = lint(&[service]);
    assert!(report.findings.iter().any(|finding| finding.code == "PD0802"), "{:#?}", report.findings);
    assert!(report.subjects.iter().any(|subject| subject.reference.name == "cart" && subject.verdict == Verdict::Failed));
}

/// Files judged on top of a world.
fn linted(world: &World, files: &[Value], standing: Standing) -> Report {
    let bundle = bundle(files);
    let overlay = apply(world, &bundle, DEFAULT_GRACE);
    lint_against(&bundle, world, &overlay, &Question::default(), standing, run())
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// A monitor of the cart under another name, of a port.
fn monitor(name: &str, port: &str) -> Value {
    let mut monitor = objects(CART)[0].clone();
    monitor["metadata"]["name"] = json!(name);
    monitor["spec"]["endpoints"][0]["port"] = json!(port);
    monitor
}

#[test]
fn what_was_broken_around_the_files_is_counted_and_shown_where_somebody_asks() {
    let mut all = objects(CART);
    all.extend([monitor("other", "nowhere"), monitor("third", "nowhere")]);
    let world = closed_world(&synced(&applied(&complete(all.clone()))));
    // The Service is what the other monitors do not fit; they did not before.
    let service = &all[1..2];
    let report = linted(&world, service, Standing::Counted);
    assert_eq!(codes(&report), [""; 0], "{:#?}", report.findings);
    assert_eq!((report.summary.findings.error, report.summary.standing.error), (0, 2));
    assert!(report.subjects.is_empty(), "{:#?}", report.subjects);
    let report = linted(&world, service, Standing::Told);
    assert_eq!(codes(&report), ["PD1001", "PD1001"]);
    assert_eq!((report.summary.findings.error, report.summary.standing.error), (2, 0));
    assert_eq!(planned(&world, service).summary.new_findings, 0);
    // Whoever brings a broken monitor itself hears of it, for the hundredth time if need be.
    let report = linted(&world, &[monitor("other", "nowhere")], Standing::Counted);
    assert_eq!(codes(&report), ["PD1001"]);
    assert_eq!(report.summary.standing.error, 1);
    // What the files break is new, though its code was there before.
    let mut changed = all[1].clone();
    changed["spec"]["ports"][0]["name"] = json!("http");
    let report = linted(&world, &[changed], Standing::Counted);
    let subjects: Vec<&str> = report.findings.iter().map(|finding| finding.subject.name.as_str()).collect();
    assert_eq!((codes(&report), subjects), (vec!["PD1001"], vec!["cart"]));
    assert_eq!(report.summary.standing.error, 2);
}

#[test]
fn a_broken_service_in_the_files_is_told_of_though_its_monitor_is_in_the_cluster() {
    let mut all = objects(CART);
    all[1]["spec"]["selector"] = json!({"app": "basket"});
    all[1]["metadata"]["annotations"]["test/no-pods"] = json!("");
    let world = closed_world(&synced(&applied(&complete(all.clone()))));
    let report = linted(&world, &all[1..2], Standing::Counted);
    assert_eq!(codes(&report), ["PD0901"], "{:#?}", report.findings);
    assert_eq!(planned(&world, &all[1..2]).summary.new_findings, 0, "it was so before");
}

#[test]
fn a_finding_that_only_counts_otherwise_is_not_new() {
    let slow = |timeout: &str| {
        let mut slow = monitor("cart", "web");
        slow["spec"]["endpoints"][0]["interval"] = json!("30s");
        slow["spec"]["endpoints"][0]["scrapeTimeout"] = json!(timeout);
        slow
    };
    let mut all = objects(CART);
    all[0] = slow("40s");
    let world = closed_world(&synced(&applied(&complete(all))));
    let plan = planned(&world, &[slow("45s")]);
    assert_eq!(plan.changes[0].fields, ["spec.endpoints[0].scrapeTimeout"]);
    assert!(plan.findings.new.is_empty() && plan.findings.gone.is_empty(), "{:#?}", plan.findings);
    assert!(!plan.harms(Severity::Error));
    // It is of the files all the same, and says what they now say.
    let report = linted(&world, &[slow("45s")], Standing::Counted);
    assert_eq!(codes(&report), ["PD0402"]);
    assert!(report.findings[0].message.contains("45s"), "{}", report.findings[0].message);
    // Mended, it is gone.
    let plan = planned(&world, &[slow("20s")]);
    assert_eq!((plan.findings.new.len(), plan.findings.gone.len()), (0, 1), "{:#?}", plan.findings);
}

#[test]
fn of_copies_the_last_one_counts_and_the_others_are_told_of() {
    let world = closed_world(&small(CART));
    let text = |object: &Value| format!("{object}\n");
    let read = |files: Vec<(String, String)>| Bundle::read(files, &Reading::default());
    let (good, bad) = (text(&monitor("cart", "web")), text(&monitor("cart", "nowhere")));
    let mut refused = monitor("cart", "nowhere");
    refused["spec"]["endpoints"][0]["interval"] = json!(30);
    let judged = |bundle: &Bundle| {
        let overlay = apply(&world, bundle, DEFAULT_GRACE);
        let report = lint_against(bundle, &world, &overlay, &Question::default(), Standing::Counted, run());
        let at = |finding: &Finding| finding.location.as_ref().map_or(0, |at| at.line);
        let found: Vec<(String, Severity, usize)> =
            report.findings.iter().map(|finding| (finding.code.clone(), finding.severity, at(finding))).collect();
        let plan = plan(&world, bundle, &Asking { against: "a world", question: &Question::default(), policy: None }, run());
        let new: BTreeSet<String> = plan.findings.new.iter().map(|finding| finding.code.clone()).collect();
        assert_eq!(new, found.iter().map(|(code, ..)| code.clone()).collect(), "plan and lint tell of the same");
        assert!(plan.findings.new.iter().all(|finding| finding.location.is_some()), "{:#?}", plan.findings.new);
        (found, report)
    };
    let twice = |first: &str, last: &str| read(vec![("a.yaml".to_owned(), format!("{first}---\n{last}"))]);
    let warning = ("PD1409".to_owned(), Severity::Warning, 1);
    let (found, report) = judged(&twice(&bad, &good));
    assert_eq!(found, std::slice::from_ref(&warning));
    assert_eq!(
        report.findings[0].message,
        "ServiceMonitor shop/cart is written again on line 3, and that copy overwrites this one"
    );
    assert_eq!(report.findings[0].related[0].location.line, 3);
    assert_eq!(judged(&twice(&good, &bad)).0, [("PD1001".to_owned(), Severity::Error, 3), warning.clone()]);
    // The API server looks at every copy when its turn comes.
    assert_eq!(judged(&twice(&text(&refused), &good)).0, [("PD1403".to_owned(), Severity::Error, 1), warning]);
    // In files of their own they may be a base and what is laid over it.
    let (found, report) = judged(&read(vec![("a.yaml".to_owned(), bad), ("b.yaml".to_owned(), good)]));
    assert_eq!(found, [("PD1409".to_owned(), Severity::Info, 1)]);
    assert!(report.findings[0].message.contains("again on b.yaml:1,"), "{}", report.findings[0].message);
}

#[test]
fn what_the_api_server_drops_changes_nothing_and_is_told_once() {
    let mut all = objects(CART);
    let with = |field: &str| {
        let mut monitor = monitor("cart", "web");
        monitor["spec"]["endpoints"][0][field] = json!("10s");
        monitor
    };
    // It was sent with a field that nobody knows.
    all[0] = with("intervall");
    let mut live = applied(&complete(all.clone()));
    for monitor in live.iter_mut().filter(|object| object["kind"] == "ServiceMonitor") {
        monitor["spec"]["endpoints"][0].as_object_mut().unwrap().shift_remove("intervall");
    }
    let world = closed_world(&synced(&live));
    let new = |plan: &Plan| plan.findings.new.iter().map(|finding| finding.code.clone()).collect::<Vec<_>>();
    let plan = planned(&world, &all[..1]);
    assert_eq!((plan.changes[0].kind, new(&plan)), (ChangeKind::Unchanged, vec![]), "{:#?}", plan.changes);
    // It changes elsewhere, and has it still.
    let mut other = all[0].clone();
    other["metadata"]["labels"]["team"] = json!("a");
    let plan = planned(&world, &[other]);
    assert_eq!((&plan.changes[0].fields, new(&plan)), (&vec!["metadata.labels.team".to_owned()], vec![]));
    // Another slip is new, and changes nothing either.
    let plan = planned(&world, &[with("intervl")]);
    assert_eq!((plan.changes[0].kind, new(&plan)), (ChangeKind::Unchanged, vec!["PD1402".to_owned()]));
    // Who lints the file hears of it, as often as it is linted.
    assert_eq!(codes(&linted(&world, &all[..1], Standing::Counted)), ["PD1402"]);
}

#[test]
fn workloads_keep_their_selectors_and_objects_have_names() {
    let deployment = |selector: &str, template: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": selector}},
                "template": {"metadata": {"labels": {"app": template}}, "spec": {"containers": [{"name": "cart", "image": "x"}]}}}})
    };
    let mut all = objects(CART);
    all.push(deployment("cart", "cart"));
    let world = closed_world(&synced(&applied(&complete(all))));
    let why =
        |file: Value| planned(&world, &[file]).refused.first().map(|refused| format!("{}: {}", refused.object, refused.why));
    let told = why(deployment("cart", "basket")).unwrap();
    let said = "spec.selector does not choose the pods of its own template: app is \"basket\", wanted \"cart\"";
    assert_eq!(told, format!("Deployment shop/cart: {said}"));
    assert!(why(deployment("basket", "basket")).unwrap().contains("spec.selector cannot be changed"));
    assert_eq!(why(deployment("cart", "cart")), None);
    let mut nameless = monitor("cart", "web");
    nameless["metadata"] = json!({"generateName": "cart-", "namespace": "shop"});
    assert!(why(nameless).unwrap().starts_with("ServiceMonitor shop/(without a name): it has no name"));
}

#[test]
fn jobs_of_an_additional_configuration_are_not_known() {
    let server = |more: Value| {
        let mut server = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"},
            "spec": {"version": "v3.5.0", "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}}});
        json_patch::merge(&mut server["spec"], &more);
        server
    };
    let mut all = objects(CART);
    all.push(server(json!({})));
    let world = closed_world(&synced(&applied(&complete(all))));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "more", "namespace": "monitoring"},
        "stringData": {"jobs.yaml": "- job_name: vm\n  static_configs: [{targets: [\"10.1.1.1:9100\"]}]\n"}});
    let with = server(json!({"additionalScrapeConfigs": {"name": "more", "key": "jobs.yaml"}}));
    let plan = planned(&world, &[with.clone(), secret]);
    assert!(plan.not_known.iter().any(|open| open.why.contains("additionalScrapeConfigs")), "{:#?}", plan.not_known);
    // Where the Secret is missing the operator writes nothing, and that is known.
    let plan = planned(&world, &[with]);
    let new: Vec<&str> = plan.findings.new.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((plan.not_known.len(), new), (0, vec!["PD0507"]), "{:#?}", plan.not_known);
}
