//! Telling Helm templates that nobody rendered from YAML that merely contains `{{`.
//!
//! Alerts carry `{{ $labels.pod }}` in their texts, which is fine wherever YAML takes it for text.

use super::broken::Broken;
use super::document::Document;
use super::node::Node;

/// What the reader of an unrendered template is told.
pub const MESSAGE: &str = "this is a Helm template, not yet YAML: render the chart first (`helm template`)";

/// What only Helm provides, so that a `{{` before it can be nothing else.
const HELM: [&str; 6] = [".Values.", ".Release.", ".Chart.", ".Capabilities.", "include \"", ".Template."];

/// Whether a plain scalar is the work of a template, as `name: app-{{ .Release.Name }}`.
pub(super) fn in_scalar(text: &str) -> bool {
    text.contains('{') && text.split("{{").skip(1).any(is_helm)
}

impl Document {
    /// The place where a template shows that YAML took for text: in the name of an object, or `anywhere`.
    pub fn unrendered(&self, anywhere: bool) -> Option<Broken> {
        let is_template = |node: &Node<'_>| node.scalar().is_some_and(|scalar| in_scalar(scalar.text));
        let metadata = self.root().get("metadata");
        let names = ["name", "namespace"].into_iter().filter_map(|field| metadata?.get(field));
        let node = names.into_iter().find(is_template).or_else(|| self.scalars().find(|node| anywhere && is_template(node)))?;
        let message = MESSAGE.to_owned();
        Some(Broken { line: node.line(), column: node.column(), span: node.span(), message, template: true })
    }
}

/// The action of a template that explains why a text stopped making sense: the position of its
/// `{{`. `read` is how far all was well, `failed` where it no longer was.
pub(super) fn before_failure(text: &str, read: usize, failed: usize) -> Option<usize> {
    let from = text[..read.min(failed)].rfind('\n').map_or(0, |at| at + 1);
    let to = text[failed..].find('\n').map_or(text.len(), |at| failed + at);
    let mut at = from;
    for line in text[from..to].split_inclusive('\n') {
        // Hostile text could have millions of them in one line.
        for (inside, _) in line.match_indices("{{").take(64) {
            let before = &line[..inside];
            if is_comment(before) {
                break;
            }
            let unread = at + inside >= read || begins_value(before);
            if is_helm(&line[inside + 2..]) || (unread && !is_quoted(before)) {
                return Some(at + inside);
            }
        }
        at += line.len();
    }
    None
}

/// Whether the text after a `{{` asks for something of Helm's.
fn is_helm(after: &str) -> bool {
    let near = after.char_indices().nth(256).map_or(after, |(end, _)| &after[..end]);
    let action = near.split("}}").next().unwrap_or(near);
    HELM.iter().any(|name| action.contains(name))
}

/// Whether what follows is a value of its own, which text is not if it begins with a brace.
fn begins_value(before: &str) -> bool {
    before.trim_end().ends_with([':', '-', '[', ','])
}

fn is_comment(before: &str) -> bool {
    before.trim_start().starts_with('#') || before.contains(" #")
}

fn is_quoted(before: &str) -> bool {
    ['"', '\''].iter().any(|quote| before.matches(*quote).count() % 2 == 1)
}
