//! Credentials in labels: those whose names tell, and the user in front of a host. Discovery and relabeling see the values,
//! an answer does not show them.

use crate::prometheus::config::{REDACTED, secret_key};

/// The value of a label as it may be shown.
pub(crate) fn value(label: &str, value: &str) -> String {
    if is_secret(label) && !value.is_empty() {
        return REDACTED.to_owned();
    }
    let addresses = label == "__address__" || label == "instance" || label.starts_with("__param_");
    if addresses { without_user(value) } else { value.to_owned() }
}

/// Whether the name of a label speaks of a credential. That an annotation is there is none.
pub(super) fn is_secret(label: &str) -> bool {
    !label.contains("present_") && secret_key(label)
}

/// `user:password@host` without what stands before the host.
pub(super) fn without_user(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (&text[..scheme.len() + 3], rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}{REDACTED}@{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

/// A URL that was made from an address: there the `@` is written out in hexadecimal.
pub(crate) fn url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].replace("%40", "@");
    if host.contains('@') { format!("{scheme}://{}{}", without_user(&host), &rest[end..]) } else { url.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(value("instance", "u:p@h:1"), "<redacted>@h:1");
        assert_eq!(value("__param_target", "https://u:p@h/x"), "https://<redacted>@h/x");
        assert_eq!(value("__meta_kubernetes_pod_annotation_vault_token", "x"), REDACTED);
        assert_eq!(value("__meta_kubernetes_pod_annotationpresent_vault_token", "true"), "true");
        assert_eq!(value("__meta_kubernetes_pod_container_image", "r/app:1@sha256:ab"), "r/app:1@sha256:ab");
        assert_eq!(value("pod", "cart-0"), "cart-0");
        assert_eq!(url("http://u:p%40h:9115/probe?x=1"), "http://<redacted>@h:9115/probe?x=1");
        assert_eq!(url("http://h:9115/probe"), "http://h:9115/probe");
    }
}
