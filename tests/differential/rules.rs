//! Relabel rules of all actions, drawn around labels that are really there, so that they match now and then.

use prom_doctor_checks::prometheus::config::Rule;
use prom_doctor_checks::prometheus::relabel::{Labels, Semantics, problem, shape};
use serde_json::{Value, json};

use super::random::Random;

/// Labels that rules write. Most mean something to Prometheus.
const TARGETS: &[&str] = &[
    "instance",
    "job",
    "pod",
    "namespace",
    "service",
    "__address__",
    "__metrics_path__",
    "__scheme__",
    "__param_module",
    "__param_target",
    "__tmp_x",
    "__tmp_hash",
    "__scrape_interval__",
    "__scrape_timeout__",
    "label_${1}",
    "größe x.y",
    "${1}",
    "__meta_kubernetes_pod_name",
];

/// The rules of a job whose targets come with such labels. All are rules that this version loads.
pub(super) fn rules(random: &mut Random, material: &[Labels], semantics: Semantics) -> Vec<Value> {
    let count = random.pick(&[0, 1, 2, 3, 4, 6, 8]);
    let mut rules = Vec::new();
    if random.percent(15) {
        rules.extend(like_the_operator(random));
    }
    while rules.len() < count {
        let rule = rule(random, material);
        if shape(&rule).is_none() && problem(&Rule::read(&rule), semantics).is_none() {
            rules.push(rule);
        }
    }
    rules
}

/// What the operator writes, in its order, with parts left out.
fn like_the_operator(random: &mut Random) -> Vec<Value> {
    let meta = |name: &str| format!("__meta_kubernetes_{name}");
    let rules = [
        json!({"source_labels": ["job"], "target_label": "__tmp_prometheus_job_name"}),
        json!({"action": "drop", "source_labels": [meta("pod_phase")], "regex": "(Failed|Succeeded)"}),
        json!({"action": "keep",
            "source_labels": [meta("service_label_app"), meta("service_labelpresent_app")], "regex": "(web|api);true"}),
        json!({"action": "keep", "source_labels": [meta("endpoint_port_name")],
            "regex": random.pick(&["http", "metrics", "http.*"])}),
        json!({"action": "keep", "source_labels": [meta("endpointslice_port_name")],
            "regex": random.pick(&["http", "web", ".+"])}),
        json!({"action": "keep", "source_labels": [meta("pod_container_port_number")],
            "regex": random.pick(&["8080", "9090|80"])}),
        json!({"source_labels": [meta("endpoint_address_target_kind"), meta("endpoint_address_target_name")], "separator": ";",
            "regex": "Node;(.*)", "replacement": "${1}", "target_label": "node"}),
        json!({"source_labels": [meta("namespace")], "target_label": "namespace"}),
        json!({"source_labels": [meta("pod_container_name")], "target_label": "container"}),
        json!({"action": "drop", "source_labels": [meta("pod_container_init")], "regex": true}),
        json!({"source_labels": [meta("service_name")], "target_label": "job", "replacement": "${1}"}),
        json!({"source_labels": [meta("pod_label_app_kubernetes_io_name")], "target_label": "job",
            "regex": "(.+)", "replacement": "${1}"}),
        json!({"action": "labelmap", "regex": "__meta_kubernetes_pod_label_(.+)"}),
        json!({"target_label": "endpoint", "replacement": "http"}),
        json!({"source_labels": ["__address__", "__tmp_hash"], "target_label": "__tmp_hash",
            "regex": "(.+);", "replacement": "$1"}),
        json!({"action": "hashmod", "source_labels": ["__tmp_hash"], "target_label": "__tmp_hash", "modulus": 2}),
        json!({"action": random.pick(&["keep", "drop"]), "source_labels": ["__tmp_hash"], "regex": "0"}),
    ];
    rules.into_iter().filter(|_| random.percent(55)).collect()
}

