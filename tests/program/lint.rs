//! `lint`: files in, places out.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::kit::run::{Ran, prom_doctor, prom_doctor_with};

const BROKEN: &str = "apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: cart
spec:
  selector: {}
  podMetricsEndpoints:
  - port: metrics
    interval: 1.5m
";

const WELL: &str = "apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: well}
spec:
  selector: {matchLabels: {app: well}}
  podMetricsEndpoints:
  - port: metrics
";

fn lint(folder: &Path, arguments: &[&str]) -> Ran {
    let all: Vec<&str> = ["lint", "--no-config"].into_iter().chain(arguments.iter().copied()).collect();
    prom_doctor(folder, &all)
}

fn piped(text: &str, arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<&str> = ["lint", "--no-config", "-f", "-"].into_iter().chain(arguments.iter().copied()).collect();
    prom_doctor_with(folder.path(), &all, &[], text)
}

/// Code, line and column of every finding of a text.
fn places(text: &str) -> Vec<(String, u64, u64)> {
    let ran = piped(text, &["-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let place = |finding: &Value| {
        let at = &finding["location"];
        (finding["code"].as_str().unwrap().to_owned(), at["line"].as_u64().unwrap(), at["column"].as_u64().unwrap())
    };
    report["findings"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn folders_patterns_and_lists_of_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("a.yaml", WELL);
    write("deep/b.yaml", BROKEN);
    write("notes.txt", "kind: no");
    let flat = lint(folder.path(), &["-f", "."]);
    assert_eq!((flat.code, flat.stderr.as_str()), (Some(0), ""), "{flat:?}");
    assert!(flat.stdout.contains("linted 1 object in 1 file"), "{}", flat.stdout);
    for arguments in [&["-R", "-f", "."][..], &["-f", "**/*.yaml"], &["-f", "a.yaml,deep/b.yaml"], &["a.yaml", "deep"]] {
        let ran = lint(folder.path(), arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
        assert!(ran.stdout.contains("linted 2 objects in 2 files for operator 0."), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stdout.contains("deep/b.yaml:9:15"), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stdout.contains("no cluster was asked"), "{}", ran.stdout);
    }
}

#[test]
fn exit_codes_tell_findings_from_what_could_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("well.yaml"), WELL).unwrap();
    fs::write(folder.path().join("broken.yaml"), BROKEN).unwrap();
    fs::write(folder.path().join("binary.yaml"), [0x80, 0x81]).unwrap();
    fs::write(folder.path().join("empty.yaml"), "# nothing\n").unwrap();
    let run = |arguments: &[&str]| lint(folder.path(), arguments);
    assert_eq!(run(&["-f", "well.yaml"]).code, Some(0));
    assert_eq!(run(&["-f", "broken.yaml"]).code, Some(1));
    assert_eq!(run(&["-f", "broken.yaml", "--exit-zero"]).code, Some(0));
    assert_eq!(run(&["-f", "broken.yaml", "-qq"]).stdout, "");
    for (path, words) in [
        ("missing.yaml", "no such file or folder"),
        ("*.json", "no file matches"),
        ("https://example.com/a.yaml", "curl -L https://example.com/a.yaml |"),
        ("binary.yaml", "neither UTF-8 nor UTF-16"),
        ("empty.yaml", "no Kubernetes object in empty.yaml"),
    ] {
        let ran = run(&["-f", path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{path}: {ran:?}");
        assert!(ran.stderr.contains(words), "{path}: {}", ran.stderr);
    }
    // What can be read is judged all the same, and a good end is not claimed.
    let partly = run(&["-f", "missing.yaml,well.yaml"]);
    assert_eq!(partly.code, Some(3), "{partly:?}");
    assert!(partly.stdout.contains("linted 1 object") && partly.stderr.contains("missing.yaml"), "{partly:?}");
    assert_eq!(run(&["-f", "missing.yaml,broken.yaml"]).code, Some(1));
    assert_eq!(run(&[]).code, Some(2));
    assert_eq!(run(&["-f", "well.yaml", "--operator-version", "new"]).code, Some(2));
    assert_eq!(run(&["-f", "well.yaml", "--snapshot", "."]).code, Some(2));
}

#[test]
fn places_are_those_that_an_editor_shows() {
    let at = |text: &str, line: u64, column: u64| places(text).iter().any(|place| (place.1, place.2) == (line, column));
    let crlf = BROKEN.replace('\n', "\r\n");
    for text in [BROKEN.to_owned(), format!("\u{feff}{BROKEN}"), crlf, BROKEN.replace("cart", "日本")] {
        assert!(at(&text, 9, 15), "{text:?}: {:?}", places(&text));
    }
    let anchored =
        BROKEN.replace("interval: 1.5m", "interval: *long").replace("name: cart", "name: cart\n  annotations: {a: &long 1.5m}");
    assert!(at(&anchored, 5, 26), "{:?}", places(&anchored));
    let list = format!("kind: List\napiVersion: v1\nitems:\n- {}", BROKEN.trim_end().replace('\n', "\n  "));
    assert!(at(&list, 12, 17), "{:?}", places(&list));
}

#[test]
fn a_broken_document_costs_only_itself() {
    let text = format!("kind: Service\nmetadata:\n\tname: x\n---\nname: {{{{ .Values.name }}}}\n---\n{BROKEN}");
    let found = places(&text);
    for place in [(3, 1), (5, 7), (15, 15)] {
        assert!(found.iter().any(|(_, line, column)| (*line, *column) == place), "{place:?}: {found:?}");
    }
    let ran = piped(&text, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("a tab indents this line") && ran.stdout.contains("this is a Helm template"), "{}", ran.stdout);
}

#[test]
fn the_template_is_named_beside_the_place_in_the_stream() {
    let ran = piped(&format!("---\n# Source: shop/templates/pmon.yaml\n{BROKEN}"), &[]);
    assert!(ran.stdout.contains("from shop/templates/pmon.yaml"), "{}", ran.stdout);
    assert!(ran.stdout.contains("standard input:11:15"), "{}", ran.stdout);
}

#[test]
fn excerpts_fit_a_narrow_screen_and_show_no_credentials() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: cart-token}\nstringData:\n  tokn: hunter2\n";
    let monitor = BROKEN.replace("interval: 1.5m", "authorization: {credentials: {name: cart-token, key: token}}");
    let both = format!("{secret}---\n{monitor}");
    for arguments in [&["--ascii"][..], &["--color", "always"], &["-o", "wide"]] {
        let ran = piped(&both, arguments);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stdout.contains("PD0401") && !ran.stdout.contains("hunter2"), "{}", ran.stdout);
    }
    let ascii = piped(&both, &["--ascii"]).stdout;
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("standard input:"), "{ascii}");
    // One long line is cut around what is wrong.
    let one = serde_json::to_string(&serde_json::json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor",
        "metadata": {"name": "cart", "annotations": {"a": "x".repeat(5_000)}},
        "spec": {"selector": {}, "podMetricsEndpoints": [{"port": "metrics", "interval": "1.5m"}]}}))
    .unwrap();
    let cut = piped(&one, &[]).stdout;
    assert!(cut.contains("1.5m") && cut.lines().all(|line| line.chars().count() < 250), "{cut}");
}

