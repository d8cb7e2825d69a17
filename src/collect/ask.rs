//! Questions to the running pods of a server, through the API server's proxy: they are GETs too, with the right `get` on
//! `pods/proxy`.

use std::time::Duration;

use bytes::Bytes;
use prom_doctor_checks::world::Ask;

use super::client::Cluster;
use super::get::encode;
use super::problem::Problem;

/// A pod that is stuck must not hold up the rest.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a pod does not answer.
#[derive(Debug)]
pub(super) struct Silence {
    /// The reason, for people.
    pub(super) why: String,
    /// Whether time does not mend it.
    pub(super) lasting: bool,
}

/// Asks a pod.
pub(super) async fn ask(cluster: &Cluster, namespace: &str, door: &str, ask: Ask) -> Result<Bytes, Silence> {
    let door: Vec<String> = door.split('/').map(encode).collect();
    let path = format!("/api/v1/namespaces/{}/pods/{}{}", encode(namespace), door.join("/"), ask.path());
    let answer = tokio::time::timeout(PATIENCE, cluster.once(&path)).await;
    let answer = answer.unwrap_or(Err(Problem::Timeout(PATIENCE)));
    answer.map_err(|problem| Silence { why: told(&problem, namespace), lasting: lasting(&problem) })
}

/// Whether asking again is no use: a right, credentials or a setting would have to be given first.
pub(super) fn lasting(problem: &Problem) -> bool {
    match problem {
        Problem::Forbidden(_) | Problem::Unauthorized(_) | Problem::Refused { status: 403, .. } => true,
        Problem::Refused { status: 400, message } => message.contains("HTTPS server"),
        _ => false,
    }
}

/// What is in the way. The proxy takes away the credentials of whoever asks, so a server with a password of its own
/// cannot be asked through it.
fn told(problem: &Problem, namespace: &str) -> String {
    match problem {
        Problem::Forbidden(_) => format!("you may not \"get pods/proxy in {namespace}\""),
        Problem::Unauthorized(_) | Problem::Refused { status: 403, .. } => {
            "it wants credentials of its own, which the API server's proxy does not pass on: give --prometheus-url".to_owned()
        }
        Problem::Refused { status: 400, message } if message.contains("HTTPS server") => {
            "it speaks HTTPS only, which its object does not say".to_owned()
        }
        Problem::NotFound(_) => "it has no such page: is its route prefix another one?".to_owned(),
        Problem::Failing { status: 503, message, .. } if message.contains("Service Unavailable") => {
            "it is starting and does not answer yet".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_names_what_to_do() {
        let of = |problem: Problem| told(&problem, "monitoring");
        assert_eq!(of(Problem::Forbidden(String::new())), "you may not \"get pods/proxy in monitoring\"");
        assert!(of(Problem::Unauthorized(String::new())).contains("--prometheus-url"));
        assert!(of(Problem::NotFound(String::new())).contains("route prefix"));
    }
}
