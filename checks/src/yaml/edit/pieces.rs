//! A text that is cut into its documents once, whatever is changed in them.

use serde_json::Value as Json;

use super::{Change, Edits, Refused, Writer, holds, is_shared, make, read, same};
use crate::yaml::split::{self, Chunk};

/// The documents of a text.
#[derive(Debug)]
pub struct Pieces<'t>(Vec<Chunk<'t>>);

impl<'t> Pieces<'t> {
    /// Cuts a text.
    pub fn of(text: &'t str) -> Self {
        Self(split::chunks(text).collect())
    }

    /// The piece around a position.
    pub(super) fn at(&self, at: usize) -> Result<&Chunk<'t>, Refused> {
        let next = self.0.partition_point(|chunk| chunk.offset <= at);
        let found = next.checked_sub(1).and_then(|before| self.0.get(before));
        found.filter(|chunk| at < chunk.offset + chunk.text.len()).ok_or(Refused::Gone)
    }

    /// Changes the document that holds a position. `below` is the JSON pointer of what the change is about: that of an item,
    /// where the document is a list of objects, else nothing.
    ///
    /// # Errors
    /// Why the text has to stay as it is.
    pub fn patch(&self, at: usize, below: &str, change: Change<'_>) -> Result<Edits, Refused> {
        let mut target = read(self.at(at)?)?.1;
        make(&mut target, below, change)?;
        self.rewrite(at, &target)
    }

    /// Makes another value of the document that holds a position.
    ///
    /// # Errors
    /// Why the text has to stay as it is.
    pub fn rewrite(&self, at: usize, target: &Json) -> Result<Edits, Refused> {
        let chunk = self.at(at)?;
        let (document, old) = read(chunk)?;
        if same(&old, target) {
            return Ok(Edits::default());
        }
        let mut refusal = Refused::Unclear;
        // What is moved brings its text and its comments along; where that does not work out, it is written anew.
        for moving in [true, false] {
            let edits = Writer::new(chunk.text, &document).edits(&old, target, moving)?;
            match holds(&edits.apply(chunk.text), &document, target) {
                true => return Ok(edits.moved(chunk.offset)),
                false if is_shared(&document, chunk.text) => refusal = Refused::Shared,
                false => {}
            }
        }
        Err(refusal)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::split::SEEN;

    #[test]
    fn a_text_is_cut_once_however_much_is_changed_in_it() {
        const DOCUMENTS: usize = 200;
        let text = (0..DOCUMENTS).map(|at| format!("name: a{at}\nport: 1\n")).collect::<Vec<_>>().join("---\n");
        SEEN.set(0);
        let pieces = Pieces::of(&text);
        for at in 0..DOCUMENTS {
            let name = format!("name: a{at}\n");
            let edits = pieces.rewrite(text.find(&name).unwrap(), &json!({"name": format!("a{at}"), "port": 2})).unwrap();
            let before = format!("{name}port: ");
            assert_eq!(edits.apply(&text), text.replacen(&format!("{before}1"), &format!("{before}2"), 1));
        }
        assert!(SEEN.get() < 4 * text.len(), "{} bytes were cut, of {}", SEEN.get(), text.len());
        assert!(matches!(pieces.at(text.len()), Err(Refused::Gone)));
    }
}
