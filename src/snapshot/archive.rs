//! Tar archives, member by member.
//!
//! The `tar` crate knows the headers, but its walk ends at the first one that is wrong. Real dumps have wrong
//! ones: crust-gather states one byte too much for every file, so that a file of a multiple of 512 bytes lacks
//! the block that its header promises, and a plain walk takes the next header for data (SNAP-CG-5).

use std::io::{self, Read};

use tar::{EntryType, Header, PaxExtensions};

const BLOCK: usize = 512;
/// Names longer than this are nobody's.
const NAME_LIMIT: u64 = 64 << 10;

type Block = [u8; BLOCK];

/// Whether bytes begin with a tar header.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(is_header)
}

/// A regular file of an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name as the archive has it.
    pub(super) name: String,
    /// Its size.
    pub(super) size: u64,
    /// When it was last changed; 0 where nobody noted it.
    pub(super) changed: i64,
}

/// What comes next in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A regular file. Links, folders and devices are passed over.
    Member(Member),
    /// Blocks that are neither data nor a header were passed over: at least one file is lost.
    Damaged {
        /// The last name before it.
        after: String,
    },
    /// The end.
    End {
        /// Whether the archive says so itself, or merely stops.
        marked: bool,
    },
}

/// An archive that is being read.
pub(super) struct Tar<R> {
    input: R,
    /// A header that was found where data was promised.
    ahead: Option<Block>,
    /// Bytes of the current member that have not been read.
    left: u64,
    last: String,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, ahead: None, left: 0, last: String::new() }
    }

    /// Goes to the next regular file.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            self.skip()?;
            let block = match self.ahead.take() {
                Some(block) => block,
                None => match self.block()? {
                    Some(block) => block,
                    None => return Ok(Next::End { marked: false }),
                },
            };
            if block == [0; BLOCK] {
                return Ok(Next::End { marked: true });
            }
            if !is_header(&block) {
                return self.resynchronise();
            }
            let header = Header::from_byte_slice(&block);
            let kind = header.entry_type();
            self.left = long_size.take().map_or_else(|| header.entry_size(), Ok)?;
            match kind {
                EntryType::GNULongName => long_name = Some(self.short_data()?),
                EntryType::XHeader => {
                    let data = self.short_data()?;
                    for field in PaxExtensions::new(&data).flatten() {
                        match field.key() {
                            Ok("path") => long_name = Some(field.value_bytes().to_vec()),
                            Ok("size") => long_size = field.value().ok().and_then(|size| size.parse().ok()),
                            _ => {}
                        }
                    }
                }
                EntryType::Regular | EntryType::Continuous => {
                    let name = long_name.take().unwrap_or_else(|| header.path_bytes().into_owned());
                    let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
                    let changed = header.mtime().ok().and_then(|time| i64::try_from(time).ok()).unwrap_or(0);
                    self.last.clone_from(&name);
                    return Ok(Next::Member(Member { name, size: self.left, changed }));
                }
                // Links have no data, but some writers state the size of what they lead to.
                EntryType::Link | EntryType::Symlink | EntryType::Directory => (self.left, long_name) = (0, None),
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                _ => long_name = None,
            }
        }
    }

    /// The data of the current member. What was read before an error is in `data`.
    pub(super) fn data(&mut self, data: &mut Vec<u8>) -> io::Result<()> {
        while self.left > 0 {
            let Some(block) = self.block()? else { return Err(cut()) };
            // The last byte of crust-gather's count does not exist: what stands there is the next header.
            if self.left == 1 && is_header(&block) {
                self.ahead = Some(block);
                self.left = 0;
                return Ok(());
            }
            let count = BLOCK.min(usize::try_from(self.left).unwrap_or(BLOCK));
            data.extend_from_slice(&block[..count]);
            self.left -= count as u64;
        }
        Ok(())
    }

    /// Reads what follows the end mark: padding, and behind it the sum by which gzip tells rot.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        io::copy(&mut self.input, &mut io::sink()).map(drop)
    }

    fn skip(&mut self) -> io::Result<()> {
        while self.left > 0 {
            let Some(block) = self.block()? else { return Err(cut()) };
            if self.left == 1 && is_header(&block) {
                self.ahead = Some(block);
            }
            self.left = self.left.saturating_sub(BLOCK as u64);
        }
        Ok(())
    }

    /// The data of a member that holds a name.
    fn short_data(&mut self) -> io::Result<Vec<u8>> {
        if self.left > NAME_LIMIT {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name in the archive is too long"));
        }
        let mut data = Vec::new();
        self.data(&mut data)?;
        Ok(data)
    }

    /// Passes over blocks until one is a header.
    fn resynchronise(&mut self) -> io::Result<Next> {
        let after = self.last.clone();
        while let Some(block) = self.block()? {
            if is_header(&block) {
                self.ahead = Some(block);
                break;
            }
        }
        Ok(Next::Damaged { after })
    }

    /// One block; `None` at the end.
    fn block(&mut self) -> io::Result<Option<Block>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(cut()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(block))
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends early")
}

