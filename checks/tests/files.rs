//! The YAML on the pages, linted as a file: which checks files can show, and at which characters of the text.
//!
//! What is pointed at stands in `files/places.txt`, one line for each finding: read the difference before you commit it.

use std::fs;
use std::path::Path;

use prom_doctor_checks::files::{Bundle, Reading, Settings, lint};
use prom_doctor_checks::registry::CHECKS;
use prom_doctor_checks::report::{Finding, Mode, Position, Report, Run, Severity};

use crate::pages::blocks;

fn linted(text: &str) -> (Bundle, Report) {
    let bundle = Bundle::read(vec![("page".to_owned(), text.to_owned())], &Reading::default());
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let report = lint(&bundle, &Settings::default(), run);
    (bundle, report)
}

/// The characters at a place, found by counting lines and characters, as an editor does.
fn characters(text: &str, at: &Position) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let line = lines[at.line - 1];
    if at.end_line > at.line {
        return format!("{} …", line.chars().skip(at.column - 1).collect::<String>());
    }
    line.chars().skip(at.column - 1).take(at.end_column - at.column).collect()
}

/// One line of the table: where a finding points, on which side of the mark on the page, and what else it points at.
fn place(text: &str, finding: &Finding) -> String {
    let Some(at) = &finding.location else { return format!("{} nowhere", finding.code) };
    let marked: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.split_once('#').is_some_and(|(_, comment)| comment.contains(&finding.code)))
        .map(|(number, _)| number + 1)
        .collect();
    let side = if marked.contains(&at.line) { "" } else { " (not the marked line)" };
    let mut out = format!("{} {}:{} `{}`{side}", finding.code, at.line, at.column, characters(text, at));
    for related in &finding.related {
        let at = &related.location;
        out += &format!(" | {}:{} `{}` {}", at.line, at.column, characters(text, at), related.message);
    }
    out
}

#[test]
fn files_show_what_is_wrong_at_the_characters_that_are() {
    let mut table = String::new();
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("broken")) {
            let (_, report) = linted(text);
            table += &format!("{} {name}\n", check.code);
            for finding in &report.findings {
                table += &format!("  {}\n", place(text, finding));
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/places.txt");
    if fs::read_to_string(&path).unwrap_or_default() != table {
        fs::write(&path, table).unwrap();
        panic!("files show something else than they did; places.txt has been written anew: look at the difference");
    }
}

#[test]
fn mended_files_are_silent() {
    let mut loud = String::new();
    for check in CHECKS {
        for (name, text) in blocks(check.explain).iter().filter(|(name, _)| name.starts_with("fixed")) {
            let (_, report) = linted(text);
            for finding in report.findings.iter().filter(|finding| finding.severity != Severity::Info) {
                loud += &format!("{} {name}: {}: {}\n", check.code, finding.code, finding.message);
            }
        }
    }
    assert_eq!(loud, "");
}

#[test]
fn every_finding_of_a_file_has_a_place_in_it() {
    for check in CHECKS {
        for (name, text) in &blocks(check.explain) {
            let (bundle, report) = linted(text);
            for finding in &report.findings {
                let at = finding.location.as_ref().unwrap_or_else(|| panic!("{} {name}: {finding:#?}", check.code));
                let shown = bundle.file(&at.file).unwrap();
                assert!(!shown.text[shown.line(at.line)].is_empty(), "{} {name}: {finding:#?}", check.code);
                assert!((at.line, at.column) < (at.end_line, at.end_column), "{} {name}: {finding:#?}", check.code);
            }
        }
    }
}

/// A monitor that waits longer than it may, with something else beside it.
fn slow(labels: &str, interval: &str) -> String {
    format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: app, namespace: shop, labels: {{{labels}}}}}\nspec:\n  selector: {{matchLabels: {{app: app}}}}\n  endpoints:\n  - port: web\n    {interval}\n    scrapeTimeout: 50s\n"
    )
}

