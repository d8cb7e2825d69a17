//! Seven breaks, each at a step that can break, on a server that is well otherwise.

use serde_json::{Value, json};

use super::*;
use crate::chain::DEFAULT_GRACE;
use crate::report::Mode;
use crate::world::{Ask, Kind, Seen, decode_value};

/// When everything is looked at: 2026-01-01T01:00:00Z.
const NOW: i64 = 1_767_229_200;

fn at(seconds: i64) -> String {
    jiff::Timestamp::from_second(NOW + seconds).unwrap().to_string()
}

/// A server with all that its configuration passes on its way, and what its pod answers.
struct Line {
    operator: Value,
    server: Value,
    monitor: Value,
    role: Value,
    pod: Value,
    /// Seconds from the writing of the Secret until now.
    written: i64,
    /// What lies in the Secret; none: what the operator would write.
    secret: Option<Value>,
    /// What Prometheus has loaded; none: what lies in the Secret.
    loaded: Option<Value>,
    runtime: Value,
    targets: Value,
    reloader: Option<String>,
}

const POOL: &str = "serviceMonitor/shop/cart/0";

impl Line {
    fn well() -> Self {
        let reloader = json!({"name": "config-reloader", "args": ["--config-file=/etc/prometheus/config/prometheus.yaml.gz",
                "--config-envsubst-file=/etc/prometheus/config_out/prometheus.env.yaml", "--reload-url=http://localhost:9090/-/reload"],
            "volumeMounts": [{"name": "config", "mountPath": "/etc/prometheus/config"}, {"name": "out", "mountPath": "/etc/prometheus/config_out"}]});
        let prometheus = json!({"name": "prometheus", "args": ["--config.file=/etc/prometheus/config_out/prometheus.env.yaml",
                "--web.enable-lifecycle"], "ports": [{"name": "web", "containerPort": 9090}]});
        let running = |name: &str| json!({"name": name, "ready": true, "state": {"running": {"startedAt": at(-90_000)}}});
        Self {
            operator: json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator", "namespace": "monitoring"},
                "spec": {"replicas": 1, "template": {"spec": {"serviceAccountName": "operator", "containers": [{"name": "operator",
                    "image": "quay.io/prometheus-operator/prometheus-operator:v0.79.2"}]}}},
                "status": {"replicas": 1, "availableReplicas": 1}}),
            server: json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
                "metadata": {"name": "k8s", "namespace": "monitoring", "creationTimestamp": at(-90_000)},
                "spec": {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}, "serviceAccountName": "k8s", "version": "3.5.0"}}),
            monitor: json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
                "metadata": {"name": "cart", "namespace": "shop", "creationTimestamp": at(-4000)},
                "spec": {"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [{"port": "web"}]}}),
            role: json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "k8s"}, "rules": [
                {"apiGroups": [""], "resources": ["services", "endpoints", "pods"], "verbs": ["get", "list", "watch"]}]}),
            pod: json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prometheus-k8s-0", "namespace": "monitoring",
                    "creationTimestamp": at(-90_000), "labels": {"operator.prometheus.io/name": "k8s", "operator.prometheus.io/shard": "0"}},
                "spec": {"containers": [prometheus, reloader],
                    "volumes": [{"name": "config", "secret": {"secretName": "prometheus-k8s"}}, {"name": "out", "emptyDir": {}}]},
                "status": {"phase": "Running", "containerStatuses": [running("prometheus"), running("config-reloader")]}}),
            written: 3990,
            secret: None,
            loaded: None,
            runtime: json!({"reloadConfigSuccess": true, "lastConfigTime": at(-3900), "startTime": at(-90_000)}),
            targets: json!({"activeTargets": [{"scrapePool": POOL, "scrapeUrl": "http://10.0.0.1:80/metrics", "health": "up",
                    "lastScrape": at(-5), "labels": {"instance": "10.0.0.1:80"},
                    "discoveredLabels": {"__meta_kubernetes_namespace": "shop", "__meta_kubernetes_service_name": "cart"}}],
                "droppedTargets": [], "droppedTargetCounts": {POOL: 0}}),
            reloader: None,
        }
    }

    fn world(&self) -> World {
        let mut world = World { observed_at: Some(NOW), ..World::default() };
        let binding = |role: &str, account: &str| {
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": account},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
                "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "monitoring"}]})
        };
        let all = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]});
        let namespaces =
            ["shop", "monitoring"].map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "cart"}},
            "spec": {"selector": {"app": "cart"}, "ports": [{"name": "web", "port": 80}]}});
        let endpoints = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "cart"}},
            "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "web", "port": 80}]}]});
        let objects = [
            all,
            binding("all", "operator"),
            binding("k8s", "k8s"),
            service,
            endpoints,
            self.operator.clone(),
            self.server.clone(),
            self.monitor.clone(),
            self.role.clone(),
            self.pod.clone(),
        ];
        for object in objects.into_iter().chain(namespaces) {
            let decoded = decode_value(object, "test", None);
            assert!(decoded.malformed.is_empty(), "{:?}", decoded.malformed);
            decoded.objects.into_iter().for_each(|object| world.insert(object));
        }
        for kind in Kind::all().filter(|kind| !kind.fetched_by_name()) {
            world.sight.note(kind, None, Seen::Whole);
        }
        let secret = self.secret.clone().unwrap_or_else(|| of_operator(&world));
        let loaded = self.loaded.clone().unwrap_or_else(|| secret.clone()).to_string().replace("$(SHARD)", "0");
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prometheus-k8s", "namespace": "monitoring",
                "managedFields": [{"manager": "operator", "time": at(-self.written)}]},
            "stringData": {"prometheus.yaml": secret.to_string()}});
        decode_value(object, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        world.sight.note_object(Kind::Secret, "monitoring", "prometheus-k8s", Seen::Whole);
        let answer = |data: Value| json!({"status": "success", "data": data}).to_string();
        let mut hear = |ask: Ask, body: String| {
            world.hear(Some(("monitoring".into(), "k8s".into())), "prometheus-k8s-0", ask, Ok(body.as_bytes()));
        };
        hear(Ask::Targets, answer(self.targets.clone()));
        hear(Ask::Runtime, answer(self.runtime.clone()));
        hear(Ask::Config, answer(json!({"yaml": loaded})));
        if let Some(text) = &self.reloader {
            hear(Ask::Reloader, text.clone());
        }
        world
    }

    fn look(&self) -> Pipeline {
        let world = self.world();
        let run = Run { mode: Mode::Live, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
        pipelines(&world, &Question::default(), run).servers.remove(0)
    }

    fn follow(&self) -> Pipeline {
        let world = self.world();
        let walk = Walk::new(&world, DEFAULT_GRACE, None);
        of_monitor(&walk, &walk.servers[0], &ObjectId::new(Kind::ServiceMonitor, "shop", "cart")).unwrap()
    }

    /// Stuck at a step, of the server and of its monitor alike, with these words.
    #[track_caller]
    fn is_stuck(&self, number: usize, words: &str) {
        for pipeline in [self.look(), self.follow()] {
            assert_eq!(pipeline.stuck, Some(number), "{}", shown(&pipeline));
            let step = pipeline.stuck_at().unwrap();
            assert!(step.says.contains(words), "{}", shown(&pipeline));
            assert_eq!(pipeline.steps.iter().filter(|step| step.state == StepState::Stuck).count(), 1, "{}", shown(&pipeline));
        }
    }

    /// What lies in the Secret without the job, as it was before the monitor came.
    fn without_job() -> Value {
        json!({"global": {"scrape_interval": "30s"}, "scrape_configs": []})
    }
}

