//! What the checks on failing scrapes share: which targets of which endpoint fail for which reason, and how that is told.

use serde_json::{Value, json};

use crate::chain::{Chain, FailedScrapes, ScrapedEndpoint};
use crate::check::Check;
use crate::draft::{Draft, Out};
use crate::mesh::{Mode, has_sidecar, mode};
use crate::network_policy::{From, closing};
use crate::operator::pods;
use crate::path::pointer;
use crate::prometheus::failure::Failure;
use crate::report::{Evidence, Fix, Link};
use crate::text::{count, line};
use crate::view::View;
use crate::world::{Endpoint, IntOrString, Kind, LiveTarget, ObjectId, Pod, Service, ServicePort};

/// As many targets are named in evidence.
const SHOWN: usize = 3;

/// Targets of an endpoint that fail for one reason.
#[derive(Clone, Copy, Debug)]
pub struct Failing<'w> {
    /// The chain.
    pub chain: &'w Chain<'w>,
    /// What the running server says of the endpoint.
    pub endpoint: &'w ScrapedEndpoint<'w>,
    /// The targets, and why they fail.
    pub failed: &'w FailedScrapes<'w>,
}

/// All failing scrapes of the monitors that were asked about.
pub fn failing<'w>(view: &View<'w>) -> impl Iterator<Item = Failing<'w>> + use<'w> {
    view.broken(Link::Scraped).flat_map(|chain| {
        let of = move |endpoint: &'w ScrapedEndpoint<'w>| {
            endpoint.failures.iter().map(move |failed| Failing { chain, endpoint, failed })
        };
        chain.scraped.endpoints.iter().flat_map(of)
    })
}

impl<'w> Failing<'w> {
    /// Why.
    pub fn failure(&self) -> &'w Failure {
        &self.failed.failure
    }

    /// The endpoint as the monitor writes it.
    pub fn spec(&self) -> &'w Endpoint {
        &self.chain.monitor.spec.endpoints[self.endpoint.index]
    }

    /// `endpoints[0]`.
    pub fn name(&self) -> String {
        format!("{}[{}]", self.chain.monitor.endpoints_field(), self.endpoint.index)
    }

    /// `spec.endpoints[0].path`.
    pub fn path(&self, field: &str) -> String {
        format!("spec.{}.{field}", self.name())
    }

    /// The first target.
    pub fn target(&self) -> &'w LiveTarget {
        self.failed.targets[0]
    }

    /// Whether the endpoint speaks HTTPS.
    pub fn is_https(&self) -> bool {
        self.target().url.starts_with("https:")
    }

    /// Whether the monitor sends any credentials.
    pub fn sends_credentials(&self) -> bool {
        let spec = self.spec();
        let class = crate::chain::scrape_class(self.chain.monitor, self.chain.server);
        !spec.bearer_token_file.is_empty()
            || spec.bearer_token_secret.as_ref().is_some_and(|key| !key.name.is_empty())
            || spec.basic_auth.is_some()
            || spec.authorization.is_some()
            || spec.oauth2.is_some()
            || class.is_some_and(|class| class.authorization.is_some())
    }

    /// The pod behind the first target.
    pub fn pod(&self, view: &View<'w>) -> Option<&'w Pod> {
        let target = self.target();
        view.world().pods.get(&target.namespace, &target.pod)
    }

    /// The Service that the first target was found through.
    pub fn service(&self, view: &View<'w>) -> Option<&'w Service> {
        let target = self.target();
        view.world().services.get(&target.namespace, &target.service)
    }

    /// Whether a sidecar that takes no plain text explains that the connection is closed, and what says so, where that
    /// was seen.
    pub(crate) fn closing_mesh(&self, view: &View<'w>) -> Option<Option<Mode>> {
        let pod = self.pod(view).filter(|pod| *self.failure() == Failure::Closed && !self.is_https() && has_sidecar(pod))?;
        let mode = mode(view.world(), pod, self.port());
        let takes_plain_text = mode.as_ref().is_some_and(|mode| mode.mode != "STRICT");
        (!takes_plain_text).then_some(mode)
    }

    /// The NetworkPolicies that may keep Prometheus from the first target: those of which none lets it in.
    pub(crate) fn closing_policies(&self, view: &View<'w>) -> Vec<ObjectId> {
        let Some(pod) = self.pod(view) else { return Vec::new() };
        let server = self.chain.server;
        let own = pods::pods(view.world(), server).next().map(|pod| pod.metadata.labels.clone());
        // What the operator gives every pod of a server.
        let given = [("app.kubernetes.io/name", "prometheus"), ("operator.prometheus.io/name", server.metadata.name.as_str())];
        let given = || given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let from = From { namespace: &server.metadata.namespace, labels: &own.unwrap_or_else(given) };
        closing(view.world(), pod, self.port(), &from)
    }

    /// The port in the URL of the first target.
    pub fn port(&self) -> Option<i64> {
        let (scheme, rest) = self.target().url.split_once("://")?;
        let host = rest.split(['/', '?']).next()?;
        let port = host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        port.or_else(|| Some(if scheme == "https" { 443 } else { 80 }))
    }

    /// Starts a finding: `what` is said of the targets, `3 of 4 targets of endpoints[0] …`.
    pub fn finding<'o>(&self, check: &Check, out: &'o mut Out, what: &str) -> &'o mut Draft {
        let (failed, all) = (self.failed.targets.len(), self.endpoint.active());
        let which = if failed == all { count(all, "target") } else { format!("{failed} of {}", count(all, "target")) };
        let message = line(&format!("{which} of {}: {what}", self.name()), 200);
        let finding = out.finding(check, self.chain.monitor.id(), message);
        finding.on(self.chain).endpoint(self.endpoint.index);
        for target in self.failed.targets.iter().take(SHOWN) {
            let pod = ObjectId::new(Kind::Pod, &target.namespace, &target.pod);
            finding.evidence(Evidence {
                reference: Some(if target.pod.is_empty() { self.chain.server.id() } else { pod }.into()),
                found: vec![line(&target.error, 200)],
                note: Some(format!("the last scrape of {}", target.url)),
                ..Evidence::default()
            });
        }
        finding
    }

    /// Adds the port of the Service that leads to the failing port, where no container of the pod declares that one: it may
    /// be the wrong one.
    pub fn tell_of_service(&self, view: &View<'w>, finding: &mut Draft) {
        let (Some(pod), Some(service), Some(number)) = (self.pod(view), self.service(view), self.port()) else { return };
        let mut declared = pod.all_containers().flat_map(|container| &container.ports).peekable();
        if declared.peek().is_none() || declared.any(|port| port.container_port == number) {
            return;
        }
        let leads = |port: &ServicePort| port.target() == IntOrString::Int(number);
        let Some(at) = service.spec.ports.iter().position(leads) else { return };
        let pod_ports = Some((&pod.metadata.id(Kind::Pod), "spec.containers[*].ports".to_owned()));
        let path = format!("spec.ports[{at}].targetPort");
        finding.compared(&service.metadata.id(Kind::Service), path, number.to_string(), crate::mend::declared(pod), pod_ports);
    }

    /// An argument by which a container of the pod listens on localhost only: where it stands, and what it says.
    pub fn localhost_argument(&self, view: &View<'w>) -> Option<(ObjectId, String, &'w str)> {
        let (pod, number) = (self.pod(view)?, self.port()?);
        let containers = pod.spec.containers.iter().enumerate();
        let mut words = containers.flat_map(|(at, container)| {
            let of = move |field: &'static str, words: &'w [String]| {
                words
                    .iter()
                    .enumerate()
                    .map(move |(word, text)| (format!("spec.containers[{at}].{field}[{word}]"), text.as_str()))
            };
            of("command", &container.command).chain(of("args", &container.args))
        });
        let (path, text) = words.find(|(_, text)| binds_to_localhost(text, number))?;
        Some((pod.metadata.id(Kind::Pod), path, text))
    }

    /// Sets a field of the endpoint.
    pub fn set(&self, title: impl Into<String>, field: &str, value: impl Into<Value>) -> Fix {
        let path = pointer(&self.path(field));
        let value: Value = value.into();
        Fix::json(title, &self.chain.monitor.id(), vec![json!({"op": "add", "path": path, "value": value})])
    }

    /// Asks the target as the API server reaches it: a look at what it really serves.
    pub fn look(&self) -> String {
        let target = self.target();
        let path = target.url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("metrics", |(_, path)| path);
        let path = path.split('?').next().unwrap_or("metrics");
        let scheme = if self.is_https() { "https:" } else { "" };
        match (target.pod.is_empty(), self.port()) {
            (false, Some(port)) => format!(
                "kubectl get --raw {}",
                crate::report::quoted(&format!(
                    "/api/v1/namespaces/{}/pods/{scheme}{}:{port}/proxy/{path}",
                    target.namespace, target.pod
                ))
            ),
            _ => format!("curl {}", crate::report::quoted(&target.url)),
        }
    }
}

