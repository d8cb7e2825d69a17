//! Which object in the files was meant, where a selector chooses none of them.
//!
//! What is not in the files is not missing: a selector that chooses nothing there may well choose something in the
//! cluster. It is judged only where the files hold an object for which the selector was evidently written.

use super::matched::contains;
use crate::selector::{Expression, IDENTITY, LabelSelector, Miss, Near, Operator, VOLATILE};
use crate::world::{Labels, Monitor, ObjectId, Service, World};

/// Labels that tell apart the parts of one application: where one differs, another part is meant.
const PARTS: &[&str] = &["app.kubernetes.io/component", "component", "role", "tier"];

/// Labels by which objects of one installation know each other. Where such a one differs, that is seldom meant.
const RELEASE: &[&str] = &["app.kubernetes.io/instance", "release"];

/// Whether a selector that does not choose these labels was evidently written for them: the same application under
/// another key or with a slip, or all the same but a label that tells the installation. Other labels may tell one part of
/// the application from another.
pub fn is_nearly_chosen(selector: &LabelSelector, labels: &Labels) -> bool {
    let met = names_it(selector, labels);
    let other_value = |miss: &Miss| {
        let key = miss.requirement.key.as_str();
        miss.found.is_some() && miss.requirement.operator == Operator::In && RELEASE.contains(&key)
    };
    let (mut missed, mut slipped) = (false, false);
    // Asked of every pair of objects in a namespace: the first miss that is no slip ends it.
    for miss in selector.each_miss(labels) {
        let slip = is_slip(&miss);
        if !(slip || met && other_value(&miss)) {
            return false;
        }
        missed = true;
        slipped |= slip && is_identity(&miss.requirement.key);
    }
    missed && (met || slipped) && selector.invalid().is_none()
}

/// Whether a monitor whose selector chooses no Service in the files was evidently written for this one.
///
/// Beside a selector that nearly chooses it, that is so where the Service is of the monitor's own application and offers
/// every port that the monitor asks for by name, while no other Service does and no other monitor chooses it: then it
/// only lacks a label.
pub(super) fn is_meant(world: &World, monitor: &Monitor, service: &Service) -> bool {
    let selector = &monitor.spec.selector;
    let labels = &service.metadata.labels;
    if is_nearly_chosen(selector, labels) {
        return true;
    }
    let only_lacks = |miss: &Miss| {
        let key = miss.requirement.key.as_str();
        is_slip(miss) || miss.found.is_none() || RELEASE.contains(&key) || VOLATILE.contains(&key)
    };
    let is_of_it = |labels: &Labels| {
        let own = &monitor.metadata.labels;
        let same = |key: &&&str| own.get(**key).is_some() && own.get(**key) == labels.get(**key);
        let parts = PARTS.iter().all(|part| own.get(*part).is_none_or(|own| labels.get(*part).is_none_or(|other| own == other)));
        IDENTITY.iter().any(|key| same(&key)) && parts
    };
    let rivals = || world.services.in_namespace(&service.metadata.namespace).filter(|other| offers(monitor, other)).count();
    let namesake = service.metadata.name == monitor.metadata.name;
    let is_taken = || world.monitors.iter().any(|other| !other.is_pod_monitor() && other.spec.selector.matches(labels));
    (names_it(selector, labels) || is_of_it(labels) || namesake)
        && offers(monitor, service)
        && selector.each_miss(labels).all(|miss| only_lacks(&miss))
        && rivals() == 1
        && !is_taken()
}

/// Whether a Service in files whose selector chooses no pod there was evidently written for those of a workload: it is its
/// namesake and of its application, no other Service chooses them, and they only lack a label of the selector. Helm merges
/// maps, so that a default pair stays beside the one that somebody set.
pub fn is_for(world: &World, service: &Service, workload: &ObjectId, labels: &Labels) -> bool {
    let Some(selector) = service.selector() else { return false };
    let asked = LabelSelector { match_labels: selector.clone(), match_expressions: Vec::new() };
    let misses = asked.misses(labels);
    let others =
        || world.services.in_namespace(&service.metadata.namespace).filter(|other| other.metadata.name != service.metadata.name);
    !misses.is_empty()
        && misses.iter().all(|miss| miss.found.is_none())
        && !selector.keys().any(|key| is_of_one_pod(key))
        && workload.name == service.metadata.name
        && names_it(&asked, labels)
        && !others().filter_map(Service::selector).any(|other| contains(labels, other))
}

/// Whether a label tells the pods of one workload apart: who leads, which number a pod has. A Service that selects by
/// one stands for those pods, and must not be pointed at the others: its clients would write to a replica.
pub fn is_of_one_pod(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["role", "pod-name", "pod-index", "ordinal"].iter().any(|end| key.ends_with(end))
}

