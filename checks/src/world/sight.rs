//! How much of each kind was seen: what may be concluded from an absence.

use std::collections::BTreeMap;
use std::fmt;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnseenReason {
    /// No right to read it.
    Forbidden,
    /// Nobody looked.
    NotAsked,
    /// Looking failed.
    Failed,
    /// Younger than the usual delay of operator and reloader.
    TooEarly,
    /// This version of prom-doctor does not judge it.
    NotJudged,
    /// What was seen leaves it open.
    Undecided,
}

impl UnseenReason {
    /// As in the report: `forbidden`, `not-asked` …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::NotAsked => "not-asked",
            Self::Failed => "failed",
            Self::TooEarly => "too-early",
            Self::NotJudged => "not-judged",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            UnseenReason::Forbidden => write!(f, "you may not \"{}\"", self.need),
            UnseenReason::NotAsked => write!(f, "not read: {}", self.need),
            UnseenReason::Failed => write!(f, "reading failed: {}", self.need),
            UnseenReason::TooEarly | UnseenReason::NotJudged | UnseenReason::Undecided => f.write_str(&self.need),
        }
    }
}

/// What was seen, per kind: of the whole cluster, and of single namespaces.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    cluster: BTreeMap<Kind, Seen>,
    namespaces: BTreeMap<(Kind, String), Seen>,
    objects: BTreeMap<(Kind, String, String), Seen>,
}

impl Sight {
    /// Notes how a look at a kind went; `namespace` is `None` for a look at the whole cluster.
    pub fn note(&mut self, kind: Kind, namespace: Option<&str>, seen: Seen) {
        match namespace {
            None => self.cluster.insert(kind, seen),
            Some(namespace) => self.namespaces.insert((kind, namespace.to_owned()), seen),
        };
    }

    /// How much of a kind was seen in one namespace, or, with `None`, everywhere.
    pub fn of(&self, kind: Kind, namespace: Option<&str>) -> Seen {
        let cluster = self.cluster.get(&kind);
        match namespace {
            _ if cluster.is_some_and(Seen::proves_absence) => cluster.cloned().unwrap_or(Seen::NotAsked),
            Some(namespace) => {
                let here = self.namespaces.get(&(kind, namespace.to_owned()));
                here.or(cluster).cloned().unwrap_or(Seen::NotAsked)
            }
            None => cluster.cloned().unwrap_or(Seen::NotAsked),
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

    /// The namespaces in which a kind was looked at on its own.
    pub fn namespaces_of(&self, kind: Kind) -> impl Iterator<Item = (&str, &Seen)> {
        self.namespaces.iter().filter(move |((k, _), _)| *k == kind).map(|((_, ns), seen)| (ns.as_str(), seen))
    }

    /// `Ok` where an absence proves something, else why it does not.
    pub fn whole(&self, kind: Kind, namespace: Option<&str>) -> Result<(), Unseen> {
        let (reason, detail) = match self.of(kind, namespace) {
            Seen::Whole | Seen::NotServed => return Ok(()),
            Seen::Forbidden => (UnseenReason::Forbidden, None),
            Seen::NotAsked => (UnseenReason::NotAsked, None),
            Seen::Failed(why) => (UnseenReason::Failed, Some(why)),
        };
        let place = match namespace {
            Some(namespace) => format!(" in {namespace}"),
            None if kind.namespaced() => " in all namespaces".to_owned(),
            None => String::new(),
        };
        let detail = detail.map(|why| format!(" ({why})")).unwrap_or_default();
        Err(Unseen { reason, need: format!("list {}{place}{detail}", kind.resource()) })
    }
}
