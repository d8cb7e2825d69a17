//! How much of each kind was seen: what may be concluded from an absence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::Kind;

/// How much of a kind was seen, in a namespace or in the whole cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Listed to the end: what is not there does not exist.
    Whole,
    /// The reader had no right to look.
    Forbidden,
    /// The API server does not serve the kind: there can be no object of it.
    NotServed,
    /// Nobody looked (files, dumps of other makers, or not needed).
    NotAsked,
    /// Only files were read: objects that are not in them may well exist.
    NotInFiles,
    /// The list broke off; the reason is for people.
    Failed(String),
}

impl Seen {
    /// Whether an absence proves that there is none.
    pub fn proves_absence(&self) -> bool {
        matches!(self, Self::Whole | Self::NotServed)
    }
}

/// Why something is not known: which reading of which kind is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unseen {
    /// What happened.
    pub reason: UnseenReason,
    /// What would have to be readable, in RBAC's words: `list pods in shop`.
    pub need: String,
}

/// Why something was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UnseenReason {
    /// No right to read it.
    Forbidden,
    /// Nobody looked.
    NotAsked,
    /// Only files were read, and it is not in them.
    NotInFiles,
    /// Looking failed.
    Failed,
    /// Younger than the usual delay of operator and reloader.
    TooEarly,
    /// This version of prom-doctor does not judge it.
    NotJudged,
    /// What was seen leaves it open.
    Undecided,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            UnseenReason::Forbidden => write!(f, "you may not \"{}\"", self.need),
            UnseenReason::NotAsked => write!(f, "not read: {}", self.need),
            UnseenReason::NotInFiles => write!(f, "not in the files: {}", self.need),
            UnseenReason::Failed => write!(f, "reading failed: {}", self.need),
            UnseenReason::TooEarly | UnseenReason::NotJudged | UnseenReason::Undecided => f.write_str(&self.need),
        }
    }
}

/// What was seen, per kind: of the whole cluster, and of single namespaces.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    open: bool,
    cluster: BTreeMap<Kind, Seen>,
    namespaces: BTreeMap<(Kind, String), Seen>,
    objects: BTreeMap<(Kind, String, String), Seen>,
    inferred: BTreeSet<Kind>,
}

impl Sight {
    /// The sight of files: whatever is not in them may still exist.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Whether only files were read, so that an absence proves nothing.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// What was seen of some kinds, and of no others.
    pub(super) fn of_kinds(&self, kinds: &[Kind]) -> Self {
        let mut out = self.clone();
        out.cluster.retain(|kind, _| kinds.contains(kind));
        out.namespaces.retain(|(kind, _), _| kinds.contains(kind));
        out.objects.retain(|(kind, ..), _| kinds.contains(kind));
        out
    }

    fn unlooked(&self) -> Seen {
        if self.open { Seen::NotInFiles } else { Seen::NotAsked }
    }

    /// Notes how a look at a kind went; `namespace` is `None` for a look at the whole cluster.
    pub fn note(&mut self, kind: Kind, namespace: Option<&str>, seen: Seen) {
        match namespace {
            None => self.cluster.insert(kind, seen),
            Some(namespace) => self.namespaces.insert((kind, namespace.to_owned()), seen),
        };
    }

    /// Notes that nobody listed a kind, and that there is no object of it only follows from the rest of what was read.
    pub fn note_inferred(&mut self, kind: Kind) {
        self.inferred.insert(kind);
    }

    /// The kinds of which there is none, as far as that can be told without a list of them.
    pub fn inferred(&self) -> impl Iterator<Item = Kind> {
        self.inferred.iter().copied()
    }

    /// How much of a kind was seen in one namespace, or, with `None`, everywhere.
    pub fn of(&self, kind: Kind, namespace: Option<&str>) -> Seen {
        let cluster = self.cluster.get(&kind);
        match namespace {
            _ if cluster.is_some_and(Seen::proves_absence) => cluster.cloned().unwrap_or_else(|| self.unlooked()),
            Some(namespace) => {
                let here = self.namespaces.get(&(kind, namespace.to_owned()));
                here.or(cluster).cloned().unwrap_or_else(|| self.unlooked())
            }
            None => cluster.cloned().unwrap_or_else(|| self.unlooked()),
        }
    }