/// What the operator would write.
fn of_operator(world: &World) -> Value {
    let walk = Walk::new(world, DEFAULT_GRACE, None);
    let jobs = walk.monitors.iter().flat_map(|facts| &facts.chains).flat_map(|chain| chain.jobs.iter().flatten());
    json!({"global": {"scrape_interval": "30s"}, "scrape_configs": jobs.map(|job| job.value().clone()).collect::<Vec<_>>()})
}

fn shown(pipeline: &Pipeline) -> String {
    let line = |step: &Step| {
        format!("{} {:?} {} {:?} {:?} {:?}\n", step.number, step.state, step.says, step.why, step.warnings, step.evidence)
    };
    pipeline.steps.iter().map(line).collect()
}

#[test]
fn the_schema_is_that_of_the_types() {
    crate::report::hold_schema::<PipelineList>("src/pipeline/schema.json");
}

#[test]
fn what_is_well_has_passed_all_steps() {
    let line = Line::well();
    for pipeline in [line.look(), line.follow()] {
        assert_eq!((pipeline.state, pipeline.stuck), (PipelineState::Done, None), "{}", shown(&pipeline));
        assert!(
            pipeline.steps.iter().all(|step| step.state == StepState::Done && step.warnings.is_empty()),
            "{}",
            shown(&pipeline)
        );
    }
}

