//! A field of an object together with where it lies, so that what is written from it can say where it came from.

use serde_json::Value;

use super::RuleField;
use crate::path::key_text;
use crate::world::ObjectId;

static NULL: Value = Value::Null;

/// A field: null where the object does not have it.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    object: &'a ObjectId,
    path: String,
    /// Its value.
    pub(super) value: &'a Value,
}

impl<'a> Field<'a> {
    /// The spec of an object.
    pub(super) fn root(object: &'a ObjectId, spec: &'a Value) -> Self {
        Self { object, path: "spec".to_owned(), value: spec }
    }

    /// The field of a map.
    pub(super) fn get(&self, key: &str) -> Self {
        let value = self.value.get(key).unwrap_or(&NULL);
        Self { object: self.object, path: format!("{}{}", self.path, key_text(key)), value }
    }

    /// The entries of a list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + use<'_, 'a> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(at, value)| Self { object: self.object, path: format!("{}[{at}]", self.path), value })
    }

    /// The entries of a map, in order of their keys.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let map = self.value.as_object().into_iter().flatten();
        let mut entries: Vec<_> = map.map(|(key, _)| (key.as_str(), self.get(key))).collect();
        entries.sort_by_key(|(key, _)| *key);
        entries
    }

    /// Nothing at all.
    pub(super) fn null(&self) -> Self {
        Self { object: self.object, path: self.path.clone(), value: &NULL }
    }

    /// Whether it is there and not null.
    pub(super) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    /// Whether nothing in it is set: the zero value of the operator's structs.
    pub(super) fn is_zero(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::Object(map) => {
                map.values().all(|value| value.is_null() || value.as_object().is_some_and(|map| map.is_empty()))
            }
            _ => false,
        }
    }

    /// Its text; empty where there is none.
    pub(super) fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// Its text, where it is not empty.
    pub(super) fn some_text(&self) -> Option<&'a str> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    /// Whether it is true.
    pub(super) fn flag(&self) -> bool {
        self.value.as_bool().unwrap_or(false)
    }

    /// Its number.
    pub(super) fn number(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// What a rule that is written because of this field names as its origin: nothing but the object where the
    /// operator writes the rule although the field is not there.
    pub(super) fn origin(&self) -> RuleField {
        RuleField { object: self.object.clone(), path: self.is_set().then(|| self.path.clone()) }
    }
}
