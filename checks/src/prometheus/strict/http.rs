//! How an HTTP client authenticates and connects: settings that exclude each other, or lack something.

use serde_json::Value;

use super::place::Place;
use super::{Cause, Judge};
use crate::prometheus::config::text;

/// Headers that Prometheus sets itself.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "user-agent",
    "www-authenticate",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-prometheus-remote-read-version",
    "x-prometheus-remote-write-version",
    "x-prometheus-scrape-timeout-seconds",
];

/// Whether a key is there and not null: for Prometheus an empty map is something, too.
pub(super) fn present(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_null())
}

/// Whether a text is there and not empty.
pub(super) fn given(value: &Value, key: &str) -> bool {
    text(value, key).is_some_and(|text| !text.is_empty())
}

/// How many of these texts are given.
fn count(value: &Value, keys: &[&str]) -> usize {
    keys.iter().filter(|key| given(value, key)).count()
}

/// A mistake: the key it is at, the words, and whether it is about several ways to authenticate.
type Mistake = Option<(&'static str, &'static str, bool)>;

impl Judge {
    /// Looks at the settings of a client, which stand in a map among others.
    pub(super) fn client(&mut self, value: &Value, at: &Place<'_>) {
        self.tls(value, at);
        if let Some(oauth2) = value.get("oauth2") {
            let at = at.key("oauth2");
            self.tls(oauth2, &at);
            if self.since(2, 43) {
                self.proxy(oauth2, &at);
            }
        }
        if let Some((key, text, auth)) = self.auth(value).or_else(|| self.credentials(value)).or_else(|| self.oauth2(value)) {
            let cause = if auth { Cause::Auth } else { Cause::Other };
            self.refuse_for(&at.key(key), text, cause);
        }
        self.proxy(value, at);
        if self.since(2, 53) {
            let headers = value.get("http_headers").and_then(Value::as_object).into_iter().flatten();
            for (name, _) in headers.filter(|(name, _)| RESERVED.contains(&name.to_ascii_lowercase().as_str())) {
                self.refuse(&at.key("http_headers").key(name), format!("setting header {name:?} is not allowed"));
            }
        }
    }

    /// More than one way to authenticate.
    fn auth(&self, value: &Value) -> Mistake {
        let (basic, oauth2, own) = (present(value, "basic_auth"), present(value, "oauth2"), present(value, "authorization"));
        let bearer = ["bearer_token", "bearer_token_file"].into_iter().find(|key| given(value, key));
        if given(value, "bearer_token") && given(value, "bearer_token_file") {
            let text = "at most one of bearer_token & bearer_token_file must be configured";
            return Some(("bearer_token_file", text, true));
        }
        let new = self.since(2, 27);
        if let Some(bearer) = bearer.filter(|_| basic || oauth2) {
            let text = if new {
                "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"
            } else {
                "at most one of basic_auth, bearer_token & bearer_token_file must be configured"
            };
            return Some((bearer, text, true));
        }
        if let Some(bearer) = bearer.filter(|_| own) {
            return Some((bearer, "authorization is not compatible with bearer_token & bearer_token_file", true));
        }
        if own && (basic || oauth2) || basic && oauth2 {
            let text = if new {
                "at most one of basic_auth, oauth2 & authorization must be configured"
            } else {
                "at most one of basic_auth & authorization must be configured"
            };
            return Some((if own { "authorization" } else { "oauth2" }, text, true));
        }
        None
    }

