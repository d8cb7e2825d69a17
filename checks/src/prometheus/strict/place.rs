//! Where something stands, written out only where it is needed.

use crate::path::key_text;

/// A place in a configuration, or in a job of it.
pub(super) struct Place<'p> {
    above: Option<&'p Self>,
    step: Step<'p>,
}

enum Step<'p> {
    Root,
    Key(&'p str),
    Item(usize),
}

impl<'p> Place<'p> {
    /// The beginning: of the file, or of a job.
    pub(super) fn root() -> Self {
        Self { above: None, step: Step::Root }
    }

    /// A key of what stands here.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Self { above: Some(self), step: Step::Key(key) }
    }

    /// An item of what stands here.
    pub(super) fn item(&'p self, index: usize) -> Self {
        Self { above: Some(self), step: Step::Item(index) }
    }

    /// The path: `static_configs[0].targets`.
    pub(super) fn text(&self) -> String {
        let mut text = self.above.map(Place::text).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                let key = key_text(key);
                text += if text.is_empty() { key.trim_start_matches('.') } else { &key };
            }
            Step::Item(index) => text += &format!("[{index}]"),
        }
        text
    }
}
