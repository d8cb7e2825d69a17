//! The whole program, as its users run it: on the test API server, on files, and through kubectl.
//!
//! More checks come all the time, so these tests hold fast only to what a new one may not change: verdicts, exit codes,
//! what is asked of the cluster, and the words of errors.

mod bad_input;
mod ci;
mod everyday;
mod fix;
mod forward;
mod hostile;
mod lint;
mod operator;
mod pipeline;
mod plan;
mod plugin;
mod policy;
mod reports;
mod requests;
mod rights;
pub(crate) mod running;
pub(crate) mod same;
mod secrets;
pub(crate) mod shop;
mod targets;
#[cfg(target_os = "linux")]
mod terminal;
mod unreachable;
mod wait;
