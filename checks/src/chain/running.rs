//! A job of a server, ready to be run over what is discovered for it, on all shards.

use serde_json::{Value, json};

use super::server::ServerFacts;
use crate::operator::shard;
use crate::prometheus::discovery::{Discovery, Viewpoint, not_evaluated};
use crate::prometheus::relabel::{Patterns, Semantics};
use crate::prometheus::sharded::ShardedJob;
use crate::world::{Server, World};

/// A job and its discovery.
#[derive(Clone, Debug)]
pub struct Running<'w> {
    /// The job on each shard.
    pub job: ShardedJob,
    /// Its Kubernetes discovery, entry by entry.
    pub discovery: Vec<Discovery<'w>>,
    /// Kinds of discovery in it that are not evaluated: `consul_sd_configs`.
    pub not_evaluated: Vec<String>,
}

impl<'w> Running<'w> {
    /// Prepares a job as it lies in the Secret, or as the operator would write it there; `Err` says why it cannot be run.
    pub fn new(world: &'w World, facts: &ServerFacts<'w>, job: &Value, patterns: &mut Patterns) -> Result<Self, String> {
        let server = facts.server;
        let shards = shard::shards(server);
        if shards > shard::MOST {
            return Err(format!("the targets of {shards} shards are too many to evaluate"));
        }
        let everywhere;
        let job = if server.is_daemon_set() {
            everywhere = shard::on_all_nodes(job);
            &everywhere
        } else {
            job
        };
        // Where the file was not seen, the operator would write these of what matters to targets.
        let global = match facts.decoded() {
            Some(config) => config.redacted["global"].clone(),
            None => json!({"scrape_interval": server.scrape_interval(), "scrape_timeout": timeout(&server.spec.scrape_timeout),
                "metric_name_validation_scheme": scheme(server)}),
        };
        let variables: Vec<_> = (0..shards).map(|at| shard::variables(server, at)).collect();
        let scheme = [job, &global].into_iter().find_map(|from| from.get("metric_name_validation_scheme"));
        let features = server.raw.get("enableFeatures").and_then(Value::as_array);
        let semantics = Semantics {
            version: facts.prometheus_version,
            legacy_names: scheme.is_some_and(|scheme| scheme == "legacy"),
            no_default_port: features.is_some_and(|all| all.iter().any(|feature| feature == "no-default-scrape-port")),
        };
        let job = ShardedJob::new(job, &global, &variables, &shard::OF_PODS, semantics, patterns);
        let from = Viewpoint { version: facts.prometheus_version, namespace: &server.metadata.namespace };
        let discovery = job.job.discovery.iter().map(|sd| Discovery::new(world, sd, from)).collect();
        let not_evaluated = not_evaluated(&job.job.redacted).into_iter().map(str::to_owned).collect();
        Ok(Self { job, discovery, not_evaluated })
    }
}

/// `Legacy` or `UTF8` in the API, in small letters in the file.
fn scheme(server: &Server) -> Option<String> {
    Some(server.raw.get("nameValidationScheme")?.as_str()?.to_ascii_lowercase())
}

fn timeout(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