/// Whether a block is a header: its sum is right.
fn is_header(block: &Block) -> bool {
    let Ok(stated) = Header::from_byte_slice(block).cksum() else { return false };
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    // The field of the sum itself counts as eight spaces.
    stated == sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]) && block[0] != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, size: u64) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_path(name).expect("short");
        header.set_size(size);
        header.set_mtime(7);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    /// As crust-gather packs: one byte more is stated than is there.
    fn one_too_many(files: &[(&str, usize)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, size) in files {
            bytes.extend(header(name, *size as u64 + 1));
            bytes.extend(vec![b'x'; *size]);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        bytes.extend([0; 2 * BLOCK]);
        bytes
    }

    fn walk(bytes: &[u8]) -> Vec<String> {
        let mut tar = Tar::new(bytes);
        let mut seen = Vec::new();
        loop {
            match tar.next() {
                Ok(Next::Member(member)) => {
                    let mut data = Vec::new();
                    // Every other one is passed over, as unwanted files are.
                    if seen.len() % 2 == 0 {
                        tar.data(&mut data).expect("reads");
                    }
                    seen.push(format!("{} {}", member.name, data.len()));
                }
                Ok(Next::Damaged { after }) => seen.push(format!("damaged after {after}")),
                Ok(Next::End { marked }) => return [seen, vec![format!("end {marked}")]].concat(),
                Err(error) => return [seen, vec![error.to_string()]].concat(),
            }
        }
    }

    #[test]
    fn blocks_that_headers_promise_and_nobody_wrote_cost_nothing() {
        let bytes = one_too_many(&[("a", 512), ("b", 512), ("c", 1024), ("d", 3), ("e", 512)]);
        assert_eq!(walk(&bytes), ["a 512", "b 0", "c 1024", "d 0", "e 513", "end true"]);
    }

    #[test]
    fn a_damaged_header_costs_its_file() {
        let mut bytes = one_too_many(&[("a", 5), ("b", 5), ("c", 5)]);
        bytes[2 * BLOCK + 3] = b'!';
        assert_eq!(walk(&bytes), ["a 6", "damaged after a", "c 6", "end true"]);
    }

    #[test]
    fn an_archive_that_stops_says_so() {
        let bytes = one_too_many(&[("a", 5), ("b", 600)]);
        assert_eq!(walk(&bytes[..2 * BLOCK]), ["a 6", "end false"]);
        assert_eq!(walk(&bytes[..4 * BLOCK]), ["a 6", "b 0", "the archive ends early"]);
        assert_eq!(walk(&bytes[..3 * BLOCK - 9]), ["a 6", "the archive ends early"]);
    }

    #[test]
    fn long_names_are_read() {
        let name = format!("{}/x.yaml", "namespaces/a-rather-long-name".repeat(9));
        let mut builder = tar::Builder::new(Vec::new());
        let mut head = Header::new_gnu();
        head.set_size(2);
        builder.append_data(&mut head, &name, &b"ab"[..]).expect("appends");
        assert_eq!(walk(&builder.into_inner().expect("writes"))[0], format!("{name} 2"));
    }
}
