//! Objects of one kind with the indexes that matching needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::meta::Meta;

/// Something with metadata.
pub trait HasMeta {
    /// The metadata.
    fn meta(&self) -> &Meta;
    /// The metadata, to be changed.
    fn meta_mut(&mut self) -> &mut Meta;
    /// A tag that keeps kinds apart which share a table.
    fn tag(&self) -> u8 {
        0
    }
}

/// Objects, found by namespace and name. What is cloned shares with the original all that neither of them changes.
#[derive(Debug)]
pub struct Table<T> {
    objects: Vec<Arc<T>>,
    index: BTreeMap<String, Arc<Names>>,
}

/// The places of the objects of a namespace, by name and tag.
type Names = BTreeMap<(String, u8), usize>;

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { objects: self.objects.clone(), index: self.index.clone() }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { objects: Vec::new(), index: BTreeMap::new() }
    }
}

impl<T: HasMeta> Table<T> {
    /// Adds an object, or replaces the older copy of it: the higher resourceVersion wins, then the one that
    /// says more about its writers.
    pub fn insert(&mut self, object: T) {
        let meta = object.meta();
        let names = self.index.entry(meta.namespace.clone()).or_default();
        match names.get(&(meta.name.clone(), object.tag())) {
            Some(&at) => {
                if newness(meta) >= newness(self.objects[at].meta()) {
                    self.objects[at] = Arc::new(object);
                }
            }
            None => {
                Arc::make_mut(names).insert((meta.name.clone(), object.tag()), self.objects.len());
                self.objects.push(Arc::new(object));
            }
        }
    }

    /// Takes out the objects of a name: more than one where kinds share the table.
    pub fn remove(&mut self, namespace: &str, name: &str) {
        let range = (name.to_owned(), u8::MIN)..=(name.to_owned(), u8::MAX);
        while let Some(names) = self.index.get_mut(namespace)
            && let Some(key) = names.range(range.clone()).map(|(key, _)| key.clone()).next()
            && let Some(at) = Arc::make_mut(names).remove(&key)
        {
            if names.is_empty() {
                self.index.remove(namespace);
            }
            self.objects.swap_remove(at);
            // The last one has taken its place.
            if let Some(moved) = self.objects.get(at) {
                let (meta, tag) = (moved.meta(), moved.tag());
                let names = self.index.get_mut(&meta.namespace).map(Arc::make_mut);
                let place = names.and_then(|names| names.get_mut(&(meta.name.clone(), tag)));
                if let Some(place) = place {
                    *place = at;
                }
            }
        }
    }

    /// Adds an object, or puts it in the place of the one that is there, however new that is.
    pub fn put(&mut self, object: T) {
        let meta = object.meta();
        let names = self.index.entry(meta.namespace.clone()).or_default();
        match names.get(&(meta.name.clone(), object.tag())) {
            Some(&at) => self.objects[at] = Arc::new(object),
            None => {
                Arc::make_mut(names).insert((meta.name.clone(), object.tag()), self.objects.len());
                self.objects.push(Arc::new(object));
            }
        }
    }

    /// The object that another one, of the same kind, is or would be in the place of.
    pub fn like(&self, other: &T) -> Option<&T> {
        let (meta, tag) = (other.meta(), other.tag());
        self.named(&meta.namespace, &meta.name).find(|object| object.tag() == tag)
    }

    /// All objects by namespace and name. Not in the order of their arrival, which differs from run to run where lists
    /// are read side by side, and between a cluster and its dump.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.index.values().flat_map(|names| names.values()).map(|&at| &*self.objects[at])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The objects of a namespace, by name.
    pub fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.index.get(namespace).into_iter().flat_map(|names| names.values()).map(|&at| &*self.objects[at])
    }

    /// How many there are in a namespace.
    pub fn count_in(&self, namespace: &str) -> usize {
        self.index.get(namespace).map_or(0, |names| names.len())
    }

    /// An object by namespace and name.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.named(namespace, name).next()
    }

    /// The objects of a namespace that have a name: more than one where kinds share the table.
    pub fn named<'a>(&'a self, namespace: &str, name: &str) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let range = (name.to_owned(), u8::MIN)..=(name.to_owned(), u8::MAX);
        self.index.get(namespace).into_iter().flat_map(move |names| names.range(range.clone())).map(|(_, &at)| &*self.objects[at])
    }

    /// The namespaces in which there is any.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }
}

fn newness(meta: &Meta) -> (u64, bool) {
    let version = meta.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0);
    (version, !meta.managed_fields.is_empty())
}

macro_rules! has_meta {
    ($($kind:ty),*) => {
        $(impl HasMeta for $kind {
            fn meta(&self) -> &Meta {
                &self.metadata
            }
            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.metadata
            }
        })*
    };
}

has_meta!(
    super::Namespace,
    super::Service,
    super::Endpoints,
    super::EndpointSlice,
    super::Pod,
    super::Ingress,
    super::Node,
    super::Workload,
    super::Role,
    super::Binding,
    super::Crd,
    super::KeyStore,
    super::Unjudged
);

impl HasMeta for super::Monitor {
    fn meta(&self) -> &Meta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.metadata
    }
    fn tag(&self) -> u8 {
        u8::from(self.is_pod_monitor())
    }
}

impl HasMeta for super::Server {
    fn meta(&self) -> &Meta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.metadata
    }
    fn tag(&self) -> u8 {
        u8::from(self.kind == super::Kind::PrometheusAgent)
    }
}
