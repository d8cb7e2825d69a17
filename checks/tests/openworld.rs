//! What is not in the files is not missing: whatever of a cluster stands in files, linting them finds no fault that the
//! cluster has not got.

use std::collections::BTreeSet;

use prom_doctor_checks::controllers::imagine;
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::report::{Confidence, Finding, Link, Report, Severity};
use prom_doctor_checks::world::{EndpointPort, Kind, Sight, TargetRef, World, decode_value};
use serde_json::{Value, json};

use crate::kit::complete::{complete, operator};
use crate::kit::random::Random;
use crate::kit::{closed_world, controllers, diagnose, objects};
use crate::pages::{blocks, consistent, marks};

/// Clusters that are drawn for each property.
const CLUSTERS: u64 = 400;

/// Kinds that the cluster itself makes: they never stand in files.
const MADE: [&str; 3] = ["Pod", "Endpoints", "EndpointSlice"];

/// Kinds that make pods: what is meant is told from all of them together.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// What may only be likely: that something in the files was meant, where it nearly fits, although what fits may exist
/// elsewhere; that a port is missing of a Service, although another Service may have it.
const NEAR: &[&str] = &[
    "PD0209", "PD0301", "PD0303", "PD0801", "PD0802", "PD0803", "PD0804", "PD0805", "PD0901", "PD0903", "PD0912", "PD1001",
    "PD1002", "PD1003", "PD1004", "PD1005", "PD1101",
];

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// What linting these objects finds.
fn lint(objects: &[&Value]) -> (World, Report) {
    let mut world = World { sight: Sight::open(), ..World::default() };
    for object in objects {
        let decoded = decode_value((*object).clone(), "files", None);
        world.malformed.extend(decoded.malformed);
        decoded.objects.into_iter().for_each(|object| world.insert(object));
    }
    imagine(&mut world);
    let report = diagnose(&world);
    speaks_of_nothing_assumed(&world, &report);
    (world, report)
}

/// No finding may say a thing of an object that nobody has seen as if it were there.
fn speaks_of_nothing_assumed(world: &World, report: &Report) {
    let pods: Vec<&str> = world.assumed.keys().filter(|id| id.kind == Kind::Pod).map(|id| id.name.as_str()).collect();
    for finding in &report.findings {
        let text = serde_json::to_string(finding).unwrap();
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')) {
            assert!(!pods.contains(&word), "an assumed pod is named: {text}");
            assert!(!word.starts_with("198.18.") && !word.starts_with("198.19."), "an assumed address is named: {text}");
        }
        for id in world.assumed.keys() {
            let named = format!("\"kind\":\"{}\",\"namespace\":\"{}\",\"name\":\"{}\"", id.kind, id.namespace, id.name);
            assert!(!text.contains(&named), "{id} is assumed: {text}");
        }
    }
}

/// Where a finding stands and whom it concerns: the codes of one link tell causes apart, which partial sight may not.
fn about(finding: &Finding) -> BTreeSet<(Link, String)> {
    let subject = std::iter::once(&finding.subject);
    finding.affects.iter().chain(subject).map(|of| (finding.link, of.to_string())).collect()
}

fn faults(report: &Report, least: Severity) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| finding.severity <= least)
}

fn new_faults<'r>(whole: &Report, files: &'r Report, least: Severity) -> Vec<&'r Finding> {
    let known: BTreeSet<(Link, String)> = faults(whole, least).flat_map(about).collect();
    // Where the selectors match nothing, what is wrong behind that hangs on what is thought to be meant.
    let guessed = |finding: &Finding| {
        let unmatched = |(link, of): (Link, String)| link > Link::Matched && known.contains(&(Link::Matched, of));
        about(finding).into_iter().any(unmatched)
    };
    faults(files, least).filter(|finding| about(finding).is_disjoint(&known) && !guessed(finding)).collect()
}

/// How many errors there are, unless there are some that should not be.
fn judged(seed: u64, objects: &[Value], whole: &Report, report: &Report, wrong: &[&Finding]) -> Judged {
    if wrong.is_empty() { Ok(faults(report, Severity::Error).count()) } else { Err(show(seed, objects, whole, wrong)) }
}

fn show(seed: u64, objects: &[Value], whole: &Report, new: &[&Finding]) -> String {
    let objects: Vec<String> =
        objects.iter().filter(|object| !MADE.contains(&kind(object))).map(std::string::ToString::to_string).collect();
    let told =
        |finding: &&Finding| format!("{} {:?} {:?} {}", finding.code, finding.severity, finding.confidence, finding.message);
    let new: Vec<String> = new.iter().map(told).collect();
    let known: Vec<String> = whole.findings.iter().map(|finding| told(&finding)).collect();
    format!("cluster {seed}\n{}\nnew: {new:#?}\nknown: {known:#?}", objects.join("\n"))
}