fn codes(report: &Report) -> Vec<(&str, usize)> {
    let line = |finding: &Finding| finding.location.as_ref().map_or(0, |at| at.line);
    report.findings.iter().map(|finding| (finding.code.as_str(), line(finding))).collect()
}

#[test]
fn a_misread_field_hides_only_what_follows_from_it() {
    let (_, report) = linted(&slow("ok: true", "interval: 10s"));
    assert_eq!(codes(&report), [("PD1403", 3), ("PD0402", 9)], "a label of a wrong type says nothing of times");
    let (_, report) = linted(&slow("ok: a", "intervl: 10s"));
    assert_eq!(codes(&report), [("PD1402", 8)], "the interval is what was misread");
}

#[test]
fn each_copy_of_an_object_is_judged_at_its_own_place() {
    let (bad, good) = (slow("ok: a", "interval: 10s"), slow("ok: a", "interval: 60s"));
    let twice = ("PD1409", 3);
    assert_eq!(codes(&linted(&format!("{bad}---\n{good}")).1), [("PD0402", 9), twice]);
    assert_eq!(codes(&linted(&format!("{good}---\n{bad}")).1), [("PD0402", 19), twice]);
    assert_eq!(codes(&linted(&format!("{bad}---\n{bad}")).1), [("PD0402", 9), ("PD0402", 19), twice]);
    assert_eq!(codes(&linted(&format!("{good}---\n{good}")).1), [twice]);
    let misspelt = slow("ok: a", "intervl: 10s");
    assert_eq!(codes(&linted(&format!("{misspelt}---\n{good}")).1), [twice, ("PD1402", 8)]);
    // In files of their own they may be alternatives.
    let files = vec![("a.yaml".to_owned(), bad), ("b.yaml".to_owned(), good)];
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let report = lint(&Bundle::read(files, &Reading::default()), &Settings::default(), run);
    assert_eq!(codes(&report), [("PD0402", 9)]);
}

#[test]
fn what_has_no_name_has_a_place() {
    let (_, report) = linted(
        "apiVersion: v1\nkind: List\nitems: []\n---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: n}\nspec: {selector: {}, endpoints: [{port: web}]}\n",
    );
    assert!(codes(&report).contains(&("PD1403", 7)), "{:?}", codes(&report));
    assert!(report.findings.iter().all(|finding| finding.affects.is_empty()));
}

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec:\n  selector: {app: cart}\n  ports: [{name: web, port: 80}]\n";

#[test]
fn a_missing_marker_is_one_finding_and_both_objects_are_judged() {
    let (bundle, report) = linted(&format!("{}{SERVICE}", slow("ok: a", "interval: 10s")));
    assert_eq!(codes(&report), [("PD0402", 9), ("PD1406", 10)]);
    let joined = &report.findings[1];
    assert_eq!(joined.severity, Severity::Error);
    assert_eq!(joined.subject.kind, "Service");
    let said = "a document begins here without `---`: kubectl reads it and ServiceMonitor app as one object, and ServiceMonitor app is lost";
    assert_eq!(joined.message, said);
    assert_eq!(bundle.objects, 2);
    // Kinds that no check reads run into each other, too.
    let other = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {}\n";
    assert_eq!(codes(&linted(&format!("{other}{other}")).1), [("PD1406", 5)]);
}

#[test]
fn keys_are_written_twice_in_any_kind() {
    let twice = |text: &str| codes(&linted(text).1).into_iter().map(|(code, line)| format!("{code} {line}")).collect::<Vec<_>>();
    assert_eq!(twice(&SERVICE.replace("  ports", "  selector: {app: other}\n  ports")), ["PD1406 6"]);
    let unread =
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  minAvailable: 1\n  minAvailable: 2\n";
    assert_eq!(twice(unread), ["PD1406 6"]);
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n  type: a\n  type: a\n";
    let (_, report) = linted(list);
    assert_eq!(codes(&report), [("PD1406", 11)]);
    assert_eq!((report.findings[0].severity, report.findings[0].subject.kind.as_str()), (Severity::Info, "Secret"));
    assert!(twice(SERVICE).is_empty());
}

