//! Findings about what an operator or Prometheus refuses a monitor for. Two links make them: what the operator catches
//! today went straight into the configuration with older ones.

mod fixes;

pub(crate) use self::fixes::fixes;
use crate::chain::Chain;
use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::operator::accept::{Reason, Rejection};
use crate::report::Evidence;
use crate::text::{line, without_credentials};
use crate::view::View;
use crate::world::ObjectId;

impl Out {
    /// Starts a finding about something in a monitor that is refused, with what it says and how to mend it.
    pub fn rejected(&mut self, check: &Check, view: &View<'_>, chain: &Chain<'_>, rejection: &Rejection) -> &mut Draft {
        let (path, reason) = (&rejection.path, &rejection.reason);
        let monitor = chain.monitor.id();
        // An object that is not there is one trouble, however many of its keys are asked for.
        let gone = match reason {
            Reason::MissingKey { kind, name, keys: None, .. } if !name.is_empty() => Some(format!("{kind} {name}")),
            _ => None,
        };
        let message = match &gone {
            Some(_) => reason.text(),
            None => format!("{}: {}", path.strip_prefix("spec.").unwrap_or(path), reason.text()),
        };
        let draft = self.finding(check, &monitor, line(&message, 200));
        draft.on(chain).likely_if(!rejection.certain);
        match (gone, endpoint_of(path)) {
            (Some(object), _) => draft.key(object),
            (None, Some(index)) => draft.endpoint(index).key(path),
            (None, None) => draft.key(path),
        };
        draft.reason(chain, path, reason);
        for fix in fixes(view.world(), chain, path, reason) {
            draft.fix(fix);
        }
        let explained = chain.accepted.operator_says.as_ref().filter(|says| reason.is_meant_by(says));
        if let Some(says) = explained {
            let words = line(&without_credentials(says), 400);
            draft.evidence(Evidence { note: Some(format!("the operator says: {words}")), ..Evidence::default() });
        }
        draft
    }
}

/// The endpoint that a path leads into.
fn endpoint_of(path: &str) -> Option<usize> {
    match crate::path::parse(path).ok()?.get(2)? {
        crate::path::Step::Index(index) => Some(*index),
        crate::path::Step::Key(_) => None,
    }
}

impl Draft {
    /// Adds evidence: a field of a monitor, and what it is refused for.
    pub fn reason(&mut self, chain: &Chain<'_>, path: &str, reason: &Reason) -> &mut Self {
        let (monitor, server) = (chain.monitor.id(), chain.server.id());
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
                let other = Some((&monitor, path.replace(".scrapeTimeout", ".interval")));
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
            Reason::Selector { .. } | Reason::Relabel { .. } | Reason::Http { .. } | Reason::Tls { .. } => {
                let pointer = crate::path::pointer(path);
                let value = pointer.strip_prefix("/spec").and_then(|pointer| chain.monitor.raw.pointer(pointer));
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
