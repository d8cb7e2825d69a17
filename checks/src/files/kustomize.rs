//! Files that kustomize puts together. A patch is a part of an object: what it does not say is said elsewhere.

use std::collections::BTreeSet;

use crate::yaml::{self, Kind, Node};

/// How a kustomization is called; no other name is looked for.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Directives of patches that are no fields.
const DIRECTIVE: &str = "$patch";

/// Whether a file is a kustomization, by its name.
pub(super) fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATIONS.contains(&name.rsplit(['/', '\\']).next().unwrap_or(name))
}

/// The files that kustomizations name as patches, each as [`normal`] writes it; `here` is where relative paths begin.
pub(super) fn patches<'t>(files: impl Iterator<Item = &'t (String, String)>, here: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, text) in files.filter(|(name, _)| is_kustomization(name)) {
        let folder = name.rfind(['/', '\\']).map_or(".", |end| &name[..end + 1]);
        for document in yaml::documents(text).filter_map(Result::ok) {
            let items = |list: &str| document.root().get(list).map(|list| list.items().collect::<Vec<_>>()).unwrap_or_default();
            for list in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
                found.extend(items(list).into_iter().filter_map(path).map(|path| normal(here, &format!("{folder}/{path}"))));
            }
        }
    }
    found
}

/// The file that an entry of a list of patches names; a patch may stand in its place.
fn path(entry: Node<'_>) -> Option<&str> {
    let named = entry.get("path").unwrap_or(entry);
    let path = named.scalar()?.text;
    (!path.contains('\n') && !path.contains(": ")).then_some(path)
}

/// A path from the root, or from a folder, without `.`, and without `..` as far as it says of what.
pub(super) fn normal(here: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let is_whole = path.starts_with('/') || path.get(1..3).is_some_and(|drive| drive == ":\\");
    let from = if is_whole { "" } else { here };
    for part in from.split(['/', '\\']).chain(path.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a text may hold a patch that says so itself.
pub(super) fn may_hold_patch(text: &str) -> bool {
    text.contains(DIRECTIVE)
}

/// Whether a document says itself that it is a patch, at whatever depth that kustomize looks.
pub(super) fn is_patch(node: Node<'_>) -> bool {
    if node.is_alias() {
        return false;
    }
    match node.kind() {
        Kind::Mapping => node.entries().any(|entry| {
            let is_directive = entry.key.scalar().is_some_and(|key| key.text == DIRECTIVE);
            is_directive || is_patch(entry.value)
        }),
        Kind::Sequence => node.items().any(is_patch),
        Kind::Scalar => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_found_beside_their_kustomization() {
        let files = [
            (
                "a/prod/kustomization.yaml".to_owned(),
                "patches: [{path: ./p.yaml}, {patch: 'a: 1'}]\npatchesJson6902: [{path: ../ops.yaml}]\n".to_owned(),
            ),
            ("kustomization.yml".to_owned(), "patchesStrategicMerge:\n- sm.yaml\n- |\n  a: 1\n  b: 2\n".to_owned()),
            ("other.yaml".to_owned(), "patches: [{path: x.yaml}]\n".to_owned()),
        ];
        let found = patches(files.iter(), "");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a/ops.yaml", "a/prod/p.yaml", "sm.yaml"]);
    }

    #[test]
    fn paths_are_compared_by_what_they_mean() {
        let cases =
            [("./a//b.yaml", "a/b.yaml"), ("a/../b", "b"), ("../a", "../a"), ("../../x/../a", "../../a"), ("/a/b", "a/b")];
        cases.iter().for_each(|(path, same)| assert_eq!(normal("", path), *same));
        assert_eq!((normal("/x/y", "../a"), normal("/x/y", "/a")), ("x/a".to_owned(), "a".to_owned()));
    }

    #[test]
    fn only_a_key_makes_a_patch() {
        let patch = |text: &str| is_patch(yaml::documents(text).next().unwrap().unwrap().root());
        assert!(patch("a: {b: [{$patch: delete}]}"));
        assert!(!patch("a: $patch\nb: '{{ $patch }}'"));
    }
}