/// Judges every cluster; the faults that it should not have found, with what tells them.
type Judged = Result<usize, String>;

fn each(judge: impl Fn(u64, &mut Random, &[Value], &Report) -> Judged + Sync) -> usize {
    std::thread::scope(|scope| {
        let half = |from: u64| {
            let judge = &judge;
            scope.spawn(move || {
                let seeds = (from..CLUSTERS).step_by(2);
                let judged = seeds.map(|seed| {
                    let mut random = Random::new(seed);
                    let objects = cluster(&mut random);
                    let whole = diagnose(&closed_world(&objects));
                    judge(seed, &mut random, &objects, &whole)
                });
                judged.collect::<Vec<Judged>>()
            })
        };
        let judged = [half(0), half(1)].map(|half| half.join().expect("a panic on a cluster")).concat();
        let wrong: Vec<&String> = judged.iter().filter_map(|judged| judged.as_ref().err()).collect();
        let first = wrong.iter().take(3).map(|wrong| wrong.as_str()).collect::<Vec<_>>().join("\n\n");
        assert!(wrong.is_empty(), "{} of {CLUSTERS} clusters:\n{first}", wrong.len());
        judged.into_iter().map(Result::unwrap).sum()
    })
}

#[test]
fn files_of_a_whole_cluster_show_no_fault_that_the_cluster_has_not() {
    let found = each(|seed, _, objects, whole| {
        let files: Vec<&Value> = objects.iter().filter(|object| !MADE.contains(&kind(object))).collect();
        let (_, report) = lint(&files);
        let new = new_faults(whole, &report, Severity::Error);
        judged(seed, objects, whole, &report, &new)
    });
    println!("{found} errors in the files of {CLUSTERS} clusters");
    assert!(found > CLUSTERS as usize / 4, "the clusters have become too sound to show anything: {found}");
}

#[test]
fn without_whole_kinds_files_show_no_fault_that_the_cluster_has_not() {
    let kinds: Vec<&str> = Kind::all().map(Kind::name).collect();
    let found = each(|seed, random, objects, whole| {
        let mut hidden = random.some(&kinds, 30);
        if random.one_in(2) {
            hidden.extend(WORKLOADS);
        } else {
            hidden.retain(|kind| !WORKLOADS.contains(kind));
        }
        let is_left = |object: &&Value| !MADE.contains(&kind(object)) && !hidden.contains(&kind(object));
        let files: Vec<&Value> = objects.iter().filter(is_left).collect();
        let (_, report) = lint(&files);
        let new = new_faults(whole, &report, Severity::Error);
        judged(seed, objects, whole, &report, &new).map_err(|wrong| format!("without {hidden:?}: {wrong}"))
    });
    assert!(found > CLUSTERS as usize / 10, "{found}");
}

#[test]
fn a_fault_that_what_is_not_in_the_files_may_mend_is_never_certain() {
    let found = each(|seed, random, objects, whole| {
        let is_left = |object: &&Value| !MADE.contains(&kind(object)) && !random.one_in(4);
        let files: Vec<&Value> = objects.iter().filter(is_left).collect();
        let (_, report) = lint(&files);
        let new = new_faults(whole, &report, Severity::Error);
        let wrong: Vec<&Finding> = new
            .iter()
            .copied()
            .filter(|finding| finding.confidence == Confidence::Certain || !NEAR.contains(&finding.code.as_str()))
            .collect();
        judged(seed, objects, whole, &report, &wrong).map(|_| new.len())
    });
    println!("{found} likely errors in parts of {CLUSTERS} clusters that the clusters have not got");
    assert!(found < CLUSTERS as usize / 10, "too much is guessed: {found}");
}

/// What is behind Services: which object says so, its labels, and each address with its pod, port and number.
type Behind = BTreeSet<(String, String, String)>;

