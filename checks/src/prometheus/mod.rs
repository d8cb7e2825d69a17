//! What Prometheus makes of a configuration.

pub mod config;
pub mod discovery;
pub mod duration;
pub mod env;
pub mod failure;
pub mod label_name;
pub mod re2;
pub mod relabel;
pub mod rule;
pub mod sharded;
pub mod strict;
pub mod target;

#[cfg(test)]
mod vectors;
