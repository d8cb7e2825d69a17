//! Ports of addresses (TC-4).

/// Host and port as Go's `SplitHostPort` takes them apart; `None` where it does not.
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    let Some(inner) = host.strip_prefix('[') else {
        return (!host.contains([':', '[', ']']) && !port.contains(['[', ']'])).then_some((host, port));
    };
    // The first closing bracket must be the one before the port.
    let (inner, rest) = inner.split_once(']')?;
    (rest.is_empty() && !inner.contains('[') && !port.contains(['[', ']'])).then_some((inner, port))
}

/// Whether Prometheus 2 would add a port: it has none, and with one it would be an address.
pub(super) fn lacks_port(address: &str) -> bool {
    split(address).is_none() && split(&format!("{address}:1234")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_port() {
        for address in ["h", "1.2.3.4", "[fd00::1]", "", "http"] {
            assert!(lacks_port(address), "{address}");
        }
        for address in ["h:80", "h:", "fd00::1", "[fd00::1]:80", "[fd00::1", "a]b", "a[b", "[a]b", "[[a]]", "[a]:b]:1", "a:b:c"] {
            assert!(!lacks_port(address), "{address}");
        }
        assert_eq!(split("[fd00::1]:80"), Some(("fd00::1", "80")));
        assert_eq!(split("h:x"), Some(("h", "x")));
    }
}
