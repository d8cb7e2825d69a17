//! Text to objects that know which file, document and item they came from.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};

use super::guess::Homes;
use super::kustomize;
use super::text::File;
use crate::manifest::NAMELESS;
use crate::operator::version::Version;
use crate::path::Step;
use crate::report::Ref;
use crate::schema;
use crate::world::{Decoded, Kind, Malformed, Manifest, Object, PemReader, World, is_relative, single};
use crate::yaml;

/// A document of a file that holds something of interest. Its tree is kept, so that places are found when a finding
/// asks for them; documents of kinds that no check reads leave nothing behind.
#[derive(Debug)]
pub struct Part {
    /// The place of the file in [`Bundle::files`].
    pub file: usize,
    /// The document, with the bytes of everything in it.
    pub document: yaml::Document,
}

/// Where an object was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The place of its document in [`Bundle::parts`].
    pub part: usize,
    /// From the root of the document to the object: nothing, or `items[3]`.
    pub path: Vec<Step>,
}

/// An object that was written somewhere.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where.
    pub origin: Origin,
    /// Its `apiVersion`.
    pub api_version: String,
    /// Which object, in the namespace that it was given where it names none.
    pub reference: Ref,
    /// Whether its namespace is not written but was filled in.
    pub homeless: bool,
    /// The object as it was written, before anything of it was thrown away. Kept for the operator's kinds only: the
    /// others are many and big.
    pub value: Option<Value>,
}

/// A document that could not be read.
#[derive(Clone, Debug)]
pub(super) struct BrokenAt {
    pub(super) file: usize,
    pub(super) span: Range<usize>,
}

/// What is deployed together.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The files.
    pub files: Vec<File>,
    /// Their documents, as far as they hold anything that checks read.
    pub parts: Vec<Part>,
    /// The objects, in the order in which they are written.
    pub items: Vec<Item>,
    /// How many objects there are, of whatever kind.
    pub objects: usize,
    /// The namespace that objects without one were given.
    pub namespace: String,
    /// The objects in slim form; nothing is known beyond them.
    pub world: World,
    pub(super) homes: Homes,
    /// Documents that could not be read, by `file:line:column`.
    pub(super) broken: BTreeMap<String, BrokenAt>,
    pub(super) index: BTreeMap<Ref, Vec<usize>>,
    /// Parts of objects, which kustomize is yet to put together with the rest: nothing in them is an object of its own.
    pub(super) patches: Option<Box<Self>>,
    /// How many documents are templates that are yet to be rendered.
    templates: usize,
    /// Objects of which a value of a wrong type was left out to read the rest: the API server refuses them.
    pub(super) refused: Vec<(bool, Object)>,
    /// All copies of the objects that are written more than once, by item.
    pub(super) copies: BTreeMap<usize, Vec<Object>>,
}

/// How a bundle is read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The namespace of objects that name none, where the user says it.
    pub namespace: Option<String>,
    /// Reads certificates and keys in Secrets.
    pub pem: Option<PemReader>,
    /// Kustomizations beside and above the files that are none of them: they tell patches from objects.
    pub kustomizations: Vec<(String, String)>,
    /// The folder that the names of files are relative to.
    pub folder: String,
}

impl Bundle {
    /// Reads texts, each with its name. What cannot be read is in [`World::malformed`].
    pub fn read(inputs: Vec<(String, String)>, reading: &Reading) -> Self {
        let mut bundle = Self::default();
        let named = kustomize::patches(inputs.iter().chain(&reading.kustomizations), &reading.folder);
        let (mut found, mut of_patches) = (Vec::new(), Vec::new());
        for (file, (name, text)) in inputs.into_iter().enumerate() {
            let is_named = !named.is_empty() && named.contains(&kustomize::normal(&reading.folder, &name));
            let may_say = kustomize::may_hold_patch(&text);
            let may_be_template = text.contains("{{");
            let is_kustomization = kustomize::is_kustomization(&name);
            for read in yaml::documents(&text) {
                let read = read.and_then(|document| match () {
                    () if may_be_template && let Some(broken) = document.unrendered(is_ours(&document)) => Err(broken),
                    () if is_named || may_say && kustomize::is_patch(document.root()) => {
                        bundle.patch(&name, &text, document, &mut of_patches)
                    }
                    // It need not say its kind.
                    () if is_kustomization && document.root().get("kind").is_none() => Ok(()),
                    () => bundle.document(file, document, &mut found),
                });
                match read {
                    Ok(()) => {}
                    Err(broken) if broken.template && bundle.templates > 0 => bundle.templates += 1,
                    Err(broken) => bundle.broken(&name, file, broken),
                }
            }
            bundle.files.push(File::new(name, text));
        }
        bundle.tell_of_templates();
        bundle.decode(found, reading);
        if let Some(patches) = &mut bundle.patches {
            patches.decode(of_patches, reading);
        }
        bundle
    }

