//! Go's regular expressions on Rust's `regex` crate: a pattern is read as Go reads it and written anew for the crate,
//! so that it matches exactly what Prometheus would match, or it is refused: by Go, or by us, who then do not guess.
//!
//! The operator puts ports and label values into the configuration as patterns, unescaped (OP-CFG-3), and
//! Prometheus matches them from end to end (RL-4).

mod class;
mod expand;
mod node;
mod parse;
mod simple;
mod unicode;

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use simple::Simple;

pub use expand::Groups;
pub(crate) use unicode::settled;

use crate::operator::version::Version;

/// A pattern that Prometheus would match from end to end.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    /// Plain text.
    Literal,
    /// Text around one group.
    Simple(Simple),
    /// A pattern.
    Regex(Regex, Arc<Judged>),
    /// A pattern that cannot be judged, or that Go refuses.
    Refused,
}

/// What is known of a pattern beside its regex.
#[derive(Debug)]
struct Judged {
    names: Vec<Option<String>>,
    unicode: bool,
    /// Without a version it is not known whether `.` takes a newline.
    lines_unsure: bool,
}

/// Why there is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Go refuses it, with these words.
    GoRejects(String),
    /// What Go would do is not known here.
    CannotJudge(String),
}

/// Whether Go accepts a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiles {
    /// It does.
    Yes,
    /// It does not; the reason is for people.
    No(String),
    /// That depends on the version, or is too large to tell.
    Unknown,
}

impl Pattern {
    /// Compiles a pattern for a server of unknown version; one that is refused matches `None`.
    pub fn new(source: &str) -> Self {
        let refused = |_| Self { source: source.to_owned(), engine: Engine::Refused };
        Self::compile(source, None).unwrap_or_else(refused)
    }

    /// Compiles a pattern as a server of a version reads it.
    pub fn compile(source: &str, version: Option<Version>) -> Result<Self, Refused> {
        let made = |engine| Self { source: source.to_owned(), engine };
        if !source.chars().any(|c| "\\.+*?()|[]{}^$".contains(c)) {
            return Ok(made(Engine::Literal));
        }
        if let Some(simple) = Simple::read(source, version) {
            return Ok(made(Engine::Simple(simple)));
        }
        Self::regex(source, version)
    }

    /// Compiles a pattern to a regex, whatever its form.
    fn regex(source: &str, version: Option<Version>) -> Result<Self, Refused> {
        let made = |engine| Self { source: source.to_owned(), engine };
        let parsed = parse::parse(&anchored(source, version), angle_names(version))?;
        let mut text = String::new();
        parsed.node.write(&mut text);
        let judged = Judged { names: parsed.names, unicode: parsed.unicode, lines_unsure: version.is_none() };
        // What does not fit into the crate's limits may well fit into Go's.
        let unsure = |error: regex::Error| Refused::CannotJudge(format!("it is too much for this program: {error}"));
        let regex = RegexBuilder::new(&text).build().map_err(unsure)?;
        Ok(made(Engine::Regex(regex, Arc::new(judged))))
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is plain text.
    pub fn is_literal(&self) -> bool {
        matches!(self.engine, Engine::Literal)
    }

    /// Whether the text matches; `None` where that cannot be judged.
    pub fn matches(&self, text: &str) -> Option<bool> {
        match &self.engine {
            Engine::Literal => Some(self.source == text),
            Engine::Simple(simple) => simple.group(text).map(|group| group.is_some()),
            Engine::Regex(regex, judged) => judged.may_judge(text).then(|| regex.is_match(text)),
            Engine::Refused => None,
        }
    }

    /// The groups of the match of a text: `Some(None)` where it does not match, `None` where that cannot be judged.
    pub fn groups<'t>(&'t self, text: &'t str) -> Option<Option<Groups<'t>>> {
        match &self.engine {
            Engine::Literal => Some((self.source == text).then(|| Groups { texts: vec![Some(text)], names: &[], whole: true })),
            Engine::Simple(simple) => {
                let groups = |group| Groups { texts: vec![Some(text), Some(group)], names: &[], whole: true };
                simple.group(text).map(|group| group.map(groups))
            }
            Engine::Regex(regex, judged) => judged.may_judge(text).then(|| {
                let found = regex.captures(text)?;
                let mut texts: Vec<Option<&str>> = found.iter().map(|group| group.map(|group| group.as_str())).collect();
                // The crate forgets the last groups where they are repeated no time.
                texts.resize(judged.names.len(), None);
                let whole = found.get(0).is_some_and(|all| all.as_str().len() == text.len());
                Some(Groups { texts, names: &judged.names, whole })
            }),
            Engine::Refused => None,
        }
    }
}

impl Judged {
    fn may_judge(&self, text: &str) -> bool {
        !(self.unicode && !settled(text) || self.lines_unsure && text.contains('\n'))
    }
}

/// The pattern in its anchors: text beside text, so a pattern can close the group (RL-4). `.` takes a newline since 3.0.
fn anchored(source: &str, version: Option<Version>) -> String {
    if version.is_some_and(|version| version.major < 3) { format!("^(?:{source})$") } else { format!("^(?s:{source})$") }
}

/// Whether `(?<name>…)` is known: since Go 1.22, which servers were built with from about 2.50 on (RX-11).
fn angle_names(version: Option<Version>) -> Option<bool> {
    match version? {
        version if version >= Version::new(2, 53, 0) => Some(true),
        version if version < Version::new(2, 48, 0) => Some(false),
        _ => None,
    }
}

/// Whether Go accepts a pattern.
pub fn compiles(source: &str) -> Compiles {
    match parse::parse(&anchored(source, None), angle_names(None)) {
        Ok(_) => Compiles::Yes,
        Err(Refused::GoRejects(why)) => Compiles::No(why),
        Err(Refused::CannotJudge(_)) => Compiles::Unknown,
    }
}

#[cfg(test)]
mod tests;
