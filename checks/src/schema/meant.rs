//! What somebody meant who wrote a field that is not known there: one of other spelling, or of another place.

use regex::Regex;
use serde_json::{Value as Json, json};

use super::facts::{Facts, Holds, Mask, Object, Type};
use super::problem::Meant;
use super::walk::{is_null, json_of};
use crate::path::{key_text, pointer};
use crate::text::distance;
use crate::yaml::{Entry, Kind, Node};

/// An object on the way from the root.
pub(super) struct Level<'d> {
    pub(super) path: String,
    pub(super) object: usize,
    pub(super) node: Node<'d>,
}

impl Level<'_> {
    fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

fn join(path: &str, name: &str) -> String {
    let step = key_text(name);
    if path.is_empty() { step.trim_start_matches('.').to_owned() } else { format!("{path}{step}") }
}

/// Fields that other kinds have under another name.
const OTHER_KINDS: &[(&str, &str, &str)] =
    &[("PodMonitor", "endpoints", "podMetricsEndpoints"), ("ServiceMonitor", "podMetricsEndpoints", "endpoints")];

/// Where a field that is not known belongs, if there is one such place.
pub(super) fn place(
    facts: &'static Facts,
    bit: Mask,
    kind: &str,
    levels: &[Level<'_>],
    name: &str,
    entry: Entry<'_>,
) -> Option<Meant> {
    let here = levels.last()?;
    let object = facts.object(here.object);
    let from = here.path_of(name);
    let value = entry.value;
    let rename =
        |to: &str| Some(moved(&from, &here.path_of(to), here.node.get(to).is_none() && fits_field(object, bit, to, value)));
    let same = object.fields(bit).find(|field| field.name.eq_ignore_ascii_case(name));
    if let Some(field) = same {
        return rename(field.name);
    }
    if let Some((_, _, to)) = OTHER_KINDS.iter().find(|(of, field, _)| levels.len() == 2 && *of == kind && *field == name) {
        return rename(to);
    }
    let is_selector = object.field("matchLabels").is_some() && object.field("matchExpressions").is_some();
    if let Some(meant) = label(here, &from, name, value).filter(|_| is_selector) {
        return Some(meant);
    }
    if here.path == "spec" && ["labels", "annotations"].contains(&name) && value.kind() == Kind::Mapping {
        let metadata = levels[0].node.get("metadata");
        let free = metadata.is_some_and(|metadata| metadata.kind() == Kind::Mapping && metadata.get(name).is_none());
        return Some(moved(&from, &format!("metadata.{name}"), free));
    }
    let slip = slip(object, bit, name);
    if let Some((1, to)) = slip {
        return rename(to);
    }
    above(facts, bit, levels, name, &from, value)
        .or_else(|| below(facts, bit, here, name, &from, value))
        .or_else(|| rename(slip?.1))
}

/// The field of an object whose name differs by few slips, and by how many.
fn slip(object: &'static Object, bit: Mask, name: &str) -> Option<(usize, &'static str)> {
    let lower = name.to_ascii_lowercase();
    let near = object.fields(bit).map(|field| (distance(&lower, &field.name.to_ascii_lowercase()), field.name)).min()?;
    // Short names are all near to each other.
    let most = if name.chars().count() < 4 { 0 } else { (name.chars().count() / 6).clamp(1, 4) };
    (near.0 <= most).then_some(near)
}

/// The value of an enumeration that was meant: the same in other letters, or the only one that is a slip away.
pub(super) fn one_of<'a>(all: &'a [String], text: &str) -> Option<&'a str> {
    let far = |one: &String| (distance(&text.to_ascii_lowercase(), &one.to_ascii_lowercase()), distance(text, one));
    let most = (text.chars().count() / 4).clamp(0, 2);
    let near = all.iter().filter(|one| !one.is_empty() && far(one).0 <= most).min_by_key(|one| far(one))?;
    let rival = |one: &&String| !one.eq_ignore_ascii_case(near) && far(one).0 == far(near).0;
    (!all.iter().any(|one| rival(&one))).then_some(near.as_str())
}

/// The values of an enumeration that are worth naming: not the empty one, and of those that differ in case the first.
pub(super) fn apart(all: Vec<String>) -> Vec<String> {
    let mut apart: Vec<String> = Vec::new();
    for one in all {
        if !one.is_empty() && !apart.iter().any(|known| known.eq_ignore_ascii_case(&one)) {
            apart.push(one);
        }
    }
    apart
}