    /// Takes a document for a patch of an object.
    fn patch(&mut self, name: &str, text: &str, document: yaml::Document, found: &mut Vec<Found>) -> Result<(), yaml::Broken> {
        let patches = self.patches.get_or_insert_default();
        if patches.files.last().is_none_or(|file| file.name != name) {
            patches.files.push(File::new(name.to_owned(), text.to_owned()));
        }
        patches.document(patches.files.len() - 1, document, found)
    }

    /// How many parts of objects there are.
    pub fn patches(&self) -> usize {
        self.patches.as_deref().map_or(0, |patches| patches.items.len())
    }

    /// A chart that nobody has rendered is one trouble, however many templates it has.
    fn tell_of_templates(&mut self) {
        let others = self.templates.saturating_sub(1);
        let first = self.world.malformed.iter_mut().find(|one| one.position.is_some() && one.message == yaml::TEMPLATE);
        if let Some(first) = first.filter(|_| others > 0) {
            first.message += &match others {
                1 => "; 1 other document is one, too".to_owned(),
                _ => format!("; {others} other documents are templates, too"),
            };
        }
    }

    /// What is wrong with the manifests of the operator's own kinds, held against the definitions of a version of it; and
    /// with what is written twice, whatever its kind.
    ///
    /// Of an object that is written more than once `copy` is judged, by default the last.
    pub fn manifests(&self, operator: Version, copy: Option<usize>) -> Vec<Manifest> {
        self.examined(operator, copy, false)
    }

