//! A value of another type than the field holds: the API server refuses the object (OP-PORT-2).

use crate::manifest::{explain, finding, fix, json_fix, problems, refusal};
use crate::prelude::*;
use crate::schema::{Fault, Problem};
use crate::selector::LabelSelector;
use crate::world::{Manifest, Service};

pub(crate) const CHECK: Check = Check {
    code: "PD1403",
    name: "wrong-type",
    summary: "a field of a manifest holds a value of another type: the API server refuses the object",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[Kind::Service],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for (manifest, problem) in problems(view, |problem| problem.fault == Fault::Type) {
        let path = &problem.path;
        let wanted = either(&problem.wanted, 2);
        let message = format!("{path} must be {wanted}, not {}: {}", problem.found, refusal(manifest, problem));
        if let Some(number) = port_number(problem) {
            number_as_name(view, manifest, problem, number, out);
            continue;
        }
        let finding = finding(&CHECK, manifest, problem, message, out);
        let title = problem.meant.as_ref().and_then(|meant| {
            let value = meant.value.as_deref()?;
            let is_text = meant.patch.as_ref().is_some_and(|patch| patch[0]["value"].is_string());
            Some(match (is_text, meant.safe) {
                (true, true) => format!("quote it: {value:?}"),
                (true, false) => format!("write {value}, if seconds are meant"),
                _ => format!("write {value}"),
            })
        });
        let written = problem.meant.as_ref().zip(title.clone()).and_then(|(meant, title)| fix(manifest, meant, title));
        // What an object holds nobody can say in a word.
        let advice = || {
            let command = explain(manifest, path);
            let scalar = problem.wanted.iter().any(|wanted| !matches!(wanted.as_str(), "an object" | "a list"));
            let usual = match wanted.as_str() {
                "a boolean" => format!("write {path} as true or false"),
                "an object" if crate::files::is_credential(path) => {
                    "put it into a Secret, and name that here: {name: SECRET, key: KEY}".to_owned()
                }
                _ if scalar => format!("write {path} as {wanted}"),
                _ => format!("see what it holds: {command}"),
            };
            Fix::advice(title.unwrap_or(usual), command)
        };
        finding.fix(written.unwrap_or_else(advice));
    }
}

/// The number that stands where a port is named.
fn port_number(problem: &Problem) -> Option<i64> {
    let path = problem.belongs.as_ref().unwrap_or(&problem.path);
    let in_endpoint = path.starts_with("spec.endpoints[") || path.starts_with("spec.podMetricsEndpoints[");
    (in_endpoint && problem.path.ends_with("].port")).then(|| problem.found.strip_prefix("a number ")?.parse().ok())?
}

/// Quotes would not help: no port is named by digits alone. The Service that is meant may say the name.
fn number_as_name(view: &View<'_>, manifest: &Manifest, problem: &Problem, number: i64, out: &mut Out) {
    let path = &problem.path;
    let kind = manifest.reference.kind.as_str();
    let services = if kind == "ServiceMonitor" { chosen(view, manifest) } else { Vec::new() };
    let mut named: Vec<(&Service, &str)> = Vec::new();
    for service in &services {
        let ports = service.spec.ports.iter().filter(|port| port.port == number);
        named.extend(ports.filter_map(|port| Some((*service, port.name.as_deref()?))));
    }
    named.dedup_by_key(|(_, name)| *name);
    let known = match named[..] {
        [(service, name)] => Some((service, name)),
        _ => None,
    };
    let is = known.map(|(service, name)| format!(", and {number} of Service {} is {name:?}", service.metadata.name));
    let message = format!("{path} is the name of a port, not a number: {number} is refused{}", is.unwrap_or_default());
    let finding = finding(&CHECK, manifest, problem, message, out);
    let replace = |field: &str, value: serde_json::Value| {
        let (from, to) = (crate::path::pointer(path), crate::path::pointer(&path.replace("].port", &format!("].{field}"))));
        if field == "port" {
            return json!([{"op": "replace", "path": from, "value": value}]);
        }
        json!([{"op": "remove", "path": from}, {"op": "add", "path": to, "value": value}])
    };
    if let Some((service, name)) = known {
        let id = service.metadata.id(Kind::Service);
        let at = service.spec.ports.iter().position(|port| port.name.as_deref() == Some(name)).unwrap_or_default();
        finding.says(&id, format!("spec.ports[{at}].name"), name);
        finding.fixes(json_fix(manifest, replace("port", name.into()), format!("write the name of the port, {name}"), true));
        return;
    }
    let (field, what) = match kind {
        "PodMonitor" => ("portNumber", "if that is the number of a container port"),
        _ => ("targetPort", "if that is the number of a container port, not that of the Service"),
    };
    let fix = json_fix(manifest, replace(field, number.into()), format!("write {field}: {number}"), false);
    finding.fixes(fix.map(|fix| fix.note(what)));
}

/// The Services that the monitor chooses, as far as its selectors can be read.
fn chosen<'w>(view: &View<'w>, manifest: &Manifest) -> Vec<&'w Service> {
    let spec = &manifest.value["spec"];
    let selector: LabelSelector = serde_json::from_value(spec["selector"].clone()).unwrap_or_default();
    if selector.is_empty() {
        return Vec::new();
    }
    let spaces = &spec["namespaceSelector"];
    let listed: Vec<&str> = spaces["matchNames"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    let there = |namespace: &str| match () {
        () if spaces["any"] == true => true,
        () if !listed.is_empty() => listed.contains(&namespace),
        () => namespace == manifest.reference.namespace,
    };
    let all = view.world().services.iter();
    all.filter(|service| there(&service.metadata.namespace) && selector.matches(&service.metadata.labels)).collect()
}
