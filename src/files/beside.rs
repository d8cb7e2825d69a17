//! Kustomizations beside the files that are linted, and in the folders above: they tell which of the files are patches,
//! also where nobody named them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prom_doctor_checks::files::KUSTOMIZATIONS;

use super::STREAM;

/// So far above a patch its kustomization may stand.
const LEVELS: usize = 3;

/// More than any kustomization.
const LARGEST: u64 = 1 << 20;

/// The texts of kustomizations near some files, but for those that are among them.
pub fn kustomizations(files: &[(String, String)]) -> Vec<(String, String)> {
    let known: BTreeSet<PathBuf> = files.iter().filter_map(|(name, _)| std::path::absolute(name).ok()).collect();
    // Above the folder where the program runs there are more.
    let around = |name: &str| {
        let path = std::path::absolute(name).unwrap_or_else(|_| name.into());
        path.ancestors().skip(1).take(LEVELS).map(Path::to_owned).collect::<Vec<_>>()
    };
    let folders: BTreeSet<PathBuf> = files.iter().filter(|(name, _)| name != STREAM).flat_map(|(name, _)| around(name)).collect();
    let paths = folders.iter().flat_map(|folder| KUSTOMIZATIONS.map(|name| folder.join(name)));
    let read = |path: PathBuf| {
        let name = path.display().to_string();
        let is_new = !known.contains(&path) && fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() < LARGEST);
        // What cannot be read names no patches, and nobody asked for it.
        if is_new { fs::read_to_string(&path).ok().map(|text| (name, text)) } else { None }
    };
    paths.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_looked_for_beside_and_above() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join("a/kustomization.yaml"), "a: 1\n").unwrap();
        fs::write(deep.join("kustomization.yml"), "b: 1\n").unwrap();
        let name = |path: &str| root.path().join(path).display().to_string();
        let files = [(name("a/b/p.yaml"), String::new()), (name("a/b/kustomization.yml"), String::new())];
        assert_eq!(kustomizations(&files), [(name("a/kustomization.yaml"), "a: 1\n".to_owned())]);
        assert!(kustomizations(&[(STREAM.to_owned(), String::new())]).is_empty());
    }
}
