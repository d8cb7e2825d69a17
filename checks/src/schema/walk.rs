//! A manifest from its root down, beside what the definitions say.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::json;

use super::facts::{Facts, Holds, List, Mask, Object, Scalar, Sort, Type};
use super::meant::{self, Level};
use super::problem::{Fault, Meant, Problem, Spot};
use crate::files::is_credential;
use crate::operator::version::operator;
use crate::path::{key_text, pointer};
use crate::text::without_userinfo;
use crate::yaml::{Entry, Kind, Node, Value};

/// Nodes that are looked at, at most: aliases may make very many of few.
const FUEL: usize = 500_000;

/// Problems of one manifest, at most: a file of the wrong sort has one per line.
const MOST: usize = 200;

pub(super) struct Walk<'d> {
    pub(super) facts: &'static Facts,
    /// The one bit of the operator's version.
    pub(super) bit: Mask,
    /// The operator is newer than what is known.
    pub(super) beyond: bool,
    pub(super) kind: &'static str,
    /// The objects around the place that is looked at, the root first.
    levels: Vec<Level<'d>>,
    path: String,
    fuel: usize,
    /// Inside of a misspelt field: how long its path is, and what it was meant to be.
    belongs: Option<(usize, String)>,
    /// A part of an object: what it leaves out is elsewhere.
    pub(super) partial: bool,
    /// Inside metadata: there a null is as good as nothing, even in a list.
    in_metadata: bool,
    pub(super) problems: Vec<Problem>,
    /// Whether one of them makes the API server refuse the manifest.
    pub(super) refused: bool,
}

impl<'d> Walk<'d> {
    pub(super) fn new(facts: &'static Facts, bit: Mask, beyond: bool, kind: &'static str) -> Self {
        let (levels, path) = (Vec::new(), String::new());
        Self {
            facts,
            bit,
            beyond,
            kind,
            levels,
            path,
            fuel: FUEL,
            belongs: None,
            partial: false,
            in_metadata: false,
            problems: Vec::new(),
            refused: false,
        }
    }

    /// Looks at an object and everything below it.
    pub(super) fn object(&mut self, node: Node<'d>, at: usize) {
        if node.kind() != Kind::Mapping {
            self.wrong_type(node, Wanted::Object);
            return;
        }
        let object = self.facts.object(at);
        let fields = node.fields();
        self.repeated_keys(node, fields.len());
        self.levels.push(Level { path: self.path.clone(), object: at, node });
        let is_kept = |(name, entry): &(Cow<'d, str>, Entry<'d>)| {
            object.field(name).is_some_and(|field| field.present & self.bit != 0) && !is_null(entry.value)
        };
        let empties = !fields.iter().any(is_kept);
        for (name, entry) in &fields {
            self.field(object, name, *entry, empties);
        }
        let bit = self.bit;
        let missing = object.fields(bit).filter(|field| field.required & !field.defaulted & bit != 0);
        for field in missing {
            let there = fields.iter().find(|(name, _)| *name == field.name).is_some_and(|(_, entry)| !is_null(entry.value));
            if !there {
                self.missing(field.name, &field.holds);
            }
        }
        self.levels.pop();
    }

    fn field(&mut self, object: &'static Object, name: &str, entry: Entry<'d>, empties: bool) {
        let known = object.field(name);
        match known {
            Some(field) if field.present & self.bit != 0 => {
                // Nulls are dropped, or replaced by the default.
                if !is_null(entry.value) {
                    self.below(name, |walk| walk.value(entry.value, &field.holds));
                }
            }
            _ if object.is_open(self.bit) || self.problems.len() >= MOST => {}
            _ => {
                let (since, until) = known.map_or((None, None), |field| self.facts.since_and_until(field.present, self.bit));
                let fault = match (since, until) {
                    (Some(since), _) => Fault::Newer { since: operator(since), empties },
                    (None, Some(until)) => Fault::Removed { until: operator(until), empties },
                    (None, None) => Fault::Unknown { empties },
                };
                let is_unknown = matches!(fault, Fault::Unknown { .. });
                let meant =
                    if is_unknown { meant::place(self.facts, self.bit, self.kind, &self.levels, name, entry) } else { None };
                let renamed = meant
                    .as_ref()
                    .filter(|meant| meant.as_it_is && !is_null(entry.value))
                    .and_then(|meant| object.fields(self.bit).find(|field| self.path_of(field.name) == meant.path));
                let wanted = object.fields(self.bit).map(|field| field.name.to_owned()).collect();
                let path = self.path_of(name);
                let certain = !(self.beyond && is_unknown && meant.is_none());
                self.add(Problem {
                    path,
                    spot: Spot::Key,
                    fault,
                    wanted,
                    found: name.to_owned(),
                    meant,
                    certain,
                    refused: false,
                    belongs: None,
                });
                if let Some(field) = renamed {
                    self.misspelt(name, field.name, |walk| walk.value(entry.value, &field.holds));
                }
            }
        }
    }

