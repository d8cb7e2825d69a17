//! The operator does not look into the namespace of a monitor (OP-NSF-3, OP-NSF-5).

use crate::prelude::*;
use std::collections::BTreeMap;

pub(crate) const CHECK: Check = Check {
    code: "PD0209",
    name: "namespace-not-watched",
    summary: "the operator does not watch the namespace of a monitor",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    let mut by_namespace: BTreeMap<(usize, &str), Vec<&Chain<'_>>> = BTreeMap::new();
    for chain in view.chains().filter(|chain| chain.watched.namespace_unwatched) {
        let Some(manager) = view.server(chain).and_then(|facts| facts.managers.first().copied()) else { continue };
        by_namespace.entry((manager, &chain.monitor.metadata.namespace)).or_default().push(chain);
    }
    for ((at, namespace), chains) in by_namespace {
        let operator = view.operator(at);
        // Monitors that an earlier configuration holds are only not kept up to date.
        let missing: Vec<&Chain<'_>> = chains.iter().filter(|chain| !chain.watched.held).copied().collect();
        let (severity, chains) = if missing.is_empty() { (Severity::Warning, chains) } else { (Severity::Error, missing) };
        let flags = &operator.flags;
        let denied = flags.namespaces.is_empty();
        let (flag, names) =
            if denied { ("--deny-namespaces", &flags.deny_namespaces) } else { ("--namespaces", &flags.namespaces) };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let value = names.join(",");
        let why = if denied { "excludes" } else { "does not list" };
        let message = format!(
            "operator {} never looks into namespace {namespace}: {flag}={} {why} it",
            operator.id.path(),
            short(&value, 50)
        );
        let finding = out.finding(&CHECK, &operator.id, message);
        finding.key(format!("namespace {namespace}")).severity(severity);
        for chain in chains {
            finding.on(chain);
        }
        let place = ObjectId::new(Kind::Namespace, "", namespace);
        finding.compared(
            &operator.id,
            operator.args_path.as_str(),
            format!("{flag}={value}"),
            namespace,
            Some((&place, "metadata.name".to_owned())),
        );
        let wanted = if denied {
            names.iter().filter(|name| **name != namespace).copied().collect::<Vec<_>>().join(",")
        } else {
            format!("{value},{namespace}")
        };
        match operator.change_flag(flag, &wanted) {
            Some(operations) => {
                finding.fix(
                    Fix::json(format!("let the operator look into namespace {namespace}"), &operator.id, operations)
                        .widens("it then reads every monitor and rule there, and needs rights in that namespace"),
                );
            }
            None => {
                let command = kubectl("edit", &operator.id);
                finding.fix(Fix::advice(format!("change {flag} of the operator so that it covers {namespace}"), command));
            }
        }
    }
}
