//! Operators run, but each of them leaves the server alone (OP-NSF-3, OP-NSF-7, OP-NSF-8).

use crate::operator::find::Operator;
use crate::operator::scope::{CONTROLLER_ID, NotManaged, not_managed};
use crate::prelude::*;
use crate::selector::{labels_to_meet, misses_in_words};
use crate::world::Server;

pub(crate) const CHECK: Check = Check {
    code: "PD0203",
    name: "server-not-managed",
    summary: "no operator manages a server: namespaces, instance selector or controller id do not fit",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        if *troubled.trouble != WatchTrouble::NotManaged {
            continue;
        }
        let server = troubled.server.server;
        let id = server.id();
        // The operator that is most probably meant: one that runs, one beside the server.
        let mut others: Vec<(&Operator, &NotManaged)> =
            troubled.server.others.iter().map(|(at, why)| (view.operator(*at), why)).collect();
        others.sort_by_key(|(operator, _)| (operator.is_down(), operator.id.namespace != server.metadata.namespace));
        let Some((operator, why)) = others.first() else { continue };
        let finding = troubled.finding(&CHECK, out, &id, message(operator, why, &server.metadata.namespace));
        for (operator, why) in &others {
            evidence(finding, operator, why, &id);
        }
        let fix =
            fix(operator, why, server, |mended| others.iter().filter(|(other, _)| not_managed(other, mended).is_none()).count());
        finding.fix(fix.unwrap_or_else(|| {
            let resource = operator.id.kind.resource();
            let command = format!("kubectl -n {} edit {resource} {}", operator.id.namespace, operator.id.name);
            Fix::advice("let one operator manage the server, by its arguments or by the labels of the server", command)
        }));
    }
}

fn message(operator: &Operator, why: &NotManaged, namespace: &str) -> String {
    let by = operator.id.path();
    match why {
        NotManaged::Namespace { flag, value } => {
            let value = short(value, 50);
            format!("no operator manages this server: {flag}={value} of {by} leaves namespace {namespace} out")
        }
        NotManaged::InstanceSelector { misses } => {
            format!("no operator manages this server: the instance selector of {by} does not fit, {}", misses_in_words(misses))
        }
        NotManaged::ControllerId { operator, server } => {
            let id = |id: &str| if id.is_empty() { "none".to_owned() } else { format!("{id:?}") };
            format!("no operator manages this server: its controller id is {}, that of {by} is {}", id(server), id(operator))
        }
    }
}

fn evidence(finding: &mut Draft, operator: &Operator, why: &NotManaged, server: &ObjectId) {
    let (id, args) = (&operator.id, operator.args_path.as_str());
    match why {
        NotManaged::Namespace { flag, value } => {
            let other = Some((server, "metadata.namespace".to_owned()));
            finding.compared(id, args, format!("{flag}={value}"), server.namespace.as_str(), other);
        }
        NotManaged::InstanceSelector { misses } => {
            for miss in misses {
                let (key, operator) = (&miss.requirement.key, miss.requirement.operator.as_str());
                let wanted = format!("--prometheus-instance-selector: {key} {operator} {}", miss.requirement.values.join(","));
                let found: Vec<String> = miss.found.clone().into_iter().collect();
                finding.compared(id, args, wanted.trim().to_owned(), found, Some((server, crate::path::label(key))));
            }
        }
        NotManaged::ControllerId { operator, server: wanted } => {
            let path = format!("metadata.annotations{}", crate::path::key_text(CONTROLLER_ID));
            let other = Some((id, args.to_owned()));
            finding.compared(server, path, wanted.as_str(), format!("--controller-id={operator}"), other);
        }
    }
}

/// A change after which exactly one operator manages the server.
fn fix(operator: &Operator, why: &NotManaged, server: &Server, managers: impl Fn(&Server) -> usize) -> Option<Fix> {
    let id = server.id();
    let by = operator.id.path();
    let mut mended = server.clone();
    match why {
        NotManaged::Namespace { flag, value } => {
            let namespace = &server.metadata.namespace;
            let mut other = operator.clone();
            let denied = *flag == "--deny-namespaces";
            let value = if denied {
                other.flags.deny_namespaces.remove(namespace);
                value.split(',').filter(|name| name != namespace).collect::<Vec<_>>().join(",")
            } else {
                let flags = &mut other.flags;
                let list =
                    if flags.instance_namespaces.is_empty() { &mut flags.namespaces } else { &mut flags.instance_namespaces };
                list.insert(namespace.clone());
                format!("{value},{namespace}")
            };
            let operations = operator.change_flag(flag, &value).filter(|_| not_managed(&other, server).is_none())?;
            let what = if *flag == "--prometheus-instance-namespaces" { "every server" } else { "every server and monitor" };
            let fix = Fix::json(format!("let operator {by} into namespace {namespace}"), &operator.id, operations);
            Some(fix.widens(format!("the operator then manages {what} in {namespace}, and needs rights there")))
        }
        NotManaged::InstanceSelector { misses } => {
            let labels = labels_to_meet(misses)?;
            mended.metadata.labels.extend(labels.iter().cloned());
            let fix = Fix::label(format!("give the server the labels that operator {by} asks for"), &id, &labels);
            (managers(&mended) == 1).then_some(fix)
        }
        NotManaged::ControllerId { operator, .. } => {
            let value = if operator.is_empty() { serde_json::Value::Null } else { json!(operator) };
            mended.metadata.annotations.insert(CONTROLLER_ID.to_owned(), operator.clone());
            let body = json!({"metadata": {"annotations": {CONTROLLER_ID: value}}});
            let title = match operator.as_str() {
                "" => format!("take the controller id away, as operator {by} has none"),
                own => format!("name the controller id {own:?} of operator {by}"),
            };
            (managers(&mended) == 1).then(|| Fix::merge(title, &id, body))
        }
    }
}
