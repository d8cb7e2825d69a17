//! Everything that prom-doctor thinks.
pub mod yaml;
