//! Probes (OP-REJ-PB) and ScrapeConfigs (OP-REJ-SC), as far as they are checked alike; what they find targets by is
//! looked at beside.
//!
//! Which rules there are is known of operators 0.79 and 0.93. What only the newer one refuses is taken for new in it, so
//! that nothing is told of those in between that may not be so; of older ones nothing is certain.
//!
//! Unlike those of the other monitors their specs are read here as they were written. A field of the wrong type counts
//! as absent: it is refused before any operator sees it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Acceptance, Examiner, Reason, host};
use crate::chain::Written;
use crate::operator::version::{Version, operator};
use crate::world::{Authorization, BasicAuth, KeyRef, Kind, OAuth2, Proxy, RelabelConfig, Server, TlsConfig, World};

/// Examines a Probe or ScrapeConfig as the operator of a server does.
pub fn examine_other(
    world: &World,
    object: Written<'_>,
    server: &Server,
    operator_version: Option<Version>,
    prometheus: Option<Version>,
) -> Acceptance {
    let (kind, namespace) = (object.kind, object.metadata.namespace.as_str());
    let out = Acceptance::default();
    let mut examiner = Examiner { world, kind, namespace, server, operator: operator_version, prometheus, out };
    match kind {
        Kind::Probe => examiner.probe(object.raw),
        Kind::ScrapeConfig if operator_version.is_none_or(|version| version >= operator(65)) => {
            examiner.scrape_config(object.raw);
        }
        _ => {}
    }
    if operator_version.is_some_and(|version| version < operator(79)) {
        examiner.out.rejections.iter_mut().for_each(|one| one.certain = false);
    }
    examiner.out
}

/// Ways to talk to somebody, by what a kind of discovery takes.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Basic,
    Authorization,
    OAuth2,
    Tls,
    Proxy,
}

/// All of them.
pub(super) const ALL: &[Setting] = &[Setting::Basic, Setting::Authorization, Setting::OAuth2, Setting::Tls, Setting::Proxy];

/// A field, where it is there and of its type.
fn part<T: DeserializeOwned>(value: &Value, field: &str) -> Option<T> {
    value.get(field).filter(|field| !field.is_null()).and_then(|field| T::deserialize(field).ok())
}

/// A text, empty where there is none.
pub(super) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list.
pub(super) fn items<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    value.get(field).and_then(Value::as_array).into_iter().flatten().enumerate()
}

