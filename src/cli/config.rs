//! `config`: the configuration that the operator generated, decoded, without credentials.

use prom_doctor_checks::prometheus::config::{Config, Payload};
use prom_doctor_checks::report::Ref;
use prom_doctor_checks::world::{CONFIG_KEY, Kind, ObjectId, Seen, Server, World};
use serde_json::{Value, json};

use super::Context;
use super::audit::check_server;
use super::gather::{Gathered, gather};
use super::name::{self, did_you_mean, nearest, not_found, seen};
use crate::error::Error;
use crate::exit::Exit;
use crate::render::DataFormat;
use crate::render::json::json;
use crate::render::text::{Paint, clean};
use crate::render::yaml::yaml;

/// Show the decoded live configuration, or one monitor's jobs; credentials are never shown
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  config -n monitoring\n  config prometheus/k8s -n monitoring\n  config servicemonitor/api -n shop"
)]
pub(super) struct Args {
    /// A server, a monitor, or both: prometheus/k8s servicemonitor/api
    #[arg(num_args = 0..=2, value_name = "TYPE/NAME")]
    objects: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    server: Option<(Kind, String)>,
    monitor: Option<(Kind, String)>,
}

impl Wanted {
    fn read(words: &[String]) -> Result<Self, Error> {
        let pair = matches!(words, [kind, name] if !kind.contains('/') && !name.contains('/'));
        let objects = if pair { vec![name::object(words)?] } else { Vec::new() };
        let objects = if pair { objects } else { words.chunks(1).map(name::object).collect::<Result<_, _>>()? };
        let mut wanted = Self::default();
        for (kind, name) in objects {
            let place = match kind {
                Kind::Prometheus | Kind::PrometheusAgent => &mut wanted.server,
                Kind::ServiceMonitor | Kind::PodMonitor | Kind::Probe | Kind::ScrapeConfig => &mut wanted.monitor,
                _ => {
                    let help = "config takes prometheus/NAME, servicemonitor/NAME or both".to_owned();
                    return Err(Error::usage(format!("no configuration is made from a {kind}"), help));
                }
            };
            if place.replace((kind, name)).is_some() {
                return Err(Error::usage("one server and one monitor at most", None));
            }
        }
        Ok(wanted)
    }
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<Exit, Error> {
    let format = context.global.data_format("config")?;
    let wanted = Wanted::read(&args.objects)?;
    if wanted.monitor.is_some() && context.global.all_namespaces && context.global.snapshot.is_none() {
        return Err(Error::usage("a name is asked about in one namespace", "leave out -A, and give -n NAMESPACE".to_owned()));
    }
    let gathered = gather(context, |question, _| {
        if let (Some((kind, name)), Some(namespace)) = (&wanted.monitor, &question.namespace) {
            question.about = Some(ObjectId::new(*kind, namespace, name));
        }
        Ok(())
    })?;
    check_server(&gathered)?;
    let servers = servers(&gathered, &wanted)?;
    let namespace = gathered.question.namespace.as_deref();
    let mut shown: Vec<(Ref, Value)> = Vec::new();
    let mut failed = false;
    for server in servers {
        match config_of(&gathered, server) {
            Ok(config) => {
                let value = match &wanted.monitor {
                    Some((kind, name)) => jobs_of(config, *kind, namespace, name),
                    None => Some(config.redacted.clone()),
                };
                shown.extend(value.map(|value| (server.id().into(), value)));
            }
            Err(error) => {
                failed = true;
                context.complain(&error)?;
            }
        }
    }
    if let (true, false, Some((kind, name))) = (shown.is_empty(), failed, &wanted.monitor) {
        return Err(no_job(&gathered.world, *kind, namespace, name, &context.style.program));
    }
    if context.global.quiet < 2 {
        let text = write(&shown, format, context)?;
        context.out.write(&text)?;
    }
    Ok(if failed { Exit::NoAnswer } else { Exit::Clean })
}

fn write(shown: &[(Ref, Value)], format: DataFormat, context: &Context<'_>) -> Result<String, Error> {
    if format == DataFormat::Json {
        let list: Vec<Value> = shown.iter().map(|(server, config)| json!({"server": server, "config": config})).collect();
        return Ok(json(&list)?);
    }
    let mut out = String::new();
    for (at, (server, config)) in shown.iter().enumerate() {
        if at > 0 {
            out.push_str("---\n");
        }
        let title = format!("# {}", clean(&server.to_string()));
        out.push_str(&context.style.paint(&title, Paint::Dim));
        out.push('\n');
        out.push_str(&yaml(config)?);
    }
    Ok(out)
}

/// The servers that are meant: the one named, else those of the namespace, else all.
fn servers<'a>(gathered: &'a Gathered, wanted: &Wanted) -> Result<Vec<&'a Server>, Error> {
    let Gathered { world, question, .. } = gathered;
    let here = |server: &&Server| question.namespace.as_deref().is_none_or(|namespace| server.metadata.namespace == namespace);
    let all = || {
        world.servers.iter().filter(|server| {
            question
                .server
                .as_ref()
                .is_none_or(|(namespace, name)| server.metadata.namespace == *namespace && server.metadata.name == *name)
        })
    };
    let mut found: Vec<&Server> = match &wanted.server {
        Some((kind, name)) => {
            let named = || all().filter(|server| server.kind == *kind && server.metadata.name == *name);
            let near: Vec<&Server> = named().filter(here).collect();
            let found = if near.is_empty() { named().collect() } else { near };
            match found.as_slice() {
                [] => return Err(unknown_server(gathered, *kind, name)),
                [_] => found,
                several => {
                    let ids: Vec<String> = several.iter().map(|server| format!("--prometheus {}", server.id().path())).collect();
                    return Err(Error::usage(format!("there is more than one {kind} {name}"), did_you_mean(&ids)));
                }
            }
        }
        // A monitor's jobs may be in any server; a bare question is about the servers here, if there are any.
        None if wanted.monitor.is_some() || !all().any(|server| here(&server)) => all().collect(),
        None => all().filter(here).collect(),
    };
    if found.is_empty() {
        let unseen = world.sight.whole(Kind::Prometheus, None).err().map(|unseen| unseen.to_string());
        return Err(Error::no_answer("no Prometheus or PrometheusAgent was seen", unseen));
    }
    found.sort_by_key(|server| server.id());
    Ok(found)
}

