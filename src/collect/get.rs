//! One object by name.

use prom_doctor_checks::world::{Kind, Malformed, Object, ObjectId, decode};

use super::client::Cluster;
use super::pem::read_pem;
use super::problem::Problem;

/// What came of asking for one object.
#[derive(Debug)]
pub(super) enum Got {
    /// Here it is.
    Here(Box<Object>),
    /// There is none.
    Nothing,
    /// There is one, but it does not read as its kind.
    Malformed(Malformed),
    /// No answer.
    Problem(Problem),
}

/// Asks for one object.
pub(super) async fn get(cluster: &Cluster, kind: Kind, namespace: &str, name: &str) -> Got {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    // Names come out of objects that anybody may have written. One that Kubernetes would not take cannot exist.
    if !is_name(name) || namespace.is_some_and(|namespace| !is_name(namespace)) {
        return Got::Nothing;
    }
    let place = format!("{}/{}", folder(kind, namespace), encode(name));
    match cluster.get(&place).await {
        Ok(body) => match decode(kind, &mut serde_json::Deserializer::from_slice(&body), Some(read_pem)) {
            Ok(object) => Got::Here(Box::new(object)),
            // The decoder's own words may repeat a value, and this may be a Secret.
            Err(error) => {
                let id = ObjectId::new(kind, namespace.unwrap_or_default(), name);
                let message = match kind {
                    Kind::Secret | Kind::ConfigMap => format!("it does not read as a {kind}"),
                    _ => error.to_string(),
                };
                Got::Malformed(Malformed {
                    place,
                    object: Some(id.to_string()),
                    id: Some(id),
                    message,
                    position: None,
                    path: None,
                    refused: false,
                })
            }
        },
        Err(Problem::NotFound(_)) if cluster.fatal(&Problem::NotFound(String::new()), true).is_none() => Got::Nothing,
        Err(problem) => Got::Problem(problem),
    }
}

/// The path under which objects of a kind are listed.
pub(super) fn folder(kind: Kind, namespace: Option<&str>) -> String {
    let root = if kind.group().is_empty() { "api" } else { "apis" };
    let namespace = namespace.filter(|_| kind.namespaced()).map(|namespace| format!("/namespaces/{}", encode(namespace)));
    format!("/{root}/{}{}/{}", kind.api_version(), namespace.unwrap_or_default(), kind.plural())
}

/// What Kubernetes asks of every name that becomes part of a path.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '%'])
}

/// Text as a part of a path or query.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        assert_eq!(folder(Kind::Pod, None), "/api/v1/pods");
        assert_eq!(folder(Kind::EndpointSlice, Some("shop")), "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices");
        assert_eq!(folder(Kind::Namespace, Some("shop")), "/api/v1/namespaces");
        assert_eq!(folder(Kind::ScrapeConfig, None), "/apis/monitoring.coreos.com/v1alpha1/scrapeconfigs");
    }

    #[test]
    fn names_cannot_leave_their_place() {
        for bad in ["", ".", "..", "../secrets", "a/b", "a%2fb"] {
            assert!(!is_name(bad), "{bad}");
        }
        assert_eq!(encode("a?watch=1#é"), "a%3Fwatch%3D1%23%C3%A9");
    }
}
