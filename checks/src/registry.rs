//! The checks, in order of their codes.

use crate::check::Check;

#[path = "../PD0001-malformed-object/check.rs"]
mod pd0001_malformed_object;
#[path = "../PD0002-check-crashed/check.rs"]
mod pd0002_check_crashed;
#[path = "../PD0003-cause-unknown/check.rs"]
mod pd0003_cause_unknown;
#[path = "../PD0004-unused-suppression/check.rs"]
mod pd0004_unused_suppression;
#[path = "../PD0005-expired-suppression/check.rs"]
mod pd0005_expired_suppression;
#[path = "../PD0101-crd-not-served/check.rs"]
mod pd0101_crd_not_served;
#[path = "../PD0102-other-api-group/check.rs"]
mod pd0102_other_api_group;
#[path = "../PD0103-crds-older-than-operator/check.rs"]
mod pd0103_crds_older_than_operator;
#[path = "../PD0201-no-operator/check.rs"]
mod pd0201_no_operator;
#[path = "../PD0202-operator-down/check.rs"]
mod pd0202_operator_down;
#[path = "../PD0203-server-not-managed/check.rs"]
mod pd0203_server_not_managed;
#[path = "../PD0204-several-operators/check.rs"]
mod pd0204_several_operators;
#[path = "../PD0205-server-paused/check.rs"]
mod pd0205_server_paused;
#[path = "../PD0206-reconcile-failed/check.rs"]
mod pd0206_reconcile_failed;
#[path = "../PD0207-server-not-reconciled/check.rs"]
mod pd0207_server_not_reconciled;
#[path = "../PD0208-operator-cannot-list/check.rs"]
mod pd0208_operator_cannot_list;
#[path = "../PD0209-namespace-not-watched/check.rs"]
mod pd0209_namespace_not_watched;
#[path = "../PD0301-selector-label-mismatch/check.rs"]
mod pd0301_selector_label_mismatch;
#[path = "../PD0302-selector-not-set/check.rs"]
mod pd0302_selector_not_set;
#[path = "../PD0303-namespace-not-selected/check.rs"]
mod pd0303_namespace_not_selected;
#[path = "../PD0304-namespace-selector-not-set/check.rs"]
mod pd0304_namespace_selector_not_set;
#[path = "../PD0305-configuration-unmanaged/check.rs"]
mod pd0305_configuration_unmanaged;
#[path = "../PD0306-no-server/check.rs"]
mod pd0306_no_server;
#[path = "../PD0307-selector-pruned/check.rs"]
mod pd0307_selector_pruned;
#[path = "../PD0308-selector-invalid/check.rs"]
mod pd0308_selector_invalid;
#[path = "../PD0401-missing-secret-key/check.rs"]
mod pd0401_missing_secret_key;
#[path = "../PD0402-scrape-timeout-exceeds-interval/check.rs"]
mod pd0402_scrape_timeout_exceeds_interval;
#[path = "../PD0403-invalid-relabeling/check.rs"]
mod pd0403_invalid_relabeling;
#[path = "../PD0404-conflicting-auth/check.rs"]
mod pd0404_conflicting_auth;
#[path = "../PD0405-unknown-scrape-class/check.rs"]
mod pd0405_unknown_scrape_class;
#[path = "../PD0406-file-access-denied/check.rs"]
mod pd0406_file_access_denied;
#[path = "../PD0407-invalid-tls/check.rs"]
mod pd0407_invalid_tls;
#[path = "../PD0408-invalid-monitor-selector/check.rs"]
mod pd0408_invalid_monitor_selector;
#[path = "../PD0409-invalid-http-settings/check.rs"]
mod pd0409_invalid_http_settings;
#[path = "../PD0410-invalid-duration/check.rs"]
mod pd0410_invalid_duration;
#[path = "../PD0411-server-too-old/check.rs"]
mod pd0411_server_too_old;
#[path = "../PD0412-refused-by-operator/check.rs"]
mod pd0412_refused_by_operator;
#[path = "../PD0413-next-sync-refuses/check.rs"]
mod pd0413_next_sync_refuses;
#[path = "../PD0414-invalid-discovery/check.rs"]
mod pd0414_invalid_discovery;
#[path = "../PD0501-config-secret-missing/check.rs"]
mod pd0501_config_secret_missing;
#[path = "../PD0502-config-empty/check.rs"]
mod pd0502_config_empty;
#[path = "../PD0503-config-unreadable/check.rs"]
mod pd0503_config_unreadable;
#[path = "../PD0504-job-missing/check.rs"]
mod pd0504_job_missing;
#[path = "../PD0505-job-stale/check.rs"]
mod pd0505_job_stale;
#[path = "../PD0506-job-left-over/check.rs"]
mod pd0506_job_left_over;
#[path = "../PD0507-sync-blocked/check.rs"]
mod pd0507_sync_blocked;
#[path = "../PD0508-config-near-limit/check.rs"]
mod pd0508_config_near_limit;
#[path = "../PD0509-agent-takes-podmonitors-only/check.rs"]
mod pd0509_agent_takes_podmonitors_only;
#[path = "../PD0510-job-edited/check.rs"]
mod pd0510_job_edited;
#[path = "../PD0601-config-refused/check.rs"]
mod pd0601_config_refused;
#[path = "../PD0602-job-not-loaded/check.rs"]
mod pd0602_job_not_loaded;
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
#[path = "../PD0809-rules-take-more/check.rs"]
mod pd0809_rules_take_more;
#[path = "../PD0901-service-selects-no-pods/check.rs"]
mod pd0901_service_selects_no_pods;
#[path = "../PD0902-service-without-endpoints/check.rs"]
mod pd0902_service_without_endpoints;
#[path = "../PD0903-external-name-service/check.rs"]
mod pd0903_external_name_service;
#[path = "../PD0904-addresses-in-other-api/check.rs"]
mod pd0904_addresses_in_other_api;
#[path = "../PD0905-empty-as-meant/check.rs"]
mod pd0905_empty_as_meant;
#[path = "../PD0906-pods-ended/check.rs"]
mod pd0906_pods_ended;
#[path = "../PD0907-pods-without-ip/check.rs"]
mod pd0907_pods_without_ip;
#[path = "../PD0908-slices-without-service/check.rs"]
mod pd0908_slices_without_service;
#[path = "../PD0909-endpoints-truncated/check.rs"]
mod pd0909_endpoints_truncated;
#[path = "../PD0910-endpoints-unlabelled/check.rs"]
mod pd0910_endpoints_unlabelled;
#[path = "../PD0911-workload-without-pods/check.rs"]
mod pd0911_workload_without_pods;
#[path = "../PD0912-endpoints-not-made/check.rs"]
mod pd0912_endpoints_not_made;
#[path = "../PD1001-port-name-missing/check.rs"]
mod pd1001_port_name_missing;
#[path = "../PD1002-port-is-number/check.rs"]
mod pd1002_port_is_number;
#[path = "../PD1003-service-port-unnamed/check.rs"]
mod pd1003_service_port_unnamed;
#[path = "../PD1004-target-port-is-service-port/check.rs"]
mod pd1004_target_port_is_service_port;
#[path = "../PD1005-container-port-undeclared/check.rs"]
mod pd1005_container_port_undeclared;
#[path = "../PD1006-no-port-selected/check.rs"]
mod pd1006_no_port_selected;
#[path = "../PD1007-port-is-pattern/check.rs"]
mod pd1007_port_is_pattern;
#[path = "../PD1008-target-port-shadowed/check.rs"]
mod pd1008_target_port_shadowed;
#[path = "../PD1009-init-container-port/check.rs"]
mod pd1009_init_container_port;
#[path = "../PD1010-endpoints-port-differs/check.rs"]
mod pd1010_endpoints_port_differs;
#[path = "../PD1011-monitor-without-endpoints/check.rs"]
mod pd1011_monitor_without_endpoints;
#[path = "../PD1012-some-services-lack-port/check.rs"]
mod pd1012_some_services_lack_port;
#[path = "../PD1101-relabeling-drops-all/check.rs"]
mod pd1101_relabeling_drops_all;
#[path = "../PD1102-operator-rules-drop-all/check.rs"]
mod pd1102_operator_rules_drop_all;
#[path = "../PD1201-connection-refused/check.rs"]
mod pd1201_connection_refused;
#[path = "../PD1202-scrape-timed-out/check.rs"]
mod pd1202_scrape_timed_out;
#[path = "../PD1203-target-unreachable/check.rs"]
mod pd1203_target_unreachable;
#[path = "../PD1204-scrape-unauthorized/check.rs"]
mod pd1204_scrape_unauthorized;
#[path = "../PD1205-metrics-path-not-found/check.rs"]
mod pd1205_metrics_path_not_found;
#[path = "../PD1206-not-metrics/check.rs"]
mod pd1206_not_metrics;
#[path = "../PD1207-scheme-mismatch/check.rs"]
mod pd1207_scheme_mismatch;
#[path = "../PD1208-tls-handshake-failed/check.rs"]
mod pd1208_tls_handshake_failed;
#[path = "../PD1209-mesh-refuses-scrape/check.rs"]
mod pd1209_mesh_refuses_scrape;
#[path = "../PD1210-scrape-limit-exceeded/check.rs"]
mod pd1210_scrape_limit_exceeded;
#[path = "../PD1211-scrape-failed/check.rs"]
mod pd1211_scrape_failed;
#[path = "../PD1212-nothing-discovered/check.rs"]
mod pd1212_nothing_discovered;
#[path = "../PD1213-targets-differ/check.rs"]
mod pd1213_targets_differ;
#[path = "../PD1301-same-pods-through-services/check.rs"]
mod pd1301_same_pods_through_services;
#[path = "../PD1302-same-target-in-monitors/check.rs"]
mod pd1302_same_target_in_monitors;
#[path = "../PD1303-same-target-in-endpoints/check.rs"]
mod pd1303_same_target_in_endpoints;
#[path = "../PD1304-same-target-in-servers/check.rs"]
mod pd1304_same_target_in_servers;
#[path = "../PD1305-both-ip-families/check.rs"]
mod pd1305_both_ip_families;
#[path = "../PD1306-containers-at-one-address/check.rs"]
mod pd1306_containers_at_one_address;
#[path = "../PD1307-in-every-shard/check.rs"]
mod pd1307_in_every_shard;
#[path = "../PD1401-field-pruned/check.rs"]
mod pd1401_field_pruned;
#[path = "../PD1402-unknown-field/check.rs"]
mod pd1402_unknown_field;
#[path = "../PD1403-wrong-type/check.rs"]
mod pd1403_wrong_type;
#[path = "../PD1404-required-field-missing/check.rs"]
mod pd1404_required_field_missing;
#[path = "../PD1405-invalid-value/check.rs"]
mod pd1405_invalid_value;
#[path = "../PD1406-duplicate-key/check.rs"]
mod pd1406_duplicate_key;
#[path = "../PD1407-wrong-api-version-or-kind/check.rs"]
mod pd1407_wrong_api_version_or_kind;
#[path = "../PD1408-field-newer-than-operator/check.rs"]
mod pd1408_field_newer_than_operator;
#[path = "../PD1409-object-written-twice/check.rs"]
mod pd1409_object_written_twice;

