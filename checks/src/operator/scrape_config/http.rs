//! How targets are talked to: credentials, TLS, proxy. What Secrets and ConfigMaps hold is not known;
//! [`REDACTED`] stands for it.

use serde_json::{Map, Value, json};

use super::field::Field;
use super::{NotWritten, Task, Writer};
use crate::prometheus::config::REDACTED;
use crate::world::Kind;

type Keys = Map<String, Value>;

impl Writer<'_> {
    /// Writes `basic_auth`.
    pub(super) fn basic_auth(&self, out: &mut Keys, auth: &Field<'_>) {
        if auth.is_set() {
            out.insert("basic_auth".to_owned(), json!({"username": REDACTED, "password": REDACTED}));
        }
    }

    /// Writes `bearer_token`.
    pub(super) fn bearer_token(&self, out: &mut Keys, reference: &Field<'_>) {
        if reference.get("name").some_text().is_some() {
            out.insert("bearer_token".to_owned(), json!(REDACTED));
        }
    }

    /// Writes `oauth2` (0.50 and later; with TLS and proxy since 0.76).
    pub(super) fn oauth2(&self, out: &mut Keys, oauth: &Field<'_>, namespace: &str) {
        if !oauth.is_set() || !self.since(50) || !self.reads(2, 27) {
            return;
        }
        let mut keys = Keys::new();
        keys.insert("client_id".to_owned(), json!(REDACTED));
        keys.insert("client_secret".to_owned(), json!(REDACTED));
        keys.insert("token_url".to_owned(), json!(oauth.get("tokenUrl").text()));
        let (scopes, params) = (oauth.get("scopes"), oauth.get("endpointParams"));
        if scopes.items().next().is_some() {
            keys.insert("scopes".to_owned(), scopes.value.clone());
        }
        if !params.entries().is_empty() {
            keys.insert("endpoint_params".to_owned(), params.value.clone());
        }
        if self.since(76) && self.reads(2, 43) {
            self.proxy(&mut keys, oauth);
            self.safe_tls(&mut keys, &oauth.get("tlsConfig"), namespace);
        }
        out.insert("oauth2".to_owned(), Value::Object(keys));
    }

    /// Writes a proxy with all its settings.
    pub(super) fn proxy(&self, out: &mut Keys, proxy: &Field<'_>) {
        let mut copy = |key: &str, field: Field<'_>| {
            if field.is_set() {
                out.insert(key.to_owned(), field.value.clone());
            }
        };
        // Operators up to 0.76 held even the URL back from older servers.
        if self.since(77) || self.reads(2, 43) {
            copy("proxy_url", proxy.get("proxyUrl"));
        }
        if self.reads(2, 43) {
            copy("no_proxy", proxy.get("noProxy"));
            copy("proxy_from_environment", proxy.get("proxyFromEnvironment"));
            let header = proxy.get("proxyConnectHeader");
            if header.is_set() {
                // One Secret per header up to 0.73, a list of them since.
                let values = |field: &Field<'_>| {
                    if self.since(74) { vec![REDACTED; field.items().count()].into() } else { json!(REDACTED) }
                };
                let headers = header.entries().into_iter().map(|(name, field)| (name.to_owned(), values(&field)));
                out.insert("proxy_connect_header".to_owned(), Value::Object(headers.collect()));
            }
        }
    }

    /// Writes `authorization` where there is only the monitor to look at.
    pub(super) fn safe_authorization(&self, out: &mut Keys, auth: &Field<'_>) {
        if auth.is_set() && self.since(50) && self.reads(2, 26) {
            out.insert("authorization".to_owned(), Value::Object(authorization(auth, true)));
        }
    }

    /// Writes `authorization` of the server, which may name a file. `found` says whether the operator finds the Secret
    /// that is named: it looks for it in the namespace of the monitor.
    ///
    /// # Errors
    /// Operators since 0.55 stop at one for a Prometheus below 2.26.
    pub(super) fn authorization(&self, out: &mut Keys, auth: &Field<'_>, found: bool) -> Result<(), NotWritten> {
        if !auth.is_set() || !self.since(50) {
            return Ok(());
        }
        if !self.reads(2, 26) {
            return if self.since(55) { Err(stops_at("authorization", "2.26")) } else { Ok(()) };
        }
        let mut keys = authorization(auth, found);
        if let Some(file) = auth.get("credentialsFile").some_text() {
            keys.insert("credentials_file".to_owned(), json!(file));
        }
        out.insert("authorization".to_owned(), Value::Object(keys));
        Ok(())
    }

    /// Writes `tls_config` where files cannot be named.
    pub(super) fn safe_tls(&self, out: &mut Keys, tls: &Field<'_>, namespace: &str) {
        if tls.is_set() {
            out.insert("tls_config".to_owned(), Value::Object(self.tls_keys(tls, namespace)));
        }
    }

    /// Writes `tls_config` that may name files.
    pub(super) fn tls(&self, out: &mut Keys, tls: &Field<'_>, namespace: &str) {
        if tls.is_set() {
            let mut keys = self.tls_keys(tls, namespace);
            put_files(&mut keys, tls);
            out.insert("tls_config".to_owned(), Value::Object(keys));
        }
    }

    /// Whether nothing is set of what the operator knows of TLS.
    fn says_nothing(&self, tls: &Field<'_>) -> bool {
        let known = ["ca", "cert", "keySecret", "serverName", "insecureSkipVerify", "minVersion", "maxVersion"];
        let known = if self.since(76) { &known[..] } else { &known[..5] };
        known.iter().all(|field| tls.get(field).is_zero())
    }

    fn tls_keys(&self, tls: &Field<'_>, namespace: &str) -> Keys {
        let mut keys = Keys::new();
        let skip = tls.get("insecureSkipVerify");
        if skip.is_set() || !self.since(74) {
            keys.insert("insecure_skip_verify".to_owned(), json!(skip.flag()));
        }
        let mut asset = |key: &str, kind: &str, reference: &Field<'_>| {
            let (name, field) = (reference.get("name"), reference.get("key"));
            let path = format!("/etc/prometheus/certs/{kind}_{namespace}_{}_{}", name.text(), field.text());
            keys.insert(key.to_owned(), json!(path));
        };
        let (secret, config_map) = if self.since(75) { ("0", "1") } else { ("secret", "configmap") };
        for (field, key) in [("ca", "ca_file"), ("cert", "cert_file")] {
            let field = tls.get(field);
            if field.get("secret").is_set() {
                asset(key, secret, &field.get("secret"));
            } else if field.get("configMap").is_set() {
                asset(key, config_map, &field.get("configMap"));
            }
        }
        if tls.get("keySecret").is_set() {
            asset("key_file", secret, &tls.get("keySecret"));
        }
        if let Some(name) = tls.get("serverName").some_text() {
            keys.insert("server_name".to_owned(), json!(name));
        }
        for (field, key, minor) in [("minVersion", "min_version", 35), ("maxVersion", "max_version", 41)] {
            let version = tls.get(field);
            if self.since(76) && self.reads(2, minor) && version.is_set() {
                keys.insert(key.to_owned(), version.value.clone());
            }
        }
        keys
    }
}