fn rule(random: &mut Random, material: &[Labels]) -> Value {
    let sources: Vec<String> = (0..random.pick(&[0, 1, 1, 1, 1, 2, 3])).map(|_| source(random, material)).collect();
    let separator = random.percent(15).then(|| random.pick(&["", "-", ";;", ":"]));
    // What the rule sees of one of the targets.
    let seen = if material.is_empty() { None } else { Some(random.of(material)) };
    let value = |name: &String| seen.and_then(|labels| labels.get(name)).map_or("", String::as_str);
    let input = sources.iter().map(value).collect::<Vec<_>>().join(separator.unwrap_or(";"));
    let target = random.pick(TARGETS);
    let mut rule = json!({});
    let mut set = |key: &str, value: Value| rule[key] = value;
    let action = random.pick(&[
        "replace",
        "replace",
        "replace",
        "replace",
        "replace",
        "replace",
        "keep",
        "drop",
        "drop",
        "keepequal",
        "dropequal",
        "hashmod",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
    ]);
    if action != "replace" || random.percent(30) {
        set("action", if random.percent(10) { action.to_uppercase() } else { action.to_owned() }.into());
    }
    match action {
        "labelmap" => {
            set(
                "regex",
                random
                    .pick(&[
                        "__meta_kubernetes_(?:pod|service|node)_label_(.+)",
                        "__meta_(.+)_name",
                        "__meta_kubernetes_(pod_n.*)",
                    ])
                    .into(),
            );
            if random.percent(30) {
                set("replacement", random.pick(&["k8s_$1", "${1}", "$1_x"]).into());
            }
            return rule;
        }
        "labeldrop" | "labelkeep" => {
            let keeps = ["__.*|job|instance", "__(address|scheme|metrics_path|scrape_.+|meta_.*name)__|__meta.*", ".*"];
            let drops = ["__meta_kubernetes_.*label.*", "pod|job", "__param_.+", "__(scheme|metrics_path)__", "__scrape_.*", "x"];
            set("regex", if action == "labelkeep" { random.pick(&keeps) } else { random.pick(&drops) }.into());
            return rule;
        }
        _ => {}
    }
    let sources_given = !sources.is_empty() || random.percent(30);
    if sources_given {
        set("source_labels", sources.into());
    }
    if !["keep", "drop"].contains(&action) {
        set("target_label", target.into());
    }
    if !["keepequal", "dropequal"].contains(&action) {
        if let Some(separator) = separator {
            set("separator", separator.into());
        }
        if action != "replace" || random.percent(75) {
            // What keeps only what is like one target leaves little for the rules behind it.
            let wide = action == "keep" && random.percent(50);
            set(
                "regex",
                if wide { random.pick(&[".+", ".*", "()|.+", "(?s).*"]).to_owned() } else { regex(random, &input) }.into(),
            );
        }
    }
    if action == "hashmod" {
        set("modulus", random.pick(&[1_u64, 2, 3, 7, 100, u64::MAX]).into());
    }
    if action == "replace" && random.percent(60) {
        set("replacement", replacement(random, target).into());
    }
    rule
}

/// A label that may be looked at: mostly one that is there.
fn source(random: &mut Random, material: &[Labels]) -> String {
    if material.is_empty() || random.percent(12) {
        return random.pick(TARGETS).replace('$', "").replace(['{', '}'], "");
    }
    let labels = random.of(material);
    let at = random.below(labels.len());
    labels.keys().nth(at).unwrap().clone()
}

fn regex(random: &mut Random, input: &str) -> String {
    let literal = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
    };
    let half: String = input.chars().take(input.chars().count().div_ceil(2)).collect();
    match random.below(16) {
        0..=3 => literal(input),
        4 => format!("{}.*", literal(&half)),
        5 => format!("(?i){}", literal(&input.to_ascii_uppercase())),
        6 => format!("({}|other)", literal(input)),
        7 => literal(&half),
        8 => format!("(?P<name>{})(?P<rest>.*)", literal(&half)),
        other => {
            let patterns = ["(.*)", "(.+)", "", "([^:]+)(?::\\d+)?", "true|http|Pod", "(.*)[-;:](.*)", "[a-z0-9.:]+"];
            patterns[other - 9].to_owned()
        }
    }
}

/// A template; one that suits labels which must be of a form, if they are not to be broken every time.
fn replacement(random: &mut Random, target: &str) -> String {
    let templates: &[&str] = match target {
        "__scrape_interval__" => &["2h", "1d", "30m", "0s", "x", "", "$1"],
        "__scrape_timeout__" => &["5s", "2m", "3h", "", "1h1s"],
        "__scheme__" => &["https", "http", "ftp", "", "$1"],
        "__metrics_path__" => &["/probe", "stats/$1", "", "/a?b=c", "*", "$1"],
        "__address__" => &["$1:9115", "10.7.7.7", "[fd00::9]", "fd00::9", "", "$1", "a/b", "${1}:${2}", "h:80", "x y:1"],
        _ => &["$1", "${1}", "$2-$1", "", "x", "$$1", "${name}/${rest}", "$1_x", "a${0}b", "$"],
    };
    random.pick(templates).to_owned()
}
