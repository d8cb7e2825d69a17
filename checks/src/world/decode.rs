//! JSON to slim objects. Lists are taken apart, look-alikes of other groups are kept as such, and an object
//! that does not read as its kind is named and costs only itself.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use super::meta::Meta;
use super::*;
use crate::world::secrets::KeyStore;

/// An object in slim form.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the variants are the types they hold")]
pub enum Object {
    Monitor(Monitor),
    Server(Box<Server>),
    Namespace(Namespace),
    Service(Service),
    Endpoints(Endpoints),
    EndpointSlice(EndpointSlice),
    Pod(Pod),
    Ingress(Ingress),
    Node(Node),
    Workload(Kind, Box<Workload>),
    Role(Role),
    Binding(Binding),
    Crd(Crd),
    Secret(KeyStore),
    ConfigMap(KeyStore),
    /// Counted, not judged.
    Unjudged(Kind, Unjudged),
    /// The operator's kind in another API group.
    Foreign(Foreign),
    /// Of no use to a diagnosis.
    Ignored,
}

impl Object {
    /// Its metadata.
    pub fn meta_mut(&mut self) -> Option<&mut Meta> {
        Some(match self {
            Self::Monitor(object) => &mut object.metadata,
            Self::Server(object) => &mut object.metadata,
            Self::Namespace(object) => &mut object.metadata,
            Self::Service(object) => &mut object.metadata,
            Self::Endpoints(object) => &mut object.metadata,
            Self::EndpointSlice(object) => &mut object.metadata,
            Self::Pod(object) => &mut object.metadata,
            Self::Ingress(object) => &mut object.metadata,
            Self::Node(object) => &mut object.metadata,
            Self::Workload(_, object) => &mut object.metadata,
            Self::Role(object) => &mut object.metadata,
            Self::Binding(object) => &mut object.metadata,
            Self::Crd(object) => &mut object.metadata,
            Self::Secret(object) | Self::ConfigMap(object) => &mut object.metadata,
            Self::Unjudged(_, object) => &mut object.metadata,
            Self::Foreign(object) => &mut object.metadata,
            Self::Ignored => return None,
        })
    }
}

/// Something that could not be read, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The file, or the API path.
    pub place: String,
    /// The object, as far as it can be named: `ServiceMonitor shop/cart`.
    pub object: Option<String>,
    /// The object, where it is one that can be named in full.
    pub id: Option<ObjectId>,
    /// What is wrong.
    pub message: String,
    /// 1-based line and column in the file, where known.
    pub position: Option<(usize, usize)>,
    /// The field that holds what it cannot hold, where known.
    pub path: Option<String>,
    /// Whether it is known that no API server takes it, as of files that are no YAML.
    pub refused: bool,
}

/// What came out of one document or page.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The objects.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub malformed: Vec<Malformed>,
    /// Answers of running servers.
    pub live: Vec<LivePod>,
    /// What operators say in events that they refuse.
    pub refusals: Vec<(ObjectId, Refusal)>,
    /// Kinds of which there was a list, even an empty one: proof that somebody looked.
    pub listed: Vec<Kind>,
    /// A list that was cut off: `metadata.continue` is set.
    pub cut: Option<String>,
}

/// One page of an API list.
#[derive(Debug, Default)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub malformed: Vec<Malformed>,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct RawList<'a> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// Reads one page of an API list of a kind; `place` names it in complaints.
///
/// # Errors
/// A message if the page is no list at all.
pub fn decode_page(kind: Kind, body: &[u8], place: &str, pem: Option<PemReader>) -> Result<Page, String> {
    let list: RawList<'_> = serde_json::from_slice(body).map_err(|error| format!("not a list of {}: {error}", kind.plural()))?;
    let mut page = Page { next: list.metadata.next.filter(|next| !next.is_empty()), ..Page::default() };
    for item in list.items.unwrap_or_default() {
        match decode(kind, &mut serde_json::Deserializer::from_str(item.get()), pem) {
            Ok(object) => page.objects.push(object),
            Err(error) => page
                .malformed
                .push(malformed(kind, place, None, &error.to_string(), || serde_json::from_str::<Value>(item.get()).ok())),
        }
    }
    Ok(page)
}

/// Reads one JSON value of a dump: an object, a `List`, a typed list at any depth, or a bare array.
pub fn decode_value(value: Value, place: &str, pem: Option<PemReader>) -> Decoded {
    let mut decoded = Decoded::default();
    walk(value, None, place, pem, &mut decoded);
    decoded
}