/// Whether a Service has each port that a monitor asks for by name, and it asks for one.
pub(super) fn offers(monitor: &Monitor, service: &Service) -> bool {
    let mut names = monitor.spec.endpoints.iter().filter_map(|endpoint| endpoint.port_name()).peekable();
    names.peek().is_some() && names.all(|name| service.spec.ports.iter().any(|port| port.name() == name))
}

fn is_identity(key: &str) -> bool {
    IDENTITY.contains(&key)
}

/// Whether the labels meet a requirement that says which application is meant.
pub(super) fn names_it(selector: &LabelSelector, labels: &Labels) -> bool {
    let met = |(key, value): (&String, &String)| is_identity(key) && labels.get(key) == Some(value);
    let expressed = |expression: &Expression| {
        expression.operator == "In"
            && is_identity(&expression.key)
            && labels.get(&expression.key).is_some_and(|value| expression.values.contains(value))
    };
    selector.match_labels.iter().any(met) || selector.match_expressions.iter().any(expressed)
}

/// Whether each label that a server's selector misses is there with another value, or only misspelt: the marks of one
/// installation beside those of another.
pub(super) fn is_marked_otherwise(misses: &[Miss]) -> bool {
    misses.iter().all(|miss| is_slip(miss) || miss.found.is_some() && miss.requirement.operator == Operator::In)
}

/// A miss that is one of spelling: numbers and parts are told apart on purpose.
fn is_slip(miss: &Miss) -> bool {
    let requirement = &miss.requirement;
    let told_apart = |found: &String| {
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
        requirement.values.iter().any(|wanted| letters(wanted) == letters(found))
    };
    let key = requirement.key.as_str();
    match &miss.near {
        Some(Near::OtherCase) => true,
        Some(Near::Slip) => !PARTS.contains(&key) && !miss.found.as_ref().is_some_and(told_apart),
        Some(Near::OtherKey { key: other, value }) => {
            let alike = |keys: &[&str]| keys.contains(&key) && keys.contains(&other.as_str());
            requirement.values.contains(value) && (alike(IDENTITY) || alike(RELEASE) || other.eq_ignore_ascii_case(key))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearly(selector: &str, labels: &str) -> bool {
        let selector = LabelSelector { match_labels: serde_json::from_str(selector).unwrap(), match_expressions: Vec::new() };
        is_nearly_chosen(&selector, &serde_json::from_str(labels).unwrap())
    }

    #[test]
    fn a_slip_another_key_and_another_release_are_told() {
        assert!(nearly(r#"{"app": "cart"}"#, r#"{"app": "carts"}"#));
        assert!(nearly(r#"{"app": "Cart"}"#, r#"{"app": "cart"}"#));
        assert!(nearly(r#"{"app": "cart"}"#, r#"{"app.kubernetes.io/name": "cart", "tier": "back"}"#));
        let falco = r#"{"app.kubernetes.io/name": "sidekick", "app.kubernetes.io/instance": "falco"}"#;
        assert!(nearly(falco, r#"{"app.kubernetes.io/name": "sidekick", "app.kubernetes.io/instance": "mine"}"#));
    }

    #[test]
    fn labels_of_one_pod_are_told_from_those_of_an_application() {
        let of_one = [
            "role",
            "cluster-role",
            "spilo-role",
            "cnpg.io/instanceRole",
            "statefulset.kubernetes.io/pod-name",
            "apps.kubernetes.io/pod-index",
            "example.com/ordinal",
        ];
        assert!(of_one.iter().all(|key| is_of_one_pod(key)));
        assert!(!["app", "tier", "app.kubernetes.io/name", "component"].iter().any(|key| is_of_one_pod(key)));
    }

    #[test]
    fn another_application_part_or_number_is_another_object() {
        let part = r#"{"app.kubernetes.io/name": "db", "app.kubernetes.io/component": "reader"}"#;
        assert!(!nearly(part, r#"{"app.kubernetes.io/name": "db", "app.kubernetes.io/component": "leader"}"#));
        assert!(!nearly(part, r#"{"app.kubernetes.io/name": "db"}"#), "a label that an operator may add when it runs");
        let release = r#"{"app.kubernetes.io/name": "kubelet", "app.kubernetes.io/instance": "kps"}"#;
        assert!(!nearly(release, r#"{"app.kubernetes.io/name": "grafana", "app.kubernetes.io/instance": "kps"}"#));
        assert!(!nearly(r#"{"app": "shard-1"}"#, r#"{"app": "shard-2"}"#));
        assert!(!nearly(r#"{"component": "apiserver", "provider": "kubernetes"}"#, r#"{"component": "server"}"#));
        assert!(!nearly(r#"{"app": "cart"}"#, r#"{"app": "cart"}"#), "it is chosen");
    }
}