#[test]
fn what_aliases_repeat_is_told_once() {
    let text = slow("ok: a", "interval: 10").replace("  - port", "  - &e\n    port");
    let (_, report) = linted(&format!("{text}  - *e\n  - *e\n"));
    assert_eq!(codes(&report), [("PD1403", 9)]);
    let message = &report.findings[0].message;
    assert!(message.ends_with("(the same at spec.endpoints[1].interval and spec.endpoints[2].interval)"), "{message}");
    assert_eq!(report.summary.findings.error, 1);
    let list = "apiVersion: v1\nkind: List\nitems:\n- &m\n  apiVersion: monitoring.coreos.com/v1\n  kind: ServiceMonitor\n  metadata: {name: a}\n  spec: {selector: {}, endpoints: [{port: web, interval: x}]}\n- {<<: *m, metadata: {name: b}}\n";
    let (_, report) = linted(list);
    assert_eq!(codes(&report), [("PD1405", 8)]);
    assert!(report.findings[0].message.ends_with("(the same at ServiceMonitor default/b)"), "{}", report.findings[0].message);
    assert_eq!(report.findings[0].affects.len(), 2);
    // What is said of different fields at one place is not the same.
    let (_, report) = linted("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\nspec: {}\n");
    assert_eq!(report.findings.len(), 2, "{:?}", codes(&report));
}

fn linted_files(files: &[(&str, &str)]) -> (Bundle, Report) {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let bundle = Bundle::read(files, &Reading::default());
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let report = lint(&bundle, &Settings::default(), run);
    (bundle, report)
}

#[test]
fn patches_of_kustomize_are_parts_of_objects() {
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: app}\n";
    let base = format!("{monitor}spec:\n  selector: {{matchLabels: {{app: app}}}}\n  endpoints: [{{port: web}}]\n");
    let part = format!("{monitor}spec:\n  endpoints:\n  - interval: 10\n  selector: {{matchLabel: {{a: b}}}}\n  endpoint: []\n");
    let delete = format!("{monitor}$patch: delete\n");
    let ops = "- op: replace\n  path: /spec/endpoints/0/port\n  value: http\n";
    let kustomization = "metadata: {name: k}\nresources: [base.yaml]\npatches:\n- path: p/part.yaml\n- {path: p/ops.yaml, target: {kind: ServiceMonitor}}\n";
    let (bundle, report) = linted_files(&[
        ("o/base.yaml", &base),
        ("o/delete.yaml", &delete),
        ("o/kustomization.yaml", kustomization),
        ("o/p/ops.yaml", ops),
        ("o/p/part.yaml", &part),
    ]);
    let told: Vec<_> = report.findings.iter().map(|finding| (finding.code.as_str(), finding.location.clone().unwrap())).collect();
    let told: Vec<_> = told.iter().map(|(code, at)| (*code, at.file.as_str(), at.line)).collect();
    assert_eq!(
        told,
        [("PD1403", "o/p/part.yaml", 6), ("PD1402", "o/p/part.yaml", 7), ("PD1402", "o/p/part.yaml", 8)],
        "{:#?}",
        report.findings
    );
    // What a part drops is no loss of the whole, and what it misspells may be there.
    assert!(report.findings[1].message.ends_with("it is dropped"), "{}", report.findings[1].message);
    assert!(report.findings[2].message.ends_with("it is dropped"), "{}", report.findings[2].message);
    assert!(report.findings.iter().all(|finding| finding.fixes.iter().all(|fix| fix.patch.is_empty())));
    assert_eq!((bundle.objects, bundle.patches()), (1, 3));
    // A patch alone is known by the kustomization beside it.
    let kustomizations = vec![("o/kustomization.yaml".to_owned(), kustomization.to_owned())];
    let reading = Reading { kustomizations, ..Reading::default() };
    let alone = |name: &str| Bundle::read(vec![(name.to_owned(), part.clone())], &reading).patches();
    assert_eq!((alone("o/p/part.yaml"), alone("p/part.yaml")), (1, 0));
}

