//! The operator may not list monitors: it sees none and says so only in its log (OP-RBAC-7, OP-RBAC-8).

use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const CHECK: Check = Check {
    code: "PD0208",
    name: "operator-cannot-list",
    summary: "the operator has no right to list monitors",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut by_operator: BTreeMap<usize, Vec<Troubled<'_>>> = BTreeMap::new();
    for troubled in view.troubles() {
        if let WatchTrouble::OperatorForbidden { operator, .. } = troubled.trouble {
            by_operator.entry(*operator).or_default().push(troubled);
        }
    }
    for (at, mut all) in by_operator {
        all.sort_by_key(|troubled| !troubled.bites);
        forbidden(view, at, &all, out);
    }
}

fn forbidden(view: &View<'_>, at: usize, all: &[Troubled<'_>], out: &mut Out) {
    let Some(first) = all.first() else { return };
    let operator = view.operator(at);
    let (namespace, account) = (&operator.id.namespace, &operator.service_account);
    let mut places: BTreeMap<Option<&str>, &[Kind]> = BTreeMap::new();
    let mut bound = true;
    for troubled in all {
        if let WatchTrouble::OperatorForbidden { kinds, namespace, bound: known, .. } = troubled.trouble {
            places.insert(namespace.as_deref(), kinds);
            bound &= known;
        }
    }
    let names: Vec<&str> = places.keys().map(|place| place.unwrap_or("all namespaces")).collect();
    let kinds: BTreeSet<Kind> = places.values().flat_map(|kinds| kinds.iter().copied()).collect();
    let kinds: Vec<String> = kinds.into_iter().map(|kind| plural(kind.name())).collect();
    let message = format!(
        "the operator's account {namespace}/{account} may not list {} in {}: it sees none",
        list(&kinds, 2),
        list(&names, 3)
    );
    let subject = ObjectId::new(Kind::ServiceAccount, namespace, account);
    let finding = first.finding(&CHECK, out, &subject, message);
    finding.likely_if(!bound);
    for troubled in all.iter().filter(|troubled| troubled.bites == first.bites) {
        finding.on_all(troubled.chains.iter().copied());
    }
    let path = format!("{}.serviceAccountName", operator.args_path.split(".containers").next().unwrap_or("spec"));
    let note = if bound { "no binding grants it" } else { "no binding names the account at all; perhaps they were not read" };
    for (place, kinds) in &places {
        let wanted =
            kinds.iter().map(|kind| format!("list and watch {} in {}", kind.resource(), place.unwrap_or("all namespaces")));
        finding.evidence(Evidence {
            reference: Some((&operator.id).into()),
            path: path.clone(),
            wanted: wanted.collect(),
            found: vec![account.clone()],
            note: Some(note.to_owned()),
            ..Evidence::default()
        });
    }
    let grants: Vec<(Vec<(PatchRef, serde_json::Value)>, String)> =
        places.iter().map(|(place, kinds)| grant(view, *place, kinds, namespace, account)).collect();
    let commands: Vec<String> = grants.iter().map(|(_, command)| command.clone()).collect();
    let objects = grants.into_iter().flat_map(|(objects, _)| objects).collect();
    finding.fix(
        Fix::create("give the operator the right to read monitors", objects, commands.join(" && "))
            .widens("the operator may then read every monitor there, and needs the other rights of its installation too"),
    );
}

/// A role and its binding: in a namespace, or for the whole cluster.
fn grant(
    view: &View<'_>,
    place: Option<&str>,
    kinds: &[Kind],
    namespace: &str,
    account: &str,
) -> (Vec<(PatchRef, serde_json::Value)>, String) {
    let world = view.world();
    let (role, binding) =
        if place.is_some() { (Kind::Role, Kind::RoleBinding) } else { (Kind::ClusterRole, Kind::ClusterRoleBinding) };
    let here = place.unwrap_or_default();
    let taken = |name: &str| world.roles.get(here, name).is_some() || world.bindings.get(here, name).is_some();
    let mut name = format!("{account}-monitors");
    while taken(&name) {
        name.push_str("-x");
    }
    let object = |kind: Kind, rest: serde_json::Value| {
        let mut body = json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"name": name}});
        if let Some(place) = place {
            body["metadata"]["namespace"] = json!(place);
        }
        if let (Some(body), serde_json::Value::Object(rest)) = (body.as_object_mut(), rest) {
            body.extend(rest);
        }
        (PatchRef::named(&kind.api_version(), kind.name(), here, &name), body)
    };
    let plurals: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
    let rules = json!([{"apiGroups": [Kind::ServiceMonitor.group()], "resources": plurals, "verbs": ["get", "list", "watch"]}]);
    let role_ref = json!({"apiGroup": Kind::Role.group(), "kind": role.name(), "name": name});
    let subjects = json!([{"kind": "ServiceAccount", "namespace": namespace, "name": account}]);
    let resources: Vec<String> = kinds.iter().map(|kind| kind.resource()).collect();
    let at = place.map(|place| format!(" -n {place}")).unwrap_or_default();
    let (role_word, binding_word) = (role.name().to_ascii_lowercase(), binding.name().to_ascii_lowercase());
    let command = format!(
        "kubectl{at} create {role_word} {name} --verb=get,list,watch --resource={} && kubectl{at} create {binding_word} {name} --{role_word}={name} --serviceaccount={namespace}:{account}",
        resources.join(",")
    );
    let objects =
        vec![object(role, json!({"rules": rules})), object(binding, json!({"roleRef": role_ref, "subjects": subjects}))];
    (objects, command)
}
