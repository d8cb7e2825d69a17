//! The world as it would be if files were applied: their objects laid over those that are there, as `kubectl apply` does
//! it, and what the controllers of Kubernetes and prometheus-operator then make of them. Everything that is not touched
//! stays as it was seen.

mod change;
mod layer;
mod merge;
mod sync;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::change::{Change, ChangeKind, Note, Refused, Says};
use self::layer::lay;
use crate::controllers;
use crate::world::{Kind, ObjectId, Seen, World};

/// A world with files applied to it.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// The world as it would be, once the operator and everybody else is through with the change.
    pub world: World,
    /// What the files do to each of their objects.
    pub changes: BTreeMap<ObjectId, Change>,
    /// Objects of the files that the API server would not take.
    pub refused: Vec<Refused>,
    /// What else to know about the way from the files to that world.
    pub notes: Vec<Note>,
}

impl Overlay {
    /// Whether applying the files would change anything.
    pub fn changes_anything(&self) -> bool {
        self.changes.values().any(|change| change.kind != ChangeKind::Unchanged)
    }

    /// Whether an object is one of the files'.
    pub fn is_of_files(&self, id: &ObjectId) -> bool {
        self.changes.contains_key(id)
    }
}

/// A world without what running servers answered: that speaks of things as they are, and says nothing of what comes of a
/// change. Both sides of a comparison go without it.
pub(crate) fn unasked(world: &World) -> Cow<'_, World> {
    if world.live.is_empty() { Cow::Borrowed(world) } else { Cow::Owned(World { live: Vec::new(), ..world.clone() }) }
}

/// Lays the objects of files over a world, and lets everybody react.
///
/// `grace`: seconds within which an object of the world counts as young.
pub fn overlay(before: &World, files: &World, grace: i64) -> Overlay {
    let mut out = laid(before, files);
    let changed = out.changes.iter().filter(|(_, change)| change.kind != ChangeKind::Unchanged).map(|(id, _)| id.clone());
    controllers::settle(&mut out.world, before, &changed.collect());
    let imagined = |id: &ObjectId| id.kind == Kind::Pod && !before.assumed.contains_key(id);
    if out.world.assumed.keys().any(imagined) {
        let text = "pods that are yet to be made have no addresses: made-up ones stand for them".to_owned();
        out.notes.push(Note { server: None, says: Says::Remark, text });
    }
    out.notes.extend(sync::sync(before, &mut out.world, &out.changes, grace));
    out
}

/// Lays the objects of files over a world; what the operator makes of that is left out.
///
/// It is what decides which further objects are of interest, before they have been read.
pub fn laid(before: &World, files: &World) -> Overlay {
    let mut world = unasked(before).into_owned();
    let mut changes = BTreeMap::new();
    let mut notes = Vec::new();
    lay(&mut world, files, &mut changes, &mut notes);
    let refused = refuse(&world, &changes);
    world.malformed.extend(files.malformed.iter().cloned());
    let known = |foreign: &crate::world::Foreign| {
        let same = |other: &crate::world::Foreign| {
            (&other.api_version, &other.kind, &other.metadata.namespace, &other.metadata.name)
                == (&foreign.api_version, &foreign.kind, &foreign.metadata.namespace, &foreign.metadata.name)
        };
        before.foreign.iter().any(same)
    };
    world.foreign.extend(files.foreign.iter().filter(|foreign| !known(foreign)).cloned());
    Overlay { world, changes, refused, notes }
}

/// An object in a namespace that nobody makes is refused; the rest of the files is applied all the same.
fn refuse(world: &World, changes: &BTreeMap<ObjectId, Change>) -> Vec<Refused> {
    if world.sight.of(Kind::Namespace, None) != Seen::Whole {
        return Vec::new();
    }
    let lacks = |id: &&ObjectId| id.kind.namespaced() && world.namespaces.get("", &id.namespace).is_none();
    let refused = |id: &ObjectId| Refused {
        object: id.into(),
        why: format!("there is no namespace {}, and the files do not make it", id.namespace),
    };
    changes.keys().filter(lacks).map(refused).collect()
}