fn unknown_server(gathered: &Gathered, kind: Kind, name: &str) -> Error {
    let world = &gathered.world;
    if world.sight.whole(kind, None).is_err() {
        let namespace = gathered.question.namespace.clone().unwrap_or_default();
        return not_found(world, &ObjectId::new(kind, namespace, name));
    }
    let all = seen(world, kind);
    let near = nearest(name, all.iter().map(|id| id.name.as_str()));
    let paths: Vec<String> = all.iter().map(ObjectId::path).collect();
    let help = match (near.is_empty(), paths.is_empty()) {
        (false, _) => Some(did_you_mean(&near)),
        (true, false) => Some(format!("seen: {}", prom_doctor_checks::text::list(&paths, 5))),
        (true, true) => None,
    };
    Error::not_found(format!("there is no {kind} {name}"), help)
}

/// The decoded configuration of a server, or why there is none.
fn config_of<'a>(gathered: &'a Gathered, server: &Server) -> Result<&'a Config, Error> {
    let world = &gathered.world;
    let (namespace, id) = (&server.metadata.namespace, server.id());
    let name = secret_name(server);
    let secret = format!("Secret {namespace}/{name} of {id}");
    let Some(store) = world.secrets.get(namespace, &name) else {
        return Err(match world.sight.of_object(Kind::Secret, namespace, &name) {
            Seen::Forbidden => Error::no_answer(
                format!("you may not read the {secret}"),
                format!("a Role with get on secrets named {name} in {namespace} is enough"),
            ),
            Seen::Failed(why) => Error::no_answer(format!("the {secret} could not be read: {why}"), None),
            Seen::NotAsked if gathered.is_snapshot() => {
                Error::no_answer(format!("the snapshot does not hold the {secret}"), None)
            }
            Seen::NotAsked => Error::no_answer(format!("the {secret} was not read"), None),
            Seen::NotInFiles => Error::no_answer(format!("the {secret} is not in the files"), None),
            Seen::Whole | Seen::NotServed => Error::no_answer(
                format!("there is no {secret}"),
                "no operator has made it: it is not running, or it does not see this namespace".to_owned(),
            ),
        });
    };
    let why = match store.config.as_ref().map(|config| &config.payload) {
        Some(Payload::Decoded(config)) => return Ok(config),
        _ if store.masked => "its values were cut out of the snapshot".to_owned(),
        Some(Payload::Empty) => "it is empty: nobody has filled it in yet".to_owned(),
        Some(Payload::Undecodable(why)) => why.clone(),
        None => format!("it has no key {CONFIG_KEY}"),
    };
    Err(Error::no_answer(format!("the {secret} holds no configuration: {}", clean(&why)), None))
}

/// OP-NAME-1: the Secret has the name of the StatefulSet.
fn secret_name(server: &Server) -> String {
    let prefix = if server.kind == Kind::PrometheusAgent { "prom-agent" } else { "prometheus" };
    format!("{prefix}-{}", server.metadata.name)
}

