//! `any: true` makes one list over the whole cluster, which no number of RoleBindings allows (OP-RBAC-2).

use std::collections::{BTreeMap, BTreeSet};

use crate::mend;
use crate::prelude::*;
use crate::rbac::{Access, Account, Resource, binding_id, may, names};
use crate::world::Binding;

pub(crate) const CHECK: Check = Check {
    code: "PD0702",
    name: "cluster-wide-list-denied",
    summary: "a monitor looks into all namespaces, but its server may not list cluster-wide",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut denials: BTreeMap<Account, (Vec<Resource>, Vec<&Chain<'_>>)> = BTreeMap::new();
    for chain in view.broken(Link::Discoverable) {
        let cluster = |place: &&Place| place.namespace.is_none() && place.needed != [NODES] && place.state.is_failed();
        for place in chain.discoverable.places.iter().filter(cluster) {
            let (denied, chains) = denials.entry(chain.discoverable.account.clone()).or_default();
            denied.extend(place.denied.iter().filter(|resource| !denied.contains(resource)).collect::<Vec<_>>());
            chains.push(chain);
        }
    }
    for (account, (denied, chains)) in &denials {
        report(view, account, denied, chains, out);
    }
}

fn report(view: &View<'_>, account: &Account, denied: &[Resource], chains: &[&Chain<'_>], out: &mut Out) {
    let what: Vec<&str> = denied.iter().map(|resource| resource.name).collect();
    let id = ObjectId::new(Kind::ServiceAccount, &account.namespace, &account.name);
    let message =
        format!("{} may not list {} in the whole cluster, as namespaceSelector.any: true asks for", account.name, list(&what, 9));
    let finding = out.finding(&CHECK, &id, message);
    finding.key("cluster");
    for chain in chains {
        let monitor = chain.monitor.id();
        finding.on(chain).says(&monitor, "spec.namespaceSelector.any", "true");
    }
    // Not those of a group: every cluster has some that name every account, and grant nothing of this.
    let by_name = |binding: &&Binding| binding.subjects.iter().any(|subject| subject.kind == "ServiceAccount");
    let own = view.world().bindings.iter().filter(by_name).filter(|binding| names(binding, account));
    for binding in own.take(5) {
        let namespace = &binding.metadata.namespace;
        let (role, kind) = (&binding.role_ref.name, &binding.role_ref.kind);
        let note = match namespace.as_str() {
            "" => format!("{kind} {role} does not grant it"),
            namespace => {
                format!("gives {kind} {role} in {namespace} only, and a list over the cluster needs a ClusterRoleBinding")
            }
        };
        finding.says(&binding_id(binding), "roleRef", format!("{kind} {role}"));
        if let Some(last) = finding.evidence.last_mut() {
            last.note = Some(note);
        }
    }
    if let Some(fix) = narrow(view, account, chains) {
        finding.fix(fix);
    }
    let why = "the server may then read them in every namespace";
    finding.fix(mend::grant(view.world(), account, denied, None).widens(why));
}

/// Names the namespaces in which something matches and the account may list; `None` where that is none.
fn narrow(view: &View<'_>, account: &Account, chains: &[&Chain<'_>]) -> Option<Fix> {
    let (mut fix, mut seen): (Option<Fix>, BTreeSet<ObjectId>) = (None, BTreeSet::new());
    let mut lost: BTreeSet<&str> = BTreeSet::new();
    for chain in chains.iter().filter(|chain| seen.insert(chain.monitor.id())) {
        let services = chain.matched.services.iter().map(|service| service.metadata.namespace.as_str());
        let pods = chain.matched.pods.iter().map(|pod| pod.metadata.namespace.as_str());
        let namespaces: BTreeSet<&str> = services.chain(pods).collect();
        let allowed = |namespace: &&str| {
            let may = |resource| may(view.world(), account, &["list", "watch"], resource, Some(namespace));
            chain.role.resources().into_iter().all(|resource| matches!(may(resource), Access::Allowed(_)))
        };
        let (kept, dropped): (Vec<&str>, Vec<&str>) = namespaces.into_iter().partition(allowed);
        if kept.is_empty() {
            return None;
        }
        lost.extend(dropped);
        let body = json!({"spec": {"namespaceSelector": {"any": null, "matchNames": kept}}});
        let title = format!("look into {} only, where the account may list", list(&kept, 3));
        let next = Fix::merge(title, &chain.monitor.id(), body);
        fix = Some(fix.map_or_else(|| next.clone(), |fix| fix.and(next.clone())));
    }
    let lost: Vec<&str> = lost.into_iter().collect();
    fix.map(|fix| if lost.is_empty() { fix } else { fix.widens(format!("what matches in {} is left out", list(&lost, 5))) })
}
