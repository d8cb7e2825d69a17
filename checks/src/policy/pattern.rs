//! Names with `*` in them.

use globset::{Glob, GlobBuilder, GlobMatcher};

/// A pattern for names or files. `*` and `?` stay within one name, `**` crosses folders.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    glob: Glob,
    matcher: GlobMatcher,
}

impl Pattern {
    /// A pattern for a name, in this or any case of its letters.
    pub(super) fn name(text: &str, any_case: bool) -> Result<Self, String> {
        let glob = GlobBuilder::new(text).literal_separator(true).case_insensitive(any_case).build();
        glob.map(|glob| Self { matcher: glob.compile_matcher(), glob }).map_err(|error| error.kind().to_string())
    }

    /// A pattern for a file. It may begin in any folder, so it means the same wherever the program is started.
    pub(super) fn file(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches("./");
        let anywhere = if text.starts_with('/') || text.starts_with("**/") { text.to_owned() } else { format!("**/{text}") };
        Self::name(&anywhere, false)
    }

    /// As it was written, or with the folders put before it that a file may lie in.
    pub(super) fn as_str(&self) -> &str {
        self.glob.glob()
    }

    /// Whether a name or path fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.matcher.is_match(text.trim_start_matches("./"))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.glob == other.glob
    }
}