#[test]
fn an_operator_that_is_down_is_step_2() {
    let mut line = Line::well();
    line.operator["status"] = json!({"replicas": 1, "availableReplicas": 0});
    // As long as nothing new is to be written, nothing is stuck.
    let pipeline = line.look();
    assert_eq!(pipeline.state, PipelineState::Done, "{}", shown(&pipeline));
    assert!(pipeline.steps[1].warnings[0].contains("no running pod"), "{}", shown(&pipeline));
    line.secret = Some(Line::without_job());
    line.is_stuck(2, "no running pod");
}

#[test]
fn a_sync_that_fails_is_step_3() {
    let mut line = Line::well();
    line.server["spec"]["scrapeTimeout"] = json!("5m");
    line.secret = Some(Line::without_job());
    line.is_stuck(3, "every sync fails");
    let mut line = Line::well();
    line.server["spec"]["paused"] = json!(true);
    line.secret = Some(Line::without_job());
    line.is_stuck(3, "paused");
}

#[test]
fn what_the_status_of_a_server_says_is_heard() {
    let condition = |kind: &str, status: &str, observed: i64, message: &str| json!({"type": kind, "status": status, "reason": "Because", "message": message, "observedGeneration": observed});
    // It has not looked at the newest spec.
    let mut line = Line::well();
    line.server["metadata"]["generation"] = json!(3);
    line.server["status"] = json!({"conditions": [condition("Reconciled", "True", 2, "")]});
    line.secret = Some(Line::without_job());
    line.is_stuck(2, "has not looked at generation 3 yet, only at 2");
    // It has, and failed.
    line.server["status"] = json!({"conditions": [condition("Reconciled", "False", 3, "bad proxy http://me:s3cr3t@h")]});
    line.is_stuck(3, "the operator's sync fails: bad proxy");
    assert!(!shown(&line.look()).contains("s3cr3t"), "{}", shown(&line.look()));
    // Its pods do not run, and are perhaps out of sight.
    let mut line = Line::well();
    line.server["status"] =
        json!({"conditions": [condition("Reconciled", "True", 1, ""), condition("Available", "False", 1, "no node fits")]});
    let well = line.look();
    assert_eq!(well.state, PipelineState::Done, "{}", shown(&well));
    assert!(!shown(&well).contains("no node fits"), "what is well needs no word: {}", shown(&well));
    let mut world = line.world();
    world.live.clear();
    world.pods = crate::world::Table::default();
    let walk = Walk::new(&world, DEFAULT_GRACE, None);
    let pipeline = of(&walk, &walk.servers[0]);
    let said = &pipeline.steps[4].evidence;
    assert!(said.iter().any(|fact| fact.value == "False: Because: no node fits"), "{}", shown(&pipeline));
}

#[test]
fn a_secret_that_is_behind_without_a_reason_is_step_4() {
    let mut line = Line::well();
    line.secret = Some(Line::without_job());
    line.is_stuck(4, "1 job missing");
    // Too early to tell.
    line.monitor["metadata"]["creationTimestamp"] = json!(at(-10));
    let pipeline = line.look();
    assert_eq!((pipeline.state, pipeline.steps[3].state), (PipelineState::Waiting, StepState::Waiting), "{}", shown(&pipeline));
    assert_eq!(pipeline.expect.as_ref().map(|expect| expect.within_seconds), Some(50));
    assert!(pipeline.steps[4..].iter().all(|step| step.state == StepState::Behind), "{}", shown(&pipeline));
}

