//! `targets`: what people see of the example cluster, and that a program sees the same.

use prom_doctor_checks::targets::SCHEMA;
use serde_json::{Value, json};

use super::shop::{Shop, lasting, no_panic, objects, report};
use crate::kit::run::prom_doctor;

fn shown(arguments: &[&str]) -> String {
    let folder = super::shop::folder();
    let ran = prom_doctor(&folder, &[&["targets"], arguments, &["--snapshot", "."]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    ran.stdout
}

macro_rules! shows {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "seen"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn the_example_reads_well() {
    shows!("targets", shown(&["smon/frontend", "-n", "shop"]));
    shows!("targets-dropped", shown(&["smon/catalog", "-n", "shop", "--dropped"]));
    shows!("targets-trace", shown(&["smon/catalog", "-n", "shop", "--trace=catalog"]));
    shows!("targets-ascii", shown(&["pmon/worker", "-n", "shop", "--trace", "--ascii"]));
}

#[test]
fn a_cluster_and_its_dump_have_the_same_targets() {
    let mut all = objects();
    // Kinds that a job discovers, of which a dump must show a trace.
    all.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "status": {}}));
    let shop = Shop::of(all);
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for question in [&["-A"][..], &["-A", "--dropped"], &["smon/cart", "-n", "shop", "--trace"], &["pmon/cache", "-n", "shop"]] {
        let question = [&["targets"], question, &["-o", "json"]].concat();
        let (live, dump) = (shop.live(&question), shop.dump(&question));
        assert_eq!((live.code, dump.code), (Some(0), Some(0)), "{live:?} {dump:?}");
        let (live, dump) = (report(&live), report(&dump));
        let errors: Vec<String> = schema.iter_errors(&live).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(lasting(live), lasting(dump), "{question:?}");
    }
}

/// The numbers of targets in the report are those that are listed.
#[test]
fn reports_count_what_is_listed() {
    let shop = Shop::new();
    let list = report(&shop.live(&["targets", "-A", "-o", "json"]));
    let mut compared = 0;
    for subject in shop.report(&["audit", "-A"])["subjects"].as_array().unwrap() {
        for chain in subject["chains"].as_array().unwrap().iter().filter(|chain| chain["verdict"] == "ok") {
            let its = |job: &&Value| job["monitor"] == subject["ref"] && job["server"] == chain["server"];
            let listed: u64 =
                list["jobs"].as_array().unwrap().iter().filter(its).map(|job| job["active"].as_u64().unwrap()).sum();
            assert_eq!(chain["targets"]["predicted"], listed, "{}", subject["ref"]);
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared}");
}

/// A job that a user added, with targets of its own and a discovery that is not evaluated; one of a ScrapeConfig; and a
/// password, which is shown nowhere.
#[test]
fn jobs_of_nobody_and_of_scrape_configs_are_listed() {
    let configuration = "global: {scrape_interval: 30s}\nscrape_configs:\n\
        - job_name: scrapeConfig/shop/outside\n  static_configs: [{targets: ['db.example.com:9100'], labels: {team: data}}]\n\
        \x20 basic_auth: {username: u, password: hunter2}\n\
        - job_name: mine\n  consul_sd_configs: [{server: 'consul:8500'}]\n\
        \x20 static_configs: [{targets: ['a:1', 'b:1']}]\n\
        \x20 relabel_configs: [{action: drop, source_labels: [__address__], regex: 'b:.*'}]\n\
        - job_name: nodes\n  kubernetes_sd_configs: [{role: node}]\n";
    let mut all = objects();
    all.retain(|object| !(object["kind"] == "Secret" && object["metadata"]["name"] == "prometheus-k8s"));
    let data = super::shop::encode(configuration);
    all.push(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"},
        "data": {"prometheus.yaml": data}}));
    all.push(json!({"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "ScrapeConfig",
        "metadata": {"name": "outside", "namespace": "shop"}, "spec": {"staticConfigs": [{"targets": ["db.example.com:9100"]}]}}));
    all.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.1.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}}}));
    let shop = Shop::of(all);
    let one = shop.live(&["targets", "scrapeconfig/outside", "-n", "shop"]);
    assert!(one.stdout.contains("http://db.example.com:9100/metrics") && one.stdout.contains("team=\"data\""), "{one:?}");
    let every = shop.live(&["targets", "-A", "--dropped"]);
    for words in
        ["http://a:1/metrics", "consul_sd_configs is not evaluated", "drop where the address matches \"b:.*\"", "10.1.0.1:10250"]
    {
        assert!(every.stdout.contains(words), "{words}: {}", every.stdout);
    }
    for ran in [&one, &every, &shop.live(&["targets", "-A", "-o", "json"])] {
        no_panic(ran);
        assert!(!ran.stdout.contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn what_has_no_targets_is_said() {
    let shop = Shop::new();
    let wrong = shop.live(&["targets", "svc/cart", "-n", "shop"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("has no targets of its own"), "{wrong:?}");
    let absent = shop.live(&["targets", "smon/carts", "-n", "shop"]);
    assert_eq!(absent.code, Some(3), "{absent:?}");
    assert!(absent.stderr.contains("did you mean cart"), "{absent:?}");
    [wrong, absent].iter().for_each(no_panic);
}

/// A server that takes everything, a Service with one pod, and what `more` adds.
fn cluster(server: Value, more: Vec<Value>) -> Shop {
    let mut spec = json!({"version": "v3.5.0", "serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {},
        "probeSelector": {}, "probeNamespaceSelector": {}});
    spec.as_object_mut().unwrap().extend(server.as_object().unwrap().clone());
    let group = "rbac.authorization.k8s.io";
    let mut all = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "prometheus-operator", "namespace": "monitoring"},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "prometheus-operator",
                "image": "quay.io/prometheus-operator/prometheus-operator:v0.93.0"}]}}},
            "status": {"replicas": 1, "availableReplicas": 1}}),
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": spec}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": {"name": "all"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": "all"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "all"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "monitoring"}]}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "cart"}},
            "spec": {"selector": {"app": "cart"}, "ports": [{"name": "metrics", "port": 9090}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cart-0", "namespace": "shop", "labels": {"app": "cart"},
                "annotations": {"vault-token": "hunter2"}},
            "spec": {"nodeName": "node-1", "containers": [{"name": "cart", "image": "x:1",
                "ports": [{"name": "metrics", "containerPort": 9090}]}]},
            "status": {"phase": "Running", "podIP": "10.0.0.9"}}),
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "cart", "namespace": "shop"},
            "subsets": [{"ports": [{"name": "metrics", "port": 9090}], "addresses": [{"ip": "10.0.0.9", "nodeName": "node-1",
                "targetRef": {"kind": "Pod", "name": "cart-0", "namespace": "shop"}}]}]}),
    ];
    all.extend(more);
    Shop::of(all)
}