fn walk(mut value: Value, inherited: Option<(&str, &str)>, place: &str, pem: Option<PemReader>, out: &mut Decoded) {
    if let Value::Array(items) = value {
        items.into_iter().for_each(|item| walk(item, inherited, place, pem, out));
        return;
    }
    if let Some(targets) = LiveTargets::of_value(&value) {
        out.live.push(LivePod { targets: Answer::Given(targets), ..LivePod::default() });
        return;
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut api_version, mut kind) = (text(&value, "apiVersion"), text(&value, "kind"));
    // `kubectl get -w --output-watch-events` wraps each object.
    if kind.is_empty() && value.get("object").is_some_and(Value::is_object) && value.get("type").is_some() {
        walk(value["object"].take(), inherited, place, pem, out);
        return;
    }
    // Items of API lists lack both; client-go then takes those of the list.
    if api_version.is_empty()
        && kind.is_empty()
        && let Some((list_version, item_kind)) = inherited
    {
        (api_version, kind) = (list_version.to_owned(), item_kind.to_owned());
    }
    if value.get("items").is_some_and(|items| items.is_array() || items.is_null()) && kind.ends_with("List") {
        let item_kind = kind.trim_end_matches("List").to_owned();
        out.listed.extend(Kind::of_manifest(&api_version, &item_kind));
        if let Some(next) = value.pointer("/metadata/continue").and_then(Value::as_str).filter(|next| !next.is_empty()) {
            out.cut = Some(format!("the {kind} is cut off (continue token {next:.20})"));
        }
        let inherited = (!item_kind.is_empty()).then_some((api_version.as_str(), item_kind.as_str()));
        if let Value::Array(items) = value["items"].take() {
            items.into_iter().for_each(|item| walk(item, inherited, place, pem, out));
        }
        return;
    }
    single(&value, &api_version, &kind, place, pem, out);
}

/// Reads one object that is no list; `api_version` and `kind` are those of its list where it has none itself.
pub(crate) fn single(value: &Value, api_version: &str, kind: &str, place: &str, pem: Option<PemReader>, out: &mut Decoded) {
    let Some(known) = Kind::of_manifest(api_version, kind) else {
        if kind == "Event" {
            out.refusals.extend(Refusal::of_event(value));
        } else if let Some(foreign) = foreign(api_version, kind, value) {
            out.objects.push(Object::Foreign(foreign));
        } else if kind.is_empty() && looks_like_object(value) {
            out.malformed.push(Malformed {
                place: place.to_owned(),
                object: None,
                id: None,
                message: "an object without `kind`".to_owned(),
                position: None,
                path: None,
                refused: false,
            });
        }
        return;
    };
    match decode(known, value, pem) {
        Ok(object) => out.objects.push(object),
        Err(error) => {
            // The path of a mistyped entry of a Secret may be a credential, too.
            let mistyped = mistyped(known, value, pem).filter(|_| !known.fetched_by_name());
            out.malformed.push(malformed(known, place, mistyped, &error.to_string(), || Some(value.clone())));
        }
    }
}

fn looks_like_object(value: &Value) -> bool {
    value.get("metadata").is_some_and(Value::is_object)
}

/// Whether a kind is called like one of the operator's, or is a relative of one in another API group.
pub(crate) fn is_relative(kind: &str) -> bool {
    const RELATIVES: &[&str] = &["PodMonitoring", "ClusterPodMonitoring", "VMServiceScrape", "VMPodScrape"];
    Kind::all().any(|known| known.is_monitoring() && known.name() == kind) || RELATIVES.contains(&kind)
}

/// The operator's kinds and their relatives in other API groups.
fn foreign(api_version: &str, kind: &str, value: &Value) -> Option<Foreign> {
    if !is_relative(kind) {
        return None;
    }
    let metadata = Meta::deserialize(value.get("metadata")?).ok()?;
    Some(Foreign { api_version: api_version.to_owned(), kind: kind.to_owned(), metadata })
}

/// The field at which an object does not read as its kind because of the type of its value.
fn mistyped(kind: Kind, value: &Value, pem: Option<PemReader>) -> Option<String> {
    let mut track = serde_path_to_error::Track::new();
    let error = decode(kind, serde_path_to_error::Deserializer::new(value, &mut track), pem).err()?.to_string();
    if !error.starts_with("invalid type: ") && !error.starts_with("data did not match any variant") {
        return None;
    }
    let mut path = String::new();
    for step in &track.path() {
        path += &match step {
            Segment::Seq { index } => format!("[{index}]"),
            Segment::Map { key } | Segment::Enum { variant: key } => crate::path::key_text(key),
            Segment::Unknown => break,
        };
    }
    Some(path.trim_start_matches('.').to_owned()).filter(|path| !path.is_empty())
}

