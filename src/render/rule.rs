//! Relabel rules in words: what they look at and what they do, for people who do not know relabeling.

use prom_doctor_checks::targets::{RuleReport, StepEffect, TraceStep};

/// What a rule does, without its effect on any target: `keep where the Service label app is "cart"`.
pub(super) fn words(rule: &RuleReport) -> String {
    let target = &rule.target_label;
    match rule.action.to_ascii_lowercase().as_str() {
        "keep" | "drop" => {
            let (labels, condition) = condition(rule);
            format!("{} where {labels} {condition}", rule.action)
        }
        "keepequal" => format!("keep where {} is what {target} is", list(&rule.source_labels)),
        "dropequal" => format!("drop where {} is what {target} is", list(&rule.source_labels)),
        "hashmod" => format!("{target} = hash of {} modulo {}", list(&rule.source_labels), rule.modulus),
        "lowercase" | "uppercase" => format!("{target} = {} in {}", list(&rule.source_labels), rule.action.to_ascii_lowercase()),
        "labelmap" => format!("rename labels that match {:?} to {:?}", rule.regex, rule.replacement),
        "labeldrop" => format!("remove labels that match {:?}", rule.regex),
        "labelkeep" => format!("remove labels that do not match {:?}", rule.regex),
        "replace" if rule.source_labels.is_empty() => format!("{target} = {:?}", rule.replacement),
        "replace" => {
            let from = list(&rule.source_labels);
            match (rule.regex.as_str(), rule.replacement.as_str()) {
                ("(.*)", "$1" | "${1}") => format!("{target} = {from}"),
                ("(.+)", "$1" | "${1}") => format!("{target} = {from}, if there is any"),
                (regex, "$1" | "${1}") => format!("{target} = what {regex:?} takes of {from}"),
                ("(.*)", replacement) => format!("{target} = {replacement:?}, from {from}"),
                (regex, replacement) => format!("{target} = {replacement:?}, if {from} matches {regex:?}"),
            }
        }
        other => format!("{other} {target}"),
    }
}

/// What a rule saw in a target: `it is "web"`.
pub(super) fn seen(rule: &RuleReport, value: &str) -> String {
    let value = if paired(rule) { value.rsplit_once(rule.separator.as_str()).map_or(value, |(value, _)| value) } else { value };
    if value.is_empty() { "it is not there".to_owned() } else { format!("it is {value:?}") }
}

