//! What was written of an object, where that is not what an API server would store.

use serde_json::Value;

use crate::report::{PatchRef, Ref};
use crate::schema::Problem;

/// An object of the operator's own kinds as somebody wrote it, with what is wrong with it. Faultless ones are left out.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Which object, its kind as it is written.
    pub reference: Ref,
    /// Its `apiVersion`, as it is written.
    pub api_version: String,
    /// Whether its namespace is not written.
    pub homeless: bool,
    /// Whether the world that the files are laid over goes without it, because the API server would not take it: what is
    /// found of an object of its name is about the one that is there.
    pub kept_out: bool,
    /// Whether it is a part of an object, which a tool is yet to complete.
    pub partial: bool,
    /// What is written.
    pub value: Value,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Manifest {
    /// Whether the API server refuses it.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.refused)
    }

    /// The object, for patches.
    pub fn patch_ref(&self) -> PatchRef {
        PatchRef::named(&self.api_version, &self.reference.kind, &self.reference.namespace, &self.reference.name)
    }
}
