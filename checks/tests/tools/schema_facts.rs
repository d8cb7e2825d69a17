//! Extracts the facts of `checks/src/schema/facts.txt` from CRD files: `vX.Y.Z/*.yaml` below the folder that is given,
//! one folder per version of the operator. Prints them; the head of `facts.rs` explains the notation.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is all that this program is for")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use prom_doctor_checks::operator::version::Version;
use prom_doctor_checks::yaml;
use serde_json::Value;

/// A set of minor versions, the oldest in the lowest bit.
type Mask = u64;

/// A type in all versions in which it occurs: one variant per set of versions in which it is alike.
#[derive(Clone, PartialEq)]
struct Merged(Vec<(Mask, Type)>);

#[derive(Clone, PartialEq)]
enum Type {
    /// A scalar, or anything at all, in notation.
    Leaf(String),
    List {
        item: Merged,
        attributes: Vec<(String, Mask)>,
    },
    Map(Merged),
    Object {
        fields: Vec<Field>,
        open: Mask,
    },
}

#[derive(Clone, PartialEq)]
struct Field {
    name: String,
    present: Mask,
    required: Mask,
    defaulted: Mask,
    holds: Merged,
}

/// What metadata may hold: the API server knows that itself.
const METADATA: &str = r#"{"type": "object", "properties": {
    "name": {"type": "string"}, "generateName": {"type": "string"}, "namespace": {"type": "string"},
    "selfLink": {"type": "string"}, "uid": {"type": "string"}, "resourceVersion": {"type": "string"},
    "generation": {"type": "integer", "format": "int64"}, "creationTimestamp": {"type": "string"},
    "deletionTimestamp": {"type": "string"}, "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "finalizers": {"type": "array", "items": {"type": "string"}},
    "ownerReferences": {"x-kubernetes-preserve-unknown-fields": true},
    "managedFields": {"x-kubernetes-preserve-unknown-fields": true}}}"#;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: schema-facts FOLDER, which holds vX.Y.Z/*.yaml with CustomResourceDefinitions");
        return ExitCode::from(2);
    };
    match facts(Path::new(&folder)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn facts(folder: &Path) -> Result<String, String> {
    let mut kinds: BTreeMap<(String, String), BTreeMap<u32, Value>> = BTreeMap::new();
    let mut minors = BTreeSet::new();
    for version in entries(folder)? {
        let name = version.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let minor = Version::parse(&name).ok_or(format!("{name} is no version"))?.minor;
        minors.insert(minor);
        for file in entries(&version)? {
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            for document in yaml::documents(&text) {
                let crd = document.and_then(|document| document.to_json());
                let crd = crd.map_err(|broken| format!("{}: {}", file.display(), broken.message))?;
                let kind = crd["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
                for served in crd["spec"]["versions"].as_array().into_iter().flatten() {
                    let mut schema = served["schema"]["openAPIV3Schema"].clone();
                    let properties = &mut schema["properties"];
                    properties["metadata"] = serde_json::from_str(METADATA).map_err(|error| error.to_string())?;
                    // It is the operator's to write, and reset on every change of somebody else.
                    properties["status"] = serde_json::json!({"x-kubernetes-preserve-unknown-fields": true});
                    let key = (kind.clone(), served["name"].as_str().unwrap_or_default().to_owned());
                    kinds.entry(key).or_default().insert(minor, schema);
                }
            }
        }
    }
    let (Some(&first), Some(&last)) = (minors.first(), minors.last()) else { return Err("no versions there".to_owned()) };
    if last - first >= Mask::BITS || minors.len() as u32 != last - first + 1 {
        return Err(format!("every minor version from {first} to {last} is needed, at most {}", Mask::BITS));
    }
    let mut writer = Writer { first, last, ..Writer::default() };
    let mut roots = Vec::new();
    for ((kind, version), schemas) in &kinds {
        let nodes: Vec<(u32, &Value)> = schemas.iter().map(|(minor, schema)| (minor - first, schema)).collect();
        let merged = merge(&nodes, &mut writer, &format!("{kind}/{version}"))?;
        roots.push((kind, version, mask_of(&nodes), merged));
    }
    // Those that are there the longest first: later ones may then be found to be the same as far as they go.
    roots.sort_by_key(|(kind, version, mask, _)| (std::cmp::Reverse(mask.count_ones()), *kind, *version));
    writer.presences = roots.iter().flat_map(|(_, _, mask, merged)| presences(merged, *mask)).collect();
    let mut head = format!("minors {first} {last}\n");
    for (kind, version, mask, merged) in &roots {
        let root = writer.merged(merged, *mask);
        let range = if *mask == writer.all() { String::new() } else { format!(" {}", writer.range(*mask)) };
        let _ = writeln!(head, "kind {kind} {version} {root}{range}");
    }
    for (letter, table) in [("e", &writer.enums), ("p", &writer.patterns), ("d", &writer.defaults), ("k", &writer.keys)] {
        for entry in table {
            let _ = writeln!(head, "{letter} {entry}");
        }
    }
    for line in &writer.shapes {
        let _ = writeln!(head, "#{line}");
    }
    Ok(head)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let read = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut all: Vec<_> = read.filter_map(Result::ok).map(|entry| entry.path()).collect();
    all.sort();
    Ok(all)
}

fn mask_of(nodes: &[(u32, &Value)]) -> Mask {
    nodes.iter().fold(0, |mask, (at, _)| mask | 1 << at)
}

/// One type of the same place in several versions.
fn merge(nodes: &[(u32, &Value)], writer: &mut Writer, path: &str) -> Result<Merged, String> {
    let mut groups: Vec<(String, Vec<(u32, &Value)>)> = Vec::new();
    for (at, schema) in nodes {
        let shape = shape(schema, writer, path)?;
        match groups.iter_mut().find(|(other, _)| *other == shape) {
            Some((_, group)) => group.push((*at, schema)),
            None => groups.push((shape, vec![(*at, schema)])),
        }
    }
    let mut variants = Vec::new();
    for (shape, group) in groups {
        let below = |key: &str| -> Vec<(u32, &Value)> { group.iter().map(|(at, schema)| (*at, &schema[key])).collect() };
        let kind = match shape.as_str() {
            "[" => {
                let mut attributes: BTreeMap<String, Mask> = BTreeMap::new();
                for (at, schema) in &group {
                    for attribute in list_attributes(schema, writer) {
                        *attributes.entry(attribute).or_default() |= 1 << at;
                    }
                }
                let item = merge(&below("items"), writer, &format!("{path}[]"))?;
                Type::List { item, attributes: attributes.into_iter().collect() }
            }
            "{" => Type::Map(merge(&below("additionalProperties"), writer, &format!("{path}.*"))?),
            "#" => object(&group, writer, path)?,
            leaf => Type::Leaf(leaf.to_owned()),
        };
        variants.push((mask_of(&group), kind));
    }
    Ok(Merged(variants))
}

fn object(group: &[(u32, &Value)], writer: &mut Writer, path: &str) -> Result<Type, String> {
    let mut names: BTreeMap<&str, Vec<(u32, &Value)>> = BTreeMap::new();
    let (mut open, mut required) = (0, BTreeMap::<&str, Mask>::new());
    for (at, schema) in group {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            names.entry(name).or_default().push((*at, field));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            *required.entry(name).or_default() |= 1 << at;
        }
        if schema["x-kubernetes-preserve-unknown-fields"] == true {
            open |= 1 << at;
        }
    }
    let mut fields = Vec::new();
    for (name, nodes) in names {
        let with_default: Vec<(u32, &Value)> =
            nodes.iter().filter(|(_, field)| field.get("default").is_some()).copied().collect();
        fields.push(Field {
            name: name.to_owned(),
            present: mask_of(&nodes),
            required: required.remove(name).unwrap_or(0),
            defaulted: mask_of(&with_default),
            holds: merge(&nodes, writer, &format!("{path}.{name}"))?,
        });
    }
    match required.keys().next() {
        Some(name) => Err(format!("{path}: {name} is required and not described")),
        None => Ok(Type::Object { fields, open }),
    }
}

/// Keywords that say nothing about what is accepted, or are read elsewhere.
const QUIET: &[&str] = &[
    "description",
    "properties",
    "items",
    "additionalProperties",
    "required",
    "default",
    "x-kubernetes-map-type",
    "type",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
    "minItems",
    "maxItems",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    // Rules over several fields, in a language of their own: `rules.rs` knows them.
    "x-kubernetes-validations",
];

/// What a schema is in notation: a whole scalar, or the sign of what has something below it.
fn shape(schema: &Value, writer: &mut Writer, path: &str) -> Result<String, String> {
    let int_or_string = schema["x-kubernetes-int-or-string"] == true;
    let keywords = schema.as_object().ok_or(format!("{path}: no schema"))?;
    for (keyword, value) in keywords {
        let known = match keyword.as_str() {
            "anyOf" => int_or_string,
            // Several enumerations of the same values, one of the field and one of its type.
            "allOf" => value.as_array().is_some_and(|all| all.windows(2).all(|pair| pair[0] == pair[1])),
            "nullable" => *value == false,
            other => QUIET.contains(&other),
        };
        if !known {
            return Err(format!("{path}: the keyword {keyword} is not known here: {value}"));
        }
    }
    let number = |key: &str, sign: &str| schema.get(key).map(|value| format!("{sign}{value}")).unwrap_or_default();
    let enumeration = schema.get("enum").or_else(|| schema.get("allOf")?.get(0)?.get("enum"));
    let bounds = number("minimum", ">") + &number("maximum", "<");
    let leaf = match schema["type"].as_str() {
        _ if int_or_string => "q".to_owned(),
        Some("string") => match schema["format"].as_str() {
            None => "s".to_owned(),
            Some("date-time") => "t".to_owned(),
            Some("byte") => "y".to_owned(),
            Some(format) => return Err(format!("{path}: the format {format} of a string is not known here")),
        },
        // The API server does not hold a number to its format.
        Some("integer") => "i".to_owned(),
        Some("number") => "n".to_owned(),
        Some("boolean") => "b".to_owned(),
        Some("array") => return Ok("[".to_owned()),
        Some("object") if schema["additionalProperties"].is_object() => return Ok("{".to_owned()),
        Some("object") if schema.get("properties").is_none() && schema["x-kubernetes-preserve-unknown-fields"] == true => {
            return Ok("o".to_owned());
        }
        Some("object") => return Ok("#".to_owned()),
        None if schema["x-kubernetes-preserve-unknown-fields"] == true => return Ok("*".to_owned()),
        other => return Err(format!("{path}: the type {other:?} is not known here")),
    };
    let mut leaf = leaf + &bounds + &number("minLength", "l") + &number("maxLength", "L");
    let table = |letter: &str, value: Option<&Value>, table: &mut Vec<String>| {
        value.map(|value| format!("{letter}{}", place(table, value.to_string()))).unwrap_or_default()
    };
    leaf += &table("e", enumeration, &mut writer.enums);
    leaf += &table("p", schema.get("pattern"), &mut writer.patterns);
    leaf += &table("d", schema.get("default"), &mut writer.defaults);
    Ok(leaf)
}

fn list_attributes(schema: &Value, writer: &mut Writer) -> Vec<String> {
    let mut out = Vec::new();
    match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => out.push("u".to_owned()),
        Some("map") => out.push(format!("m{}", place(&mut writer.keys, schema["x-kubernetes-list-map-keys"].to_string()))),
        _ => {}
    }
    out.extend(schema.get("minItems").map(|least| format!("l{least}")));
    out.extend(schema.get("maxItems").map(|most| format!("L{most}")));
    out
}