#[test]
fn several_patches_of_one_object_are_each_judged() {
    let part = |spec: &str| {
        format!("apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: app}}\nspec: {{{spec}}}\n")
    };
    let (one, two, right) = (part("selectr: {}"), part("jobLabl: a"), part("jobLabel: a"));
    let kustomization = "patchesStrategicMerge: [a.yaml, b.yaml, c.yaml]\n";
    let files = [("a.yaml", one.as_str()), ("b.yaml", &two), ("c.yaml", &right), ("kustomization.yaml", kustomization)];
    let (_, report) = linted_files(&files);
    let told: Vec<_> = report.findings.iter().filter_map(|finding| Some(finding.location.as_ref()?.file.as_str())).collect();
    assert_eq!(told, ["a.yaml", "b.yaml"]);
}

#[test]
fn templates_of_a_chart_are_one_trouble() {
    let template = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n";
    let (_, report) =
        linted_files(&[("a.yaml", template), ("b.yaml", &format!("{template}---\n{template}")), ("c.yaml", "a: [\n")]);
    assert_eq!(codes(&report), [("PD0001", 4), ("PD0001", 1)]);
    let message = &report.findings[0].message;
    assert!(
        message.starts_with("this is a Helm template") && message.ends_with("; 2 other documents are templates, too"),
        "{message}"
    );
}

#[test]
fn what_is_inside_of_a_misspelt_list_is_told_too() {
    let text = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  endpoint:\n  - port: web\n    interval: 5\n    intervall: 5s\n";
    let (_, wrong) = linted(text);
    assert_eq!(codes(&wrong), [("PD1402", 6), ("PD1403", 8), ("PD1402", 9)]);
    let said = "spec.endpoint[0].interval must be a duration such as 30s, 5m or 1h30m, not a number 5: under its right name, spec.endpoints[0].interval, it is refused";
    assert_eq!(wrong.findings[1].message, said);
    // They are the same findings once the name is right.
    let (_, right) = linted(&text.replace("endpoint:", "endpoints:"));
    let prints = |report: &Report| {
        report.findings.iter().map(|finding| finding.fingerprint.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(prints(&right).is_subset(&prints(&wrong)), "{:#?}", right.findings);
    assert_eq!(codes(&right), [("PD1403", 8), ("PD1402", 9)]);
}

/// A Deployment, a Service in front of it and its monitor.
fn shipped(template: &str, selector: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: cart, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: cart}}}}
  template:
    metadata:
      labels:
        {template}
    spec: {{containers: [{{name: cart, ports: [{{name: metrics, containerPort: 9090}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop, labels: {{app: cart}}}}
spec:
  selector:
    {selector}
  ports: [{{name: metrics, port: 9090}}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: cart, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: cart}}}}
  endpoints: [{{port: metrics}}]
"
    )
}

#[test]
fn a_service_that_selects_no_pod_is_held_to_the_nearest_template() {
    let told = |template: &str, selector: &str| {
        let text = shipped(template, selector);
        let (_, report) = linted(&text);
        let finding = report.findings.into_iter().next()?;
        let also: Vec<String> = finding.related.iter().map(|related| characters(&text, &related.location)).collect();
        Some((finding.code.clone(), finding.message.clone(), also))
    };
    let (code, message, also) = told("app: cart", "app: carts").unwrap();
    assert_eq!(code, "PD0901");
    assert!(message.ends_with("it asks for app=carts, the pods of Deployment cart have app=cart"), "{message}");
    assert_eq!(also, ["cart"]);
    // Helm merged a pair too much into the selector of its own Deployment.
    let (code, message, also) = told("app: cart", "app: cart\n    part: api").unwrap();
    assert_eq!(code, "PD0901");
    assert!(message.ends_with("it asks for part=api, which the pods of Deployment cart lack"), "{message}");
    assert_eq!(also, ["labels"]);
    // Who leads an operator tells when it runs; another part, number or application may be shipped elsewhere.
    for (template, selector) in [
        ("app: cart", "app: cart\n    role: leader"),
        ("app: cart\n        tier: web", "app: cart\n    tier: api"),
        ("app: cart-1", "app: cart-2"),
        ("app: cart", "app: basket"),
    ] {
        assert_eq!(told(template, selector), None, "{selector}");
    }
    let two = format!(
        "{}---\napiVersion: v1\nkind: Service\nmetadata: {{name: other, namespace: shop}}\nspec: {{selector: {{app: cart}}, ports: [{{port: 80}}]}}\n",
        shipped("app: cart", "app: cart\n    part: api")
    );
    assert_eq!(codes(&linted(&two).1), [], "the pods are those of another Service");
}

