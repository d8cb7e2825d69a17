//! What a service account may list, judged from Roles, ClusterRoles and their bindings (OP-RBAC-5c).
//!
//! Rights only add up, so a grant that was seen proves a yes; a no needs every place that could grant to have
//! been seen.

use crate::world::{Binding, Kind, ObjectId, PolicyRule, Role, Unseen, World};

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A resource to be listed and watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Plural name.
    pub name: &'static str,
}

impl Resource {
    /// The resource of a kind.
    pub fn of(kind: Kind) -> Self {
        Self { group: kind.group(), name: kind.plural() }
    }
}

/// Whether something is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// By this binding.
    Allowed(ObjectId),
    /// By none.
    Denied,
    /// What was seen does not grant it, but not everything was seen.
    Unknown(Vec<Unseen>),
}

/// Whether an account may do every one of the verbs on a resource: in a namespace, or, with `None`, everywhere.
pub fn may(world: &World, account: &Account, verbs: &[&str], resource: Resource, namespace: Option<&str>) -> Access {
    let mut unknown = Vec::new();
    let mut granted = None;
    let bindings = bindings_for(world, account, namespace);
    let allowed = verbs.iter().all(|verb| {
        bindings.iter().any(|binding| {
            let Some(role) = role_of(world, binding) else { return false };
            let grants = role.rules.iter().any(|rule| grants(rule, verb, resource));
            if grants {
                granted = Some(binding_id(binding));
            }
            grants
        })
    });
    if allowed && let Some(granted) = granted {
        return Access::Allowed(granted);
    }
    unknown.extend(world.sight.whole(Kind::ClusterRoleBinding, None).err());
    unknown.extend(namespace.and_then(|namespace| world.sight.whole(Kind::RoleBinding, Some(namespace)).err()));
    // A binding whose role was not seen may grant anything.
    for binding in bindings.iter().filter(|binding| role_of(world, binding).is_none()) {
        let is_role = binding.role_ref.kind == "Role";
        let kind = if is_role { Kind::Role } else { Kind::ClusterRole };
        let place = is_role.then_some(binding.metadata.namespace.as_str());
        unknown.extend(world.sight.whole(kind, place).err());
    }
    unknown.sort();
    unknown.dedup();
    if unknown.is_empty() { Access::Denied } else { Access::Unknown(unknown) }
}

/// The bindings that give the account something in a namespace, or everywhere.
pub fn bindings_for<'w>(world: &'w World, account: &Account, namespace: Option<&str>) -> Vec<&'w Binding> {
    let cluster = world.bindings.in_namespace("");
    let local = namespace.into_iter().flat_map(|namespace| world.bindings.in_namespace(namespace));
    cluster.chain(local).filter(|binding| names(binding, account)).collect()
}

/// Bindings in a namespace (or, with `None`, of the whole cluster) that may be meant for the account but name another:
/// one of its name in another namespace, or one beside it with a similar name. With the index of that subject.
pub fn meant_for<'w>(world: &'w World, account: &Account, namespace: Option<&str>) -> Vec<(&'w Binding, usize)> {
    let near = |subject: &crate::world::Subject| {
        let same_place = subject.namespace == account.namespace;
        let alike = crate::text::unlikeness(&subject.name, &account.name) <= 1;
        subject.kind == "ServiceAccount" && (subject.name == account.name || (same_place && alike))
    };
    let bindings = world.bindings.in_namespace(namespace.unwrap_or_default());
    let found = bindings.filter(|binding| !names(binding, account));
    found.filter_map(|binding| Some((binding, binding.subjects.iter().position(near)?))).collect()
}

/// Whether a role lets whoever has it list and watch all objects of a resource.
pub fn lists(role: &Role, resource: Resource) -> bool {
    ["list", "watch"].iter().all(|verb| role.rules.iter().any(|rule| grants(rule, verb, resource)))
}

/// Whether any binding at all gives the account something, anywhere.
pub fn is_bound(world: &World, account: &Account) -> bool {
    world.bindings.iter().any(|binding| names(binding, account))
}

/// The id of a binding.
pub fn binding_id(binding: &Binding) -> ObjectId {
    let kind = if binding.metadata.namespace.is_empty() { Kind::ClusterRoleBinding } else { Kind::RoleBinding };
    binding.metadata.id(kind)
}

/// The role of a binding, if it was seen.
pub fn role_of<'w>(world: &'w World, binding: &Binding) -> Option<&'w Role> {
    let namespace = if binding.role_ref.kind == "Role" { binding.metadata.namespace.as_str() } else { "" };
    world.roles.get(namespace, &binding.role_ref.name)
}

