//! What Prometheus makes of a configuration.

pub mod config;
pub mod discovery;
pub mod duration;
pub mod re2;
