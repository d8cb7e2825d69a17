//! How much is read at most: a snapshot may come from anybody.

use std::fmt;
use std::io::{self, Read};

/// Bytes that are read at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Of one file, unpacked. It is held in memory.
    pub(super) file: u64,
    /// Of everything together, unpacked.
    pub(super) total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 512 << 20, total: 4 << 30 }
    }
}

/// A size for people.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            size if size >= 1 << 30 && size % (1 << 30) == 0 => write!(f, "{} GiB", size >> 30),
            size if size >= 1 << 20 && size % (1 << 20) == 0 => write!(f, "{} MiB", size >> 20),
            size => write!(f, "{size} bytes"),
        }
    }
}

/// The error of a [`Bounded`] reader.
#[derive(Debug, thiserror::Error)]
#[error("there is more than {} of it", Size(*.0))]
struct OverLimit(u64);

/// Whether an error came from a [`Bounded`] reader.
pub(super) fn is_over_limit(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<OverLimit>())
}

/// A reader that fails instead of giving more than a limit.
pub(super) struct Bounded<R> {
    input: R,
    limit: u64,
    given: u64,
}

impl<R> Bounded<R> {
    pub(super) fn new(input: R, limit: u64) -> Self {
        Self { input, limit, given: 0 }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.given += count as u64;
        if self.given > self.limit { Err(io::Error::other(OverLimit(self.limit))) } else { Ok(count) }
    }
}

/// Reads what can be read, and says what stopped it before the end.
pub(super) fn read_all(input: impl Read, limit: u64) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::new();
    // `read_to_end` keeps what it read before an error.
    let error = Bounded::new(input, limit).read_to_end(&mut bytes).err();
    (bytes, error)
}

/// A reader whose first bytes have been looked at.
pub(super) struct Peeked<R> {
    head: io::Cursor<Vec<u8>>,
    error: Option<io::Error>,
    rest: R,
}

impl<R: Read> Peeked<R> {
    /// Looks at the first `count` bytes, or at as many as there are.
    pub(super) fn new(mut rest: R, count: u64) -> Self {
        let mut head = Vec::new();
        let error = rest.by_ref().take(count).read_to_end(&mut head).err();
        Self { head: io::Cursor::new(head), error, rest }
    }

    /// The first bytes.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get_ref()
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 if !buffer.is_empty() => match self.error.take() {
                Some(error) => Err(error),
                None => self.rest.read(buffer),
            },
            count => Ok(count),
        }
    }
}
