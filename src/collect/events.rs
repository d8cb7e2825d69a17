//! What operators say in events. It is evidence and nothing else: who may not read events, or reads some of them only, goes
//! without.

use prom_doctor_checks::world::{ObjectId, REFUSED, Refusal};

use super::client::Cluster;
use super::get::encode;

/// Events pass; those of an operator are few.
const PAGES: usize = 20;

/// The refusals in a namespace, or everywhere.
pub(super) async fn refusals(cluster: &Cluster, namespace: Option<&str>) -> Vec<(ObjectId, Refusal)> {
    let place = namespace.map(|namespace| format!("/namespaces/{}", encode(namespace))).unwrap_or_default();
    let path = format!("/api/v1{place}/events?fieldSelector={}", encode(&format!("reason={REFUSED}")));
    let limit = Some(cluster.page()).filter(|page| *page > 0).map(|page| format!("&limit={page}")).unwrap_or_default();
    let mut all = Vec::new();
    let mut token = String::new();
    for _ in 0..PAGES {
        let Ok(body) = cluster.once(&format!("{path}{limit}{token}")).await else { break };
        let Some(page) = Refusal::of_page(&body) else { break };
        all.extend(page.refusals);
        match page.next {
            Some(next) => token = format!("&continue={}", encode(&next)),
            None => break,
        }
    }
    all
}
