//! What a project makes of findings: which checks it wants, how bad they are to it, what it knows and has let be.
//!
//! All of it comes after judging. A finding that is set aside stays in the report with the reason why, decides no
//! exit code, and changes no verdict: the target is missing, whether somebody wants to hear of it or not.

mod apply;
mod baseline;
mod choice;
mod comment;
mod config;
mod pattern;
mod reach;
mod read;
mod suppression;
#[cfg(test)]
mod tests;

pub use self::apply::{Asked, Settings, apply};
pub use self::baseline::{Baseline, baseline};
pub use self::choice::{Choice, Choices};
pub use self::config::{Config, FailOn, SCHEMA};
pub use self::read::{Problem, date, read};
pub use self::suppression::Suppression;
