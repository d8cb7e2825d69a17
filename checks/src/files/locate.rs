//! From a symbolic place (object, path, key or value) to characters of a file.

use std::ops::Range;

use super::bundle::{Bundle, Item};
use crate::path::{self, Step};
use crate::report::{Evidence, Finding, Position, Ref, Related};
use crate::text::either;
use crate::yaml::{self, Kind, Node};

/// Gives a finding its place in the files, and the places of the other side of what does not fit.
pub fn locate(finding: &mut Finding, bundle: &Bundle) {
    if let Some(location) = broken(finding, bundle) {
        finding.location = Some(location);
        return;
    }
    finding.copy = finding.copy.or_else(|| written_at(finding, bundle));
    let places = places(finding);
    let own = places.iter().filter(|place| *place.reference == finding.subject);
    let others = places.iter().filter(|place| *place.reference != finding.subject);
    let copy = finding.copy;
    let found = |place: &Place<'_>| place.spots(bundle, copy)?.into_iter().next();
    let name = || bundle.spots(&finding.subject, "metadata.name", copy)?.into_iter().next();
    let about_key = finding.evidence.first().filter(|_| KEYS.contains(&finding.name.as_str()));
    let key = about_key.and_then(|evidence| bundle.exactly(&finding.subject, &evidence.path, copy));
    let Some(location) = key.or_else(|| own.chain(others).find_map(found)).or_else(name) else { return };
    let mut related: Vec<Related> = Vec::new();
    // What the field holds does not matter there.
    let is_value =
        |place: &&Place<'_>| about_key.is_some_and(|own| *place.reference == finding.subject && place.path == own.path);
    for place in places.iter().filter(|place| !is_value(place)) {
        let spots = place.spots(bundle, copy).unwrap_or_default();
        let each = spots.len() > 1 && spots.len() == place.evidence.found.len();
        for (at, spot) in spots.into_iter().enumerate() {
            let message = if each { format!("has {}", shown(&place.evidence.found[at])) } else { place.message() };
            let known = spot == location || related.iter().any(|related| related.location == spot);
            if !known && related.len() < MOST {
                related.push(Related { location: spot, message });
            }
        }
    }
    if let Some(first) = bundle.written_before(&finding.subject, &location, copy) {
        related = vec![Related { location: first, message: "written here first".to_owned() }];
    }
    name_file(finding, &location.file);
    finding.location = Some(location);
    finding.related = related;
}

/// Names the file in commands that mend it; what came through a pipe has none.
fn name_file(finding: &mut Finding, file: &str) {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if file == STREAM || file.is_empty() {
        return;
    }
    let quoted = if file.chars().all(plain) { file.to_owned() } else { format!("'{}'", file.replace('\'', r"'\''")) };
    for fix in &mut finding.fixes {
        if let Some(command) = fix.command.strip_suffix(" -f FILE").filter(|command| command.starts_with("prom-doctor lint")) {
            fix.command = format!("{command} -f {quoted}");
        }
    }
}

/// How what comes through a pipe is called.
const STREAM: &str = "standard input";

/// Findings that are about the name of a field, whatever it holds.
const KEYS: &[&str] = &["unknown-field", "field-newer-than-operator", "duplicate-key"];

/// So many second labels help; more are a wall.
const MOST: usize = 4;

/// A place that a finding speaks of, and what it says there.
struct Place<'f> {
    reference: &'f Ref,
    path: &'f str,
    /// Whether something is asked for there.
    asks: bool,
    evidence: &'f Evidence,
}

impl Place<'_> {
    fn message(&self) -> String {
        if self.asks { wanted(self.evidence) } else { found(self.evidence) }
    }

    /// The characters of it. Where it is a mapping and what was found are keys of it, these are meant.
    fn spots(&self, bundle: &Bundle, copy: Option<usize>) -> Option<Vec<Position>> {
        let keys: &[String] = if self.asks { &[] } else { &self.evidence.found };
        let each = keys.iter().map(|key| format!("{}{}", self.path, path::key_text(key)));
        let named: Option<Vec<Position>> = each.map(|path| bundle.exactly(self.reference, &path, copy)).collect();
        named.filter(|spots| !spots.is_empty()).or_else(|| bundle.spots(self.reference, self.path, copy))
    }
}

