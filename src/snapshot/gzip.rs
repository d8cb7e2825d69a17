//! Gzip, recognised by content.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use super::archive::is_tar;
use super::limits::{Bounded, Peeked, is_over_limit};

/// Whether bytes begin like gzip data.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b, 0x08])
}

/// A reader of what was packed; files glued together are read one after the other, as gzip does.
pub(super) fn unpack<R: Read>(input: R) -> MultiGzDecoder<BufReader<R>> {
    MultiGzDecoder::new(BufReader::with_capacity(64 << 10, input))
}

/// Whether a gzip file of one text unpacks to more than a limit. It is unpacked to find out, into nothing, and
/// only if it says so itself: a bomb then costs no memory, and what broke off and ends in any four bytes is
/// not taken for one.
pub(super) fn overflows(file: &mut File, limit: u64) -> io::Result<bool> {
    if stated_size(file)?.is_none_or(|size| size <= limit) {
        return Ok(false);
    }
    let mut unpacked = Peeked::new(Bounded::new(unpack(&*file), limit), 512);
    // The members of an archive are bounded one by one.
    let over = !is_tar(unpacked.head()) && io::copy(&mut unpacked, &mut io::sink()).is_err_and(|error| is_over_limit(&error));
    file.rewind()?;
    Ok(over)
}

/// What a gzip file says about its unpacked size, modulo 4 GiB.
fn stated_size(file: &mut File) -> io::Result<Option<u64>> {
    let mut head = [0; 3];
    let mut size = [0; 4];
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    if length < 18 {
        return Ok(None);
    }
    file.read_exact(&mut head)?;
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut size)?;
    file.rewind()?;
    Ok(is_gzip(&head).then(|| u32::from_le_bytes(size).into()))
}

/// What an error while unpacking means.
pub(super) fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the gzip data ends early".to_owned(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => "the gzip data is damaged".to_owned(),
        _ => crate::system::unread(error),
    }
}
