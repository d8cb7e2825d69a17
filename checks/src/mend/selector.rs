//! Selectors that fit an object, and labels that fit a selector.

use serde_json::json;

use crate::assumed::name_in_words;
use crate::chain::{Chain, SdNamespaces};
use crate::report::Fix;
use crate::selector::{IDENTITY, Miss, Operator, VOLATILE, labels_to_meet};
use crate::text::{list, unlikeness};
use crate::view::View;
use crate::world::{Kind, Labels, ObjectId, Pod};

/// ` in shop`, or nothing for the whole cluster: where a server looks for the Services or Pods of a monitor.
pub fn place(chain: &Chain<'_>) -> String {
    match &chain.namespaces {
        SdNamespaces::All => String::new(),
        SdNamespaces::These(_) => format!(" in {}", chain.namespaces.words()),
    }
}

/// Whether an object that a selector nearly chooses is likely meant: it is called like the monitor, or it belongs
/// to the same application and differs in less than it has in common.
pub fn is_plausible(chain: &Chain<'_>, object: &ObjectId, misses: &[Miss]) -> bool {
    if unlikeness(&chain.monitor.metadata.name, &object.name) <= 1 {
        return true;
    }
    let foreign = |miss: &Miss| {
        let differs =
            miss.found.as_ref().is_some_and(|found| miss.requirement.values.iter().all(|value| unlikeness(value, found) == 3));
        IDENTITY.contains(&miss.requirement.key.as_str()) && miss.near.is_none() && differs
    };
    let met = chain.monitor.spec.selector.requirements().len().saturating_sub(misses.len());
    !misses.iter().any(foreign) && misses.iter().filter(|miss| miss.near.is_none()).count() <= met
}

/// Makes the monitor's selector choose an object; what else it then chooses goes into the note.
pub fn fit_selector(view: &View<'_>, chain: &Chain<'_>, object: &ObjectId, labels: &Labels) -> Option<Fix> {
    let selector = &chain.monitor.spec.selector;
    let fitted = selector.fitted(labels)?;
    let body = json!({"spec": {"selector": selector.patch_to(&fitted)}});
    let fix = Fix::merge(format!("ask for the labels that {object} has"), &chain.monitor.id(), body);
    let world = view.world();
    let others: Vec<String> = if object.kind == Kind::Pod {
        let owner = |pod: &Pod| view.workload_of(pod).map(|(id, _)| id).or_else(|| Some(pod.metadata.id(Kind::Pod)));
        let own = world.pods.get(&object.namespace, &object.name).and_then(owner);
        let pods = world.pods.iter().filter(|pod| fitted.matches(&pod.metadata.labels) && owner(pod) != own);
        let pods = pods.filter(|pod| chain.namespaces.contains(&pod.metadata.namespace));
        pods.map(|pod| name_in_words(world, &pod.metadata.id(Kind::Pod))).collect()
    } else {
        let services = world.services.iter().filter(|service| fitted.matches(&service.metadata.labels));
        let services = services.map(|service| service.metadata.id(Kind::Service));
        services.filter(|id| chain.namespaces.contains(&id.namespace) && id != object).map(|id| id.path()).collect()
    };
    let misses = selector.misses(labels);
    let excluded = misses.iter().find(|miss| matches!(miss.requirement.operator, Operator::NotIn | Operator::DoesNotExist));
    Some(if !others.is_empty() {
        fix.widens(format!("it then selects {} too", list(&others, 3)))
    } else if let Some(miss) = excluded {
        fix.widens(format!("the selector excludes it by {}, perhaps on purpose", miss.requirement.key))
    } else if !is_plausible(chain, object, &misses) {
        fix.widens(format!("only if {object} is the one that is meant"))
    } else {
        fix
    })
}

/// Gives an object the labels that a selector asks for; `None` where a label would have to go.
pub fn label(chain: &Chain<'_>, object: &ObjectId, misses: &[Miss]) -> Option<Fix> {
    let labels = labels_to_meet(misses)?;
    if labels.is_empty() || labels.iter().any(|(key, _)| VOLATILE.contains(&key.as_str())) {
        return None;
    }
    let fix = Fix::label(format!("give {object} the labels that the monitor asks for"), object, &labels);
    let changed: Vec<&str> =
        misses.iter().filter(|miss| miss.found.is_some()).map(|miss| miss.requirement.key.as_str()).collect();
    Some(if !changed.is_empty() {
        fix.widens(format!("whatever else selects it by {} loses it", list(&changed, 3)))
    } else if !is_plausible(chain, object, misses) {
        fix.widens(format!("only if {object} is the one that is meant"))
    } else {
        fix
    })
}

/// What the selector asks for, in words: `app=cart, tier`.
pub fn asked(chain: &Chain<'_>) -> String {
    let requirements = chain.monitor.spec.selector.requirements();
    let words = requirements.iter().map(|asked| match (asked.operator, asked.values.as_slice()) {
        (Operator::In, [one]) => format!("{}={one}", asked.key),
        (operator, values) => format!("{} {} {}", asked.key, operator.as_str(), values.join(", ")).trim_end().to_owned(),
    });
    list(&words.collect::<Vec<_>>(), 3)
}

/// Advice to look at the labels that there are.
pub fn look(chain: &Chain<'_>) -> Fix {
    let what = if chain.monitor.is_pod_monitor() { "pods" } else { "services,pods" };
    let place = match chain.namespaces.names() {
        [] => " -A".to_owned(),
        [first, ..] => format!(" -n {first}"),
    };
    Fix::advice("compare with the labels that are there", format!("kubectl{place} get {what} --show-labels"))
}

/// Advice to move the monitor to where its Services or Pods are.
pub fn move_monitor(chain: &Chain<'_>, namespace: &str) -> Fix {
    let (id, resource) = (chain.monitor.id(), chain.monitor.kind.resource());
    let command = format!(
        "kubectl -n {} get {resource} {} -o yaml # then apply it with namespace: {namespace}, without namespaceSelector, and delete the old one",
        id.namespace, id.name
    );
    Fix::advice(format!("move the monitor to {namespace}, where what it selects is"), command)
}
