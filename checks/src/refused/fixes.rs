//! Ways to mend what a monitor is refused for.

use serde_json::{Value, json};

use super::{Refused, interval_field};
use crate::operator::accept::{Reason, meant_host};
use crate::path::pointer;
use crate::prometheus::duration::millis;
use crate::prometheus::relabel::Action;
use crate::report::{Fix, kubectl, quoted};
use crate::text::nearest;
use crate::world::{Kind, ObjectId, PemFact, World};

/// What to know where a Secret or ConfigMap appears later than the monitor (OP-NSF-10).
const NOTICE: &str = "an operator that watches Secrets only beside its servers sees it at its next sync: a change of the \
                      monitor starts one";

/// A field of a monitor that is refused.
struct Field<'a> {
    world: &'a World,
    refused: &'a Refused<'a>,
    id: ObjectId,
    path: &'a str,
}

/// Fixes for a reason at a field, the best first.
pub(crate) fn fixes(world: &World, refused: &Refused<'_>, path: &str, reason: &Reason) -> Vec<Fix> {
    let field = Field { world, refused, id: refused.id.clone(), path };
    match reason {
        Reason::MissingKey { kind, name, key, keys } => field.key(*kind, name, key, keys.as_deref()),
        Reason::Timeout { timeout, interval, of_server } => field.timeout(timeout, interval, *of_server),
        Reason::Duration { text } => field.duration(text),
        Reason::Relabel { .. } => field.rule(),
        Reason::Version { needs, .. } => field.version(&needs.to_string()),
        Reason::FileAccess { .. } => field.file(),
        Reason::AuthConflict { fields } => field.auth(fields),
        Reason::ScrapeClass { name, known } => field.class(name, known),
        Reason::Selector { .. } => field.selector(),
        Reason::Http { .. } if path == "spec.prober.url" => field.prober(),
        Reason::Http { .. } | Reason::Tls { .. } => field.settings(),
        Reason::Discovery { .. } => field.discovery(),
        // What of the monitor makes the job so is not told.
        Reason::Job { .. } => Vec::new(),
    }
}

