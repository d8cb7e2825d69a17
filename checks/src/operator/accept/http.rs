//! HTTP settings of an endpoint (OP-REJ-H): ways to authenticate, OAuth 2, proxies.

use super::{Examiner, Reason, url};
use crate::world::{Authorization, Endpoint, Kind, OAuth2, PemFact, Proxy, SecretOrConfigMap};

impl Examiner<'_> {
    pub(super) fn http(&mut self, endpoint: &Endpoint, path: &str) {
        if self.validates_http() {
            self.one_auth_method(endpoint, path);
        }
        // For a PodMonitor a reference without a key counts as none.
        let needs_key = self.kind == Kind::PodMonitor;
        let token = endpoint.bearer_token_secret.as_ref();
        if let Some(secret) = token.filter(|secret| !secret.name.is_empty() && (!needs_key || !secret.key.is_empty())) {
            self.key(Kind::Secret, secret, &format!("{path}.bearerTokenSecret"));
        }
        if let Some(basic) = &endpoint.basic_auth {
            self.key(Kind::Secret, &basic.username, &format!("{path}.basicAuth.username"));
            self.key(Kind::Secret, &basic.password, &format!("{path}.basicAuth.password"));
        }
        if let Some(tls) = &endpoint.tls_config {
            self.tls(tls, &format!("{path}.tlsConfig"));
        }
        if let Some(oauth2) = &endpoint.oauth2 {
            self.oauth2(oauth2, &format!("{path}.oauth2"));
        }
        if let Some(authorization) = &endpoint.authorization {
            self.authorization(authorization, format!("{path}.authorization"), self.validates_http());
        }
        self.proxy(&endpoint.proxy, path);
    }

    /// `strict`: also where it names no credentials.
    pub(super) fn authorization(&mut self, authorization: &Authorization, path: String, strict: bool) {
        if authorization.kind.trim().eq_ignore_ascii_case("basic") && (strict || authorization.credentials.is_some()) {
            let why = "authorization type cannot be Basic, basicAuth is meant for that".to_owned();
            self.reject(Reason::Http { why }, format!("{path}.type"));
        }
        match &authorization.credentials {
            // An empty name counts as no reference, and passes.
            Some(key) if key.name.is_empty() => {}
            Some(key) => {
                self.key(Kind::Secret, key, &format!("{path}.credentials"));
            }
            None if strict => self.reject(Reason::Http { why: "authorization needs credentials".to_owned() }, path),
            None => {}
        }
    }

    /// The settings as a whole are looked at since 0.86 for PodMonitors and since 0.88 for ServiceMonitors.
    fn validates_http(&self) -> bool {
        self.since(if self.kind == Kind::PodMonitor { 86 } else { 88 })
    }

    /// A `bearerTokenSecret` counts as soon as it is there, even with nothing in it; a `bearerTokenFile` never does,
    /// although Prometheus then refuses the configuration.
    fn one_auth_method(&mut self, endpoint: &Endpoint, path: &str) {
        let methods = [
            (endpoint.authorization.is_some(), "authorization"),
            (endpoint.basic_auth.is_some(), "basicAuth"),
            (endpoint.bearer_token_secret.is_some(), "bearerTokenSecret"),
            (endpoint.oauth2.is_some(), "oauth2"),
        ];
        let fields: Vec<&'static str> = methods.into_iter().filter(|(used, _)| *used).map(|(_, field)| field).collect();
        if fields.len() > 1 {
            self.reject(Reason::AuthConflict { fields }, path.to_owned());
        }
    }

    pub(super) fn oauth2(&mut self, oauth2: &OAuth2, path: &str) {
        if oauth2.token_url.is_empty() {
            self.reject(Reason::Http { why: "oauth2 needs a tokenUrl".to_owned() }, format!("{path}.tokenUrl"));
        }
        if oauth2.client_id == SecretOrConfigMap::default() {
            self.reject(Reason::Http { why: "oauth2 needs a clientId".to_owned() }, format!("{path}.clientId"));
        } else {
            self.one_source(&oauth2.client_id, &format!("{path}.clientId"), |why| Reason::Http { why });
        }
        self.key(Kind::Secret, &oauth2.client_secret, &format!("{path}.clientSecret"));
        if let Some(tls) = oauth2.tls_config.as_ref().filter(|_| self.since(84) || self.is_other()) {
            self.tls(tls, &format!("{path}.tlsConfig"));
        }
        if self.since(84) {
            self.proxy(&oauth2.proxy, path);
        }
    }

    /// A key of a Secret or of a ConfigMap, never of both; an empty reference names nothing.
    pub(super) fn one_source(
        &mut self,
        reference: &SecretOrConfigMap,
        path: &str,
        reason: fn(String) -> Reason,
    ) -> Option<PemFact> {
        match (&reference.secret, &reference.config_map) {
            (Some(_), Some(_)) => {
                let why = "a Secret and a ConfigMap are named, only one of them may be".to_owned();
                self.reject(reason(why), path.to_owned());
                None
            }
            (Some(secret), None) => self.key(Kind::Secret, secret, &format!("{path}.secret")),
            (None, Some(config_map)) => self.key(Kind::ConfigMap, config_map, &format!("{path}.configMap")),
            (None, None) => None,
        }
    }

    /// Whether it is a Probe or ScrapeConfig.
    pub(super) fn is_other(&self) -> bool {
        matches!(self.kind, Kind::Probe | Kind::ScrapeConfig)
    }

    /// The URL is parsed since 0.73; that the settings fit each other is looked at since 0.84. ScrapeConfigs had it the
    /// other way round.
    pub(super) fn proxy(&mut self, proxy: &Proxy, path: &str) {
        if !self.since(73) {
            return;
        }
        let of_scrape_config = self.kind == Kind::ScrapeConfig;
        if let Some(why) = url::refused(&proxy.proxy_url).filter(|_| !of_scrape_config || self.since(93)) {
            self.reject(Reason::Http { why: format!("proxyUrl is not a URL: {why}") }, format!("{path}.proxyUrl"));
        }
        if !self.since(84) && !of_scrape_config {
            return;
        }
        let from_url = !proxy.proxy_url.is_empty();
        let mut conflict = |why: &str, field: &str| {
            self.reject(Reason::Http { why: why.to_owned() }, format!("{path}.{field}"));
        };
        if proxy.proxy_from_environment && (from_url || !proxy.no_proxy.is_empty()) {
            conflict("proxyFromEnvironment excludes proxyUrl and noProxy", "proxyFromEnvironment");
        } else if !proxy.no_proxy.is_empty() && !from_url {
            conflict("noProxy needs proxyUrl", "noProxy");
        }
        if !proxy.proxy_connect_header.is_empty() && !from_url && !proxy.proxy_from_environment {
            conflict("proxyConnectHeader needs proxyUrl or proxyFromEnvironment", "proxyConnectHeader");
        }
        for (header, keys) in &proxy.proxy_connect_header {
            let header = crate::path::key_text(header);
            if keys.is_empty() {
                let why = "a header of proxyConnectHeader names no Secret".to_owned();
                self.reject(Reason::Http { why }, format!("{path}.proxyConnectHeader{header}"));
            }
            for (at, key) in keys.iter().enumerate() {
                self.key(Kind::Secret, key, &format!("{path}.proxyConnectHeader{header}[{at}]"));
            }
        }
    }
}
