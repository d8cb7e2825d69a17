//! Paths, folders, patterns and standard input to the texts that are linted.

mod beside;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

pub use self::beside::kustomizations;
use crate::snapshot::text;
use crate::system::unread;

/// How standard input is called where a file would be named. No file is: one of that name is `./standard input`.
pub const STREAM: &str = "standard input";

/// The name by which standard input is asked for.
const STDIN: &str = "-";

/// More than any manifest: a device, or the wrong file.
const LARGEST: u64 = 512 << 20;

/// What was read.
#[derive(Debug, Default)]
pub struct Texts {
    /// Each file by its name.
    pub files: Vec<(String, String)>,
    /// What could not be read, and why.
    pub failed: Vec<Failed>,
}

/// Something that could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Failed {
    /// What was asked for.
    pub place: String,
    /// What is wrong.
    pub why: String,
    /// What would help.
    pub help: Option<String>,
}

/// Reads what the user names: files, folders (`recursive`: with all that are in them), patterns, `-`.
pub fn read(paths: &[String], recursive: bool) -> Texts {
    let mut reader = Reader { recursive, texts: Texts::default(), seen: BTreeSet::new() };
    for path in paths {
        if let Err((why, help)) = reader.named(path) {
            reader.fail(path, why, help);
        }
    }
    reader.texts
}

/// Why nothing came of a path, and what would help.
type Trouble = (String, Option<String>);

struct Reader {
    recursive: bool,
    texts: Texts,
    /// What was read already: a file may be named twice, and lie in a folder that is named too.
    seen: BTreeSet<PathBuf>,
}

impl Reader {
    fn fail(&mut self, place: &str, why: String, help: Option<String>) {
        self.texts.failed.push(Failed { place: place.to_owned(), why, help });
    }

    fn named(&mut self, given: &str) -> Result<(), Trouble> {
        let path = Path::new(given);
        if given == STDIN {
            if self.seen.insert(PathBuf::from(STDIN)) {
                let text = bytes(io::stdin().lock()).and_then(decoded).map_err(|why| (why, None))?;
                self.texts.files.push((STREAM.to_owned(), text));
            }
        } else if given.starts_with("http://") || given.starts_with("https://") {
            return Err(("addresses are not fetched".to_owned(), Some(format!("curl -L {given} | prom-doctor lint -f -"))));
        } else if path.is_dir() {
            return self.folder(path);
        } else if path.exists() {
            self.file(path);
        } else if given.contains(['*', '?', '[', '{']) {
            return self.pattern(given);
        } else {
            return Err(("no such file or folder".to_owned(), None));
        }
        Ok(())
    }

    /// The manifests of a folder, in order of their names.
    fn folder(&mut self, path: &Path) -> Result<(), Trouble> {
        let mut found = 0;
        let mut deeper = false;
        let depth = if self.recursive { usize::MAX } else { 1 };
        for entry in self.walk(path, depth, false) {
            // A mounted ConfigMap is a folder of links.
            if is_manifest(entry.path()) && entry.path().is_file() {
                found += 1;
                self.file(entry.path());
            }
            deeper |= entry.depth() > 0 && entry.file_type().is_dir();
        }
        let help = (deeper && !self.recursive).then(|| "-R looks into the folders in it, too".to_owned());
        if found == 0 { Err(("no .yaml, .yml or .json file is in this folder".to_owned(), help)) } else { Ok(()) }
    }

    /// All files that a pattern matches; `**` goes through folders. What is hidden is hidden from it, as in a folder, unless
    /// it names something hidden itself.
    fn pattern(&mut self, given: &str) -> Result<(), Trouble> {
        let glob = GlobBuilder::new(given).literal_separator(true).build();
        let matcher = glob.map_err(|error| (format!("this is no pattern: {}", error.kind()), None))?.compile_matcher();
        let parts = || Path::new(given).components().filter(|part| !matches!(part, Component::CurDir | Component::ParentDir));
        let magic = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        // What stands before the first mark of the pattern is named, hidden or not.
        let hidden = parts().skip_while(|part| !magic(part)).any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
        let base: PathBuf = Path::new(given).components().take_while(|part| !magic(part)).collect();
        let (root, strip) = if base.as_os_str().is_empty() { (PathBuf::from("."), true) } else { (base, false) };
        let depth = if given.contains("**") { usize::MAX } else { Path::new(given).components().count() };
        let failed = self.texts.failed.len();
        let mut found = 0;
        for entry in self.walk(&root, depth, hidden) {
            let path = if strip { entry.path().strip_prefix(".").unwrap_or(entry.path()) } else { entry.path() };
            if matcher.is_match(path) && path.is_file() {
                found += 1;
                self.file(path);
            }
        }
        let nothing = found == 0 && self.texts.failed.len() == failed;
        if nothing { Err(("no file matches this pattern".to_owned(), None)) } else { Ok(()) }
    }

