//! What NetworkPolicies say about a connection to a pod. They are rules for whoever enforces them: some networks enforce
//! none, so a policy *may* block, and never more is said.

use serde::Deserialize as _;
use serde_json::Value;

use crate::selector::LabelSelector;
use crate::world::{Kind, Labels, ObjectId, Pod, Unjudged, World};

/// Who connects.
pub(crate) struct From<'a> {
    /// The namespace of the pod that connects.
    pub(crate) namespace: &'a str,
    /// Its labels.
    pub(crate) labels: &'a Labels,
}

/// The policies that isolate a pod, where none of them lets a connection to a port in; none where any does, or where
/// that cannot be told: a peer told by addresses, a namespace whose labels were not seen.
pub(crate) fn closing<'w>(world: &'w World, pod: &Pod, port: Option<i64>, from: &From<'_>) -> Vec<ObjectId> {
    let isolating: Vec<&'w Unjudged> = world
        .unjudged
        .get(&Kind::NetworkPolicy)
        .into_iter()
        .flat_map(|table| table.in_namespace(&pod.metadata.namespace))
        .filter(|policy| is_for_ingress(&policy.raw) && chooses(policy.raw.get("podSelector"), &pod.metadata.labels))
        .collect();
    let may_let_in = |policy: &&Unjudged| {
        let rules = policy.raw.get("ingress").and_then(Value::as_array);
        rules.into_iter().flatten().any(|rule| ports_fit(rule, pod, port) && peers_fit(world, rule, pod, from))
    };
    if isolating.iter().any(may_let_in) {
        return Vec::new();
    }
    isolating.into_iter().map(|policy| policy.metadata.id(Kind::NetworkPolicy)).collect()
}

/// A policy that names no types is one for what comes in.
fn is_for_ingress(spec: &Value) -> bool {
    let types = spec.get("policyTypes").and_then(Value::as_array);
    types.is_none_or(|types| types.iter().any(|kind| kind == "Ingress"))
}

/// Whether a selector chooses labels; an absent one and an empty one choose all.
fn chooses(selector: Option<&Value>, labels: &Labels) -> bool {
    let selector = selector.and_then(|selector| LabelSelector::deserialize(selector).ok());
    selector.is_none_or(|selector| selector.matches(labels))
}

fn ports_fit(rule: &Value, pod: &Pod, port: Option<i64>) -> bool {
    let ports = rule.get("ports").and_then(Value::as_array).filter(|ports| !ports.is_empty());
    let (Some(ports), Some(port)) = (ports, port) else { return true };
    let named = |name: &str| {
        let mut declared = pod.all_containers().flat_map(|container| &container.ports);
        declared.any(|own| own.container_port == port && own.name.as_deref() == Some(name))
    };
    ports.iter().any(|wanted| {
        let tcp = wanted.get("protocol").is_none_or(|protocol| protocol == "TCP");
        let fits = match wanted.get("port") {
            None => true,
            Some(Value::String(name)) => named(name),
            Some(number) => {
                let first = number.as_i64().unwrap_or_default();
                (first..=wanted.get("endPort").and_then(Value::as_i64).unwrap_or(first)).contains(&port)
            }
        };
        tcp && fits
    })
}

fn peers_fit(world: &World, rule: &Value, pod: &Pod, from: &From<'_>) -> bool {
    let peers = rule.get("from").and_then(Value::as_array).filter(|peers| !peers.is_empty());
    let Some(peers) = peers else { return true };
    peers.iter().any(|peer| {
        // Which address a connection has when it arrives nobody here knows.
        if peer.get("ipBlock").is_some() {
            return true;
        }
        let namespace = match peer.get("namespaceSelector") {
            None => from.namespace == pod.metadata.namespace,
            Some(selector) => match world.namespaces.get("", from.namespace) {
                Some(namespace) => chooses(Some(selector), &namespace.metadata.labels),
                None => true,
            },
        };
        namespace && chooses(peer.get("podSelector"), from.labels)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::decode_value;

    /// Whether Prometheus in `monitoring` may be kept out of port 8080 of a pod in `shop` by policies with these specs.
    fn blocked(specs: &[Value]) -> bool {
        let mut objects = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring", "labels": {"team": "ops"}}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "labels": {"app": "a"}},
                "spec": {"containers": [{"name": "a", "ports": [{"name": "web", "containerPort": 8080}]}]}}),
        ];
        objects.extend(specs.iter().enumerate().map(|(at, spec)| {
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": format!("p{at}"), "namespace": "shop"}, "spec": spec})
        }));
        let mut world = World::default();
        for object in objects {
            decode_value(object, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        }
        let labels = Labels::from([("app.kubernetes.io/name".to_owned(), "prometheus".to_owned())]);
        let from = From { namespace: "monitoring", labels: &labels };
        !closing(&world, world.pods.get("shop", "a").unwrap(), Some(8080), &from).is_empty()
    }

    #[test]
    fn what_no_policy_lets_in_may_be_blocked() {
        let deny = json!({"podSelector": {}});
        let rule = |ingress: Value| json!({"podSelector": {"matchLabels": {"app": "a"}}, "ingress": [ingress]});
        assert!(!blocked(&[]));
        assert!(blocked(std::slice::from_ref(&deny)));
        assert!(!blocked(&[json!({"podSelector": {}, "policyTypes": ["Egress"]})]));
        assert!(!blocked(&[json!({"podSelector": {"matchLabels": {"app": "b"}}})]));
        assert!(!blocked(&[deny.clone(), rule(json!({}))]), "policies add up");
        assert!(blocked(&[rule(json!({"from": [{"podSelector": {}}]}))]), "a pod selector alone means the own namespace");
        assert!(!blocked(&[rule(json!({"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}]}))]));
        assert!(blocked(&[rule(json!({"from": [{"namespaceSelector": {"matchLabels": {"team": "dev"}}}]}))]));
        assert!(blocked(&[rule(json!({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]}))]));
        assert!(!blocked(&[rule(json!({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}))]), "not known is not blocked");
        assert!(blocked(&[rule(json!({"ports": [{"port": 9090}]}))]));
        assert!(!blocked(&[rule(json!({"ports": [{"port": 8000, "endPort": 9000}]}))]));
        assert!(!blocked(&[rule(json!({"ports": [{"port": "web"}]}))]));
        assert!(blocked(&[rule(json!({"ports": [{"port": "web", "protocol": "UDP"}]}))]));
    }
}
