//! What reading costs: about 10 MB of mixed manifests, read by serde_yaml into values, and by our reader into trees that
//! know their bytes, and linted, in turns in one run. Linting may take twice as long as our reader, that one and a half
//! times as long as serde_yaml.
//!
//! `cargo bench --bench read`; with `-- --check` it fails where a ratio is exceeded by far; `READ_MB=2` reads less.
//! Memory is that of a process of its own for each reader, as Linux counts it, less the text.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it measured")]

use std::fmt::Write as _;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use prom_doctor_checks::files::{self, Bundle, Reading, Settings};
use prom_doctor_checks::report::{Mode, Run};
use prom_doctor_checks::yaml;
use serde::Deserialize as _;

/// Rounds; the fastest of each counts, because everything else that the machine does only adds.
const ROUNDS: usize = 7;
/// What is promised, and how far beyond it a noisy machine may be.
const READER: f64 = 1.5;
const LINT: f64 = 2.0;
const MARGIN: f64 = 1.4;

/// Something that reads a text and says how much it found. What it read lives until it returns, and the time that it
/// takes to be dropped counts too.
type Reader = (&'static str, fn(&str) -> usize);

const READERS: [Reader; 4] = [("serde_yaml", serde), ("reader", tree), ("reader, to JSON", json), ("lint", lint)];

fn serde(text: &str) -> usize {
    let read = |document| serde_yaml::Value::deserialize(document).unwrap_or_default();
    let all: Vec<serde_yaml::Value> = serde_yaml::Deserializer::from_str(text).map(read).collect();
    all.iter().filter(|value| !value.is_null()).count()
}

fn tree(text: &str) -> usize {
    yaml::parse(text).documents.len()
}

fn json(text: &str) -> usize {
    let stream = yaml::parse(text);
    let all: Vec<_> = stream.documents.iter().map(|document| document.to_json()).collect();
    all.iter().filter(|value| value.is_ok()).count()
}

/// Judges the monitors, and says how many there were.
fn lint(text: &str) -> usize {
    let bundle = Bundle::read(vec![("bench.yaml".to_owned(), text.to_owned())], &Reading::default());
    let run = Run { mode: Mode::Files, context: None, observed_at: None, duration_ms: 0, operators: Vec::new() };
    let report = files::lint(&bundle, &Settings::default(), run);
    report.summary.monitors.ok
        + report.summary.monitors.partial
        + report.summary.monitors.failed
        + report.summary.monitors.unknown
}

fn main() -> ExitCode {
    let megabytes: usize = std::env::var("READ_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(10).max(1);
    let text = manifests(megabytes << 20);
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(only) = arguments.iter().position(|argument| argument == "--memory").and_then(|at| arguments.get(at + 1)) {
        return memory_of(only, &text);
    }
    println!("{:.1} MB, {} lines", text.len() as f64 / 1e6, text.lines().count());
    let mut best = [Duration::MAX; READERS.len()];
    let mut found = [0; READERS.len()];
    for _ in 0..ROUNDS {
        for (at, (_, read)) in READERS.iter().enumerate() {
            let start = Instant::now();
            found[at] = std::hint::black_box(read(std::hint::black_box(&text)));
            best[at] = best[at].min(start.elapsed());
        }
    }
    let ratio = |of: usize, to: usize| best[of].as_secs_f64() / best[to].as_secs_f64();
    for (at, (name, _)) in READERS.iter().enumerate() {
        let megabytes = text.len() as f64 / 1e6 / best[at].as_secs_f64();
        let memory = memory(name).map_or("?".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6));
        let what = if *name == "lint" { "monitors" } else { "documents" };
        println!("{name:<16} {:>9.1?}  {megabytes:>6.1} MB/s  {memory:>7}  {} {what}", best[at], found[at]);
    }
    println!("reader / serde_yaml   {:.2}   (at most {READER})", ratio(1, 0));
    println!("lint / reader         {:.2}   (at most {LINT})", ratio(3, 1));
    let all_found = found[..3].iter().all(|count| *count == found[0]) && found[3] > 0;
    if !all_found {
        eprintln!("they did not find the same documents");
    }
    let slow = ratio(1, 0) > READER * MARGIN || ratio(3, 1) > LINT * MARGIN;
    let check = arguments.iter().any(|argument| argument == "--check");
    if !all_found || (check && slow) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs one reader in this process and prints the memory that it needed at most, in bytes.
fn memory_of(name: &str, text: &str) -> ExitCode {
    let Some((_, read)) = READERS.iter().find(|(other, _)| *other == name) else {
        return ExitCode::FAILURE;
    };
    let before = peak();
    std::hint::black_box(read(text));
    match (before, peak()) {
        (Some(before), Some(after)) => println!("{}", after.saturating_sub(before)),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

fn memory(name: &str) -> Option<u64> {
    let output = Command::new(std::env::current_exe().ok()?).args(["--memory", name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The most memory that this process has had.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// What repositories of manifests are made of, in the order in which a chart renders them.
fn manifests(size: usize) -> String {
    let mut text = String::with_capacity(size + (1 << 16));
    let mut at = 0;
    while text.len() < size {
        match at % 16 {
            0..=2 => monitor(&mut text, at),
            3..=5 => service(&mut text, at),
            6..=9 => deployment(&mut text, at),
            10 | 11 => config_map(&mut text, at),
            12 => rules(&mut text, at),
            13 => secret(&mut text, at),
            14 => flow(&mut text, at),
            _ if at % 64 == 15 => definition(&mut text, at),
            _ => service(&mut text, at),
        }
        at += 1;
    }
    text
}

fn write(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(more);
}

fn head(text: &mut String, at: usize, version: &str, kind: &str) {
    write(
        text,
        format_args!(
            "---\n# Source: shop/templates/{}-{at}.yaml\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: shop-app-{at}\n  namespace: team-{}\n  labels:\n    app.kubernetes.io/name: app-{at}\n    app.kubernetes.io/instance: \"shop\"\n    app.kubernetes.io/managed-by: Helm\n    helm.sh/chart: shop-1.{}.0\n",
            kind.to_lowercase(),
            at % 50,
            at % 9
        ),
    );
}

fn monitor(text: &mut String, at: usize) {
    head(text, at, "monitoring.coreos.com/v1", "ServiceMonitor");
    write(
        text,
        format_args!(
            "    release: prometheus\nspec:\n  endpoints:\n    - port: http-metrics # of the Service\n      path: /metrics\n      interval: 30s\n      honorLabels: true\n      metricRelabelings:\n        - sourceLabels: [__name__]\n          regex: \"app_(request|response)_.*\"\n          action: drop\n        - sourceLabels:\n            - __meta_kubernetes_pod_node_name\n          targetLabel: node\n  namespaceSelector:\n    matchNames:\n      - team-{}\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: app-{at}\n      app.kubernetes.io/instance: \"shop\"\n",
            at % 50
        ),
    );
}

fn service(text: &mut String, at: usize) {
    head(text, at, "v1", "Service");
    write(
        text,
        format_args!(
            "  annotations: {{}}\nspec:\n  type: ClusterIP\n  ports:\n    - name: http\n      port: 80\n      targetPort: http\n      protocol: TCP\n    - name: http-metrics\n      port: {}\n      targetPort: metrics\n      protocol: TCP\n  selector:\n    app.kubernetes.io/name: app-{at}\n    app.kubernetes.io/instance: \"shop\"\n",
            9000 + at % 100
        ),
    );
}

fn deployment(text: &mut String, at: usize) {
    head(text, at, "apps/v1", "Deployment");
    write(
        text,
        format_args!(
            "spec:\n  replicas: {}\n  revisionHistoryLimit: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: app-{at}\n      app.kubernetes.io/instance: \"shop\"\n  template:\n    metadata:\n      annotations:\n        checksum/config: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef\n        prometheus.io/scrape: 'true'\n      labels:\n        app.kubernetes.io/name: app-{at}\n        app.kubernetes.io/instance: \"shop\"\n    spec:\n      serviceAccountName: app-{at}\n      # the image runs as nobody\n      securityContext:\n        runAsNonRoot: true\n        runAsUser: 65534\n      containers:\n        - name: app\n          image: \"registry.example.com/shop/app:v1.{}.3\"\n          imagePullPolicy: IfNotPresent\n          args:\n            - --listen=:8080\n            - --metrics-listen=:9090\n            - --log-level=info\n          env:\n",
            at % 5,
            at % 20
        ),
    );
    for number in 0..12 {
        write(
            text,
            format_args!("            - name: SETTING_{number}\n              value: \"of application {at}, number {number}\"\n"),
        );
    }
    text.push_str(
        "            - name: POD_IP\n              valueFrom:\n                fieldRef:\n                  fieldPath: status.podIP\n          ports:\n            - name: http\n              containerPort: 8080\n              protocol: TCP\n            - name: metrics\n              containerPort: 9090\n          livenessProbe:\n            httpGet:\n              path: /healthz\n              port: http\n            initialDelaySeconds: 10\n          resources:\n            limits:\n              cpu: 500m\n              memory: 512Mi\n            requests: {cpu: 100m, memory: 128Mi}\n          volumeMounts:\n            - name: config\n              mountPath: /etc/app\n              readOnly: true\n      volumes:\n        - name: config\n          configMap:\n            name: app-config\n      affinity:\n        podAntiAffinity:\n          preferredDuringSchedulingIgnoredDuringExecution:\n            - weight: 100\n              podAffinityTerm:\n                topologyKey: kubernetes.io/hostname\n                labelSelector:\n                  matchLabels:\n                    app.kubernetes.io/instance: shop\n",
    );
}

fn config_map(text: &mut String, at: usize) {
    head(text, at, "v1", "ConfigMap");
    text.push_str("data:\n  app.conf: |\n");
    for number in 0..60 {
        write(
            text,
            format_args!(
                "    section_{number} {{ listen = 127.0.0.1:{}; upstream \"app-{at}\" # weight {number}\n",
                8000 + number
            ),
        );
        text.push_str("      timeout = 30s; retries = 3 }\n\n");
    }
    text.push_str("  dashboard.json: |-\n");
    for number in 0..60 {
        write(
            text,
            format_args!(
                "    {{\"id\": {number}, \"title\": \"Requests of {at}\", \"targets\": [{{\"expr\": \"sum(rate(app_requests_total[5m]))\"}}]}},\n"
            ),
        );
    }
}

fn rules(text: &mut String, at: usize) {
    head(text, at, "monitoring.coreos.com/v1", "PrometheusRule");
    text.push_str("spec:\n  groups:\n");
    for group in 0..3 {
        write(text, format_args!("    - name: app-{at}.{group}\n      rules:\n"));
        for rule in 0..8 {
            write(
                text,
                format_args!(
                    "        - alert: AppSlow{rule}\n          annotations:\n            summary: 'Pod {{{{ $labels.pod }}}} answers slowly'\n            description: Half of the requests to {{{{ $labels.namespace }}}}/{{{{ $labels.pod }}}}\n              took more than {rule} seconds in the last ten minutes.\n          expr: |\n            histogram_quantile(0.5, sum by (le, pod) (\n              rate(app_request_duration_seconds_bucket{{job=\"app-{at}\"}}[10m])\n            )) > {rule}\n          for: 15m\n          labels:\n            severity: warning\n"
                ),
            );
        }
    }
}

fn secret(text: &mut String, at: usize) {
    head(text, at, "v1", "Secret");
    text.push_str("type: Opaque\ndata:\n");
    for number in 0..4 {
        write(text, format_args!("  key-{number}: {}\n", "bm90IGEgc2VjcmV0LCBvbmx5IHRoZSB0ZXh0IG9mIGEgYmVuY2htYXJr".repeat(6)));
    }
}

fn flow(text: &mut String, at: usize) {
    let labels = "{\"app\": \"x\", \"team\": \"y\"}";
    write(
        text,
        format_args!(
            "---\n{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n  {{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {{\"name\": \"flow-{at}\", \"labels\": {labels}}},\n   \"spec\": {{\"ports\": [{{\"name\": \"web\", \"port\": 80}}, {{\"name\": \"admin\", \"port\": 81}}], \"selector\": {labels}}}}},\n  {{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {{\"name\": \"more-{at}\", \"labels\": {labels}}},\n   \"spec\": {{\"ports\": [{{\"name\": \"web\", \"port\": 80}}], \"selector\": {labels}}}}}\n]}}\n"
        ),
    );
}

/// Deep, long and full of prose, as a CustomResourceDefinition.
fn definition(text: &mut String, at: usize) {
    head(text, at, "apiextensions.k8s.io/v1", "CustomResourceDefinition");
    text.push_str("spec:\n  group: shop.example.com\n  versions:\n    - name: v1\n      schema:\n        openAPIV3Schema:\n");
    properties(text, 10, 4);
}

fn properties(text: &mut String, indent: usize, levels: usize) {
    let margin = " ".repeat(indent);
    write(
        text,
        format_args!(
            "{margin}description: |-\n{margin}  What this holds is told in several lines of prose, which\n{margin}  readers of definitions know well.\n\n{margin}  More info: https://example.com/docs#fields\n"
        ),
    );
    if levels == 0 {
        write(text, format_args!("{margin}type: string\n"));
        return;
    }
    write(text, format_args!("{margin}properties:\n"));
    for number in 0..4 {
        write(text, format_args!("{margin}  field{number}:\n"));
        properties(text, indent + 4, levels - 1);
    }
    write(text, format_args!("{margin}required:\n{margin}- field0\n{margin}- field1\n{margin}type: object\n"));
}
