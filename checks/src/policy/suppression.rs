//! A wish that findings be let be, wherever it stands: in the configuration, in a comment, at an object.

use jiff::civil::Date;

use super::choice::Choice;
use super::pattern::Pattern;
use super::read::date;
use crate::files::Bundle;
use crate::path::{is_at_or_below, key_text};
use crate::report::{Finding, Position, Ref, SuppressedBy};
use crate::world::{Labels, Meta, World};

/// Lists codes of checks whose findings about an object are let be.
pub(super) const ANNOTATION: &str = "prom-doctor.io/ignore";
const REASON: &str = "prom-doctor.io/ignore-reason";
const UNTIL: &str = "prom-doctor.io/ignore-until";

/// A wish that findings be let be.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// Where it stands.
    pub by: SuppressedBy,
    /// Of these checks.
    pub checks: Vec<Choice>,
    /// About what.
    pub(super) scope: Scope,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Its place, where it stands in a file.
    pub at: Option<Position>,
    /// What keeps it from meaning anything.
    pub(super) problem: Option<String>,
}

/// What a suppression is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scope {
    /// All objects that fit.
    Objects(Box<Objects>),
    /// What is found on a line of a file.
    Line { file: String, line: usize },
    /// What is found in a file.
    File(String),
    /// One object.
    Object(Ref),
}

/// Objects by patterns; what is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Objects {
    pub(super) kind: Option<Pattern>,
    pub(super) namespace: Option<Pattern>,
    pub(super) name: Option<Pattern>,
    pub(super) path: Option<String>,
    pub(super) file: Option<Pattern>,
}

impl Objects {
    /// Whether any object is meant.
    pub(super) fn are_any(&self) -> bool {
        self.kind.is_none() && self.namespace.is_none() && self.name.is_none()
    }

    /// Whether an object is meant.
    pub(super) fn take(&self, reference: &Ref) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        fits(&self.kind, &reference.kind) && fits(&self.namespace, &reference.namespace) && fits(&self.name, &reference.name)
    }
}

impl Suppression {
    /// Whether a finding is let be by it, whatever the day.
    pub fn takes(&self, finding: &Finding) -> bool {
        self.checks.iter().any(|choice| choice.takes(&finding.code)) && self.is_about(finding)
    }

    fn is_about(&self, finding: &Finding) -> bool {
        match &self.scope {
            Scope::Objects(objects) => {
                let file = |pattern: &Pattern| finding.location.as_ref().is_some_and(|at| pattern.fits(&at.file));
                about(finding, |reference| objects.take(reference))
                    && objects.file.as_ref().is_none_or(file)
                    && objects.path.as_deref().is_none_or(|path| stands_at(finding, path))
            }
            Scope::Line { file, line } => finding.location.as_ref().is_some_and(|at| at.file == *file && at.line == *line),
            Scope::File(file) => finding.location.as_ref().is_some_and(|at| at.file == *file),
            Scope::Object(object) => about(finding, |reference| reference == object),
        }
    }

    /// Whether its last day is over.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    /// What it is, in messages: `the comment ignore[PD1301]`.
    pub(super) fn what(&self, choices: &[&Choice]) -> String {
        let codes = choices.iter().map(|choice| choice.as_str()).collect::<Vec<_>>().join(", ");
        match (&self.scope, self.by) {
            (Scope::File(_), _) => format!("the comment ignore-file[{codes}]"),
            (Scope::Line { .. }, _) => format!("the comment ignore[{codes}]"),
            (_, SuppressedBy::Annotation) => format!("{codes} in the annotation {ANNOTATION}"),
            _ => format!("the suppression of {codes}"),
        }
    }

    /// What tells it from others in the same file, without its position, which every edit above it changes.
    pub(super) fn key(&self) -> String {
        match &self.scope {
            Scope::Objects(objects) => {
                let text = |pattern: &Option<Pattern>| pattern.as_ref().map(Pattern::as_str).unwrap_or_default().to_owned();
                let Objects { kind, namespace, name, path, file } = objects.as_ref();
                [text(kind), text(namespace), text(name), path.clone().unwrap_or_default(), text(file)].join("\n")
            }
            Scope::Line { .. } => "line".to_owned(),
            Scope::File(_) => "file".to_owned(),
            Scope::Object(_) => String::new(),
        }
    }

    /// The file or object at which it stands.
    pub(super) fn subject(&self) -> Ref {
        match (&self.scope, &self.at) {
            (Scope::Object(object), _) => object.clone(),
            (Scope::Line { file, .. } | Scope::File(file), _) => of_file(file),
            (Scope::Objects(_), Some(at)) => of_file(&at.file),
            (Scope::Objects(_), None) => of_file(""),
        }
    }
}

fn of_file(name: &str) -> Ref {
    Ref { kind: "File".to_owned(), namespace: String::new(), name: name.to_owned() }
}

/// Whether a finding is about an object: it is the one to mend, or nothing else is concerned. A Role that is missing for
/// many monitors is not let be because one of them is.
fn about(finding: &Finding, is_meant: impl Fn(&Ref) -> bool) -> bool {
    is_meant(&finding.subject) || !finding.affects.is_empty() && finding.affects.iter().all(&is_meant)
}

/// Whether a finding speaks of a field of its subject, or of one below it.
fn stands_at(finding: &Finding, path: &str) -> bool {
    let below = |field: &str| is_at_or_below(field, path);
    finding.evidence.iter().any(|evidence| {
        let own = evidence.reference.as_ref() == Some(&finding.subject) && below(&evidence.path);
        own || evidence.at.as_ref().is_some_and(|at| at.reference == finding.subject && below(&at.path))
    })
}

/// The choices in a list of words, or what is wrong with one of them.
pub(super) fn choices(words: &str) -> Result<Vec<Choice>, String> {
    let words = words.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty());
    let found: Vec<Choice> = words
        .map(|word| {
            Choice::parse(word).map_err(|(message, help)| match help {
                Some(help) => format!("{message}: {help}"),
                None => message,
            })
        })
        .collect::<Result<_, _>>()?;
    if found.is_empty() { Err("it names no check".to_owned()) } else { Ok(found) }
}

/// Where an annotation stands in its object.
pub(super) fn annotation_path() -> String {
    format!("metadata.annotations{}", key_text(ANNOTATION))
}

/// The suppressions that stand at objects; those in files know where.
pub(super) fn annotations(world: &World, bundle: Option<&Bundle>) -> Vec<Suppression> {
    let mut found = Vec::new();
    world.each_object(&mut |kind, meta: &Meta| {
        if let Some(words) = meta.annotations.get(ANNOTATION) {
            let object = Ref::from(meta.id(kind));
            let at = bundle.and_then(|bundle| bundle.spots(&object, &annotation_path(), None)?.into_iter().next());
            found.push(Suppression { at, ..annotation(object, words, &meta.annotations) });
        }
    });
    found
}

fn annotation(object: Ref, words: &str, annotations: &Labels) -> Suppression {
    let (checks, mut problem) = match choices(words) {
        Ok(checks) => (checks, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let until = annotations.get(UNTIL).and_then(|text| {
        let day = date(text.trim());
        if day.is_none() {
            problem = Some(format!("{UNTIL} is no day, which is written as 2027-01-31"));
        }
        day
    });
    let checks = if problem.is_some() { Vec::new() } else { checks };
    let reason = annotations.get(REASON).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Suppression { by: SuppressedBy::Annotation, checks, scope: Scope::Object(object), reason, until, at: None, problem }
}
