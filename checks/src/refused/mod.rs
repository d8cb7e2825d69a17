//! Findings about what an operator or Prometheus refuses a monitor for. Two links make them: what the operator catches
//! today went straight into the configuration with older ones.

mod fixes;

pub(crate) use self::fixes::fixes;
use serde_json::Value;

use crate::chain::{Chain, Other, Refuses};
use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::operator::accept::{Reason, Rejection};
use crate::report::Evidence;
use crate::text::{line, without_credentials};
use crate::view::View;
use crate::world::{Kind, ObjectId, Server};

/// A monitor of any kind, and a server whose operator refuses it.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    /// Which monitor.
    pub id: ObjectId,
    /// Its spec as it was read.
    pub raw: &'a Value,
    /// The server.
    pub server: &'a Server,
    /// All that it is refused for.
    pub rejections: &'a [Rejection],
    /// What the operator itself says.
    pub says: Option<&'a Refuses>,
}

impl<'a> From<&'a Chain<'_>> for Refused<'a> {
    fn from(chain: &'a Chain<'_>) -> Self {
        Self {
            id: chain.monitor.id(),
            raw: &chain.monitor.raw,
            server: chain.server,
            rejections: &chain.accepted.examination.rejections,
            says: chain.accepted.word.refuses(),
        }
    }
}

impl<'a> From<&'a Other<'_>> for Refused<'a> {
    fn from(other: &'a Other<'_>) -> Self {
        let rejections = &other.acceptance.rejections;
        Self { id: other.id.clone(), raw: other.raw, server: other.server, rejections, says: other.word.refuses() }
    }
}

/// Tells of everything that monitors of all kinds are refused for by one sort of reasons.
pub(crate) fn report(check: &Check, view: &View<'_>, out: &mut Out, concerns: fn(&Reason) -> bool) {
    for (chain, rejection) in view.rejected().filter(|(_, rejection)| concerns(&rejection.reason)) {
        out.rejected(check, view, chain, rejection);
    }
    for other in view.refused_others() {
        for rejection in other.acceptance.rejections.iter().filter(|rejection| concerns(&rejection.reason)) {
            let draft = out.refused(check, view, &other.into(), rejection);
            // Nobody's chain tells which server it is about.
            draft.likely_if(!other.taken);
        }
    }
}

impl Out {
    /// Starts a finding about something in a monitor that is refused, with what it says and how to mend it.
    pub fn rejected(&mut self, check: &Check, view: &View<'_>, chain: &Chain<'_>, rejection: &Rejection) -> &mut Draft {
        self.refused(check, view, &chain.into(), rejection).on(chain)
    }

    fn refused(&mut self, check: &Check, view: &View<'_>, refused: &Refused<'_>, rejection: &Rejection) -> &mut Draft {
        let (path, reason) = (&rejection.path, &rejection.reason);
        // An object that is not there is one trouble, however many of its keys are asked for.
        let gone = match reason {
            Reason::MissingKey { kind, name, keys: None, .. } if !name.is_empty() => Some(format!("{kind} {name}")),
            _ => None,
        };
        let message = match &gone {
            Some(_) => reason.text(),
            None => format!("{}: {}", path.strip_prefix("spec.").unwrap_or(path), reason.text()),
        };
        let draft = self.finding(check, &refused.id, line(&message, 200));
        draft.likely_if(!rejection.certain);
        match (gone, endpoint_of(&refused.id, path)) {
            (Some(object), _) => draft.key(object),
            (None, Some(index)) => draft.endpoint(index).key(path),
            (None, None) => draft.key(path),
        };
        draft.reason(refused, path, reason);
        for fix in fixes(view.world(), refused, path, reason) {
            draft.fix(fix);
        }
        if let Some(says) = refused.says.filter(|says| reason.is_meant_by(&says.text)) {
            let note = format!("the operator says so too, {}: {}", says.place(), says.text);
            draft.evidence(Evidence { note: Some(note), ..Evidence::default() });
        }
        draft
    }
}

/// The endpoint that a path leads into; what a Probe or ScrapeConfig lists are none.
fn endpoint_of(monitor: &ObjectId, path: &str) -> Option<usize> {
    if !matches!(monitor.kind, Kind::ServiceMonitor | Kind::PodMonitor) {
        return None;
    }
    match crate::path::parse(path).ok()?.get(2)? {
        crate::path::Step::Index(index) => Some(*index),
        crate::path::Step::Key(_) => None,
    }
}

impl Draft {
    /// Adds evidence: a field of a monitor, and what it is refused for.
    pub fn reason(&mut self, refused: &Refused<'_>, path: &str, reason: &Reason) -> &mut Self {
        let (monitor, server) = (refused.id.clone(), refused.server.id());
        let list = |word: &str| vec![word.to_owned()];
        match reason {
            Reason::MissingKey { kind, name, key, keys } => {
                let object = ObjectId::new(*kind, &monitor.namespace, name);
                let other = (!name.is_empty()).then(|| (&object, "data".to_owned()));
                self.compared(&monitor, path, list(key), keys.clone().unwrap_or_default(), other)
            }
            Reason::Timeout { timeout, interval, of_server: true } => {
                let other = Some((&server, "spec.scrapeInterval".to_owned()));
                self.compared(&monitor, path, list(timeout), list(interval), other)
            }
            Reason::Timeout { timeout, interval, of_server: false } => {
                let field = interval_field(monitor.kind);
                let other = Some((&monitor, path.replace(".scrapeTimeout", &format!(".{field}"))));
                self.compared(&monitor, path, list(timeout), list(interval), other)
            }
            Reason::ScrapeClass { name, known } => {
                let other = Some((&server, "spec.scrapeClasses[*].name".to_owned()));
                self.compared(&monitor, path, list(name), known.clone(), other)
            }
            Reason::Version { what, needs, has } => {
                let other = Some((&server, "spec.version".to_owned()));
                self.compared(&monitor, path, format!("{what}: {needs}"), list(&has.to_string()), other)
            }
            Reason::FileAccess { file } => {
                let other = Some((&server, "spec.arbitraryFSAccessThroughSMs.deny".to_owned()));
                self.compared(&monitor, path, list(file), list("true"), other)
            }
            Reason::AuthConflict { fields } => {
                self.says(&monitor, path, fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>())
            }
            Reason::Duration { text } => self.says(&monitor, path, list(text)),
            // What the job says stands in the Secret.
            Reason::Job { .. } => self,
            Reason::Selector { .. }
            | Reason::Relabel { .. }
            | Reason::Http { .. }
            | Reason::Tls { .. }
            | Reason::Discovery { .. } => {
                let pointer = crate::path::pointer(path);
                let value = pointer.strip_prefix("/spec").and_then(|pointer| refused.raw.pointer(pointer));
                let text = match value {
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(value) => value.to_string(),
                    None => String::new(),
                };
                let text = line(&without_credentials(&text), 200);
                self.says(&monitor, path, if text.is_empty() { Vec::new() } else { vec![text] })
            }
        }
    }
}

/// The field beside a timeout that holds the interval.
fn interval_field(kind: Kind) -> &'static str {
    if kind == Kind::ScrapeConfig { "scrapeInterval" } else { "interval" }
}