fn moved(from: &str, to: &str, free: bool) -> Meant {
    let patch = json!([{"op": "move", "from": pointer(from), "path": pointer(to)}]);
    Meant { path: to.to_owned(), patch: free.then_some(patch), value: None, safe: true, as_it_is: true }
}

/// What was written into a label selector as if it were something else.
fn label(here: &Level<'_>, from: &str, name: &str, value: Node<'_>) -> Option<Meant> {
    if value.kind() == Kind::Scalar && !is_null(value) && !["any"].contains(&name) {
        let labels = here.path_of("matchLabels");
        let to = join(&labels, name);
        let text = value.scalar()?.text;
        let mut patch = vec![json!({"op": "remove", "path": pointer(from)})];
        match here.node.get("matchLabels") {
            None => patch.push(json!({"op": "add", "path": pointer(&labels), "value": {name: text}})),
            Some(labels) if labels.kind() == Kind::Mapping && labels.get(name).is_none() => {
                patch.push(json!({"op": "add", "path": pointer(&to), "value": text}));
            }
            Some(_) => patch.clear(),
        }
        let patch = (!patch.is_empty()).then_some(Json::Array(patch));
        return Some(Meant { path: to, patch, value: None, safe: false, as_it_is: false });
    }
    let by_name = here.path.ends_with("NamespaceSelector") && ["matchNames", "matchNamespaces", "names"].contains(&name);
    if by_name && value.kind() == Kind::Sequence {
        let to = here.path_of("matchExpressions");
        let wanted = json!([{"key": "kubernetes.io/metadata.name", "operator": "In", "values": json_of(value)?}]);
        let patch = json!([{"op": "remove", "path": pointer(from)}, {"op": "add", "path": pointer(&to), "value": wanted}]);
        return Some(Meant {
            patch: here.node.get("matchExpressions").is_none().then_some(patch),
            path: to,
            value: None,
            safe: false,
            as_it_is: false,
        });
    }
    None
}

/// How something is asked over the network: a discovery asks its own service, and credentials for that one must not be
/// sent to the targets.
const CONNECTION: &[&str] = &[
    "authorization",
    "basicAuth",
    "enableHTTP2",
    "followRedirects",
    "noProxy",
    "oauth2",
    "proxyConnectHeader",
    "proxyFromEnvironment",
    "proxyUrl",
    "tlsConfig",
];

/// The field of the same name in an object around this one.
fn above(facts: &'static Facts, bit: Mask, levels: &[Level<'_>], name: &str, from: &str, value: Node<'_>) -> Option<Meant> {
    let of_discovery = |level: &Level<'_>| level.path.contains("SDConfigs[");
    if CONNECTION.contains(&name) && levels.last().is_some_and(of_discovery) {
        return None;
    }
    let around = levels.iter().rev().skip(1);
    let level = around.into_iter().find(|level| fits_field(facts.object(level.object), bit, name, value))?;
    Some(moved(from, &level.path_of(name), level.node.get(name).is_none()))
}

/// The field of the same name in an object inside this one, if there is but one such object.
fn below(facts: &'static Facts, bit: Mask, here: &Level<'_>, name: &str, from: &str, value: Node<'_>) -> Option<Meant> {
    let mut inside: Vec<(Vec<(&'static str, bool)>, &'static Object)> = vec![(Vec::new(), facts.object(here.object))];
    for _ in 0..2 {
        inside = inside.into_iter().flat_map(|(way, object)| children(facts, bit, &way, object)).collect();
        let mut found = inside.iter().filter(|(_, object)| fits_field(object, bit, name, value));
        if let Some((way, _)) = found.next() {
            return if found.next().is_some() { None } else { Some(into(here, way, name, from)) };
        }
    }
    None
}

type Way = Vec<(&'static str, bool)>;

/// The objects inside an object, with the way there: field after field, and whether it is a list.
fn children(facts: &'static Facts, bit: Mask, way: &Way, object: &'static Object) -> Vec<(Way, &'static Object)> {
    let below = |holds: &'static Holds| match holds.at(bit)? {
        Type::Object(at) => Some((false, *at)),
        Type::List(list) => match list.items.at(bit)? {
            Type::Object(at) => Some((true, *at)),
            _ => None,
        },
        _ => None,
    };
    let child = |field: &'static super::facts::Field| {
        let (list, at) = below(&field.holds)?;
        let mut way = way.clone();
        way.push((field.name, list));
        Some((way, facts.object(at)))
    };
    object.fields(bit).filter_map(child).collect()
}

