//! More than one operator manages a server: each undoes what the other did (OP-NSF-8, OP-CAUSE-15).

use crate::operator::find::Operator;
use crate::prelude::*;

pub(crate) const CHECK: Check = Check {
    code: "PD0204",
    name: "several-operators",
    summary: "several operators manage the same server and undo each other's work",
    severity: Severity::Error,
    since: "0.1.0",
    reads: &[],
    explain: include_str!("explain.md"),
    run,
};

fn run(view: &View<'_>, out: &mut Out) {
    for troubled in view.troubles() {
        let WatchTrouble::Several(managers) = troubled.trouble else { continue };
        let home = &troubled.server.server.metadata.namespace;
        let managers: Vec<&Operator> = managers.iter().map(|&at| view.operator(at)).collect();
        // The odd one out: beside a server usually stands the operator that belongs to it, and the forgotten one is
        // older.
        let at_home = |operator: &&&Operator| operator.id.namespace == *home;
        let any_at_home = managers.iter().any(|operator| at_home(&operator));
        let strangers = managers.iter().filter(|operator| !any_at_home || !at_home(operator));
        let oldest = |operator: &&&Operator| (operator.version.is_none(), operator.version);
        let Some(odd) = strangers.min_by_key(oldest).or(managers.iter().min_by_key(oldest)) else { continue };
        let shown: Vec<String> = managers.iter().map(|operator| shown(operator)).collect();
        let message = format!("{} operators manage {}: {}", managers.len(), troubled.server.id(), list(&shown, 3));
        let finding = troubled.finding(&CHECK, out, &odd.id, message);
        // They fight over what is configured too.
        finding.severity(Severity::Error).confidence(Confidence::Certain);
        for operator in &managers {
            finding.says(
                &operator.id,
                operator.args_path.trim_end_matches(".args").to_owned() + ".image",
                operator.image.as_str(),
            );
        }
        finding.says(&troubled.server.id(), "metadata.namespace", home.as_str());
        // Of three operators two would have to go: which ones is for people to decide.
        let pair = managers.len() == 2;
        if pair && odd.id.kind != Kind::Pod {
            finding.fix(
                Fix::merge(format!("stop operator {}", odd.id.path()), &odd.id, json!({"spec": {"replicas": 0}}))
                    .widens("look first which of the operators is the wanted one, and what else this one manages"),
            );
        }
        let own = &odd.id.namespace;
        let separate = || odd.add_argument(&format!("--prometheus-instance-namespaces={own}"));
        match separate().filter(|_| pair && odd.flags.instance_namespaces.is_empty() && own != home) {
            Some(operations) => {
                finding.fix(
                    Fix::json(format!("keep operator {} to servers of its own namespace", odd.id.path()), &odd.id, operations)
                        .widens(format!("it then leaves every server outside of {own} alone")),
                );
            }
            None => {
                finding.fix(Fix::advice(
                    "separate the operators by --namespaces, --deny-namespaces or --prometheus-instance-namespaces",
                    format!("kubectl -n {own} edit {} {}", odd.id.kind.resource(), odd.id.name),
                ));
            }
        }
    }
}

fn shown(operator: &Operator) -> String {
    match operator.version {
        Some(version) => format!("{} ({version})", operator.id.path()),
        None => operator.id.path(),
    }
}