    /// The same; `partial`: of parts of objects.
    pub(super) fn examined(&self, operator: Version, copy: Option<usize>, partial: bool) -> Vec<Manifest> {
        let examine = if partial { schema::examine_part } else { schema::examine };
        let mut manifests = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            if self.chosen(&named(item.reference.clone()), copy).is_some_and(|chosen| chosen != at) {
                continue;
            }
            let document = &self.parts[item.origin.part].document;
            if item.value.is_none() && !is_doubtful(document) {
                continue;
            }
            let Some(found) = document.locate(super::locate::steps(&item.origin.path)) else { continue };
            let mut problems = match &item.value {
                Some(_) => examine(&item.reference.kind, &item.api_version, found.value, Some(operator)),
                None => Vec::new(),
            };
            if is_doubtful(document) {
                super::doubled::add(document, item, found.value, &mut problems);
            }
            if !problems.is_empty() {
                let (reference, api_version) = (item.reference.clone(), item.api_version.clone());
                let (homeless, value) = (item.homeless, item.value.clone().unwrap_or_default());
                manifests.push(Manifest { reference, api_version, homeless, kept_out: false, partial, value, problems });
            }
        }
        manifests
    }

    /// The items that are an object: more than one where it is written twice.
    pub fn items_of(&self, reference: &Ref) -> impl DoubleEndedIterator<Item = &Item> {
        self.index.get(reference).into_iter().flatten().map(|&at| &self.items[at])
    }

    /// The item that counts as an object: one of its copies, or the last where there are not so many.
    pub fn item(&self, reference: &Ref, copy: Option<usize>) -> Option<&Item> {
        self.chosen(reference, copy).map(|at| &self.items[at])
    }

    fn chosen(&self, reference: &Ref, copy: Option<usize>) -> Option<usize> {
        let all = self.index.get(reference)?;
        copy.and_then(|copy| all.get(copy)).or(all.last()).copied()
    }

    /// Whether a copy of an object is another than the one that counts in the end.
    pub(super) fn is_earlier(&self, reference: &Ref, copy: usize) -> bool {
        self.index.get(reference).is_some_and(|all| copy + 1 < all.len())
    }

    /// How often the object is written that is written most often.
    pub(super) fn most_copies(&self) -> usize {
        self.index.values().map(Vec::len).max().unwrap_or_default()
    }

    /// Adds to a world what the bundle's own leaves out: objects that are refused, and one copy of each object that is
    /// written more than once in the place of the last.
    pub(super) fn complete(&self, world: &mut World, home: &str, copy: Option<usize>) {
        let mut put = |homeless: bool, object: &Object| {
            let mut object = object.clone();
            if let Some(meta) = object.meta_mut().filter(|_| homeless) {
                home.clone_into(&mut meta.namespace);
            }
            world.insert(object);
        };
        self.refused.iter().for_each(|(homeless, object)| put(*homeless, object));
        let Some(copy) = copy else { return };
        for all in self.index.values().filter(|all| copy + 1 < all.len()) {
            let item = &self.items[all[copy]];
            self.copies.get(&all[copy]).into_iter().flatten().for_each(|object| put(item.homeless, object));
        }
    }

    /// Whether an object is written here.
    pub fn holds(&self, reference: &Ref) -> bool {
        self.index.contains_key(reference)
    }

    /// A file by its name.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The file of an item.
    pub fn file_of(&self, item: &Item) -> &File {
        &self.files[self.parts[item.origin.part].file]
    }

    /// Whether there was no object, and nothing that may be one and cannot be read.
    pub fn is_empty(&self) -> bool {
        self.objects == 0 && self.broken.is_empty() && self.patches.is_none()
    }

    fn broken(&mut self, name: &str, file: usize, broken: yaml::Broken) {
        self.templates += usize::from(broken.template);
        let key = format!("{name}:{}:{}", broken.line, broken.column);
        self.broken.insert(key, BrokenAt { file, span: broken.span });
        self.world.malformed.push(Malformed {
            place: name.to_owned(),
            object: None,
            id: None,
            message: broken.message,
            position: Some((broken.line, broken.column)),
            path: None,
            refused: true,
        });
    }

    /// Takes the objects out of a document.
    fn document(&mut self, file: usize, document: yaml::Document, found: &mut Vec<Found>) -> Result<(), yaml::Broken> {
        let root = document.root();
        let text = |key: &str| root.get(key).and_then(|node| node.as_str()).unwrap_or_default();
        if !concerns(text("apiVersion"), text("kind")) && !is_doubtful(&document) {
            self.objects += usize::from(!text("kind").is_empty());
            return Ok(());
        }
        let value = document.to_json()?;
        let before = found.len();
        let mut path = Vec::new();
        self.collect(value, None, is_doubtful(&document), &mut path, found);
        if found.len() > before {
            self.parts.push(Part { file, document });
        }
        Ok(())
    }

    /// Takes lists apart; `all`: also what no check reads.
    fn collect(
        &mut self,
        mut value: Value,
        inherited: Option<(&str, &str)>,
        all: bool,
        path: &mut Vec<Step>,
        found: &mut Vec<Found>,
    ) {
        if let Value::Array(items) = value {
            for (index, item) in items.into_iter().enumerate() {
                path.push(Step::Index(index));
                self.collect(item, inherited, all, path, found);
                path.pop();
            }
            return;
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (mut api_version, mut kind) = (text("apiVersion"), text("kind"));
        if let Some((list_version, item_kind)) = inherited.filter(|_| api_version.is_empty() && kind.is_empty()) {
            (api_version, kind) = (list_version.to_owned(), item_kind.to_owned());
        }
        if kind.ends_with("List") && value.get("items").is_some_and(|items| items.is_array() || items.is_null()) {
            let item_kind = kind.trim_end_matches("List");
            let inherited = (!item_kind.is_empty()).then_some((api_version.as_str(), item_kind));
            path.push(Step::Key("items".to_owned()));
            let items = value["items"].take();
            if !items.is_null() {
                self.collect(items, inherited, all, path, found);
            }
            path.pop();
            return;
        }
        // Without a kind only what is ours is known to be an object.
        self.objects += usize::from(!kind.is_empty() || api_version.contains(MONITORING));
        if (all || concerns(&api_version, &kind)) && !is_made_later(&value) {
            found.push(Found { part: self.parts.len(), path: path.clone(), api_version, kind, value });
        }
    }

    /// Gives every object a namespace, and puts it into the world.
    fn decode(&mut self, found: Vec<Found>, reading: &Reading) {
        self.homes = Homes::of(&found, reading.namespace.as_deref());
        self.namespace = self.homes.namespace.clone();
        let mut homeless_objects = Vec::new();
        let mut times: BTreeMap<Ref, usize> = BTreeMap::new();
        let mut settled = Vec::new();
        for mut found in found {
            let homeless = settle(&found.api_version, &found.kind, &mut found.value, &self.namespace);
            let text = |key: &str| metadata(&found.value, key).unwrap_or_default().to_owned();
            let reference = Ref { kind: found.kind.clone(), namespace: text("namespace"), name: text("name") };
            *times.entry(reference.clone()).or_default() += 1;
            settled.push((found, homeless, reference));
        }
        for (Found { part, path, api_version, kind, value }, homeless, reference) in settled {
            let origin = Origin { part, path };
            let mut decoded = Decoded::default();
            let place = self.files[self.parts[part].file].name.clone();
            single(&value, &api_version, &kind, &place, reading.pem, &mut decoded);
            let kept = api_version.contains(MONITORING) || Kind::all().any(|known| known.is_monitoring() && known.name() == kind);
            let copied = times.get(&reference).is_some_and(|times| *times > 1);
            if !decoded.malformed.is_empty() && kept {
                let readable = self.readable(&origin, &api_version, &kind, &value, reading);
                if copied {
                    self.copies.insert(self.items.len(), readable.clone());
                }
                self.refused.extend(readable.into_iter().map(|object| (homeless, object)));
            } else if copied {
                self.copies.insert(self.items.len(), decoded.objects.clone());
            }
            if copied && kept && !decoded.malformed.is_empty() && self.is_refused(&origin, &api_version, &kind) {
                // Each copy of an object is held against its definition, which tells it at the right one.
                decoded.malformed.clear();
            }
            let mut nameless = Vec::new();
            for malformed in decoded.malformed {
                // Of the operator's own kinds all is told that is wrong, and first of all that there is no name.
                if malformed.id.is_none() && kept && self.is_refused(&origin, &api_version, &kind) {
                    continue;
                }
                if malformed.id.is_none() {
                    nameless.push(malformed.path.clone().unwrap_or_default());
                }
                let position = self.start(&origin);
                // A value of another type, which no API server takes; null is as good as nothing to it.
                let mistyped = malformed.path.is_some() && !malformed.message.ends_with(", not null");
                self.world.malformed.push(Malformed { position, refused: mistyped, ..malformed });
            }
            for object in decoded.objects {
                if homeless { homeless_objects.push(object) } else { self.world.insert(object) }
            }
            // Findings name what has no name in the same words.
            self.index.entry(named(reference.clone())).or_default().push(self.items.len());
            let item = Item { origin, api_version, reference, homeless, value: kept.then_some(value) };
            nameless.iter().for_each(|path| self.cannot_be_found(&item, path));
            self.items.push(item);
        }
        self.homes.keep(&self.world, &homeless_objects);
        homeless_objects.into_iter().for_each(|object| self.world.insert(object));
    }

    /// Whether every version of the definition refuses what is written.
    fn is_refused(&self, origin: &Origin, api_version: &str, kind: &str) -> bool {
        let document = &self.parts[origin.part].document;
        let found = document.locate(super::locate::steps(&origin.path));
        found.is_some_and(|found| schema::examine(kind, api_version, found.value, None).iter().any(|problem| problem.refused))
    }

    /// Remembers the place of an object that no name leads to.
    fn cannot_be_found(&mut self, item: &Item, path: &str) {
        let file = self.parts[item.origin.part].file;
        let (Some((line, column)), Some(span)) = (self.start(&item.origin), self.spans(item, path).into_iter().next()) else {
            return;
        };
        self.broken.insert(format!("{}:{line}:{column}", self.files[file].name), BrokenAt { file, span });
    }

    /// What can be read of an object without the values that are of another type than their fields.
    fn readable(&self, origin: &Origin, api_version: &str, kind: &str, value: &Value, reading: &Reading) -> Vec<Object> {
        let document = &self.parts[origin.part].document;
        let Some(found) = document.locate(super::locate::steps(&origin.path)) else { return Vec::new() };
        let mut value = value.clone();
        for problem in schema::examine(kind, api_version, found.value, None) {
            if problem.fault == schema::Fault::Type {
                let steps = crate::path::parse(&problem.path).unwrap_or_default();
                blank(&mut value, &steps);
            }
        }
        let mut decoded = Decoded::default();
        single(&value, api_version, kind, "", reading.pem, &mut decoded);
        decoded.objects
    }

    /// Line and column at which an object begins.
    fn start(&self, origin: &Origin) -> Option<(usize, usize)> {
        let found = self.parts[origin.part].document.locate(super::locate::steps(&origin.path))?;
        Some((found.value.line(), found.value.column()))
    }
}

