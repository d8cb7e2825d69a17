//! One line on standard error that says what is going on: only for a terminal, and only when it takes long.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Quick answers need no progress.
const PATIENCE: Duration = Duration::from_millis(500);
/// A terminal need not be written to more often.
const PACE: Duration = Duration::from_millis(80);

pub(super) struct Progress {
    on: bool,
    start: Instant,
    /// When the line was last written; `None` while there is none.
    written: Mutex<Option<Instant>>,
}

impl Progress {
    pub(super) fn new(wanted: bool) -> Self {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let on = wanted && !dumb && std::io::stderr().is_terminal();
        Self { on, start: Instant::now(), written: Mutex::new(None) }
    }

    /// Shows what is being done. A terminal that cannot be written to is no reason to stop.
    pub(super) fn say(&self, text: &str) {
        if !self.on || self.start.elapsed() < PATIENCE {
            return;
        }
        if self.written.lock().is_ok_and(|written| written.is_some_and(|last| last.elapsed() < PACE)) {
            return;
        }
        self.draw(text);
    }

    /// Whether anything is ever shown.
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Shows a line at once, in place of the one before.
    pub(super) fn draw(&self, text: &str) {
        let Ok(mut written) = self.written.lock() else { return };
        // The line must not wrap, or it could not be taken back.
        let room = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        let text: String = crate::render::text::clean(text).chars().take(room.saturating_sub(1)).collect();
        let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        *written = Some(Instant::now());
    }

    /// Takes the line away, so that something else can be written.
    pub(super) fn clear(&self) {
        if let Ok(mut written) = self.written.lock()
            && written.take().is_some()
        {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
