//! There is nothing here: only the dependency counts.
