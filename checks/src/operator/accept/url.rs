//! What Go's URL parser refuses, in its own order: the operator parses `proxyUrl` with it and accepts the rest.

/// Whether Go parses a URL.
pub fn is_url(text: &str) -> bool {
    refused(text).is_none()
}

/// Why Go would not parse a URL, without words of the URL, which may hold a password; `None` where it does.
pub(super) fn refused(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_ascii_control()) {
        return Some("it holds a control character".to_owned());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if let Some(escape) = bad_escape(fragment, false) {
        return Some(escape);
    }
    if text == "*" {
        return None;
    }
    let (scheme, rest) = match scheme(text) {
        Err(()) => return Some("the scheme is missing before `:`".to_owned()),
        Ok(parts) => parts,
    };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    if !rest.starts_with('/') {
        let first = rest.split('/').next().unwrap_or_default();
        return match scheme {
            "" if first.contains(':') => Some("a `:` without a scheme before it, such as http://".to_owned()),
            "" => bad_escape(rest, false),
            _ => None,
        };
    }
    let Some(authority) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) else {
        return bad_escape(rest, false);
    };
    let (authority, path) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    bad_user(user).or_else(|| bad_host(host)).or_else(|| bad_escape(path, false))
}

/// The scheme and what follows; an error where the text begins with a colon.
fn scheme(text: &str) -> Result<(&str, &str), ()> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err(()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn bad_user(user: &str) -> Option<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if user.chars().all(fine) {
        bad_escape(user, false)
    } else {
        Some("the user part holds a character that it may not".to_owned())
    }
}

fn bad_host(host: &str) -> Option<String> {
    let port = if host.starts_with('[') {
        match host.rfind(']') {
            None => return Some("a `]` is missing in the host".to_owned()),
            Some(end) => &host[end + 1..],
        }
    } else {
        host.find(':').map_or("", |colon| &host[colon..])
    };
    if !(port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()))) {
        return Some("what follows the host is no port".to_owned());
    }
    let fine = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    match host.chars().find(|c| !fine(*c)) {
        Some(c) => Some(format!("the host holds {c:?}")),
        None => bad_escape(host, true),
    }
}

/// A `%` must lead two hexadecimal digits; in a host only bytes beyond ASCII may be written so.
fn bad_escape(text: &str, host: bool) -> Option<String> {
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
        let hex = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
        if !hex || (host && digits[0] < b'8' && digits != b"25") {
            return Some("a `%` in it leads no two hexadecimal digits".to_owned());
        }
    }
    None
}
