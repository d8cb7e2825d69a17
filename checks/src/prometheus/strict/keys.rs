//! The keys that Prometheus knows, and since which version: what its types of 2.20 to 3.14 declare.

use super::shape::{Key, Kind, Section, key};

/// The whole file.
pub(super) const FILE: Section = Section {
    name: "the configuration",
    keys: &[&[
        key("global", Kind::Map(&GLOBAL)),
        key("runtime", Kind::Any).since(2, 53),
        key("alerting", Kind::Any),
        key("rule_files", Kind::Texts),
        key("scrape_config_files", Kind::Texts).since(2, 43),
        key("scrape_configs", Kind::Jobs),
        key("storage", Kind::Any).since(2, 29),
        key("tracing", Kind::Any).since(2, 34),
        key("remote_write", Kind::Unjudged),
        key("remote_read", Kind::Unjudged),
        key("otlp", Kind::Any).since(2, 55),
    ]],
};

const GLOBAL: Section = Section {
    name: "the global section",
    keys: &[&[
        key("scrape_interval", Kind::Duration),
        key("scrape_timeout", Kind::Duration),
        key("evaluation_interval", Kind::Duration),
        key("query_log_file", Kind::Text),
        key("external_labels", Kind::TextMap),
        key("body_size_limit", Kind::Size).since(2, 45),
        key("sample_limit", Kind::Count).since(2, 45),
        key("target_limit", Kind::Count).since(2, 45),
        key("label_limit", Kind::Count).since(2, 45),
        key("label_name_length_limit", Kind::Count).since(2, 45),
        key("label_value_length_limit", Kind::Count).since(2, 45),
        key("keep_dropped_targets", Kind::Count).since(2, 47),
        key("scrape_protocols", Kind::Texts).since(2, 49),
        key("rule_query_offset", Kind::Duration).since(2, 53),
        key("scrape_failure_log_file", Kind::Text).since(2, 55),
        key("metric_name_validation_scheme", Kind::Text).since(2, 55),
        key("metric_name_escaping_scheme", Kind::Text).since(3, 4),
        key("convert_classic_histograms_to_nhcb", Kind::Bool).since(3, 4),
        key("always_scrape_classic_histograms", Kind::Bool).since(3, 5),
        key("scrape_native_histograms", Kind::Bool).since(3, 8),
        key("extra_scrape_metrics", Kind::Bool).since(3, 10),
    ]],
};

/// A scrape job.
pub(super) const JOB: Section = Section {
    name: "a scrape job",
    keys: &[
        &[
            key("job_name", Kind::Text),
            key("honor_labels", Kind::Bool),
            key("honor_timestamps", Kind::Bool),
            key("params", Kind::ListMap),
            key("scrape_interval", Kind::Duration),
            key("scrape_timeout", Kind::Duration),
            key("metrics_path", Kind::Text),
            key("scheme", Kind::Text),
            key("sample_limit", Kind::Count),
            key("relabel_configs", Kind::Rules),
            key("metric_relabel_configs", Kind::Rules),
            key("target_limit", Kind::Count).since(2, 21),
            key("label_limit", Kind::Count).since(2, 27),
            key("label_name_length_limit", Kind::Count).since(2, 27),
            key("label_value_length_limit", Kind::Count).since(2, 27),
            key("body_size_limit", Kind::Size).since(2, 28),
            key("scrape_classic_histograms", Kind::Bool).since(2, 45).until(3, 0),
            key("native_histogram_bucket_limit", Kind::Count).since(2, 45),
            key("keep_dropped_targets", Kind::Count).since(2, 47),
            key("track_timestamps_staleness", Kind::Bool).since(2, 48),
            key("scrape_protocols", Kind::Texts).since(2, 49),
            key("enable_compression", Kind::Bool).since(2, 49),
            key("native_histogram_min_bucket_factor", Kind::Number).since(2, 50),
            key("scrape_failure_log_file", Kind::Text).since(2, 55),
            key("metric_name_validation_scheme", Kind::Text).since(2, 55),
            key("fallback_scrape_protocol", Kind::Text).since(3, 0),
            key("always_scrape_classic_histograms", Kind::Bool).since(3, 0),
            key("convert_classic_histograms_to_nhcb", Kind::Bool).since(3, 0),
            key("metric_name_escaping_scheme", Kind::Text).since(3, 4),
            key("scrape_native_histograms", Kind::Bool).since(3, 8),
            key("extra_scrape_metrics", Kind::Bool).since(3, 10),
        ],
        HTTP,
        PROXY,
        DISCOVERY,
    ],
};

