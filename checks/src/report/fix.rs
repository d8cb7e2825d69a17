//! Fixes: the patch is the truth, the command is its rendering.

use serde_json::{Value, json};

use super::{Fix, Patch, PatchRef, PatchType, Safety};
use crate::world::{Kind, ObjectId};

impl Fix {
    fn new(title: impl Into<String>, patch: Vec<Patch>, command: String) -> Self {
        Self { title: title.into(), safety: Safety::Safe, patch, command, note: None }
    }

    /// Sets labels of an object.
    pub fn label(title: impl Into<String>, id: &ObjectId, labels: &[(String, String)]) -> Self {
        let body: serde_json::Map<String, Value> =
            labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        let pairs: Vec<String> = labels.iter().map(|(key, value)| quoted(&format!("{key}={value}"))).collect();
        let command = format!("{} {} --overwrite", kubectl("label", id), pairs.join(" "));
        let patch = Patch { reference: id.into(), kind: PatchType::Merge, body: json!({"metadata": {"labels": body}}) };
        Self::new(title, vec![patch], command)
    }

    /// A JSON merge patch: `null` deletes.
    pub fn merge(title: impl Into<String>, id: &ObjectId, body: Value) -> Self {
        let command = patch_command(id, "merge", &body);
        Self::new(title, vec![Patch { reference: id.into(), kind: PatchType::Merge, body }], command)
    }

    /// A JSON patch.
    pub fn json(title: impl Into<String>, id: &ObjectId, operations: Vec<Value>) -> Self {
        let body = Value::Array(operations);
        let command = patch_command(id, "json", &body);
        Self::new(title, vec![Patch { reference: id.into(), kind: PatchType::Json, body }], command)
    }

    /// New objects, with the command that makes them.
    pub fn create(title: impl Into<String>, objects: Vec<(PatchRef, Value)>, command: String) -> Self {
        let patch = objects.into_iter().map(|(reference, body)| Patch { reference, kind: PatchType::Create, body }).collect();
        Self::new(title, patch, command)
    }

    /// Deletes an object.
    pub fn delete(title: impl Into<String>, id: &ObjectId) -> Self {
        Self::new(title, vec![Patch { reference: id.into(), kind: PatchType::Delete, body: Value::Null }], kubectl("delete", id))
    }

    /// Something to do that is no change to an object that was seen.
    pub fn advice(title: impl Into<String>, command: impl Into<String>) -> Self {
        Self::new(title, Vec::new(), command.into())
    }

    /// Adds the patch of another fix: both belong together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.patch.extend(other.patch);
        self.command = format!("{} && {}", self.command, other.command);
        self
    }

    /// It may change more than the finding says; the reason goes into the note.
    #[must_use]
    pub fn widens(mut self, why: impl Into<String>) -> Self {
        self.safety = Safety::Unsafe;
        self.note(why.into())
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        let note = note.into();
        self.note = Some(self.note.map_or_else(|| note.clone(), |old| format!("{old}; {note}")));
        self
    }
}

impl PatchRef {
    /// An object of any kind.
    pub fn named(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The id, where the kind is one of ours.
    pub fn id(&self) -> Option<ObjectId> {
        Some(ObjectId::new(Kind::of_manifest(&self.api_version, &self.kind)?, &self.namespace, &self.name))
    }
}

/// `kubectl -n shop edit services cart`. Names are quoted: those of a dump may be anything, and the line is there to be
/// copied into a shell.
pub fn kubectl(verb: &str, id: &ObjectId) -> String {
    let place = if id.namespace.is_empty() { String::new() } else { format!(" -n {}", quoted(&id.namespace)) };
    format!("kubectl{place} {verb} {} {}", id.kind.resource(), quoted(&id.name))
}

fn patch_command(id: &ObjectId, kind: &str, body: &Value) -> String {
    format!("{} --type={kind} -p {}", kubectl("patch", id), quoted(&body.to_string()))
}

/// A word as a shell takes it: quoted where it needs to be.
pub fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:@,".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_what_a_shell_takes() {
        let id = ObjectId::new(Kind::ServiceMonitor, "shop", "cart");
        let fix = Fix::label("x", &id, &[("release".to_owned(), "kube-prometheus-stack".to_owned())]);
        assert_eq!(
            fix.command,
            "kubectl -n shop label servicemonitors.monitoring.coreos.com cart release=kube-prometheus-stack --overwrite"
        );
        let fix = Fix::merge("x", &id, json!({"spec": {"a": "it's"}}));
        let hostile = ObjectId::new(Kind::Service, "shop", "a;$(id)");
        assert_eq!(kubectl("edit", &hostile), "kubectl -n shop edit services 'a;$(id)'");
        assert!(fix.command.ends_with(r#"--type=merge -p '{"spec":{"a":"it'\''s"}}'"#), "{}", fix.command);
    }
}
