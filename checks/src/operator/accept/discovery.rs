//! What a ScrapeConfig finds its targets by (OP-REJ-SC-SD): each kind of discovery has its own rules, and several of
//! them ask for a version of Prometheus even where there is no entry of theirs (OP-REJ-SC-TRAP).

use serde_json::Value;

use super::other::{ALL, Setting, items, text};
use super::{Examiner, Reason, query, url};
use crate::operator::version::Version;

/// What is checked in the entries of one kind of discovery.
struct Rules {
    /// The list of its entries.
    list: &'static str,
    /// What the operator looks at in each entry.
    settings: &'static [Setting],
    /// What operators before 0.93 looked at, where that was less.
    before: Option<&'static [Setting]>,
    /// Keys of Secrets.
    secrets: &'static [&'static str],
    /// Fields that some version of Prometheus brought.
    newer: &'static [(&'static str, Version)],
    /// Whether operators before 0.93 looked at those.
    always: bool,
    /// The version that the kind needs, which is asked for whether it is used or not.
    floor: Option<Version>,
}

const NO_BASIC: &[Setting] = &[Setting::Authorization, Setting::OAuth2, Setting::Tls, Setting::Proxy];
const TLS_PROXY: &[Setting] = &[Setting::Tls, Setting::Proxy];

const fn rules(list: &'static str, settings: &'static [Setting]) -> Rules {
    Rules { list, settings, before: None, secrets: &[], newer: &[], always: false, floor: None }
}

const fn since(major: u32, minor: u32) -> Option<Version> {
    Some(Version::new(major, minor, 0))
}

/// Azure's are looked at only for one way to log in, and are not here.
const DISCOVERIES: &[Rules] = &[
    Rules { floor: since(2, 28), ..rules("httpSDConfigs", ALL) },
    rules("kubernetesSDConfigs", ALL),
    Rules {
        secrets: &["tokenRef"],
        newer: &[
            ("pathPrefix", Version::new(2, 45, 0)),
            ("namespace", Version::new(2, 28, 0)),
            ("filter", Version::new(3, 0, 0)),
            ("healthFilter", Version::new(3, 11, 2)),
        ],
        always: true,
        before: Some(&[Setting::Basic, Setting::Authorization, Setting::Tls, Setting::Proxy]),
        ..rules("consulSDConfigs", ALL)
    },
    Rules { secrets: &["accessKey", "secretKey"], ..rules("ec2SDConfigs", TLS_PROXY) },
    Rules {
        secrets: &["password", "applicationCredentialSecret"],
        before: Some(&[]),
        ..rules("openstackSDConfigs", &[Setting::Tls])
    },
    Rules { floor: since(2, 20), ..rules("digitalOceanSDConfigs", NO_BASIC) },
    Rules { newer: &[("clientID", Version::new(2, 50, 0))], ..rules("kumaSDConfigs", ALL) },
    rules("eurekaSDConfigs", ALL),
    Rules { newer: &[("matchFirstNetwork", Version::new(2, 54, 1))], ..rules("dockerSDConfigs", ALL) },
    Rules { floor: since(2, 28), ..rules("linodeSDConfigs", NO_BASIC) },
    Rules { newer: &[("labelSelector", Version::new(3, 5, 0))], ..rules("hetznerSDConfigs", ALL) },
    rules("nomadSDConfigs", ALL),
    Rules { floor: since(2, 20), ..rules("dockerSwarmSDConfigs", ALL) },
    Rules { floor: since(2, 31), ..rules("puppetDBSDConfigs", ALL) },
    Rules { secrets: &["accessKey", "secretKey"], floor: since(2, 27), ..rules("lightSailSDConfigs", ALL) },
    Rules { secrets: &["applicationSecret", "consumerKey"], floor: since(2, 40), ..rules("ovhcloudSDConfigs", &[]) },
    Rules { secrets: &["secretKey"], floor: since(2, 26), before: Some(&[]), ..rules("scalewaySDConfigs", TLS_PROXY) },
    Rules { floor: since(2, 36), ..rules("ionosSDConfigs", NO_BASIC) },
];