/// How an HTTP client authenticates and connects; part of other types.
const HTTP: &[Key] = &[
    key("basic_auth", Kind::Map(&BASIC_AUTH)),
    key("authorization", Kind::Map(&AUTHORIZATION)).since(2, 26),
    key("oauth2", Kind::Map(&OAUTH2)).since(2, 27),
    key("bearer_token", Kind::Text),
    key("bearer_token_file", Kind::Text),
    key("tls_config", Kind::Map(&TLS)),
    key("follow_redirects", Kind::Bool).since(2, 26),
    key("enable_http2", Kind::Bool).since(2, 35),
    key("http_headers", Kind::MapOf(&HEADER)).since(2, 53),
];

/// Proxies of an HTTP client.
const PROXY: &[Key] = &[
    key("proxy_url", Kind::Url),
    key("proxy_connect_header", Kind::ListMap).since(2, 41),
    key("no_proxy", Kind::Text).since(2, 43),
    key("proxy_from_environment", Kind::Bool).since(2, 43),
];

const BASIC_AUTH: Section = Section {
    name: "basic_auth",
    keys: &[&[
        key("username", Kind::Text),
        key("password", Kind::Text),
        key("password_file", Kind::Text),
        key("username_file", Kind::Text).since(2, 49),
        key("username_ref", Kind::Text).since(2, 53),
        key("password_ref", Kind::Text).since(2, 53),
    ]],
};

const AUTHORIZATION: Section = Section {
    name: "authorization",
    keys: &[&[
        key("type", Kind::Text),
        key("credentials", Kind::Text),
        key("credentials_file", Kind::Text),
        key("credentials_ref", Kind::Text).since(2, 53),
    ]],
};

const OAUTH2: Section = Section {
    name: "oauth2",
    keys: &[
        &[
            key("client_id", Kind::Text),
            key("client_secret", Kind::Text),
            key("client_secret_file", Kind::Text),
            key("scopes", Kind::Texts),
            key("token_url", Kind::Text),
            key("endpoint_params", Kind::TextMap),
            key("tls_config", Kind::Map(&TLS)).since(2, 31),
            key("client_secret_ref", Kind::Text).since(2, 53),
            key("client_certificate_key_id", Kind::Text).since(3, 8),
            key("client_certificate_key", Kind::Text).since(3, 8),
            key("client_certificate_key_file", Kind::Text).since(3, 8),
            key("client_certificate_key_ref", Kind::Text).since(3, 8),
            key("grant_type", Kind::Text).since(3, 8),
            key("signature_algorithm", Kind::Text).since(3, 8),
            key("iss", Kind::Text).since(3, 8),
            key("audience", Kind::Text).since(3, 8),
            key("claims", Kind::Any).since(3, 8),
        ],
        &[
            key("proxy_url", Kind::Url).since(2, 35),
            key("proxy_connect_header", Kind::ListMap).since(2, 43),
            key("no_proxy", Kind::Text).since(2, 43),
            key("proxy_from_environment", Kind::Bool).since(2, 43),
        ],
    ],
};

const TLS: Section = Section {
    name: "tls_config",
    keys: &[&[
        key("ca_file", Kind::Text),
        key("cert_file", Kind::Text),
        key("key_file", Kind::Text),
        key("server_name", Kind::Text),
        key("insecure_skip_verify", Kind::Bool),
        key("min_version", Kind::Text).since(2, 35),
        key("max_version", Kind::Text).since(2, 41),
        key("ca", Kind::Text).since(2, 45),
        key("cert", Kind::Text).since(2, 45),
        key("key", Kind::Text).since(2, 45),
        key("ca_ref", Kind::Text).since(2, 53),
        key("cert_ref", Kind::Text).since(2, 53),
        key("key_ref", Kind::Text).since(2, 53),
    ]],
};

