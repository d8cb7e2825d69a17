//! What a cluster shows of manifests that are laid over it: fields and values that its API server keeps after all, and what
//! was wrong with them the last time, too.

use serde::Deserialize as _;
use serde_json::Value;

use crate::overlay::{ChangeKind, Overlay};
use crate::path::{Step, parse, pointer};
use crate::report::Ref;
use crate::schema::{self, Fault, Problem};
use crate::world::{Kind, LAST_APPLIED, Manifest, Meta, MonitorSpec, ObjectId, ServerSpec, World};
use crate::{operator::version::Version, yaml};

/// Takes out of manifests what an object that is there disproves: its API server keeps such a field, or takes that value.
pub(super) fn believe(before: &World, manifests: &mut Vec<Manifest>) {
    for manifest in manifests.iter_mut() {
        let Some((_, live)) = live(before, &manifest.reference) else { continue };
        let there = |path: &str| path.starts_with("spec").then(|| live.pointer(pointer(path).strip_prefix("/spec")?)).flatten();
        let value = &manifest.value;
        manifest.problems.retain(|problem| match there(&problem.path).filter(|found| !found.is_null()) {
            Some(_) if is_dropped(problem) => false,
            Some(found) => !(problem.refused && value.pointer(&pointer(&problem.path)) == Some(found)),
            None => true,
        });
    }
    manifests.retain(|manifest| !manifest.problems.is_empty());
}

/// Takes the fields out of objects that the API server drops from them: they change nothing.
pub(super) fn prune(files: &mut World) {
    for manifest in std::mem::take(&mut files.manifests) {
        let dropped = || manifest.problems.iter().filter(|problem| is_dropped(problem)).map(|problem| problem.path.as_str());
        if let Some(id) = id(&manifest.reference).filter(|_| dropped().next().is_some()) {
            without(files, &id, dropped());
        }
        files.manifests.push(manifest);
    }
}

fn without<'p>(files: &mut World, id: &ObjectId, paths: impl Iterator<Item = &'p str>) {
    let cut = |raw: &Value| {
        let mut raw = raw.clone();
        for path in paths {
            let steps = parse(path).unwrap_or_default();
            if let [Step::Key(spec), above @ .., Step::Key(key)] = steps.as_slice()
                && spec == "spec"
            {
                remove(&mut raw, above, key);
            }
        }
        raw
    };
    match id.kind {
        Kind::ServiceMonitor | Kind::PodMonitor => {
            let Some(mut monitor) = files.monitor(id).cloned() else { return };
            monitor.raw = cut(&monitor.raw);
            monitor.spec = MonitorSpec::deserialize(&monitor.raw).unwrap_or(monitor.spec);
            files.monitors.put(monitor);
        }
        Kind::Prometheus | Kind::PrometheusAgent => {
            let found = files.servers.named(&id.namespace, &id.name).find(|server| server.kind == id.kind).cloned();
            let Some(mut server) = found else { return };
            server.raw = cut(&server.raw);
            server.spec = ServerSpec::deserialize(&server.raw).unwrap_or(server.spec);
            files.servers.put(server);
        }
        kind => {
            let Some(table) = files.unjudged.get_mut(&kind) else { return };
            let Some(mut object) = table.get(&id.namespace, &id.name).cloned() else { return };
            object.raw = cut(&object.raw);
            table.put(object);
        }
    }
}

fn remove(value: &mut Value, above: &[Step], key: &str) {
    match above {
        [] => drop(value.as_object_mut().and_then(|map| map.shift_remove(key))),
        [Step::Key(name), rest @ ..] => value.get_mut(name).into_iter().for_each(|value| remove(value, rest, key)),
        [Step::Index(at), rest @ ..] => value.get_mut(*at).into_iter().for_each(|value| remove(value, rest, key)),
    }
}

/// The manifests of files with what was wrong with them before as well: with what was sent the last time or, where that is
/// not known, with what changes nothing.
pub(crate) fn standing(before: &World, overlay: &Overlay, operator: Version) -> Vec<Manifest> {
    let mut manifests = overlay.world.manifests.clone();
    for manifest in &mut manifests {
        let change = id(&manifest.reference).and_then(|id| overlay.changes.get(&id)).map(|change| change.kind);
        let sent = live(before, &manifest.reference).and_then(|(meta, _)| meta.annotations.get(LAST_APPLIED));
        let were = sent.map(|text| problems_of(text, manifest, operator));
        let was = |problem: &Problem| {
            let same = |other: &Problem| other.path == problem.path && is_dropped(other) == is_dropped(problem);
            were.as_ref().map_or(change == Some(ChangeKind::Unchanged), |were| were.iter().any(same))
        };
        manifest.problems.retain(|problem| !problem.refused && was(problem));
    }
    manifests.retain(|manifest| !manifest.problems.is_empty());
    manifests
}

/// What is wrong with what was sent the last time.
fn problems_of(sent: &str, manifest: &Manifest, operator: Version) -> Vec<Problem> {
    let Some(document) = yaml::documents(sent).find_map(Result::ok) else { return Vec::new() };
    schema::examine(&manifest.reference.kind, &manifest.api_version, document.root(), Some(operator))
}

fn is_dropped(problem: &Problem) -> bool {
    matches!(problem.fault, Fault::Unknown { .. } | Fault::Newer { .. } | Fault::Removed { .. })
}

fn id(reference: &Ref) -> Option<ObjectId> {
    let kind = Kind::all().find(|kind| kind.name() == reference.kind)?;
    Some(ObjectId::new(kind, &reference.namespace, &reference.name))
}

/// The metadata and the spec of an object that is there.
fn live<'w>(world: &'w World, reference: &Ref) -> Option<(&'w Meta, &'w Value)> {
    let id = id(reference)?;
    match id.kind {
        Kind::ServiceMonitor | Kind::PodMonitor => world.monitor(&id).map(|monitor| (&monitor.metadata, &monitor.raw)),
        Kind::Prometheus | Kind::PrometheusAgent => {
            let mut named = world.servers.named(&id.namespace, &id.name);
            named.find(|server| server.kind == id.kind).map(|server| (&server.metadata, &server.raw))
        }
        kind => {
            let object = world.unjudged.get(&kind)?.get(&id.namespace, &id.name)?;
            Some((&object.metadata, &object.raw))
        }
    }
}
