//! All objects of a kind, page by page.

use std::time::Duration;

use prom_doctor_checks::world::{Kind, Malformed, Object, decode_page};

use super::client::Cluster;
use super::get::{encode, folder};
use super::pem::read_pem;
use super::problem::Problem;
use super::retry::Patience;

/// Halving goes no further: by then the size of a page is not what ails the server.
const SMALLEST: usize = 25;
/// Kubernetes keeps fewer objects of a kind than this; a server that goes on for longer goes in circles.
const PAGES: usize = 100_000;

/// What came of listing a kind.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) objects: Vec<Object>,
    pub(super) malformed: Vec<Malformed>,
    /// Whether the list ended, and if not, why.
    pub(super) end: Result<(), Problem>,
}

/// Lists a kind, in one namespace or everywhere; `on_page` hears how many objects there are
/// so far, where more are to come.
pub(super) async fn list(cluster: &Cluster, kind: Kind, namespace: Option<&str>, on_page: impl Fn(usize)) -> Listing {
    let place = folder(kind, namespace);
    let mut listing = Listing { objects: Vec::new(), malformed: Vec::new(), end: Ok(()) };
    let (mut limit, mut token, mut restarted, mut pages) = (cluster.page(), None::<String>, false, 0);
    let mut patience = Patience::new();
    loop {
        let problem = match cluster.once(&address(&place, limit, token.as_deref())).await {
            Ok(body) => match decode_page(kind, &body, &place, Some(read_pem)) {
                Ok(page) => {
                    pages += 1;
                    listing.objects.extend(page.objects);
                    listing.malformed.extend(page.malformed);
                    match page.next {
                        None => return listing,
                        Some(next) if token.as_ref() == Some(&next) || pages > PAGES => {
                            Problem::Unreadable("the list goes in circles".to_owned())
                        }
                        Some(next) => {
                            on_page(listing.objects.len());
                            token = Some(next);
                            patience = Patience::new();
                            continue;
                        }
                    }
                }
                Err(message) => Problem::Unreadable(message),
            },
            Err(problem) => problem,
        };
        if matches!(problem, Problem::Gone(_)) && token.is_some() && !restarted {
            // What was read belongs to a state that the server has forgotten; once more, in one piece.
            (listing.objects, listing.malformed) = (Vec::new(), Vec::new());
            (limit, token, restarted) = (0, None, true);
            continue;
        }
        let smaller = cluster.reached() && limit > SMALLEST;
        let Some(pause) = patience.pause(&problem, smaller) else {
            listing.end = Err(problem);
            return listing;
        };
        if smaller && matches!(problem, Problem::Shedding { .. } | Problem::Timeout(_)) {
            limit = (limit / 2).max(SMALLEST);
        }
        if pause > Duration::ZERO {
            tokio::time::sleep(pause).await;
        }
    }
}

/// No `resourceVersion`: with one of 0 some servers ignore the limit and send everything.
fn address(place: &str, limit: usize, token: Option<&str>) -> String {
    let limit = (limit > 0).then(|| format!("limit={limit}"));
    let token = token.map(|token| format!("continue={}", encode(token)));
    let query: Vec<String> = limit.into_iter().chain(token).collect();
    if query.is_empty() { place.to_owned() } else { format!("{place}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address("/api/v1/pods", 0, None), "/api/v1/pods");
        assert_eq!(address("/api/v1/pods", 500, Some("ey==")), "/api/v1/pods?limit=500&continue=ey%3D%3D");
    }
}