fn place(table: &mut Vec<String>, entry: String) -> usize {
    table.iter().position(|other| *other == entry).unwrap_or_else(|| {
        table.push(entry);
        table.len() - 1
    })
}

/// The sets of versions in which anything below is there.
fn presences(merged: &Merged, present: Mask) -> BTreeSet<Mask> {
    let mut all = BTreeSet::from([present]);
    for (mask, kind) in &merged.0 {
        let here = mask & present;
        match kind {
            Type::Leaf(_) => {}
            Type::List { item, .. } | Type::Map(item) => all.extend(presences(item, here)),
            Type::Object { fields, .. } => {
                all.insert(here);
                all.extend(fields.iter().flat_map(|field| presences(&field.holds, field.present & here)));
            }
        }
    }
    all
}

#[derive(Default)]
struct Writer {
    first: u32,
    last: u32,
    enums: Vec<String>,
    patterns: Vec<String>,
    defaults: Vec<String>,
    keys: Vec<String>,
    presences: BTreeSet<Mask>,
    shapes: Vec<String>,
    /// Where an object was written that looks like this in these versions.
    written: HashMap<(Mask, u64), usize>,
}

impl Writer {
    fn all(&self) -> Mask {
        Mask::MAX >> (Mask::BITS - 1 - (self.last - self.first))
    }

