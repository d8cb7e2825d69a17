//! Rights for the service account of a server.

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::rbac::{Access, Account, Resource, binding_id, bindings_for, may, role_of};
use crate::report::{Fix, PatchRef};
use crate::world::{Binding, Kind, ObjectId, World};

const API: &str = "rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";
const VERBS: [&str; 3] = ["get", "list", "watch"];

/// Resources as people and `kubectl create role` name them: `pods`, `endpointslices.discovery.k8s.io`.
pub fn resources(resources: &[Resource]) -> Vec<String> {
    let name = |resource: &Resource| match resource.group {
        "" => resource.name.to_owned(),
        group => format!("{}.{group}", resource.name),
    };
    resources.iter().map(name).collect()
}

/// Lets an account list and watch resources in a namespace, or, with `None`, everywhere: with one more rule in a role
/// that only it has, else with a new role and its binding.
pub fn grant(world: &World, account: &Account, wanted: &[Resource], namespace: Option<&str>) -> Fix {
    let what = crate::text::list(&resources(wanted), 9);
    let who = format!("{}/{}", account.namespace, account.name);
    let own = bindings_for(world, account, namespace).into_iter().find(|binding| is_own(world, binding, account, namespace));
    if let Some((binding, role)) = own.and_then(|binding| Some((binding, role_of(world, binding)?))) {
        let id = role.metadata.id(if binding.role_ref.kind == "Role" { Kind::Role } else { Kind::ClusterRole });
        let new = rules(wanted);
        let operations = if role.rules.is_empty() {
            vec![json!({"op": "add", "path": "/rules", "value": new})]
        } else {
            new.into_iter().map(|rule| json!({"op": "add", "path": "/rules/-", "value": rule})).collect()
        };
        return Fix::json(format!("add {what} to {id}, which {} gives to {who}", binding_id(binding)), &id, operations);
    }
    create(world, account, wanted, namespace, &format!("let {who} list {what}"))
}

/// Whether a binding in the very place gives the account a role of that place which nobody else has.
fn is_own(world: &World, binding: &Binding, account: &Account, namespace: Option<&str>) -> bool {
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    let here = binding.metadata.namespace == namespace.unwrap_or_default() && binding.role_ref.kind == kind;
    let only = matches!(binding.subjects.as_slice(), [one] if one.kind == "ServiceAccount" && one.name == account.name);
    let same = |other: &&Binding| {
        other.role_ref.kind == kind
            && other.role_ref.name == binding.role_ref.name
            && (kind == "ClusterRole" || other.metadata.namespace == binding.metadata.namespace)
    };
    here && only && world.bindings.iter().filter(same).count() == 1
}

fn create(world: &World, account: &Account, wanted: &[Resource], namespace: Option<&str>, title: &str) -> Fix {
    let place = namespace.unwrap_or_default();
    let (role, binding) = match namespace {
        Some(_) => (Kind::Role, Kind::RoleBinding),
        None => (Kind::ClusterRole, Kind::ClusterRoleBinding),
    };
    let free =
        |name: &String| world.roles.get(place, name).is_none() && world.bindings.get(place, name).is_none() && !name.is_empty();
    let own = &account.name;
    let long = format!("{}-{own}", account.namespace);
    let names = [own.clone(), format!("{own}-discovery"), long.clone(), format!("{long}-discovery")];
    let name = names.iter().find(|name| free(name)).unwrap_or(&names[3]).clone();
    let mut role_meta = json!({"name": name});
    if namespace.is_some() {
        role_meta["namespace"] = json!(place);
    }
    let objects = vec![
        (
            PatchRef::named(API, role.name(), place, &name),
            json!({"apiVersion": API, "kind": role.name(), "metadata": role_meta, "rules": rules(wanted)}),
        ),
        (
            PatchRef::named(API, binding.name(), place, &name),
            json!({"apiVersion": API, "kind": binding.name(), "metadata": role_meta,
                "roleRef": {"apiGroup": GROUP, "kind": role.name(), "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": own, "namespace": account.namespace}]}),
        ),
    ];
    let at = namespace.map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let (role_word, binding_word) = (role.name().to_lowercase(), binding.name().to_lowercase());
    let command = format!(
        "kubectl{at} create {role_word} {name} --verb={} --resource={} && kubectl{at} create {binding_word} {name} \
         --{role_word}={name} --serviceaccount={}:{own}",
        VERBS.join(","),
        resources(wanted).join(","),
        account.namespace
    );
    let place = namespace.map_or_else(|| "in the whole cluster".to_owned(), |namespace| format!("in {namespace}"));
    Fix::create(format!("{title} {place}"), objects, command)
}

/// One rule per API group.
fn rules(wanted: &[Resource]) -> Vec<Value> {
    let mut groups: Vec<&str> = wanted.iter().map(|resource| resource.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let rule = |group: &&str| {
        let names: Vec<&str> = wanted.iter().filter(|resource| resource.group == *group).map(|resource| resource.name).collect();
        json!({"apiGroups": [group], "resources": names, "verbs": VERBS})
    };
    groups.iter().map(rule).collect()
}

/// A fix after which a server looks into namespaces that it did not look into before, together with the rights that
/// it then needs there.
pub fn also_allowed(world: &World, chain: &Chain<'_>, namespaces: &[String], mut fix: Fix) -> Fix {
    let account = &chain.discoverable.account;
    // Without places nothing is known of the account: the server was not seen, or uses another credential.
    for namespace in namespaces.iter().filter(|_| !chain.discoverable.places.is_empty()) {
        let denied =
            |resource: &Resource| matches!(may(world, account, &["list", "watch"], *resource, Some(namespace)), Access::Denied);
        let denied: Vec<Resource> = chain.role.resources().into_iter().filter(denied).collect();
        if !denied.is_empty() {
            fix = fix.and(grant(world, account, &denied, Some(namespace)));
            fix = fix.note(format!(
                "{} gets the right to list in {namespace}",
                ObjectId::new(Kind::ServiceAccount, &account.namespace, &account.name)
            ));
        }
    }
    fix
}
