//! Snapshots: what other tools dumped of a cluster, read back into a world.
//!
//! A snapshot is a file, a folder or an archive of YAML and JSON in any mix. Nothing in it is trusted: sizes are
//! bounded, links are not followed, and what cannot be read is named and costs only itself.

mod archive;
mod collect;
mod gzip;
mod input;
mod items;
mod json;
mod limits;
mod paths;
mod sight;
pub(crate) mod text;
mod time;
mod walk;

use std::io;
use std::path::Path;

use prom_doctor_checks::world::{Kind, PemReader, World};

use self::input::Input;
use self::limits::{Limits, Size};
use crate::system::unread;

/// How a snapshot is to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kinds of which the snapshot is to count as holding everything, whatever it looks like.
    pub assume_whole: Vec<Kind>,
    /// Kinds of which an absence in the snapshot is to prove nothing.
    pub assume_partial: Vec<Kind>,
    /// Reads certificates and keys in Secrets.
    pub pem: Option<PemReader>,
}

/// Why a snapshot as a whole could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system refused.
    #[error("{place}: {}", unread(source))]
    Io {
        /// What was to be read.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file given by name that is neither text nor an archive.
    #[error("{place} is neither YAML or JSON text nor a tar or gzip archive")]
    NotText {
        /// The file.
        place: String,
    },
    /// More than is read.
    #[error("{place} unpacks to more than {}, the limit for {what}", Size(*limit))]
    TooBig {
        /// The file.
        place: String,
        /// The limit in bytes.
        limit: u64,
        /// What the limit is for.
        what: &'static str,
    },
    /// Nothing that could be read as a Kubernetes object or list.
    #[error("no Kubernetes object in {place}{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Nothing {
        /// What was read.
        place: String,
        /// What was there instead, as far as it says something.
        detail: Option<String>,
    },
}

/// The name by which standard input is asked for.
const STDIN: &str = "-";

/// Reads a snapshot: a file, a folder, an archive, or `-` for standard input.
///
/// Documents that cannot be read are in [`World::malformed`]; what may be concluded from an absence is in
/// [`World::sight`].
///
/// # Errors
/// Where nothing could be read at all, or more was there than is read.
pub fn read(path: &Path, options: &Options) -> Result<World, SnapshotError> {
    read_within(path, options, Limits::default())
}

fn read_within(path: &Path, options: &Options, limits: Limits) -> Result<World, SnapshotError> {
    let given = if path.as_os_str() == STDIN { "standard input".to_owned() } else { path.display().to_string() };
    let mut input = Input::new(given, options, limits);
    if path.as_os_str() == STDIN {
        input.stream(io::stdin().lock(), None)?;
    } else if path.is_dir() {
        input.folder(path)?;
    } else {
        input.named(path)?;
    }
    input.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn within(name: &str, bytes: &[u8], limits: Limits) -> Result<World, SnapshotError> {
        let path = std::env::temp_dir().join(format!("prom-doctor-limits-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("writes");
        let result = read_within(&path, &Options::default(), limits);
        std::fs::remove_file(&path).expect("removes");
        result
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).expect("writes");
        writer.finish().expect("writes")
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_by_name() {
        let limits = Limits { file: 10_000, total: 100_000 };
        let packed = gzipped(&vec![b' '; 20_000]);
        let error = within("spaces.gz", &packed, limits).expect_err("too big").to_string();
        assert!(error.contains("spaces.gz") && error.contains("10000 bytes"), "{error}");

        // The size that gzip states is that of the last member only: the bound itself has to hold as well.
        let members = [packed, gzipped(b"kind: List\n")].concat();
        let error = within("members.gz", &members, limits).expect_err("too big").to_string();
        assert!(error.contains("members.gz") && error.contains("10000 bytes"), "{error}");
    }

    #[test]
    fn all_members_of_an_archive_together_are_bounded() {
        let mut tar = tar::Builder::new(Vec::new());
        for name in ["a.log", "b.log", "c.log"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(9_000);
            tar.append_data(&mut header, name, &vec![b' '; 9_000][..]).expect("appends");
        }
        let packed = gzipped(&tar.into_inner().expect("writes"));
        let error = within("logs.tgz", &packed, Limits { file: 10_000, total: 20_000 }).expect_err("too big").to_string();
        assert!(error.contains("logs.tgz") && error.contains("20000 bytes"), "{error}");
    }
}