/// Whether an argument such as `--bind-address=127.0.0.1` keeps a process to localhost, as far as it is about this port.
fn binds_to_localhost(argument: &str, port: i64) -> bool {
    let Some((flag, value)) = argument.split_once('=') else { return false };
    let flag = flag.to_ascii_lowercase();
    if !flag.starts_with('-') || !["bind", "listen", "address"].iter().any(|word| flag.contains(word)) {
        return false;
    }
    // A flag may list several URLs, and one that is not local suffices.
    let local = |address: &str| {
        let address = address.rsplit("//").next().unwrap_or_default();
        let (host, number) = match address.rsplit_once(':') {
            Some((host, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (host, number.parse().ok()),
            _ => (address, None),
        };
        let is_local = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(&host);
        (number.is_none_or(|number: i64| number == port), is_local)
    };
    let about: Vec<bool> = value.split(',').map(local).filter(|(about, _)| *about).map(|(_, local)| local).collect();
    !about.is_empty() && about.into_iter().all(|local| local)
}

#[cfg(test)]
mod tests {
    use super::binds_to_localhost;

    #[test]
    fn an_argument_keeps_a_process_to_localhost() {
        for (argument, port, expected) in [
            ("--bind-address=127.0.0.1", 10257, true),
            ("--bind-address=0.0.0.0", 10257, false),
            ("--listen-metrics-urls=http://127.0.0.1:2381", 2381, true),
            ("--listen-metrics-urls=http://127.0.0.1:2381", 2379, false),
            ("--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.4:2379", 2379, false),
            ("--secure-listen-address=:8443", 8443, false),
            ("--web.listen-address=localhost:9100", 9100, true),
            ("--upstream=http://127.0.0.1:8080/", 8080, false),
            ("127.0.0.1", 8080, false),
        ] {
            assert_eq!(binds_to_localhost(argument, port), expected, "{argument} and {port}");
        }
    }
}
