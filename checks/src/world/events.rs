//! What operators say in events: that they refuse an object (OP-REP-2). They do since 0.71, where they may; events are kept
//! for an hour or so, and that there is none shows nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Kind, ObjectId, seconds};
use crate::text::{line, without_credentials};

/// The reason by which such events are found.
pub const REFUSED: &str = "InvalidConfiguration";

/// An operator refused an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Prometheus or PrometheusAgent: each has a controller of its own.
    pub server_kind: Kind,
    /// Namespace and name of the server; operators tell it since 0.86.
    pub server: Option<(String, String)>,
    /// What for, without credentials.
    pub says: String,
    /// When it last did, in seconds since 1970. Where it does so again and again, the time may lag by half an hour.
    pub at: Option<i64>,
}

/// A page of events.
#[derive(Clone, Debug, Default)]
pub struct RefusalPage {
    /// The refusals among them.
    pub refusals: Vec<(ObjectId, Refusal)>,
    /// The token of the next page.
    pub next: Option<String>,
}

/// The newest refusals, by object.
pub type Refusals = BTreeMap<ObjectId, Vec<Refusal>>;

/// An event, in the form of either API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    reason: String,
    #[serde(default, alias = "regarding")]
    involved_object: Option<Reference>,
    #[serde(default)]
    related: Option<Reference>,
    #[serde(default, alias = "note")]
    message: String,
    #[serde(default, alias = "reportingController")]
    reporting_component: Option<String>,
    #[serde(default, alias = "deprecatedSource")]
    source: Option<Source>,
    #[serde(default, alias = "deprecatedLastTimestamp")]
    last_timestamp: Option<String>,
    #[serde(default)]
    event_time: Option<String>,
    #[serde(default)]
    series: Option<Series>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    component: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    #[serde(default)]
    last_observed_time: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    creation_timestamp: Option<String>,
}

/// A page of events.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default, borrow)]
    items: Vec<&'a serde_json::value::RawValue>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

impl Refusal {
    /// Reads an event; `None` for those that are none of an operator's refusals.
    pub fn of_event(event: &Value) -> Option<(ObjectId, Self)> {
        // Most events are of others, and dumps have many.
        if event.get("reason").and_then(Value::as_str) != Some(REFUSED) {
            return None;
        }
        Self::of_raw(Raw::deserialize(event).ok()?)
    }

    fn of_raw(raw: Raw) -> Option<(ObjectId, Self)> {
        if raw.reason != REFUSED {
            return None;
        }
        let of_source = raw.source.map(|source| source.component);
        let component = [raw.reporting_component, of_source].into_iter().flatten().find(|component| !component.is_empty())?;
        let server_kind = match component.as_str() {
            "prometheus-controller" => Kind::Prometheus,
            "prometheusagent-controller" => Kind::PrometheusAgent,
            _ => return None,
        };
        let object = raw.involved_object?;
        let kind = Kind::of_manifest(&object.api_version, &object.kind).filter(|kind| kind.is_monitoring())?;
        let (_, says) = raw.message.split_once("rejected due to invalid configuration: ").unwrap_or(("", &raw.message));
        let times = [raw.series.and_then(|series| series.last_observed_time), raw.last_timestamp, raw.event_time];
        let at = times.into_iter().flatten().filter_map(|time| seconds(&time)).max();
        Some((
            ObjectId::new(kind, object.namespace, object.name),
            Self {
                server_kind,
                server: raw
                    .related
                    .filter(|server| server.kind == server_kind.name())
                    .map(|server| (server.namespace, server.name)),
                says: line(&without_credentials(says), 400),
                at: at.or(raw.metadata.creation_timestamp.as_deref().and_then(seconds)),
            },
        ))
    }

    /// Reads a page of a list; `None` where it is none.
    pub fn of_page(body: &[u8]) -> Option<RefusalPage> {
        let page: Page<'_> = serde_json::from_slice(body).ok()?;
        let events = page.items.iter().filter_map(|item| serde_json::from_str::<Raw>(item.get()).ok());
        let next = page.metadata.next.filter(|next| !next.is_empty());
        Some(RefusalPage { refusals: events.filter_map(Self::of_raw).collect(), next })
    }
}

/// Adds a refusal; of several of one server by one controller the newest counts.
pub(super) fn add(all: &mut Refusals, id: ObjectId, refusal: Refusal) {
    let known = all.entry(id).or_default();
    let same = |other: &&mut Refusal| other.server_kind == refusal.server_kind && other.server == refusal.server;
    match known.iter_mut().find(same) {
        Some(other) if other.at < refusal.at => *other = refusal,
        Some(_) => {}
        None => known.push(refusal),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The same refusal as 0.71 tells it, and as 0.86 does, read in either API.
    #[test]
    fn refusals_are_read_in_each_form() {
        let object =
            json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "namespace": "shop", "name": "cart"});
        let server =
            json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "namespace": "monitoring", "name": "k8s"});
        let old = json!({"kind": "Event", "apiVersion": "v1", "reason": "InvalidConfiguration", "involvedObject": object,
            "message": "ServiceMonitor cart was rejected due to invalid configuration: proxy http://u:p@h is bad",
            "source": {"component": "prometheus-controller"}, "reportingComponent": "", "lastTimestamp": "2026-01-01T00:00:09Z",
            "firstTimestamp": "2026-01-01T00:00:00Z", "eventTime": null});
        let core = json!({"kind": "Event", "apiVersion": "v1", "reason": "InvalidConfiguration", "involvedObject": object, "related": server,
            "message": "\"shop/cart\" was rejected due to invalid configuration: proxy http://u:p@h is bad", "source": {},
            "reportingComponent": "prometheus-controller", "eventTime": "2026-01-01T00:00:01.000000Z", "lastTimestamp": null,
            "series": {"count": 3, "lastObservedTime": "2026-01-01T00:00:09.000000Z"}});
        let new = json!({"kind": "Event", "apiVersion": "events.k8s.io/v1", "reason": "InvalidConfiguration", "regarding": object,
            "related": server, "note": "\"shop/cart\" was rejected due to invalid configuration: proxy http://u:p@h is bad",
            "reportingController": "prometheus-controller", "eventTime": "2026-01-01T00:00:09.000000Z", "deprecatedSource": {}});
        for (event, known) in [(&old, false), (&core, true), (&new, true)] {
            let (id, refusal) = Refusal::of_event(event).unwrap_or_else(|| panic!("{event:#}"));
            assert_eq!(id.to_string(), "ServiceMonitor shop/cart");
            assert_eq!((refusal.at, refusal.server.is_some()), (Some(1_767_225_609), known), "{event:#}");
            assert!(refusal.says.starts_with("proxy http://") && !refusal.says.contains("u:p"), "{}", refusal.says);
        }
        for (field, value) in [("reason", "BackOff"), ("reportingComponent", "alertmanager-controller")] {
            let mut other = core.clone();
            other[field] = value.into();
            assert_eq!(Refusal::of_event(&other), None, "{field}");
        }
        let page = json!({"kind": "EventList", "metadata": {"continue": "x"}, "items": [old, {"reason": 5}, core]});
        let page = Refusal::of_page(page.to_string().as_bytes()).unwrap();
        assert_eq!((page.refusals.len(), page.next.as_deref()), (2, Some("x")));
    }
}
