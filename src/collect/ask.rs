//! Questions to the running pods of a server: through the API server's proxy, which takes the right `get` on `pods/proxy`,
//! or through a port-forward where the user wants that. They are GETs too.

use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use prom_doctor_checks::operator::pods::Door;
use prom_doctor_checks::world::{Ask, LiveTargets};

use super::client::Cluster;
use super::forward::Forward;
use super::get::encode;
use super::problem::Problem;

/// A pod that is stuck must not hold up the rest.
const PATIENCE: Duration = Duration::from_secs(15);
/// The targets of a big server take a while to come; that they come is seen meanwhile.
const LONG: Duration = Duration::from_secs(60);

/// Why a pod does not answer.
#[derive(Debug)]
pub(super) struct Silence {
    /// The reason, for people.
    pub(super) why: String,
    /// Whether time does not mend it.
    pub(super) lasting: bool,
}

/// What a pod answers.
#[derive(Debug)]
pub(super) enum Heard {
    /// As it came.
    Text(Bytes),
    /// Its targets, or what the answer is instead.
    Targets(Result<LiveTargets, String>),
}

/// Asks a pod.
pub(super) async fn ask(
    cluster: &Cluster,
    server: &(String, String),
    door: &Door,
    ask: Ask,
    pools: &[String],
) -> Result<Heard, Silence> {
    let (client, place, forward) = way(cluster, server, door, ask != Ask::Reloader)?;
    let work = async {
        if ask == Ask::Targets {
            return Ok(Heard::Targets(targets(&client, &place, pools).await?));
        }
        let path = format!("{place}{}", ask.path());
        // What a reloader counts is no JSON.
        let answer = if ask == Ask::Reloader { client.text(&path).await } else { client.once(&path).await };
        answer.map(Heard::Text)
    };
    let limit = if ask == Ask::Targets { LONG } else { PATIENCE };
    let answer = tokio::time::timeout(limit, work).await.unwrap_or(Err(Problem::Timeout(limit)));
    match answer {
        Ok(heard) => Ok(heard),
        Err(problem) => Err(silence(cluster, server, &problem, forward).await),
    }
}

/// Asks an operator what it counts. No credentials go there.
pub(super) async fn measure(cluster: &Cluster, namespace: &str, door: &Door) -> Result<Bytes, Silence> {
    let nobody = (namespace.to_owned(), String::new());
    let (client, place, forward) = way(cluster, &nobody, door, false)?;
    let path = format!("{place}/metrics");
    let answer = tokio::time::timeout(PATIENCE, client.text(&path)).await;
    match answer.unwrap_or(Err(Problem::Timeout(PATIENCE))) {
        Ok(body) => Ok(body),
        Err(problem) => Err(silence(cluster, &nobody, &problem, forward).await),
    }
}

/// The way into a pod: a client, and what comes before every path.
fn way(
    cluster: &Cluster,
    server: &(String, String),
    door: &Door,
    own: bool,
) -> Result<(Cluster, String, Option<Forward>), Silence> {
    // Names come out of objects that anybody may have written.
    if door.pod.is_empty() || door.pod.contains(['/', '%', '?', '#']) || door.pod.contains("..") {
        return Err(Silence { why: format!("{:?} is no name of a pod", door.pod), lasting: true });
    }
    match cluster.forward(server, door, own) {
        Some(Ok(forward)) => return Ok((forward.client.afresh(), String::new(), Some(forward))),
        Some(Err(why)) => return Err(Silence { why, lasting: true }),
        None => {}
    }
    if door.local {
        let why = "it listens on localhost only (listenLocal), where the API server's proxy cannot reach it: --port-forward does";
        return Err(Silence { why: why.to_owned(), lasting: true });
    }
    let door: Vec<String> = door.proxied().map(|part| encode(&part)).collect();
    Ok((cluster.clone(), format!("/api/v1/namespaces/{}/pods/{}", encode(&server.0), door.join("/")), None))
}