#[test]
fn an_endpoint_that_a_dash_tore_apart_is_seen_without_a_service() {
    let endpoints = |list: &str| {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: a, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: a}}}}\n  endpoints: [{list}]\n"
        );
        linted(&text).1.findings.iter().map(|finding| finding.code.clone()).collect::<Vec<_>>()
    };
    assert_eq!(endpoints("{port: metrics}, {interval: 30s}"), ["PD1006"]);
    assert_eq!(endpoints("{port: metrics}, {metricRelabelings: []}"), ["PD1006"]);
    // Another path is another target, and a Service may have one port only.
    for well in ["{port: metrics}, {path: /federate}", "{port: metrics, interval: 10s}, {interval: 30s}", "{interval: 30s}", "{}"]
    {
        assert_eq!(endpoints(well), [""; 0], "{well}");
    }
}

#[test]
fn a_selector_that_is_written_empty_is_no_slip() {
    let service = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{selector: {{app: {name}}}, ports: [{{name: web, port: 80}}]}}\n"
        )
    };
    let text = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: a, namespace: shop}}\nspec: {{selector: {{}}, endpoints: [{{port: web}}]}}\n{}{}",
        service("a"),
        service("b")
    );
    let (_, report) = linted(&text);
    assert_eq!(codes(&report), [("PD0807", 4)]);
    assert_eq!(report.findings[0].severity, Severity::Info);
}

#[test]
fn what_has_no_name_is_told_once_and_has_a_place() {
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  labels: {a: 1}\nspec: {selector: {}, endpoints: []}\n";
    assert_eq!(codes(&linted(monitor).1), [("PD1404", 3), ("PD1403", 4)]);
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  labels: {a: 1}\nspec: {ports: []}\n";
    assert_eq!(codes(&linted(service).1), [("PD0001", 4)]);
}

#[test]
fn what_cannot_be_read_is_told_where_it_stands_and_not_where_another_of_its_name_does() {
    let service = |ports: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  ports: {ports}\n");
    let (_, report) = linted(&format!("{}---\n{}", service("x"), service("[]")));
    let unread: Vec<_> = codes(&report).into_iter().filter(|(code, _)| *code == "PD0001").collect();
    assert_eq!(unread, [("PD0001", 5)]);
}

#[test]
fn templates_in_quotes_are_templates() {
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  endpoints: [{port: web, interval: \"{{ .Values.interval }}\"}]\n";
    let (_, report) = linted(monitor);
    assert_eq!(codes(&report), [("PD0001", 6)]);
    assert!(report.findings[0].message.starts_with("this is a Helm template"));
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: \"{{ .Release.Name }}\"}\nspec: {ports: []}\n";
    assert_eq!(codes(&linted(service).1), [("PD0001", 3)]);
    // What others fill in is none of Helm's business, nor is what a ConfigMap holds.
    let rule = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\nspec: {groups: [{name: g, rules: [{alert: A, expr: up, annotations: {summary: \"{{ $labels.pod }}\"}}]}]}\n";
    let held = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: \"{{ .Values.x }}\"}\n";
    assert!(codes(&linted(rule).1).is_empty() && codes(&linted(held).1).is_empty());
}

#[test]
fn an_object_of_ours_without_a_kind_is_one() {
    let (bundle, report) = linted("apiVersion: monitoring.coreos.com/v1\nmetadata: {name: a}\nspec: {selector: {}}\n");
    assert!(!bundle.is_empty());
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
}
