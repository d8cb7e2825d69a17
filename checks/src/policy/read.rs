//! `.prom-doctor.yaml` as it is read: every mistake is told with its line and column, all of them at once.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::choice::Choice;
use super::config::{Config, FailOn, KEYS, SUPPRESSION_KEYS};
use super::pattern::Pattern;
use super::suppression::{Objects, Scope, Suppression};
use crate::files::File;
use crate::operator::version::Version;
use crate::path;
use crate::report::{Severity, SuppressedBy};
use crate::text::nearest;
use crate::world::Kind as ObjectKind;
use crate::yaml::{self, Entry, Kind, Node, Value};

/// What is wrong with a configuration file, and where. Prints as `3:5: unknown key …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

/// Reads a configuration file; `file` is what it is called in positions.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(text: &str, file: &str) -> Result<Config, Vec<Problem>> {
    let file = File::new(file.to_owned(), text.to_owned());
    let mut reader = Reader { file: &file, problems: Vec::new() };
    let stream = yaml::parse(text);
    for broken in &stream.broken {
        let (line, column) = (broken.line, broken.column);
        reader.problems.push(Problem { line, column, message: broken.message.clone(), help: None });
    }
    if let Some(second) = stream.documents.get(1) {
        reader.wrong(second.root(), "a second document begins here, and a configuration is one", None);
    }
    let mut config = Config::default();
    if let Some(document) = stream.documents.first() {
        for key in &document.duplicate_keys {
            let at = file.position(key.again.clone());
            let message = format!("the key `{}` stands twice in one mapping", key.key);
            reader.problems.push(Problem { line: at.line, column: at.column, message, help: None });
        }
        // What the reader of YAML finds out only here, such as aliases that grow without measure, ends it.
        match document.to_json() {
            Ok(_) => reader.config(document.root(), &mut config),
            Err(broken) => {
                let (line, column) = (broken.line, broken.column);
                reader.problems.push(Problem { line, column, message: broken.message, help: None });
            }
        }
    }
    if reader.problems.is_empty() {
        return Ok(config);
    }
    reader.problems.sort_by_key(|problem| (problem.line, problem.column));
    Err(reader.problems)
}

/// A day as `2027-01-31`.
pub fn date(text: &str) -> Option<Date> {
    // The parser takes times as well, and would drop them.
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| plain)
}

