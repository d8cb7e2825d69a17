//! Where a finding stands, in the words of services that show it beside a repository's files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use prom_doctor_checks::report::{Finding, Position, Ref};

use crate::files::STREAM;

/// A place in a file; lines and columns from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Relative to the folder where the program runs, with `/` between names, where that can be.
    pub(super) path: String,
    /// Where in it; `None` for an object of a cluster, which has no file.
    pub(super) span: Option<Span>,
}

/// From one character to the one behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Place {
    /// The first line.
    pub(super) fn line(&self) -> usize {
        self.span.map_or(1, |span| span.line)
    }

    /// The path as a relative reference of RFC 3986, or as a `file` URI where it leads out of the folder.
    pub(super) fn uri(&self) -> String {
        let drive = cfg!(windows) && self.path.as_bytes().get(1) == Some(&b':');
        let head = match self.path.starts_with('/') {
            true => "file://",
            false if drive => "file:///",
            false => "",
        };
        let encoded = self.path.bytes().map(|byte| match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            b':' if !head.is_empty() => ":".to_owned(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        head.to_owned() + &encoded.collect::<String>()
    }
}

/// Whether a place is in no file.
pub(super) fn is_stream(at: &Position) -> bool {
    at.file == STREAM
}

/// Turns what the report says into places.
#[derive(Debug)]
pub(super) struct Places {
    folder: Option<PathBuf>,
}

impl Places {
    /// Places relative to the current folder: CI runs in the root of a repository, and what shows a report looks
    /// for its files there.
    pub(super) fn here() -> Self {
        // Relative to the root a path would only lack its first character.
        Self { folder: std::env::current_dir().ok().filter(|folder| folder.parent().is_some()) }
    }

    /// Where a finding stands. An object of a cluster gets a made-up path: GitHub refuses a whole SARIF file when one
    /// of its results has no file.
    pub(super) fn of(&self, finding: &Finding) -> Place {
        finding.location.as_ref().map_or_else(|| made_up(&finding.subject), |position| self.position(position))
    }

    /// A position.
    pub(super) fn position(&self, at: &Position) -> Place {
        // What comes through a pipe has no file to show, but maybe a template that it was made from; the lines of that
        // are others.
        if let (true, Some(template)) = (is_stream(at), &at.source) {
            return Place { path: self.path(template), span: None };
        }
        let (line, column) = (at.line.max(1), at.column.max(1));
        let end_line = at.end_line.max(line);
        // Where the end stands before the start, or nowhere, the place is one character.
        let end_column = if end_line == line { at.end_column.max(column + 1) } else { at.end_column.max(1) };
        Place { path: self.path(&at.file), span: Some(Span { line, column, end_line, end_column }) }
    }

    fn path(&self, file: &str) -> String {
        if file == STREAM {
            return "stdin".to_owned();
        }
        let path = Path::new(file);
        let inside = self.folder.as_deref().and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        let mut parts: Vec<String> = Vec::new();
        let mut root = String::new();
        for part in inside.components() {
            match part {
                Component::CurDir => {}
                Component::RootDir => root.push('/'),
                Component::Prefix(prefix) => root.push_str(&prefix.as_os_str().to_string_lossy()),
                // `a/../b` is `b`; a `..` at the front stays.
                Component::ParentDir if parts.last().is_some_and(|last| last != "..") => drop(parts.pop()),
                Component::ParentDir => parts.push("..".to_owned()),
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            }
        }
        root + &parts.join("/")
    }
}

/// `cluster/shop/servicemonitor/cart.yaml`: a path that no name of an object can lead out of.
fn made_up(object: &Ref) -> Place {
    let part = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let text: String = text.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        if matches!(text.as_str(), "" | "." | "..") { "_".to_owned() } else { text }
    };
    let namespace = if object.namespace.is_empty() { String::new() } else { part(&object.namespace) + "/" };
    let path = format!("cluster/{namespace}{}/{}.yaml", part(&object.kind).to_lowercase(), part(&object.name));
    Place { path, span: None }
}

/// Makes fingerprints unique within a report: the services take two findings of one fingerprint for the same.
#[derive(Debug, Default)]
pub(super) struct Fingerprints<'a>(BTreeMap<&'a str, usize>);

impl<'a> Fingerprints<'a> {
    /// The fingerprint of the next finding.
    pub(super) fn next(&mut self, finding: &'a Finding) -> String {
        let seen = self.0.entry(&finding.fingerprint).or_default();
        *seen += 1;
        format!("{}:{seen}", finding.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str) -> String {
        Places { folder: Some("/repo".into()) }.path(file)
    }

    #[test]
    fn paths_are_relative_where_they_can_be() {
        assert_eq!(at("./deploy//a.yaml"), "deploy/a.yaml");
        assert_eq!(at("/repo/deploy/a.yaml"), "deploy/a.yaml");
        assert_eq!(at("/repository/a.yaml"), "/repository/a.yaml");
        assert_eq!(at("x/../../a.yaml"), "../a.yaml");
        assert_eq!(at(STREAM), "stdin");
    }

    #[test]
    fn what_a_chart_renders_to_leads_to_its_template() {
        let source = Some("cart/templates/monitor.yaml".to_owned());
        let mut at = Position { file: STREAM.into(), line: 7, column: 5, end_line: 7, end_column: 9, source };
        let places = Places { folder: None };
        let place = places.position(&at);
        assert_eq!((place.path.as_str(), place.line()), ("cart/templates/monitor.yaml", 1));
        // A rendered file is there to be looked at.
        at.file = "rendered.yaml".into();
        let place = places.position(&at);
        assert_eq!((place.path.as_str(), place.line()), ("rendered.yaml", 7));
    }

    #[test]
    fn uris_are_encoded() {
        let uri = |path: &str| Place { path: path.to_owned(), span: None }.uri();
        assert_eq!(uri("a b/ü%[x]?#.yaml"), "a%20b/%C3%BC%25%5Bx%5D%3F%23.yaml");
        // A colon in the first name would make it a scheme.
        assert_eq!(uri("a:b.yaml"), "a%3Ab.yaml");
        assert_eq!(uri("/tmp/a b.yaml"), "file:///tmp/a%20b.yaml");
    }

    #[test]
    fn names_of_objects_lead_nowhere_else() {
        let path = |kind: &str, namespace: &str, name: &str| {
            made_up(&Ref { kind: kind.into(), namespace: namespace.into(), name: name.into() }).path
        };
        assert_eq!(path("ServiceMonitor", "shop", "cart"), "cluster/shop/servicemonitor/cart.yaml");
        assert_eq!(path("ClusterRole", "", "system:node"), "cluster/clusterrole/system_node.yaml");
        assert_eq!(path("Pod", "..", "../../x\n"), "cluster/_/pod/.._.._x_.yaml");
    }
}
