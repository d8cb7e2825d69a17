//! Manifests of the operator's own kinds, held against what its CustomResourceDefinitions accept: what the API server
//! would refuse, and what it would drop without a word.
//!
//! What is judged is the text that somebody wrote, before any API server saw it. The rules are those of structural
//! schemas: unknown fields are dropped first, then nulls, then what is left is validated (OP-SEL-5, OP-MON-1).

mod facts;
mod meant;
mod metadata;
mod problem;
mod root;
mod rules;
#[cfg(test)]
mod tests;
mod walk;

pub use self::problem::{Fault, Meant, Problem, Spot};

use crate::operator::version::Version;
use crate::yaml::Node;

/// What is wrong with a manifest of the operator's own kinds, in the order in which it stands there; nothing for
/// documents of others. `version` is that of the operator whose definitions are installed, the newest known if `None`.
pub fn examine(kind: &str, api_version: &str, node: Node<'_>, version: Option<Version>) -> Vec<Problem> {
    root::examine(kind, api_version, node, version, false)
}

/// The same of a part of an object, as a patch is one: what it leaves out is elsewhere.
pub fn examine_part(kind: &str, api_version: &str, node: Node<'_>, version: Option<Version>) -> Vec<Problem> {
    root::examine(kind, api_version, node, version, true)
}

/// The newest version of the operator whose definitions are known here.
pub fn newest() -> Version {
    crate::operator::version::operator(facts::facts().last)
}