struct Reader<'t> {
    file: &'t File,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Node<'_>, message: impl Into<String>, help: Option<String>) {
        let (line, column) = (at.line(), at.column());
        self.problems.push(Problem { line, column, message: message.into(), help });
    }

    /// The keys of a mapping, each with its value; others are told.
    fn fields<'d>(&mut self, node: Node<'d>, what: &str, keys: &[&'static str]) -> BTreeMap<&'static str, Node<'d>> {
        let mut found = BTreeMap::new();
        if node.kind() != Kind::Mapping {
            self.wrong(node, format!("{what} is a mapping, and this is {}", type_name(node)), None);
            return found;
        }
        for Entry { key, value } in node.entries() {
            let Some(word) = key.scalar().map(|scalar| scalar.text) else {
                self.wrong(key, "a key is a word", None);
                continue;
            };
            match keys.iter().find(|known| **known == word) {
                Some(known) => {
                    found.insert(*known, value);
                }
                None => {
                    let help = meant(word, keys).map(|near| format!("did you mean `{near}`?"));
                    let all = || format!("known are {}", keys.join(", "));
                    self.wrong(key, format!("unknown key `{word}` in {what}"), Some(help.unwrap_or_else(all)));
                }
            }
        }
        found.retain(|_, value| !is_null(*value));
        found
    }

    fn config(&mut self, root: Node<'_>, config: &mut Config) {
        for (key, value) in self.fields(root, "the configuration", KEYS) {
            match key {
                "select" => config.select = Some(self.choices(value)),
                "ignore" => config.ignore = Some(self.choices(value)),
                "severity" => config.severity = self.severities(value),
                "fail-on" => config.fail_on = self.fail_on(value),
                "operator-version" => config.operator_version = self.version(value),
                _ => config.suppressions = self.suppressions(value),
            }
        }
    }

    /// One word or a list of words, each a choice of checks.
    fn choices(&mut self, node: Node<'_>) -> Vec<Choice> {
        let mut found = Vec::new();
        let words: Vec<Node<'_>> = if node.kind() == Kind::Sequence { node.items().collect() } else { vec![node] };
        for word in words {
            let Some(text) = self.string(word, "a check is named by its code, its name or the beginning of codes") else {
                continue;
            };
            match Choice::parse(text) {
                Ok(choice) => found.push(choice),
                Err((message, help)) => self.wrong(word, message, help),
            }
        }
        found
    }

    fn string<'d>(&mut self, node: Node<'d>, what: &str) -> Option<&'d str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong(node, format!("{what}, and this is {}", type_name(node)), None);
        }
        text
    }

    /// One of some words.
    fn word<'w>(&mut self, node: Node<'_>, words: &[&'w str]) -> Option<&'w str> {
        let text = self.string(node, &format!("one of {} is wanted", words.join(", ")))?;
        let known = words.iter().find(|word| **word == text).copied();
        if known.is_none() {
            let near = nearest(text, words.iter().copied());
            let help =
                near.map_or_else(|| format!("it is one of {}", words.join(", ")), |near| format!("did you mean `{near}`?"));
            self.wrong(node, format!("`{text}` is no severity"), Some(help));
        }
        known
    }

    fn severities(&mut self, node: Node<'_>) -> BTreeMap<String, Severity> {
        let mut found = BTreeMap::new();
        if node.kind() != Kind::Mapping {
            self.wrong(node, format!("`severity` is a mapping from checks to severities, and this is {}", type_name(node)), None);
        }
        for Entry { key, value } in node.entries() {
            let Some(check) = self.string(key, "a check is named by its code or name") else { continue };
            match Choice::parse(check) {
                Ok(choice) if choice.is_one() => {
                    if let Some(severity) = self.word(value, &["error", "warning", "info"]).and_then(severity) {
                        found.insert(choice.as_str().to_owned(), severity);
                    }
                }
                Ok(choice) => self.wrong(key, format!("`{choice}` means several checks, and a severity is given to each"), None),
                Err((message, help)) => self.wrong(key, message, help),
            }
        }
        found
    }

    fn fail_on(&mut self, node: Node<'_>) -> Option<FailOn> {
        let word = self.word(node, &["error", "warning", "info", "never"])?;
        Some(severity(word).map_or(FailOn::Never, FailOn::At))
    }

    fn version(&mut self, node: Node<'_>) -> Option<String> {
        // Plain 0.93 is a number to YAML; what was written is what is meant.
        let text = node.scalar().map(|scalar| scalar.text).filter(|text| Version::parse(text).is_some());
        if text.is_none() {
            self.wrong(node, "a version of prometheus-operator looks like 0.93 or v0.93.1", None);
        }
        text.map(str::to_owned)
    }

    fn suppressions(&mut self, node: Node<'_>) -> Vec<Suppression> {
        if node.kind() != Kind::Sequence {
            self.wrong(node, format!("`suppressions` is a list, and this is {}", type_name(node)), None);
        }
        node.items().filter_map(|item| self.suppression(item)).collect()
    }

    fn suppression(&mut self, item: Node<'_>) -> Option<Suppression> {
        let before = self.problems.len();
        let fields = self.fields(item, "a suppression", SUPPRESSION_KEYS);
        if item.kind() != Kind::Mapping {
            return None;
        }
        for (key, help) in [("check", "which findings: `check: PD1301`"), ("reason", "why they are let be")] {
            if !fields.contains_key(key) {
                self.wrong(item, format!("this suppression has no `{key}`"), Some(help.to_owned()));
            }
        }
        let checks = fields.get("check").map(|node| self.choices(*node)).unwrap_or_default();
        let name = |text: &str| Pattern::name(text, false);
        let scope = Objects {
            kind: fields.get("kind").and_then(|node| self.kind(*node)),
            namespace: fields.get("namespace").and_then(|node| self.pattern(*node, name)),
            name: fields.get("name").and_then(|node| self.pattern(*node, name)),
            path: fields.get("path").and_then(|node| self.path(*node)),
            file: fields.get("file").and_then(|node| self.pattern(*node, Pattern::file)),
        };
        let reason = fields.get("reason").and_then(|node| {
            let text = self.string(*node, "a reason is a text")?;
            if text.trim().is_empty() {
                self.wrong(*node, "this reason is empty", None);
            }
            Some(text.to_owned())
        });
        let until = fields.get("until").and_then(|node| {
            let day = node.scalar().and_then(|scalar| date(scalar.text));
            if day.is_none() {
                self.wrong(*node, "this is no day", Some("write it as 2027-01-31".to_owned()));
            }
            day
        });
        let at = self.file.position(item.span());
        let by = SuppressedBy::Configuration;
        let scope = Scope::Objects(Box::new(scope));
        let whole = Suppression { by, checks, scope, reason, until, at: Some(at), problem: None };
        (self.problems.len() == before).then_some(whole)
    }

    fn path(&mut self, node: Node<'_>) -> Option<String> {
        const LIKE: &str = "a path looks like spec.endpoints[0].port";
        let text = self.string(node, LIKE)?;
        if path::parse(text).is_err() {
            self.wrong(node, "this is no path", Some(LIKE.to_owned()));
        }
        Some(text.to_owned())
    }

    fn pattern(&mut self, node: Node<'_>, make: impl Fn(&str) -> Result<Pattern, String>) -> Option<Pattern> {
        let text = self.string(node, "a name is wanted, which may hold `*`")?;
        make(text).map_err(|message| self.wrong(node, format!("`{text}` is no pattern: {message}"), None)).ok()
    }

    /// A kind, in its full name or as kubectl takes it. One that does not exist would suppress nothing, for ever.
    fn kind(&mut self, node: Node<'_>) -> Option<Pattern> {
        const OTHERS: &[&str] = &["Alertmanager", "AlertmanagerConfig", "ThanosRuler", "Cluster", "Document", "File", "Check"];
        let text = self.string(node, "a kind is wanted, which may hold `*`")?;
        let known = || ObjectKind::all().map(ObjectKind::name).chain(OTHERS.iter().copied());
        let is_pattern = text.contains(['*', '?', '[', '{']);
        let full = match ObjectKind::named(text) {
            Some(kind) => kind.name(),
            None if is_pattern || known().any(|name| name.eq_ignore_ascii_case(text)) => text,
            None => {
                let help = nearest(text, known()).map(|near| format!("did you mean {near}?"));
                self.wrong(node, format!("there is no kind `{text}`"), help);
                return None;
            }
        };
        self.pattern(node, |_| Pattern::name(full, true))
    }
}

fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

/// The key that a word may have been meant for: what other tools call it, a slip, or another way of joining words.
fn meant<'k>(word: &str, keys: &[&'k str]) -> Option<&'k str> {
    const SAME: &[(&str, &str)] = &[
        ("code", "check"),
        ("codes", "check"),
        ("checks", "check"),
        ("rule", "check"),
        ("expires", "until"),
        ("expiry", "until"),
        ("disable", "ignore"),
        ("exclude", "ignore"),
        ("skip", "ignore"),
        ("enable", "select"),
        ("include", "select"),
        ("because", "reason"),
    ];
    let plain = |word: &str| word.to_ascii_lowercase().replace(['-', '_'], "");
    let own = |wanted: &str| keys.iter().find(|key| plain(key) == plain(wanted)).copied();
    let other = SAME.iter().find(|(other, _)| *other == plain(word)).and_then(|(_, key)| own(key));
    own(word).or(other).or_else(|| nearest(word, keys.iter().copied()))
}

fn is_null(node: Node<'_>) -> bool {
    node.scalar().is_some_and(|scalar| scalar.value() == Ok(Value::Null))
}

fn type_name(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Mapping => "a mapping",
        Kind::Sequence => "a list",
        Kind::Scalar => node.scalar().and_then(|scalar| scalar.value().ok()).map_or("no value", |value| value.type_name()),
    }
}