fn monitor(spec: Value) -> Value {
    let mut whole = json!({"selector": {"matchLabels": {"app": "cart"}}, "endpoints": [{"port": "metrics"}]});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "cart", "namespace": "shop"},
        "spec": whole})
}

fn jobs(ran: &crate::kit::run::Ran) -> Vec<Value> {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    report(ran)["jobs"].as_array().unwrap().clone()
}

/// Labels of Nodes that were not read are not absent: what a rule on them leaves is not known.
#[test]
fn what_was_not_seen_drops_nothing() {
    let rules = json!([{"action": "keep", "sourceLabels": ["__meta_kubernetes_node_label_zone"], "regex": "a"}]);
    let spec = json!({"attachMetadata": {"node": true}, "endpoints": [{"port": "metrics", "relabelings": rules}]});
    let shop = cluster(json!({}), vec![monitor(spec)]);
    let job = &jobs(&shop.dump(&["targets", "-A", "-o", "json"]))[0];
    assert_eq!((&job["active"], &job["dropped"], &job["unknown"]), (&json!(0), &json!(0), &json!(1)), "{job}");
    assert_eq!(shop.dump(&["targets", "-A", "--strict"]).code, Some(3));
}

/// What Prometheus refuses as a whole is not scraped, whichever job is at fault.
#[test]
fn a_refused_configuration_is_told_at_every_job() {
    let text = "scrape_configs:\n- job_name: serviceMonitor/shop/cart/0\n  kubernetes_sd_configs: [{role: endpoints, namespaces: {names: [shop]}}]\n\
        - {job_name: mine, bogus: 1, static_configs: [{targets: ['a:1']}]}\n";
    let data = json!({"prometheus.yaml": super::shop::encode(text)});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"}, "data": data});
    let shop = cluster(json!({}), vec![monitor(json!({})), secret]);
    for job in jobs(&shop.live(&["targets", "-A", "-o", "json"])) {
        assert!(!job["broken"].is_null() && job["notes"].to_string().contains("refuses this whole configuration"), "{job}");
    }
}

/// OP-SHD: a target that says that it is not to be divided is scraped by every shard.
#[test]
fn a_target_may_be_on_every_shard() {
    let rules = json!([{"targetLabel": "__tmp_disable_sharding", "replacement": "true"}]);
    let spec = json!({"endpoints": [{"port": "metrics", "relabelings": rules}]});
    let one = jobs(&cluster(json!({"shards": 3}), vec![monitor(json!({}))]).live(&["targets", "-A", "-o", "json"]));
    assert_eq!(one[0]["targets"][0]["shards"].as_array().unwrap().len(), 1, "{one:?}");
    let all = jobs(&cluster(json!({"shards": 3}), vec![monitor(spec)]).live(&["targets", "-A", "-o", "json"]));
    assert_eq!(all[0]["targets"][0]["shards"], json!([0, 1, 2]), "{all:?}");
}

/// Credentials in addresses, parameters, annotations and rules are shown by no format, and are compared by no rule.
#[test]
fn credentials_are_neither_shown_nor_compared() {
    let probe = json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Probe", "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"prober": {"url": "u:hunter2@blackbox:9115", "path": "/probe"}, "targets": {"staticConfig": {"static": ["h.example"]}}}});
    let rules = json!([{"action": "keep", "sourceLabels": ["__param_token"], "regex": "hunter2"},
        {"targetLabel": "password", "replacement": "hunter2"}]);
    let endpoint = json!({"port": "metrics", "params": {"token": ["hunter2"]}, "relabelings": rules});
    let shop = cluster(json!({}), vec![probe, monitor(json!({"endpoints": [endpoint]}))]);
    for question in [&["targets", "-A", "--dropped"][..], &["targets", "-A", "--trace"], &["targets", "smon/cart", "-n", "shop"]]
    {
        for format in ["human", "json", "yaml"] {
            let ran = shop.live(&[question, &["-o", format]].concat());
            assert!(!ran.stdout.contains("hunter2"), "{question:?} {format}: {}", ran.stdout);
        }
    }
    let all = jobs(&shop.live(&["targets", "smon/cart", "-n", "shop", "-o", "json"]));
    assert_eq!((&all[0]["dropped"], &all[0]["unknown"]), (&json!(0), &json!(1)), "{all:?}");
}