    /// Runs on a field of the object that is looked at.
    fn below(&mut self, name: &str, run: impl FnOnce(&mut Self)) {
        let (length, metadata) = (self.path.len(), self.in_metadata);
        self.in_metadata |= length == 0 && name == "metadata";
        if self.path.is_empty() {
            self.path += key_text(name).trim_start_matches('.');
        } else {
            self.path += &key_text(name);
        }
        run(self);
        self.path.truncate(length);
        self.in_metadata = metadata;
    }

    /// Runs on a field that is misspelt, as if it had the name that was meant.
    fn misspelt(&mut self, name: &str, meant: &str, run: impl FnOnce(&mut Self)) {
        let right = self.belongs(&self.path_of(meant)).unwrap_or_else(|| self.path_of(meant));
        let outer = self.belongs.replace((self.path_of(name).len(), right));
        self.below(name, run);
        self.belongs = outer;
    }

    /// A path as it was meant, where something around it is misspelt.
    fn belongs(&self, path: &str) -> Option<String> {
        let (length, right) = self.belongs.as_ref()?;
        Some(format!("{right}{}", path.get(*length..)?))
    }

    fn path_of(&self, name: &str) -> String {
        let step = key_text(name);
        if self.path.is_empty() { step.trim_start_matches('.').to_owned() } else { format!("{}{step}", self.path) }
    }

    pub(super) fn value(&mut self, node: Node<'d>, holds: &'static Holds) {
        let Some(fuel) = self.fuel.checked_sub(1) else { return };
        self.fuel = fuel;
        match holds.at(self.bit) {
            None | Some(Type::Any) => {}
            Some(Type::AnyObject) => {
                if node.kind() != Kind::Mapping {
                    self.wrong_type(node, Wanted::Object);
                }
            }
            Some(Type::Object(at)) => self.object(node, *at),
            Some(Type::Map(items)) => self.map(node, items),
            Some(Type::List(list)) => self.list(node, list),
            Some(Type::Scalar(scalar)) => self.scalar(node, scalar),
        }
    }

    fn map(&mut self, node: Node<'d>, items: &'static Holds) {
        if node.kind() != Kind::Mapping {
            self.wrong_type(node, Wanted::Object);
            return;
        }
        let fields = node.fields();
        self.repeated_keys(node, fields.len());
        for (name, entry) in fields {
            if !is_null(entry.value) {
                self.below(&name, |walk| walk.value(entry.value, items));
            }
        }
    }