/// The effect of a step: `kept, it is "cart"`, `job = "cart"`.
pub(super) fn effect(step: &TraceStep) -> String {
    match step.effect {
        StepEffect::Dropped => format!("DROPPED: {}", seen(&step.rule, &step.value)),
        StepEffect::Unknown => format!("not known: {}", step.why.as_deref().unwrap_or_default()),
        StepEffect::None if chooses(&step.rule) => format!("passes: {}", seen(&step.rule, &step.value)),
        StepEffect::None => "changes nothing".to_owned(),
        StepEffect::Changed => {
            let change = |change: &prom_doctor_checks::targets::LabelChange| match &change.after {
                Some(after) => format!("{} = {after:?}", change.label),
                None => format!("{} removed", change.label),
            };
            step.changes.iter().map(change).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Whether a rule keeps or drops targets rather than writing labels.
pub(super) fn chooses(rule: &RuleReport) -> bool {
    matches!(rule.action.to_ascii_lowercase().as_str(), "keep" | "drop" | "keepequal" | "dropequal")
}

/// Whether a rule looks at a label and at whether it is there, as the operator writes it for its selectors.
fn paired(rule: &RuleReport) -> bool {
    let [label, present] = rule.source_labels.as_slice() else { return false };
    label.replacen("_label_", "_labelpresent_", 1) == *present && label != present
}

/// What a rule that chooses compares, and with what.
fn condition(rule: &RuleReport) -> (String, String) {
    if paired(rule) {
        let core = rule.regex.strip_suffix(";true").unwrap_or(&rule.regex);
        let core = core.strip_prefix('(').and_then(|core| core.strip_suffix(')')).unwrap_or(core);
        return (list(&rule.source_labels[..1]), compared(core));
    }
    let one = rule.source_labels.as_slice();
    if let [label] = one
        && rule.regex == "true"
        && label.contains("_labelpresent_")
    {
        return (name(label), "is there".to_owned());
    }
    (list(&rule.source_labels), compared(&rule.regex))
}

fn compared(regex: &str) -> String {
    // A dot is any character there.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
    let words: Vec<String> = regex.trim_matches(['(', ')']).split('|').map(|word| format!("{word:?}")).collect();
    match words.as_slice() {
        [_] if regex.chars().all(plain) => format!("is {regex:?}"),
        several if several.len() > 1 && regex.chars().all(|c| plain(c) || "()|".contains(c)) => {
            format!("is {}", several.join(" or "))
        }
        _ => format!("matches {regex:?}"),
    }
}

fn list(labels: &[String]) -> String {
    labels.iter().map(|label| name(label)).collect::<Vec<_>>().join(" and ")
}

/// A label as its object has it: `the Service label app`.
fn name(label: &str) -> String {
    const WHOLE: &[(&str, &str)] = &[
        ("__address__", "the address"),
        ("__meta_kubernetes_namespace", "the namespace"),
        ("__meta_kubernetes_service_name", "the name of the Service"),
        ("__meta_kubernetes_pod_name", "the name of the Pod"),
        ("__meta_kubernetes_pod_phase", "the phase of the Pod"),
        ("__meta_kubernetes_pod_node_name", "the node of the Pod"),
        ("__meta_kubernetes_pod_container_name", "the name of the container"),
        ("__meta_kubernetes_pod_container_port_name", "the name of the container port"),
        ("__meta_kubernetes_pod_container_port_number", "the number of the container port"),
        ("__meta_kubernetes_endpoint_port_name", "the name of the endpoint port"),
        ("__meta_kubernetes_endpointslice_port_name", "the name of the endpoint port"),
        ("__meta_kubernetes_endpoint_address_target_kind", "the kind behind the address"),
        ("__meta_kubernetes_endpointslice_address_target_kind", "the kind behind the address"),
        ("__meta_kubernetes_endpoint_address_target_name", "its name"),
        ("__meta_kubernetes_endpointslice_address_target_name", "its name"),
        ("__meta_kubernetes_ingress_name", "the name of the Ingress"),
    ];
    const PARTS: &[(&str, &str)] = &[
        ("service_label_", "the Service label "),
        ("service_labelpresent_", "the Service label "),
        ("service_annotation_", "the Service annotation "),
        ("pod_label_", "the Pod label "),
        ("pod_labelpresent_", "the Pod label "),
        ("pod_annotation_", "the Pod annotation "),
        ("node_label_", "the node label "),
        ("namespace_label_", "the Namespace label "),
        ("ingress_label_", "the Ingress label "),
        ("ingress_labelpresent_", "the Ingress label "),
    ];
    if let Some((_, words)) = WHOLE.iter().find(|(whole, _)| *whole == label) {
        return (*words).to_owned();
    }
    let meta = label.strip_prefix("__meta_kubernetes_").unwrap_or_default();
    let part = PARTS.iter().find_map(|(prefix, words)| Some(format!("{words}{}", meta.strip_prefix(prefix)?)));
    part.unwrap_or_else(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(action: &str, sources: &[&str], regex: &str, target: &str) -> RuleReport {
        RuleReport {
            index: 0,
            action: action.to_owned(),
            source_labels: sources.iter().map(|&label| label.to_owned()).collect(),
            separator: ";".to_owned(),
            regex: regex.to_owned(),
            target_label: target.to_owned(),
            replacement: "$1".to_owned(),
            modulus: 0,
            field: None,
        }
    }

    #[test]
    fn the_operators_rules_read_as_sentences() {
        let label = ["__meta_kubernetes_service_label_app", "__meta_kubernetes_service_labelpresent_app"];
        let keep = rule("keep", &label, "(cart);true", "");
        assert_eq!(words(&keep), "keep where the Service label app is \"cart\"");
        assert_eq!(seen(&keep, "shop;true"), "it is \"shop\"");
        assert_eq!(seen(&keep, ";"), "it is not there");
        assert_eq!(words(&rule("keep", &label, "(a|b);true", "")), "keep where the Service label app is \"a\" or \"b\"");
        let port = rule("keep", &["__meta_kubernetes_endpoint_port_name"], "web", "");
        assert_eq!(words(&port), "keep where the name of the endpoint port is \"web\"");
        let phase = rule("drop", &["__meta_kubernetes_pod_phase"], "(Failed|Succeeded)", "");
        assert_eq!(words(&phase), "drop where the phase of the Pod is \"Failed\" or \"Succeeded\"");
        let present = rule("drop", &["__meta_kubernetes_pod_labelpresent_x"], "true", "");
        assert_eq!(words(&present), "drop where the Pod label x is there");
        assert_eq!(words(&rule("replace", &["__meta_kubernetes_namespace"], "(.*)", "namespace")), "namespace = the namespace");
        assert_eq!(words(&rule("drop", &["a", "b"], "x.*;y", "")), "drop where a and b matches \"x.*;y\"");
    }
}