fn behind(world: &World) -> Behind {
    let pod = |reference: &Option<TargetRef>| reference.as_ref().map(|pod| pod.name.clone()).unwrap_or_default();
    let port = |port: &EndpointPort| format!("{}={:?}/{}", port.name(), port.port, port.protocol());
    let mut out = Behind::new();
    for endpoints in world.endpoints.iter() {
        let of = format!("{} {:?}", endpoints.metadata.id(Kind::Endpoints), endpoints.metadata.labels);
        for subset in &endpoints.subsets {
            for address in subset.addresses.iter().chain(&subset.not_ready_addresses) {
                let at = format!("{} {}", address.ip, pod(&address.target_ref));
                out.extend(subset.ports.iter().map(|one| (of.clone(), at.clone(), port(one))));
            }
        }
    }
    for slice in world.slices.iter() {
        let of = format!("slice in {} {:?}", slice.metadata.namespace, slice.metadata.labels);
        for endpoint in &slice.endpoints {
            let at = format!("{:?} {}", endpoint.addresses, pod(&endpoint.target_ref));
            out.extend(slice.ports.iter().map(|one| (of.clone(), at.clone(), port(one))));
        }
    }
    out
}

/// The controllers of the product and those of these tests were written apart.
#[test]
fn both_controllers_lead_services_to_the_same_addresses() {
    let read = |objects: &mut dyn Iterator<Item = &Value>| {
        let objects: Vec<Value> = objects.cloned().collect();
        closed_world(&objects)
    };
    let found = each(|seed, _, objects, _| {
        let made = read(&mut objects.iter());
        let left = |object: &&Value| !MADE[1..].contains(&kind(object)) && !WORKLOADS.contains(&kind(object));
        let mut imagined = read(&mut objects.iter().filter(left));
        imagine(&mut imagined);
        // Only the product tells a Service without an address of its own by a label.
        let headless = |text: String| text.replace("\"service.kubernetes.io/headless\": \"\"", "").replace(", }", "}");
        let ours: Behind = behind(&imagined).into_iter().map(|(of, at, port)| (headless(of), at, port)).collect();
        let theirs = behind(&made);
        if ours == theirs { Ok(ours.len()) } else { Err(format!("cluster {seed}: {ours:#?} {theirs:#?}")) }
    });
    assert!(found > CLUSTERS as usize, "{found}");
}

/// What stands on a page, as files: by itself, and with what a page leaves out but what the cluster makes.
fn as_files(text: &str) -> [Vec<Value>; 2] {
    [objects(text), complete(objects(text))].map(|mut all| {
        all.retain(|object| !["NoServer", "NoOperator"].contains(&kind(object)) && !MADE.contains(&kind(object)));
        all
    })
}

