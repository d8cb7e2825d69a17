//! Texts into the world, with what they tell about what was collected.

use prom_doctor_checks::world::{Answer, Decoded, Kind, LivePod, LiveTargets, Malformed, Object, PemReader, World, decode_value};
use prom_doctor_checks::yaml;
use serde_json::{Value, json};

use super::paths::{self, Listing};
use super::sight::Evidence;
use super::{items, json, text};

/// A file of a snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'s> {
    /// How people find it: the path they gave, and the path inside that.
    pub(super) place: &'s str,
    /// Its path inside the folder or archive; empty for a file that was named.
    pub(super) inner: &'s str,
}

impl Source<'_> {
    /// What was listed into it, if its path says so.
    pub(super) fn listing(&self) -> Option<Listing> {
        paths::listing(self.inner)
    }
}

type Position = Option<(usize, usize)>;

/// What has been collected so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) world: World,
    pub(super) evidence: Evidence,
    pub(super) pem: Option<PemReader>,
    /// Objects and lists of any kind, known or not.
    pub(super) manifests: usize,
}

impl Collector {
    /// Reads a file. `cut` is set for one that broke off.
    pub(super) fn file(&mut self, source: &Source<'_>, text: &str, cut: bool) {
        if let Some(kind) = paths::errors(source.inner) {
            self.errors(kind, text);
            return;
        }
        let text = &*text::without_noise(text);
        if !text.trim_start().starts_with(['{', '[']) {
            let whole = if cut { text::whole_documents(text) } else { text };
            self.yaml(source, whole, 0);
            return;
        }
        let Err(stop) = json::read(self, source, text) else { return };
        let rest = text[stop.read..].trim_start();
        // JSON documents among YAML ones, or YAML in braces with plain keys.
        let braces = rest.strip_prefix(['{', '[']).map(str::trim_start);
        if !cut && braces.is_none_or(|inside| !inside.starts_with(['"', '{', '[', '}', ']'])) {
            let before = text.len() - rest.len();
            self.yaml(source, rest, text[..before].bytes().filter(|&byte| byte == b'\n').count());
        } else if !cut {
            let position = Some((stop.error.line(), stop.error.column()));
            let message = if stop.error.is_eof() { "the JSON ends early".to_owned() } else { plain(&stop.error) };
            self.broken(source, &text[stop.read..], message, position);
        }
    }

    /// Reads the documents of a YAML text whose first line has `above` lines above it.
    fn yaml(&mut self, source: &Source<'_>, text: &str, above: usize) {
        for (document, lines) in items::documents(text) {
            if self.yaml_list(source, document, above + lines).is_none() {
                self.yaml_whole(source, document, above + lines);
            }
        }
    }

    fn yaml_whole(&mut self, source: &Source<'_>, text: &str, above: usize) {
        for read in yaml_values(text) {
            match read {
                Ok((line, value)) => self.value(source, value, Some((line + above, 1))),
                Err(broken) => self.broken_yaml(source, text, &broken, above),
            }
        }
    }

    /// Reads a list item by item; `None` if the document is no list.
    fn yaml_list(&mut self, source: &Source<'_>, document: &str, above: usize) -> Option<()> {
        let cut = items::cut(document)?;
        let (_, rest) = yaml_values(&cut.rest).next()?.ok()?;
        let word = |pointer: &str| rest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (word("/apiVersion"), word("/kind"));
        let item_kind = kind.strip_suffix("List")?;
        self.saw_list(source, api_version, item_kind, !word("/metadata/continue").is_empty(), Some((above + 1, 1)));
        for (item, lines) in cut.items {
            for read in yaml_values(item) {
                match read {
                    Ok((line, items)) => {
                        let list = json!({ "apiVersion": api_version, "kind": kind, "items": items });
                        let decoded = decode_value(list, source.place, self.pem);
                        self.decoded(decoded, Some((above + lines + line, 1)));
                    }
                    Err(broken) => self.broken_yaml(source, item, &broken, above + lines),
                }
            }
        }
        Some(())
    }

