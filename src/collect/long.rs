//! An answer that is read while it comes, as it may be too long to be held.

use std::io::{self, BufReader, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::sync::mpsc;

use super::problem::{Problem, tame};

/// What has come and was not read yet; more is waited for.
struct Coming {
    now: Bytes,
    rest: mpsc::Receiver<io::Result<Bytes>>,
}

impl Read for Coming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            match self.rest.blocking_recv() {
                Some(more) => self.now = more?,
                None => return Ok(0),
            }
        }
        let length = self.now.len().min(buffer.len());
        self.now.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// Reads an answer on a thread of its own while it comes. `silence` is how long nothing may come.
///
/// # Errors
/// Where it does not come, or is no JSON object. What it says instead of what it should is up to `read`.
pub(super) async fn read<T: Send + 'static>(
    mut body: Body,
    silence: Duration,
    read: impl FnOnce(&mut dyn Read) -> T + Send + 'static,
) -> Result<T, Problem> {
    let (send, rest) = mpsc::channel(32);
    let mut rest = Some(rest);
    let mut reading = None;
    let mut read = Some(read);
    let mut broken = None;
    loop {
        let frame = match tokio::time::timeout(silence, body.frame()).await {
            Err(_) => Err(Problem::Timeout(silence)),
            Ok(None) => break,
            Ok(Some(Err(error))) => Err(Problem::Broken(tame(&error.to_string()))),
            Ok(Some(Ok(frame))) => Ok(frame),
        };
        let Some(data) = frame.as_ref().ok().and_then(|frame| frame.data_ref().cloned()) else {
            match frame {
                Ok(_) => continue,
                Err(problem) => {
                    broken = Some(problem);
                    // The reader is told, or it would take what it has for the whole.
                    let _ = send.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
                    break;
                }
            }
        };
        if reading.is_none() && data.trim_ascii_start().is_empty() {
            continue;
        }
        if let (Some(rest), Some(read)) = (rest.take(), read.take()) {
            if !data.trim_ascii_start().starts_with(b"{") {
                return Err(Problem::Page(tame(&String::from_utf8_lossy(&data[..data.len().min(40)]))));
            }
            let mut coming = BufReader::with_capacity(64 * 1024, Coming { now: data, rest });
            reading = Some(tokio::task::spawn_blocking(move || read(&mut coming)));
        } else if send.send(Ok(data)).await.is_err() {
            // It has read enough to know that this is not what it should be.
            break;
        }
    }
    drop(send);
    match (reading, broken) {
        (_, Some(problem)) => Err(problem),
        (Some(reading), None) => reading.await.map_err(|error| Problem::Unreadable(error.to_string())),
        (None, None) => Err(Problem::Page(String::new())),
    }
}