    /// Whether somebody already looked at exactly this.
    pub fn asked(&self, kind: Kind, namespace: Option<&str>) -> bool {
        match namespace {
            None => self.cluster.contains_key(&kind),
            Some(namespace) => {
                self.namespaces.contains_key(&(kind, namespace.to_owned()))
                    || self.cluster.get(&kind).is_some_and(Seen::proves_absence)
            }
        }
    }

    /// Notes how a look at one named object went; [`Seen::Whole`] means that it was answered: here, or not there.
    pub fn note_object(&mut self, kind: Kind, namespace: &str, name: &str, seen: Seen) {
        self.objects.insert((kind, namespace.to_owned(), name.to_owned()), seen);
    }

    /// How a look at one named object went.
    pub fn of_object(&self, kind: Kind, namespace: &str, name: &str) -> Seen {
        let own = self.objects.get(&(kind, namespace.to_owned(), name.to_owned()));
        own.cloned().unwrap_or_else(|| self.of(kind, Some(namespace)))
    }

    /// Whether somebody already looked for exactly this object.
    pub fn asked_object(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.objects.contains_key(&(kind, namespace.to_owned(), name.to_owned()))
    }

    /// `Ok` where an absence proves something, else why it does not.
    pub fn whole(&self, kind: Kind, namespace: Option<&str>) -> Result<(), Unseen> {
        let place = match namespace {
            Some(namespace) => format!("{} in {namespace}", kind.resource()),
            None if kind.namespaced() => format!("{} in all namespaces", kind.resource()),
            None => kind.resource(),
        };
        let here = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        judged(self.of(kind, namespace), || format!("list {place}"), || format!("all {}{here}", kind.plural()))
    }

    /// `Ok` where it proves something that a named object was not found, else why it does not.
    pub fn whole_object(&self, kind: Kind, namespace: &str, name: &str) -> Result<(), Unseen> {
        let need = || format!("get {} {namespace}/{name}", kind.resource());
        judged(self.of_object(kind, namespace, name), need, || format!("{kind} {namespace}/{name}"))
    }
}

/// `right` says what to ask the API server for, `thing` what the files would have to hold.
fn judged(seen: Seen, right: impl Fn() -> String, thing: impl Fn() -> String) -> Result<(), Unseen> {
    let (reason, need) = match seen {
        Seen::Whole | Seen::NotServed => return Ok(()),
        Seen::Forbidden => (UnseenReason::Forbidden, right()),
        Seen::NotAsked => (UnseenReason::NotAsked, right()),
        Seen::NotInFiles => (UnseenReason::NotInFiles, thing()),
        Seen::Failed(why) => (UnseenReason::Failed, format!("{} ({why})", right())),
    };
    Err(Unseen { reason, need })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_files_is_not_missing() {
        let sight = Sight::open();
        for kind in Kind::all() {
            for namespace in [None, Some("shop")] {
                let unseen = sight.whole(kind, namespace).unwrap_err();
                assert_eq!(unseen.reason, UnseenReason::NotInFiles);
            }
            assert!(!sight.of_object(kind, "shop", "cart").proves_absence());
        }
        let says = |unseen: Result<(), Unseen>| unseen.unwrap_err().to_string();
        assert_eq!(says(sight.whole(Kind::Pod, Some("shop"))), "not in the files: all pods in shop");
        assert_eq!(says(sight.whole(Kind::Namespace, None)), "not in the files: all namespaces");
        assert_eq!(says(sight.whole_object(Kind::Secret, "shop", "login")), "not in the files: Secret shop/login");
        assert!(!Sight::default().is_open());
        assert_eq!(says(Sight::default().whole(Kind::Pod, Some("shop"))), "not read: list pods in shop");
    }

    #[test]
    fn a_list_that_went_through_counts_in_an_open_world_too() {
        let mut sight = Sight::open();
        sight.note(Kind::Service, Some("shop"), Seen::Whole);
        assert!(sight.whole(Kind::Service, Some("shop")).is_ok());
        assert!(sight.whole(Kind::Service, None).is_err());
    }
}
