//! The example cluster, moved to namespaces that nobody else has.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::program::shop::{self, encode};

/// The value of every key of every Secret; it must never be seen.
pub(super) const PASSWORD: &str = "hunter2-of-the-live-suite";

const PLACES: &[&str] = &["monitoring", "shop", "stock", "geo", "batch", "legacy"];

/// The namespaces by the names that they have in the example.
pub(super) struct Names {
    own: BTreeMap<&'static str, String>,
    /// What is unique about this run.
    pub(super) mark: String,
}

impl Names {
    /// Names of this moment and process.
    pub(super) fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let mark = format!("prom-doctor-test-{:x}", (now.as_millis() << 16) | u128::from(std::process::id() & 0xffff));
        Self { own: PLACES.iter().map(|place| (*place, format!("{mark}-{place}"))).collect(), mark }
    }

    /// The name of a namespace of the example.
    pub(super) fn of(&self, place: &str) -> &str {
        self.own.get(place).map_or_else(|| panic!("no namespace {place} in the example"), String::as_str)
    }

    fn rename(&self, value: &mut Value) {
        if let Some(own) = value.as_str().and_then(|name| self.own.get(name)) {
            *value = own.as_str().into();
        }
    }

    /// `shop/cart` and `serviceMonitor/shop/cart/0`.
    fn rename_parts(&self, value: &mut Value) {
        let Some(text) = value.as_str().filter(|text| text.contains('/')) else { return };
        let parts: Vec<&str> = text.split('/').collect();
        let at = usize::from(matches!(parts[0], "serviceMonitor" | "podMonitor"));
        if let Some(own) = self.own.get(parts[at]) {
            let mut parts = parts;
            parts[at] = own;
            *value = parts.join("/").into();
        }
    }
}

/// Everything of the example under other names, and one object of each kind that it lacks: a dump shows no trace of a
/// kind without objects, so that less would be concluded from it.
pub(super) fn objects(names: &Names) -> Vec<Value> {
    let mut objects = shop::objects();
    let meta = json!({"namespace": "geo", "name": "other"});
    let template = json!({"metadata": {"labels": {"app": "other"}},
                          "spec": {"restartPolicy": "Never", "containers": [{"name": "other", "image": "example.com/other"}]}});
    let mut always = template.clone();
    always["spec"]["restartPolicy"] = "Always".into();
    // On a cluster with controllers nothing of this may run.
    always["spec"]["nodeSelector"] = json!({"prom-doctor-test": "nowhere"});
    let selector = json!({"matchLabels": {"app": "other"}});
    for (version, kind, spec) in [
        ("apps/v1", "StatefulSet", json!({"replicas": 0, "serviceName": "other", "selector": selector, "template": always})),
        ("apps/v1", "DaemonSet", json!({"selector": selector, "template": always})),
        ("apps/v1", "ReplicaSet", json!({"replicas": 0, "selector": selector, "template": always})),
        ("batch/v1", "Job", json!({"suspend": true, "template": template})),
        (
            "batch/v1",
            "CronJob",
            json!({"suspend": true, "schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}),
        ),
    ] {
        objects.push(json!({"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}));
    }
    objects.iter_mut().for_each(|object| adapt(object, names));
    // Namespaces first; what is in them cannot be made before.
    objects.sort_by_key(|object| object["kind"] != "Namespace");
    objects
}

fn adapt(object: &mut Value, names: &Names) {
    let kind = object["kind"].as_str().unwrap().to_owned();
    let metadata = object["metadata"].as_object_mut().unwrap();
    // The garbage collector takes away what belongs to owners that are not there.
    for field in ["ownerReferences", "creationTimestamp", "generation", "uid", "resourceVersion"] {
        metadata.remove(field);
    }
    match kind.as_str() {
        "Namespace" => {
            names.rename(&mut object["metadata"]["name"]);
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = object["metadata"]["name"].clone();
        }
        "ClusterRole" | "ClusterRoleBinding" => {
            let own = |name: &Value| Value::from(format!("{}-{}", names.mark, name.as_str().unwrap()));
            object["metadata"]["name"] = own(&object["metadata"]["name"]);
            if kind == "ClusterRoleBinding" {
                object["roleRef"]["name"] = own(&object["roleRef"]["name"]);
            }
        }
        "Pod" => {
            // Neither scheduled nor run: what its status says is ours alone.
            object["spec"].as_object_mut().unwrap().remove("nodeName");
            object["spec"]["schedulerName"] = "nobody".into();
        }
        // Where an operator runs, it makes no pod of it.
        "Prometheus" => object["spec"]["replicas"] = 0.into(),
        "Deployment" => {
            object["spec"]["paused"] = true.into();
            // What is available is ready as well, as the API server insists.
            let available = object["status"]["availableReplicas"].clone();
            object["status"]["readyReplicas"] = available;
        }
        "Secret" if object["metadata"]["name"] == "prometheus-k8s" => move_config(object, names),
        "Secret" => {
            let keys: Vec<String> = object["data"].as_object().unwrap().keys().cloned().collect();
            keys.iter().for_each(|key| object["data"][key] = encode(PASSWORD).into());
        }
        _ => {}
    }
    walk(object, names);
}

/// Names of namespaces, wherever they stand.
fn walk(value: &mut Value, names: &Names) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "namespace" => names.rename(value),
                    "matchNames" => value.as_array_mut().into_iter().flatten().for_each(|name| names.rename(name)),
                    // The servers of other people must not be attracted by it, nor ours by theirs.
                    "monitoring" if *value == "enabled" => *value = names.mark.as_str().into(),
                    _ => walk(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, names)),
        Value::String(text) => {
            if let Some(place) = text.strip_prefix("--deny-namespaces=") {
                *text = format!("--deny-namespaces={}", names.of(place));
            }
        }
        _ => {}
    }
}

/// The configuration that the operator wrote, for the other namespaces, with a password in it.
fn move_config(secret: &mut Value, names: &Names) {
    let data = &mut secret["data"]["prometheus.yaml.gz"];
    let mut text = String::new();
    let packed = STANDARD.decode(data.as_str().unwrap()).unwrap();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    let mut config: Value = serde_yaml::from_str(&text).unwrap();
    names.rename_parts(&mut config["global"]["external_labels"]["prometheus"]);
    for job in config["scrape_configs"].as_array_mut().unwrap() {
        names.rename_parts(&mut job["job_name"]);
        let discovery = job["kubernetes_sd_configs"].as_array_mut().unwrap().iter_mut();
        discovery
            .flat_map(|discovery| discovery["namespaces"]["names"].as_array_mut().unwrap())
            .for_each(|name| names.rename(name));
        for rule in job["relabel_configs"].as_array_mut().unwrap() {
            if rule["target_label"] == "job" {
                names.rename_parts(&mut rule["replacement"]);
            }
        }
    }
    config["remote_write"] =
        json!([{"url": "https://far.example.com/push", "basic_auth": {"username": "me", "password": PASSWORD}}]);
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(serde_yaml::to_string(&config).unwrap().as_bytes()).unwrap();
    *data = STANDARD.encode(writer.finish().unwrap()).into();
}