    fn list(&mut self, node: Node<'d>, list: &'static List) {
        if node.kind() != Kind::Sequence {
            self.wrong_type(node, Wanted::List(list));
            return;
        }
        let length = self.path.len();
        for (index, item) in node.items().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(self.path, "[{index}]");
            if !(self.in_metadata && is_null(item)) {
                self.value(item, &list.items);
            }
            self.path.truncate(length);
        }
        let count = node.items().len();
        let wrong = match (list.least(self.bit), list.most(self.bit)) {
            (Some(least), _) if count < least => Some(format!("at least {}", crate::text::count(least, "item"))),
            (_, Some(most)) if count > most => Some(format!("at most {}", crate::text::count(most, "item"))),
            _ => None,
        };
        if let Some(wanted) = wrong {
            self.invalid(Fault::Value, vec![wanted], crate::text::count(count, "item"), None);
        }
        self.repeated_items(node, list);
    }

    /// Items of a set, or of a list whose items are told apart by keys, that are there twice.
    fn repeated_items(&mut self, node: Node<'d>, list: &'static List) {
        let keys = self.facts.keys(list, self.bit);
        if keys.is_none() && list.set & self.bit == 0 {
            return;
        }
        let mut seen = HashSet::new();
        for (index, item) in node.items().enumerate() {
            let identity: Vec<Option<serde_json::Value>> = match &keys {
                None => vec![json_of(item)],
                Some(keys) => keys.iter().map(|key| self.key_value(item, key, list)).collect(),
            };
            // An item without its keys is refused for that.
            if identity.iter().all(Option::is_none) || (keys.is_some() && item.kind() != Kind::Mapping) {
                continue;
            }
            let text = json!(identity).to_string();
            let Some(fuel) = self.fuel.checked_sub(1 + text.len() / 64) else { return };
            self.fuel = fuel;
            if seen.insert(text) {
                continue;
            }
            let words: Vec<String> = identity.iter().flatten().map(plain).collect();
            let length = self.path.len();
            self.path += &format!("[{index}]");
            let wanted = keys.clone().unwrap_or_default();
            self.invalid(Fault::RepeatedItem, wanted, words.join(", "), None);
            self.path.truncate(length);
        }
    }

    fn key_value(&self, item: Node<'d>, key: &str, list: &'static List) -> Option<serde_json::Value> {
        if let Some(value) = item.get(key).filter(|value| !is_null(*value)) {
            return json_of(value);
        }
        let Some(Type::Object(at)) = list.items.at(self.bit) else { return None };
        match self.facts.object(*at).field(key)?.holds.at(self.bit)? {
            Type::Scalar(scalar) => self.facts.default(scalar),
            _ => None,
        }
    }

    fn scalar(&mut self, node: Node<'d>, scalar: &'static Scalar) {
        let Some(Ok(value)) = node.scalar().map(|scalar| scalar.value()) else {
            self.wrong_type(node, Wanted::Scalar(scalar));
            return;
        };
        match (scalar.sort, &value) {
            (Sort::Text | Sort::Time | Sort::Bytes, Value::Text(text)) => self.text(text, scalar),
            (Sort::IntOrString, Value::Text(text)) => self.text(text, scalar),
            (Sort::Boolean, Value::Bool(_)) => {}
            (Sort::Integer | Sort::IntOrString | Sort::Number, value) => match whole(value) {
                Some(number) => self.number(number, scalar),
                None if scalar.sort == Sort::Number && matches!(value, Value::Float(_) | Value::Uint(_)) => {}
                None => self.wrong_type(node, Wanted::Scalar(scalar)),
            },
            _ => self.wrong_type(node, Wanted::Scalar(scalar)),
        }
    }

    fn text(&mut self, text: &str, scalar: &'static Scalar) {
        let length = text.chars().count();
        let found = crate::text::short(&without_userinfo(text), 60);
        if let Some(all) = self.facts.one_of(scalar)
            && !all.iter().any(|one| one == text)
        {
            let meant = meant::one_of(&all, text).map(|near| self.replaced(&json!(near)));
            self.invalid(Fault::Value, meant::apart(all), found, meant);
        } else if let Some(pattern) = self.facts.pattern(scalar).filter(|pattern| !pattern.is_match(text)) {
            // A fix would tell the credential.
            let meant = meant::duration(pattern, text).filter(|_| without_userinfo(text) == text);
            let meant = meant.map(|(text, safe)| Meant { safe, ..self.replaced(&json!(text)) });
            self.invalid(Fault::Value, vec![meant::form(pattern.as_str())], found, meant);
        } else if let Some(least) = scalar.shortest.filter(|least| length < *least) {
            self.invalid(Fault::Value, vec![format!("at least {}", crate::text::count(least, "character"))], found, None);
        } else if let Some(most) = scalar.longest.filter(|most| length > *most) {
            self.invalid(Fault::Value, vec![format!("at most {}", crate::text::count(most, "character"))], found, None);
        } else if scalar.sort == Sort::Time && text.parse::<jiff::Timestamp>().is_err() {
            self.invalid(Fault::Value, vec!["a time such as 2025-01-31T12:00:00Z".to_owned()], found, None);
        }
    }

    fn number(&mut self, number: i128, scalar: &'static Scalar) {
        let wanted = match (scalar.least, scalar.most) {
            (Some(least), _) if number < i128::from(least) => Some(format!("at least {least}")),
            (_, Some(most)) if number > i128::from(most) => Some(format!("at most {most}")),
            _ if i64::try_from(number).is_err() => Some("a number of 64 bits".to_owned()),
            _ => None,
        };
        if let Some(wanted) = wanted {
            self.invalid(Fault::Value, vec![wanted], number.to_string(), None);
        }
    }

    /// A fix that writes another value into the field that is looked at.
    fn replaced(&self, value: &serde_json::Value) -> Meant {
        let patch = json!([{"op": "replace", "path": pointer(&self.path), "value": value}]);
        Meant { path: self.path.clone(), patch: Some(patch), value: Some(plain(value)), safe: true, as_it_is: false }
    }

    fn invalid(&mut self, fault: Fault, wanted: Vec<String>, found: String, meant: Option<Meant>) {
        let path = self.path.clone();
        self.add(Problem { path, spot: Spot::Value, fault, wanted, found, meant, certain: true, refused: true, belongs: None });
    }

    fn wrong_type(&mut self, node: Node<'d>, holds: Wanted) {
        let hides = matches!(holds, Wanted::Object) || is_credential(&self.path);
        let found = match node.kind() {
            Kind::Mapping => "an object".to_owned(),
            Kind::Sequence => "a list".to_owned(),
            // Where a Secret is to be named, people write the credential itself.
            Kind::Scalar if hides => {
                node.scalar().and_then(|scalar| scalar.value().ok()).map_or("null", |value| value.type_name()).to_owned()
            }
            Kind::Scalar => {
                let scalar = node.scalar();
                let shown = crate::text::short(&without_userinfo(scalar.map(|scalar| scalar.text).unwrap_or_default()), 60);
                match scalar.and_then(|scalar| scalar.value().ok()) {
                    Some(Value::Null) | None => "null".to_owned(),
                    Some(value @ Value::Text(_)) => format!("{} {shown:?}", value.type_name()),
                    Some(value) => format!("{} {shown}", value.type_name()),
                }
            }
        };
        let meant = self.converted(node, holds).filter(|_| !hides).map(|(value, safe)| Meant { safe, ..self.replaced(&value) });
        self.invalid(Fault::Type, vec![self.wanted(holds)], found, meant);
    }

    /// What is wanted, in as few words as say what to write.
    fn wanted(&self, holds: Wanted) -> String {
        let Wanted::Scalar(scalar) = holds else { return holds.name().to_owned() };
        let form = self.facts.pattern(scalar).and_then(|pattern| meant::known_form(pattern.as_str()));
        let one_of = self.facts.one_of(scalar).map(meant::apart).filter(|all| all.len() <= 6);
        one_of.map(|all| crate::text::either(&all, 6)).or(form).unwrap_or_else(|| holds.name().to_owned())
    }

    /// The value in the type that is wanted, where there is only one, and whether that is all there is to it.
    fn converted(&self, node: Node<'d>, wanted: Wanted) -> Option<(serde_json::Value, bool)> {
        match wanted {
            Wanted::Object => None,
            Wanted::List(list) => {
                let fits = match list.items.at(self.bit)? {
                    Type::Scalar(scalar) => matches!(node.scalar()?.value().ok()?, Value::Text(_)) && scalar.sort == Sort::Text,
                    Type::Object(_) => node.kind() == Kind::Mapping,
                    _ => false,
                };
                if fits { Some((json!([json_of(node)?]), false)) } else { None }
            }
            Wanted::Scalar(scalar) => {
                let written = node.scalar()?;
                let value = written.value().ok()?;
                match (scalar.sort, &value) {
                    (Sort::Text, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_)) => {
                        let is_allowed = self.facts.one_of(scalar).is_none_or(|all| all.iter().any(|one| one == written.text));
                        let unfit = self.facts.pattern(scalar).filter(|pattern| !pattern.is_match(written.text));
                        match unfit.filter(|_| is_allowed) {
                            Some(pattern) => meant::duration(pattern, written.text).map(|(text, safe)| (json!(text), safe)),
                            None => is_allowed.then(|| (json!(written.text), true)),
                        }
                    }
                    (Sort::Integer, Value::Text(text)) => text.parse::<i64>().ok().map(|number| (json!(number), true)),
                    (Sort::Boolean, Value::Text(text)) => text.parse::<bool>().ok().map(|truth| (json!(truth), true)),
                    _ => None,
                }
            }
        }
    }

    fn missing(&mut self, name: &str, holds: &'static Holds) {
        if self.partial {
            return;
        }
        let path = self.path_of(name);
        let wanted = holds.at(self.bit).map(|kind| type_name(kind).to_owned()).into_iter().collect();
        // A misspelt or misplaced one is told there: it is one mistake.
        let told = |problem: &&mut Problem| problem.is_pruned() && problem.meant.as_ref().is_some_and(|meant| meant.path == path);
        if let Some(problem) = self.problems.iter_mut().find(told) {
            let drops = self.belongs.is_some();
            problem.refused = !drops;
            self.refused |= !drops;
            return;
        }
        self.add(Problem {
            path,
            spot: Spot::Key,
            fault: Fault::Missing,
            wanted,
            found: String::new(),
            meant: None,
            certain: true,
            refused: true,
            belongs: None,
        });
    }

    /// Keys that are written twice in one mapping, of which so many count. What is merged is written elsewhere and meant
    /// to be overridden.
    fn repeated_keys(&mut self, node: Node<'d>, fields: usize) {
        let is_merge = |entry: Entry<'d>| entry.key.as_str() == Some("<<");
        if node.entries().count() == fields && !node.entries().any(is_merge) {
            return;
        }
        let entries: Vec<Entry<'d>> = node.entries().filter(|entry| !entry.key.is_alias()).collect();
        let mut seen: std::collections::HashMap<Cow<'d, str>, Entry<'d>> = std::collections::HashMap::new();
        for entry in entries {
            let Some(name) = entry.key.key_name().filter(|name| name != "<<") else { continue };
            if let Some(first) = seen.insert(name.clone(), entry) {
                let differs = json_of(first.value) != json_of(entry.value);
                let path = self.path_of(&name);
                let found = name.into_owned();
                let fault = Fault::RepeatedKey { differs };
                self.add(Problem::of_key(path, fault, found));
            }
        }
    }

    pub(super) fn add(&mut self, mut problem: Problem) {
        // What is dropped as a whole is not looked into by the API server.
        if let Some(right) = self.belongs(&problem.path) {
            problem.belongs = Some(right);
            problem.refused = false;
        }
        if self.problems.len() >= MOST {
            // That it is refused is told in any case.
            if !problem.refused || self.refused {
                return;
            }
            self.problems.pop();
        }
        self.refused |= problem.refused;
        self.problems.push(problem);
    }
}

