//! Everything that prom-doctor thinks, and nothing that it does: no network, no files, no clock, no terminal.
//!
//! Data flows one way: a [`world`] of slim objects → what the [`operator`] and [`prometheus`] make of it → the
//! facts of a chain, link by link → checks that judge them → a [`report`].

mod app;
mod assumed;
pub mod chain;
pub mod check;
pub mod controllers;
mod diagnose;
mod draft;
mod failing;
pub mod files;
mod manifest;
pub mod mend;
mod mesh;
mod network_policy;
pub mod operator;
pub mod overlay;
mod owner;
pub mod path;
pub mod pipeline;
pub mod plan;
pub mod policy;
pub mod prelude;
pub mod prometheus;
pub mod rbac;
mod refused;
pub mod registry;
pub mod repair;
pub mod report;
pub mod schema;
pub mod selector;
pub mod targets;
pub mod text;
mod view;
pub mod wait;
pub mod wants;
pub mod world;
pub mod yaml;

pub use self::diagnose::diagnose;
