//! What people copy into their CI parses, and the commands in it are real.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::shop::folder;
use crate::kit::run::{Ran, prom_doctor};

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// A checkout with manifests under `deploy/`.
fn checkout() -> tempfile::TempDir {
    let checkout = tempfile::tempdir().unwrap();
    fs::create_dir(checkout.path().join("deploy")).unwrap();
    for file in fs::read_dir(folder()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), checkout.path().join("deploy").join(file.file_name())).unwrap();
    }
    checkout
}

/// Runs a line that a shell would get.
fn run(checkout: &Path, line: &str) -> Ran {
    assert!(!line.contains(['\'', '"', '$', '|', '>', '\\', '*']), "the test splits at spaces only: {line}");
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    prom_doctor(checkout, &words)
}

/// Every line of a script that calls the program.
fn commands(value: &Value) -> Vec<String> {
    let lines =
        |text: &str| text.lines().map(str::trim).filter(|line| line.starts_with("prom-doctor ")).map(str::to_owned).collect();
    match value {
        Value::String(text) => lines(text),
        Value::Array(items) => items.iter().flat_map(commands).collect(),
        Value::Object(fields) => fields.values().flat_map(commands).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_github_workflow() {
    let workflow = yaml("examples/ci/github.yaml");
    let steps = workflow["jobs"]["lint"]["steps"].as_array().unwrap();
    let runs: Vec<Value> = steps.iter().map(|step| step["run"].clone()).collect();
    let [report, lint] = commands(&Value::Array(runs)).try_into().unwrap();
    let checkout = checkout();
    let ran = run(checkout.path(), &report);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let upload = steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("upload-sarif"))).unwrap();
    let sarif = fs::read_to_string(checkout.path().join(upload["with"]["sarif_file"].as_str().unwrap())).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let uris = results.iter().map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]);
    let files: BTreeSet<&str> = uris.map(|uri| uri.as_str().unwrap()).collect();
    assert!(!files.is_empty() && files.iter().all(|file| checkout.path().join(file).is_file()), "{files:?}");
    let summary = steps.iter().filter_map(|step| step["run"].as_str()).find(|run| run.contains("GITHUB_STEP_SUMMARY")).unwrap();
    let summary = fs::read_to_string(checkout.path().join(summary.split_whitespace().nth(1).unwrap())).unwrap();
    assert!(summary.starts_with("### prom-doctor: ") && summary.contains("deploy/"), "{summary}");
    let ran = run(checkout.path(), &lint);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    assert!(ran.stdout.contains("::error file=deploy/"), "{}", ran.stdout);
}

#[test]
fn the_gitlab_job() {
    let job = yaml("examples/ci/gitlab.yaml")["monitors"].take();
    let [lint] = commands(&job["script"]).try_into().unwrap();
    let checkout = checkout();
    let ran = run(checkout.path(), &lint);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    let report = |kind: &str| {
        let name = job["artifacts"]["reports"][kind].as_str().unwrap();
        fs::read_to_string(checkout.path().join(name)).unwrap()
    };
    let issues: Value = serde_json::from_str(&report("codequality")).unwrap();
    let paths: BTreeSet<&str> =
        issues.as_array().unwrap().iter().map(|issue| issue["location"]["path"].as_str().unwrap()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| checkout.path().join(path).is_file()), "{paths:?}");
    assert!(report("junit").contains("<failure "));
}

#[test]
fn the_hook() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    assert_eq!((&hook["id"], &hook["language"]), (&"prom-doctor-lint".into(), &"rust".into()));
    let (checkout, entry) = (checkout(), hook["entry"].as_str().unwrap());
    let mut files: Vec<String> = fs::read_dir(checkout.path().join("deploy"))
        .unwrap()
        .map(|file| format!("deploy/{}", file.unwrap().file_name().to_str().unwrap()))
        .collect();
    files.sort();
    // pre-commit puts the names of the files that changed behind the entry.
    let ran = run(checkout.path(), &format!("{entry} {}", files.join(" ")));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{}", ran.stdout);
    assert!(ran.stdout.contains("deploy/"), "{}", ran.stdout);
    // A commit need not hold anything for Kubernetes.
    fs::write(checkout.path().join("values.yaml"), "replicas: 3\n").unwrap();
    let ran = run(checkout.path(), &format!("{entry} values.yaml"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
}
