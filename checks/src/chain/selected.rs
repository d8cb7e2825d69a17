//! Link `selected`: do the server's selectors choose the monitor (OP-SEL)?
//!
//! Two selectors decide together: one looks at the monitor's own labels, the other at those of its Namespace. Absent is
//! not empty: an absent object selector takes nothing and an empty one everything; an absent namespace selector means
//! the server's own namespace and an empty one all namespaces.

use std::collections::BTreeMap;

use super::meant::is_marked_otherwise;
use super::state::State;
use crate::selector::{LabelSelector, Miss, Operator};
use crate::world::{Kind, Meta, Server, Unseen, World};

/// How a server's selectors look at a monitor.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The state of the link.
    pub state: State,
    /// The object selector against the monitor's labels.
    pub object: Choice,
    /// The namespace selector against the labels of the monitor's namespace.
    pub namespace: Choice,
    /// Whether the operator leaves the server's configuration to the user (OP-UNM-1).
    pub unmanaged: bool,
}

/// How one selector decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It selects.
    Taken,
    /// It is null: an object selector then takes nothing, a namespace selector only the server's namespace.
    Null,
    /// Requirements that are not met.
    Missed(Vec<Miss>),
    /// Kubernetes refuses the selector: path and reason.
    Invalid(String, String),
    /// The labels of the namespace were not seen.
    Unknown(Unseen),
}

impl Choice {
    fn of(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Self {
        if let Some((path, why)) = selector.invalid() {
            return Self::Invalid(path, why);
        }
        let misses = selector.misses(labels);
        if misses.is_empty() { Self::Taken } else { Self::Missed(misses) }
    }

    /// How far it is from selecting; a null selector is farther than any that asks for labels.
    fn misses(&self) -> usize {
        match self {
            Self::Taken | Self::Unknown(_) => 0,
            Self::Missed(misses) => misses.len(),
            Self::Null => 50,
            Self::Invalid(..) => 100,
        }
    }

    /// Missed requirements that ask for a label rather than exclude one.
    fn marks_missed(&self) -> usize {
        let asks = |miss: &&Miss| matches!(miss.requirement.operator, Operator::In | Operator::Exists);
        if let Self::Missed(misses) = self { misses.iter().filter(asks).count() } else { 0 }
    }

    /// Whether it misses by labels that are there with other values.
    fn is_near(&self) -> bool {
        matches!(self, Self::Missed(misses) if is_marked_otherwise(misses))
    }

    fn is_no(&self) -> bool {
        matches!(self, Self::Null | Self::Missed(_) | Self::Invalid(..))
    }
}

impl Selected {
    /// What is known where no server was seen.
    pub(super) fn unknown(why: Vec<Unseen>) -> Self {
        Self { state: State::Unknown(why), object: Choice::Taken, namespace: Choice::Taken, unmanaged: false }
    }

    /// Whether the selectors miss the monitor by no more than other values of labels that it has.
    pub fn is_near_miss(&self) -> bool {
        let fine = |choice: &Choice| choice.is_near() || matches!(choice, Choice::Taken);
        self.state.is_failed() && !self.unmanaged && fine(&self.object) && fine(&self.namespace)
    }

    /// How far the server is from choosing the monitor: the smaller, the nearer.
    /// Of two that are equally near, the one that takes all but what opts out is meant rather than one that asks for a
    /// mark of its own.
    pub fn distance(&self) -> (usize, usize) {
        let misses = self.object.misses() + self.namespace.misses() + if self.unmanaged { 200 } else { 0 };
        (misses, self.object.marks_missed() + self.namespace.marks_missed())
    }
}

/// Looks at a monitor with the selectors of a server.
pub(super) fn selected(world: &World, kind: Kind, monitor: &Meta, server: &Server, unmanaged: bool) -> Selected {
    let object = match server.object_selector(kind) {
        None => Choice::Null,
        Some(selector) => Choice::of(selector, &monitor.labels),
    };
    let home = &monitor.namespace;
    let namespace = match server.namespace_selector(kind) {
        None if *home == server.metadata.namespace => Choice::Taken,
        None => Choice::Null,
        Some(selector) if selector.is_empty() => Choice::Taken,
        Some(selector) => match namespace_labels(world, home, selector) {
            Ok(labels) => Choice::of(selector, &labels),
            Err(unseen) => Choice::Unknown(unseen),
        },
    };
    let state = if object.is_no() || namespace.is_no() || unmanaged {
        State::Failed
    } else if let Choice::Unknown(unseen) = &namespace {
        State::unknown(unseen.clone())
    } else {
        State::Passed
    };
    Selected { state, object, namespace, unmanaged }
}

/// Whether a server's selectors choose a monitor, which may be one that is yet to be made.
pub fn selects(world: &World, kind: Kind, monitor: &Meta, server: &Server) -> bool {
    matches!(choice(world, kind, monitor, server), State::Passed)
}

/// As [`selects`], and whether it is known.
pub(crate) fn choice(world: &World, kind: Kind, monitor: &Meta, server: &Server) -> State {
    selected(world, kind, monitor, server, false).state
}

/// The label that Kubernetes itself puts on every Namespace.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The labels of a namespace, as far as a selector asks for them. The name label is known without looking.
fn namespace_labels(world: &World, namespace: &str, selector: &LabelSelector) -> Result<BTreeMap<String, String>, Unseen> {
    if let Some(found) = world.namespaces.get("", namespace) {
        return Ok(found.metadata.labels.clone());
    }
    let only_name = selector.requirements().iter().all(|requirement| requirement.key == NAME_LABEL);
    match world.sight.whole(Kind::Namespace, None) {
        Err(unseen) if !only_name => Err(unseen),
        _ => Ok([(NAME_LABEL.to_owned(), namespace.to_owned())].into()),
    }
}
