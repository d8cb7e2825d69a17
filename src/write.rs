//! Files are written whole or not at all: whoever reads one while it is written, or after a crash, gets the old text.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Puts a text into a file: beside it first, then in its place.
///
/// What is no file (`/dev/stdout`, a pipe) is written to, not replaced; a link leads to the file that is replaced, which
/// keeps its permissions.
///
/// # Errors
/// When the folder does not exist or nothing can be written there; then the file is as it was.
pub fn whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return fs::OpenOptions::new().write(true).open(path)?.write_all(text),
        Ok(found) => Some((fs::canonicalize(path)?, found.permissions())),
        Err(_) => None,
    };
    let target = old.as_ref().map_or(path, |(target, _)| target.as_path());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prom-doctor-");
    // As for any new file; without this only its owner could read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text)?;
    if let Some((_, permissions)) = &old {
        file.as_file().set_permissions(permissions.clone())?;
    }
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sarif");
        whole(&path, b"one").unwrap();
        whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(whole(&folder.path().join("no/a.sarif"), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_devices_and_permissions_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        whole(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        whole(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