/// The jobs that were made from a monitor, as a piece of configuration; `None` where there are none. Names of jobs
/// before operator 0.47 do not tell the kind: such a job is taken for either.
fn jobs_of(config: &Config, kind: Kind, namespace: Option<&str>, name: &str) -> Option<Value> {
    let jobs: Vec<&Value> = config
        .jobs
        .iter()
        .filter(|job| {
            job.origin.as_ref().is_some_and(|origin| {
                let same_kind = origin.kind.is_none_or(|found| found == kind);
                same_kind && origin.name == name && namespace.is_none_or(|namespace| origin.namespace == namespace)
            })
        })
        .map(|job| &job.redacted)
        .collect();
    (!jobs.is_empty()).then(|| json!({ "scrape_configs": jobs }))
}

/// Nothing was made from a monitor: because it is not there, or because a link before is broken.
fn no_job(world: &World, kind: Kind, namespace: Option<&str>, name: &str, program: &str) -> Error {
    let there =
        seen(world, kind).into_iter().find(|id| id.name == name && namespace.is_none_or(|namespace| id.namespace == namespace));
    match there {
        Some(id) => Error::no_answer(
            format!("no configuration holds a job of {id}"),
            format!("{program} why {}/{name} -n {}", kind.name().to_lowercase(), id.namespace),
        ),
        None => not_found(world, &ObjectId::new(kind, namespace.unwrap_or_default(), name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Result<Wanted, Error> {
        Wanted::read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn servers_and_monitors_in_any_order() {
        let both = wanted("smon/api prometheus/k8s").unwrap();
        assert_eq!(both.server, Some((Kind::Prometheus, "k8s".into())));
        assert_eq!(both.monitor, Some((Kind::ServiceMonitor, "api".into())));
        assert_eq!(wanted("prometheus k8s").unwrap().server, Some((Kind::Prometheus, "k8s".into())));
        assert!(wanted("").unwrap().server.is_none());
        assert!(wanted("smon/a pmon/b").is_err());
        assert!(wanted("pod/a").is_err());
    }

    /// A server, and its Secret with the given data.
    fn gathered(secret: Option<Value>, sight: Seen) -> Gathered {
        let server = json!({
            "apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": "monitoring"}, "spec": {},
        });
        let mut world = World::default();
        for value in std::iter::once(server).chain(secret) {
            let decoded = prom_doctor_checks::world::decode_value(value, "test", None);
            assert!(decoded.malformed.is_empty(), "{:?}", decoded.malformed);
            decoded.objects.into_iter().for_each(|object| world.insert(object));
        }
        world.sight.note_object(Kind::Secret, "monitoring", "prometheus-k8s", sight);
        Gathered::of_snapshot(world, prom_doctor_checks::wants::Question::default())
    }

    fn secret(key: &str, text: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"}, "stringData": {key: text},
        })
    }

    fn why_not(gathered: &Gathered) -> String {
        let servers = servers(gathered, &Wanted::default()).unwrap();
        config_of(gathered, servers[0]).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_configuration_says_why() {
        assert!(why_not(&gathered(None, Seen::Whole)).contains("there is no Secret monitoring/prometheus-k8s"));
        assert!(why_not(&gathered(None, Seen::Forbidden)).contains("you may not read"));
        assert!(why_not(&gathered(None, Seen::NotAsked)).contains("does not hold"));
        assert!(why_not(&gathered(None, Seen::Failed("cut off".into()))).contains("cut off"));
        let held = |key: &str, text: &str| why_not(&gathered(Some(secret(key, text)), Seen::Whole));
        assert!(held("other", "x").contains("no key prometheus.yaml.gz"));
        assert!(held(CONFIG_KEY, "global: {}").contains("not gzip"));
        assert!(held(CONFIG_KEY, "").contains("empty"));
        assert!(held(CONFIG_KEY, "61 bytes long").contains("cut out"));
    }

    #[test]
    fn jobs_of_one_monitor() {
        let text =
            "scrape_configs: [{job_name: serviceMonitor/shop/api/0}, {job_name: podMonitor/shop/api/0}, {job_name: shop/api/1}]";
        let gathered = gathered(Some(secret("prometheus.yaml", text)), Seen::Whole);
        let server = servers(&gathered, &Wanted::default()).unwrap()[0];
        let config = config_of(&gathered, server).unwrap();
        let names = |kind, namespace, name| {
            let jobs = jobs_of(config, kind, namespace, name)?;
            let names = jobs["scrape_configs"].as_array().unwrap().iter().map(|job| job["job_name"].as_str().unwrap().to_owned());
            Some(names.collect::<Vec<_>>())
        };
        assert_eq!(names(Kind::ServiceMonitor, Some("shop"), "api").unwrap(), ["serviceMonitor/shop/api/0", "shop/api/1"]);
        assert_eq!(names(Kind::PodMonitor, None, "api").unwrap(), ["podMonitor/shop/api/0", "shop/api/1"]);
        assert_eq!(names(Kind::PodMonitor, Some("other"), "api"), None);
    }
}