#[test]
fn mended_pages_are_silent_as_files() {
    let mut wrong = Vec::new();
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("fixed")) {
            for files in as_files(text) {
                let (_, report) = lint(&files.iter().collect::<Vec<_>>());
                let loud = faults(&report, Severity::Warning);
                wrong.extend(loud.map(|loud| format!("{} {name}: {} {}", check.code, loud.code, loud.message)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What files show instead of what a page is about: no configuration in a Secret speaks for the monitor, no pod is there
/// for which a selector was written, and a namespace may exist.
const INSTEAD: &[(&str, &str)] =
    &[("PD0413", "PD0401"), ("PD0601", "PD0402"), ("PD0601", "PD0403"), ("PD0802", "PD0801"), ("PD0806", "PD0804")];

#[test]
fn broken_pages_show_nothing_else_as_files() {
    let (mut shown, mut wrong) = (BTreeSet::new(), Vec::new());
    // What a manifest should not hold is told from its text, and what that leads to is what is seen here.
    for check in CHECKS.iter().filter(|check| Link::of_code(check.code) != Some(Link::Manifest)) {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            for files in as_files(text) {
                let (_, report) = lint(&files.iter().collect::<Vec<_>>());
                consistent(&report);
                let marked = marks(text);
                let told = |code: &String| marked.contains(code) || INSTEAD.contains(&(check.code, code.as_str()));
                let other = faults(&report, Severity::Error).filter(|finding| !told(&finding.code));
                wrong.extend(other.map(|other| format!("{} {name}: {} {}", check.code, other.code, other.message)));
                shown.extend(report.findings.iter().map(|finding| finding.code.clone()).filter(|code| marked.contains(code)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} of {} checks show what files have: {shown:?}", shown.len(), CHECKS.len());
    assert!(shown.len() > 40, "{shown:?}");
}

const NAMESPACES: [&str; 2] = ["shop", "pay"];
const NAMES: [&str; 3] = ["cart", "carts", "till"];

/// A cluster of applications, each with a workload, a Service and a monitor that mostly fit, the servers that take the
/// monitors, and what the controllers have made of it all.
fn cluster(random: &mut Random) -> Vec<Value> {
    let mut objects = Vec::new();
    if !random.one_in(5) {
        let args: &[&str] = if random.one_in(6) { &["--namespaces=shop,monitoring"] } else { &[] };
        objects.push(operator("monitoring", "prometheus-operator", "v0.93.0", args));
    }
    for at in 0..1 + random.below(2) {
        objects.push(server(random, at));
    }
    objects.extend(rights(random));
    objects.extend(NAMESPACES.iter().chain(&["monitoring"]).map(|name| {
        let mut labels = json!({"kubernetes.io/metadata.name": name});
        if random.one_in(2) {
            labels["team"] = json!("shop");
        }
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    }));
    for at in 0..1 + random.below(3) {
        application(random, at, &mut objects);
    }
    if random.one_in(2) {
        objects.push(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": "shop"},
            "data": {"user": "bWU="}}));
    }
    pods(random, &mut objects);
    controllers::endpoints(&mut objects, |_| true);
    objects
}

fn server(random: &mut Random, at: usize) -> Value {
    let selector = |random: &mut Random| match random.below(6) {
        0 => json!({"matchLabels": {"release": random.pick(&["a", "b"])}}),
        1 => Value::Null,
        _ => json!({}),
    };
    let namespaces = |random: &mut Random| match random.below(6) {
        0 => json!({"matchLabels": {"team": "shop"}}),
        1 => json!({"matchLabels": {"kubernetes.io/metadata.name": "shop"}}),
        2 => Value::Null,
        _ => json!({}),
    };
    let mut spec = json!({"serviceAccountName": "prometheus", "version": "v3.5.0",
        "serviceMonitorSelector": selector(random), "serviceMonitorNamespaceSelector": namespaces(random),
        "podMonitorSelector": selector(random), "podMonitorNamespaceSelector": namespaces(random)});
    if random.one_in(4) {
        spec["serviceDiscoveryRole"] = json!("EndpointSlice");
    }
    if random.one_in(8) {
        spec["ignoreNamespaceSelectors"] = json!(true);
    }
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
        "metadata": {"name": format!("k8s-{at}"), "namespace": "monitoring"}, "spec": spec})
}

fn rights(random: &mut Random) -> Vec<Value> {
    let group = "rbac.authorization.k8s.io";
    let all = random.one_in(2);
    let resources = if all { json!(["*"]) } else { json!(["services", "pods"]) };
    let subjects = json!([{"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"},
        {"kind": "ServiceAccount", "name": "prometheus-operator", "namespace": "monitoring"}]);
    vec![
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": "read"},
            "rules": [{"apiGroups": ["*"], "resources": resources, "verbs": ["*"]}]}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "read"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "read"}, "subjects": subjects}),
    ]
}

/// Labels that say which application it is, sometimes with the key or value that somebody else would have chosen.
fn labels(random: &mut Random, name: &str) -> Value {
    let other = random.pick(&NAMES);
    let name = if random.one_in(6) { other } else { name };
    let mut out = match random.below(8) {
        0 => json!({"app.kubernetes.io/name": name}),
        1 => json!({}),
        _ => json!({"app": name}),
    };
    if random.one_in(3) {
        out["app.kubernetes.io/instance"] = json!(random.pick(&["a", "b"]));
    }
    if random.one_in(4) {
        out["app.kubernetes.io/component"] = json!(random.pick(&["front", "back"]));
    }
    out
}

fn application(random: &mut Random, at: usize, objects: &mut Vec<Value>) {
    let name = random.pick(&NAMES);
    let namespace = random.pick(&NAMESPACES);
    let called = format!("{name}-app{at}");
    let own = labels(random, name);
    let alike = |random: &mut Random| if random.one_in(4) { labels(random, name) } else { own.clone() };
    let ports: Vec<Value> = ["metrics", "http-metrics", ""]
        .iter()
        .enumerate()
        .filter(|_| !random.one_in(3))
        .map(|(at, name)| {
            let number = 8080 + at;
            if name.is_empty() { json!({"containerPort": number}) } else { json!({"containerPort": number, "name": name}) }
        })
        .collect();
    let made_by = random.pick(&["Deployment", "StatefulSet", "DaemonSet", "Deployment"]);
    let template = json!({"metadata": {"labels": alike(random)}, "spec": {"containers": [
        {"name": "app", "image": "example.com/app:1", "ports": ports}]}});
    let mut spec = json!({"selector": {"matchLabels": template["metadata"]["labels"]}, "template": template});
    if random.one_in(8) && made_by != "DaemonSet" {
        spec["replicas"] = json!(0);
    }
    if !random.one_in(8) {
        objects.push(json!({"apiVersion": "apps/v1", "kind": made_by,
            "metadata": {"name": called, "namespace": namespace}, "spec": spec,
            "status": {"replicas": 1, "availableReplicas": 1}}));
    }
    for more in 0..random.below(3) {
        let port = |random: &mut Random, at: usize| {
            let mut port = json!({"name": random.pick(&["metrics", "web", "http-metrics"]), "port": 80 + at});
            match random.below(4) {
                0 => port["targetPort"] = json!(8080 + random.below(3)),
                1 => port["targetPort"] = json!(random.pick(&["metrics", "http-metrics", "gone"])),
                _ => {}
            }
            port
        };
        let mut ports = vec![port(random, 0), port(random, 1)];
        if ports[0]["name"] == ports[1]["name"] || random.one_in(2) {
            ports.pop();
        }
        let mut spec = json!({"ports": ports, "selector": alike(random)});
        match random.below(12) {
            0 => spec["selector"] = Value::Null,
            1 => spec = json!({"type": "ExternalName", "externalName": "example.com", "ports": ports}),
            2 => spec["clusterIP"] = json!("None"),
            _ => {}
        }
        objects.push(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": if more == 0 { called.clone() } else { format!("{called}-{more}") }, "namespace": namespace,
                "labels": alike(random)}, "spec": spec}));
    }
    let asked = alike(random);
    objects.push(monitor(random, &called, namespace, &asked));
}