#[test]
fn objects_without_a_namespace_may_end_up_anywhere() {
    let service = |namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: cart, labels: {{app: cart}}{namespace}}}\nspec: {{selector: {{app: cart}}, ports: [{{name: web, port: 80}}]}}\n"
        )
    };
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {matchLabels: {app: cart}}, endpoints: [{port: metrics}]}\n";
    let told = |text: &str| places(text).iter().any(|(code, ..)| code == "PD1001");
    assert!(told(&format!("{}---\n{monitor}", service(", namespace: shop"))));
    // The Service may be meant for the monitor or not: nobody knows.
    assert!(!told(&format!("{}---\n{monitor}", service(""))));
    // A mistake stays one, whoever else names no namespace.
    let nobody = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    assert!(places(&format!("{}---\n{nobody}", monitor.replace("port:", "prot:"))).iter().any(|(code, ..)| code == "PD1402"));
    let together = monitor.replace(", namespace: shop", "");
    assert!(told(&format!("{}---\n{together}", service(""))));
}

#[test]
fn the_operator_that_is_asked_for_is_the_one_that_is_named() {
    let scraping = BROKEN.replace("interval: 1.5m", "interval: 1m").replace("  selector: {}", "  selector: {}\n  scrapeClass: a");
    let ran = piped(&scraping, &["--operator-version", "0.60"]);
    assert!(ran.stdout.contains("PD1408") && ran.stdout.contains("this is 0.60"), "{}", ran.stdout);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), &scraping).unwrap();
    fs::write(folder.path().join("well.yaml"), WELL).unwrap();
    let against = ["-f", "a.yaml", "--against", "well.yaml", "--operator-version", "0.60"];
    let ran = lint(folder.path(), &against);
    assert!(ran.stdout.contains("PD1408") && ran.stdout.contains("this is 0.60"), "{ran:?}");
    // Files may bring the operator along.
    let operator = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: prometheus-operator, namespace: default}\n\
        spec: {selector: {matchLabels: {app: o}}, template: {metadata: {labels: {app: o}}, spec: {containers: [{name: prometheus-operator, \
        image: 'quay.io/prometheus-operator/prometheus-operator:v0.60.0'}]}}}\n";
    fs::write(folder.path().join("a.yaml"), format!("{scraping}{operator}")).unwrap();
    let ran = lint(folder.path(), &against[..4]);
    assert!(ran.stdout.contains("PD1408") && ran.stdout.contains("this is 0.60"), "{ran:?}");
}

#[test]
fn what_no_api_server_takes_is_an_error_at_the_value() {
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    scrape: true\nspec:\n  selector: {app: a}\n  ports: [{port: 80}]\n";
    let ran = piped(service, &["-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = &report["findings"][0];
    assert_eq!((&found["code"], &found["severity"]), (&"PD0001".into(), &"error".into()), "{found:#}");
    assert_eq!((&found["location"]["line"], &found["location"]["column"]), (&6.into(), &13.into()), "{found:#}");
    assert!(found["message"].as_str().unwrap().contains("metadata.labels.scrape must be a string"), "{found:#}");
    let annotated = service.replace("  labels:\n    scrape: true", "  annotations: {prometheus.io/port: 9090}");
    assert_eq!(places(&annotated)[0], ("PD0001".to_owned(), 5, 37));
    // Nothing is as good as no text.
    let ran = piped(&service.replace("scrape: true", "scrape:"), &["-o", "json"]);
    assert!(!ran.stdout.contains("\"severity\": \"error\""), "{}", ran.stdout);
}

#[test]
fn unknown_fields_are_marked_once() {
    let ran = piped(&BROKEN.replace("interval: 1.5m", "fooBar: 7"), &[]);
    assert!(ran.stdout.contains("not known here"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("has fooBar") && !ran.stdout.contains("fooBar = "), "{}", ran.stdout);
}
