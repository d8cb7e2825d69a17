//! The discovery lists of a ScrapeConfig, which the operator passes on nearly as they are (OP-SC-1).

use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::field::Field;
use super::{NotWritten, Task, Writer};
use crate::operator::version::Version;
use crate::prometheus::config::REDACTED;

/// How a field is passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is, where it is set.
    Same,
    /// As it is; the empty text where it is not set.
    Text,
    /// As it is; the empty list where it is not set.
    List,
    /// As it is; the empty map where it is not set.
    Map,
    /// As it is, where it is not empty.
    Filled,
    /// In lower case.
    Lower,
    /// The value of a Secret, where one is named.
    Secret,
    /// A list of name and values.
    Filters,
}

/// Field, key, form, first operator, first Prometheus.
type Row = (&'static str, &'static str, Form, u32, (u32, u32, u32));

/// Settings of the client that asks for targets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Basic,
    Authorization,
    OAuth2,
    Tls,
    Proxy,
    Redirects,
}
use Client::{Authorization, Basic, OAuth2, Proxy, Redirects, Tls};
use Form::{Filled, Filters, List, Lower, Same, Secret, Text};

const ANY: (u32, u32, u32) = (0, 0, 0);
const REFRESH: Row = ("refreshInterval", "refresh_interval", Same, 0, ANY);
const PORT: Row = ("port", "port", Same, 0, ANY);
const TAG_SEPARATOR: Row = ("tagSeparator", "tag_separator", Same, 0, ANY);
const ALL: &[(Client, u32)] = &[(Basic, 0), (Authorization, 0), (OAuth2, 0), (Tls, 0), (Proxy, 0), (Redirects, 0)];
const NO_PASSWORD: &[(Client, u32)] = &[(Authorization, 0), (OAuth2, 0), (Tls, 0), (Proxy, 0), (Redirects, 0)];