impl Examiner<'_> {
    pub(super) fn discoveries(&mut self, spec: &Value) {
        self.floors(spec);
        for rules in DISCOVERIES {
            for (at, entry) in items(spec, rules.list) {
                let path = format!("spec.{}[{at}]", rules.list);
                let looks = rules.always || self.since(93);
                for (field, needs) in rules.newer.iter().filter(|(field, _)| looks && !entry[*field].is_null()) {
                    self.needs_prometheus(*needs, field, format!("{path}.{field}"));
                }
                let settings = rules.before.filter(|_| !self.since(93)).unwrap_or(rules.settings);
                self.settings(entry, &path, settings);
                for field in rules.secrets {
                    self.secret(entry, field, &path);
                }
                self.entry(rules.list, entry, &path);
            }
        }
        for (at, entry) in items(spec, "dnsSDConfigs") {
            let kind = text(entry, "type");
            if !matches!(kind, "" | "SRV") && entry["port"].is_null() {
                let why = format!("records of type {kind} name no port: set port");
                self.reject(Reason::Discovery { why }, format!("spec.dnsSDConfigs[{at}].type"));
            }
        }
        for (at, entry) in items(spec, "azureSDConfigs") {
            self.azure(entry, &format!("spec.azureSDConfigs[{at}]"));
        }
    }

    /// What a kind of discovery is not known for costs every ScrapeConfig; the newest version that is missing is told.
    fn floors(&mut self, spec: &Value) {
        let Some(has) = self.prometheus else { return };
        let missing = |rules: &&Rules| rules.floor.is_some_and(|floor| has < floor);
        let used = |rules: &&Rules| items(spec, rules.list).next().is_some();
        let (used, unused): (Vec<&Rules>, Vec<&Rules>) = DISCOVERIES.iter().filter(missing).partition(used);
        for rules in used {
            let Some(needs) = rules.floor else { continue };
            self.needs_prometheus(needs, rules.list, format!("spec.{}", rules.list));
        }
        if let Some(needs) = unused.iter().filter_map(|rules| rules.floor).max() {
            let what = "a ScrapeConfig of any content, by a check of this operator that asks for too much,";
            self.needs_prometheus(needs, what, "spec".to_owned());
        }
    }

    /// What is special to one kind.
    fn entry(&mut self, list: &str, entry: &Value, path: &str) {
        let newest = self.since(93);
        let mut http = |field: &str, why: Option<String>| {
            if let Some(why) = why {
                self.reject(Reason::Http { why: format!("{field} is not a URL: {why}") }, format!("{path}.{field}"));
            }
        };
        match list {
            "httpSDConfigs" => http("url", url::refused(text(entry, "url"))),
            "dockerSDConfigs" | "dockerSwarmSDConfigs" => http("host", url::refused(text(entry, "host"))),
            "nomadSDConfigs" if !newest => {}
            "kumaSDConfigs" | "nomadSDConfigs" => http("server", not_a_server(text(entry, "server"), &[])),
            "puppetDBSDConfigs" => http("url", not_a_server(text(entry, "url"), &["http", "https"])),
            "openstackSDConfigs" if newest && text(entry, "role") == "LoadBalancer" => {
                self.needs_prometheus(Version::new(3, 2, 0), "role LoadBalancer", format!("{path}.role"));
            }
            "kubernetesSDConfigs" => self.kubernetes(entry, path),
            _ => {}
        }
    }

    fn kubernetes(&mut self, entry: &Value, path: &str) {
        if !entry["apiServer"].is_null() && entry["namespaces"]["ownNamespace"] == Value::Bool(true) {
            let why = "apiServer excludes namespaces.ownNamespace, which is one of this cluster".to_owned();
            self.reject(Reason::Discovery { why }, format!("{path}.namespaces.ownNamespace"));
        }
        let role = text(entry, "role").to_ascii_lowercase();
        let allowed: &[&str] = match role.as_str() {
            "pod" => &["Pod"],
            "service" => &["Service"],
            "endpoints" => &["Pod", "Service", "Endpoints"],
            "endpointslice" => &["Pod", "Service", "EndpointSlice"],
            "node" => &["Node"],
            "ingress" => &["Ingress"],
            _ => return,
        };
        for (at, selector) in items(entry, "selectors") {
            let path = format!("{path}.selectors[{at}]");
            let own = text(selector, "role");
            if !allowed.iter().any(|role| role.eq_ignore_ascii_case(own)) {
                let why = format!("role {} takes selectors of {} only", text(entry, "role"), crate::text::list(allowed, 3));
                self.reject(Reason::Selector { why }, format!("{path}.role"));
            }
            let found =
                [("label", query::bad_labels(text(selector, "label"))), ("field", query::bad_fields(text(selector, "field")))];
            for (field, bad) in found {
                if let Some(why) = bad {
                    self.reject(Reason::Selector { why }, format!("{path}.{field}"));
                }
            }
        }
    }

    /// The rest is looked at only where an application logs in with its secret, as it does unless told otherwise.
    fn azure(&mut self, entry: &Value, path: &str) {
        let method = text(entry, "authenticationMethod");
        for (name, needs) in [("SDK", Version::new(2, 52, 0)), ("WorkloadIdentity", Version::new(3, 11, 0))] {
            if method == name && (name == "SDK" || self.since(93)) {
                self.needs_prometheus(needs, &format!("authenticationMethod {name}"), format!("{path}.authenticationMethod"));
            }
        }
        if !entry["resourceGroup"].is_null() {
            self.needs_prometheus(Version::new(2, 35, 0), "resourceGroup", format!("{path}.resourceGroup"));
        }
        if matches!(method, "ManagedIdentity" | "SDK") || method == "WorkloadIdentity" && self.since(93) {
            return;
        }
        let missing = [
            ("tenantID", text(entry, "tenantID").is_empty()),
            ("clientID", text(entry, "clientID").is_empty()),
            ("clientSecret", entry["clientSecret"].is_null()),
        ];
        let missing: Vec<&str> = missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| field).collect();
        if !missing.is_empty() {
            let why = format!("to log in by OAuth, {} must be there", crate::text::list(&missing, 3));
            self.reject(Reason::Discovery { why }, path.to_owned());
        }
        self.secret(entry, "clientSecret", path);
        self.settings(entry, path, ALL);
    }
}

/// Why a text is no URL with a scheme and a host.
fn not_a_server(text: &str, schemes: &[&str]) -> Option<String> {
    if let Some(why) = url::refused(text) {
        return Some(why);
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() || host.is_empty() {
        return Some("it needs a scheme and a host, as in http://host:80".to_owned());
    }
    let known = schemes.is_empty() || schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    (!known).then(|| format!("its scheme must be {}", schemes.join(" or ")))
}