/// What serde says of a value that it did not expect, without the text of it, which may be a credential.
fn unquoted(message: &str) -> String {
    let Some((before, rest)) = message.split_once(": string \"") else { return message.to_owned() };
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    format!("{before}: string{}", end.map_or("", |end| &rest[end + 1..]))
}

/// What serde says of a value of another type, for people who do not write Rust.
fn in_words(path: Option<&str>, message: &str) -> String {
    let said = message.split_once("invalid type: ").and_then(|(before, rest)| Some((before, rest.split_once(", expected ")?)));
    let (place, found, wanted) = match said {
        Some((before, (found, wanted))) => (path.unwrap_or(before.trim_end_matches(": ")), found, wanted),
        None if message.starts_with("data did not match any variant") => {
            return format!("{} is of another type", path.unwrap_or("a value"));
        }
        None => return path.map_or_else(|| message.to_owned(), |path| format!("{path}: {message}")),
    };
    let wanted = match wanted {
        "a sequence" => "a list",
        "a map" => "an object",
        _ if wanted.starts_with("struct ") => "an object",
        _ if wanted.starts_with(['i', 'u']) && wanted[1..].parse::<u8>().is_ok() => "an integer",
        _ if wanted.starts_with('f') && wanted[1..].parse::<u8>().is_ok() => "a number",
        other => other,
    };
    let (sort, value) = found.split_once(' ').unwrap_or((found, ""));
    let found = match sort {
        "string" => "a string".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        "unit" | "null" => "null".to_owned(),
        "integer" | "floating" => format!("a number {}", value.trim_start_matches("point ").trim_matches('`')),
        "boolean" => format!("a boolean {}", value.trim_matches('`')),
        _ => found.to_owned(),
    };
    format!("{} must be {wanted}, not {found}", if place.is_empty() { "it" } else { place })
}

fn malformed(kind: Kind, place: &str, path: Option<String>, message: &str, value: impl FnOnce() -> Option<Value>) -> Malformed {
    let value = value().unwrap_or_default();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = ObjectId::new(kind, text("/metadata/namespace"), text("/metadata/name"));
    let named = !id.name.is_empty();
    let message = if kind.fetched_by_name() {
        // The deserializer quotes what it did not expect, and here that is a credential.
        format!("it does not read as a {kind}")
    } else {
        let message = unquoted(message.split(" at line ").next().unwrap_or(message));
        in_words(path.as_deref(), &message)
    };
    Malformed {
        place: place.to_owned(),
        object: Some(if named { id.to_string() } else { format!("a {kind} without a name") }),
        id: named.then_some(id),
        message,
        position: None,
        path,
        refused: false,
    }
}

#[derive(Deserialize)]
struct WithSpec {
    metadata: Meta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Option<Value>,
}

#[derive(Deserialize)]
struct MetaOnly {
    metadata: Meta,
}