/// A move into an object inside this one; without a patch if there are several items it could go into, or none.
fn into(here: &Level<'_>, way: &Way, name: &str, from: &str) -> Meant {
    let (mut path, mut node, mut free) = (here.path.clone(), Some(here.node), true);
    let mut patch = Vec::new();
    for (field, list) in way {
        path = join(&path, field);
        node = node.and_then(|node| node.get(field)).filter(|node| !is_null(*node));
        if *list {
            let only = node.filter(|list| list.kind() == Kind::Sequence && list.items().len() == 1).and_then(|list| list.item(0));
            free &= only.is_some();
            path += if only.is_some() { "[0]" } else { "[*]" };
            node = only;
        } else if node.is_none() {
            patch.push(json!({"op": "add", "path": pointer(&path), "value": {}}));
        }
        free &= node.is_none_or(|node| node.kind() == Kind::Mapping);
    }
    free &= node.is_none_or(|node| node.get(name).is_none());
    let to = join(&path, name);
    patch.push(json!({"op": "move", "from": pointer(from), "path": pointer(&to)}));
    Meant { path: to, patch: free.then_some(Json::Array(patch)), value: None, safe: true, as_it_is: true }
}

/// Whether a value is of the sort that a field of this name holds.
fn fits_field(object: &'static Object, bit: Mask, name: &str, value: Node<'_>) -> bool {
    let Some(kind) = object.field(name).filter(|field| field.present & bit != 0).and_then(|field| field.holds.at(bit)) else {
        return false;
    };
    match kind {
        Type::Any => true,
        Type::AnyObject | Type::Map(_) | Type::Object(_) => value.kind() == Kind::Mapping,
        Type::List(_) => value.kind() == Kind::Sequence,
        Type::Scalar(_) => value.kind() == Kind::Scalar,
    }
}

/// The same duration in the spelling that is asked for, and whether there is no other; of a bare number the unit is
/// guessed.
pub(super) fn duration(pattern: &Regex, text: &str) -> Option<(String, bool)> {
    let mut tidy: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    tidy.make_ascii_lowercase();
    for (long, short) in [
        ("minutes", "m"),
        ("minute", "m"),
        ("mins", "m"),
        ("min", "m"),
        ("seconds", "s"),
        ("second", "s"),
        ("secs", "s"),
        ("sec", "s"),
        ("hours", "h"),
        ("hour", "h"),
        ("days", "d"),
        ("day", "d"),
    ] {
        if let Some(number) = tidy.strip_suffix(long).filter(|number| number.ends_with(|c: char| c.is_ascii_digit())) {
            tidy = format!("{number}{short}");
            break;
        }
    }
    let is_bare = !tidy.is_empty() && tidy.bytes().all(|letter| letter.is_ascii_digit());
    if is_bare {
        tidy.push('s');
    }
    let is_duration = pattern.as_str().contains("ms)?");
    (is_duration && !tidy.is_empty() && tidy != text && pattern.is_match(&tidy)).then_some((tidy, !is_bare))
}

/// A pattern in words.
pub(super) fn form(pattern: &str) -> String {
    known_form(pattern).unwrap_or_else(|| format!("text that matches {pattern}"))
}

/// A pattern in words, where there are any for it.
pub(super) fn known_form(pattern: &str) -> Option<String> {
    let words = match pattern {
        _ if pattern.contains("ms)?") && pattern.contains("d)?") => "a duration such as 30s, 5m or 1h30m",
        _ if pattern.contains("ms)?") => "a duration of hours, minutes and seconds such as 30s or 1h30m",
        _ if pattern.contains("socks5") => "a URL with http://, https:// or socks5://",
        _ if pattern.starts_with("^http") || pattern.starts_with("^(http") => "a URL with http:// or https://",
        _ if pattern.contains("K|M|G|T|E|P") => "a size such as 512MB or 1GB",
        _ if pattern.contains("KMGTPE") => "a quantity such as 500m or 1Gi",
        _ => return None,
    };
    Some(words.to_owned())
}
