//! Ways into the world that matching needs more than once.

use std::collections::HashMap;

use crate::world::{EndpointSlice, SERVICE_NAME_LABEL, Service, World};

/// Indexes over a world, built once per walk.
#[derive(Debug, Default)]
pub struct Index<'w> {
    slices: HashMap<&'w str, HashMap<&'w str, Vec<&'w EndpointSlice>>>,
}

impl<'w> Index<'w> {
    /// Builds the indexes.
    pub fn new(world: &'w World) -> Self {
        let mut index = Self::default();
        for slice in world.slices.iter() {
            if let Some(service) = slice.metadata.labels.get(SERVICE_NAME_LABEL) {
                let here = index.slices.entry(slice.metadata.namespace.as_str()).or_default();
                here.entry(service.as_str()).or_default().push(slice);
            }
        }
        index
    }

    /// The slices that name a Service (SD-EPS-2).
    pub fn slices_of(&self, service: &Service) -> &[&'w EndpointSlice] {
        let here = self.slices.get(service.metadata.namespace.as_str());
        here.and_then(|here| here.get(service.metadata.name.as_str())).map_or(&[], Vec::as_slice)
    }
}