impl Examiner<'_> {
    fn probe(&mut self, spec: &Value) {
        self.scrape_class(text(spec, "scrapeClass"));
        let targets = &spec["targets"];
        if targets["staticConfig"].is_null() && targets["ingress"].is_null() {
            let why = "neither targets.staticConfig nor targets.ingress is there".to_owned();
            self.reject(Reason::Discovery { why }, "spec.targets".to_owned());
        }
        let named = |field: &str| !text(&spec["bearerTokenSecret"], field).is_empty();
        if self.since(93) || named("name") && named("key") {
            self.secret(spec, "bearerTokenSecret", "spec");
        }
        self.settings(spec, "spec", &[Setting::Basic, Setting::Authorization, Setting::OAuth2, Setting::Tls]);
        let fields = ["spec.scrapeTimeout".to_owned(), "spec.interval".to_owned()];
        self.times(text(spec, "scrapeTimeout"), text(spec, "interval"), fields);
        self.rules(spec, "metricRelabelings", "spec");
        let list = &targets["staticConfig"];
        self.labels(list, "spec.targets.staticConfig");
        self.rules(list, "relabelingConfigs", "spec.targets.staticConfig");
        self.rules(&targets["ingress"], "relabelingConfigs", "spec.targets.ingress");
        self.settings(&spec["prober"], "spec.prober", &[Setting::Proxy]);
        if self.since(54)
            && let Some(why) = host::refused(text(&spec["prober"], "url"), self.since(89))
        {
            let path = if spec["prober"].is_object() { "spec.prober.url" } else { "spec.prober" };
            self.reject(Reason::Http { why: why.to_owned() }, path.to_owned());
        }
    }

    fn scrape_config(&mut self, spec: &Value) {
        self.scrape_class(text(spec, "scrapeClass"));
        self.rules(spec, "relabelings", "spec");
        self.settings(spec, "spec", ALL);
        let fields = ["spec.scrapeTimeout".to_owned(), "spec.scrapeInterval".to_owned()];
        self.times(text(spec, "scrapeTimeout"), text(spec, "scrapeInterval"), fields);
        self.rules(spec, "metricRelabelings", "spec");
        for (at, list) in items(spec, "staticConfigs") {
            self.labels(list, &format!("spec.staticConfigs[{at}]"));
        }
        self.discoveries(spec);
    }

    /// What is there of some settings. Files cannot be named here, and an authorization may name nothing.
    pub(super) fn settings(&mut self, value: &Value, path: &str, settings: &[Setting]) {
        for setting in settings {
            match setting {
                Setting::Basic => {
                    if let Some(basic) = part::<BasicAuth>(value, "basicAuth") {
                        self.key(Kind::Secret, &basic.username, &format!("{path}.basicAuth.username"));
                        self.key(Kind::Secret, &basic.password, &format!("{path}.basicAuth.password"));
                    }
                }
                Setting::Authorization => {
                    if let Some(authorization) =
                        part::<Authorization>(value, "authorization").filter(|authorization| authorization.credentials.is_some())
                    {
                        self.authorization(&authorization, format!("{path}.authorization"), false);
                    }
                }
                Setting::OAuth2 => {
                    if let Some(mut oauth2) = part::<OAuth2>(value, "oauth2") {
                        oauth2.tls_config.iter_mut().for_each(without_files);
                        self.oauth2(&oauth2, &format!("{path}.oauth2"));
                    }
                }
                Setting::Tls => {
                    if let Some(mut tls) = part::<TlsConfig>(value, "tlsConfig") {
                        without_files(&mut tls);
                        self.tls(&tls, &format!("{path}.tlsConfig"));
                    }
                }
                Setting::Proxy => {
                    if let Ok(proxy) = <Proxy as serde::Deserialize>::deserialize(value) {
                        self.proxy(&proxy, path);
                    }
                }
            }
        }
    }

    /// A key of a Secret, where one is named.
    pub(super) fn secret(&mut self, value: &Value, field: &str, path: &str) {
        if let Some(reference) = part::<KeyRef>(value, field) {
            self.key(Kind::Secret, &reference, &format!("{path}.{field}"));
        }
    }

    fn rules(&mut self, value: &Value, field: &str, path: &str) {
        if !self.since(54) {
            return;
        }
        for (at, rule) in items(value, field) {
            if let Ok(rule) = <RelabelConfig as serde::Deserialize>::deserialize(rule) {
                self.relabel(&rule, &format!("{path}.{field}[{at}]"));
            }
        }
    }

    /// The names of labels that static targets get; those of Probes since 0.92.
    fn labels(&mut self, list: &Value, path: &str) {
        if self.kind == Kind::Probe && !self.since(92) {
            return;
        }
        let any = self.since(86) && self.prometheus.is_none_or(|version| version.major >= 3);
        for name in list["labels"].as_object().into_iter().flatten().map(|(name, _)| name) {
            let fine = if any { !name.is_empty() } else { crate::prometheus::label_name::is_plain(name) };
            if !fine {
                let why = format!("{name:?} is not a valid label name");
                self.reject(Reason::Discovery { why }, format!("{path}.labels{}", crate::path::key_text(name)));
            }
        }
    }
}

fn without_files(tls: &mut TlsConfig) {
    for file in [&mut tls.ca_file, &mut tls.cert_file, &mut tls.key_file] {
        file.clear();
    }
}
