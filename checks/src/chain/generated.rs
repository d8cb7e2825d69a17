//! Link `generated`: does the Secret hold the monitor's jobs, and do they say what the monitor says (OP-CFG-2, OP-SM-3)?

use std::collections::BTreeSet;

use super::namespaces::SdNamespaces;
use super::server::{ConfigSight, ServerFacts};
use super::state::State;
use crate::prometheus::config::{Job, Rule};
use crate::prometheus::label_name::sanitized;
use crate::prometheus::relabel::Action;
use crate::selector::Operator;
use crate::world::{IntOrString, Kind, Monitor, Unseen, UnseenReason};

/// The jobs of a monitor in a server's configuration.
#[derive(Clone, Debug, Default)]
pub struct Generated<'w> {
    /// The state of the link.
    pub state: State,
    /// Its jobs, by endpoint.
    pub jobs: Vec<(usize, &'w Job)>,
    /// Endpoints that have no job.
    pub missing: Vec<usize>,
    /// Jobs that say something else than the monitor.
    pub stale: Vec<Stale>,
    /// What is wrong.
    pub trouble: Option<GenerateTrouble>,
    /// The monitor has no endpoints, so there is nothing to generate (OP-CAUSE-22).
    pub no_endpoints: bool,
    /// An agent in DaemonSet mode takes PodMonitors only (OP-AGT-2).
    pub not_for_daemon_set: bool,
}

/// What is wrong with the generated configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenerateTrouble {
    /// The Secret is not there.
    SecretMissing,
    /// The Secret holds no configuration.
    NoKey,
    /// The configuration is empty.
    Empty,
    /// The configuration cannot be read.
    Undecodable,
    /// Jobs are missing.
    JobMissing,
    /// Jobs are stale.
    JobStale,
}

/// A difference between a job and the monitor that it is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The endpoint.
    pub endpoint: usize,
    /// The field of the monitor.
    pub path: String,
    /// What the monitor says.
    pub monitor: Vec<String>,
    /// What the job says.
    pub job: Vec<String>,
}

/// Looks for the jobs of a monitor that a server selects and accepts.
pub(super) fn generated<'w>(
    facts: &ServerFacts<'w>,
    monitor: &Monitor,
    namespaces: &SdNamespaces,
    young: Option<Unseen>,
) -> Generated<'w> {
    let mut out = Generated::default();
    if facts.server.is_daemon_set() && !monitor.is_pod_monitor() {
        return Generated { state: State::Failed, not_for_daemon_set: true, ..out };
    }
    if monitor.spec.endpoints.is_empty() {
        return Generated { state: State::Skipped, no_endpoints: true, ..out };
    }
    let config = match &facts.config {
        ConfigSight::Unseen(unseen) => return Generated { state: State::unknown(unseen.clone()), ..out },
        ConfigSight::Missing => return broken(out, GenerateTrouble::SecretMissing, young),
        ConfigSight::NoKey(_) => return broken(out, GenerateTrouble::NoKey, young),
        ConfigSight::Empty => return broken(out, GenerateTrouble::Empty, young),
        ConfigSight::Undecodable(_) => return broken(out, GenerateTrouble::Undecodable, None),
        ConfigSight::Decoded(config, _) => *config,
    };
    if let Some(why) = config.foretold.open.get(&monitor.id()) {
        let unseen = Unseen { reason: UnseenReason::Undecided, need: why.clone() };
        return Generated { state: State::unknown(unseen), ..out };
    }
    for at in 0..monitor.spec.endpoints.len() {
        match config.jobs_of(&monitor.metadata).find(|job| is_job_of(job, monitor, at)) {
            Some(job) => {
                out.stale.extend(differences(job, monitor, at, namespaces, facts));
                out.jobs.push((at, job));
            }
            None => out.missing.push(at),
        }
    }
    if !out.missing.is_empty() {
        return broken(out, GenerateTrouble::JobMissing, young);
    }
    if !out.stale.is_empty() {
        return broken(out, GenerateTrouble::JobStale, young);
    }
    out
}

fn broken<'w>(out: Generated<'w>, trouble: GenerateTrouble, young: Option<Unseen>) -> Generated<'w> {
    let state = young.map_or(State::Failed, State::unknown);
    Generated { state, trouble: Some(trouble), ..out }
}

/// Whether a job was made from an endpoint of the monitor. Names up to operator 0.46 do not tell the kind; the
/// discovery role does.
pub fn is_job_of(job: &Job, monitor: &Monitor, endpoint: usize) -> bool {
    job.origin.as_ref().is_some_and(|origin| {
        let kind = origin.kind.unwrap_or_else(|| {
            let pods = job.discovery.first().is_some_and(|sd| sd.role == "pod");
            if pods { Kind::PodMonitor } else { Kind::ServiceMonitor }
        });
        kind == monitor.kind
            && origin.namespace == monitor.metadata.namespace
            && origin.name == monitor.metadata.name
            && origin.endpoint == endpoint
    })
}