    /// More than one place for the same credential.
    fn credentials(&self, value: &Value) -> Mistake {
        let mistake = |key, text| Some((key, text, false));
        let basic = value.get("basic_auth").unwrap_or(&Value::Null);
        let refs = self.since(2, 53);
        if count(basic, &["username", "username_file", "username_ref"]) > 1 {
            let text = if refs {
                "at most one of basic_auth username, username_file & username_ref must be configured"
            } else {
                "at most one of basic_auth username & username_file must be configured"
            };
            return mistake("basic_auth", text);
        }
        if count(basic, &["password", "password_file", "password_ref"]) > 1 {
            let text = if refs {
                "at most one of basic_auth password, password_file & password_ref must be configured"
            } else {
                "at most one of basic_auth password & password_file must be configured"
            };
            return mistake("basic_auth", text);
        }
        let own = value.get("authorization").unwrap_or(&Value::Null);
        if count(own, &["credentials", "credentials_file", "credentials_ref"]) > 1 {
            return mistake("authorization", "at most one of authorization credentials & credentials_file must be configured");
        }
        if text(own, "type").is_some_and(|text| text.trim().eq_ignore_ascii_case("basic")) {
            return mistake("authorization", r#"authorization type cannot be set to "basic", use "basic_auth" instead"#);
        }
        None
    }

    fn oauth2(&self, value: &Value) -> Mistake {
        let oauth2 = value.get("oauth2").filter(|oauth2| oauth2.is_object())?;
        let mistake = |text| Some(("oauth2", text, false));
        let secrets = count(oauth2, &["client_secret", "client_secret_file", "client_secret_ref"]);
        if !given(oauth2, "client_id") {
            return mistake("oauth2 client_id must be configured");
        }
        if secrets == 0 && !self.since(2, 51) {
            return mistake("either oauth2 client_secret or client_secret_file must be configured");
        }
        if !given(oauth2, "token_url") {
            return mistake("oauth2 token_url must be configured");
        }
        let jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        if self.since(3, 8) && text(oauth2, "grant_type").as_deref() == Some(jwt) {
            let keys = ["client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref"];
            if count(oauth2, &keys) > 1 {
                return mistake(
                    "at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref \
                     must be configured using grant-type=urn:ietf:params:oauth:grant-type:jwt-bearer",
                );
            }
            let known = |text: String| ["", "RS256", "RS384", "RS512"].contains(&text.as_str());
            if !self.is_read() || text(oauth2, "signature_algorithm").is_none_or(known) {
                return None;
            }
            return mistake("valid signature algorithms are RS256, RS384 and RS512");
        }
        if secrets < 2 {
            return None;
        }
        mistake(match () {
            () if self.since(3, 8) => {
                "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using \
                 grant-type=client_credentials"
            }
            () if self.since(2, 53) => {
                "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured"
            }
            () => "at most one of oauth2 client_secret & client_secret_file must be configured",
        })
    }

    fn proxy(&mut self, value: &Value, at: &Place<'_>) {
        let named = given(value, "proxy_url");
        let environment = value.get("proxy_from_environment").and_then(Value::as_bool).unwrap_or(false);
        let headers = value.get("proxy_connect_header").and_then(Value::as_object).is_some_and(|map| !map.is_empty());
        let no_proxy = given(value, "no_proxy");
        let found = match () {
            () if !self.since(2, 41) => None,
            () if !self.since(2, 43) => (headers && !named)
                .then_some(("proxy_connect_header", "if proxy_connect_header is configured proxy_url must also be configured")),
            () if headers && !environment && !named => Some((
                "proxy_connect_header",
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
            )),
            () if environment && named => {
                Some(("proxy_from_environment", "if proxy_from_environment is configured, proxy_url must not be configured"))
            }
            () if environment && no_proxy => {
                Some(("no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured"))
            }
            () if !present(value, "proxy_url") && no_proxy => {
                Some(("no_proxy", "if no_proxy is configured, proxy_url must also be configured"))
            }
            () => None,
        };
        if let Some((key, text)) = found {
            self.refuse(&at.key(key), text);
        }
    }

    fn tls(&mut self, value: &Value, at: &Place<'_>) {
        let Some(tls) = value.get("tls_config").filter(|tls| tls.is_object()) else {
            return;
        };
        let at = at.key("tls_config");
        for (key, since) in [("min_version", 35), ("max_version", 41)] {
            let known = |text: &String| ["TLS10", "TLS11", "TLS12", "TLS13"].contains(&text.as_str());
            let unknown = text(tls, key).filter(|text| !known(text));
            if let Some(text) = unknown.filter(|_| self.since(2, since) && self.is_read()) {
                self.refuse(&at.key(key), format!("unknown TLS version: {text}"));
            }
        }
        // Before, such settings failed when the client was made.
        if !self.since(2, 45) {
            return;
        }
        let refs = self.since(2, 53);
        let (ca, cert, key) = (["ca", "ca_file", "ca_ref"], ["cert", "cert_file", "cert_ref"], ["key", "key_file", "key_ref"]);
        let found = match () {
            () if count(tls, &ca) > 1 && refs => "at most one of ca, ca_file & ca_ref must be configured",
            () if count(tls, &ca) > 1 => "at most one of ca and ca_file must be configured",
            () if count(tls, &cert) > 1 && refs => "at most one of cert, cert_file & cert_ref must be configured",
            () if count(tls, &cert) > 1 => "at most one of cert and cert_file must be configured",
            () if count(tls, &key) > 1 => "at most one of key and key_file must be configured",
            () if count(tls, &cert) > 0 && count(tls, &key) == 0 => {
                "exactly one of key or key_file must be configured when a client certificate is configured"
            }
            () if count(tls, &key) > 0 && count(tls, &cert) == 0 => {
                "exactly one of cert or cert_file must be configured when a client key is configured"
            }
            () => return,
        };
        self.refuse(&at, found);
    }
}
