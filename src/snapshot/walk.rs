//! The files of a folder.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A file of a folder.
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path inside the folder, with `/` between the parts.
    pub(super) inner: String,
}

/// All regular files of a folder in order of their names. Links are not followed, neither out of the folder
/// nor inside it: dumps link files that are there anyway, and a link may lead anywhere or in circles.
///
/// A folder that cannot be listed is an error with its path inside the folder.
pub(super) fn files(root: &Path) -> impl Iterator<Item = Result<Found, (String, io::Error)>> {
    let walk = WalkDir::new(root).follow_links(false).sort_by_file_name();
    let root = root.to_owned();
    walk.into_iter().filter_map(move |entry| match entry {
        Ok(entry) if entry.file_type().is_file() => {
            let inner = inner(&root, entry.path());
            Some(Ok(Found { path: entry.into_path(), inner }))
        }
        Ok(_) => None,
        Err(error) => {
            let place = error.path().map(|path| inner(&root, path)).unwrap_or_default();
            Some(Err((place, error.into())))
        }
    })
}

fn inner(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
