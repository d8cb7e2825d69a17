//! Selectors as they are written into a configuration, and what an API server makes of them. They are drawn as parts and
//! never read back from text, so that nothing here shares a parser with what is tested.

use serde_json::Value;

use super::generate::{KEYS, NAMES, NAMESPACES, NODES, VALUES};
use super::random::Random;

/// A label or field selector.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    /// As it is written.
    pub(super) text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// A label is (not) one of these; a label that is not there is none of them.
    In(&'static str, bool, Vec<&'static str>),
    /// A label is (not) there.
    Exists(&'static str, bool),
    /// A field, by its path, has (not) this value.
    Field(&'static str, bool, &'static str),
}

impl Selector {
    pub(super) fn labels(random: &mut Random) -> Self {
        let parts = (0..random.pick(&[1, 1, 2])).map(|_| {
            let key = random.pick(KEYS);
            match random.below(4) {
                0 => Part::Exists(key, random.percent(60)),
                1 => Part::In(key, random.percent(50), vec![random.pick(&VALUES[..3]), random.pick(&VALUES[4..])]),
                _ => Part::In(key, random.percent(40), vec![random.pick(VALUES)]),
            }
        });
        Self::of(parts.collect())
    }

    pub(super) fn fields(random: &mut Random, role: &str) -> Self {
        let equal = random.percent(40);
        let (path, value) = match (role, random.below(4)) {
            ("pod", 0) => ("spec.nodeName", random.pick(NODES)),
            ("pod", 1) => ("status.phase", random.pick(&["Running", "Failed"])),
            ("pod", 2) => ("spec.serviceAccountName", random.pick(&["default", "runner"])),
            ("service", 0) => ("spec.type", random.pick(&["ClusterIP", "ExternalName"])),
            ("service", 1) => ("spec.clusterIP", "None"),
            ("node", _) => ("metadata.name", random.pick(NODES)),
            (_, 3) => ("metadata.namespace", random.pick(NAMESPACES)),
            _ => ("metadata.name", random.pick(NAMES)),
        };
        Self::of(vec![Part::Field(path, equal, value)])
    }

    fn of(parts: Vec<Part>) -> Self {
        let text = parts.iter().map(Part::text).collect::<Vec<_>>().join(",");
        Self { text, parts }
    }

    /// Whether an API server would show the object.
    pub(super) fn shows(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"].get(key).and_then(Value::as_str);
        self.parts.iter().all(|part| match part {
            Part::In(key, wanted, values) => label(key).is_some_and(|value| values.contains(&value)) == *wanted,
            Part::Exists(key, wanted) => label(key).is_some() == *wanted,
            Part::Field(path, equal, value) => {
                let pointer = format!("/{}", path.replace('.', "/"));
                let has = object.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
                (has == *value) == *equal
            }
        })
    }
}

impl Part {
    fn text(&self) -> String {
        match self {
            Self::In(key, wanted, values) if values.len() == 1 => {
                format!("{key}{}{}", if *wanted { "=" } else { "!=" }, values[0])
            }
            Self::In(key, wanted, values) => {
                format!("{key} {} ({})", if *wanted { "in" } else { "notin" }, values.join(", "))
            }
            Self::Exists(key, wanted) => format!("{}{key}", if *wanted { "" } else { "!" }),
            Self::Field(path, equal, value) => format!("{path}{}{value}", if *equal { "=" } else { "!=" }),
        }
    }
}
