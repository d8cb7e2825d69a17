//! YAML text to documents that know where they stand.
//!
//! Three promises that no ready-made reader keeps together: every key and value knows its bytes in
//! the text, a broken document costs only itself, and scalars mean what they mean to kubectl
//! (`on` is a boolean, `012` is ten). Hostile text is refused, never slow.

mod block;
mod broken;
mod build;
mod document;
pub mod edit;
mod events;
mod explain;
mod fields;
mod joined;
mod json;
mod key;
mod node;
mod scalar;
mod split;
mod stream;
mod template;
#[cfg(test)]
mod tests;

pub use broken::Broken;
pub use document::{Comment, Document, DuplicateKey, Found, Step};
pub use node::{Entry, Kind, Node, Scalar, Style, Tag};
pub use scalar::Value;
pub use template::MESSAGE as TEMPLATE;

/// Collections inside each other, at most. Kubernetes objects need about twenty; the bound keeps
/// recursion over a document, and over what its aliases expand to, clear of the end of the stack.
const MAX_DEPTH: usize = 256;

/// Everything that a text holds.
#[derive(Debug, Default)]
pub struct Stream {
    /// The documents that could be read, in order. Empty ones are left out.
    pub documents: Vec<Document>,
    /// What could not be read, in order.
    pub broken: Vec<Broken>,
}

/// Reads all documents of a text.
pub fn parse(text: &str) -> Stream {
    let mut stream = Stream::default();
    for read in documents(text) {
        match read {
            Ok(document) => stream.documents.push(document),
            Err(broken) => stream.broken.push(broken),
        }
    }
    stream
}

/// The bytes of each document of a text, markers and comments around it included: none needs the others to be read.
pub fn pieces(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    split::chunks(text).map(|chunk| chunk.offset..chunk.offset + chunk.text.len())
}

/// Reads a text one document at a time, for texts whose documents need not be in memory together. Objects between which
/// somebody forgot the `---` are documents of their own, and know it.
pub fn documents(text: &str) -> impl Iterator<Item = Result<Document, Broken>> {
    let mut chunks = split::chunks(text);
    let (mut above, mut waiting) = (Vec::new(), Vec::new().into_iter());
    std::iter::from_fn(move || {
        loop {
            if let Some(part) = waiting.next() {
                return Some(Ok(part));
            }
            let chunk = chunks.next()?;
            match build::document(&chunk, &mut above) {
                Ok(None) => {}
                Ok(Some(document)) if document.duplicate_keys.is_empty() => return Some(Ok(document)),
                Ok(Some(document)) => waiting = joined::parts(&chunk, document).into_iter(),
                Err(broken) => match stream::parts(&chunk) {
                    Some(parts) => waiting = parts.into_iter(),
                    None => return Some(Err(broken)),
                },
            }
        }
    })
}
