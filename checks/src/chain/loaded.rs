//! Link `loaded`, as far as the Secret or the monitors tell: a configuration that Prometheus refuses as a whole
//! (OP-SYNC-5, OP-RLD-6). What is really loaded only the running server knows.

use super::selected::selected;
use super::server::ServerFacts;
use super::state::State;
use crate::operator::accept::{Reason, Rejection, examine, let_through};
use crate::operator::version::Version;
use crate::path::{Step, parse};
use crate::prometheus::config::{Config, Job};
use crate::prometheus::strict::{self, Cause, Refused};
use crate::world::{Monitor, ObjectId, Server, Unseen, UnseenReason, World};

/// Something that makes Prometheus refuse all of its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the job, or its place where it has none; empty where no configuration was seen, and for what stands
    /// outside of jobs.
    pub job: String,
    /// The monitor that brought it, where the job is one's.
    pub monitor: Option<ObjectId>,
    /// The field of the monitor: `spec.endpoints[0].scrapeTimeout`; of a job of nobody, the path in the job; else the
    /// path in the file.
    pub path: String,
    /// Why.
    pub reason: Reason,
    /// Whether the configuration itself was seen, or is only told from the monitor.
    pub seen: bool,
    /// Whether it holds for every version of Prometheus that may run.
    pub certain: bool,
}

/// What Prometheus would refuse in the configuration of a server: as it lies in the Secret, or, where that was not
/// seen, as the monitors that the server takes will make it.
pub(super) fn refusals(world: &World, facts: &ServerFacts<'_>) -> Vec<Refusal> {
    let Some(config) = facts.decoded() else {
        let takes = |monitor: &&Monitor| {
            !selected(world, monitor.kind, &monitor.metadata, facts.server, facts.unmanaged).state.is_failed()
        };
        let accepts = |monitor: &Monitor| {
            let version = facts.operator_version;
            examine(world, monitor, facts.server, version, facts.prometheus_version).rejections.is_empty()
        };
        let of = |monitor: &Monitor| Some(predicted(world, monitor, facts)).filter(|all| !all.is_empty() && accepts(monitor));
        return world.monitors.iter().filter(takes).filter_map(of).flatten().collect();
    };
    let versions = running(facts.server);
    let mut out: Vec<Refusal> = Vec::new();
    for refused in strict::refusals(&config.redacted, &config.repeated, &versions) {
        // A version that nobody named may be newer than those that were read, and know a key, a role or a protocol.
        let certain = !versions.is_empty() || !matches!(refused.cause, Cause::UnknownKey | Cause::Other);
        let known = |new: &Refusal| {
            let same = |other: &&Refusal| other.monitor == new.monitor && other.path == new.path;
            out.iter().filter(same).any(|other| new.monitor.is_some() || other.job == new.job)
        };
        let mut new = match refused.job.and_then(|at| config.jobs.get(at)) {
            Some(job) => of_job(world, facts, config, job, refused),
            None => vec![of_nobody(String::new(), refused)],
        };
        new.retain(|refusal| !known(refusal));
        out.extend(new.into_iter().map(|refusal| Refusal { certain, ..refusal }));
    }
    out
}

/// The versions that may run, as the server tells: those of its image and of its spec; none where it tells none. Only
/// what both refuse is refused for certain, for the tag of an image may be of any kind.
fn running(server: &Server) -> Vec<Version> {
    let spec = Version::parse(&server.spec.version);
    let image = Version::of_image(&server.spec.image).filter(|version| (2..=3).contains(&version.major));
    let mut versions: Vec<Version> = spec.into_iter().chain(image).collect();
    versions.dedup();
    versions
}

/// What the configuration would be refused for because of one monitor, should it get there as it is.
pub(super) fn predicted(world: &World, monitor: &Monitor, facts: &ServerFacts<'_>) -> Vec<Refusal> {
    let found = let_through(world, monitor, facts.server, facts.operator_version, facts.prometheus_version);
    let refusal = |Rejection { reason, path, .. }| Refusal {
        job: String::new(),
        monitor: Some(monitor.id()),
        path,
        reason,
        seen: false,
        certain: true,
    };
    found.into_iter().map(refusal).collect()
}