fn monitor(random: &mut Random, called: &str, home: &str, asked: &Value) -> Value {
    let pods = random.one_in(3);
    let mut endpoint = json!({});
    match random.below(6) {
        0 => endpoint["targetPort"] = json!(8080 + random.below(3)),
        1 => endpoint["targetPort"] = json!("metrics"),
        2 => {}
        _ => endpoint["port"] = json!(random.pick(&["metrics", "web", "http-metrics", "8080"])),
    }
    match random.below(8) {
        0 => {
            endpoint["relabelings"] = json!([{"action": "keep", "regex": "front|node-1",
                "sourceLabels": [random.pick(&["__meta_kubernetes_pod_node_name", "__meta_kubernetes_pod_ready",
                    "__meta_kubernetes_pod_label_role", "__meta_kubernetes_service_label_tier", "namespace"])]}]);
        }
        1 => {
            let key = random.pick(&["user", "gone"]);
            let reference = json!({"name": random.pick(&["login", "none"]), "key": key});
            endpoint["basicAuth"] = json!({"username": reference, "password": reference});
        }
        2 => endpoint["interval"] = json!(random.pick(&["30s", "often"])),
        _ => {}
    }
    let mut spec = json!({"selector": {"matchLabels": asked}});
    spec[if pods { "podMetricsEndpoints" } else { "endpoints" }] = json!([endpoint]);
    match random.below(5) {
        0 => spec["namespaceSelector"] = json!({"any": true}),
        1 => spec["namespaceSelector"] = json!({"matchNames": [random.pick(&["shop", "pay", "none"])]}),
        _ => {}
    }
    let mut labels = json!({});
    match random.below(4) {
        0 => {}
        1 => labels["release"] = json!("b"),
        _ => labels["release"] = json!("a"),
    }
    let namespace = if random.one_in(8) { "monitoring" } else { home };
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": if pods { "PodMonitor" } else { "ServiceMonitor" },
        "metadata": {"name": called, "namespace": namespace, "labels": labels}, "spec": spec})
}

/// A pod for each workload that wants any, and sometimes one of an operator that is not ours.
fn pods(random: &mut Random, objects: &mut Vec<Value>) {
    let workloads: Vec<Value> = objects.iter().filter(|object| object.pointer("/spec/template").is_some()).cloned().collect();
    for (at, workload) in workloads.iter().enumerate() {
        if workload["spec"]["replicas"] == 0 {
            continue;
        }
        let mut labels = workload["spec"]["template"]["metadata"]["labels"].clone();
        if labels.is_object() && random.one_in(3) {
            labels["role"] = json!("front");
        }
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("{}-x{at}", workload["metadata"]["name"].as_str().unwrap()),
                "namespace": workload["metadata"]["namespace"], "labels": labels},
            "spec": {"nodeName": "node-1", "containers": workload["spec"]["template"]["spec"]["containers"]},
            "status": {"phase": "Running", "podIP": format!("10.0.0.{}", at + 1),
                "conditions": [{"type": "Ready", "status": "True"}]}}));
    }
    if random.one_in(3) {
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "made", "namespace": random.pick(&NAMESPACES), "labels": labels(random, "cart")},
            "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
            "status": {"phase": "Running", "podIP": "10.0.1.1"}}));
    }
}
