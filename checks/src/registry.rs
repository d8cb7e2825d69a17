//! The checks, in order of their codes.

use crate::check::Check;

/// All checks.
pub const CHECKS: &[&Check] = &[];
