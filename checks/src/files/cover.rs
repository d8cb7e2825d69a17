//! Where credentials are written: these characters are never shown, whatever is shown of their lines.

use std::ops::Range;

use crate::yaml::{Broken, Document, Kind, Node};

/// Bytes of a text.
type Spans = Vec<Range<usize>>;

/// Fields that hold a credential, or name the Secret that does, by the end of their names.
const CREDENTIALS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "credentials",
    "secret",
    "username",
    "accesskey",
    "access_key",
    "secretkey",
    "secret_key",
    "apikey",
    "api_key",
    "routingkey",
    "servicekey",
    "userkey",
    "apiurl",
    "webhookurl",
    "last-applied-configuration",
];

/// Fields that hold an object with a credential in it, and perhaps the credential itself where somebody did not know.
const HOLDERS: &[&str] = &["authorization", "basicauth", "oauth2", "sigv4", "bearer"];

/// What a credential's selector says that is no credential.
const SELECTOR: &[&str] = &["name", "key", "optional", "secretName", "namespace", "type"];

/// What a Secret says that is no credential.
const OF_SECRET: &[&str] = &[
    "apiVersion",
    "apiGroup",
    "kind",
    "metadata",
    "type",
    "immutable",
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "fieldPath",
];

/// Adds the credentials of a document that was read, or of the text of one that could not be.
pub(super) fn document(text: &str, read: Result<&Document, &Broken>, hidden: &mut Spans) {
    match read {
        Ok(document) => below(document.root(), false, hidden),
        Err(broken) => unread(text, broken.span.start, hidden),
    }
}

/// Adds users and passwords in addresses.
pub(super) fn addresses(text: &str, hidden: &mut Spans) {
    for (at, mark) in text.match_indices("://") {
        let start = at + mark.len();
        let address = text[start..].char_indices().take(2_048);
        let ends = |c: char| c.is_whitespace() || "\"'`,()[]{}<>".contains(c);
        let user = address.take_while(|(_, c)| !ends(*c)).filter(|(_, c)| *c == '@').last();
        hidden.extend(user.map(|(end, _)| start..start + end));
    }
}

fn below(node: Node<'_>, environment: bool, hidden: &mut Spans) {
    // What an alias stands for is looked at where it is written.
    if node.is_alias() {
        return;
    }
    node.items().for_each(|item| below(item, environment, hidden));
    let is_secret = node.entries().any(|entry| text(entry.key) == "kind" && text(entry.value) == "Secret");
    for entry in node.entries() {
        let (name, value) = (text(entry.key), entry.value);
        let is_scalar = value.kind() == Kind::Scalar;
        if is_secret && !OF_SECRET.contains(&name) {
            whole(value, |_| true, hidden);
        } else if environment && name == "value" || is_scalar && ends(name, HOLDERS) {
            whole(value, |_| true, hidden);
        } else if ends(name, CREDENTIALS) {
            whole(value, |name| !SELECTOR.contains(&name), hidden);
            below(value, false, hidden);
        } else {
            below(value, name == "env", hidden);
        }
    }
}

fn text<'d>(node: Node<'d>) -> &'d str {
    node.scalar().map_or("", |scalar| scalar.text)
}

/// Adds a value; of a mapping the values of some of its keys.
fn whole(value: Node<'_>, of: impl Fn(&str) -> bool, hidden: &mut Spans) {
    let value = value.target();
    let is_plain = ["null", "true", "false"].contains(&text(value));
    if value.kind() != Kind::Mapping {
        hidden.extend((!is_plain).then(|| value.span()));
    }
    let named = value.entries().filter(|entry| of(text(entry.key)));
    hidden.extend(named.map(|entry| entry.value.target().span()));
}

/// Adds what follows the keys of credentials in a document that could not be read; of a Secret, what follows any key.
fn unread(text: &str, at: usize, hidden: &mut Spans) {
    let (Some(above), Some(rest)) = (text.get(..at), text.get(at..)) else { return };
    let mut start = above.rfind("\n---").map_or(0, |end| end + 1);
    let end = rest.find("\n---").map_or(text.len(), |end| at + end);
    let chunk = &text[start..end];
    let is_kind =
        |(at, word): (usize, &str)| chunk[at + word.len()..].trim_start_matches(['"', '\'', ':', ' ']).starts_with("Secret");
    let is_secret = chunk.match_indices("kind").any(is_kind);
    for line in chunk.split_inclusive(['\n', '\r']) {
        let mut colons = line.match_indices(':').map(|(colon, _)| colon);
        let from = if is_secret {
            let ends_key = |colon: &usize| line[colon + 1..].starts_with([' ', '\t', '\r', '\n', '"']);
            Some(colons.find(ends_key).map_or(0, |colon| colon + 1))
        } else {
            let key = |colon: &usize| {
                let before = line[..*colon].trim_end_matches(['"', '\'', ' ']);
                let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next();
                name.is_some_and(|name| ends(name, CREDENTIALS) || ends(name, HOLDERS))
            };
            colons.find(key).map(|colon| colon + 1)
        };
        hidden.extend(from.map(|from| start + from..start + line.len()));
        start += line.len();
    }
}

/// Whether a path leads to a credential, or to an item of a list of them.
pub(crate) fn is_credential(path: &str) -> bool {
    let mut names = path.split(['.', '[', ']', '"']).filter(|name| !name.is_empty() && name.parse::<usize>().is_err());
    names.next_back().is_some_and(|name| ends(name, CREDENTIALS) || ends(name, HOLDERS))
}

/// Whether a name ends in one of some words, whatever its case.
fn ends(name: &str, words: &[&str]) -> bool {
    let ends = |word: &&str| {
        name.len().checked_sub(word.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    words.iter().any(ends)
}
