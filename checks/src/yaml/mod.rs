//! YAML text to documents.
