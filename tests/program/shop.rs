//! The example cluster on the test API server, and in files.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use prom_doctor_checks::yaml;
use serde_json::{Value, json};

use crate::kit::apiserver::ApiServer;
use crate::kit::run::{Ran, prom_doctor_with};

/// Where the example cluster lies.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clusters/shop")
}

/// Its objects, as an API server keeps them: it turns `stringData` into `data`. The pod of Prometheus is not among them: it
/// would be asked, and something would have to answer.
pub(crate) fn objects() -> Vec<Value> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for document in yaml::documents(&text) {
            let value = document.unwrap_or_else(|broken| panic!("{}: {broken:?}", file.display())).to_json().unwrap();
            if value.is_object() && value["metadata"]["name"] != "prometheus-k8s-0" {
                objects.push(value);
            }
        }
    }
    objects.iter_mut().for_each(fold_string_data);
    objects
}

fn fold_string_data(object: &mut Value) {
    let Some(Value::Object(clear)) = object.as_object_mut().and_then(|fields| fields.remove("stringData")) else { return };
    for (key, text) in clear {
        object["data"][key] = encode(text.as_str().unwrap()).into();
    }
}

/// A value as Secrets hold it.
pub(crate) fn encode(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Objects in the form of `kubectl get KINDS -A -o yaml`, where JSON is YAML as well.
pub(crate) fn list(objects: &[Value]) -> String {
    let list = json!({"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}});
    serde_yaml::to_string(&list).unwrap()
}

/// The object of a kind and name.
pub(crate) fn find<'o>(objects: &'o mut [Value], kind: &str, name: &str) -> &'o mut Value {
    let found = objects.iter_mut().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} in the example"))
}

/// A cluster to ask, live and as a file.
pub(crate) struct Shop {
    /// The API server.
    pub(crate) server: ApiServer,
    folder: tempfile::TempDir,
}

impl Shop {
    /// The example cluster.
    pub(crate) fn new() -> Self {
        Self::of(objects())
    }

    /// A cluster of these objects.
    pub(crate) fn of(objects: Vec<Value>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dump.yaml"), list(&objects)).unwrap();
        Self { server: ApiServer::start(objects), folder }
    }

    /// Asks the API server.
    pub(crate) fn live(&self, arguments: &[&str]) -> Ran {
        let kubeconfig = self.server.kubeconfig();
        let environment = [("KUBECONFIG", kubeconfig.to_str().unwrap())];
        prom_doctor_with(self.folder.path(), arguments, &environment, "")
    }

    /// Asks the same objects in one file.
    pub(crate) fn dump(&self, arguments: &[&str]) -> Ran {
        let arguments = [arguments, &["--snapshot", "dump.yaml"]].concat();
        prom_doctor_with(self.folder.path(), &arguments, &[], "")
    }

    /// The report of a live question.
    pub(crate) fn report(&self, arguments: &[&str]) -> Value {
        report(&self.live(&[arguments, &["-o", "json"]].concat()))
    }
}

/// What a run printed, as JSON.
pub(crate) fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// A report without what differs from run to run.
pub(crate) fn lasting(mut report: Value) -> Value {
    assert!(report.as_object_mut().unwrap().remove("run").is_some());
    report
}

/// The monitors of a report with their verdicts: `shop/cart failed`.
pub(crate) fn verdicts(report: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let subjects = report["subjects"].as_array().unwrap().iter();
    subjects
        .map(|subject| {
            let reference = &subject["ref"];
            format!("{}/{} {}", word(&reference["namespace"]), word(&reference["name"]), word(&subject["verdict"]))
        })
        .collect()
}

/// The verdict of the monitor of a name.
pub(crate) fn verdict(report: &Value, name: &str) -> String {
    let subjects = report["subjects"].as_array().unwrap();
    let subject = subjects.iter().find(|subject| subject["ref"]["name"] == name);
    subject.unwrap_or_else(|| panic!("{name} was not judged"))["verdict"].as_str().unwrap().to_owned()
}

/// The codes of all findings about an object.
pub(crate) fn codes_of(report: &Value, name: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["subject"]["name"] == name)
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Fails where the program broke down instead of explaining itself.
pub(crate) fn no_panic(ran: &Ran) {
    for word in ["panicked", "RUST_BACKTRACE", "stack backtrace", "src/"] {
        assert!(!ran.stderr.contains(word) && !ran.stdout.contains(word), "{ran:?}");
    }
}
