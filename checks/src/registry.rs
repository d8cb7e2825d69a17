//! The checks, in order of their codes.

use crate::check::Check;

#[path = "../PD0001-malformed-object/check.rs"]
mod pd0001_malformed_object;
#[path = "../PD0002-check-crashed/check.rs"]
mod pd0002_check_crashed;
#[path = "../PD0003-cause-unknown/check.rs"]
mod pd0003_cause_unknown;
#[path = "../PD0301-selector-label-mismatch/check.rs"]
mod pd0301_selector_label_mismatch;
#[path = "../PD1001-port-name-missing/check.rs"]
mod pd1001_port_name_missing;

/// All checks.
pub const CHECKS: &[&Check] = &[
    &pd0001_malformed_object::CHECK,
    &pd0002_check_crashed::CHECK,
    &pd0003_cause_unknown::CHECK,
    &pd0301_selector_label_mismatch::CHECK,
    &pd1001_port_name_missing::CHECK,
];