impl Task<'_> {
    /// Writes the proxy of an endpoint: all its settings since 0.84, the URL alone before.
    pub(super) fn endpoint_proxy(&self, out: &mut Keys, endpoint: &Field<'_>) {
        if self.writer.since(84) {
            self.writer.proxy(out, endpoint);
        } else if endpoint.get("proxyUrl").is_set() {
            out.insert("proxy_url".to_owned(), endpoint.get("proxyUrl").value.clone());
        }
    }

    /// Writes whether redirects are followed (0.55) and HTTP 2 is spoken (0.58).
    pub(super) fn redirects(&self, out: &mut Keys, endpoint: &Field<'_>) {
        for (field, key, operator, minor) in
            [("followRedirects", "follow_redirects", 55, 26), ("enableHttp2", "enable_http2", 58, 35)]
        {
            let field = endpoint.get(field);
            if self.writer.since(operator) && self.writer.reads(2, minor) && field.is_set() {
                out.insert(key.to_owned(), field.value.clone());
            }
        }
    }

    /// Writes `authorization` of the monitor, filled in from the scrape class since 0.79. The operator never loads the
    /// Secrets that a class names here (OP-ENF-8), so that nothing is left of them.
    ///
    /// # Errors
    /// As [`Writer::authorization`].
    pub(super) fn class_authorization(&self, out: &mut Keys, auth: &Field<'_>) -> Result<(), NotWritten> {
        let writer = self.writer;
        if !writer.since(79) {
            writer.safe_authorization(out, auth);
            return Ok(());
        }
        let class = self.class.get("authorization");
        if auth.is_zero() {
            return writer.authorization(out, &class, false);
        }
        if !writer.reads(2, 26) {
            return Err(stops_at("authorization", "2.26"));
        }
        let mut keys = authorization(auth, true);
        let own = auth.get("credentials").is_set() || class.get("credentials").is_set();
        if let Some(file) = class.get("credentialsFile").some_text().filter(|_| !own) {
            keys.insert("credentials_file".to_owned(), json!(file));
        }
        out.insert("authorization".to_owned(), Value::Object(keys));
        Ok(())
    }

    /// Writes `tls_config` of the monitor, filled in from the scrape class. `files` says whether the monitor itself
    /// may name files: ServiceMonitors may.
    ///
    /// # Errors
    /// Operators 0.72 and 0.73 stop at a class without TLS.
    pub(super) fn class_tls(&self, out: &mut Keys, tls: &Field<'_>, files: bool) -> Result<(), NotWritten> {
        let (writer, namespace) = (self.writer, &self.id.namespace);
        let whole_class = writer.tls_class(&self.spec);
        let class = whole_class.get("tlsConfig");
        let absent = if files || !writer.since(74) { !tls.is_set() } else { writer.says_nothing(tls) };
        if absent {
            // Up to 0.73 PodMonitors and Probes took the TLS of a class only on top of their own.
            if files || writer.since(74) {
                writer.tls(out, &class, namespace);
            }
            return Ok(());
        }
        if whole_class.is_set() && !class.is_set() && !writer.since(74) {
            let given =
                |reference: &str, file: &str| !tls.get(reference).is_zero() || files && tls.get(file).some_text().is_some();
            let whole = given("ca", "caFile") && given("cert", "certFile") && given("keySecret", "keyFile");
            if writer.since_patch(73, 2) && self.id.kind != Kind::ScrapeConfig {
                // 0.73.2 leaves the monitor's own TLS out as well.
                return Ok(());
            } else if writer.since_patch(73, 2) || !whole {
                return Err(stops_at_class());
            }
        }
        let mut keys = writer.tls_keys(tls, namespace);
        if files {
            put_files(&mut keys, tls);
        }
        // Up to 0.73 ScrapeConfigs lost the files of the class.
        let lost = self.id.kind == Kind::ScrapeConfig && !writer.since(74);
        for (field, key) in FILES {
            if let Some(file) = class.get(field).some_text().filter(|_| !lost) {
                keys.entry(key).or_insert_with(|| json!(file));
            }
        }
        out.insert("tls_config".to_owned(), Value::Object(keys));
        Ok(())
    }
}

const FILES: [(&str, &str); 3] = [("caFile", "ca_file"), ("certFile", "cert_file"), ("keyFile", "key_file")];

fn put_files(keys: &mut Keys, tls: &Field<'_>) {
    for (field, key) in FILES {
        if let Some(file) = tls.get(field).some_text() {
            keys.insert(key.to_owned(), json!(file));
        }
    }
}

fn authorization(auth: &Field<'_>, found: bool) -> Keys {
    let mut keys = Keys::new();
    keys.insert("type".to_owned(), json!(auth.get("type").some_text().unwrap_or("Bearer").trim()));
    if auth.get("credentials").is_set() && found {
        keys.insert("credentials".to_owned(), json!(REDACTED));
    }
    keys
}

fn stops_at(field: &str, version: &str) -> NotWritten {
    NotWritten::new(format!("the operator stops at `{field}` for a Prometheus below {version}"))
}

fn stops_at_class() -> NotWritten {
    NotWritten::new("operators 0.72 and 0.73 stop at a scrape class without tlsConfig where the monitor has one")
}
