//! What a Probe's `prober.url` must be: a host, or a host and a port, and no URL at all (OP-REJ-PB).

use core::net::IpAddr;

/// Why the operator refuses a `prober.url`; `None` where it does not. Before 0.89 no address of IPv6 was understood,
/// and what follows a second colon was not looked at.
pub(super) fn refused(url: &str, knows_ipv6: bool) -> Option<&'static str> {
    if url.is_empty() {
        return Some("prober.url is missing");
    }
    if url.contains("://") {
        return Some("it is a host and a port, without a scheme before it: that is prober.scheme");
    }
    if url.contains('/') {
        return Some("it is a host and a port, without a path: that is prober.path");
    }
    let (host, port) = if knows_ipv6 {
        split(url).map_or((url, None), |(host, port)| (host, Some(port)))
    } else {
        let mut parts = url.split(':');
        (parts.next().unwrap_or_default(), parts.next())
    };
    if !is_host(host) {
        return Some("it does not begin with the name or address of a host");
    }
    port.filter(|port| !is_port(port)).map(|_| "what follows the colon is no port")
}

/// What a URL that was written for a host means: host and port, and the scheme and the path that stood around them.
pub fn meant_host(url: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => (Some(scheme), rest),
        Some(_) => return None,
        None => (None, url),
    };
    let (host, path) = match rest.find('/') {
        Some(at) => (&rest[..at], Some(&rest[at..])),
        None => (rest, None),
    };
    let path = path.filter(|path| *path != "/");
    let fine = refused(host, true).is_none() && path.is_none_or(|path| !path.contains(['?', '#']));
    (fine && host != url).then_some((host, scheme, path))
}

/// Host and port as Go takes them apart; `None` where it finds none, or more than one colon.
fn split(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    (!host.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((host, port))
}

fn is_port(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|port| (1..=65535).contains(&port))
}

/// A name of words of letters, digits, `_` and `-` between dots, the first character of each no `-`; or an address.
fn is_host(text: &str) -> bool {
    if text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = text.strip_suffix(['.', '_']).filter(|name| !name.is_empty()).unwrap_or(text);
    let word = |word: &str| word.starts_with(plain) && word.len() <= 63 && word.chars().all(|c| plain(c) || c == '-');
    text.chars().filter(|c| *c != '.').count() <= 255 && name.split('.').all(word)
}
