//! Files, folders, archives and standard input to the texts in them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::archive::{Member, Next, Tar, is_tar};
use super::collect::{Collector, Source};
use super::limits::{Bounded, Limits, Peeked, is_over_limit, read_all};
use super::paths::{Wanted, wanted};
use super::{Options, SnapshotError, gzip, paths, sight, text, time, walk};
use crate::system::unread;
use prom_doctor_checks::world::World;

/// As much as tells gzip, tar and manifests from other things.
const HEAD: u64 = 4 << 10;
/// Files of unknown purpose are not looked at beyond this size.
const UNKNOWN: u64 = 64 << 20;
const EACH: &str = "one file";
const ALL: &str = "everything together";

/// A snapshot that is being read.
pub(super) struct Input<'o> {
    /// The path as the user gave it.
    given: String,
    options: &'o Options,
    limits: Limits,
    collector: Collector,
    /// Bytes of text so far.
    spent: u64,
    /// When the newest of the files read was changed.
    newest: Option<i64>,
    /// What the dump says of its own time.
    recorded: Option<i64>,
    /// An archive that was passed over because it lies inside something else.
    unopened: Option<String>,
}

impl<'o> Input<'o> {
    pub(super) fn new(given: String, options: &'o Options, limits: Limits) -> Self {
        let collector = Collector { pem: options.pem, ..Collector::default() };
        Self { given, options, limits, collector, spent: 0, newest: None, recorded: None, unopened: None }
    }

    /// Reads all files of a folder.
    pub(super) fn folder(&mut self, root: &Path) -> Result<(), SnapshotError> {
        for found in walk::files(root) {
            match found {
                Ok(found) => {
                    let place = self.place(&found.inner);
                    self.collector.evidence.layouts.extend(paths::layout(&found.inner));
                    let wanted = wanted(&found.inner);
                    if wanted == Wanted::Archive {
                        self.unopened = Some(place);
                    } else if wanted != Wanted::No {
                        self.found(&found, &place, wanted)?;
                    }
                }
                Err((inner, error)) => {
                    let place = self.place(&inner);
                    self.unreadable(&place, &inner, &unread(&error));
                }
            }
        }
        Ok(())
    }

    fn found(&mut self, found: &walk::Found, place: &str, wanted: Wanted) -> Result<(), SnapshotError> {
        let mut file = match File::open(&found.path) {
            Ok(file) => file,
            Err(error) => {
                self.unreadable(place, &found.inner, &unread(&error));
                return Ok(());
            }
        };
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        if wanted == Wanted::Maybe && size > UNKNOWN {
            return Ok(());
        }
        self.within(place, size, self.limits.file, EACH)?;
        if gzip::overflows(&mut file, self.limits.file).unwrap_or(false) {
            return Err(self.too_big(place, self.limits.file, EACH));
        }
        let changed = changed(&file);
        self.inner_file(&found.inner, place, file, wanted, changed)
    }

    /// Reads a file that was given by name.
    pub(super) fn named(&mut self, path: &Path) -> Result<(), SnapshotError> {
        let io = |source| SnapshotError::Io { place: path.display().to_string(), source };
        let mut file = File::open(path).map_err(io)?;
        // A pipe cannot be read twice, and has no time of its own.
        let regular = file.metadata().map_err(io)?.is_file();
        if regular && gzip::overflows(&mut file, self.limits.file).map_err(io)? {
            return Err(self.too_big(&self.given, self.limits.file, EACH));
        }
        let changed = changed(&file).filter(|_| regular);
        self.stream(file, changed)
    }

    /// Reads what a named file or standard input gives: an archive, or one text.
    pub(super) fn stream(&mut self, input: impl Read, changed: Option<i64>) -> Result<(), SnapshotError> {
        let input = Peeked::new(BufReader::new(input), HEAD);
        if !gzip::is_gzip(input.head()) {
            return if is_tar(input.head()) { self.archive(input, changed, false) } else { self.single(input, changed, false) };
        }
        let unpacked = Peeked::new(Bounded::new(gzip::unpack(input), self.limits.total), HEAD);
        if is_tar(unpacked.head()) {
            return self.archive(unpacked, changed, true);
        }
        self.single(unpacked, changed, true)
    }