    /// `60-`, `-59`, `60-72`, several with commas.
    fn range(&self, mask: Mask) -> String {
        let mut parts = Vec::new();
        let mut at = 0;
        let end = self.last - self.first + 1;
        while at < end {
            if mask & (1 << at) == 0 {
                at += 1;
                continue;
            }
            let start = at;
            while at < end && mask & (1 << at) != 0 {
                at += 1;
            }
            let from = if start == 0 { String::new() } else { (start + self.first).to_string() };
            let to = if at == end { String::new() } else { (at - 1 + self.first).to_string() };
            parts.push(format!("{from}-{to}"));
        }
        parts.join(",")
    }

    /// The range, where it is not all of those in question.
    fn limited(&self, sign: char, mask: Mask, present: Mask) -> String {
        if mask & present == present { String::new() } else { format!("{sign}{}", self.range(mask & present)) }
    }

    fn merged(&mut self, merged: &Merged, present: Mask) -> String {
        let mut variants = Vec::new();
        for (mask, kind) in merged.0.iter().filter(|(mask, _)| mask & present != 0) {
            let text = self.kind(kind, mask & present);
            variants.push(text + &self.limited('@', *mask, present));
        }
        variants.join("|")
    }

    fn kind(&mut self, kind: &Type, present: Mask) -> String {
        match kind {
            Type::Leaf(leaf) => leaf.clone(),
            Type::Map(item) => format!("{{{}}}", self.merged(item, present)),
            Type::List { item, attributes } => {
                let mut text = format!("[{}]", self.merged(item, present));
                for (attribute, mask) in attributes.iter().filter(|(_, mask)| mask & present != 0) {
                    text += &format!("{attribute}{}", self.limited('^', *mask, present));
                }
                text
            }
            Type::Object { fields, open } => {
                let key = (present, self.look(kind, present));
                if let Some(at) = self.written.get(&key) {
                    return format!("#{at}");
                }
                let mut line = String::new();
                if open & present != 0 {
                    line += &format!(" *{}", self.limited('@', *open, present));
                }
                for field in fields.iter().filter(|field| field.present & present != 0) {
                    let here = field.present & present;
                    let required =
                        if field.required & here == 0 { String::new() } else { self.limited_flag('!', field.required, here) };
                    let defaulted =
                        if field.defaulted & here == 0 { String::new() } else { self.limited_flag('~', field.defaulted, here) };
                    let range = self.limited('@', here, present);
                    let holds = self.merged(&field.holds, here);
                    line += &format!(" {}{required}{defaulted}{range}:{holds}", field.name);
                }
                let at = self.shapes.len();
                self.shapes.push(line);
                let fitting: Vec<Mask> = self.presences.iter().copied().filter(|mask| mask & !present == 0).collect();
                for mask in fitting {
                    let look = self.look(kind, mask);
                    self.written.entry((mask, look)).or_insert(at);
                }
                format!("#{at}")
            }
        }
    }