/// What Prometheus says before it has loaded the job.
fn without_pool(line: &mut Line) {
    line.loaded = Some(Line::without_job());
    line.targets = json!({"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {"other": 0}});
    line.runtime["lastConfigTime"] = json!(at(-80_000));
}

#[test]
fn a_mount_that_is_not_refreshed_is_step_5() {
    // The kubelet never refreshes such a mount.
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["spec"]["containers"][1]["volumeMounts"][0]["subPath"] = json!("prometheus.yaml.gz");
    line.is_stuck(5, "subPath");
    // Another Secret.
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["spec"]["volumes"][0]["secret"]["secretName"] = json!("prometheus-old");
    line.is_stuck(5, "another Secret");
    // A reload long after the Secret was written brought the old file.
    let mut line = Line::well();
    without_pool(&mut line);
    line.runtime["lastConfigTime"] = json!(at(-600));
    line.is_stuck(5, "brought the old configuration");
    // The reloader is at work and saw nothing new.
    let mut line = Line::well();
    without_pool(&mut line);
    line.reloader =
        Some(format!("reloader_last_reload_successful 1\nreloader_last_reload_success_timestamp_seconds {}e+00\n", NOW - 80_000));
    line.is_stuck(5, "has seen no new one");
    // None of that is said within the usual time.
    line.written = 60;
    let pipeline = line.look();
    assert_eq!((pipeline.state, pipeline.steps[4].state), (PipelineState::Waiting, StepState::Waiting), "{}", shown(&pipeline));
    assert_eq!(pipeline.expect.as_ref().map(|expect| expect.within_seconds), Some(KUBELET + WATCH_INTERVAL - 60));
    line.written = 200;
    let pipeline = line.look();
    assert_eq!((pipeline.state, pipeline.steps[5].state), (PipelineState::Waiting, StepState::Waiting), "{}", shown(&pipeline));
}

#[test]
fn one_pod_of_several_that_is_behind_is_named() {
    let line = Line::well();
    let mut world = line.world();
    let mut pod = line.pod.clone();
    pod["metadata"]["name"] = json!("prometheus-k8s-1");
    decode_value(pod, "test", None).objects.into_iter().for_each(|object| world.insert(object));
    let mut late = Line::well();
    without_pool(&mut late);
    let config = late.loaded.unwrap().to_string();
    for (ask, data) in [(Ask::Targets, late.targets), (Ask::Runtime, late.runtime), (Ask::Config, json!({"yaml": config}))] {
        let body = json!({"status": "success", "data": data}).to_string();
        world.hear(Some(("monitoring".into(), "k8s".into())), "prometheus-k8s-1", ask, Ok(body.as_bytes()));
    }
    let walk = Walk::new(&world, DEFAULT_GRACE, None);
    let pipeline = of(&walk, &walk.servers[0]);
    assert_eq!(pipeline.stuck, Some(6), "{}", shown(&pipeline));
    assert!(pipeline.stuck_at().unwrap().says.ends_with("(pod prometheus-k8s-1)"), "{}", shown(&pipeline));
    // The other one scrapes it all the same.
    let chain = &walk.monitors[0].chains[0];
    assert_eq!((chain.failed(crate::report::Link::Loaded), chain.verdict), (true, crate::report::Verdict::Partial));
    let run = Run { mode: Mode::Live, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let report = crate::diagnose::judge(&walk, &Question::default(), run);
    let found = report.findings.iter().find(|finding| finding.code == "PD0602").unwrap();
    assert!(found.message.starts_with("1 of 2 pods of Prometheus monitoring/k8s has not loaded 1 job"), "{}", found.message);
}

#[test]
fn a_reloader_that_does_not_reload_is_step_6() {
    let broken = |change: &dyn Fn(&mut Value), words: &str| {
        let mut line = Line::well();
        without_pool(&mut line);
        change(&mut line.pod);
        line.is_stuck(6, words);
        // While Prometheus has what it should, it is only a warning.
        let mut line = Line::well();
        change(&mut line.pod);
        let pipeline = line.look();
        assert_eq!(pipeline.stuck, None, "{}", shown(&pipeline));
    };
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    broken(&|pod| pod["status"]["containerStatuses"][1]["state"] = waiting.clone(), "CrashLoopBackOff");
    broken(
        &|pod| pod["spec"]["containers"][1]["args"] = json!(["--config-file=/etc/prometheus/config/x"]),
        "--config-envsubst-file",
    );
    broken(&|pod| drop(pod["spec"]["containers"].as_array_mut().unwrap().remove(1)), "no config-reloader");
    broken(&|_| {}, "brought nothing new");
    // Who lets it look less often waits longer.
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["spec"]["containers"][1]["args"].as_array_mut().unwrap().push(json!("--watch-interval=2h"));
    assert_eq!(line.look().state, PipelineState::Waiting, "{}", shown(&line.look()));
}

#[test]
fn a_configuration_that_is_refused_is_step_7() {
    let mut line = Line::well();
    let mut secret = of_operator(&line.world());
    secret["scrape_configs"].as_array_mut().unwrap().push(json!({"job_name": "mine", "scrape_interval": "soon"}));
    line.secret = Some(secret);
    without_pool(&mut line);
    line.runtime["reloadConfigSuccess"] = json!(false);
    line.is_stuck(7, "mine scrape_interval");
    // Without a reason that could be seen.
    line.secret = None;
    line.is_stuck(7, "last reload failed");
    // A rule file can keep a reload from succeeding.
    line.loaded = None;
    line.targets = Line::well().targets;
    line.is_stuck(7, "rule file");
    // A reload that failed before the Secret was mended says nothing of the new one.
    without_pool(&mut line);
    line.written = 30;
    assert_eq!(line.look().state, PipelineState::Waiting, "{}", shown(&line.look()));
}

#[test]
fn reloads_that_cannot_be_asked_for_are_step_7() {
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["spec"]["containers"][0]["args"].as_array_mut().unwrap().pop();
    line.is_stuck(7, "--web.enable-lifecycle");
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["spec"]["containers"][0]["args"][0] = json!("--config.file=/etc/other.yaml");
    line.is_stuck(7, "another file");
    let mut line = Line::well();
    without_pool(&mut line);
    line.server["spec"]["routePrefix"] = json!("/prom");
    line.is_stuck(7, "takes them at /prom/-/reload");
    let mut line = Line::well();
    without_pool(&mut line);
    line.pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    line.is_stuck(7, "does not run");
}

#[test]
fn discovery_that_is_forbidden_is_step_8() {
    let mut line = Line::well();
    line.role["rules"] = json!([]);
    line.targets = json!({"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {POOL: 0}});
    line.is_stuck(8, "may not discover in shop");
    // Roles that say yes to lists that bring nothing.
    line.role = Line::well().role;
    line.is_stuck(8, "discovers nothing at all");
    // What is scraped is discovered, whatever the roles say.
    let mut line = Line::well();
    line.role["rules"] = json!([]);
    assert_eq!(line.look().stuck, None, "{}", shown(&line.look()));
}

#[test]
fn scrapes_that_fail_are_step_9() {
    let mut line = Line::well();
    line.targets["activeTargets"][0]["health"] = json!("down");
    line.targets["activeTargets"][0]["lastError"] =
        json!("Get \"http://10.0.0.1:80/metrics\": dial tcp 10.0.0.1:80: connect: connection refused");
    line.is_stuck(9, "connection refused");
    // One of two is no reason to stop.
    let mut other = Line::well().targets["activeTargets"][0].clone();
    other["scrapeUrl"] = json!("http://10.0.0.2:80/metrics");
    line.targets["activeTargets"].as_array_mut().unwrap().push(other);
    let pipeline = line.look();
    assert_eq!(pipeline.stuck, None, "{}", shown(&pipeline));
    assert!(pipeline.steps[8].warnings[0].contains("1 target down"), "{}", shown(&pipeline));
}

#[test]
fn what_was_not_asked_is_not_known() {
    let line = Line::well();
    let mut world = line.world();
    world.live.clear();
    let walk = Walk::new(&world, DEFAULT_GRACE, None);
    let pipeline = of(&walk, &walk.servers[0]);
    assert_eq!(pipeline.state, PipelineState::Unknown, "{}", shown(&pipeline));
    assert!(pipeline.steps[..4].iter().all(|step| step.state == StepState::Done));
    assert!(
        pipeline.steps[4..].iter().all(|step| step.state == StepState::Unknown && !step.why.is_empty()),
        "{}",
        shown(&pipeline)
    );
}

#[test]
fn what_is_loaded_shows_what_a_secret_holds_that_was_not_read() {
    let line = Line::well();
    let mut world = line.world();
    world.secrets = crate::world::Table::default();
    world.sight.note_object(Kind::Secret, "monitoring", "prometheus-k8s", Seen::Forbidden);
    let walk = Walk::new(&world, DEFAULT_GRACE, None);
    let pipeline = of(&walk, &walk.servers[0]);
    assert_eq!(pipeline.state, PipelineState::Done, "{}", shown(&pipeline));
}