/// An object as findings name it.
fn named(reference: Ref) -> Ref {
    if reference.name.is_empty() { Ref { name: NAMELESS.to_owned(), ..reference } } else { reference }
}

/// Takes out what stands at the end of a path; of a list the item stays, so that the others keep their places.
fn blank(value: &mut Value, path: &[Step]) {
    match path {
        [Step::Key(key)] => {
            value.as_object_mut().and_then(|map| map.shift_remove(key));
        }
        [Step::Index(at)] => {
            if let Some(item) = value.get_mut(*at) {
                *item = if item.is_object() { Value::Object(Map::new()) } else { Value::String(String::new()) };
            }
        }
        [Step::Key(key), rest @ ..] => value.get_mut(key).into_iter().for_each(|value| blank(value, rest)),
        [Step::Index(at), rest @ ..] => value.get_mut(*at).into_iter().for_each(|value| blank(value, rest)),
        [] => {}
    }
}

const MONITORING: &str = "monitoring.coreos.com";

/// An object in a document, not yet decoded.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) part: usize,
    pub(super) path: Vec<Step>,
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) value: Value,
}

/// Whether a document is not what it seems to be, whatever its kind: a key is written twice, or `---` is missing.
fn is_doubtful(document: &yaml::Document) -> bool {
    !document.duplicate_keys.is_empty() || document.joined_to.is_some()
}