    fn limited_flag(&self, sign: char, mask: Mask, present: Mask) -> String {
        format!("{sign}{}", self.limited('^', mask, present).trim_start_matches('^'))
    }

    /// How a type looks in some versions, without a number.
    fn look(&self, kind: &Type, present: Mask) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        match kind {
            Type::Leaf(leaf) => leaf.hash(&mut hasher),
            Type::Map(item) => ('{', self.look_all(item, present)).hash(&mut hasher),
            Type::List { item, attributes } => {
                ('[', self.look_all(item, present)).hash(&mut hasher);
                for (attribute, mask) in attributes.iter().filter(|(_, mask)| mask & present != 0) {
                    (attribute, mask & present).hash(&mut hasher);
                }
            }
            Type::Object { fields, open } => {
                ('#', open & present).hash(&mut hasher);
                for field in fields.iter().filter(|field| field.present & present != 0) {
                    let here = field.present & present;
                    (&field.name, here, field.required & here, field.defaulted & here).hash(&mut hasher);
                    self.look_all(&field.holds, here).hash(&mut hasher);
                }
            }
        }
        hasher.finish()
    }

    fn look_all(&self, merged: &Merged, present: Mask) -> Vec<(Mask, u64)> {
        let here = merged.0.iter().filter(|(mask, _)| mask & present != 0);
        here.map(|(mask, kind)| (mask & present, self.look(kind, mask & present))).collect()
    }
}
