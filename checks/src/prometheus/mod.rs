//! What Prometheus makes of a configuration.

pub mod config;
pub mod duration;
pub mod re2;
pub mod relabel;