async fn silence(cluster: &Cluster, server: &(String, String), problem: &Problem, forward: Option<Forward>) -> Silence {
    let why = match forward {
        Some(forward) => told_forwarded(problem, &forward, cluster.trusts(server)).await,
        None => told(problem, &server.0),
    };
    Silence { why, lasting: lasting(problem) }
}

/// The targets of some pools, or of all. Of those that are dropped only the number is wanted, pool by pool, and they are
/// many times as many: since 2.42 a pool that does not exist leaves the numbers and nothing else. Older servers have no
/// numbers and do not know the parameter; they are asked for everything.
pub(super) async fn targets(client: &Cluster, place: &str, pools: &[String]) -> Result<Result<LiveTargets, String>, Problem> {
    const NONE: &str = "(none)";
    let path = format!("{place}{}", Ask::Targets.path());
    let read = |body: &mut dyn Read| LiveTargets::read(body);
    let get = async |query: &str| client.through(&format!("{path}{query}"), read).await;
    if !pools.is_empty() {
        let mut all = LiveTargets::default();
        for pool in pools {
            match get(&format!("?scrapePool={}", encode(pool))).await? {
                Ok(targets) => all.join(targets),
                Err(why) => return Ok(Err(why)),
            }
        }
        // A server that does not know the parameter has told of each pool as often as it was asked.
        let asked = |pool: &str| pools.iter().any(|asked| asked == pool);
        all.active.retain(|target| asked(&target.pool));
        all.active.sort_by(|a, b| (&a.pool, &a.url, &a.labels).cmp(&(&b.pool, &b.url, &b.labels)));
        all.active.dedup_by(|a, b| (&a.pool, &a.url, &a.labels) == (&b.pool, &b.url, &b.labels));
        all.only = pools.to_vec();
        return Ok(Ok(all));
    }
    match get(&format!("?state=dropped&scrapePool={}", encode(NONE))).await? {
        Ok(mut all) if all.all_pools => match get("?state=active").await? {
            Ok(active) => {
                all.join(active);
                Ok(Ok(all))
            }
            Err(why) => Ok(Err(why)),
        },
        _ => get("").await,
    }
}

/// Whether asking again is no use: a right, credentials or a setting would have to be given first.
pub(super) fn lasting(problem: &Problem) -> bool {
    match problem {
        Problem::Forbidden(_) | Problem::Unauthorized(_) | Problem::Refused { status: 403, .. } | Problem::Redirected { .. } => {
            true
        }
        Problem::Refused { status: 400, message } => message.contains("HTTPS server"),
        Problem::Shut { lasting, .. } => *lasting,
        _ => false,
    }
}

/// What is in the way. The proxy takes away the credentials of whoever asks, so a server with a password of its own
/// cannot be asked through it.
fn told(problem: &Problem, namespace: &str) -> String {
    const OWN: &str = "which the API server's proxy does not pass on: give --prometheus-url, or --port-forward with --prometheus";
    match problem {
        Problem::Forbidden(_) => format!("you may not \"get pods/proxy in {namespace}\""),
        Problem::Unauthorized(_) | Problem::Refused { status: 403, .. } => format!("it wants credentials of its own, {OWN}"),
        Problem::Redirected { status, to } => {
            format!("it redirects ({status}) to {to}, as a proxy for logins does, and wants credentials, {OWN}")
        }
        Problem::Failing { status: 500..=504, message, .. } if message.contains("error trying to reach service") => {
            unreached(message)
        }
        other => of_server(other),
    }
}