/// A discovery list.
struct Kind {
    /// Its field.
    field: &'static str,
    /// Its key.
    key: &'static str,
    /// The first operator.
    since: u32,
    /// The settings of the client, each with its first operator.
    client: &'static [(Client, u32)],
    /// The other fields.
    rows: &'static [Row],
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { field: "staticConfigs", key: "static_configs", since: 65, client: &[], rows: &[
        ("targets", "targets", List, 0, ANY), ("labels", "labels", Form::Map, 0, ANY),
    ] },
    Kind { field: "fileSDConfigs", key: "file_sd_configs", since: 65, client: &[], rows: &[
        ("files", "files", List, 0, ANY), REFRESH,
    ] },
    Kind { field: "httpSDConfigs", key: "http_sd_configs", since: 65,
        client: &[(Basic, 66), (Authorization, 66), (Tls, 67), (Proxy, 71), (OAuth2, 77), (Redirects, 77)],
        rows: &[("url", "url", Text, 0, ANY), REFRESH],
    },
    Kind { field: "consulSDConfigs", key: "consul_sd_configs", since: 67, client: ALL, rows: &[
        ("server", "server", Text, 0, ANY), ("pathPrefix", "path_prefix", Same, 79, ANY),
        ("tokenRef", "token", Secret, 0, ANY), ("datacenter", "datacenter", Same, 0, ANY),
        ("namespace", "namespace", Same, 0, ANY), ("partition", "partition", Same, 0, ANY),
        ("services", "services", Filled, 0, ANY), ("tags", "tags", Filled, 0, ANY),
        TAG_SEPARATOR, ("nodeMeta", "node_meta", Filled, 0, ANY), ("filter", "filter", Same, 79, ANY),
        ("healthFilter", "health_filter", Same, 91, ANY), ("allowStale", "allow_stale", Same, 0, ANY), REFRESH,
    ] },
    Kind { field: "dnsSDConfigs", key: "dns_sd_configs", since: 68, client: &[], rows: &[
        ("names", "names", List, 0, ANY), REFRESH, PORT,
    ] },
    Kind { field: "ec2SDConfigs", key: "ec2_sd_configs", since: 69, client: &[(Proxy, 77), (Tls, 77), (Redirects, 77)], rows: &[
        ("region", "region", Same, 0, ANY), ("roleARN", "role_arn", Same, 0, ANY), REFRESH, PORT,
        ("filters", "filters", Filters, 0, (2, 3, 0)),
    ] },
    Kind { field: "azureSDConfigs", key: "azure_sd_configs", since: 70,
        client: &[(Basic, 90), (Authorization, 90), (OAuth2, 90), (Proxy, 90)],
        rows: &[
            ("environment", "environment", Same, 0, ANY), ("authenticationMethod", "authentication_method", Same, 0, ANY),
            ("subscriptionID", "subscription_id", Filled, 0, ANY), ("tenantID", "tenant_id", Same, 0, ANY),
            ("clientID", "client_id", Same, 0, ANY), ("clientSecret", "client_secret", Secret, 0, ANY),
            ("resourceGroup", "resource_group", Same, 0, ANY), REFRESH, PORT,
        ],
    },
    Kind { field: "gceSDConfigs", key: "gce_sd_configs", since: 70, client: &[], rows: &[
        ("project", "project", Text, 0, ANY), ("zone", "zone", Text, 0, ANY), ("filter", "filter", Same, 0, ANY), REFRESH, PORT,
        TAG_SEPARATOR,
    ] },
    Kind { field: "openstackSDConfigs", key: "openstack_sd_configs", since: 71, client: &[(Tls, 0)], rows: &[
        ("role", "role", Lower, 0, ANY), ("region", "region", Text, 0, ANY),
        ("identityEndpoint", "identity_endpoint", Same, 0, ANY), ("username", "username", Same, 0, ANY),
        ("userid", "userid", Same, 0, ANY), ("password", "password", Secret, 0, ANY),
        ("domainName", "domain_name", Same, 0, ANY), ("domainID", "domain_id", Same, 0, ANY),
        ("projectName", "project_name", Same, 0, ANY), ("projectID", "project_id", Same, 0, ANY),
        ("applicationCredentialName", "application_credential_name", Same, 0, ANY),
        ("applicationCredentialId", "application_credential_id", Same, 0, ANY),
        ("applicationCredentialSecret", "application_credential_secret", Secret, 0, ANY),
        ("allTenants", "all_tenants", Same, 0, ANY), REFRESH, PORT, ("availability", "availability", Same, 0, ANY),
    ] },
    Kind { field: "digitalOceanSDConfigs", key: "digitalocean_sd_configs", since: 72, client: NO_PASSWORD, rows: &[
        PORT, REFRESH,
    ] },
    Kind { field: "kumaSDConfigs", key: "kuma_sd_configs", since: 73, client: ALL, rows: &[
        ("server", "server", Text, 0, ANY), REFRESH, ("fetchTimeout", "fetch_timeout", Same, 0, ANY),
        ("clientID", "client_id", Same, 0, ANY),
    ] },
    Kind { field: "eurekaSDConfigs", key: "eureka_sd_configs", since: 73, client: ALL, rows: &[
        REFRESH, ("server", "server", Filled, 0, ANY),
    ] },
    Kind { field: "dockerSDConfigs", key: "docker_sd_configs", since: 73, client: ALL, rows: &[
        ("host", "host", Text, 0, ANY), PORT, ("hostNetworkingHost", "host_networking_host", Same, 0, ANY),
        ("matchFirstNetwork", "match_first_network", Same, 77, (2, 54, 1)), REFRESH, ("filters", "filters", Filters, 0, ANY),
    ] },
    Kind { field: "linodeSDConfigs", key: "linode_sd_configs", since: 75, client: NO_PASSWORD, rows: &[
        PORT, ("region", "region", Same, 0, ANY), TAG_SEPARATOR, REFRESH,
    ] },
    Kind { field: "hetznerSDConfigs", key: "hetzner_sd_configs", since: 73, client: ALL, rows: &[
        ("role", "role", Lower, 0, ANY), PORT, REFRESH, ("labelSelector", "label_selector", Filled, 84, (3, 5, 0)),
    ] },
    Kind { field: "nomadSDConfigs", key: "nomad_sd_configs", since: 74, client: ALL, rows: &[
        ("server", "server", Text, 0, ANY), ("allowStale", "allow_stale", Same, 0, ANY),
        ("namespace", "namespace", Same, 0, ANY), REFRESH, ("region", "region", Same, 0, ANY), TAG_SEPARATOR,
    ] },
    Kind { field: "dockerSwarmSDConfigs", key: "dockerswarm_sd_configs", since: 75, client: ALL, rows: &[
        ("host", "host", Text, 0, ANY), ("role", "role", Lower, 0, ANY), PORT, REFRESH, ("filters", "filters", Filters, 0, ANY),
    ] },
    Kind { field: "puppetDBSDConfigs", key: "puppetdb_sd_configs", since: 75, client: ALL, rows: &[
        ("url", "url", Text, 0, ANY), ("query", "query", Text, 0, ANY),
        ("includeParameters", "include_parameters", Same, 0, ANY), PORT, REFRESH,
    ] },
    Kind { field: "lightSailSDConfigs", key: "lightsail_sd_configs", since: 75, client: ALL, rows: &[
        ("region", "region", Same, 0, ANY), ("endpoint", "endpoint", Same, 0, ANY), PORT, REFRESH,
        ("roleARN", "role_arn", Same, 0, ANY),
    ] },
    Kind { field: "ovhcloudSDConfigs", key: "ovhcloud_sd_configs", since: 75, client: &[], rows: &[
        ("applicationKey", "application_key", Text, 0, ANY), ("applicationSecret", "application_secret", Secret, 0, ANY),
        ("consumerKey", "consumer_key", Secret, 0, ANY), ("endpoint", "endpoint", Same, 0, ANY), REFRESH,
    ] },
    Kind { field: "scalewaySDConfigs", key: "scaleway_sd_configs", since: 76,
        client: &[(Proxy, 0), (Tls, 0), (Redirects, 0)],
        rows: &[
            ("accessKey", "access_key", Text, 0, ANY), ("secretKey", "secret_key", Secret, 0, ANY),
            ("projectID", "project_id", Text, 0, ANY), ("role", "role", Lower, 0, ANY), PORT,
            ("apiURL", "api_url", Same, 0, ANY), ("zone", "zone", Same, 0, ANY),
            ("nameFilter", "name_filter", Same, 0, ANY), ("tagsFilter", "tags_filter", Filled, 0, ANY), REFRESH,
        ],
    },
    Kind { field: "ionosSDConfigs", key: "ionos_sd_configs", since: 77,
        client: &[(OAuth2, 90), (Tls, 0), (Proxy, 0), (Redirects, 0)],
        rows: &[("datacenterID", "datacenter_id", Text, 0, ANY), PORT, REFRESH],
    },
];

