//! The checks, in order of their codes.

use crate::check::Check;

#[path = "../PD0001-malformed-object/check.rs"]
mod pd0001_malformed_object;
#[path = "../PD0002-check-crashed/check.rs"]
mod pd0002_check_crashed;
#[path = "../PD0301-selector-label-mismatch/check.rs"]
mod pd0301_selector_label_mismatch;
#[path = "../PD0701-account-cannot-list/check.rs"]
mod pd0701_account_cannot_list;
#[path = "../PD0702-cluster-wide-list-denied/check.rs"]
mod pd0702_cluster_wide_list_denied;
#[path = "../PD0801-service-labels-mismatch/check.rs"]
mod pd0801_service_labels_mismatch;
#[path = "../PD0802-selector-matches-pods/check.rs"]
mod pd0802_selector_matches_pods;
#[path = "../PD0803-pod-labels-mismatch/check.rs"]
mod pd0803_pod_labels_mismatch;
#[path = "../PD0804-namespace-not-covered/check.rs"]
mod pd0804_namespace_not_covered;
#[path = "../PD0805-namespace-selector-ignored/check.rs"]
mod pd0805_namespace_selector_ignored;
#[path = "../PD0806-namespace-absent/check.rs"]
mod pd0806_namespace_absent;
#[path = "../PD0807-selector-takes-everything/check.rs"]
mod pd0807_selector_takes_everything;
#[path = "../PD0808-no-service/check.rs"]
mod pd0808_no_service;
#[path = "../PD1001-port-name-missing/check.rs"]
mod pd1001_port_name_missing;
#[path = "../PD1301-same-pods-through-services/check.rs"]
mod pd1301_same_pods_through_services;
#[path = "../PD1302-same-target-in-monitors/check.rs"]
mod pd1302_same_target_in_monitors;
#[path = "../PD1303-same-target-in-endpoints/check.rs"]
mod pd1303_same_target_in_endpoints;
#[path = "../PD1304-same-target-in-servers/check.rs"]
mod pd1304_same_target_in_servers;

/// All checks.
pub const CHECKS: &[&Check] = &[
    &pd0001_malformed_object::CHECK,
    &pd0002_check_crashed::CHECK,
    &pd0301_selector_label_mismatch::CHECK,
    &pd0701_account_cannot_list::CHECK,
    &pd0702_cluster_wide_list_denied::CHECK,
    &pd0801_service_labels_mismatch::CHECK,
    &pd0802_selector_matches_pods::CHECK,
    &pd0803_pod_labels_mismatch::CHECK,
    &pd0804_namespace_not_covered::CHECK,
    &pd0805_namespace_selector_ignored::CHECK,
    &pd0806_namespace_absent::CHECK,
    &pd0807_selector_takes_everything::CHECK,
    &pd0808_no_service::CHECK,
    &pd1001_port_name_missing::CHECK,
    &pd1301_same_pods_through_services::CHECK,
    &pd1302_same_target_in_monitors::CHECK,
    &pd1303_same_target_in_endpoints::CHECK,
    &pd1304_same_target_in_servers::CHECK,
];