impl Field<'_> {
    fn set(&self, title: impl Into<String>, path: &str, value: impl Into<Value>) -> Fix {
        let value: Value = value.into();
        Fix::json(title, &self.id, vec![json!({"op": "add", "path": pointer(path), "value": value})])
    }

    fn remove(&self, title: impl Into<String>, path: &str) -> Fix {
        Fix::json(title, &self.id, vec![json!({"op": "remove", "path": pointer(path)})])
    }

    /// What a path of the monitor says.
    fn at(&self, path: &str) -> Option<&Value> {
        self.refused.raw.pointer(pointer(path).strip_prefix("/spec")?)
    }

    /// The path of the field above.
    fn above(&self) -> &str {
        let end = self.path.rfind(['.', '[']).unwrap_or(self.path.len());
        &self.path[..end]
    }

    fn last(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    fn key(&self, kind: Kind, name: &str, key: &str, keys: Option<&[String]>) -> Vec<Fix> {
        match keys {
            _ if name.is_empty() => Vec::new(),
            Some(keys) => self.missing_key(kind, name, key, keys),
            None => self.missing_object(kind, name),
        }
    }

    fn missing_key(&self, kind: Kind, name: &str, key: &str, keys: &[String]) -> Vec<Fix> {
        let namespace = self.id.namespace.as_str();
        let mut out = Vec::new();
        if let Some(near) = nearest(key, keys.iter().map(String::as_str)) {
            out.push(self.set(format!("name the key {near:?}, which is there"), &format!("{}.key", self.path), near));
        }
        let title = format!("put the key {key:?} into {kind} {namespace}/{name}");
        let command = format!("kubectl -n {namespace} edit {} {}", kind.plural(), quoted(name));
        out.push(Fix::advice(title, command).note(NOTICE));
        out
    }

    /// Everything that the monitor wants of an object that is not there is mended together.
    fn missing_object(&self, kind: Kind, name: &str) -> Vec<Fix> {
        let namespace = self.id.namespace.as_str();
        let wanted: Vec<(&str, &str)> = self
            .refused
            .rejections
            .iter()
            .filter_map(|rejection| match &rejection.reason {
                Reason::MissingKey { kind: of, name: other, key, keys: None } if *of == kind && other == name => {
                    Some((rejection.path.as_str(), key.as_str()))
                }
                _ => None,
            })
            .collect();
        let table = if kind == Kind::Secret { &self.world.secrets } else { &self.world.config_maps };
        let has_all = |keys: &std::collections::BTreeMap<String, crate::world::KeyFact>| {
            wanted.iter().all(|(_, key)| keys.contains_key(*key))
        };
        let others: Vec<&str> = table
            .in_namespace(namespace)
            .filter(|store| has_all(&store.keys))
            .map(|store| store.metadata.name.as_str())
            .collect();
        let mut out = Vec::new();
        let near = nearest(name, others.iter().copied());
        if let Some(meant) = near.or(others.first().copied().filter(|_| others.len() == 1)) {
            let operation =
                |(path, _): &(&str, &str)| json!({"op": "add", "path": pointer(&format!("{path}.name")), "value": meant});
            let title = format!("name the {kind} {meant:?}, which has what is asked for");
            let fix = Fix::json(title, &self.id, wanted.iter().map(operation).collect());
            out.push(fix.widens("look whether that one is meant"));
        }
        let word = if kind == Kind::Secret { "secret generic" } else { "configmap" };
        let mut entries: Vec<String> = wanted.iter().map(|(_, key)| format!("--from-file={}=FILE", quoted(key))).collect();
        entries.sort();
        entries.dedup();
        let command = format!("kubectl -n {namespace} create {word} {} {}", quoted(name), entries.join(" "));
        out.push(Fix::advice(format!("make the {kind} {namespace}/{name}"), command).note(NOTICE));
        out
    }

    fn timeout(&self, timeout: &str, interval: &str, of_server: bool) -> Vec<Fix> {
        let mut out = vec![self.set(format!("lower the timeout to the interval, {interval}"), self.path, interval)];
        if !of_server && millis(timeout).is_some() {
            let path = format!("{}.{}", self.above(), interval_field(self.id.kind));
            let title = format!("raise the interval to the timeout, {timeout}");
            out.push(self.set(title, &path, timeout).widens("the endpoint is then scraped less often"));
        }
        out
    }

    fn duration(&self, text: &str) -> Vec<Fix> {
        let mut out = Vec::new();
        if let Some(meant) = meant_duration(text) {
            out.push(self.set(format!("write {meant:?}"), self.path, meant));
        }
        out.push(
            self.remove("leave it to the server's own setting", self.path).widens("the server's interval and timeout then count"),
        );
        out
    }

    fn rule(&self) -> Vec<Fix> {
        let mut out = Vec::new();
        let text = |path: &str| self.at(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        match self.last() {
            "action" => {
                let letters: String = text(self.path).chars().filter(char::is_ascii_alphabetic).collect();
                // A rule of another action must have the fields of that action.
                let fits =
                    |action: &Action| !action.needs_target_label() || self.at(&format!("{}.targetLabel", self.above())).is_some();
                let known = Action::ALL.iter().map(|action| action.as_str());
                if let Some(action) = nearest(&letters, known).and_then(Action::parse).filter(fits) {
                    let title = format!("write the action {:?}", action.as_str());
                    out.push(self.set(title, self.path, action.as_str()));
                }
            }
            "targetLabel" => {
                let name = plain_name(&text(self.path));
                let title = format!("write the label {name:?}");
                out.push(self.set(title, self.path, name).widens("queries must then ask for that label"));
            }
            "replacement" => {
                out.push(self.remove("drop the replacement, which this action does not take", self.path));
            }
            _ => {}
        }
        if self.is_in_rule() {
            out.push(self.remove("drop the rule", self.item()).widens("targets and samples then look as they do without it"));
        }
        out
    }

    /// The item of a list in which the path ends; of a ScrapeConfig the list itself, where nothing would be left in it: its
    /// definition asks for an item.
    fn item(&self) -> &str {
        let Some(end) = self.path.rfind(']') else { return self.path };
        let list = &self.path[..self.path.rfind('[').unwrap_or(end)];
        let only = self.at(list).and_then(Value::as_array).is_some_and(|items| items.len() == 1);
        if only && self.refused.id.kind == Kind::ScrapeConfig { list } else { &self.path[..=end] }
    }

    fn is_in_rule(&self) -> bool {
        self.path.contains("elabelings[") || self.path.contains("elabelingConfigs[")
    }

    /// Whether a discovery is nothing without the field, or the ScrapeConfig perhaps nothing without the discovery.
    fn is_needed(&self) -> bool {
        matches!(self.last(), "role" | "authenticationMethod") || self.path.ends_with("SDConfigs")
    }

    /// A URL was written for a host: its parts have fields of their own.
    fn prober(&self) -> Vec<Fix> {
        let url = self.at(self.path).and_then(Value::as_str).unwrap_or_default();
        let Some((host, scheme, path)) = meant_host(url) else { return Vec::new() };
        let add = |field: &str, value: &str| json!({"op": "add", "path": pointer(&format!("{}.{field}", self.above())), "value": value});
        let mut operations = vec![add("url", host)];
        operations.extend(scheme.map(|scheme| add("scheme", scheme)));
        operations.extend(path.map(|path| add("path", path)));
        let others: Vec<&str> = scheme.map(|_| "scheme").into_iter().chain(path.map(|_| "path")).collect();
        let title = match others.as_slice() {
            [] => format!("write {host:?}"),
            others => format!("write {host:?}, and the rest into {}", others.join(" and ")),
        };
        let fix = Fix::json(title, &self.id, operations);
        let differs = |field: &str, value: Option<&str>| {
            let own = self.at(&format!("{}.{field}", self.above())).and_then(Value::as_str);
            own.zip(value).is_some_and(|(own, value)| own != value)
        };
        if differs("scheme", scheme) || differs("path", path) {
            return vec![fix.widens("the prober is then asked in the way that the URL says, not as the fields beside it say")];
        }
        vec![fix]
    }

    fn discovery(&self) -> Vec<Fix> {
        if self.last() == "ownNamespace" {
            return vec![
                self.remove("drop ownNamespace", self.path)
                    .widens("all namespaces behind apiServer are then looked at, unless names are given"),
            ];
        }
        if self.path.contains(".labels") {
            return vec![self.remove("drop the label", self.path).widens("the targets are then without it")];
        }
        Vec::new()
    }

    /// What a discovery selects by.
    fn discovery_selector(&self) -> Vec<Fix> {
        let drop = self.remove("drop the selector", self.item()).widens("more objects are then looked at");
        let entry = &self.path[..self.path.find(".selectors[").unwrap_or(self.path.len())];
        let role = self.at(&format!("{entry}.role")).and_then(Value::as_str).unwrap_or_default();
        let alone = matches!(role.to_ascii_lowercase().as_str(), "pod" | "service" | "node" | "ingress");
        if self.last() == "role" && alone {
            let title = format!("select by {role}, as the role is");
            return vec![self.set(title, self.path, role).widens("it must then fit the labels and fields of that kind"), drop];
        }
        vec![drop]
    }

    fn version(&self, needs: &str) -> Vec<Fix> {
        let server = self.refused.server.id();
        let mut out = if self.is_in_rule() {
            self.rule().into_iter().rev().take(1).collect()
        } else if self.path == "spec" || self.is_needed() {
            Vec::new()
        } else {
            vec![self.remove("go without it", self.path)]
        };
        out.push(Fix::advice(
            format!("run Prometheus {needs} or newer: spec.version of {server}, which is what the operator goes by"),
            kubectl("edit", &server),
        ));
        out
    }

    fn file(&self) -> Vec<Fix> {
        let server = self.refused.server.id();
        let key = json!({"spec": {"arbitraryFSAccessThroughSMs": {"deny": false}}});
        let path = if self.last() == "bearerTokenFile" { self.path } else { self.above() };
        vec![
            self.remove("do without the file", path).widens("the target may ask for what was in it: name a Secret instead"),
            Fix::merge(format!("let {server} read files for monitors"), &server, key)
                .widens("every ServiceMonitor may then send what the Prometheus pod can read"),
        ]
    }

    /// For each way to authenticate: keep it, drop the others. One that names nothing is dropped first.
    fn auth(&self, fields: &[&'static str]) -> Vec<Fix> {
        let empty = |field: &str| {
            field == "bearerTokenSecret" && {
                let name = self.at(&format!("{}.{field}.name", self.path));
                name.and_then(Value::as_str).is_none_or(str::is_empty)
            }
        };
        let (void, real): (Vec<&str>, Vec<&str>) = fields.iter().copied().partition(|field| empty(field));
        let drop = |kept: &str| {
            let others = fields.iter().filter(|field| **field != kept);
            others.map(|field| json!({"op": "remove", "path": pointer(&format!("{}.{field}", self.path))})).collect::<Vec<_>>()
        };
        match real.as_slice() {
            [only] if !void.is_empty() => {
                vec![Fix::json(format!("drop {}, which names nothing", void.join(", ")), &self.id, drop(only))]
            }
            _ => {
                let keep = |kept: &&str| {
                    Fix::json(format!("authenticate by {kept} alone"), &self.id, drop(kept))
                        .widens("the target must accept that one")
                };
                real.iter().map(keep).collect()
            }
        }
    }

    fn class(&self, name: &str, known: &[String]) -> Vec<Fix> {
        let mut out = Vec::new();
        let near = nearest(name, known.iter().map(String::as_str));
        match (near, known) {
            (Some(near), _) => out.push(self.set(format!("ask for the class {near:?}"), self.path, near)),
            (None, [only]) => {
                let title = format!("ask for the one class there is, {only:?}");
                out.push(self.set(title, self.path, only.as_str()).widens("its settings then apply"));
            }
            _ => {}
        }
        out.push(self.remove("ask for no class", self.path).widens("the default class applies, if there is one"));
        out
    }

    fn selector(&self) -> Vec<Fix> {
        if self.path.contains(".selectors[") {
            return self.discovery_selector();
        }
        let mut out = Vec::new();
        let expression = self.at(self.path).filter(|value| value.is_object());
        let operator = expression.and_then(|value| value["operator"].as_str()).unwrap_or_default();
        let values = expression.and_then(|value| value["values"].as_array()).map_or(0, Vec::len);
        let by_values: &[&str] = if values == 0 { &["Exists", "DoesNotExist"] } else { &["In", "NotIn"] };
        let all = ["In", "NotIn", "Exists", "DoesNotExist"];
        if expression.is_some() && !all.contains(&operator) {
            let meant = nearest(operator, by_values.iter().copied()).unwrap_or(by_values[0]);
            out.push(self.set(format!("write the operator {meant}"), &format!("{}.operator", self.path), meant));
        } else if matches!(operator, "Exists" | "DoesNotExist") && values > 0 {
            let title = format!("drop the values, which {operator} does not take");
            out.push(self.remove(title, &format!("{}.values", self.path)));
        } else if operator == "In" && values == 0 {
            let title = "ask whether the label is there";
            let fix = self.set(title, &format!("{}.operator", self.path), "Exists");
            out.push(fix.widens("any value of the label will then do"));
        }
        out.push(self.remove("drop the requirement", self.path).widens("everything that meets the rest is then selected"));
        out
    }

    /// HTTP and TLS settings: what excludes something else, or says nothing, goes; contents are for people to mend.
    fn settings(&self) -> Vec<Fix> {
        let without = |path: &str, why: &str| {
            self.remove(format!("drop {}", path.rsplit('.').next().unwrap_or_default()), path).widens(why)
        };
        let both = |value: &Value| value.get("secret").is_some() && value.get("configMap").is_some();
        if self.at(self.path).is_some_and(both) {
            let keep = |kept: &str, other: &str| {
                self.remove(format!("take it from the {kept} alone"), &format!("{}.{other}", self.path))
                    .widens("look which of the two is right")
            };
            return vec![keep("Secret", "configMap"), keep("ConfigMap", "secret")];
        }
        match self.last() {
            "noProxy" => vec![self.remove("drop noProxy, which does nothing without a proxy", self.path)],
            "proxyFromEnvironment" => {
                let named = self.at(&format!("{}.proxyUrl", self.above())).is_some();
                let own = named.then(|| without(self.path, "the proxy is then the one that is named"));
                let other = self.of_names(&["proxyUrl", "noProxy"]).widens("the proxy is then the one of the pod's environment");
                own.into_iter().chain([other]).collect()
            }
            "proxyUrl" => {
                let url = self.at(self.path).and_then(Value::as_str).unwrap_or_default();
                let meant = format!("http://{}", url.trim_matches(['"', ' ', ':', '/']));
                let mut out = Vec::new();
                if !url.contains("//") && !url.contains('@') && crate::operator::accept::is_url(&meant) {
                    out.push(self.set(format!("write {meant:?}"), self.path, meant));
                }
                out.push(without(self.path, "the target is then scraped without a proxy"));
                out
            }
            _ if self.path.contains(".proxyConnectHeader") => {
                vec![self.remove("drop what names no Secret, or has no proxy to go to", self.path)]
            }
            "type" => vec![without(self.path, "the credentials are then sent as a bearer token")],
            "caFile" | "certFile" | "keyFile" if self.pair().is_none() => vec![without(self.path, "the file is then not used")],
            "maxVersion" => vec![without(self.path, "newer versions of TLS are then allowed")],
            "ca" => {
                let drop = without(self.path, "the certificate is then checked against the CAs of the image");
                self.content().into_iter().chain([drop]).collect()
            }
            "authorization" => vec![self.remove("drop authorization, which names no credentials", self.path)],
            _ => match self.pair() {
                Some(fix) => match self.half() {
                    Some(other) => vec![other, fix],
                    None => self.content().into_iter().chain([fix]).collect(),
                },
                None => Vec::new(),
            },
        }
    }

    /// Where the content of a Secret or ConfigMap is at fault: mend that.
    fn content(&self) -> Option<Fix> {
        let value = self.at(self.path)?;
        let secret = value.get("secret").or(Some(value).filter(|value| value.get("key").is_some()));
        let (reference, kind) = match (secret, value.get("configMap")) {
            (Some(secret), _) => (secret, Kind::Secret),
            (None, Some(config_map)) => (config_map, Kind::ConfigMap),
            (None, None) => return None,
        };
        let (name, key) = (reference["name"].as_str()?, reference["key"].as_str()?);
        let namespace = &self.id.namespace;
        let title = format!("write PEM text into key {key:?} of {kind} {namespace}/{name}");
        Some(Fix::advice(title, format!("kubectl -n {namespace} edit {} {}", kind.plural(), quoted(name))))
    }

    /// Where only half of the pair is there: name the other half, in the same Secret if it is clear which key that is.
    fn half(&self) -> Option<Fix> {
        let above = self.above();
        let (field, what, block): (_, _, fn(&PemFact) -> bool) = match self.last() {
            "cert" => ("keySecret", "private key", is_private_key),
            "keySecret" => ("cert", "certificate", is_certificate),
            "certFile" => ("keyFile", "private key", is_private_key),
            "keyFile" => ("certFile", "certificate", is_certificate),
            _ => return None,
        };
        let others: &[&str] = if field.starts_with("key") { &["keySecret", "keyFile"] } else { &["cert", "certFile"] };
        if others.iter().any(|other| self.at(&format!("{above}.{other}")).is_some()) {
            return None;
        }
        let own = self.at(self.path)?;
        let own = own.get("secret").or(Some(own).filter(|own| own.get("key").is_some()));
        let name = own.and_then(|own| own["name"].as_str());
        let store = name.and_then(|name| self.world.secrets.get(&self.id.namespace, name));
        let own = store.zip(own).and_then(|(store, own)| store.keys.get(own["key"].as_str()?));
        // A key is only named beside a certificate: where the one that is there is no PEM text, nothing is told by it.
        let sound = own.is_some_and(|own| is_certificate(&own.pem) || is_private_key(&own.pem));
        let fitting = store
            .iter()
            .flat_map(|store| &store.keys)
            .filter(|(_, fact)| block(&fact.pem) && own.is_some_and(|own| may_pair(&own.pem, &fact.pem)))
            .map(|(key, _)| key);
        if let ([key], true, Some(name)) = (fitting.collect::<Vec<_>>().as_slice(), sound, name) {
            let reference = json!({"name": name, "key": key});
            let value = if field == "cert" { json!({"secret": reference}) } else { reference };
            return Some(self.set(
                format!("name the {what} too: {field} {key:?} of the same Secret"),
                &format!("{above}.{field}"),
                value,
            ));
        }
        let (namespace, resource) = (&self.id.namespace, self.id.kind.resource());
        let command = format!("kubectl -n {namespace} edit {resource} {}", quoted(&self.id.name));
        Some(Fix::advice(format!("name the {what} too, in {}.{field}", above.trim_start_matches("spec.")), command))
    }

    /// Half a pair of certificate and key, or a pair that does not fit, goes as a whole.
    fn pair(&self) -> Option<Fix> {
        let names = ["cert", "certFile", "keySecret", "keyFile"];
        let both = |a: &str, b: &str| {
            self.at(&format!("{}.{a}", self.above())).is_some() && self.at(&format!("{}.{b}", self.above())).is_some()
        };
        let twice = both("cert", "certFile") || both("keySecret", "keyFile");
        let ours = names.contains(&self.last()) && !twice;
        ours.then(|| self.of_names(&names).widens("the target is then asked without a client certificate"))
    }

    /// Removes fields beside this one, as far as they are there.
    fn of_names(&self, names: &[&str]) -> Fix {
        let there: Vec<&str> =
            names.iter().copied().filter(|name| self.at(&format!("{}.{name}", self.above())).is_some()).collect();
        let path = |name: &&str| json!({"op": "remove", "path": pointer(&format!("{}.{name}", self.above()))});
        Fix::json(format!("drop {}", crate::text::list(&there, 4)), &self.id, there.iter().map(path).collect())
    }
}

fn is_private_key(fact: &PemFact) -> bool {
    matches!(fact, PemFact::PrivateKey(_)) || matches!(fact, PemFact::Block(label) if label.ends_with("PRIVATE KEY"))
}

fn is_certificate(fact: &PemFact) -> bool {
    matches!(fact, PemFact::Certificate(_)) || matches!(fact, PemFact::Block(label) if label.ends_with("CERTIFICATE"))
}

/// Whether two halves may belong together: not those whose public keys were read and differ.
fn may_pair(one: &PemFact, other: &PemFact) -> bool {
    use PemFact::{Certificate, PrivateKey};
    match (one, other) {
        (Certificate(a), PrivateKey(b)) | (PrivateKey(a), Certificate(b)) => a == b,
        _ => true,
    }
}

/// The name with every character replaced that an old label name cannot have.
fn plain_name(text: &str) -> String {
    let name = crate::prometheus::label_name::sanitized(text);
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// What was probably meant: a bare number in seconds, words for units, a fraction.
fn meant_duration(text: &str) -> Option<String> {
    let text: String = text.to_ascii_lowercase().split_whitespace().collect();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        _ => return None,
    };
    let meant = match number.parse::<u32>() {
        Ok(number) => format!("{number}{unit}"),
        Err(_) => {
            let factor = match unit {
                "h" => 3_600.0,
                "m" => 60.0,
                _ => 1.0,
            };
            let seconds = number.parse::<f64>().ok()? * factor;
            (1.0..1e6).contains(&seconds).then(|| format!("{}s", seconds.round()))?
        }
    };
    Some(meant).filter(|meant| millis(meant).is_some_and(|millis| millis > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_that_were_meant() {
        let of = |text: &str| meant_duration(text).unwrap_or_default();
        for (text, meant) in [("30", "30s"), ("1.5m", "90s"), ("30 sec", "30s"), ("2 minutes", "2m"), ("abc", ""), ("0", "")] {
            assert_eq!(of(text), meant, "{text}");
        }
    }
}