    /// Reads one text.
    fn single(&mut self, input: impl Read, changed: Option<i64>, gzipped: bool) -> Result<(), SnapshotError> {
        let place = self.given.clone();
        let (bytes, error) = read_all(input, self.limits.file);
        let error = match error {
            Some(error) if is_over_limit(&error) => return Err(self.too_big(&place, self.limits.file, EACH)),
            Some(source) if !gzipped => return Err(SnapshotError::Io { place, source }),
            error => error,
        };
        let source = Source { place: &place, inner: "" };
        if let Some(error) = &error {
            self.tear(&source, gzip::explain(error));
        }
        let Ok(text) = whole_text(bytes, error.is_some()) else {
            return Err(SnapshotError::NotText { place });
        };
        self.text(&source, &text, error.is_some(), changed);
        Ok(())
    }

    /// Reads the members of an archive.
    fn archive(&mut self, input: impl Read, changed: Option<i64>, gzipped: bool) -> Result<(), SnapshotError> {
        let mut tar = Tar::new(input);
        let given = self.given.clone();
        let whole = Source { place: &given, inner: "" };
        loop {
            let step = match tar.next() {
                Ok(Next::Member(member)) => self.member(&mut tar, &member, changed)?,
                Ok(Next::Damaged { after }) => {
                    let where_ = if after.is_empty() { "at its beginning".to_owned() } else { format!("after {after}") };
                    self.tear(&whole, format!("the archive is damaged {where_}: at least one file is lost"));
                    Ok(())
                }
                Ok(Next::End { marked }) => {
                    if !marked {
                        self.tear(&whole, "the archive has no end mark: it may have been cut off".to_owned());
                    }
                    match tar.drain() {
                        Ok(()) => return Ok(()),
                        error => error,
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = step {
                if is_over_limit(&error) {
                    return Err(self.too_big(&given, self.limits.total, ALL));
                }
                // An archive that ends early says so itself.
                let own = error.kind() == io::ErrorKind::UnexpectedEof && !gzipped;
                self.tear(&whole, if own { error.to_string() } else { gzip::explain(&error) });
                return Ok(());
            }
        }
    }

    fn member<R: Read>(
        &mut self,
        tar: &mut Tar<R>,
        member: &Member,
        archived: Option<i64>,
    ) -> Result<Result<(), io::Error>, SnapshotError> {
        let Some(inner) = inner_path(&member.name) else {
            let given = self.given.clone();
            let message = format!("{} leads out of the archive and is passed over", member.name);
            self.collector.complain(&Source { place: &given, inner: "" }, message, None);
            return Ok(Ok(()));
        };
        let place = self.place(&inner);
        self.collector.evidence.layouts.extend(paths::layout(&inner));
        self.within(&place, member.size, self.limits.total, ALL)?;
        let wanted = wanted(&inner);
        if matches!(wanted, Wanted::No | Wanted::Archive) || wanted == Wanted::Maybe && member.size > UNKNOWN {
            if wanted == Wanted::Archive {
                self.unopened = Some(place);
            }
            return Ok(Ok(()));
        }
        self.within(&place, member.size, self.limits.file, EACH)?;
        let mut data = Vec::new();
        if let Err(error) = tar.data(&mut data) {
            return Ok(Err(error));
        }
        // Reproducible archives carry no times.
        let changed = Some(member.changed).filter(|&time| time > 0).or(archived);
        self.inner_file(&inner, &place, data.as_slice(), wanted, changed).map(Ok)
    }

    /// Reads a file of a folder or archive, unpacked if it is gzipped.
    fn inner_file(
        &mut self,
        inner: &str,
        place: &str,
        input: impl Read,
        wanted: Wanted,
        changed: Option<i64>,
    ) -> Result<(), SnapshotError> {
        let source = Source { place, inner };
        let input = Peeked::new(input, HEAD);
        if gzip::is_gzip(input.head()) {
            self.inner_text(&source, Peeked::new(gzip::unpack(input), HEAD), wanted, changed)
        } else {
            self.inner_text(&source, input, wanted, changed)
        }
    }

    fn inner_text<R: Read>(
        &mut self,
        source: &Source<'_>,
        input: Peeked<R>,
        wanted: Wanted,
        changed: Option<i64>,
    ) -> Result<(), SnapshotError> {
        if is_tar(input.head()) {
            self.unopened = Some(source.place.to_owned());
            return Ok(());
        }
        if wanted == Wanted::Maybe && !whole_text(input.head().to_vec(), true).is_ok_and(|head| text::looks_like_manifest(&head))
        {
            return Ok(());
        }
        let (bytes, error) = read_all(input, self.limits.file);
        if error.as_ref().is_some_and(is_over_limit) {
            return Err(self.too_big(source.place, self.limits.file, EACH));
        }
        if let Some(error) = &error {
            self.tear(source, gzip::explain(error));
        }
        self.spent += bytes.len() as u64;
        self.within(&self.given, self.spent, self.limits.total, ALL)?;
        match whole_text(bytes, error.is_some()) {
            Ok(text) if wanted == Wanted::Record => self.recorded = self.recorded.into_iter().chain(time::recorded(&text)).min(),
            Ok(text) => self.text(source, &text, error.is_some(), changed),
            Err(bytes) if wanted == Wanted::Yes => {
                let message = "neither UTF-8 nor UTF-16 text".to_owned();
                self.collector.broken(source, &String::from_utf8_lossy(&bytes), message, None);
            }
            Err(_) => {}
        }
        Ok(())
    }

    fn text(&mut self, source: &Source<'_>, text: &str, cut: bool, changed: Option<i64>) {
        let before = self.collector.manifests;
        self.collector.file(source, text, cut);
        if self.collector.manifests > before {
            self.newest = self.newest.max(changed);
        }
    }

    /// The world, with what may be concluded from it.
    pub(super) fn finish(self) -> Result<World, SnapshotError> {
        let Self { given, options, collector, newest, recorded, unopened, .. } = self;
        let Collector { mut world, evidence, manifests, .. } = collector;
        if manifests == 0 {
            let broken = world.malformed.first().map(|first| {
                let inside = first.place.strip_prefix(&given).unwrap_or(&first.place).trim_start_matches('/');
                let at = first.position.map(|(line, column)| format!("line {line}, column {column}")).unwrap_or_default();
                [inside, &at, &first.message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
            });
            let detail = broken.or_else(|| unopened.map(|place| format!("to read the archive {place}, name it itself")));
            return Err(SnapshotError::Nothing { place: given, detail });
        }
        world.observed_at = recorded.or(newest);
        world.sight = sight::conclude(&world, &evidence, options);
        Ok(world)
    }

    /// Notes that a file could not be read, and with it what should have been in it.
    fn unreadable(&mut self, place: &str, inner: &str, why: &str) {
        let source = Source { place, inner };
        match source.listing() {
            Some(listing) => self.collector.evidence.lost(listing.kind, listing.namespace, &format!("{place}: {why}")),
            None => self.collector.evidence.tear(&format!("{place}: {why}")),
        }
        self.collector.complain(&source, why.to_owned(), None);
    }

    /// Notes that the input ends before its end.
    fn tear(&mut self, source: &Source<'_>, why: String) {
        self.collector.evidence.tear(&format!("{}: {why}", source.place));
        self.collector.complain(source, why, None);
    }

    fn place(&self, inner: &str) -> String {
        if inner.is_empty() { self.given.clone() } else { format!("{}/{inner}", self.given.trim_end_matches('/')) }
    }

    fn within(&self, place: &str, size: u64, limit: u64, what: &'static str) -> Result<(), SnapshotError> {
        if size > limit { Err(self.too_big(place, limit, what)) } else { Ok(()) }
    }

    fn too_big(&self, place: &str, limit: u64, what: &'static str) -> SnapshotError {
        SnapshotError::TooBig { place: place.to_owned(), limit, what }
    }
}

/// The text of bytes; if they were cut off, the last character may be half.
fn whole_text(mut bytes: Vec<u8>, cut: bool) -> Result<String, Vec<u8>> {
    if cut
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    text::decode(bytes)
}

/// When a file was last changed, in seconds since 1970.
fn changed(file: &File) -> Option<i64> {
    let changed = file.metadata().ok()?.modified().ok()?;
    i64::try_from(changed.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// The path of a member inside its archive; `None` for one that leads out of it.
fn inner_path(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}