/// The monitor of a job.
fn owner<'w>(world: &'w World, job: &Job) -> Option<&'w Monitor> {
    let origin = job.origin.as_ref()?;
    let of = |monitor: &&Monitor| super::generated::is_job_of(job, monitor, origin.endpoint);
    world.monitors.named(&origin.namespace, &origin.name).find(of)
}

fn of_nobody(job: String, refused: Refused) -> Refusal {
    let reason = match refused.cause {
        Cause::Duration { text } => Reason::Duration { text },
        Cause::Timeout { timeout, interval, global } => Reason::Timeout { timeout, interval, of_server: global },
        Cause::Rule => Reason::Relabel { why: refused.text },
        _ => Reason::Job { why: refused.text },
    };
    Refusal { job, monitor: None, path: refused.path, reason, seen: true, certain: true }
}

/// What is refused in a job, at the fields of its monitor. The monitor still says what the job says: then the field is
/// known to the letter.
fn of_job(world: &World, facts: &ServerFacts<'_>, config: &Config, job: &Job, refused: Refused) -> Vec<Refusal> {
    let at = refused.job.unwrap_or_default();
    let name = if job.name.is_empty() { format!("scrape_configs[{at}]") } else { job.name.clone() };
    if refused.cause == Cause::SameName {
        return vec![double(world, config, name, refused)];
    }
    let Some(monitor) = owner(world, job) else {
        return vec![of_nobody(name, refused)];
    };
    let endpoint = job.origin.as_ref().map_or(0, |origin| origin.endpoint);
    let prefix = format!("spec.{}[{endpoint}]", monitor.endpoints_field());
    let path = match field(&refused) {
        Some(Field::OfEndpoint(field)) => format!("{prefix}.{field}"),
        Some(Field::OfSpec(field)) => format!("spec.{field}"),
        None => prefix,
    };
    let same = |path: &str, reason: Reason| Refusal {
        job: name.clone(),
        monitor: Some(monitor.id()),
        path: path.to_owned(),
        reason,
        seen: true,
        certain: true,
    };
    if matches!(refused.cause, Cause::Auth | Cause::Duration { .. } | Cause::Timeout { .. } | Cause::Rule) {
        let own = predicted(world, monitor, facts);
        let (exact, below): (Vec<_>, Vec<_>) =
            own.iter().filter(|own| own.path.starts_with(&path)).partition(|own| own.path == path);
        let own = if exact.is_empty() { below } else { exact };
        if !own.is_empty() {
            return own.into_iter().map(|own| same(&own.path, own.reason.clone())).collect();
        }
    }
    let reason = match refused.cause {
        Cause::Auth => Reason::AuthConflict { fields: ways_to_authenticate(job) },
        Cause::UnknownKey | Cause::Other | Cause::SameName => {
            Reason::Job { why: format!("{} of its job: {}", refused.path, refused.text) }
        }
        _ => return vec![same(&path, of_nobody(String::new(), refused).reason)],
    };
    vec![same(&path, reason)]
}

/// Job names must be different. Up to operator 0.46 a ServiceMonitor and a PodMonitor of one name made the same.
fn double(world: &World, config: &Config, name: String, refused: Refused) -> Refusal {
    let jobs = config.jobs.iter().filter(|job| job.name == name);
    let count = jobs.clone().count();
    let monitor = jobs.rev().find_map(|job| owner(world, job)).map(Monitor::id);
    let path = if monitor.is_some() { "metadata.name".to_owned() } else { refused.path };
    let reason = Reason::Job { why: format!("{count} jobs have the name {name:?}") };
    Refusal { job: name, monitor, path, reason, seen: true, certain: true }
}

/// The ways to authenticate that a job has, by the fields of a monitor.
fn ways_to_authenticate(job: &Job) -> Vec<&'static str> {
    let names = [
        ("authorization", "authorization"),
        ("basic_auth", "basicAuth"),
        ("bearer_token", "bearerTokenSecret"),
        ("bearer_token_file", "bearerTokenFile"),
        ("oauth2", "oauth2"),
    ];
    names.into_iter().filter(|(key, _)| job.redacted.get(key).is_some()).map(|(_, field)| field).collect()
}

