//! What must be read to answer a question. The shell asks, fetches, and asks again until nothing more is wanted.

use crate::world::{Kind, Monitor, World};

/// What a user wants to know.
#[derive(Clone, Debug)]
pub struct Question {
    /// The namespace whose monitors are asked about; `None` for all. It limits the question, not what is read.
    pub namespace: Option<String>,
    /// A single monitor, or an application, that is asked about.
    pub about: Option<crate::world::ObjectId>,
    /// Only monitors whose labels match.
    pub selector: Option<crate::selector::LabelSelector>,
    /// Only this server: namespace and name.
    pub server: Option<(String, String)>,
    /// Seconds within which an object is too young to be judged by what is missing from the configuration.
    pub grace: i64,
}

impl Question {
    /// Whether a monitor is among those asked about. A question about an application is one about all monitors
    /// that could reach it, which the report names apart; then no monitor is a subject of its own.
    pub fn asks(&self, monitor: &Monitor) -> bool {
        if let Some(about) = &self.about {
            return *about == monitor.id();
        }
        self.namespace.as_ref().is_none_or(|namespace| *namespace == monitor.metadata.namespace)
            && self.selector.as_ref().is_none_or(|selector| selector.matches(&monitor.metadata.labels))
    }
}

impl Default for Question {
    fn default() -> Self {
        Self { namespace: None, about: None, selector: None, server: None, grace: crate::chain::DEFAULT_GRACE }
    }
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// All objects of a kind, in one namespace or everywhere.
    List {
        /// The kind.
        kind: Kind,
        /// The namespace; `None` for the whole cluster.
        namespace: Option<String>,
    },
    /// One Secret or ConfigMap: these are never listed.
    Get {
        /// The kind.
        kind: Kind,
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
}

/// What is still to be read; empty when the world holds all that can be had.
pub fn wants(world: &World, question: &Question) -> Vec<Request> {
    let _ = (world, question);
    Vec::new()
}