/// Reads one object of a known kind.
///
/// # Errors
/// Those of the deserializer, where the object is not of the shape of its kind.
pub fn decode<'de, D: Deserializer<'de>>(kind: Kind, deserializer: D, pem: Option<PemReader>) -> Result<Object, D::Error> {
    use serde::de::Error as _;
    let object = match kind {
        Kind::ServiceMonitor | Kind::PodMonitor => {
            let object = WithSpec::deserialize(deserializer)?;
            let spec = MonitorSpec::deserialize(&object.spec).map_err(|error| D::Error::custom(format!("spec: {error}")))?;
            let status = object.status.and_then(|status| MonitorStatus::deserialize(status).ok()).unwrap_or_default();
            Object::Monitor(Monitor { kind, metadata: object.metadata, spec, raw: object.spec, status })
        }
        Kind::Prometheus | Kind::PrometheusAgent => {
            let object = WithSpec::deserialize(deserializer)?;
            let spec = ServerSpec::deserialize(&object.spec).map_err(|error| D::Error::custom(format!("spec: {error}")))?;
            let status = object.status.and_then(|status| ServerStatus::deserialize(status).ok());
            Object::Server(Box::new(Server { kind, metadata: object.metadata, spec, raw: object.spec, status }))
        }
        Kind::Namespace => Object::Namespace(Namespace::deserialize(deserializer)?),
        Kind::Service => {
            let mut object = Service::deserialize(deserializer)?;
            slim(&mut object.metadata);
            Object::Service(object)
        }
        Kind::Endpoints => Object::Endpoints(Endpoints::deserialize(deserializer)?),
        Kind::EndpointSlice => Object::EndpointSlice(EndpointSlice::deserialize(deserializer)?),
        Kind::Pod => {
            let mut object = Pod::deserialize(deserializer)?;
            slim(&mut object.metadata);
            object.slim();
            Object::Pod(object)
        }
        Kind::Ingress => {
            let mut object = Ingress::deserialize(deserializer)?;
            slim(&mut object.metadata);
            Object::Ingress(object)
        }
        Kind::Node => {
            let mut object = Node::deserialize(deserializer)?;
            slim(&mut object.metadata);
            Object::Node(object)
        }
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job | Kind::CronJob => {
            let mut object = Workload::deserialize(deserializer)?;
            slim(&mut object.metadata);
            object.metadata.dropped_annotations = Vec::new();
            Object::Workload(kind, Box::new(object))
        }
        Kind::Role | Kind::ClusterRole => Object::Role(Role::deserialize(deserializer)?),
        Kind::RoleBinding | Kind::ClusterRoleBinding => Object::Binding(Binding::deserialize(deserializer)?),
        Kind::CustomResourceDefinition => Object::Crd(Crd::deserialize(deserializer)?),
        Kind::Secret => Object::Secret(KeyStore::read(true, pem, deserializer)?),
        Kind::ConfigMap => Object::ConfigMap(KeyStore::read(false, pem, deserializer)?),
        Kind::Probe | Kind::ScrapeConfig | Kind::PeerAuthentication | Kind::NetworkPolicy => {
            let object = WithSpec::deserialize(deserializer)?;
            let status = object.status.and_then(|status| MonitorStatus::deserialize(status).ok()).unwrap_or_default();
            Object::Unjudged(kind, Unjudged { metadata: object.metadata, raw: object.spec, bindings: status.bindings })
        }
        // Rules are only counted, and they are big.
        Kind::PrometheusRule | Kind::ServiceAccount => {
            let metadata = MetaOnly::deserialize(deserializer)?.metadata;
            Object::Unjudged(kind, Unjudged { metadata, raw: Value::Null, bindings: Vec::new() })
        }
    };
    Ok(object)
}

/// What `kubectl apply` sent, as far as apply itself looks at it the next time.
#[derive(Deserialize)]
struct MetaOfSent {
    #[serde(default)]
    metadata: LabelsOfSent,
}

#[derive(Default, Deserialize)]
struct LabelsOfSent {
    #[serde(default)]
    labels: Option<Labels>,
}

/// Keeps of the annotations only the short ones, which tell owners and scrape wishes: the rest may be big. Their keys
/// stay, because Prometheus turns them into labels of their own.
fn slim(meta: &mut Meta) {
    let big = |key: &str, value: &str| key == LAST_APPLIED || value.len() >= 256;
    let applied = meta.annotations.get(LAST_APPLIED).and_then(|sent| serde_json::from_str::<MetaOfSent>(sent).ok());
    meta.applied_labels = applied.map(|sent| sent.metadata.labels.unwrap_or_default().into_keys().collect());
    let dropped = &mut meta.dropped_annotations;
    meta.annotations.retain(|key, value| {
        let big = big(key, value);
        dropped.extend(big.then(|| key.clone()));
        !big
    });
}

/// The annotation in which `kubectl apply` keeps what was sent.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_in_plain_words() {
        let cases = [
            (Some("spec.port"), "invalid type: string, expected i64", "spec.port must be an integer, not a string"),
            (Some("a"), "invalid type: integer `1`, expected a string", "a must be a string, not a number 1"),
            (None, "spec: invalid type: null, expected struct MonitorSpec", "spec must be an object, not null"),
            (None, "invalid type: floating point `1.5`, expected a sequence", "it must be a list, not a number 1.5"),
            (Some("a"), "invalid type: boolean `true`, expected a map", "a must be an object, not a boolean true"),
            (Some("a"), "data did not match any variant of untagged enum X", "a is of another type"),
            (Some("a"), "missing field `x`", "a: missing field `x`"),
        ];
        cases.iter().for_each(|(path, said, words)| assert_eq!(in_words(*path, said), *words));
    }
}