/// What the API server says of a pod that it does not reach.
fn unreached(message: &str) -> String {
    let (_, why) = message.split_once("error trying to reach service: ").unwrap_or(("", message));
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    match () {
        () if says(&["certificate required", "bad certificate", "handshake failure"]) => {
            format!(
                "it wants a client certificate, which the API server's proxy does not have ({why}): give --port-forward with --prometheus-cert"
            )
        }
        () if says(&["gave HTTP response to HTTPS client", "first record does not look like a TLS handshake"]) => {
            "it speaks HTTP, while its object says HTTPS".to_owned()
        }
        () if says(&["connection refused"]) => format!("nothing listens at its port ({why})"),
        () if says(&["EOF", "reset by peer", "broken pipe"]) => {
            format!(
                "it closes the connection ({why}): a mesh that wants its own certificates does; --port-forward comes from within the pod"
            )
        }
        () => format!("the API server does not reach its pod ({why})"),
    }
}

/// What is in the way at the other end of a port-forward.
async fn told_forwarded(problem: &Problem, forward: &Forward, trusted: bool) -> String {
    let ends = matches!(problem, Problem::Broken(_) | Problem::Connect(_) | Problem::Timeout(_));
    if let Some(why) = if ends { forward.broken().await } else { None } {
        return why;
    }
    match problem {
        Problem::Shut { why, .. } => why.clone(),
        Problem::Unauthorized(_) | Problem::Forbidden(_) | Problem::Refused { status: 403, .. } if trusted => {
            "it wants other credentials: give PROMETHEUS_TOKEN, or PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD".to_owned()
        }
        Problem::Unauthorized(_) | Problem::Forbidden(_) | Problem::Refused { status: 403, .. } => {
            "it wants credentials: give PROMETHEUS_TOKEN, or user and password, and --prometheus NS/NAME, as they are sent to that one only"
                .to_owned()
        }
        Problem::Redirected { status, to } => format!("it redirects ({status}) to {to}, as a proxy for logins does"),
        Problem::Connect(why) if why.contains("does not speak TLS") => "it speaks HTTP, while its object says HTTPS".to_owned(),
        Problem::Connect(why) | Problem::Broken(why) if why.contains("ertificate") => {
            "it wants a client certificate: give --prometheus-cert and --prometheus-key, and --prometheus NS/NAME".to_owned()
        }
        other => of_server(other),
    }
}

/// What a server itself answers that is none of its answers.
fn of_server(problem: &Problem) -> String {
    match problem {
        Problem::Refused { status: 400, message } if message.contains("HTTPS server") => {
            "it speaks HTTPS only, which its object does not say".to_owned()
        }
        Problem::NotFound(_) => "it has no such page: is its route prefix another one?".to_owned(),
        Problem::Page(_) => "it answers with a page for people, not as Prometheus does: a login stands before it?".to_owned(),
        Problem::Failing { status: 503, message, .. } if message.contains("Service Unavailable") => {
            "it is starting and does not answer yet".to_owned()
        }
        Problem::Failing { status, message, .. } => format!("it fails ({status}): {message}"),
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
        assert!(of(Problem::Redirected { status: 302, to: "https://idp/oauth".to_owned() }).contains("https://idp/oauth"));
        assert!(of(Problem::Page("<!DOCTYPE".to_owned())).contains("page for people"));
    }

    #[test]
    fn why_the_api_server_does_not_reach_a_pod_is_told() {
        let of = |why: &str| {
            let message = format!("error trying to reach service: {why}");
            told(&Problem::Failing { status: 503, message, retry_after: None }, "monitoring")
        };
        assert!(
            of("EOF").contains("mesh") && of("read tcp 10.0.0.1:1->10.0.0.2:2: read: connection reset by peer").contains("mesh")
        );
        assert!(of("remote error: tls: certificate required").contains("--prometheus-cert"));
        assert!(of("http: server gave HTTP response to HTTPS client").contains("speaks HTTP"));
        assert!(of("dial tcp 10.0.0.2:9090: connect: connection refused").contains("nothing listens"));
        assert!(of("dial tcp 10.0.0.2:9090: i/o timeout").contains("does not reach its pod (dial tcp"));
    }
}