const HEADER: Section =
    Section { name: "a header", keys: &[&[key("values", Kind::Texts), key("secrets", Kind::Texts), key("files", Kind::Texts)]] };

const KUBERNETES: Section = Section {
    name: "kubernetes_sd_configs",
    keys: &[
        &[
            key("api_server", Kind::Url),
            key("role", Kind::Text),
            key("kubeconfig_file", Kind::Text).since(2, 28),
            key("namespaces", Kind::Map(&NAMESPACES)),
            key("selectors", Kind::List(&SELECTOR)),
            key("attach_metadata", Kind::Map(&ATTACH)).since(2, 35),
        ],
        HTTP,
        PROXY,
    ],
};

const NAMESPACES: Section =
    Section { name: "namespaces", keys: &[&[key("names", Kind::Texts), key("own_namespace", Kind::Bool).since(2, 33)]] };

const SELECTOR: Section =
    Section { name: "a selector", keys: &[&[key("role", Kind::Text), key("label", Kind::Text), key("field", Kind::Text)]] };

const ATTACH: Section = Section {
    name: "attach_metadata",
    keys: &[&[
        key("node", Kind::Bool),
        key("namespace", Kind::Bool).since(3, 6),
        key("deployment", Kind::Bool).since(3, 11),
        key("job", Kind::Bool).since(3, 11),
        key("cronjob", Kind::Bool).since(3, 11),
    ]],
};

const STATIC: Section = Section { name: "static_configs", keys: &[&[key("targets", Kind::Texts), key("labels", Kind::TextMap)]] };

/// Where targets come from.
const DISCOVERY: &[Key] = &[
    key("static_configs", Kind::Entries(&STATIC)),
    key("kubernetes_sd_configs", Kind::Entries(&KUBERNETES)),
    key("azure_sd_configs", Kind::Unjudged),
    key("consul_sd_configs", Kind::Unjudged),
    key("digitalocean_sd_configs", Kind::Unjudged),
    key("dns_sd_configs", Kind::Unjudged),
    key("dockerswarm_sd_configs", Kind::Unjudged),
    key("ec2_sd_configs", Kind::Unjudged),
    key("file_sd_configs", Kind::Unjudged),
    key("gce_sd_configs", Kind::Unjudged),
    key("marathon_sd_configs", Kind::Unjudged),
    key("nerve_sd_configs", Kind::Unjudged),
    key("openstack_sd_configs", Kind::Unjudged),
    key("serverset_sd_configs", Kind::Unjudged),
    key("triton_sd_configs", Kind::Unjudged),
    key("eureka_sd_configs", Kind::Unjudged).since(2, 21),
    key("hetzner_sd_configs", Kind::Unjudged).since(2, 21),
    key("scaleway_sd_configs", Kind::Unjudged).since(2, 26),
    key("docker_sd_configs", Kind::Unjudged).since(2, 27),
    key("lightsail_sd_configs", Kind::Unjudged).since(2, 27),
    key("http_sd_configs", Kind::Unjudged).since(2, 28),
    key("linode_sd_configs", Kind::Unjudged).since(2, 28),
    key("kuma_sd_configs", Kind::Unjudged).since(2, 29),
    key("puppetdb_sd_configs", Kind::Unjudged).since(2, 31),
    key("uyuni_sd_configs", Kind::Unjudged).since(2, 31),
    key("ionos_sd_configs", Kind::Unjudged).since(2, 36),
    key("vultr_sd_configs", Kind::Unjudged).since(2, 36),
    key("nomad_sd_configs", Kind::Unjudged).since(2, 37),
    key("ovhcloud_sd_configs", Kind::Unjudged).since(2, 40),
    key("stackit_sd_configs", Kind::Unjudged).since(3, 5),
    key("aws_sd_configs", Kind::Unjudged).since(3, 8),
    key("ecs_sd_configs", Kind::Unjudged).since(3, 8),
    key("msk_sd_configs", Kind::Unjudged).since(3, 10),
    key("elasticache_sd_configs", Kind::Unjudged).since(3, 11),
    key("rds_sd_configs", Kind::Unjudged).since(3, 11),
    key("outscale_sd_configs", Kind::Unjudged).since(3, 12),
    key("oci_sd_configs", Kind::Unjudged).since(3, 14),
];