/// The places of a finding in the order of its evidence.
fn places(finding: &Finding) -> Vec<Place<'_>> {
    let mut out = Vec::new();
    for evidence in &finding.evidence {
        if let Some(reference) = &evidence.reference {
            out.push(Place { reference, path: &evidence.path, asks: asks(evidence), evidence });
        }
        if let Some(at) = &evidence.at {
            out.push(Place { reference: &at.reference, path: &at.path, asks: false, evidence });
        }
    }
    out.retain(|place| !place.path.is_empty());
    out
}

fn asks(evidence: &Evidence) -> bool {
    !evidence.wanted.is_empty() || evidence.operator.is_some()
}

fn wanted(evidence: &Evidence) -> String {
    let values = either(&evidence.wanted, 6);
    match evidence.operator.as_deref() {
        // That is no wish of it.
        _ if evidence.path == "metadata.namespace" => format!("is in {values}"),
        Some("Exists") => "asks for any value".to_owned(),
        Some("DoesNotExist") => "asks for none".to_owned(),
        Some("NotIn") => format!("asks for none of {}", evidence.wanted.join(", ")),
        _ => format!("asks for {values}"),
    }
}

fn found(evidence: &Evidence) -> String {
    match (evidence.found.as_slice(), evidence.at.as_ref().and_then(|at| path::parse(&at.path).ok()?.pop())) {
        ([], Some(Step::Key(key))) => format!("has no {key}"),
        ([], _) => "has none".to_owned(),
        (found, _) => format!("has {}", found.iter().map(|value| shown(value)).collect::<Vec<_>>().join(", ")),
    }
}

/// A value, in quotes where it would not be seen.
fn shown(value: &str) -> String {
    if value.trim().is_empty() { format!("{value:?}") } else { value.to_owned() }
}

/// The place of a document that could not be read.
fn broken(finding: &Finding, bundle: &Bundle) -> Option<Position> {
    let place = finding.evidence.iter().find_map(|evidence| evidence.note.as_deref())?;
    let at = bundle.broken.get(place)?;
    Some(bundle.files[at.file].position(at.span.clone()))
}

/// Which copy of an object it is that could not be read, by the place at which it begins.
fn written_at(finding: &Finding, bundle: &Bundle) -> Option<usize> {
    let place = finding.evidence.iter().find_map(|evidence| evidence.note.as_deref())?;
    let begins = |item: &Item| {
        let part = &bundle.parts[item.origin.part];
        let at = part.document.locate(steps(&item.origin.path)).map(|found| (found.value.line(), found.value.column()));
        at.is_some_and(|(line, column)| place == format!("{}:{line}:{column}", bundle.files[part.file].name))
    };
    let mut items = bundle.items_of(&finding.subject).enumerate();
    items.find_map(|(copy, item)| begins(item).then_some(copy))
}

impl Bundle {
    /// The characters that a path of an object stands at: never none. `None` where the object is not in the files.
    /// A path with `[*]` stands at each of the items that has it. Of several copies of the object the last counts, if none
    /// is asked for.
    pub fn spots(&self, reference: &Ref, path: &str, copy: Option<usize>) -> Option<Vec<Position>> {
        let item = self.item(reference, copy)?;
        let part = &self.parts[item.origin.part];
        let spans = self.spans(item, path);
        let place = |span| Position { source: part.document.source.clone(), ..self.files[part.file].position(span) };
        Some(spans.into_iter().map(place).collect())
    }

    /// The characters of the key at the end of a path, where all of it is written.
    fn exactly(&self, reference: &Ref, path: &str, copy: Option<usize>) -> Option<Position> {
        let item = self.item(reference, copy)?;
        let part = &self.parts[item.origin.part];
        let spot = self.root(item).follow(path);
        let key = spot.key.filter(|_| spot.whole)?;
        Some(Position { source: part.document.source.clone(), ..self.files[part.file].position(key.span()) })
    }

