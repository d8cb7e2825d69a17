//! The only place that writes to the terminal.
//!
//! A reader that has seen enough (`| head`) closes the pipe. That is no error of ours: what comes after is
//! dropped, and the exit code stays what the diagnosis says.

use std::io::{self, Write};

/// Standard output, or a buffer in tests.
pub struct Out {
    sink: Option<Box<dyn Write>>,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("open", &self.sink.is_some()).finish()
    }
}

impl Out {
    /// Writes to standard output.
    pub fn stdout() -> Self {
        Self::to(Box::new(io::BufWriter::new(io::stdout())))
    }

    /// Writes to standard error.
    pub fn stderr() -> Self {
        Self::to(Box::new(io::stderr()))
    }

    /// Writes to anything.
    pub fn to(sink: Box<dyn Write>) -> Self {
        Self { sink: Some(sink) }
    }

    /// Writes a text and flushes it.
    ///
    /// # Errors
    /// When the text cannot be written, a closed pipe excepted.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        match sink.write_all(text.as_bytes()).and_then(|()| sink.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.sink = None;
                Ok(())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let mut out = Out::to(Box::new(Closed));
        assert!(out.write("a").is_ok());
        assert!(out.write("b").is_ok());
    }
}