/// Whether a binding names the account, itself or as a user or through one of its groups.
pub fn names(binding: &Binding, account: &Account) -> bool {
    let Account { namespace, name } = account;
    binding.subjects.iter().any(|subject| match subject.kind.as_str() {
        "ServiceAccount" => {
            // A RoleBinding's subject without a namespace is refused by the API; dumps of old clusters have it.
            let subject_namespace = if subject.namespace.is_empty() { &binding.metadata.namespace } else { &subject.namespace };
            subject.name == *name && subject_namespace == namespace
        }
        "User" => subject.name == format!("system:serviceaccount:{namespace}:{name}"),
        "Group" => {
            let groups = ["system:serviceaccounts", "system:authenticated"];
            groups.contains(&subject.name.as_str()) || subject.name == format!("system:serviceaccounts:{namespace}")
        }
        _ => false,
    })
}

/// Whether a rule allows a verb on all objects of a resource: one with `resourceNames` does not allow lists.
fn grants(rule: &PolicyRule, verb: &str, resource: Resource) -> bool {
    let has = |list: &[String], word: &str| list.iter().any(|entry| entry == "*" || entry == word);
    // `support-bundle-kit` writes the empty string as "null".
    let group = has(&rule.api_groups, resource.group)
        || (resource.group.is_empty() && rule.api_groups.iter().any(|group| group == "null"));
    group && has(&rule.resources, resource.name) && has(&rule.verbs, verb) && rule.resource_names.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Seen, decode_value};

    fn world(objects: serde_json::Value) -> World {
        let mut world = World::default();
        decode_value(objects, "test", None).objects.into_iter().for_each(|object| world.insert(object));
        for kind in [Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding] {
            world.sight.note(kind, None, Seen::Whole);
        }
        world
    }

    fn role(kind: &str, namespace: &str, rules: serde_json::Value) -> serde_json::Value {
        serde_json::json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "r", "namespace": namespace}, "rules": rules})
    }

    fn binding(kind: &str, namespace: &str, role_kind: &str, subject: serde_json::Value) -> serde_json::Value {
        serde_json::json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "b", "namespace": namespace},
            "roleRef": {"kind": role_kind, "name": "r"}, "subjects": [subject]})
    }

    fn ask(world: &World, namespace: Option<&str>) -> Access {
        let account = Account { namespace: "monitoring".to_owned(), name: "prom".to_owned() };
        may(world, &account, &["list", "watch"], Resource::of(Kind::Pod), namespace)
    }

    fn pods(verbs: &[&str]) -> serde_json::Value {
        serde_json::json!([{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}])
    }

    fn account() -> serde_json::Value {
        serde_json::json!({"kind": "ServiceAccount", "name": "prom", "namespace": "monitoring"})
    }

    /// OP-RBAC-2: RoleBindings in every namespace do not add up to a cluster-wide list.
    #[test]
    fn a_role_binding_grants_in_its_namespace_only() {
        let role = role("ClusterRole", "", pods(&["get", "list", "watch"]));
        let world = world(serde_json::json!([role, binding("RoleBinding", "shop", "ClusterRole", account())]));
        assert!(matches!(ask(&world, Some("shop")), Access::Allowed(_)));
        assert_eq!(ask(&world, Some("other")), Access::Denied);
        assert_eq!(ask(&world, None), Access::Denied);
    }

    #[test]
    fn every_verb_is_needed_and_names_do_not_count() {
        let cluster = |rules| {
            world(serde_json::json!([
                role("ClusterRole", "", rules),
                binding("ClusterRoleBinding", "", "ClusterRole", account())
            ]))
        };
        assert_eq!(ask(&cluster(pods(&["list"])), None), Access::Denied);
        assert!(matches!(ask(&cluster(pods(&["*"])), None), Access::Allowed(_)));
        let named = serde_json::json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "resourceNames": ["a"]}]);
        assert_eq!(ask(&cluster(named), None), Access::Denied);
        let other_group = serde_json::json!([{"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["*"]}]);
        assert_eq!(ask(&cluster(other_group), None), Access::Denied);
    }

    #[test]
    fn groups_and_users_stand_for_the_account() {
        for subject in [
            serde_json::json!({"kind": "Group", "name": "system:serviceaccounts:monitoring"}),
            serde_json::json!({"kind": "Group", "name": "system:authenticated"}),
            serde_json::json!({"kind": "User", "name": "system:serviceaccount:monitoring:prom"}),
        ] {
            let role = role("ClusterRole", "", pods(&["list", "watch"]));
            let world = world(serde_json::json!([role, binding("ClusterRoleBinding", "", "ClusterRole", subject)]));
            assert!(matches!(ask(&world, None), Access::Allowed(_)));
        }
    }

    #[test]
    fn what_was_not_seen_may_grant() {
        let mut blind = world(serde_json::json!([]));
        blind.sight.note(Kind::ClusterRoleBinding, None, Seen::Forbidden);
        assert!(matches!(ask(&blind, Some("shop")), Access::Unknown(_)));
        let mut half = world(serde_json::json!([binding("RoleBinding", "shop", "ClusterRole", account())]));
        half.sight.note(Kind::ClusterRole, None, Seen::Forbidden);
        assert!(matches!(ask(&half, Some("shop")), Access::Unknown(_)));
        assert_eq!(ask(&half, Some("other")), Access::Denied);
    }
}
