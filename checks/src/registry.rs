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
#[path = "../PD0601-config-refused/check.rs"]
mod pd0601_config_refused;
#[path = "../PD1001-port-name-missing/check.rs"]
mod pd1001_port_name_missing;

/// All checks.
pub const CHECKS: &[&Check] = &[
    &pd0001_malformed_object::CHECK,
    &pd0002_check_crashed::CHECK,
    &pd0003_cause_unknown::CHECK,
    &pd0301_selector_label_mismatch::CHECK,
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
    &pd0501_config_secret_missing::CHECK,
    &pd0502_config_empty::CHECK,
    &pd0503_config_unreadable::CHECK,
    &pd0504_job_missing::CHECK,
    &pd0505_job_stale::CHECK,
    &pd0506_job_left_over::CHECK,
    &pd0507_sync_blocked::CHECK,
    &pd0508_config_near_limit::CHECK,
    &pd0509_agent_takes_podmonitors_only::CHECK,
    &pd0601_config_refused::CHECK,
    &pd1001_port_name_missing::CHECK,
];
