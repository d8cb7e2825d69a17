//! What a service mesh asks of connections to a pod: Istio's sidecars take plain text or not, as PeerAuthentications say.

use crate::selector::LabelSelector;
use crate::world::{Kind, ObjectId, Pod, Unjudged, World};
use serde::Deserialize as _;

/// Istio's root namespace unless somebody moved it: what stands there without a selector is for the whole mesh.
const ROOT: &str = "istio-system";

/// The mode that applies to a port of a pod, and the field that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    /// The PeerAuthentication.
    pub id: ObjectId,
    /// The field.
    pub path: String,
    /// `STRICT`, `PERMISSIVE`, `DISABLE`.
    pub mode: String,
}

/// Whether a sidecar of Istio stands in front of a pod.
pub(crate) fn has_sidecar(pod: &Pod) -> bool {
    pod.metadata.labels.get("security.istio.io/tlsMode").is_some_and(|mode| mode == "istio")
        || pod.all_containers().any(|container| container.name == "istio-proxy")
}

/// The mode for a port of a pod; `None` where no PeerAuthentication says anything. The most special one decides: for the
/// workload, then for the namespace, then for the mesh; one that leaves the mode unset leaves it to the next.
pub(crate) fn mode(world: &World, pod: &Pod, port: Option<i64>) -> Option<Mode> {
    let all = || world.unjudged.get(&Kind::PeerAuthentication).into_iter().flat_map(|table| table.iter());
    let namespace = pod.metadata.namespace.as_str();
    let of_workload = all().filter(|object| {
        let own = object.metadata.namespace == namespace || object.metadata.namespace == ROOT;
        own && selector(object).is_some_and(|selector| selector.matches(&pod.metadata.labels))
    });
    let on_port = |object: &&Unjudged| {
        let port = port?.to_string();
        let mode = object.raw.pointer(&format!("/portLevelMtls/{port}/mode"))?.as_str()?;
        Some(said(object, format!("spec.portLevelMtls[\"{port}\"].mode"), mode))
    };
    let whole = |object: &Unjudged| {
        let mode = object.raw.pointer("/mtls/mode")?.as_str()?;
        Some(said(object, "spec.mtls.mode".to_owned(), mode)).filter(|mode| mode.mode != "UNSET")
    };
    let of_all_in = |namespace: &str| {
        let here = |object: &&Unjudged| object.metadata.namespace == namespace && selector(object).is_none();
        all().filter(here).find_map(whole)
    };
    let workload: Vec<&Unjudged> = of_workload.collect();
    workload
        .iter()
        .find_map(on_port)
        .or_else(|| workload.iter().copied().find_map(whole))
        .or_else(|| of_all_in(namespace))
        .or_else(|| of_all_in(ROOT))
}

fn said(object: &Unjudged, path: String, mode: &str) -> Mode {
    Mode { id: object.metadata.id(Kind::PeerAuthentication), path, mode: mode.to_owned() }
}

/// The selector of a PeerAuthentication; an empty one counts as none.
fn selector(object: &Unjudged) -> Option<LabelSelector> {
    let selector = LabelSelector::deserialize(object.raw.get("selector")?).ok()?;
    Some(selector).filter(|selector| !selector.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::decode_value;

    fn world(objects: &[serde_json::Value]) -> World {
        let mut world = World::default();
        for object in objects {
            decode_value(object.clone(), "test", None).objects.into_iter().for_each(|object| world.insert(object));
        }
        world
    }

    #[test]
    fn the_most_special_policy_decides() {
        let policy = |namespace: &str, name: &str, spec: serde_json::Value| {
            json!({"apiVersion": "security.istio.io/v1beta1", "kind": "PeerAuthentication",
                "metadata": {"name": name, "namespace": namespace}, "spec": spec})
        };
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop",
            "labels": {"app": "a", "security.istio.io/tlsMode": "istio"}}});
        let mesh = policy("istio-system", "default", json!({"mtls": {"mode": "STRICT"}}));
        let namespace = policy("shop", "default", json!({"mtls": {"mode": "UNSET"}}));
        let workload = policy(
            "shop",
            "a",
            json!({"selector": {"matchLabels": {"app": "a"}}, "mtls": {"mode": "STRICT"},
            "portLevelMtls": {"8080": {"mode": "DISABLE"}}}),
        );
        let other = policy("shop", "b", json!({"selector": {"matchLabels": {"app": "b"}}, "mtls": {"mode": "DISABLE"}}));
        let found = |objects: &[serde_json::Value], port| {
            let mut all = objects.to_vec();
            all.push(pod.clone());
            let world = world(&all);
            let pod = world.pods.get("shop", "a").unwrap();
            assert!(has_sidecar(pod));
            mode(&world, pod, port).map(|mode| (mode.id.name, mode.mode))
        };
        let is = |name: &str, mode: &str| Some((name.to_owned(), mode.to_owned()));
        assert_eq!(found(&[], Some(80)), None);
        assert_eq!(found(&[mesh.clone(), namespace.clone(), other.clone()], Some(80)), is("default", "STRICT"));
        assert_eq!(found(&[mesh.clone(), workload.clone()], Some(8080)), is("a", "DISABLE"));
        assert_eq!(found(&[mesh, workload], Some(9090)), is("a", "STRICT"));
    }
}
