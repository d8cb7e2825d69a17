//! The server's service account may not list what a discovery needs in a namespace: then nothing at all comes out of
//! that namespace, even if only one of the lists is denied (OP-RBAC-3).

use std::collections::BTreeMap;

use crate::mend;
use crate::prelude::*;
use crate::rbac::{Account, Resource, binding_id, bindings_for, lists, meant_for, names, role_of};
use crate::report::evidence_at;
use crate::world::{Binding, World};

pub(crate) const CHECK: Check = Check {
    code: "PD0701",
    name: "account-cannot-list",
    summary: "the service account of a server may not list what it discovers in a namespace",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding],
    explain: include_str!("explain.md"),
    run,
};

/// What is denied in one place, over all monitors.
#[derive(Default)]
struct Denial<'w> {
    denied: Vec<Resource>,
    unwatched: Vec<Resource>,
    chains: Vec<&'w Chain<'w>>,
}

fn run(view: &View<'_>, out: &mut Out) {
    let mut denials: BTreeMap<(Account, Option<String>), Denial<'_>> = BTreeMap::new();
    for chain in view.broken(Link::Discoverable) {
        let nodes = |place: &&Place| place.namespace.is_some() || place.needed == [NODES];
        for place in chain.discoverable.places.iter().filter(nodes).filter(|place| place.state.is_failed()) {
            let denial = denials.entry((chain.discoverable.account.clone(), place.namespace.clone())).or_default();
            denial.denied.extend(place.denied.iter().filter(|denied| !denial.denied.contains(denied)).collect::<Vec<_>>());
            denial.unwatched.extend(&place.unwatched);
            denial.chains.push(chain);
        }
    }
    for ((account, namespace), denial) in &denials {
        report(view, account, namespace.as_deref(), denial, out);
    }
}

fn report(view: &View<'_>, account: &Account, namespace: Option<&str>, denial: &Denial<'_>, out: &mut Out) {
    let world = view.world();
    let what: Vec<&str> = denial.denied.iter().map(|resource| resource.name).collect();
    let verb = match denial.denied.iter().filter(|resource| denial.unwatched.contains(resource)).count() {
        0 => "list",
        some if some == what.len() => "watch",
        _ => "list and watch",
    };
    let place = namespace.map_or_else(|| ", which attachMetadata.node needs".to_owned(), |name| format!(" in {name}"));
    let id = ObjectId::new(Kind::ServiceAccount, &account.namespace, &account.name);
    let finding = out.finding(&CHECK, &id, format!("{} may not {verb} {}{place}", account.name, list(&what, 9)));
    match namespace {
        Some(namespace) => finding.namespace(namespace),
        None => finding.key("nodes"),
    };
    for chain in &denial.chains {
        finding.on(chain);
    }
    if let Some(chain) = denial.chains.first() {
        let server = chain.server.id();
        finding.says(&server, "spec.serviceAccountName", account.name.as_str());
    }
    for evidence in evidence(world, account, namespace, denial) {
        finding.evidence(evidence);
    }
    for (binding, at) in meant_for(world, account, namespace) {
        let subject = &binding.subjects[at];
        let found = format!("{}/{}", subject.namespace, subject.name);
        let near = binding_id(binding);
        finding.compared(&near, format!("subjects[{at}]"), format!("{}/{}", account.namespace, account.name), found, None);
        if role_of(world, binding).is_some_and(|role| denial.denied.iter().all(|resource| lists(role, *resource))) {
            let value = json!({"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace});
            let operations = vec![json!({"op": "add", "path": "/subjects/-", "value": value})];
            finding.fix(Fix::json(format!("name {} in {near} too", id.path()), &near, operations));
        }
    }
    finding.fix(mend::grant(world, account, &denial.denied, namespace));
}

/// What bindings give the account there, or where else any names it.
fn evidence(world: &World, account: &Account, namespace: Option<&str>, denial: &Denial<'_>) -> Vec<Evidence> {
    let by_name = |binding: &&Binding| binding.subjects.iter().any(|subject| subject.kind == "ServiceAccount");
    let own: Vec<&Binding> = bindings_for(world, account, namespace).into_iter().filter(by_name).take(4).collect();
    let wanted = vec![format!("list,watch on {}", mend::resources(&denial.denied).join(","))];
    let mut out = Vec::new();
    for binding in &own {
        let (kind, name) = (&binding.role_ref.kind, &binding.role_ref.name);
        let Some(role) = role_of(world, binding) else {
            let note = Some(format!("{kind} {name} does not exist"));
            let there = vec![format!("{kind} {name}")];
            out.push(Evidence { note, ..evidence_at(&binding_id(binding), "roleRef", Vec::new(), there, None) });
            continue;
        };
        let rules = role.rules.iter().filter(|rule| !rule.resources.is_empty());
        let mut granted: Vec<String> =
            rules.map(|rule| format!("{} on {}", rule.verbs.join(","), rule.resources.join(","))).collect();
        granted.sort();
        granted.dedup();
        let id = role.metadata.id(if kind == "Role" { Kind::Role } else { Kind::ClusterRole });
        let at = Some((&id, "rules".to_owned()));
        let note = Some(format!("given by {}", binding_id(binding)));
        out.push(Evidence { note, ..evidence_at(&id, "rules", wanted.clone(), granted, at) });
    }
    if own.iter().all(|binding| binding.metadata.namespace.is_empty()) && namespace.is_some() {
        let all = world.bindings.iter().filter(|binding| names(binding, account));
        let mut elsewhere: Vec<&str> = all.map(|binding| binding.metadata.namespace.as_str()).collect();
        elsewhere.retain(|namespace| !namespace.is_empty());
        elsewhere.sort_unstable();
        elsewhere.dedup();
        let note = match elsewhere.as_slice() {
            [] => "no RoleBinding names it anywhere".to_owned(),
            names => format!("RoleBindings name it in {}, none here", list(names, 5)),
        };
        let id = ObjectId::new(Kind::ServiceAccount, &account.namespace, &account.name);
        out.push(Evidence { note: Some(note), ..evidence_at(&id, "", wanted, Vec::new(), None) });
    }
    out
}
