//! Ways into the world that matching needs more than once.

use std::collections::HashMap;

use crate::prometheus::label_name::sanitized;
use crate::selector::LabelSelector;
use crate::world::{EndpointSlice, Endpoints, HasMeta, Pod, SERVICE_NAME_LABEL, Service, Table, World};

/// Indexes over a world, built once per walk.
#[derive(Debug, Default)]
pub struct Index<'w> {
    slices: HashMap<&'w str, HashMap<&'w str, Vec<&'w EndpointSlice>>>,
    /// Endpoints without a Service of their name, which have no label of any (SD-EP-2).
    orphan_endpoints: Vec<&'w Endpoints>,
    /// Slices that name no Service, or none that there is.
    orphan_slices: Vec<&'w EndpointSlice>,
    /// Services by label.
    pub services: ByLabel<'w, Service>,
    /// Pods by label.
    pub pods: ByLabel<'w, Pod>,
}

/// Objects by label and value, so that a selector over the whole cluster looks only at those that meet a part of it.
#[derive(Debug)]
pub struct ByLabel<'w, T> {
    postings: HashMap<&'w str, HashMap<&'w str, Vec<&'w T>>>,
    /// Keys by the name that they have in a configuration.
    sanitized: HashMap<String, Vec<&'w str>>,
}

impl<T> Default for ByLabel<'_, T> {
    fn default() -> Self {
        Self { postings: HashMap::new(), sanitized: HashMap::new() }
    }
}

impl<'w, T: HasMeta> ByLabel<'w, T> {
    fn new(table: &'w Table<T>) -> Self {
        let mut index = Self::default();
        for object in table.iter() {
            for (key, value) in &object.meta().labels {
                index.postings.entry(key).or_default().entry(value).or_default().push(object);
            }
        }
        for key in index.postings.keys() {
            index.sanitized.entry(sanitized(key)).or_default().push(key);
        }
        index
    }

    /// The keys that have a name in a configuration, in no order (OP-CFG-4).
    pub fn keys_like(&self, sanitized: &str) -> &[&'w str] {
        self.sanitized.get(sanitized).map_or(&[], Vec::as_slice)
    }

    /// Objects that have a label of this key.
    pub fn having(&self, key: &str) -> impl Iterator<Item = &'w T> + use<'_, 'w, T> {
        self.postings.get(key).into_iter().flat_map(HashMap::values).flatten().copied()
    }

    fn with(&self, key: &str, value: &str) -> &[&'w T] {
        self.postings.get(key).and_then(|values| values.get(value)).map_or(&[], Vec::as_slice)
    }

    /// Objects among which all are that a selector chooses; `None` where its labels do not narrow them.
    pub fn candidates(&self, selector: &LabelSelector) -> Option<&[&'w T]> {
        selector.match_labels.iter().map(|(key, value)| self.with(key, value)).min_by_key(|list| list.len())
    }

    /// Objects that meet at least one of the labels that a selector asks for.
    pub fn touched<'s>(&'s self, selector: &'s LabelSelector) -> impl Iterator<Item = &'w T> + use<'s, 'w, T> {
        selector.match_labels.iter().flat_map(|(key, value)| self.with(key, value)).copied()
    }
}

impl<'w> Index<'w> {
    /// Builds the indexes.
    pub fn new(world: &'w World) -> Self {
        let mut index = Self { services: ByLabel::new(&world.services), pods: ByLabel::new(&world.pods), ..Self::default() };
        let service = |namespace: &str, name: &str| world.services.get(namespace, name);
        for endpoints in world.endpoints.iter() {
            if service(&endpoints.metadata.namespace, &endpoints.metadata.name).is_none() {
                index.orphan_endpoints.push(endpoints);
            }
        }
        for slice in world.slices.iter() {
            let named = slice.metadata.labels.get(SERVICE_NAME_LABEL);
            if named.and_then(|name| service(&slice.metadata.namespace, name)).is_none() {
                index.orphan_slices.push(slice);
            }
            if let Some(service) = slice.metadata.labels.get(SERVICE_NAME_LABEL) {
                let here = index.slices.entry(slice.metadata.namespace.as_str()).or_default();
                here.entry(service.as_str()).or_default().push(slice);
            }
        }
        index
    }

    /// Endpoints that stand for no Service.
    pub fn orphan_endpoints(&self) -> &[&'w Endpoints] {
        &self.orphan_endpoints
    }

    /// Slices that stand for no Service.
    pub fn orphan_slices(&self) -> &[&'w EndpointSlice] {
        &self.orphan_slices
    }

    /// The slices that name a Service (SD-EPS-2).
    pub fn slices_of(&self, service: &Service) -> &[&'w EndpointSlice] {
        let here = self.slices.get(service.metadata.namespace.as_str());
        here.and_then(|here| here.get(service.metadata.name.as_str())).map_or(&[], Vec::as_slice)
    }
}
