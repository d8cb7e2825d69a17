//! Who manages an object, so that a live edit would not last, and where the change belongs instead.

use crate::world::{Kind, Meta, ObjectId};

/// What to know before editing an object by hand; `None` where a live edit lasts.
///
/// The marks are looked for from the strongest owner to the weakest: several may be there at once (Argo CD over a
/// chart), and the last writer wins.
pub(crate) fn edit_note(id: &ObjectId, meta: &Meta) -> Option<String> {
    let label = |key: &str| meta.labels.get(key).map(String::as_str);
    let annotation = |key: &str| meta.annotations.get(key).map(String::as_str);
    let is_ours = ["managed-by", "app.kubernetes.io/managed-by"].iter().any(|key| label(key) == Some("prometheus-operator"));
    if is_ours && !matches!(id.kind, Kind::Pod) {
        return Some("written by prometheus-operator: change the Prometheus object, a live edit is rewritten".to_owned());
    }
    if let Some(owner) = meta.controller().filter(|owner| !is_built_in(&owner.api_version)) {
        return Some(format!("managed by {} {}: change it there, a live edit will be reverted", owner.kind, owner.name));
    }
    if let Some(name) = label("kustomize.toolkit.fluxcd.io/name") {
        return Some(format!(
            "managed by Flux Kustomization {name}: change it in Git, a live edit is reverted at the next interval"
        ));
    }
    if let Some(name) = label("helm.toolkit.fluxcd.io/name") {
        return Some(format!("managed by Flux HelmRelease {name}: change its spec.values, or the next upgrade reverts it"));
    }
    if let Some(app) = argo_application(id, meta) {
        return Some(format!("managed by Argo CD application {app}: change its source, the next sync reverts a live edit"));
    }
    if let Some(owner) = label("olm.owner") {
        return Some(format!("managed by OLM ({owner}): the next install plan may revert a live edit"));
    }
    if let Some(manager) = label("app.kubernetes.io/managed-by").filter(|by| by.ends_with("-operator")) {
        return Some(format!("managed by {manager}: change it there, a live edit will be reverted"));
    }
    if let Some(release) = annotation("meta.helm.sh/release-name") {
        return Some(format!("managed by Helm release {release}: change the chart's values, or the next upgrade reverts it"));
    }
    if label("app.kubernetes.io/managed-by") == Some("Helm") {
        return Some(
            "rendered from a Helm chart: change the values where it is rendered, or the next apply reverts it".to_owned(),
        );
    }
    if annotation("objectset.rio.cattle.io/id").is_some() || label("objectset.rio.cattle.io/hash").is_some() {
        return Some("managed by Rancher or Fleet: change it there, a live edit will be reverted".to_owned());
    }
    if annotation("configmanagement.gke.io/managed") == Some("enabled") {
        return Some("managed by Config Sync: change it in Git, a live edit will be reverted".to_owned());
    }
    None
}

fn is_built_in(api_version: &str) -> bool {
    ["v1", "apps/v1", "batch/v1", "discovery.k8s.io/v1"].contains(&api_version)
}

/// The application that an Argo CD tracking mark names. A tracking id that names another object was copied along
/// with it and says nothing.
fn argo_application<'m>(id: &ObjectId, meta: &'m Meta) -> Option<&'m str> {
    if let Some(tracking) = meta.annotations.get("argocd.argoproj.io/tracking-id") {
        let (app, object) = tracking.split_once(':')?;
        let own =
            object.ends_with(&format!("/{}:{}/{}", id.kind, id.namespace, id.name)) || object.ends_with(&format!("/{}", id.name));
        return own.then_some(app);
    }
    let by_manager = meta.managed_fields.iter().any(|field| field.manager == "argocd-controller");
    let label = meta.labels.get("argocd.argoproj.io/instance");
    label.or_else(|| meta.labels.get("app.kubernetes.io/instance").filter(|_| by_manager)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(meta: serde_json::Value) -> Option<String> {
        let meta: Meta = serde_json::from_value(meta).unwrap();
        edit_note(&ObjectId::new(Kind::ServiceMonitor, "shop", "cart"), &meta)
    }

    #[test]
    fn owners_are_told_by_their_marks() {
        let helm = serde_json::json!({"annotations": {"meta.helm.sh/release-name": "cart"}, "labels": {"app.kubernetes.io/managed-by": "Helm"}});
        assert!(note(helm).unwrap().contains("Helm release cart"));
        let rendered = serde_json::json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}});
        assert!(note(rendered).unwrap().contains("rendered"));
        let argo = serde_json::json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:monitoring.coreos.com/ServiceMonitor:shop/cart"}});
        assert!(note(argo).unwrap().contains("Argo CD application shop"));
        let flux = serde_json::json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}});
        assert!(note(flux).unwrap().contains("Kustomization apps"));
        let owned = serde_json::json!({"ownerReferences": [{"apiVersion": "ceph.rook.io/v1", "kind": "CephCluster", "name": "c", "controller": true}]});
        assert!(note(owned).unwrap().contains("CephCluster c"));
        assert_eq!(note(serde_json::json!({"labels": {"app": "x"}})), None);
    }

    #[test]
    fn a_copied_tracking_id_says_nothing() {
        let copied = serde_json::json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:monitoring.coreos.com/ServiceMonitor:shop/other"}});
        assert_eq!(note(copied), None);
    }
}
