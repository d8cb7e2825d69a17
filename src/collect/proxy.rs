//! Which proxy leads to the API server, by the rules of kubectl. The client library compares `NO_PROXY` with the
//! proxy's own name and stumbles over a trailing comma, so it is not asked.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// Reads a variable of the environment.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The proxy for a server: the one that the kubeconfig names, else that of the environment.
pub(super) fn proxy_for(server: &Uri, configured: Option<&str>, env: Env<'_>) -> Result<Option<Uri>, String> {
    if let Some(proxy) = configured.map(str::trim).filter(|proxy| !proxy.is_empty()) {
        return parse(proxy).map(Some);
    }
    let host = server.host().unwrap_or_default();
    if is_loopback(host) {
        return Ok(None);
    }
    let either = |upper: &str| {
        let value = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        value(upper).or_else(|| value(&upper.to_ascii_lowercase()))
    };
    let variable = if server.scheme_str() == Some("http") { "HTTP_PROXY" } else { "HTTPS_PROXY" };
    let Some(proxy) = either(variable) else { return Ok(None) };
    let wanted = Matcher::builder().all("http://proxy").no(either("NO_PROXY").unwrap_or_default()).build().intercept(server);
    if wanted.is_some() { parse(&proxy).map(Some) } else { Ok(None) }
}

/// Never repeats the text: it may hold a password.
fn parse(proxy: &str) -> Result<Uri, String> {
    let full = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let uri: Uri = full.parse().map_err(|_| "it is no URL".to_owned())?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") => Ok(uri),
        // Names are resolved by the proxy either way.
        Some("socks5h") => full.replacen("socks5h", "socks5", 1).parse().map_err(|_| "it is no URL".to_owned()),
        other => Err(format!("{:?} is not supported (http, https and socks5 are)", other.unwrap_or_default())),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str, configured: Option<&str>, env: &[(&str, &str)]) -> Result<Option<String>, String> {
        let read = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        proxy_for(&server.parse().unwrap(), configured, &read).map(|uri| uri.map(|uri| uri.to_string()))
    }

    #[test]
    fn the_environment_counts_unless_the_server_is_exempt() {
        let env = |no: &'static str| [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", no)];
        let through = Ok(Some("http://proxy:3128/".to_owned()));
        assert_eq!(proxy("https://api.example.com", None, &env("other.com,")), through);
        for exempt in ["example.com", ".example.com", "*", "a.b, api.example.com,"] {
            assert_eq!(proxy("https://api.example.com:6443", None, &env(exempt)), Ok(None), "{exempt}");
        }
        assert_eq!(proxy("https://10.1.2.3:6443", None, &env("10.0.0.0/8")), Ok(None));
        assert_eq!(proxy("https://127.0.0.1:6443", None, &env("")), Ok(None));
        assert_eq!(proxy("https://[::1]:6443", None, &env("")), Ok(None));
    }

    #[test]
    fn the_kubeconfig_outranks_it() {
        let env = [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", "*")];
        assert_eq!(proxy("https://127.0.0.1", Some("socks5://jump:1080"), &env), Ok(Some("socks5://jump:1080/".to_owned())));
        assert_eq!(proxy("https://a", Some("jump:1080"), &[]), Ok(Some("http://jump:1080/".to_owned())));
        let error = proxy("https://a", Some("ftp://me:s3cr3t@jump"), &[]).unwrap_err();
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}