/// A field of a monitor.
enum Field {
    OfEndpoint(String),
    OfSpec(&'static str),
}

/// The field of a monitor that a key of its job comes from; `None` where it is none, or more than one.
fn field(refused: &Refused) -> Option<Field> {
    let steps = parse(&refused.path).ok()?;
    let Step::Key(key) = steps.first()? else {
        return None;
    };
    let field = match key.as_str() {
        _ if refused.cause == Cause::Auth => return None,
        // The operator puts its own rules first; how many a user wrote is known by counting from the end only for
        // samples, where all rules are the user's.
        "relabel_configs" => "relabelings",
        "metric_relabel_configs" => return Some(Field::OfEndpoint(rule_field(&steps)?)),
        "scrape_interval" => "interval",
        "scrape_timeout" => "scrapeTimeout",
        "metrics_path" => "path",
        "basic_auth" => "basicAuth",
        "authorization" => "authorization",
        "oauth2" => "oauth2",
        "bearer_token" => "bearerTokenSecret",
        "bearer_token_file" => "bearerTokenFile",
        "tls_config" => "tlsConfig",
        "params" => "params",
        "proxy_url" => "proxyUrl",
        "sample_limit" => return Some(Field::OfSpec("sampleLimit")),
        "target_limit" => return Some(Field::OfSpec("targetLimit")),
        "label_limit" => return Some(Field::OfSpec("labelLimit")),
        "label_name_length_limit" => return Some(Field::OfSpec("labelNameLengthLimit")),
        "label_value_length_limit" => return Some(Field::OfSpec("labelValueLengthLimit")),
        "body_size_limit" => return Some(Field::OfSpec("bodySizeLimit")),
        "keep_dropped_targets" => return Some(Field::OfSpec("keepDroppedTargets")),
        "scrape_protocols" => return Some(Field::OfSpec("scrapeProtocols")),
        "fallback_scrape_protocol" => return Some(Field::OfSpec("fallbackScrapeProtocol")),
        "kubernetes_sd_configs" if refused.path.contains(".attach_metadata") => return Some(Field::OfSpec("attachMetadata")),
        _ => return None,
    };
    Some(Field::OfEndpoint(field.to_owned()))
}

/// The field of a rule for samples.
fn rule_field(steps: &[Step]) -> Option<String> {
    let Step::Index(index) = steps.get(1)? else {
        return None;
    };
    let field = match steps.get(2) {
        Some(Step::Key(key)) => match key.as_str() {
            "source_labels" => ".sourceLabels",
            "target_label" => ".targetLabel",
            "action" => ".action",
            "regex" => ".regex",
            "modulus" => ".modulus",
            "replacement" => ".replacement",
            _ => "",
        },
        _ => "",
    };
    Some(format!("metricRelabelings[{index}]{field}"))
}

/// What can be said of a monitor's being loaded, and what it brings that is refused. A monitor that is refused for
/// itself breaks the link; one beside it is only a victim: what Prometheus loaded before is not known.
pub(super) fn loaded(
    world: &World,
    facts: &ServerFacts<'_>,
    monitor: &Monitor,
    taken: bool,
    has_job: bool,
) -> (State, Vec<Refusal>) {
    let id = monitor.id();
    let mut own: Vec<Refusal> = facts.refused.iter().filter(|refusal| refusal.monitor.as_ref() == Some(&id)).cloned().collect();
    // A job that is there and fine shows more than the monitor does.
    if own.is_empty() && !(has_job && facts.decoded().is_some()) {
        own = predicted(world, monitor, facts);
    }
    let state = if !own.is_empty() {
        State::Failed
    } else if facts.refused.is_empty() || !taken {
        let need = "what is loaded only the running Prometheus knows, and it was not asked".to_owned();
        State::unknown(Unseen { reason: UnseenReason::NotJudged, need })
    } else {
        let need = "Prometheus refuses the configuration because of another job; what it loaded before is not known".to_owned();
        State::unknown(Unseen { reason: UnseenReason::Undecided, need })
    };
    (state, own)
}