    /// Where a key was written for the first time, if what stands at a place is its repetition.
    fn written_before(&self, reference: &Ref, at: &Position, copy: Option<usize>) -> Option<Position> {
        let item = self.item(reference, copy)?;
        let part = &self.parts[item.origin.part];
        let place = |span| Position { source: part.document.source.clone(), ..self.files[part.file].position(span) };
        let first = part.document.duplicate_keys.iter().find(|key| place(key.again.clone()) == *at)?;
        Some(place(first.first.clone()))
    }

    fn root(&self, item: &Item) -> Spot<'_> {
        let document = &self.parts[item.origin.part].document;
        let value = document.locate(steps(&item.origin.path)).map_or_else(|| document.root(), |found| found.value);
        Spot { key: None, value, whole: true }
    }

    /// The bytes of the deepest things on a path that are written.
    pub(super) fn spans(&self, item: &Item, path: &str) -> Vec<Range<usize>> {
        let root = self.root(item);
        let spots = root.each(path);
        // An object as a whole is shown by its name.
        let whole = |spot: &Spot<'_>| spot.key.is_none() && spot.value.span() == root.value.span();
        if spots.iter().any(whole) && !path.is_empty() {
            return vec![root.follow("metadata.name").shown()];
        }
        spots.iter().map(Spot::shown).collect()
    }
}

/// A place in a document.
#[derive(Clone, Copy)]
struct Spot<'d> {
    /// The key that leads to it.
    key: Option<Node<'d>>,
    value: Node<'d>,
    /// Whether all of the path is written, rather than a part of it.
    whole: bool,
}

impl<'d> Spot<'d> {
    /// Follows a path with `[*]` in it into every item; where none has the rest, or too many have, to the list.
    fn each(self, path: &str) -> Vec<Self> {
        let Some((list, rest)) = path.split_once("[*]") else { return vec![self.follow(path)] };
        let list = self.follow(list);
        let each =
            list.value.items().flat_map(|item| Self { key: list.key, value: item, ..list }.each(rest.trim_start_matches('.')));
        let each: Vec<Self> = each.filter(|spot| spot.whole).collect();
        if !list.whole || each.is_empty() || each.len() > MOST { vec![Self { whole: false, ..list }] } else { each }
    }

    /// Follows a path as far as it is written.
    fn follow(self, path: &str) -> Self {
        let mut at = self;
        let Ok(path) = path::parse(path) else { return Self { whole: false, ..self } };
        for step in &path {
            let next = match step {
                Step::Key(name) => at.value.entry(name).map(|entry| (Some(entry.key), entry.value)),
                Step::Index(index) => at.value.item(*index).map(|item| (None, item)),
            };
            let Some((key, value)) = next else {
                // An item of a list without the field: better the item than nothing.
                return Self { whole: false, ..at };
            };
            // An alias stands for what is written elsewhere: there it has to be changed.
            at = Self { key, value: value.target(), whole: self.whole };
        }
        at
    }

    /// What to point at: a scalar itself, the key of something bigger, the first key of an item.
    fn shown(&self) -> Range<usize> {
        let scalar = self.value.kind() == Kind::Scalar && !self.value.span().is_empty();
        match (self.key, self.value.entries().next()) {
            _ if scalar => self.value.span(),
            (Some(key), _) => key.span(),
            (None, Some(first)) if first.value.kind() == Kind::Scalar => first.key.span().start..first.value.span().end,
            (None, Some(first)) => first.key.span(),
            (None, None) => self.value.span(),
        }
    }
}

/// A path for the reader.
pub(super) fn steps(path: &[Step]) -> impl Iterator<Item = yaml::Step<'_>> {
    path.iter().map(|step| match step {
        Step::Key(key) => yaml::Step::Key(key),
        Step::Index(index) => yaml::Step::Index(*index),
    })
}
