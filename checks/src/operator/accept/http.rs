//! HTTP settings of an endpoint (OP-REJ-H): ways to authenticate, OAuth 2, proxies.

use super::{Examiner, Reason};
use crate::world::{Endpoint, KeyRef, Kind, OAuth2, Proxy, SecretOrConfigMap};

impl Examiner<'_> {
    pub(super) fn http(&mut self, endpoint: &Endpoint, path: &str) {
        self.one_auth_method(endpoint, path);
        if let Some(secret) = endpoint.bearer_token_secret.as_ref().filter(|secret| !secret.name.is_empty()) {
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
            let path = format!("{path}.authorization");
            if authorization.kind.eq_ignore_ascii_case("basic") {
                let why = "authorization type cannot be Basic, use basicAuth".to_owned();
                self.reject(Reason::Http { why }, format!("{path}.type"));
            }
            match authorization.credentials.as_ref().filter(|key| !key.name.is_empty()) {
                Some(key) => {
                    self.key(Kind::Secret, key, &format!("{path}.credentials"));
                }
                None => self.reject(Reason::Http { why: "authorization needs credentials".to_owned() }, path),
            }
        }
        self.proxy(&endpoint.proxy, path);
    }

    /// Duplicate ways to authenticate are looked for on ServiceMonitors always, on PodMonitors since 0.86.
    fn one_auth_method(&mut self, endpoint: &Endpoint, path: &str) {
        if self.monitor.is_pod_monitor() && !self.since(86) {
            return;
        }
        let secret = |key: &KeyRef| !key.name.is_empty();
        let methods = [
            (endpoint.basic_auth.is_some(), "basicAuth"),
            (endpoint.authorization.is_some(), "authorization"),
            (endpoint.oauth2.is_some(), "oauth2"),
            (endpoint.bearer_token_secret.as_ref().is_some_and(secret), "bearerTokenSecret"),
            (!self.monitor.is_pod_monitor() && !endpoint.bearer_token_file.is_empty(), "bearerTokenFile"),
        ];
        let fields: Vec<&'static str> = methods.into_iter().filter(|(used, _)| *used).map(|(_, field)| field).collect();
        if fields.len() > 1 {
            self.reject(Reason::AuthConflict { fields }, path.to_owned());
        }
    }

    fn oauth2(&mut self, oauth2: &OAuth2, path: &str) {
        if oauth2.token_url.is_empty() {
            self.reject(Reason::Http { why: "oauth2 needs a tokenUrl".to_owned() }, format!("{path}.tokenUrl"));
        }
        self.secret_or_config_map(&oauth2.client_id, &format!("{path}.clientId"), true);
        if oauth2.client_secret.name.is_empty() {
            self.reject(Reason::Http { why: "oauth2 needs a clientSecret".to_owned() }, format!("{path}.clientSecret"));
        } else {
            self.key(Kind::Secret, &oauth2.client_secret, &format!("{path}.clientSecret"));
        }
        if let Some(tls) = &oauth2.tls_config {
            self.tls(tls, &format!("{path}.tlsConfig"));
        }
        self.proxy(&oauth2.proxy, path);
    }

    /// A key of a Secret or of a ConfigMap, never of both.
    pub(super) fn secret_or_config_map(
        &mut self,
        reference: &SecretOrConfigMap,
        path: &str,
        needed: bool,
    ) -> Option<crate::world::PemFact> {
        match (&reference.secret, &reference.config_map) {
            (Some(_), Some(_)) => {
                let why = "a Secret and a ConfigMap are named, only one of them may be".to_owned();
                self.reject(Reason::Http { why }, path.to_owned());
                None
            }
            (Some(secret), None) => self.key(Kind::Secret, secret, &format!("{path}.secret")),
            (None, Some(config_map)) => self.key(Kind::ConfigMap, config_map, &format!("{path}.configMap")),
            (None, None) => {
                if needed {
                    self.reject(Reason::Http { why: "a Secret or ConfigMap key is needed".to_owned() }, path.to_owned());
                }
                None
            }
        }
    }

    fn proxy(&mut self, proxy: &Proxy, path: &str) {
        if !self.since(73) {
            return;
        }
        let from_url = !proxy.proxy_url.is_empty();
        if proxy.proxy_from_environment && (from_url || !proxy.no_proxy.is_empty()) {
            let why = "proxyFromEnvironment excludes proxyUrl and noProxy".to_owned();
            self.reject(Reason::Http { why }, format!("{path}.proxyFromEnvironment"));
        }
        if !proxy.no_proxy.is_empty() && !from_url {
            self.reject(Reason::Http { why: "noProxy needs proxyUrl".to_owned() }, format!("{path}.noProxy"));
        }
        if !proxy.proxy_connect_header.is_empty() && !from_url && !proxy.proxy_from_environment {
            let why = "proxyConnectHeader needs proxyUrl or proxyFromEnvironment".to_owned();
            self.reject(Reason::Http { why }, format!("{path}.proxyConnectHeader"));
        }
        if from_url && !looks_like_url(&proxy.proxy_url) {
            self.reject(Reason::Http { why: "proxyUrl is not a URL".to_owned() }, format!("{path}.proxyUrl"));
        }
        for (header, keys) in &proxy.proxy_connect_header {
            for (at, key) in keys.iter().enumerate() {
                let header = crate::path::key_text(header);
                self.key(Kind::Secret, key, &format!("{path}.proxyConnectHeader{header}[{at}]"));
            }
        }
    }
}

/// What Go's URL parser takes is much; refused here is only what it surely refuses.
fn looks_like_url(text: &str) -> bool {
    !text.chars().any(char::is_control) && !text.starts_with(':') && !text.contains(' ')
}
