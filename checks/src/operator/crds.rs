//! Which CustomResourceDefinitions are older than the operator that runs (OP-FIND-3): fields that they do not know are
//! dropped when objects are saved.

use super::find::Operator;
use super::version::{Version, operator};
use crate::world::{Crd, Kind, World};

/// The annotation that tells for which operator a CustomResourceDefinition was made, since operator 0.69.
pub const VERSION: &str = "operator.prometheus.io/version";

/// A CustomResourceDefinition that is older than the operator.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'w> {
    /// The definition.
    pub crd: &'w Crd,
    /// Its version; `None` where it is older than 0.69, which do not tell.
    pub version: Option<Version>,
    /// The version of the newest operator that runs.
    pub operator: Version,
}

impl Behind<'_> {
    /// The version in words.
    pub fn words(&self) -> String {
        self.version.map_or_else(|| "older than 0.69".to_owned(), |version| version.to_string())
    }
}

/// The definitions of the operator's group that are older than the newest operator; patch releases do not count.
pub fn behind<'w>(world: &'w World, operators: &[Operator]) -> Vec<Behind<'w>> {
    let running = operators.iter().filter(|operator| !operator.is_down()).filter_map(|operator| operator.version);
    let Some(newest) = running.max() else { return Vec::new() };
    let minor = |version: Version| (version.major, version.minor);
    let ours = world.crds.iter().filter(|crd| crd.spec.group == Kind::ServiceMonitor.group());
    let one = |crd: &'w Crd| {
        let annotations = &crd.metadata.annotations;
        let behind = Behind { crd, version: annotations.get(VERSION).and_then(|text| Version::parse(text)), operator: newest };
        let old = match behind.version {
            Some(version) => minor(version) < minor(newest),
            // Without any mark of its making nothing can be said: somebody took the annotations away.
            None => annotations.contains_key("controller-gen.kubebuilder.io/version") && newest >= operator(69),
        };
        old.then_some(behind)
    };
    let mut found: Vec<Behind<'_>> = ours.filter_map(one).collect();
    let order = |kind: &str| Kind::all().position(|known| known.name() == kind).unwrap_or(usize::MAX);
    found.sort_by_key(|behind| (order(&behind.crd.spec.names.kind), behind.crd.metadata.name.clone()));
    found
}
