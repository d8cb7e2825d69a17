//! What the operator itself says of an object: in `status.bindings`, where the feature gate is on (OP-REP-4), else in events,
//! where it may write any (OP-REP-2). That it says nothing means nothing.

use crate::pipeline::span;
use crate::text::{line, without_credentials};
use crate::world::{Kind, Meta, Server, StatusBinding, World};

/// What the operator says of an object for a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Word {
    /// Nothing that speaks of the object as it is.
    #[default]
    None,
    /// It takes it.
    Accepts,
    /// It refuses it.
    Refuses(Refuses),
}

/// What the operator refuses an object for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuses {
    /// Its words, without credentials.
    pub text: String,
    /// Whether it wrote them into the status; else into an event, which may be of the past.
    pub status: bool,
    /// How many seconds ago, for an event that says when.
    pub age: Option<i64>,
}

impl Word {
    /// Looks for it. A word about an older generation is stale; an object that was changed gets a new event.
    pub(crate) fn of(world: &World, kind: Kind, metadata: &Meta, bindings: &[StatusBinding], server: &Server) -> Self {
        let (resource, meta) = (server.kind.plural(), &server.metadata);
        let own = |binding: &&StatusBinding| {
            binding.resource == resource && binding.namespace == meta.namespace && binding.name == meta.name
        };
        let binding = bindings.iter().find(own);
        let condition = binding.and_then(|binding| binding.conditions.iter().find(|condition| condition.kind == "Accepted"));
        let current = condition
            .filter(|condition| condition.observed_generation.is_none() || condition.observed_generation >= metadata.generation);
        match current.map(|condition| (condition.status.as_str(), &condition.message)) {
            Some(("True", _)) => return Self::Accepts,
            Some(("False", message)) => {
                let text = line(&without_credentials(message), 400);
                return Self::Refuses(Refuses { text, status: true, age: None });
            }
            _ => {}
        }
        match world.refusal(&metadata.id(kind), metadata.changed_at(), server) {
            Some(refusal) => {
                let age = world.observed_at.zip(refusal.at).map(|(now, at)| (now - at).max(0));
                Self::Refuses(Refuses { text: refusal.says.clone(), status: false, age })
            }
            None => Self::None,
        }
    }

    /// What it refuses it for.
    pub fn refuses(&self) -> Option<&Refuses> {
        match self {
            Self::Refuses(refuses) => Some(refuses),
            _ => None,
        }
    }
}

impl Refuses {
    /// Where it stands: `in an event 3 min ago`.
    pub fn place(&self) -> String {
        match (self.status, self.age) {
            (true, _) => "in status.bindings".to_owned(),
            (false, Some(age)) => format!("in an event {} ago", span(age)),
            (false, None) => "in an event".to_owned(),
        }
    }
}