    fn broken_yaml(&mut self, source: &Source<'_>, text: &str, broken: &yaml::Broken, above: usize) {
        let document = document_around(text, broken.span.start);
        self.broken(source, document, broken.message.clone(), Some((broken.line + above, broken.column)));
    }

    /// Reads one JSON value.
    pub(super) fn value(&mut self, source: &Source<'_>, value: Value, position: Position) {
        let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (word("apiVersion"), word("kind"));
        if kind == "Status" && api_version == "v1" {
            let said = word("message");
            let message =
                format!("an error answer of the API server instead of objects{}{said}", if said.is_empty() { "" } else { ": " });
            self.complain(source, message, position);
            return;
        }
        if kind == "Table" && api_version.starts_with("meta.k8s.io/") {
            self.complain(source, "printed columns (kind Table) instead of objects".to_owned(), position);
            return;
        }
        // SNAP-CG-4: a recording keeps what was deleted while it ran.
        if value.pointer("/metadata/annotations/crust-gather.io~1deleted").is_some() {
            return;
        }
        // SNAP-TS-2: arrays, and single objects, may lack their kind where the path has it.
        let named = value.pointer("/metadata/name").is_some();
        if value.is_array() || kind.is_empty() && named {
            let hint = source.listing();
            if value.is_array() {
                self.saw_array(source);
            }
            if let Some(Listing { kind, .. }) = hint {
                let items = if let Value::Array(items) = value { items } else { vec![value] };
                let mut decoded = decode_value(list_of(kind, items), source.place, self.pem);
                decoded.listed.clear(); // that was us
                self.decoded(decoded, position);
                return;
            }
        }
        if let Some(targets) = LiveTargets::of_value(&value) {
            self.manifests += 1;
            let pod = source.inner.to_owned();
            self.world.live.push(LivePod { pod, targets: Answer::Given(targets), ..LivePod::default() });
            return;
        }
        if kind.is_empty() && !named && value.get("items").is_some_and(Value::is_array) {
            self.headless(source, value, position);
            return;
        }
        self.manifests += usize::from(!kind.is_empty());
        let list = kind.ends_with("List") && value.get("items").is_some();
        let mut decoded = decode_value(value, source.place, self.pem);
        let listed = std::mem::take(&mut decoded.listed);
        if let Some(message) = decoded.cut.take() {
            listed.iter().for_each(|&kind| self.lost(source, kind, &message));
            self.complain(source, message, position);
        } else if list {
            self.evidence.listed.extend(&listed);
            self.list(source, listed.first().copied());
        }
        self.decoded(decoded, position);
    }

    /// Reads a list without a kind. kubectl writes `kind` behind the items, so this is one that was cut off,
    /// and its last item may be half of one; unless none of the items is an object.
    fn headless(&mut self, source: &Source<'_>, mut value: Value, position: Position) {
        let Some(items) = value["items"].as_array_mut().filter(|items| items.iter().any(|item| item.get("kind").is_some()))
        else {
            return;
        };
        items.pop();
        let message = "a list without `kind` at its end: it was cut off".to_owned();
        self.evidence.tear(&format!("{}: {message}", source.place));
        self.complain(source, message, position);
        let decoded = decode_value(value["items"].take(), source.place, self.pem);
        self.decoded(decoded, position);
    }

    fn decoded(&mut self, decoded: Decoded, position: Position) {
        self.world.live.extend(decoded.live);
        decoded.refusals.into_iter().for_each(|(id, refusal)| self.world.refuse(id, refusal));
        decoded.objects.into_iter().for_each(|object| self.object(object));
        let place = |malformed: Malformed| Malformed { position: malformed.position.or(position), ..malformed };
        self.world.malformed.extend(decoded.malformed.into_iter().map(place));
    }

    /// Takes an object.
    pub(super) fn object(&mut self, object: Object) {
        self.manifests += 1;
        self.world.insert(object);
    }

    /// Notes a bare array: if the path says of what, it is a list.
    pub(super) fn saw_array(&mut self, source: &Source<'_>) {
        if let Some(listing) = source.listing() {
            self.manifests += 1;
            self.evidence.list(Some(listing), None);
        }
    }