/// Why a young object is not judged by what is missing; `None` for an object old enough.
pub(super) fn too_young(age: Option<i64>, grace: i64) -> Option<Unseen> {
    let age = age.filter(|age| *age < grace)?;
    let wait = grace.saturating_sub(age).max(1);
    let need = format!("too early to tell: changed {}s ago, look again in {wait}s", age.max(0));
    Some(Unseen { reason: UnseenReason::TooEarly, need })
}

fn differences(job: &Job, monitor: &Monitor, at: usize, namespaces: &SdNamespaces, facts: &ServerFacts<'_>) -> Vec<Stale> {
    let mut out = Vec::new();
    let endpoint = &monitor.spec.endpoints[at];
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let mut compare = |path: String, monitor: BTreeSet<String>, job: BTreeSet<String>| {
        if monitor != job {
            out.push(Stale { endpoint: at, path, monitor: list(monitor), job: list(job) });
        }
    };
    if let [sd] = job.discovery.as_slice() {
        let found: BTreeSet<String> = sd.namespaces.iter().cloned().collect();
        compare("spec.namespaceSelector".to_owned(), namespaces.names().iter().cloned().collect(), found);
    }
    let generated = generated_rules(&job.rules);
    if monitor.spec.selector_mechanism != "RoleSelector" {
        compare("spec.selector".to_owned(), wanted_labels(monitor), generated.iter().filter_map(label_rule).collect());
    }
    let wanted_port = wanted_port(monitor, at).into_iter().collect();
    let field = if endpoint.port_name().is_some() {
        "port"
    } else if endpoint.port_number.is_some() {
        "portNumber"
    } else {
        "targetPort"
    };
    // Operators before 0.79 do not know portNumber.
    if field != "portNumber" || facts.since(79) {
        let path = format!("spec.{}[{at}].{field}", monitor.endpoints_field());
        compare(path, wanted_port, generated.iter().filter_map(port_rule).collect());
    }
    out
}

/// The rules that the operator writes before the user's: up to the one that sets `namespace`.
fn generated_rules(rules: &[Rule]) -> &[Rule] {
    let end = rules.iter().position(|rule| rule.target_label == "namespace").unwrap_or(rules.len());
    &rules[..end]
}

fn wanted_labels(monitor: &Monitor) -> BTreeSet<String> {
    let requirements = monitor.spec.selector.requirements();
    let text = |requirement: &crate::selector::Requirement| {
        let key = sanitized(&requirement.key);
        match requirement.operator {
            Operator::In => format!("keep {key} = {}", requirement.values.join("|")),
            Operator::NotIn => format!("drop {key} = {}", requirement.values.join("|")),
            Operator::Exists => format!("keep {key}"),
            Operator::DoesNotExist => format!("drop {key}"),
        }
    };
    requirements.iter().map(text).collect()
}

/// A label rule in the words of [`wanted_labels`]; the forms of all operator versions (OP-SM-12) read alike.
fn label_rule(rule: &Rule) -> Option<String> {
    let key = |label: &str, infix: &str| {
        ["service", "pod"].iter().find_map(|role| {
            let prefix = format!("__meta_kubernetes_{role}_{infix}_");
            label.strip_prefix(&prefix).map(str::to_owned)
        })
    };
    let first = rule.source_labels.first()?;
    let action = Action::parse(&rule.action).filter(|action| matches!(action, Action::Keep | Action::Drop))?;
    if let Some(key) = key(first, "labelpresent") {
        return Some(format!("{action} {key}"));
    }
    let key = key(first, "label")?;
    let regex = rule.regex.clone().unwrap_or_default();
    let core = regex.strip_suffix(";true").unwrap_or(&regex);
    let core =
        core.strip_prefix('(').and_then(|core| core.strip_suffix(')')).filter(|_| core.len() < regex.len()).unwrap_or(core);
    Some(if core == ".+" && rule.source_labels.len() == 1 {
        format!("{action} {key}")
    } else {
        format!("{action} {key} = {core}")
    })
}

fn wanted_port(monitor: &Monitor, at: usize) -> Option<String> {
    let endpoint = &monitor.spec.endpoints[at];
    let name = if monitor.is_pod_monitor() { "container port name" } else { "port name" };
    if let Some(port) = endpoint.port_name() {
        return Some(format!("{name} {port}"));
    }
    if let Some(number) = endpoint.port_number.filter(|_| monitor.is_pod_monitor()) {
        return Some(format!("container port {number}"));
    }
    match endpoint.wanted_target_port()? {
        IntOrString::Int(number) => Some(format!("container port {number}")),
        IntOrString::String(name) => Some(format!("container port name {name}")),
    }
}

fn port_rule(rule: &Rule) -> Option<String> {
    let [label] = rule.source_labels.as_slice() else { return None };
    if Action::parse(&rule.action) != Some(Action::Keep) {
        return None;
    }
    let pods = |what: &str| Some(format!("{what} {}", rule.regex.clone().unwrap_or_default()));
    match label.as_str() {
        "__meta_kubernetes_endpoint_port_name" | "__meta_kubernetes_endpointslice_port_name" => pods("port name"),
        "__meta_kubernetes_pod_container_port_number" => pods("container port"),
        "__meta_kubernetes_pod_container_port_name" => pods("container port name"),
        _ => None,
    }
}