/// A type that a node is not of.
#[derive(Clone, Copy)]
enum Wanted {
    Object,
    List(&'static List),
    Scalar(&'static Scalar),
}

impl Wanted {
    fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List(_) => "a list",
            Self::Scalar(scalar) => name(scalar.sort),
        }
    }
}

/// Whether a node is null to kubectl.
pub(super) fn is_null(node: Node<'_>) -> bool {
    node.scalar().is_some_and(|scalar| scalar.value() == Ok(Value::Null))
}

/// A node as JSON, as far as it is of a sane size.
pub(super) fn json_of(node: Node<'_>) -> Option<serde_json::Value> {
    node.to_json().ok()
}

pub(super) fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        // Written as a float, sent as a whole number.
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e18 => format!("{number:.0}").parse().ok(),
        _ => None,
    }
}

/// A value as text, without quotes.
pub(super) fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn name(sort: Sort) -> &'static str {
    match sort {
        Sort::Text | Sort::Time | Sort::Bytes => "a string",
        Sort::Integer => "an integer",
        Sort::Number => "a number",
        Sort::Boolean => "a boolean",
        Sort::IntOrString => "an integer or a string",
    }
}

/// What people call a type.
pub(super) fn type_name(kind: &Type) -> &'static str {
    match kind {
        Type::Any => "anything",
        Type::AnyObject | Type::Map(_) | Type::Object(_) => "an object",
        Type::List(_) => "a list",
        Type::Scalar(scalar) => name(scalar.sort),
    }
}
