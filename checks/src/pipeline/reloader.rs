//! The reloader of a pod: what its arguments and mounts say of how it works, and what is wrong with it (OP-CTR-3, -4,
//! OP-RLD-3). Two containers did its work up to operator 0.42.

use super::{Advice, Fact, WATCH_INTERVAL};
use crate::operator::pods::{RELOADER, prefix};
use crate::prometheus::duration::millis;
use crate::report::{Ref, kubectl};
use crate::world::{Container, ContainerStatus, Kind, Pod, Server};

/// The names that its container has had.
const NAMES: [&str; 2] = [RELOADER, "prometheus-config-reloader"];

/// How a reloader works.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Whether the pod was seen.
    pub(super) seen: bool,
    /// Seconds between two looks at the file.
    pub(super) watch_interval: i64,
    /// Whether it is told of changes of the folder too (since operator 0.91).
    pub(super) watches_folder: bool,
    /// Whether it reloads by a signal rather than by a request.
    pub(super) signal: bool,
    /// The container.
    pub(super) container: Option<String>,
    /// What is wrong, in the order of the steps.
    pub(super) troubles: Vec<Trouble>,
}

/// Something that keeps a configuration from getting through.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// The number of the step.
    pub(super) step: usize,
    /// In words.
    pub(super) words: String,
    /// What shows it.
    pub(super) fact: Fact,
    /// What to do.
    pub(super) advice: Advice,
}

/// Arguments of a container, in both spellings: `--a=b` and `--a b`.
struct Arguments<'c>(Vec<&'c str>);

impl<'c> Arguments<'c> {
    fn of(container: &'c Container) -> Self {
        Self(container.command.iter().chain(&container.args).map(String::as_str).collect())
    }

    fn all<'s>(&'s self, flag: &'s str) -> impl Iterator<Item = &'c str> + 's {
        self.0.iter().enumerate().filter_map(move |(at, word)| {
            let word = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
            match word.strip_prefix(flag)? {
                "" => Some(self.0.get(at + 1).copied().filter(|next| !next.starts_with('-')).unwrap_or_default()),
                rest => rest.strip_prefix('='),
            }
        })
    }

    fn one(&self, flag: &str) -> Option<&'c str> {
        self.all(flag).last()
    }
}