    /// Notes a list of a kind, or of mixed kinds where `item_kind` is empty.
    pub(super) fn saw_list(&mut self, source: &Source<'_>, api_version: &str, item_kind: &str, cut: bool, position: Position) {
        self.manifests += 1;
        let kind = Kind::of_manifest(api_version, item_kind);
        if !cut {
            self.list(source, kind);
            return;
        }
        let message = format!("the {item_kind}List is cut off: a page is missing");
        match kind {
            Some(kind) => self.lost(source, kind, &message),
            None if item_kind.is_empty() => self.evidence.tear(&message),
            None => {}
        }
        self.complain(source, message, position);
    }

    fn list(&mut self, source: &Source<'_>, kind: Option<Kind>) {
        let listing = source.listing();
        // SNAP-TS-2: only the list of the API holds all namespaces; other shapes are those that were asked for.
        self.evidence.all_namespaces |=
            kind == Some(Kind::Namespace) && listing.as_ref().is_some_and(|listing| listing.kind == Kind::Namespace);
        self.evidence.list(listing, kind);
    }

    fn lost(&mut self, source: &Source<'_>, kind: Kind, why: &str) {
        let namespace = source.listing().filter(|listing| listing.kind == kind).and_then(|listing| listing.namespace);
        self.evidence.lost(kind, namespace, &format!("{}: {why}", source.place));
    }

    /// Notes something that could not be read.
    pub(super) fn complain(&mut self, source: &Source<'_>, message: String, position: Position) {
        self.world.malformed.push(Malformed {
            place: source.place.to_owned(),
            object: None,
            id: None,
            message,
            position,
            path: None,
            refused: false,
        });
    }

    /// Notes a document that could not be read; of the kinds that it mentions, something may be missing.
    pub(super) fn broken(&mut self, source: &Source<'_>, document: &str, message: String, position: Position) {
        for kind in mentioned(document) {
            self.lost(source, kind, &message);
        }
        self.complain(source, message, position);
    }

    /// Reads what a support bundle says about a kind that it could not list: messages by namespace, or just messages.
    fn errors(&mut self, kind: Kind, text: &str) {
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => map.into_iter().for_each(|(namespace, message)| {
                let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
                self.evidence.lost(kind, namespace, message.as_str().unwrap_or("the list failed"));
            }),
            Ok(Value::Array(messages)) if !messages.is_empty() => {
                self.evidence.lost(kind, None, messages[0].as_str().unwrap_or("the list failed"));
            }
            _ => {}
        }
    }
}

/// The documents of a YAML text, one at a time, each with its line: together, the trees of a dump take many
/// times its size.
fn yaml_values(text: &str) -> impl Iterator<Item = Result<(usize, Value), yaml::Broken>> {
    yaml::documents(text).map(|read| read.and_then(|document| Ok((document.line, document.to_json()?))))
}

/// Items that lack their kind, in a list that has it.
fn list_of(kind: Kind, items: Vec<Value>) -> Value {
    json!({ "apiVersion": kind.api_version(), "kind": format!("{kind}List"), "items": items })
}

/// The document of a YAML text around a byte of it.
fn document_around(text: &str, at: usize) -> &str {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rfind("\n---").map_or(0, |start| start + 1);
    let end = after.find("\n---").map_or(text.len(), |end| before.len() + end + 1);
    &text[start..end]
}

/// The kinds that a text mentions as `kind: …` or `"kind": "…"`, lists among them.
fn mentioned(text: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = text
        .split("kind")
        .skip(1)
        .filter_map(|rest| {
            let rest = rest.strip_prefix('"').unwrap_or(rest).strip_prefix(':')?.trim_start_matches([' ', '"']);
            let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
            let word = word.strip_suffix("List").unwrap_or(word);
            Kind::all().find(|kind| kind.name() == word)
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The error without its position, which is shown beside it.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    format!("not JSON: {}", text.split(" at line ").next().unwrap_or(&text))
}
