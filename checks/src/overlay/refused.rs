//! What the API server, or kubectl before it, does not take of files.

use std::collections::BTreeMap;

use crate::report::Ref;
use crate::selector::{LabelSelector, misses_in_words};
use crate::world::{HasMeta as _, Kind, Seen, Workload, World};

/// What would not be taken, and why: what its definition does not allow, what has no name, what lies in a namespace that
/// nobody makes, and workloads that lose their pods. The rest of the files is applied all the same.
pub(super) fn refused(before: &World, files: &World) -> BTreeMap<Ref, String> {
    let mut out = BTreeMap::new();
    for manifest in &files.manifests {
        if let Some(problem) = manifest.problems.iter().find(|problem| problem.refused) {
            out.insert(manifest.reference.clone(), problem.why_refused());
        }
    }
    files.each_object(&mut |kind, meta| {
        if meta.name.is_empty() {
            let why = || "it has no name, and `kubectl apply` makes none up from generateName".to_owned();
            out.entry(meta.id(kind).into()).or_insert_with(why);
        }
    });
    if before.sight.of(Kind::Namespace, None) == Seen::Whole {
        files.each_object(&mut |kind, meta| {
            let space = &meta.namespace;
            let made = || [before, files].iter().any(|world| world.namespaces.get("", space).is_some());
            if kind.namespaced() && meta.deletion_timestamp.is_none() && !made() {
                let why = || format!("there is no namespace {space}, and the files do not make it");
                out.entry(meta.id(kind).into()).or_insert_with(why);
            }
        });
    }
    for (kind, table) in &files.workloads {
        for workload in table.iter() {
            let meta = workload.meta();
            let live = before.workload(*kind, &meta.namespace, &meta.name);
            if let Some(why) = leaves_its_pods(*kind, workload, live) {
                out.entry(meta.id(*kind).into()).or_insert(why);
            }
        }
    }
    out
}

/// Why a workload would not be taken: its selector has to choose the pods of its own template, and is never changed.
fn leaves_its_pods(kind: Kind, workload: &Workload, live: Option<&Workload>) -> Option<String> {
    if !matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet) {
        return None;
    }
    let selector = workload.spec.selector.as_ref()?;
    let old = live.and_then(|live| live.spec.selector.as_ref());
    if old.is_some_and(|old| changes(selector, old)) {
        return Some("spec.selector cannot be changed: it stays as it is, or the object is deleted and made anew".to_owned());
    }
    // Labels that others wrote may stay.
    let mut labels = live.map(|live| live.template().metadata.labels.clone()).unwrap_or_default();
    labels.extend(workload.template().metadata.labels.clone());
    let misses = selector.misses(&labels);
    (!misses.is_empty())
        .then(|| format!("spec.selector does not choose the pods of its own template: {}", misses_in_words(&misses)))
}

/// Whether a selector asks for something that another one does not ask for. What it leaves out may stay.
fn changes(new: &LabelSelector, old: &LabelSelector) -> bool {
    let other = |(key, value): (&String, &String)| old.match_labels.get(key) != Some(value);
    let expressions = !new.match_expressions.is_empty() && new.match_expressions != old.match_expressions;
    expressions || new.match_labels.iter().any(other)
}
