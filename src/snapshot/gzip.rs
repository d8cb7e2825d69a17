//! Gzip, recognised by content.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

/// Whether bytes begin like gzip data.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b, 0x08])
}

/// A reader of what was packed; files glued together are read one after the other, as gzip does.
pub(super) fn unpack<R: Read>(input: R) -> MultiGzDecoder<BufReader<R>> {
    MultiGzDecoder::new(BufReader::with_capacity(64 << 10, input))
}

/// What a gzip file says about its unpacked size (modulo 4 GiB, so the truth is never less). A bomb gives
/// itself away by it before anything is unpacked.
pub(super) fn stated_size(file: &mut File) -> io::Result<Option<u64>> {
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
        _ => super::plain(error),
    }
}