impl Task<'_> {
    /// Writes all lists.
    ///
    /// # Errors
    /// The operator writes a list in a way that Prometheus refuses.
    pub(super) fn discovery_lists(&self, draft: &mut Draft) -> Result<(), NotWritten> {
        let writer = self.writer;
        for kind in KINDS.iter().filter(|kind| writer.since(kind.since)) {
            let name = if kind.field == "nomadSDConfigs" && !writer.since(77) { "NomadSDConfigs" } else { kind.field };
            let list = self.spec.get(name);
            let entries: Vec<Value> = list.items().map(|entry| self.entry(kind, &entry)).collect();
            if !entries.is_empty() {
                let misspelt = kind.key == "ovhcloud_sd_configs" && !writer.since_patch(75, 1);
                draft.set(if misspelt { "ovhcloud_sd_config" } else { kind.key }, entries);
            }
        }
        let list = self.spec.get("kubernetesSDConfigs");
        if list.items().next().is_some() && writer.since(67) {
            // 0.67 writes the key without the entries.
            let entries = list.items().map(|entry| self.kubernetes_entry(&entry)).collect();
            draft.set("kubernetes_sd_configs", if writer.since(68) { Value::Array(entries) } else { Value::Null });
        }
        Ok(())
    }

    fn entry(&self, kind: &Kind, entry: &Field<'_>) -> Value {
        let writer = self.writer;
        let mut out = Map::new();
        self.client(kind, entry, &mut out);
        for (field, key, form, operator, prometheus) in kind.rows {
            let read = writer.prometheus >= Version::new(prometheus.0, prometheus.1, prometheus.2);
            if !writer.since(*operator) || !read && (*key != "filters" || writer.since(76)) {
                continue;
            }
            let field = entry.get(&old_name(writer, kind, field));
            if let Some(value) = writer.passed(*form, &field) {
                out.insert((*key).to_owned(), value);
            }
        }
        self.special(kind, entry, &mut out);
        Value::Object(out)
    }

    /// What only one kind of list has.
    fn special(&self, kind: &Kind, entry: &Field<'_>, out: &mut Map<String, Value>) {
        let writer = self.writer;
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        match kind.key {
            "consul_sd_configs" => {
                let scheme = entry.get("scheme");
                if scheme.is_set() {
                    put("scheme", if writer.since(70) { json!(scheme.text().to_lowercase()) } else { scheme.value.clone() });
                }
            }
            "dns_sd_configs" => {
                let record = entry.get("type");
                let readable = match record.text() {
                    "NS" => writer.reads(2, 49) || !writer.since(72),
                    "MX" => writer.reads(2, 38) || !writer.since(76),
                    _ => true,
                };
                if record.is_set() && readable {
                    put("type", record.value.clone());
                }
            }
            "ec2_sd_configs" | "lightsail_sd_configs" if entry.get("accessKey").is_set() && entry.get("secretKey").is_set() => {
                put("access_key", json!(REDACTED));
                put("secret_key", json!(REDACTED));
            }
            // Operators 0.81.0 to 0.82.1 forgot to write it in lower case.
            "openstack_sd_configs" if writer.since(81) && !writer.since_patch(82, 2) => {
                put("role", json!(entry.get("role").text()));
            }
            "ovhcloud_sd_configs" => {
                match entry.get("service").text() {
                    "VPS" => put("service", json!("vps")),
                    "DedicatedServer" => put("service", json!("dedicated_server")),
                    _ => None,
                };
            }
            "ionos_sd_configs" if !writer.since(90) || !entry.get("oauth2").is_set() => {
                let auth = entry.get("authorization");
                if auth.is_set() {
                    writer.safe_authorization(out, &auth);
                } else if writer.reads(2, 26) {
                    put("authorization", json!({"type": "Bearer"}));
                }
            }
            _ => {}
        }
    }

    fn client(&self, kind: &Kind, entry: &Field<'_>, out: &mut Map<String, Value>) {
        let (writer, namespace) = (self.writer, &self.id.namespace);
        // The operator loses the client's settings where the environment is set.
        if kind.key == "azure_sd_configs" && entry.get("environment").is_set() {
            return;
        }
        let old = kind.key == "ec2_sd_configs" && !writer.reads(2, 41);
        for (client, _) in kind.client.iter().filter(|(_, since)| writer.since(*since)) {
            match client {
                Basic => writer.basic_auth(out, &entry.get("basicAuth")),
                Authorization => writer.safe_authorization(out, &entry.get("authorization")),
                OAuth2 => writer.oauth2(out, &entry.get("oauth2"), namespace),
                Proxy if kind.key == "consul_sd_configs" && !writer.since(71) => writer.old_proxy(out, entry),
                Proxy => writer.proxy(out, entry),
                Tls if !old => writer.safe_tls(out, &entry.get("tlsConfig"), namespace),
                Redirects if !old => {
                    for (field, key) in [("followRedirects", "follow_redirects"), ("enableHTTP2", "enable_http2")] {
                        copy(out, key, &entry.get(&old_name(writer, kind, field)));
                    }
                }
                Tls | Redirects => {}
            }
        }
    }

    fn kubernetes_entry(&self, entry: &Field<'_>) -> Value {
        let (writer, namespace) = (self.writer, &self.id.namespace);
        let mut out = Map::new();
        let role = entry.get("role").text().to_lowercase();
        if role != "endpointslice" || entry.get("role").text() != "EndpointSlice" || writer.reads(2, 21) || !writer.since(76) {
            out.insert("role".to_owned(), json!(role));
        }
        if writer.since(69) {
            let selectors: Vec<Value> = entry.get("selectors").items().map(|one| writer.sd_selector(&one)).collect();
            if !selectors.is_empty() && (writer.reads(2, 17) || !writer.since(76)) {
                out.insert("selectors".to_owned(), Value::Array(selectors));
            }
        }
        if !writer.since(71) {
            return Value::Object(out);
        }
        copy(&mut out, "api_server", &entry.get("apiServer"));
        writer.basic_auth(&mut out, &entry.get("basicAuth"));
        writer.safe_authorization(&mut out, &entry.get("authorization"));
        writer.oauth2(&mut out, &entry.get("oauth2"), namespace);
        writer.proxy(&mut out, entry);
        copy(&mut out, "follow_redirects", &entry.get("followRedirects"));
        copy(&mut out, "enable_http2", &entry.get("enableHTTP2"));
        writer.safe_tls(&mut out, &entry.get("tlsConfig"), namespace);
        let namespaces = entry.get("namespaces");
        if namespaces.is_set() {
            let names = namespaces.get("names");
            let mut inner = Map::new();
            inner.insert("names".to_owned(), if names.is_set() { names.value.clone() } else { json!([]) });
            copy(&mut inner, "own_namespace", &namespaces.get("ownNamespace"));
            out.insert("namespaces".to_owned(), Value::Object(inner));
        }
        let attach = entry.get("attachMetadata");
        let read = match role.as_str() {
            "pod" => writer.reads(2, 35),
            "endpoints" | "endpointslice" => writer.reads(2, 37),
            _ => false,
        };
        if attach.is_set() && read {
            out.insert("attach_metadata".to_owned(), json!({"node": attach.get("node").value}));
        }
        Value::Object(out)
    }
}

