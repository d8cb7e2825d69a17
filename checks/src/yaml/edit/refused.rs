//! Why a text was left alone.

/// Why a change cannot be made in the text. Lines are those of the whole text, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No document is there.
    #[error("the document is not there any more")]
    Gone,
    /// The document cannot be read.
    #[error("line {line}: {message}")]
    Broken {
        /// Where.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The patch does not fit the document.
    #[error("the patch does not fit: {0}")]
    Patch(String),
    /// The value is an alias.
    #[error("line {line}: the value is an alias (`*`), which other places share")]
    Alias {
        /// Where.
        line: usize,
    },
    /// The value comes out of a merged mapping.
    #[error("line {line}: the value of {key:?} comes out of a merged mapping (`<<`)")]
    Merged {
        /// The line of the mapping that merges it.
        line: usize,
        /// Its key.
        key: String,
    },
    /// The key stands there twice.
    #[error("line {line}: the key {key:?} stands there twice")]
    Repeated {
        /// The line of one of them.
        line: usize,
        /// The key.
        key: String,
    },
    /// The value is the work of a template.
    #[error("line {line}: the value is a template that nobody rendered")]
    Template {
        /// Where.
        line: usize,
    },
    /// An anchor or a tag would have to change its meaning.
    #[error("an anchor or a tag in the document would come to mean something else")]
    Shared,
    /// The file is JSON, which holds one document.
    #[error("a JSON file has no room for another document")]
    Json,
    /// Something about the text is too unusual.
    #[error("the text is written in a way that cannot be changed safely")]
    Unclear,
}
