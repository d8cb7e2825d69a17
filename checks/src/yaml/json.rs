//! A document as the JSON that kubectl would make of it.

use serde_json::{Map, Number, Value as Json};

use super::MAX_DEPTH;
use super::broken::Broken;
use super::key;
use super::node::{Data, Kind, Node, Shape};
use super::scalar::Value;

/// How much aliases may add to one document, in nodes. Real ones add a few hundred.
const ALIAS_BUDGET: usize = 250_000;

/// How many bytes of an aliased scalar cost as much as a node.
const BYTES_PER_NODE: usize = 32;

/// Converts a node and everything below it.
pub(super) fn convert(node: Node<'_>) -> Result<Json, Broken> {
    Converter { budget: ALIAS_BUDGET, depth: 0, following: Vec::new() }.value(node)
}

struct Converter<'d> {
    budget: usize,
    depth: usize,
    /// The targets of the aliases on the way to here.
    following: Vec<&'d Data>,
}

impl<'d> Converter<'d> {
    fn value(&mut self, node: Node<'d>) -> Result<Json, Broken> {
        if node.is_alias() {
            return self.follow(node, Self::value);
        }
        self.spend(node)?;
        if let Some(scalar) = node.scalar() {
            return scalar.value().and_then(json).map_err(|why| broken(node, why));
        }
        self.descend(node, |this| {
            if node.kind() == Kind::Sequence {
                return node.items().map(|item| this.value(item)).collect();
            }
            let mut map = Map::new();
            this.fill(&mut map, node)?;
            Ok(Json::Object(map))
        })
    }

    /// Puts the entries of a mapping into a map, in order. go-yaml merges where `<<` stands, so a
    /// merged value replaces one that was written above it, against the specification.
    fn fill(&mut self, map: &mut Map<String, Json>, mapping: Node<'d>) -> Result<(), Broken> {
        for entry in mapping.entries() {
            if key::is_merge(entry.key) {
                self.merge(map, entry.value)?;
                continue;
            }
            if entry.key.is_alias() {
                self.charge(entry.key.target())?;
            } else {
                self.spend(entry.key)?;
            }
            let name = key::name(entry.key).map_err(|why| broken(entry.key, why))?;
            let value = self.value(entry.value)?;
            map.insert(name.into_owned(), value);
        }
        Ok(())
    }

    fn merge(&mut self, map: &mut Map<String, Json>, value: Node<'d>) -> Result<(), Broken> {
        let listed = !value.is_alias() && value.kind() == Kind::Sequence;
        if !listed {
            return self.merge_one(map, value);
        }
        // Backwards, because the earlier ones of a list win.
        value.items().rev().try_for_each(|item| self.merge_one(map, item))
    }

    fn merge_one(&mut self, map: &mut Map<String, Json>, value: Node<'d>) -> Result<(), Broken> {
        if value.kind() != Kind::Mapping {
            return Err(broken(value, "`<<` takes a mapping, or a list of mappings".to_owned()));
        }
        if value.is_alias() {
            return self.follow(value, |this, target| this.merge_one(map, target));
        }
        self.spend(value)?;
        self.descend(value, |this| this.fill(map, value))
    }

    fn follow<T>(&mut self, alias: Node<'d>, next: impl FnOnce(&mut Self, Node<'d>) -> Result<T, Broken>) -> Result<T, Broken> {
        let target = alias.target();
        if self.following.iter().any(|other| std::ptr::eq(*other, target.data())) {
            return Err(broken(alias, "this alias points to something that contains it".to_owned()));
        }
        self.following.push(target.data());
        let result = self.descend(alias, |this| next(this, target));
        self.following.pop();
        result
    }

    fn descend<T>(&mut self, node: Node<'d>, next: impl FnOnce(&mut Self) -> Result<T, Broken>) -> Result<T, Broken> {
        // Aliases inside what aliases point to reach deeper than any document is nested.
        if self.depth == 2 * MAX_DEPTH {
            return Err(broken(node, "mappings, lists and aliases are nested too deeply".to_owned()));
        }
        self.depth += 1;
        let result = next(self);
        self.depth -= 1;
        result
    }

    /// Charges for a node, unless it stands in the text itself, whose length is limit enough.
    fn spend(&mut self, node: Node<'d>) -> Result<(), Broken> {
        if self.following.is_empty() { Ok(()) } else { self.charge(node) }
    }

    fn charge(&mut self, node: Node<'d>) -> Result<(), Broken> {
        let bytes = match &node.data().shape {
            Shape::Scalar { text, .. } => text.len(),
            _ => 0,
        };
        let Some(left) = self.budget.checked_sub(1 + bytes / BYTES_PER_NODE) else {
            return Err(broken(node, "the aliases of this document expand to far too much".to_owned()));
        };
        self.budget = left;
        Ok(())
    }
}

fn json(value: Value<'_>) -> Result<Json, String> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => truth.into(),
        Value::Int(number) => number.into(),
        Value::Uint(number) => number.into(),
        Value::Float(number) => Json::Number(float(number).ok_or("infinity and NaN do not exist in JSON")?),
        Value::Text(text) => Json::String(text.into_owned()),
    })
}

/// Go writes a float without a fraction as a whole number, so `replicas: 1e1` is accepted as 10.
fn float(number: f64) -> Option<Number> {
    let written = number.to_string();
    // Beyond 64 bits it is a float again to whoever reads the JSON; so is `-0`.
    let whole = if written == "-0" {
        None
    } else {
        written.parse().map(|n: i64| n.into()).or_else(|_| written.parse().map(|n: u64| n.into())).ok()
    };
    whole.or_else(|| Number::from_f64(number))
}

fn broken(node: Node<'_>, message: String) -> Broken {
    Broken { line: node.line(), column: node.column(), span: node.span(), message, template: false }
}