impl Writer<'_> {
    fn passed(&self, form: Form, field: &Field<'_>) -> Option<Value> {
        let or = |empty: Value| Some(if field.is_set() { field.value.clone() } else { empty });
        let empty = match field.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        match form {
            Same => field.is_set().then(|| field.value.clone()),
            Text => or(json!("")),
            List => or(json!([])),
            Form::Map => or(json!({})),
            Filled => (!empty).then(|| field.value.clone()),
            Lower => Some(json!(field.text().to_lowercase())),
            Secret => field.is_set().then(|| json!(REDACTED)),
            Filters if empty && (self.since(76) || !field.is_set()) => None,
            Filters => {
                let one = |filter: Field<'_>| json!({"name": filter.get("name").text(), "values": filter.get("values").value});
                let mut filters: Vec<Value> = field.items().map(one).collect();
                if self.since(76) {
                    filters.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
                }
                Some(Value::Array(filters))
            }
        }
    }

    fn sd_selector(&self, selector: &Field<'_>) -> Value {
        let mut out = Map::new();
        let role = selector.get("role").text();
        // 0.76.0 forgot to write it in lower case.
        let as_is = self.since(76) && !self.since_patch(76, 1);
        out.insert("role".to_owned(), json!(if as_is { role.to_owned() } else { role.to_lowercase() }));
        for key in ["label", "field"] {
            let field = selector.get(key);
            if field.is_set() || !self.since(76) {
                out.insert(key.to_owned(), json!(field.text()));
            }
        }
        Value::Object(out)
    }

    /// The proxy of Consul before there was one for all lists: for any Prometheus, one Secret for each header.
    fn old_proxy(&self, out: &mut Map<String, Value>, entry: &Field<'_>) {
        let camel = self.since(70);
        let name = |snake: &'static str, own: &'static str| if camel { own } else { snake };
        copy(out, "proxy_url", &entry.get(name("proxy_url", "proxyUrl")));
        copy(out, "no_proxy", &entry.get(name("no_proxy", "noProxy")));
        copy(out, "proxy_from_environment", &entry.get(name("proxy_from_environment", "proxyFromEnvironment")));
        let headers = entry.get(name("proxy_connect_header", "proxyConnectHeader"));
        if headers.is_set() {
            let headers = headers.entries().into_iter().map(|(header, _)| (header.to_owned(), json!(REDACTED)));
            out.insert("proxy_connect_header".to_owned(), Value::Object(headers.collect()));
        }
    }
}

/// The name of a field: up to 0.69 those of Consul were written as Prometheus writes them.
fn old_name(writer: &Writer<'_>, kind: &Kind, field: &str) -> String {
    if kind.key != "consul_sd_configs" || writer.since(70) || field == "tokenRef" {
        return field.to_owned();
    }
    let name = field.replace("HTTP2", "Http2");
    name.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])).collect()
}

fn copy(out: &mut Map<String, Value>, key: &str, field: &Field<'_>) {
    if field.is_set() {
        out.insert(key.to_owned(), field.value.clone());
    }
}