    /// What is in a folder, in order of the names; what cannot be listed is told.
    fn walk(&mut self, root: &Path, depth: usize, hidden: bool) -> Vec<walkdir::DirEntry> {
        let shown = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        let mut found = Vec::new();
        let walk = WalkDir::new(root).max_depth(depth).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| hidden || shown(entry)) {
            match entry {
                Ok(entry) => found.push(entry),
                Err(error) => {
                    let place = error.path().unwrap_or(root).display().to_string();
                    let why = error.into_io_error().map_or_else(|| "it cannot be listed".to_owned(), |error| unread(&error));
                    self.fail(&place, why, None);
                }
            }
        }
        found
    }

    fn file(&mut self, path: &Path) {
        if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        // `./a.yaml` and `a.yaml` are one file, which has one name.
        let shown = path.strip_prefix(".").unwrap_or(path).display().to_string();
        // Its name alone would be taken for the pipe.
        let place = if shown == STREAM { format!("./{shown}") } else { shown };
        match File::open(path).map_err(|error| unread(&error)).and_then(bytes).and_then(decoded) {
            Ok(text) => self.texts.files.push((place, text)),
            Err(why) => self.fail(&place, why, None),
        }
    }
}

fn is_manifest(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending.as_str()))
}

fn bytes(input: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unread(&error))?;
    if bytes.len() as u64 > LARGEST { Err(format!("larger than {} MiB", LARGEST >> 20)) } else { Ok(bytes) }
}

/// UTF-8 as it is, its mark and all, for places count from there; UTF-16 where it is marked as such.
fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => text::decode(error.into_bytes()).map_err(|_| "neither UTF-8 nor UTF-16 text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &Texts, root: &Path) -> Vec<String> {
        let root = format!("{}/", root.display());
        texts.files.iter().map(|(name, _)| name.replace(&root, "")).collect()
    }

    #[test]
    fn folders_patterns_and_files_are_each_read_once() {
        let root = tempfile::tempdir().unwrap();
        for file in ["b.yaml", "a.yml", "note.txt", "c/d.json", "c/e/f.yaml", ".git/g.yaml"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a: 1\n").unwrap();
        }
        let path = |inner: &str| root.path().join(inner).display().to_string();
        let flat = read(&[path("")], false);
        assert_eq!(names(&flat, root.path()), ["a.yml", "b.yaml"]);
        let all = read(&[path("b.yaml"), path("")], true);
        assert_eq!(names(&all, root.path()), ["b.yaml", "a.yml", "c/d.json", "c/e/f.yaml"]);
        assert_eq!(names(&read(&[path("*/*.json")], false), root.path()), ["c/d.json"]);
        assert_eq!(names(&read(&[path("**/*.yaml")], false), root.path()), ["b.yaml", "c/e/f.yaml"]);
        assert_eq!(names(&read(&[path(".git/*.yaml")], false), root.path()), [".git/g.yaml"]);
        assert_eq!(names(&read(&[path("note.txt")], false), root.path()), ["note.txt"]);
        let none = read(&[path("x.yaml"), path("*.x"), "https://x/y".to_owned()], false);
        assert!(none.files.is_empty() && none.failed.len() == 3, "{none:?}");
    }

    #[test]
    fn a_pattern_tells_of_what_it_could_not_look_into() {
        let root = tempfile::tempdir().unwrap();
        let missing = root.path().join("missing").display().to_string();
        let texts = read(&[format!("{missing}/*.yaml")], false);
        let why = "no such file or folder".to_owned();
        assert_eq!(texts.failed, [Failed { place: missing, why, help: None }]);
    }

    #[test]
    fn a_folder_without_manifests_says_where_they_may_be() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("deep")).unwrap();
        let texts = read(&[root.path().display().to_string()], false);
        assert!(texts.failed[0].help.as_deref().unwrap().contains("-R"), "{texts:?}");
    }
}
