//! Names that users type: kinds, `TYPE/NAME`, and what they may have meant.

use prom_doctor_checks::text::{self, distance};
use prom_doctor_checks::world::{Kind, ObjectId, Table, World};

use crate::error::Error;

/// How many names are offered for a wrong one.
const OFFERED: usize = 3;

/// A kind by any of its names.
pub(super) fn kind_named(word: &str) -> Result<Kind, Error> {
    Kind::named(word).ok_or_else(|| {
        let plurals: Vec<String> = Kind::all().map(|kind| kind.plural().to_owned()).collect();
        let lower = word.to_ascii_lowercase();
        let near = nearest(lower.split('.').next().unwrap_or_default(), plurals.iter().map(String::as_str));
        let help = if near.is_empty() {
            "servicemonitor, podmonitor, pod, service, deployment and their short names are known".to_owned()
        } else {
            did_you_mean(&near)
        };
        Error::usage(format!("unknown type {word:?}"), help)
    })
}

/// `TYPE/NAME` or `TYPE NAME`.
pub(super) fn object(words: &[String]) -> Result<(Kind, String), Error> {
    const HOW: &str = "write TYPE/NAME, for instance servicemonitor/api";
    let (kind, name) = match words {
        [one] => one.split_once('/').ok_or_else(|| Error::usage(format!("{one:?} does not name an object"), HOW.to_owned()))?,
        [kind, name] if !kind.contains('/') && !name.contains('/') => (kind.as_str(), name.as_str()),
        _ => return Err(Error::usage("one object is asked about at a time", HOW.to_owned())),
    };
    let found = kind_named(kind)?;
    if name.is_empty() || name.contains('/') {
        return Err(Error::usage(format!("{name:?} is no name of an object"), HOW.to_owned()));
    }
    Ok((found, name.to_owned()))
}

/// The names nearest to a word, the best first: slips of the pen, and names that hold the word or are held by it.
pub(super) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| !name.is_empty() && !word.is_empty())
        .filter_map(|name| {
            let edits = distance(&word.to_lowercase(), &name.to_lowercase());
            let holds = word.len() > 2 && name.contains(word) || name.len() > 2 && word.contains(name);
            (holds || edits * 3 <= word.chars().count().max(name.chars().count())).then_some((edits, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// `did you mean a, b or c?`
pub(super) fn did_you_mean(names: &[impl AsRef<str>]) -> String {
    let list = text::list(names, OFFERED);
    let list = match list.rsplit_once(" and ") {
        Some((head, last)) => format!("{head} or {last}"),
        None => list,
    };
    format!("did you mean {list}?")
}

/// The objects of a kind that were seen.
pub(super) fn seen(world: &World, kind: Kind) -> Vec<ObjectId> {
    fn ids<'a, T: prom_doctor_checks::world::HasMeta + 'a>(kind: Kind, objects: impl Iterator<Item = &'a T>) -> Vec<ObjectId> {
        objects.map(|object| object.meta().id(kind)).collect()
    }
    match kind {
        Kind::ServiceMonitor | Kind::PodMonitor => ids(kind, world.monitors.iter().filter(|monitor| monitor.kind == kind)),
        Kind::Prometheus | Kind::PrometheusAgent => ids(kind, world.servers.iter().filter(|server| server.kind == kind)),
        Kind::Namespace => ids(kind, world.namespaces.iter()),
        Kind::Service => ids(kind, world.services.iter()),
        Kind::Pod => ids(kind, world.pods.iter()),
        _ => {
            let unjudged = world.unjudged.get(&kind).into_iter().flat_map(Table::iter).map(|one| one.metadata.id(kind));
            ids(kind, world.workloads_of(kind)).into_iter().chain(unjudged).collect()
        }
    }
}

/// Fails where the namespace is surely not there.
pub(super) fn check_namespace(world: &World, namespace: Option<&str>) -> Result<(), Error> {
    let Some(namespace) = namespace else { return Ok(()) };
    let known = world.sight.whole(Kind::Namespace, None).is_ok() && !world.namespaces.is_empty();
    let holds_something = world.monitors.in_namespace(namespace).next().is_some();
    if !known || holds_something || world.namespaces.get("", namespace).is_some() {
        return Ok(());
    }
    let near = nearest(namespace, world.namespaces.iter().map(|namespace| namespace.metadata.name.as_str()));
    let help = (!near.is_empty()).then(|| did_you_mean(&near));
    Err(Error::not_found(format!("there is no namespace {namespace:?}"), help))
}

/// The error for an object that is not there, or that could not be looked for.
pub(super) fn not_found(world: &World, id: &ObjectId) -> Error {
    let ObjectId { kind, namespace, name } = id;
    let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let place = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    if let Some(malformed) = world.malformed.iter().find(|malformed| malformed.id.as_ref() == Some(id)) {
        return Error::no_answer(
            format!("{id} cannot be read: {}", malformed.message),
            Some(format!("it stands in {}", malformed.place)),
        );
    }
    if let Err(unseen) = world.sight.whole(*kind, namespace) {
        return Error::no_answer(format!("no {kind} {name} was seen{place}, and not all could be seen: {unseen}"), None);
    }
    let all = seen(world, *kind);
    let elsewhere: Vec<String> = all
        .iter()
        .filter(|other| other.name == *name)
        .map(|other| format!("{}/{name} -n {}", kind.name().to_lowercase(), other.namespace))
        .collect();
    let here = all.iter().filter(|other| namespace.is_none_or(|namespace| other.namespace == namespace));
    let here: Vec<&str> = here.map(|other| other.name.as_str()).collect();
    let near = nearest(name, here.iter().copied());
    let help = match (elsewhere.is_empty(), near.is_empty()) {
        (false, _) => Some(did_you_mean(&elsewhere)),
        (true, false) => Some(did_you_mean(&near)),
        // Where nothing is near, a few that are there still show whether this is the right place.
        (true, true) => (!here.is_empty()).then(|| format!("seen: {}", text::list(&here, OFFERED))),
    };
    Error::not_found(format!("there is no {kind} {name}{place}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn objects_as_kubectl_takes_them() {
        for text in ["smon/api", "servicemonitors api", "ServiceMonitor/api", "servicemonitors.monitoring.coreos.com/api"] {
            assert_eq!(object(&words(text)).unwrap(), (Kind::ServiceMonitor, "api".to_owned()), "{text}");
        }
        for text in ["api", "smon/", "smon/a/b", "a b c", "smon/a b"] {
            assert!(object(&words(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_types_come_with_the_nearest() {
        let Err(Error::Usage { message, help }) = kind_named("servicemonitr") else { panic!() };
        assert_eq!(message, "unknown type \"servicemonitr\"");
        assert_eq!(help.as_deref(), Some("did you mean servicemonitors?"));
    }

    #[test]
    fn lists_of_names() {
        assert_eq!(did_you_mean(&["a", "b", "c"]), "did you mean a, b or c?");
        assert_eq!(nearest("cart", ["card", "cart-api", "zebra"]), ["card", "cart-api"]);
        assert!(nearest("", ["a"]).is_empty());
    }
}