/// All checks.
pub const CHECKS: &[&Check] = &[
    &pd0001_malformed_object::CHECK,
    &pd0002_check_crashed::CHECK,
    &pd0003_cause_unknown::CHECK,
    &pd0004_unused_suppression::CHECK,
    &pd0005_expired_suppression::CHECK,
    &pd0101_crd_not_served::CHECK,
    &pd0102_other_api_group::CHECK,
    &pd0103_crds_older_than_operator::CHECK,
    &pd0201_no_operator::CHECK,
    &pd0202_operator_down::CHECK,
    &pd0203_server_not_managed::CHECK,
    &pd0204_several_operators::CHECK,
    &pd0205_server_paused::CHECK,
    &pd0206_reconcile_failed::CHECK,
    &pd0207_server_not_reconciled::CHECK,
    &pd0208_operator_cannot_list::CHECK,
    &pd0209_namespace_not_watched::CHECK,
    &pd0301_selector_label_mismatch::CHECK,
    &pd0302_selector_not_set::CHECK,
    &pd0303_namespace_not_selected::CHECK,
    &pd0304_namespace_selector_not_set::CHECK,
    &pd0305_configuration_unmanaged::CHECK,
    &pd0306_no_server::CHECK,
    &pd0307_selector_pruned::CHECK,
    &pd0308_selector_invalid::CHECK,
    &pd0401_missing_secret_key::CHECK,
    &pd0402_scrape_timeout_exceeds_interval::CHECK,
    &pd0403_invalid_relabeling::CHECK,
    &pd0404_conflicting_auth::CHECK,
    &pd0405_unknown_scrape_class::CHECK,
    &pd0406_file_access_denied::CHECK,
    &pd0407_invalid_tls::CHECK,
    &pd0408_invalid_monitor_selector::CHECK,
    &pd0409_invalid_http_settings::CHECK,
    &pd0410_invalid_duration::CHECK,
    &pd0411_server_too_old::CHECK,
    &pd0412_refused_by_operator::CHECK,
    &pd0413_next_sync_refuses::CHECK,
    &pd0414_invalid_discovery::CHECK,
    &pd0501_config_secret_missing::CHECK,
    &pd0502_config_empty::CHECK,
    &pd0503_config_unreadable::CHECK,
    &pd0504_job_missing::CHECK,
    &pd0505_job_stale::CHECK,
    &pd0506_job_left_over::CHECK,
    &pd0507_sync_blocked::CHECK,
    &pd0508_config_near_limit::CHECK,
    &pd0509_agent_takes_podmonitors_only::CHECK,
    &pd0510_job_edited::CHECK,
    &pd0601_config_refused::CHECK,
    &pd0602_job_not_loaded::CHECK,
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
    &pd0809_rules_take_more::CHECK,
    &pd0901_service_selects_no_pods::CHECK,
    &pd0902_service_without_endpoints::CHECK,
    &pd0903_external_name_service::CHECK,
    &pd0904_addresses_in_other_api::CHECK,
    &pd0905_empty_as_meant::CHECK,
    &pd0906_pods_ended::CHECK,
    &pd0907_pods_without_ip::CHECK,
    &pd0908_slices_without_service::CHECK,
    &pd0909_endpoints_truncated::CHECK,
    &pd0910_endpoints_unlabelled::CHECK,
    &pd0911_workload_without_pods::CHECK,
    &pd0912_endpoints_not_made::CHECK,
    &pd1001_port_name_missing::CHECK,
    &pd1002_port_is_number::CHECK,
    &pd1003_service_port_unnamed::CHECK,
    &pd1004_target_port_is_service_port::CHECK,
    &pd1005_container_port_undeclared::CHECK,
    &pd1006_no_port_selected::CHECK,
    &pd1007_port_is_pattern::CHECK,
    &pd1008_target_port_shadowed::CHECK,
    &pd1009_init_container_port::CHECK,
    &pd1010_endpoints_port_differs::CHECK,
    &pd1011_monitor_without_endpoints::CHECK,
    &pd1012_some_services_lack_port::CHECK,
    &pd1101_relabeling_drops_all::CHECK,
    &pd1102_operator_rules_drop_all::CHECK,
    &pd1201_connection_refused::CHECK,
    &pd1202_scrape_timed_out::CHECK,
    &pd1203_target_unreachable::CHECK,
    &pd1204_scrape_unauthorized::CHECK,
    &pd1205_metrics_path_not_found::CHECK,
    &pd1206_not_metrics::CHECK,
    &pd1207_scheme_mismatch::CHECK,
    &pd1208_tls_handshake_failed::CHECK,
    &pd1209_mesh_refuses_scrape::CHECK,
    &pd1210_scrape_limit_exceeded::CHECK,
    &pd1211_scrape_failed::CHECK,
    &pd1212_nothing_discovered::CHECK,
    &pd1213_targets_differ::CHECK,
    &pd1301_same_pods_through_services::CHECK,
    &pd1302_same_target_in_monitors::CHECK,
    &pd1303_same_target_in_endpoints::CHECK,
    &pd1304_same_target_in_servers::CHECK,
    &pd1305_both_ip_families::CHECK,
    &pd1306_containers_at_one_address::CHECK,
    &pd1307_in_every_shard::CHECK,
    &pd1401_field_pruned::CHECK,
    &pd1402_unknown_field::CHECK,
    &pd1403_wrong_type::CHECK,
    &pd1404_required_field_missing::CHECK,
    &pd1405_invalid_value::CHECK,
    &pd1406_duplicate_key::CHECK,
    &pd1407_wrong_api_version_or_kind::CHECK,
    &pd1408_field_newer_than_operator::CHECK,
    &pd1409_object_written_twice::CHECK,
];
