//! The namespace of objects that name none.
//!
//! They are deployed together, into one namespace that stands on somebody's command line. Which one it is matters only
//! where other objects name theirs: then a finding is true only if it holds wherever they end up.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bundle::{Found, metadata};
use crate::world::{Kind, Object, World};

/// Where objects without a namespace could end up.
#[derive(Clone, Debug, Default)]
pub(super) struct Homes {
    /// The one that is assumed: what the user says, else one in which monitors look and nothing lives that says
    /// so, else the one that most of the others name, else `default`.
    pub(super) namespace: String,
    /// Others that would make a difference.
    others: Vec<String>,
    /// The world without them, and they: kept only where there are others.
    apart: Option<Box<(World, Vec<Object>)>>,
}

/// So many namespaces that the bundle names are tried; more would be slow and no wiser.
const TRIED: usize = 4;

/// A namespace that nobody names.
const ELSEWHERE: &str = "some-other-namespace";

/// How often a namespace is mentioned.
#[derive(Clone, Copy, Default)]
struct Mentions {
    /// By objects that live there.
    lives: usize,
    /// By monitors that look there.
    spoken: usize,
}

impl Mentions {
    /// A namespace in which monitors look, while nothing says that it lives there, is where the others are to go: charts
    /// write it into the monitor only. Else most objects are right.
    fn weight(self) -> (bool, usize, usize) {
        (self.spoken > 0 && self.lives == 0, self.lives, self.spoken)
    }
}

impl Homes {
    /// Looks where the objects that name a namespace live, and which namespaces they speak of.
    pub(super) fn of(found: &[Found], said: Option<&str>) -> Self {
        if let Some(said) = said {
            return Self { namespace: said.to_owned(), ..Self::default() };
        }
        let mut named: BTreeMap<&str, Mentions> = BTreeMap::new();
        let mut homeless = false;
        for Found { api_version, kind, value, .. } in found {
            let own = metadata(value, "namespace").filter(|name| !name.is_empty());
            match own {
                Some(name) => named.entry(name).or_default().lives += 1,
                None => homeless |= Kind::of_manifest(api_version, kind).is_some_and(Kind::namespaced),
            }
            let selector = value.get("spec").and_then(|spec| spec.get("namespaceSelector"));
            let spoken = selector.and_then(|selector| selector.get("matchNames")).and_then(Value::as_array);
            for name in spoken.into_iter().flatten().filter_map(Value::as_str) {
                named.entry(name).or_default().spoken += 1;
            }
        }
        let mut by_number: Vec<(&str, Mentions)> = named.into_iter().collect();
        by_number.sort_by_key(|(name, mentions)| (std::cmp::Reverse(mentions.weight()), *name));
        let mut names = by_number.iter().map(|(name, _)| (*name).to_owned());
        let most = names.next();
        let mut others: Vec<String> = names.take(TRIED).collect();
        let mixed = homeless && (most.is_some() || !others.is_empty());
        if mixed {
            others.push(ELSEWHERE.to_owned());
        } else {
            others.clear();
        }
        Self { namespace: most.unwrap_or_else(|| "default".to_owned()), others, apart: None }
    }

    /// Remembers the objects that name none, and what is there without them.
    pub(super) fn keep(&mut self, world: &World, homeless: &[Object]) {
        if !self.others.is_empty() {
            self.apart = Some(Box::new((world.clone(), homeless.to_vec())));
        }
    }

    /// The other namespaces, each with the world as it would be there.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = (&str, World)> {
        let apart = self.apart.as_deref();
        self.others.iter().filter_map(move |namespace| {
            let (world, homeless) = apart?;
            let mut moved = world.clone();
            for object in homeless {
                let mut object = object.clone();
                if let Some(meta) = object.meta_mut() {
                    meta.namespace.clone_from(namespace);
                }
                moved.insert(object);
            }
            Some((namespace.as_str(), moved))
        })
    }
}