/// Whether a document is one of the operator's own kinds.
fn is_ours(document: &yaml::Document) -> bool {
    document.root().get("apiVersion").and_then(|node| node.as_str()).is_some_and(|version| version.contains(MONITORING))
}

/// Whether any check reads such an object: the kinds that we know, their relatives, lists, and what does not say.
fn concerns(api_version: &str, kind: &str) -> bool {
    kind.is_empty()
        || kind.ends_with("List")
        || api_version.contains(MONITORING)
        || Kind::of_manifest(api_version, kind).is_some()
        || is_relative(kind)
}

/// Whether Helm leaves an object out when it deploys: it is made when somebody tests, removes or rolls back the release.
/// A pod for tests has the labels of the application, and none of its ports.
fn is_made_later(value: &Value) -> bool {
    let annotations = value.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let hooks = annotations.and_then(|annotations| annotations.get("helm.sh/hook")).and_then(Value::as_str);
    hooks.is_some_and(|hooks| {
        let later = |hook: &str| hook.starts_with("test") || hook.ends_with("-delete") || hook.ends_with("-rollback");
        hooks.split(',').map(str::trim).all(later)
    })
}

/// A text of an object's metadata.
pub(super) fn metadata<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get("metadata")?.get(key)?.as_str()
}

/// Gives an object the namespace into which it would be deployed; whether it named none.
fn settle(api_version: &str, kind: &str, value: &mut Value, namespace: &str) -> bool {
    let namespaced = Kind::of_manifest(api_version, kind).map_or_else(|| api_version.contains(MONITORING), Kind::namespaced);
    let named = metadata(value, "namespace").is_some_and(|name| !name.is_empty());
    if named || !namespaced {
        return false;
    }
    let Some(object) = value.as_object_mut() else { return false };
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return false };
    metadata.insert("namespace".to_owned(), namespace.into());
    true
}
