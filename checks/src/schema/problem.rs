//! What may be wrong with a field.

use crate::operator::version::Version;

/// Something that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The field, as a path from the root.
    pub path: String,
    /// What of it is to be pointed at.
    pub spot: Spot,
    /// What is wrong.
    pub fault: Fault,
    /// What is accepted there: types, values, or the names of fields.
    pub wanted: Vec<String>,
    /// What stands there.
    pub found: String,
    /// What was probably meant.
    pub meant: Option<Meant>,
    /// Less than certain where the operator is newer than what is known here.
    pub certain: bool,
    /// Whether the API server refuses the object because of it.
    pub refused: bool,
    /// The path as it was meant, where a field around this one is misspelt: it is refused or dropped there.
    pub belongs: Option<String>,
}

/// What of a field is to be pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The API server drops it: no version knows such a field there. `empties` if nothing is left beside it.
    Unknown {
        /// Whether nothing is left of the object that holds it.
        empties: bool,
    },
    /// The API server of this version drops it: only later versions know it.
    Newer {
        /// The first version that knows it.
        since: Version,
        /// Whether nothing is left of the object that holds it.
        empties: bool,
    },
    /// The API server of this version drops it: only earlier versions knew it.
    Removed {
        /// The last version that knew it.
        until: Version,
        /// Whether nothing is left of the object that holds it.
        empties: bool,
    },
    /// Refused: a value of another type.
    Type,
    /// Refused: a required field is not there. The path is the field's.
    Missing,
    /// Refused: a value that the enumeration, pattern or limit does not allow.
    Value,
    /// Refused: two items of a list that must differ.
    RepeatedItem,
    /// Refused: a condition over several fields.
    Condition,
    /// The last one of the same name counts. `lost` is what the ones before said, if that was something else.
    RepeatedKey {
        /// Whether what is lost differs from what counts.
        differs: bool,
    },
    /// The object runs into the one above it, for want of `---`: kubectl makes one of both. That one is what was found.
    Joined,
    /// There is no such version of the API, or it has no such kind.
    ApiVersion,
    /// There is no such kind.
    Kind,
}

/// What was probably meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Meant {
    /// The path where it belongs, or the path itself where only the value is to change.
    pub path: String,
    /// A JSON patch for the object, where it is clear what to do.
    pub patch: Option<serde_json::Value>,
    /// What the patch writes in place of the value.
    pub value: Option<String>,
    /// Whether it only mends the problem: nothing is guessed.
    pub safe: bool,
    /// Whether all that is written belongs there as it is.
    pub as_it_is: bool,
}

impl Problem {
    /// What is wrong with a key, whatever its value; the object is taken all the same.
    pub(crate) fn of_key(path: String, fault: Fault, found: String) -> Self {
        Self {
            path,
            spot: Spot::Key,
            fault,
            wanted: Vec::new(),
            found,
            meant: None,
            certain: true,
            refused: false,
            belongs: None,
        }
    }

    /// Whether the API server drops the field.
    pub fn is_pruned(&self) -> bool {
        let lost = matches!(self.fault, Fault::Unknown { .. } | Fault::Newer { .. } | Fault::Removed { .. });
        // A kind or version of the API that is too new is not dropped: there is nobody to take it.
        lost && self.spot == Spot::Key
    }

    /// Whether nothing is left of the object that held the field.
    pub fn empties(&self) -> bool {
        match self.fault {
            Fault::Unknown { empties } | Fault::Newer { empties, .. } | Fault::Removed { empties, .. } => empties,
            _ => false,
        }
    }

    /// The path of the object that holds the field; empty for the root.
    pub fn parent(&self) -> &str {
        split(&self.path).0
    }

    /// Why the API server refuses the object, without what is written there.
    pub fn why_refused(&self) -> String {
        let what = match self.fault {
            Fault::Unknown { .. } | Fault::Newer { .. } | Fault::Removed { .. } => {
                "is not known, and a required field is missing"
            }
            Fault::Type => "is of another type",
            Fault::Missing => "is missing",
            Fault::Value => "has a value that is not allowed",
            Fault::RepeatedItem => "repeats an item",
            Fault::Condition => "breaks a rule over several fields",
            Fault::RepeatedKey { .. } => "stands there twice",
            Fault::Joined => "begins a document without `---`",
            Fault::ApiVersion => "names no version of this kind",
            Fault::Kind => "names no kind",
        };
        format!("{} {what}", self.path)
    }

    /// The name of the field.
    pub fn field(&self) -> String {
        match crate::path::parse(&self.path).ok().and_then(|mut steps| steps.pop()) {
            Some(crate::path::Step::Key(key)) => key,
            Some(crate::path::Step::Index(index)) => format!("[{index}]"),
            None => self.path.clone(),
        }
    }
}

/// The path of the parent, and the last step as it is written.
pub(super) fn split(path: &str) -> (&str, &str) {
    let Ok(steps) = crate::path::parse(path) else { return ("", path) };
    let last = match steps.last() {
        Some(crate::path::Step::Key(key)) => crate::path::key_text(key),
        Some(crate::path::Step::Index(index)) => format!("[{index}]"),
        None => return ("", path),
    };
    match path.strip_suffix(&last) {
        Some(parent) => (parent, &path[parent.len()..]),
        None => ("", path),
    }
}