/// The folder of a file.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Settings {
    /// Reads a pod of a server.
    pub(super) fn of(server: &Server, pod: Option<&Pod>) -> Self {
        let mut out = Self { watch_interval: WATCH_INTERVAL, ..Self::default() };
        out.signal = server.raw.get("reloadStrategy").is_some_and(|strategy| strategy == "ProcessSignal");
        let Some(pod) = pod else { return out };
        out.seen = true;
        let Some((container, status)) = NAMES.iter().find_map(|name| pod.container(name)) else {
            let names: Vec<&str> = pod.spec.containers.iter().map(|container| container.name.as_str()).collect();
            out.trouble(
                server,
                pod,
                6,
                "the pod has no config-reloader".to_owned(),
                ("spec.containers[*].name", &names.join(", ")),
            );
            return out;
        };
        out.container = Some(container.name.clone());
        out.read(server, pod, container, status);
        out.troubles.sort_by_key(|trouble| trouble.step);
        out
    }

    fn read(&mut self, server: &Server, pod: &Pod, container: &Container, status: Option<&ContainerStatus>) {
        let name = container.name.as_str();
        let at = format!("spec.containers[{name}].args");
        let arguments = Arguments::of(container);
        self.signal |= arguments.one("reload-method") == Some("signal");
        if let Some(interval) = arguments.one("watch-interval").and_then(millis) {
            self.watch_interval = i64::try_from(interval / 1000).unwrap_or(i64::MAX);
            if interval == 0 {
                let words = "the config-reloader looks at the configuration only once".to_owned();
                self.trouble(server, pod, 6, words, (&at, "--watch-interval=0"));
            }
        }
        if let Some(why) = status.and_then(ContainerStatus::halted) {
            let restarts = status.map_or(0, |status| status.restart_count);
            let words = format!(
                "the config-reloader does not run: {why}, {}",
                crate::text::count(usize::try_from(restarts).unwrap_or(0), "restart")
            );
            self.trouble(server, pod, 6, words, (&format!("status.containerStatuses[{name}].state"), why));
        }
        // Without any arguments the pod comes from a dump that left them out.
        if arguments.0.is_empty() {
            return;
        }
        let (file, out) = (arguments.one("config-file"), arguments.one("config-envsubst-file"));
        for (flag, value) in [("--config-file", file), ("--config-envsubst-file", out)] {
            if value.is_none_or(str::is_empty) {
                let words = format!("the config-reloader has no {flag}: it unpacks nothing");
                self.trouble(server, pod, 6, words, (&at, "not set"));
            }
        }
        if let Some(file) = file {
            self.watches_folder = arguments.all("watched-dir").any(|watched| watched.trim_end_matches('/') == folder(file));
            self.mount(server, pod, container, file);
        }
        let Some((prometheus, _)) = pod.container("prometheus") else { return };
        let own = Arguments::of(prometheus);
        if let (Some(out), Some(read)) = (out.filter(|out| !out.is_empty()), own.one("config.file"))
            && out != read
        {
            let words = format!("Prometheus reads another file than the config-reloader writes: {read}, not {out}");
            self.trouble(server, pod, 7, words, ("spec.containers[prometheus].args", &format!("--config.file={read}")));
        }
        if !self.signal
            && !own.0.is_empty()
            && !own.0.iter().any(|word| word.trim_start_matches('-').split('=').next() == Some("web.enable-lifecycle"))
        {
            let words = "Prometheus takes no requests to reload: it lacks --web.enable-lifecycle".to_owned();
            self.trouble(server, pod, 7, words, ("spec.containers[prometheus].args", "no --web.enable-lifecycle"));
        }
        let wanted = format!("{}/-/reload", prefix(server));
        if let Some(url) = arguments.one("reload-url").filter(|_| !self.signal) {
            let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or_default();
            if path != wanted {
                let words = format!("the config-reloader asks at {path} for reloads, and Prometheus takes them at {wanted}");
                self.trouble(server, pod, 7, words, (&at, &format!("--reload-url={url}")));
            }
        }
    }

    /// Whether the file that it reads lies in the Secret of the server, in a way that is refreshed.
    fn mount(&mut self, server: &Server, pod: &Pod, container: &Container, file: &str) {
        let (Some(mounts), Some(volumes)) = (container.mounts.as_deref(), pod.spec.volumes.as_deref()) else { return };
        let holds =
            |path: &str| file == path || file.strip_prefix(path.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
        let name = &container.name;
        let Some(mount) = mounts.iter().filter(|mount| holds(&mount.mount_path)).max_by_key(|mount| mount.mount_path.len())
        else {
            let words = format!("nothing is mounted at {}, where the config-reloader reads", folder(file));
            self.trouble(server, pod, 5, words, (&format!("spec.containers[{name}].volumeMounts"), "no such mount"));
            return;
        };
        let secret = volumes.iter().find(|volume| volume.name == mount.name).and_then(|volume| volume.secret.as_ref());
        let wanted = server.config_secret();
        match secret {
            Some(secret) if secret.secret_name == wanted => {}
            Some(secret) => {
                let words = format!("the pod mounts another Secret: {}, not {wanted}", secret.secret_name);
                self.trouble(
                    server,
                    pod,
                    5,
                    words,
                    (&format!("spec.volumes[{}].secret.secretName", mount.name), &secret.secret_name),
                );
            }
            None => {
                let words = format!("what the config-reloader reads is no Secret: volume {}", mount.name);
                self.trouble(server, pod, 5, words, (&format!("spec.volumes[{}]", mount.name), "no secret"));
            }
        }
        if let Some(part) = mount.sub_path.as_deref().filter(|part| !part.is_empty()) {
            let words = "the Secret is mounted with a subPath: the kubelet never refreshes that".to_owned();
            self.trouble(server, pod, 5, words, (&format!("spec.containers[{name}].volumeMounts[{}].subPath", mount.name), part));
        }
    }

    fn trouble(&mut self, server: &Server, pod: &Pod, step: usize, words: String, (path, value): (&str, &str)) {
        let id = pod.metadata.id(Kind::Pod);
        let containers = server.raw.get("containers").and_then(serde_json::Value::as_array);
        let written =
            containers.into_iter().flatten().enumerate().find(|(_, container)| {
                container["name"].as_str().is_some_and(|name| name == "prometheus" || NAMES.contains(&name))
            });
        let advice = match written {
            Some((at, container)) => Advice {
                title: format!(
                    "spec.containers[{at}] of the server changes the container {}: look there first",
                    container["name"]
                ),
                command: Some(kubectl("edit", &server.id())),
            },
            None => {
                let name = self.container.as_deref().unwrap_or(RELOADER);
                // Of a container that does not run only the one before has said something.
                let previous = if path.starts_with("status") { " --previous" } else { "" };
                Advice {
                    title: "look at the pod and at the log of its config-reloader".to_owned(),
                    command: Some(format!("kubectl -n {} logs {} -c {name}{previous}", id.namespace, id.name)),
                }
            }
        };
        let fact = Fact { object: Some(Ref::from(&id)), path: path.to_owned(), value: value.to_owned() };
        self.troubles.push(Trouble { step, words, fact, advice });
    }
}
