//! The world as it would be if files were applied: their objects laid over those that are there, as `kubectl apply` does
//! it, and what the controllers of Kubernetes and prometheus-operator then make of them. Everything that is not touched
//! stays as it was seen.

mod change;
mod layer;
mod merge;
mod refused;
mod sync;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::change::{Change, ChangeKind, Note, Refused, Says};
use self::layer::lay;
use self::refused::refused;
use crate::controllers;
use crate::manifest::NAMELESS;
use crate::report::Ref;
use crate::world::{Kind, ObjectId, World};

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

    /// Objects that the API server would not take for a reason that no finding tells.
    pub fn untold(&self) -> impl Iterator<Item = &Refused> {
        let told = |refused: &&Refused| {
            self.world.manifests.iter().any(|manifest| manifest.is_refused() && manifest.reference == refused.object)
        };
        self.refused.iter().filter(move |refused| !told(refused))
    }
}

/// A world without what running servers answered and operators said in events: that speaks of things as they are, and says
/// nothing of what comes of a change. Both sides of a comparison go without it.
pub(crate) fn unasked(world: &World) -> Cow<'_, World> {
    if world.live.is_empty() && world.refusals.is_empty() {
        return Cow::Borrowed(world);
    }
    Cow::Owned(World { live: Vec::new(), refusals: BTreeMap::new(), ..world.clone() })
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
    let refused = refused(before, files);
    lay(&mut world, files, &refused, &mut changes);
    world.manifests.clone_from(&files.manifests);
    for manifest in &mut world.manifests {
        manifest.kept_out = refused.contains_key(&manifest.reference);
    }
    let is_taken = |id: &ObjectId| !refused.contains_key(&Ref::from(id));
    world.malformed.extend(files.malformed.iter().filter(|one| one.id.as_ref().is_none_or(is_taken)).cloned());
    let known = |foreign: &crate::world::Foreign| {
        let same = |other: &crate::world::Foreign| {
            (&other.api_version, &other.kind, &other.metadata.namespace, &other.metadata.name)
                == (&foreign.api_version, &foreign.kind, &foreign.metadata.namespace, &foreign.metadata.name)
        };
        before.foreign.iter().any(same)
    };
    world.foreign.extend(files.foreign.iter().filter(|foreign| !known(foreign)).cloned());
    let name = |object: Ref| if object.name.is_empty() { Ref { name: NAMELESS.to_owned(), ..object } } else { object };
    let refused = refused.into_iter().map(|(object, why)| Refused { object: name(object), why }).collect();
    Overlay { world, changes, refused, notes: Vec::new() }
}
